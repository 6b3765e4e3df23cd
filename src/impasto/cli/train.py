"""`impasto train`: a network for one painting, from a folder of photos (Johnson et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import App, Parameter
from cyclopts.validators import Number

from impasto.cli.flags import make_flags, typed
from impasto.cli.place import Place, Switch
from impasto.errors import CheckpointError, ConfigError
from impasto.studio.settings import read_settings
from impasto.studio.train.config import TrainConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    Flags: TypeAlias = TrainConfig

HELP = {
    "content_layers": "Layers of the content loss with their weights, for instance relu2_2:1,relu3_3:0.5.",
    "style_layers": "Layers of the style loss with their weights, for instance relu1_2:1,relu3_3:0.5.",
    "style_crop": "Part of the painting that is its style, LEFT,TOP,RIGHT,BOTTOM in its pixels: no margins.",
}
"""Where the command line spells a field in another way than Python."""

SUFFIX = ".onnx"

KINDS = {
    "base": (
        "--styles FOLDER --data FOLDER -o NAME",
        "Train a base: one network for every style, which brushes are made for.",
    ),
    "superres": (
        "--data FOLDER -o NAME.onnx",
        "Train a network that makes pictures 2, 4 or 8 times as large on each side.",
    ),
}
"""What else can be trained, by the word that comes in place of a painting: how it is written, and what it is.
Each is a function of that name in `train_<word>.py`, loaded when it is run."""

app = App(name="train", usage="Usage: impasto train STYLE --data FOLDER -o NAME.onnx [OPTIONS]")

for _word, (_takes, _help) in KINDS.items():
    app.command(
        f"impasto.cli.train_{_word}:{_word}",
        name=_word,
        help=_help,
        usage=f"Usage: impasto train {_word} {_takes} [OPTIONS]",
    )

if not TYPE_CHECKING:
    Flags = make_flags(TrainConfig, __name__, helps=HELP, kinds={"weights": Place, "start": Place})


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class About:
    """What the artifact's card says of the painting and of what may be done with it."""

    title: str = ""
    """Of the painting, for the artifact's card."""

    artist: str = ""
    """Who painted it, for the card."""

    year: str = ""
    """When, for the card."""

    rights: str = ""
    """Of the painting, for the card: public domain, for instance."""

    license: str = "MIT"
    """Of the artifact, for the card."""

    attribution: str = ""
    """Whom to name when the artifact is passed on, for the card."""

    trained_on: str = ""
    """What the photos are, for the card; their number and folder's name when left away."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Told:
    """What is told on the way."""

    json: Switch = False
    """Print every event as a line of JSON on stdout."""

    quiet: Annotated[Switch, Parameter(name=("--quiet", "-q"))] = False
    """Show no progress, and only say what went wrong."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PaintingTold(Told):
    """What is told on the way, and how large a painting may be."""

    max_pixels: Annotated[int, Parameter(validator=Number(gte=1))] = 200_000_000
    """Refuse a larger painting."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a training's files go: all beside the artifact."""

    artifact: Path
    """`NAME.onnx`."""

    checkpoint: Path
    """`NAME.checkpoint.safetensors`, if not said otherwise."""

    @property
    def logs(self) -> Path:
        """Folder of the losses, as JSON lines and for TensorBoard."""
        return self.artifact.with_name(f"{self.artifact.stem}-logs")

    @property
    def curves(self) -> Path:
        """Picture of the losses."""
        return self.artifact.with_name(f"{self.artifact.stem}-loss.png")

    def sheet(self, iteration: int) -> Path:
        """Sheet of the held-out photos after some steps."""
        return self.artifact.with_name(f"{self.artifact.stem}-{iteration:06}.png")


@app.default
def train(
    *styles: Place,
    data: Annotated[Place | None, Parameter(name=("--data", "-d"))] = None,
    output: Annotated[Place | None, Parameter(name=("--output", "-o"))] = None,
    told: PaintingTold | None = None,
    about: About | None = None,
    flags: Annotated[Flags, Parameter(name="*")] | None = None,
    config: Place | None = None,
    checkpoint: Place | None = None,
    resume: Switch = False,
) -> int:
    """Train a network to repaint any picture in the style of one painting.

    Args:
        styles: The painting.
        data: Folder of photos to train on, of any depth, or of WebDataset's tar shards; or one shard.
        output: Where the artifact goes, NAME.onnx; sheets, losses and checkpoint go beside it.
        told: What is told on the way.
        about: What the artifact's card says.
        flags: What to train and how.
        config: TOML file with settings, by the names of the flags; flags go before them.
        checkpoint: File to keep the state in; NAME.checkpoint.safetensors when left away.
        resume: Go on from the checkpoint, with the same arguments.
    """
    style = _only(styles)
    if data is None:
        raise ConfigError("say which photos to train on, for instance --data photos")
    places = places_of(output, checkpoint)
    settings = {} if config is None else read_settings(config, TrainConfig)
    given = typed(TrainConfig, flags)
    for name, other in (("style_size", "style_scale"), ("style_scale", "style_size")):
        if name in given:
            settings.pop(other, None)
    chosen = TrainConfig(**{**settings, **given})
    check_places(places, [style], resume=resume)
    return _work(style, data, chosen, places, told or PaintingTold(), about or About(), resume)


