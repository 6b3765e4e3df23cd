"""From the user's photos and settings to what a super-resolution training works with, checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import torch

from impasto.errors import ImageTooSmallError
from impasto.studio.device import pick_device, use_bf16
from impasto.studio.encoders import load_encoder
from impasto.studio.networks.superres import SuperNetwork, build_super_network
from impasto.studio.train.augment import Augment
from impasto.studio.train.checkpoint import restore_weights
from impasto.studio.train.data import Ask, PhotoStream, stack, to_images
from impasto.studio.train.photos import find_photos, fingerprint
from impasto.studio.train.prepare import SHEET_ZOOM, hold, split
from impasto.studio.train.published import weights_at_hand
from impasto.studio.train.start import read_start
from impasto.studio.train.superres.task import PATCH, SuperTask, layers_of, term_weights

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from lightning_fabric import Fabric
    from torch import Tensor, nn

    from impasto.models.artifact import Card, Kind
    from impasto.studio.encoders import VGG
    from impasto.studio.train.start import Start
    from impasto.studio.train.superres.config import SuperConfig
    from impasto.studio.train.superres.recipe import SuperRecipe

LEAST = 8
"""Pixels that the side of a small square has at least: less, and it is all border."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SuperMaterials:
    """What one training works with."""

    kind: ClassVar[Kind] = "superres"
    """Of artifact."""

    recipe: SuperRecipe
    """All constants."""

    stream: PhotoStream
    """The photos trained on."""

    held: Tensor | None
    """The photos that are not, `(N, 3, H, W)`; None where there are none."""

    skipped: dict[str, str]
    """Photos that could not be used so far, and why."""

    photos_sha256: str
    """Of the names of all photos."""

    encoder: VGG | None
    """The loss network; None where features weigh nothing."""

    device: torch.device
    """Where to compute."""

    bf16: bool
    """In which arithmetic; the bicubic part is in float32 all the same."""

    seed: int
    """Of the network's first weights."""

    start: Start | None
    """What stands in for those."""

    def build(self) -> SuperNetwork:
        """Return the recipe's network, the same for the same seed; torch's generator stays as it was."""
        network = self._fresh()
        if self.start is not None:
            restore_weights(network, self.start.tensors)
        return network

    def task(self, fabric: Fabric) -> SuperTask:
        """Return the loss; a network that was trained before is better than bicubic, and its loss unknown."""
        begins = self.start is None and self._fresh().begins_as_bicubic
        return SuperTask(self.encoder, self.recipe, fabric.autocast, begins_as_bicubic=begins)

    def subject(self) -> dict[str, object]:
        """Return what whoever runs the network has to know of it, and what it began with."""
        network, start = self._fresh(), self.start
        return {
            "factor": network.factor,
            "reach": network.reach,
            "width": network.width,
            "base": "bicubic" if network.begins_as_bicubic else "none",
            "start": start and start.about(),
        }

    def write(self, network: nn.Module, card: Card, path: str | os.PathLike[str]) -> None:
        """Write the network as an ONNX file."""
        from impasto.studio.train.export import export_onnx

        export_onnx(network, card, path)

    def _fresh(self) -> SuperNetwork:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return build_super_network(self.recipe.network)


def gather_super(
    data: str | os.PathLike[str],
    config: SuperConfig,
    recipe: SuperRecipe | None,
    *,
    on_download: Callable[[int, int], None] | None,
) -> SuperMaterials:
    """Read and check all that a training needs.

    Raises:
        ImpastoError: For photos, settings or weights that cannot be used.
    """
    resolved = config.resolve(recipe)
    device = pick_device(config.device)
    start = None if config.start is None else read_start(config.start)
    photos = find_photos(data)
    resolved, encoder = _encoder(resolved, config, on_download)
    _check_size(resolved, encoder)
    augment = Augment.of(resolved, config.small, config.seed)
    held, trained = split(photos, augment, config.held_out)
    stream = PhotoStream(trained, augment)
    first = stream[Ask(0, resolved.size)]
    to_images(stack([first]))  # raises where there is not one
    factor = resolved.network.factor
    shown, unseen = hold(held, augment, factor * round(resolved.size * SHEET_ZOOM / factor))
    return SuperMaterials(
        recipe=resolved,
        stream=stream,
        held=shown,
        skipped={**first.skipped, **unseen},
        photos_sha256=fingerprint(photos),
        encoder=encoder,
        device=device,
        bf16=use_bf16(config.precision, device),
        seed=config.seed,
        start=start,
    )


def _encoder(
    recipe: SuperRecipe, config: SuperConfig, on_download: Callable[[int, int], None] | None
) -> tuple[SuperRecipe, VGG | None]:
    """Load the loss network where a loss needs one, and name it in the recipe."""
    if not layers_of(term_weights(recipe)):
        return recipe, None
    weights = recipe.weights if config.weights else weights_at_hand(recipe.weights)
    return replace(recipe, weights=weights), load_encoder(weights, on_progress=on_download)


def _check_size(recipe: SuperRecipe, encoder: VGG | None) -> None:
    least = LEAST * recipe.network.factor
    if encoder is not None:
        terms = term_weights(recipe)
        least = max(least, encoder.min_size(layers_of(terms)))
        if any(name.startswith("texture/") for name in terms):  # of which some pixels are cut off
            least = max(least, PATCH + recipe.network.factor)
    if recipe.size < least:
        raise ImageTooSmallError(
            f"size is {recipe.size}, and for the factor {recipe.network.factor} it must be at least {least}; "
            "choose a larger --size"
        )
