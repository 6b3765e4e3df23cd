"""The learning of a brush: one painting's code and filters are fitted to it, and the base stays as it is.

Dumoulin et al. 2017, section 3.2: a trained network takes a new style by its normalizations alone.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch

from impasto.errors import ArtifactError, ConfigError, ImageWriteError
from impasto.image import write_image
from impasto.models.base import Base
from impasto.models.brush import Brush
from impasto.studio.networks.fitted import RANK, Fitted
from impasto.studio.pixels import to_pixels
from impasto.studio.train.base import BASE
from impasto.studio.train.base_weights import load_conditional
from impasto.studio.train.config import TrainConfig
from impasto.studio.train.engine import Job
from impasto.studio.train.prepare import Materials, gather
from impasto.studio.train.published import IMPASTO
from impasto.studio.train.swatch import SWATCH_SUFFIX, swatch_of
from impasto.studio.train.task import StyleTask

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from torch import nn

    from impasto.image import ImageSource
    from impasto.models.artifact import Card, Kind
    from impasto.studio.train.photos import Photo
    from impasto.studio.train.recipe import TrainRecipe

LEARN = replace(
    IMPASTO,
    name="learn",
    source="this project; docs/brushes.md says what was tried",
    content_layers=BASE.content_layers,
    content_weight=1.3,
    style_weight=12.0,
    underpainting=0.5,
    color_weight=4.0,
    tone_weight=1.0,
    tv_weight=BASE.tv_weight,
    batch=2,
    size=384,
    iterations=200,
    growth=((0.5, 0.5),),
    learning_rate=3e-2,
    clip=None,
)
"""How a brush is learned: like `impasto train`, but for what the base holds of a photo, over a broad
painting, bolder, and in fewer and larger steps. Prints and flat colors bear half of the weight of style."""

MOST_RANK = 4
"""A brush of a higher one would be larger than 64 KB."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BrushMaterials(Materials):
    """What the learning of a brush works with."""

    kind: ClassVar[Kind] = "brush"
    """Of artifact."""

    sighted: Brush
    """What the base's encoder takes the painting for."""

    folder: Base
    """The base."""

    rank: int
    """Of the brush's own filters."""

    def build(self) -> Fitted:
        """Return the base's network with the encoder's code, to be fitted."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return Fitted(load_conditional(self.folder), torch.from_numpy(self.sighted.code), self.rank)

    def subject(self) -> dict[str, object]:
        """Return the painting and the base."""
        return {**super().subject(), "base": self.folder.sha256, "rank": self.rank}

    def write(self, network: nn.Module, card: Card, path: str | os.PathLike[str]) -> None:
        """Write the brush, with the losses before and after, and its swatch beside it."""
        assert isinstance(network, Fitted)
        swatch = swatch_of(self._task().painter(network))
        record = {**card.recipe, **self._losses(network, card)}
        brush = Brush(
            code=network.code.detach().numpy(),
            filters=tuple((up.detach().numpy(), down.detach().numpy()) for up, down in network.filters),
            card=replace(card, recipe=record),
            base=self.folder.sha256,
        )
        brush.save(path)
        try:
            write_image(swatch_path(path), to_pixels(swatch), quality=90)
        except ImageWriteError as error:
            raise ArtifactError(str(error)) from error

    def _task(self) -> StyleTask:
        return StyleTask(self.encoder, self.recipe, self.style, nullcontext)

    @torch.no_grad()
    def _losses(self, network: Fitted, card: Card) -> dict[str, float]:
        """Return the loss of held-out photos with the encoder's code, and with what was learned."""
        if self.held is None:
            return {}
        task = self._task()
        task.weights = dict(card.recipe["loss_weights"])
        fresh = Fitted(network.network, network.start, rank=0)
        pair = (each.eval() for each in (fresh, network))
        before, after = (sum(task.measure(each, self.held).values()) for each in pair)
        return {"loss_before": round(before, 4), "loss_after": round(after, 4)}


class LearnJob(Job):
    """The learning of a brush.

    Args:
        painting: The painting.
        photos: Folder of photos, or of WebDataset's tar shards; or one shard; or photos.
        config: How.
        base: For which base; None for the installed one.
        recipe: A recipe of your own in place of `LEARN`.
        rank: Of the brush's own filters, 0 for a code alone.
        max_pixels: Refuse a larger painting, before decoding it.
        on_download: Called with bytes done and bytes in all while weights are downloaded.

    Raises:
        ImpastoError: For pictures, settings, bases or weights that cannot be used.
    """

    def __init__(
        self,
        painting: ImageSource,
        photos: str | os.PathLike[str] | list[Photo],
        config: TrainConfig | None = None,
        *,
        base: str | os.PathLike[str] | None = None,
        recipe: TrainRecipe = LEARN,
        rank: int = RANK,
        max_pixels: int = 200_000_000,
        on_download: Callable[[int, int], None] | None = None,
    ) -> None:
        config = config or TrainConfig()
        if type(rank) is not int or not 0 <= rank <= MOST_RANK:
            raise ConfigError(f"rank is {rank!r}; give a whole number from 0 (a code alone) to {MOST_RANK}")
        folder = Base(base)
        found = gather(painting, photos, config, recipe, max_pixels=max_pixels, on_download=on_download)
        sighted = Brush.from_painting(found.picture, base=folder)
        values = {each.name: getattr(found, each.name) for each in fields(found)}
        materials = BrushMaterials(**values, sighted=sighted, folder=folder, rank=rank)
        super().__init__(materials, config)


def swatch_path(path: str | os.PathLike[str]) -> str:
    """Return where the swatch of a brush goes: beside it."""
    return str(Path(path).with_suffix(SWATCH_SUFFIX))