def _work(
    style: str, data: str, config: TrainConfig, places: Places, told: PaintingTold, about: About, resume: bool
) -> int:
    from impasto.cli.train_report import make_report
    from impasto.cli.train_work import work
    from impasto.studio.train import TrainJob

    with make_report(told) as report:
        job = TrainJob(style, data, config, max_pixels=told.max_pixels, on_download=report.download)
        return work(
            job, places, card_fields(about, data, job), report, quiet=told.quiet or told.json, resume=resume
        )


def card_fields(about: Any, data: str, job: Any) -> dict[str, str]:
    """Return what the card says beside the record: the fields of `about`, and the photos."""
    photos = f"{len(job.materials.stream.photos)} photos of {Path(data).resolve().name}"
    return {**vars(about), "trained_on": about.trained_on or photos}


def _only(styles: tuple[str, ...]) -> str:
    if len(styles) != 1:
        what = (
            "no style was given" if not styles else f"{len(styles)} styles were given, and a network has one"
        )
        raise ConfigError(f"{what}; write: impasto train STYLE --data FOLDER -o NAME{SUFFIX}")
    return styles[0]


def places_of(output: str | None, checkpoint: str | None, suffix: str = SUFFIX) -> Places:
    """Return where a training's files go.

    Args:
        output: The artifact, as typed.
        checkpoint: As typed.
        suffix: Of the artifact; of a folder, none.

    Raises:
        ConfigError: The artifact has no name, or one of another kind of file.
    """
    if output is None:
        raise ConfigError(f"say where the artifact goes, for instance -o wave{suffix}")
    path = Path(output)
    if path.suffix.lower() != suffix or output == "-" or not path.name:
        wanted = f"a file that ends with {suffix}" if suffix else "a folder whose name has no dot"
        raise ConfigError(f"{output!r} is no name for the artifact; give -o {wanted}")
    kept = path.with_name(f"{path.stem}.checkpoint.safetensors") if checkpoint is None else Path(checkpoint)
    return Places(artifact=path, checkpoint=kept)


def check_places(places: Places, read: Sequence[str], *, resume: bool) -> None:
    """See, before any work, that everything can be written, and that nothing of worth is overwritten.

    Args:
        places: Where the files go.
        read: Files that are read.
        resume: Whether the training goes on from its checkpoint.

    Raises:
        ImpastoError: As said.
    """
    from impasto.image import check_output

    if places.artifact.suffix or not places.artifact.is_dir():  # of a base, what is in its folder is replaced
        _check_file(places.artifact, "artifact")
    _check_file(places.checkpoint, "checkpoint")
    check_output(places.curves)
    written = {each.resolve() for each in (places.artifact, places.checkpoint, places.curves)}
    for path in read:
        if Path(path).resolve() in written:
            raise ConfigError(f"{path} is read, and would be overwritten; choose another -o")
    if places.logs.exists() and not places.logs.is_dir():
        raise ConfigError(f"losses go to the folder {places.logs}, which is a file; choose another -o")
    _check_state(places.checkpoint, resume=resume)


def _check_state(checkpoint: Path, *, resume: bool) -> None:
    """See that there is a state to go on from, or that none of an unfinished training is lost."""
    if not checkpoint.exists():
        if resume:
            raise CheckpointError(f"no checkpoint at {checkpoint}; leave --resume away to start anew")
        return
    from impasto.studio.train.checkpoint import peek

    if not peek(checkpoint).complete and not resume:
        raise CheckpointError(
            f"{checkpoint} is of a training that has not ended; go on with --resume, delete it, "
            "or choose another --checkpoint"
        )


def _check_file(path: Path, what: str) -> None:
    from impasto.image import check_writable

    if path.is_dir() or not path.resolve().parent.is_dir():
        wrong = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise ConfigError(f"the {what} {path} {wrong}; choose another place")
    try:
        check_writable(str(path))
    except OSError as error:
        raise ConfigError(
            f"the {what} {path} cannot be written ({error.strerror}); choose another place"
        ) from error
