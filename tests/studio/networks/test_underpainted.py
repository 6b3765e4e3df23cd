"""A network that paints twice: what it sees, by what it is trained, and that `apply` does the same."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from impasto.image import resize
from impasto.models.painter import LEVELS, NUMBERS, painted
from impasto.studio.networks import NetworkConfig, build_network, underpainted
from impasto.studio.networks.underpainted import Underpainted


class Turned(nn.Module):
    """Turns colors round, and keeps the sizes that it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, ...]] = []

    def forward(self, image: Tensor) -> Tensor:
        self.seen.append(tuple(image.shape[2:]))
        return 1 - image


def test_values_by_hand() -> None:
    turned = Turned()
    made = Underpainted(turned, 0.25)(torch.full((2, 3, 60, 390), 0.2))
    # Broadly 1 - 0.2; a quarter of that over the photo is 0.35.
    assert made == pytest.approx(torch.full((2, 3, 60, 390), 0.65), abs=1e-6)
    assert turned.seen == [(20, 130), (60, 390)]
    made = Underpainted(turned, 1.0)(torch.full((1, 3, 9, 864), 0.2))
    # At 96 pixels 0.8, half of which lies over the photo for 288: 0.5; of that all, for 864.
    assert turned.seen[2:] == [(1, 96), (3, 288), (9, 864)]
    assert made == pytest.approx(torch.full((1, 3, 9, 864), 0.5), abs=1e-6)


def test_both_times_are_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(underpainted, "DETAIL", 1e9)  # nothing has so much contrast
    photo = torch.rand(1, 3, 12, 384, generator=torch.Generator().manual_seed(0))
    scale = nn.Conv2d(3, 3, 1, bias=False)
    nn.init.dirac_(scale.weight)
    Underpainted(scale, 0.5)(photo).sum().backward()
    gradient = scale.weight.grad
    assert gradient is not None
    broad = resized(resized(photo, (4, 128)), (12, 384))
    wanted = (photo + broad).sum((0, 2, 3)) / 2 + broad.sum((0, 2, 3)) / 2
    assert gradient[:, :, 0, 0] == pytest.approx(wanted.expand(3, 3), rel=1e-4)


def resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    return nn.functional.interpolate(image, size, mode="bilinear", antialias=True)


@given(st.integers(1, 40), st.integers(1, 400), st.floats(0, 1))
def test_the_shape_and_the_range_stay(height: int, width: int, share: float) -> None:
    torch.manual_seed(0)
    network = build_network(NetworkConfig(name="compact", channels=8, blocks=1)).eval()
    with torch.no_grad():
        made = Underpainted(network, share)(torch.rand(1, 3, height, width))
    assert made.shape == (1, 3, height, width)
    assert made.min() >= 0
    assert made.max() <= 1


def test_in_bf16_too() -> None:
    torch.manual_seed(0)
    network = build_network(NetworkConfig(name="compact", channels=8, blocks=1))
    with torch.autocast("cpu", torch.bfloat16):  # Fabric gives it such photos, and such a network
        made = Underpainted(network, 0.5)(torch.rand(1, 3, 64, 256).bfloat16())
    made.sum().backward()
    assert made.shape == (1, 3, 64, 256)
    assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())


def test_details_of_the_photo_take_the_place_of_the_painting_s() -> None:
    photo = torch.full((1, 3, 90, 390), 0.5)
    photo[..., 195:] += 0.5 * torch.cos(torch.arange(195) * torch.pi / 5)  # light and dark, 5 pixels each
    made = Underpainted(Turned(), 0.5)(photo)
    assert made[..., :150] == pytest.approx(torch.full((1, 3, 90, 150), 0.5), abs=1e-6)
    # Broadly dark would become light: gray in the mix. With its own details the photo stays as it is.
    broad = resized(resized(photo, (30, 130)), (90, 390))
    wanted = 1 - (photo + broad) / 2
    assert made[..., 225:375] == pytest.approx(wanted[..., 225:375], abs=0.02)
    assert made[..., 225:375].amax() > 0.9

    faint = 0.5 + (photo - 0.5) / 50  # a fiftieth of that contrast
    made = Underpainted(Turned(), 0.5)(faint)
    assert made[..., 225:375] == pytest.approx(torch.full((1, 3, 90, 150), 0.5), abs=0.005)


class Turning:
    """The same of an engine."""

    def __init__(self, dtype: type) -> None:
        self.dtype = np.dtype(dtype)

    def run(self, image: Any, *, rough: bool = False) -> Any:
        assert rough == (image.shape[1] < 1170)
        return (255 if self.dtype == np.uint8 else 1) - image


def test_pillow_does_as_torch_does() -> None:
    random = np.random.default_rng(0)
    rough = resize(random.random((24, 234, 3), dtype=np.float32), (120, 1170))
    rough += np.linspace(0, 0.4, 1170)[:, np.newaxis] * random.normal(
        size=(120, 1170, 1)
    )  # ever more details
    levels = np.round(255 * np.clip(rough, 0, 1)).astype(np.uint8)
    image = torch.from_numpy(levels).permute(2, 0, 1)[None] / 255
    made = Underpainted(Turned(), 0.5)(image)[0].permute(1, 2, 0).numpy()
    numbers: Any = Turning(np.float32)
    assert painted((levels / 255).astype(np.float32), 0.5, numbers, NUMBERS) == pytest.approx(made, abs=1e-4)
    whole: Any = Turning(np.uint8)
    assert np.abs(255 * made - painted(levels, 0.5, whole, LEVELS)).max() <= 2
