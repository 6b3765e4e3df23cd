"""`impasto train base`: one network for every style, from a folder of paintings and one of photos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from impasto.cli.flags import make_flags, typed
from impasto.cli.place import Place, Switch
from impasto.cli.train import HELP, PaintingTold, card_fields, check_places, places_of
from impasto.cli.train_about import AboutModel
from impasto.errors import ConfigError
from impasto.studio.settings import read_settings
from impasto.studio.train.config import OF_ONE_PAINTING, TrainConfig

if TYPE_CHECKING:
    from impasto.cli.train import Places

    Flags: TypeAlias = TrainConfig

WITHOUT = ("recipe", "network", "norm", "upsampling", "residual", *OF_ONE_PAINTING)
"""Settings that a base does not leave open."""

if not TYPE_CHECKING:
    Flags = make_flags(
        TrainConfig, __name__, helps=HELP, kinds={"weights": Place, "start": Place}, without=WITHOUT
    )


def base(
    *,
    styles: Annotated[Place | None, Parameter(name=("--styles", "-s"))] = None,
    data: Annotated[Place | None, Parameter(name=("--data", "-d"))] = None,
    output: Annotated[Place | None, Parameter(name=("--output", "-o"))] = None,
    encoder_of: Place | None = None,
    told: PaintingTold | None = None,
    about: AboutModel | None = None,
    flags: Annotated[Flags, Parameter(name="*")] | None = None,
    config: Place | None = None,
    checkpoint: Place | None = None,
    resume: Switch = False,
) -> int:
    """Train a base: one network that paints in any style, and an encoder that gives paintings their codes.

    Args:
        styles: Folder of paintings to train on, or of WebDataset's tar shards; or one shard.
        data: The same of photos.
        output: Where the base goes, a folder; sheets, losses and checkpoint go beside it.
        encoder_of: Folder of a base whose encoder alone is trained, for codes of paintings at sight; the rest
            of it is written as it was, and all its brushes stay valid.
        told: What is told on the way.
        about: What the base's card says.
        flags: What to train and how; --held-out counts photos, and paintings as well.
        config: TOML file with settings, by the names of the flags; flags go before them.
        checkpoint: File to keep the state in; NAME.checkpoint.safetensors when left away.
        resume: Go on from the checkpoint, with the same arguments.
    """
    if styles is None:
        raise ConfigError("say which paintings to learn from, for instance --styles paintings")
    if data is None:
        raise ConfigError("say which photos to train on, for instance --data photos")
    places = places_of(output, checkpoint, suffix="")
    settings = {} if config is None else read_settings(config, TrainConfig)
    chosen = TrainConfig(**{**settings, **typed(TrainConfig, flags)})
    check_places(places, [each for each in (chosen.start, encoder_of) if each is not None], resume=resume)
    told, about = told or PaintingTold(), about or AboutModel()
    return _work(styles, data, encoder_of, chosen, places, told, about, resume=resume)


def _work(
    styles: str,
    data: str,
    encoder_of: str | None,
    config: TrainConfig,
    places: Places,
    told: PaintingTold,
    about: AboutModel,
    *,
    resume: bool,
) -> int:
    from impasto.cli.train_report import make_report
    from impasto.cli.train_work import work
    from impasto.studio.train.base import BaseJob

    with make_report(told) as report:
        job = BaseJob(
            styles,
            data,
            config,
            encoder_of=encoder_of,
            max_pixels=told.max_pixels,
            on_download=report.download,
        )
        fields = card_fields(about, data, job)
        return work(job, places, fields, report, quiet=told.quiet or told.json, resume=resume)
