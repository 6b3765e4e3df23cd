"""The training of a base: one network for every style, from a folder of paintings and one of photos."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import torch

from impasto.errors import CheckpointError, ConfigError
from impasto.models.base import Base
from impasto.studio.device import pick_device, use_bf16
from impasto.studio.encoders import load_encoder
from impasto.studio.networks import NetworkConfig
from impasto.studio.train.augment import Augment
from impasto.studio.train.checkpoint import restore_weights
from impasto.studio.train.config import OF_ONE_PAINTING, TrainConfig
from impasto.studio.train.data import Ask, PhotoStream, stack, to_images
from impasto.studio.train.engine import Job
from impasto.studio.train.photos import find_photos, fingerprint
from impasto.studio.train.prepare import SHEET_ZOOM, hold, split
from impasto.studio.train.published import resolve, weights_at_hand
from impasto.studio.train.recipe import TrainRecipe
from impasto.studio.train.space_task import SpaceTask
from impasto.studio.train.start import read_base_start, read_space_start
from impasto.studio.train.views import STROKES, Gallery, View, Views, read_paintings

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from lightning_fabric import Fabric
    from torch import nn

    from impasto.models.artifact import Card, Kind
    from impasto.studio.encoders import VGG
    from impasto.studio.networks.space import StyleSpace
    from impasto.studio.train.start import Start

BASE = TrainRecipe(
    name="base",
    source="this project; docs/brushes.md says what was tried",
    network=NetworkConfig(name="compact"),
    calibrate=True,
    content_layers=MappingProxyType({"relu3_3": 0.6, "relu4_3": 0.4}),
    content_weight=1.0,
    style_form="positions",
    style_layers=MappingProxyType(dict.fromkeys(("relu1_2", "relu2_2", "relu3_3", "relu4_3"), 1 / 4)),
    style_weight=60.0,
    style_pooled=True,
    photos_a_style=2,
    identity_weight=10.0,
    tv_weight=0.02,
    style_fit="native",
    style_size=512,
    size=192,
    growth=((0.4, 2 / 3),),  # half of the photos a second, and a code has much to learn before strokes
    zoom=1.5,
    batch=8,
    iterations=6_000,
    schedule="one-cycle",
    learning_rate=1e-3,
    betas=(0.9, 0.99),
    clip=3.0,
)
"""How a base is trained: `batch` photos a step, `photos_a_style` of them in each style."""

MOST_SHOWN = 6
"""Styles on a sheet; two of them of paintings that are not trained on, where there are such."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BaseMaterials:
    """What the training of a base works with."""

    kind: ClassVar[Kind] = "base"
    """Of artifact."""

    recipe: TrainRecipe
    gallery: Gallery
    """The paintings trained on."""

    unseen: Gallery | None
    """The paintings that are not."""

    paintings_sha256: str
    stream: PhotoStream
    held: torch.Tensor | None
    skipped: Mapping[str, str]
    photos_sha256: str
    encoder: VGG
    device: torch.device
    bf16: bool
    seed: int
    start: Start | None
    """The weights of another training to begin with, where there are such."""

    kept: Base | None
    """The base whose encoder alone is trained, if so; the rest of it stays as it is, bit for bit."""

    def build(self) -> StyleSpace:
        """Return a base with fresh weights, whose encoder already tells the paintings apart."""
        from impasto.studio.networks.space import StyleSpace

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            space = StyleSpace(self.recipe.network.resolve())
        if self.start is not None:
            self._restore(space, self.start)
            return space
        views = Views(self.gallery, self.recipe, self.encoder, torch.no_grad, torch.device("cpu"), self.seed)
        count = len(self.gallery.pictures)
        space.encode.tell_apart(
            [views.look(View(index, variant, 0)) for index in range(count) for variant in (0, 1)]
        )
        return space

    def _restore(self, space: StyleSpace, start: Start) -> None:
        try:
            restore_weights(space, start.tensors)
        except CheckpointError:
            if self.kept is None:
                raise
            raise ConfigError(
                f"{self.kept.folder} is a base of another size; leave channels and blocks away, or give "
                "those that it was trained with"
            ) from None
        space.transform.requires_grad_(self.kept is None)

    def task(self, fabric: Fabric) -> SpaceTask:
        """Return the loss over these paintings."""
        views = self._views(self.gallery, fabric)
        whole = STROKES.index(0.0)
        step = max(1, len(self.gallery.pictures) // (MOST_SHOWN - 2))
        shown = [(views, View(index, 0, whole)) for index in range(0, len(self.gallery.pictures), step)]
        if self.unseen is not None:
            others = self._views(self.unseen, fabric)
            count = min(2, len(self.unseen.pictures))
            shown = [*shown[: MOST_SHOWN - count], *((others, View(each, 0, whole)) for each in range(count))]
        return SpaceTask(
            self.encoder, self.recipe, views, shown, rank=fabric.global_rank, world=fabric.world_size
        )

    def subject(self) -> dict[str, object]:
        """Return how many paintings there are, and the hash of their names."""
        told = "start" if self.kept is None else "encoder_of"
        began = {} if self.start is None else {told: self.start.about()}
        return {
            "paintings": len(self.gallery.pictures),
            "paintings_sha256": self.paintings_sha256,
            **began,
        }

    def write(self, network: nn.Module, card: Card, path: str | os.PathLike[str]) -> None:
        """Write the base: a folder with two graphs and its weights."""
        from impasto.studio.train.export_base import export_base

        export_base(network, card, path, kept=self.kept)

    def _views(self, gallery: Gallery, fabric: Fabric) -> Views:
        return Views(gallery, self.recipe, self.encoder, fabric.autocast, fabric.device, self.seed)


class BaseJob(Job):
    """The training of a base.

    Args:
        styles: Folder of paintings, or of WebDataset's tar shards; or one shard.
        data: The same of photos.
        config: How; `held_out` counts photos, and paintings too.
        recipe: A recipe of your own in place of `BASE`.
        encoder_of: Folder of a base whose encoder alone is trained, for the codes that it gives to paintings;
            its network is written as it was, and so its brushes stay valid.
        max_pixels: Refuse larger paintings, before decoding them.
        on_download: Called with bytes done and bytes in all while weights are downloaded.

    Raises:
        ImpastoError: For pictures, settings or weights that cannot be used.
    """

    def __init__(
        self,
        styles: str | os.PathLike[str],
        data: str | os.PathLike[str],
        config: TrainConfig | None = None,
        *,
        recipe: TrainRecipe = BASE,
        encoder_of: str | os.PathLike[str] | None = None,
        max_pixels: int = 200_000_000,
        on_download: Callable[[int, int], None] | None = None,
    ) -> None:
        config = config or TrainConfig()
        super().__init__(
            gather_base(
                styles,
                data,
                config,
                recipe,
                encoder_of=encoder_of,
                max_pixels=max_pixels,
                on_download=on_download,
            ),
            config,
        )


def gather_base(
    styles: str | os.PathLike[str],
    data: str | os.PathLike[str],
    config: TrainConfig,
    recipe: TrainRecipe,
    *,
    encoder_of: str | os.PathLike[str] | None,
    max_pixels: int,
    on_download: Callable[[int, int], None] | None,
) -> BaseMaterials:
    """Read and check all that the training of a base needs.

    Raises:
        ImpastoError: For pictures, settings or weights that cannot be used.
    """
    resolved = resolve(config, recipe)
    _check(config, resolved)
    kept, start = _begin(config, encoder_of)
    device = pick_device(config.device)
    weights = resolved.weights if config.weights else weights_at_hand(resolved.weights)
    resolved = replace(resolved, weights=weights)
    photos, files = find_photos(data), find_photos(styles)
    encoder = load_encoder(weights, on_progress=on_download)
    least = encoder.min_size({*resolved.content_layers, *resolved.style_layers})
    augment = Augment.of(resolved, config.small, config.seed)
    held, trained = split(photos, augment, config.held_out)
    apart, taught = split(files, augment, config.held_out)
    stream = PhotoStream(trained, augment)
    first = stream[Ask(0, resolved.size)]
    to_images(stack([first]))  # raises where there is not one
    shown, unseen = hold(held, augment, round(resolved.size * SHEET_ZOOM))
    gallery = read_paintings(taught, resolved, least, max_pixels)
    return BaseMaterials(
        recipe=resolved,
        gallery=gallery,
        unseen=read_paintings(apart, resolved, least, max_pixels) if apart else None,
        paintings_sha256=fingerprint(files),
        stream=stream,
        held=shown,
        skipped={**first.skipped, **unseen, **gallery.skipped},
        photos_sha256=fingerprint(photos),
        encoder=encoder,
        device=device,
        bf16=use_bf16(config.precision, device),
        seed=config.seed,
        start=start,
        kept=kept,
    )


def _begin(
    config: TrainConfig, encoder_of: str | os.PathLike[str] | None
) -> tuple[Base | None, Start | None]:
    """Return the base whose encoder alone is trained, and the weights to begin with."""
    if encoder_of is None:
        return None, None if config.start is None else read_space_start(config.start)
    if config.start is not None:
        raise ConfigError(
            f"start is {config.start} and encoder_of is {encoder_of}; give one: the encoder of a base "
            "goes on from that base"
        )
    base = Base(encoder_of)
    return base, read_base_start(base)


def _check(config: TrainConfig, recipe: TrainRecipe) -> None:
    for name in OF_ONE_PAINTING:
        if value := getattr(config, name):
            raise ConfigError(f"{name} is {value}; the training of a base knows no such thing, leave it away")
    if recipe.network.name != "compact":
        raise ConfigError(f"network is {recipe.network.name!r}; a base is made of `compact` alone")
    if recipe.batch % recipe.photos_a_style:
        raise ConfigError(
            f"batch is {recipe.batch}; give a multiple of {recipe.photos_a_style}: so many photos share a "
            "style"
        )
