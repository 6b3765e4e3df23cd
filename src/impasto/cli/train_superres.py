"""`impasto train superres`: a network that makes pictures larger, from a folder of photos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from impasto.cli.flags import make_flags, typed
from impasto.cli.place import Place, Switch
from impasto.cli.train import Told, card_fields, check_places, places_of
from impasto.cli.train_about import AboutModel
from impasto.errors import ConfigError
from impasto.studio.settings import read_settings
from impasto.studio.train.superres.config import SuperConfig

if TYPE_CHECKING:
    from impasto.cli.train import Places

    Flags: TypeAlias = SuperConfig

HELP = {
    "loss": "What made pictures are compared to photos by: pixel, feature, texture, or several; and grid "
    "against weaves: pixel:0.1,feature:1,grid:1.",
    "feature_layers": "Layers that features are compared at, with weights, for instance relu2_2:1.",
    "texture_layers": "Layers whose Gram matrices are compared patch by patch, with weights.",
}
"""Where the command line spells a field in another way than Python."""

if not TYPE_CHECKING:
    Flags = make_flags(SuperConfig, __name__, helps=HELP, kinds={"weights": Place, "start": Place})


def superres(
    *,
    data: Annotated[Place | None, Parameter(name=("--data", "-d"))] = None,
    output: Annotated[Place | None, Parameter(name=("--output", "-o"))] = None,
    told: Told | None = None,
    about: AboutModel | None = None,
    flags: Annotated[Flags, Parameter(name="*")] | None = None,
    config: Place | None = None,
    checkpoint: Place | None = None,
    resume: Switch = False,
) -> int:
    """Train a network to make pictures 2, 4 or 8 times as large on each side.

    Args:
        data: Folder of photos to train on, of any depth, or of WebDataset's tar shards; or one shard.
        output: Where the artifact goes, NAME.onnx; sheets, losses and checkpoint go beside it.
        told: What is told on the way.
        about: What the artifact's card says.
        flags: What to train and how.
        config: TOML file with settings, by the names of the flags; flags go before them.
        checkpoint: File to keep the state in; NAME.checkpoint.safetensors when left away.
        resume: Go on from the checkpoint, with the same arguments.
    """
    if data is None:
        raise ConfigError("say which photos to train on, for instance --data photos")
    places = places_of(output, checkpoint)
    settings = {} if config is None else read_settings(config, SuperConfig)
    chosen = SuperConfig(**{**settings, **typed(SuperConfig, flags)})
    check_places(places, [] if chosen.start is None else [chosen.start], resume=resume)
    return _work(data, chosen, places, told or Told(), about or AboutModel(), resume=resume)


def _work(
    data: str, config: SuperConfig, places: Places, told: Told, about: AboutModel, *, resume: bool
) -> int:
    from impasto.cli.train_report import make_report
    from impasto.cli.train_work import work
    from impasto.studio.train.superres import SuperJob

    with make_report(told) as report:
        job = SuperJob(data, config, on_download=report.download)
        fields = card_fields(about, data, job)
        return work(job, places, fields, report, quiet=told.quiet or told.json, resume=resume)
