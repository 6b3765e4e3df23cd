"""`impasto learn`: a brush for one painting, fitted in minutes (Dumoulin et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from impasto.cli import say
from impasto.cli.flags import make_flags, typed
from impasto.cli.place import Place, Switch
from impasto.cli.train import HELP, About, PaintingTold, card_fields, check_places, places_of
from impasto.errors import ConfigError
from impasto.studio.settings import read_settings
from impasto.studio.train.config import TrainConfig

if TYPE_CHECKING:
    from impasto.cli.train import Places
    from impasto.studio.train.photos import Photo

    Flags: TypeAlias = TrainConfig

SUFFIX = ".brush"

WITHOUT = (
    "recipe", "network", "norm", "channels", "blocks", "upsampling", "activation", "residual", "start",
)  # fmt: skip
"""Settings that are the base's, and not the brush's."""

if not TYPE_CHECKING:
    Flags = make_flags(TrainConfig, __name__, helps=HELP, kinds={"weights": Place}, without=WITHOUT)


def learn(
    *paintings: Place,
    output: Annotated[Place | None, Parameter(name=("--output", "-o"))] = None,
    photos: Place | None = None,
    base: Place | None = None,
    rank: int = 4,
    told: PaintingTold | None = None,
    about: About | None = None,
    flags: Annotated[Flags, Parameter(name="*")] | None = None,
    config: Place | None = None,
    checkpoint: Place | None = None,
    resume: Switch = False,
) -> int:
    """Learn a brush: the code of one painting, and a few filters of its own, for a base that stays as it is.

    Args:
        paintings: The painting.
        output: Where the brush goes, NAME.brush; swatch, sheets, losses and checkpoint go beside it.
        photos: Folder of photos to learn on, or of tar shards; a handful of free ones when left away.
        base: Folder of the base that the brush is for; the installed one when left away.
        rank: Of the filters of its own that the brush adds to each convolution, 0 for none to 4.
        told: What is told on the way.
        about: What the brush's card says.
        flags: How to learn.
        config: TOML file with settings, by the names of the flags; flags go before them.
        checkpoint: File to keep the state in; NAME.checkpoint.safetensors when left away.
        resume: Go on from the checkpoint, with the same arguments.
    """
    if len(paintings) != 1:
        given = f"{len(paintings)} paintings were given, and a brush has one" if paintings else "no painting"
        raise ConfigError(f"{given}; write: impasto learn PAINTING -o NAME{SUFFIX}")
    places = places_of(output, checkpoint, SUFFIX)
    settings = {} if config is None else read_settings(config, TrainConfig)
    given_flags = typed(TrainConfig, flags)
    for name, other in (("style_size", "style_scale"), ("style_scale", "style_size")):
        if name in given_flags:
            settings.pop(other, None)
    chosen = TrainConfig(**{**settings, **given_flags})
    check_places(places, [paintings[0]], resume=resume)
    told, about = told or PaintingTold(), about or About()
    return _work(paintings[0], photos, base, rank, chosen, places, told, about, resume=resume)


def _work(
    painting: str,
    photos: str | None,
    base: str | None,
    rank: int,
    config: TrainConfig,
    places: Places,
    told: PaintingTold,
    about: About,
    *,
    resume: bool,
) -> int:
    from impasto.cli.train_report import make_report
    from impasto.cli.train_work import work
    from impasto.studio.train.learn import LearnJob
    from impasto.studio.train.photos import free_photos

    quiet = told.quiet or told.json
    data = free_photos() if photos is None else photos
    with make_report(told) as report:
        job = LearnJob(
            painting,
            data,
            config,
            base=base,
            rank=rank,
            max_pixels=told.max_pixels,
            on_download=report.download,
        )
        if isinstance(data, list) and not quiet:
            say(_free(data))
        fields = card_fields(about, photos or "scikit-image", job)
        return work(job, places, fields, report, quiet=quiet, resume=resume)


def _free(photos: list[Photo]) -> str:
    """Say which photos it is that are learned on."""
    names = ", ".join(photo.name for photo in photos)
    return f"no --photos were given: learning on {len(photos)} free ones that scikit-image carries, {names}"
