"""The training loop of pytorch/examples, written anew from what that example does, for timing.

fast_neural_style with its default flags: batches of 4 photos, their shorter side resized to 256 pixels and
the middle cut out, decoded in the loop's own process; float32; VGG-16 up to relu4_3 on the network's output
and on the photos; MSE of relu2_2 times 1e5, of Gram matrices over C*H*W times 1e10; Adam at 1e-3. VGG-16 has
its shape and random weights: time does not depend on them.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from peer_johnson import johnson

BLOCKS = ((3, 64, 64), (64, 128, 128), (128, 256, 256, 256), (256, 512, 512, 512))
"""Channels of VGG-16's convolutions; what comes out of each block is looked at."""

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class VGG16(nn.Module):
    """The four blocks, plainly: (N, 3, H, W) to the output of each."""

    def __init__(self) -> None:
        super().__init__()
        blocks = []
        for index, widths in enumerate(BLOCKS):
            layers: list[nn.Module] = [nn.MaxPool2d(2)] if index else []
            for before, after in itertools.pairwise(widths):
                layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)]
            blocks.append(nn.Sequential(*layers))
        self.blocks = nn.ModuleList(blocks)
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the features after each block."""
        found = []
        for block in self.blocks:
            image = block(image)
            found.append(image)
        return found

    def weights(self) -> dict[str, Tensor]:
        """Return the weights under the names that impasto reads, for it to look through the same network."""
        convs = [[layer for layer in block if isinstance(layer, nn.Conv2d)] for block in self._sequences()]
        return {
            f"conv{b}_{i}.{part}": getattr(conv, part).detach()
            for b, block in enumerate(convs, 1)
            for i, conv in enumerate(block, 1)
            for part in ("weight", "bias")
        }

    def _sequences(self) -> list[nn.Sequential]:
        return [block for block in self.blocks if isinstance(block, nn.Sequential)]


def gram(features: Tensor) -> Tensor:
    """Return Gram matrices over C*H*W: (N, C, H, W) to (N, C, C)."""
    count, channels, height, width = features.shape
    flat = features.view(count, channels, height * width)
    return flat.bmm(flat.transpose(1, 2)) / (channels * height * width)


def normalized(batch: Tensor) -> Tensor:
    """Turn pixels of 0 to 255 into what VGG-16 takes."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    return (batch / 255 - mean) / std


def load(path: Path, size: int) -> Tensor:
    """Read a photo as (3, size, size), 0 to 255."""
    with Image.open(path) as opened:
        photo = opened.convert("RGB")
    scale = size / min(photo.size)
    width, height = (max(size, round(side * scale)) for side in photo.size)
    photo = photo.resize((width, height), Image.Resampling.BILINEAR)
    left, top = (width - size) // 2, (height - size) // 2
    pixels = np.array(photo.crop((left, top, left + size, top + size)), dtype=np.float32)
    return torch.from_numpy(pixels).permute(2, 0, 1)


def train(vgg: VGG16, style: Path, photos: list[Path], size: int, batch: int) -> Iterator[None]:
    """Train, and yield after each step."""
    network = johnson().train()
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    painting = load(style, size)[None]
    targets = [gram(features) for features in vgg(normalized(painting))]
    stream = itertools.cycle(photos)
    while True:
        x = torch.stack([load(path, size) for path in itertools.islice(stream, batch)])
        optimizer.zero_grad()
        made, wanted = vgg(normalized(y := network(x))), vgg(normalized(x))
        assert y.shape == x.shape
        loss = 1e5 * F.mse_loss(made[1], wanted[1])
        for features, target in zip(made, targets, strict=True):
            loss = loss + 1e10 * F.mse_loss(gram(features), target.expand(batch, -1, -1))
        loss.backward()  # type: ignore[no-untyped-call]
        loss.item()  # it is printed, now and then
        optimizer.step()
        yield
