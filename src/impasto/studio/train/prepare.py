"""From the user's painting, photos and settings to what a training works with, checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from impasto.errors import ImageTooSmallError
from impasto.image import read_image, resize
from impasto.studio.device import pick_device, use_bf16
from impasto.studio.encoders import load_encoder
from impasto.studio.losses.palette import AREA
from impasto.studio.networks import build_network
from impasto.studio.pixels import to_tensor
from impasto.studio.train.augment import Augment
from impasto.studio.train.checkpoint import restore_weights
from impasto.studio.train.data import Ask, PhotoStream, stack, to_images
from impasto.studio.train.photos import find_photos, fingerprint
from impasto.studio.train.published import resolve, weights_at_hand
from impasto.studio.train.start import read_style_start
from impasto.studio.train.style import cropped, style_size
from impasto.studio.train.task import StyleTask

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from lightning_fabric import Fabric
    from torch import Tensor, nn

    from impasto.image import ImageSource, Picture
    from impasto.models.artifact import Card, Kind
    from impasto.studio.encoders import VGG
    from impasto.studio.train.config import TrainConfig
    from impasto.studio.train.photos import Photo
    from impasto.studio.train.recipe import TrainRecipe
    from impasto.studio.train.start import Start

CALIBRATION = 8
"""Photos that losses are calibrated on: their mean is within a few percent of that of a hundred."""

MOST_HELD = 1 / 4
"""Share of the photos that is held out at most."""

SHEET_ZOOM = 1.5
"""Side of the held-out photos on a sheet, against that of the squares trained on."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Materials:
    """What one training works with."""

    kind: ClassVar[Kind] = "model"
    """Of artifact."""

    recipe: TrainRecipe
    """All constants."""

    picture: Picture
    """The painting as it was read, or the part of it that is its style."""

    crop: tuple[int, int, int, int] | None
    """Which part of it that is; None for all of it."""

    style: Tensor
    """The painting at the size that it is seen at, `(1, 3, H, W)`."""

    stream: PhotoStream
    """The photos trained on."""

    held: Tensor | None
    """The photos that are not, `(N, 3, H, W)`; None where there are none."""

    skipped: dict[str, str]
    """Photos that could not be used so far, and why."""

    photos_sha256: str
    """Of the names of all photos."""

    encoder: VGG
    """The loss network."""

    device: torch.device
    """Where to compute."""

    bf16: bool
    """In which arithmetic."""

    seed: int
    """Of the network's first weights."""

    start: Start | None
    """The checkpoint, model or brush that has them, where there is one."""

    def build(self) -> nn.Module:
        """Return the recipe's network, the same for the same seed; torch's generator stays as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network = build_network(self.recipe.network)
        if self.start is not None:
            restore_weights(network, self.start.tensors)
        return network

    def task(self, fabric: Fabric) -> StyleTask:
        """Return the loss: content and style of this painting."""
        return StyleTask(self.encoder, self.recipe, self.style.to(fabric.device), fabric.autocast)

    def subject(self) -> dict[str, object]:
        """Return the painting's name, without its folder, and its hash."""
        began = {} if self.start is None else {"start": self.start.about()}
        part = {} if self.crop is None else {"style_crop": list(self.crop)}
        return {
            "style": PurePath(self.picture.name).name,
            "style_sha256": self.picture.sha256,
            **part,
            **began,
        }

    def write(self, network: nn.Module, card: Card, path: str | os.PathLike[str]) -> None:
        """Write the network as an ONNX file."""
        from impasto.studio.train.export import export_onnx

        export_onnx(network, card, path)


def gather(
    style: ImageSource,
    data: str | os.PathLike[str] | list[Photo],
    config: TrainConfig,
    recipe: TrainRecipe | None,
    *,
    max_pixels: int,
    on_download: Callable[[int, int], None] | None,
) -> Materials:
    """Read and check all that a training needs.

    Raises:
        ImpastoError: For pictures, settings or weights that cannot be used.
    """
    resolved = resolve(config, recipe)
    device = pick_device(config.device)
    picture = cropped(read_image(style, max_pixels=max_pixels), config.style_crop)
    photos = data if isinstance(data, list) else find_photos(data)
    weights = resolved.weights if config.weights else weights_at_hand(resolved.weights)
    resolved = replace(resolved, weights=weights)
    encoder = load_encoder(weights, on_progress=on_download)
    _check_sizes(encoder, resolved, picture)
    augment = Augment.of(resolved, config.small, config.seed)
    held, trained = split(photos, augment, config.held_out)
    stream = PhotoStream(trained, augment)
    first = stream[Ask(0, resolved.size)]
    to_images(stack([first]))  # raises where there is not one
    size = style_size(resolved, picture.size)
    shown, unseen = hold(held, augment, round(resolved.size * SHEET_ZOOM))
    return Materials(
        recipe=resolved,
        picture=picture,
        crop=config.style_crop,
        style=to_tensor(resize(picture.pixels, size)),
        stream=stream,
        held=shown,
        skipped={**first.skipped, **unseen},
        photos_sha256=fingerprint(photos),
        encoder=encoder,
        device=device,
        bf16=use_bf16(config.precision, device),
        seed=config.seed,
        start=None if config.start is None else read_style_start(config.start),
    )


def calibration(stream: PhotoStream, size: int, device: torch.device) -> Iterator[Tensor]:
    """Yield the first photos of the stream one by one, the same whatever the batch and the processes are."""
    for number in range(CALIBRATION):
        yield to_images(stack([stream[Ask(number, size)]])).to(device)


def split(photos: list[Photo], augment: Augment, held_out: int) -> tuple[list[Photo], list[Photo]]:
    """Hold some photos out, chosen by the seed, and train on the others."""
    order = np.random.default_rng((augment.seed, len(photos))).permutation(len(photos))
    count = min(held_out, int(len(photos) * MOST_HELD))
    chosen = set(order[:count].tolist())
    trained = [photo for index, photo in enumerate(photos) if index not in chosen]
    return [photos[index] for index in sorted(chosen)], trained


def hold(photos: list[Photo], augment: Augment, size: int) -> tuple[Tensor | None, dict[str, str]]:
    """Return the middle squares of those held-out photos that can be read, and why the others cannot."""
    middle = replace(augment, center=True, scale=size, small="upscale")
    shots = [PhotoStream([photo], middle)[Ask(0, size)] for photo in photos]
    readable = [shot for shot in shots if shot.pixels is not None]
    skipped = {name: why for shot in shots for name, why in shot.skipped.items()}
    return to_images(stack(readable)) if readable else None, skipped


def _check_sizes(encoder: VGG, recipe: TrainRecipe, picture: Picture) -> None:
    """See that all layers exist, and that they and the palette have something left of the pictures."""
    least = encoder.min_size({*recipe.content_layers, *recipe.style_layers})
    least = max(least, AREA) if recipe.color_weight else least
    if recipe.size < least:
        raise ImageTooSmallError(
            f"size is {recipe.size}, and the deepest layer needs at least {least} pixels; choose a larger "
            "--size, or shallower layers"
        )
    height, width = style_size(recipe, picture.size)
    if min(height, width) < least:
        raise ImageTooSmallError(
            f"style {picture.name!r} would be {width} x {height} pixels, and the deepest layer needs a "
            f"shorter side of at least {least}; choose a larger --style-size, or shallower layers"
        )
