"""The optimization that networks are held to: L-BFGS from white noise (Johnson et al. 2016, section 4.1)."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

SCALE = 1e6
"""PyTorch's L-BFGS begins with a step of length 1 in all, and learns nothing from it where the loss hardly
changes; losses as they were published are large."""


def descend(
    loss: Callable[[Tensor], dict[str, Tensor]], photo: Tensor, start: Tensor | None = None
) -> Iterator[dict[str, float]]:
    """Yield the terms of a loss for white noise, and after each step; pixels are clipped after each.

    Args:
        loss: Takes an image in [0, 1] to its weighted terms.
        photo: Of the shape, and on the device, of the image.
        start: An image to begin with in place of noise.
    """
    if start is None:
        start = torch.rand(photo.shape, generator=torch.Generator().manual_seed(0)).to(photo.device)
    image = (255 * start).requires_grad_()  # in the paper's unit
    optimizer = torch.optim.LBFGS([image], max_iter=1, history_size=100, tolerance_grad=0, tolerance_change=0)
    terms: dict[str, Tensor] = {}

    def closure() -> float:
        optimizer.zero_grad()
        terms.update(loss(image / 255))
        total = torch.stack(list(terms.values())).sum()
        (SCALE * total).backward()  # type: ignore[no-untyped-call]
        assert image.grad is not None
        image.grad = image.grad.contiguous()
        return total.item()

    while True:
        optimizer.step(closure)  # type: ignore[no-untyped-call]
        yield {name: term.item() for name, term in terms.items()}
        with torch.no_grad():
            image.clamp_(0, 255)
