"""Training from Python: `train` and `train_superres` return the network and write its artifact."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from impasto.models.artifact import Card
from impasto.studio.train.events import Trained

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from torch import nn

    from impasto.image import ImageSource
    from impasto.studio.encoders import VGG
    from impasto.studio.train.config import TrainConfig
    from impasto.studio.train.engine import Job
    from impasto.studio.train.recipe import TrainRecipe
    from impasto.studio.train.superres.config import SuperConfig
    from impasto.studio.train.superres.recipe import SuperRecipe


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """A network that was trained, and how."""

    network: nn.Module
    """Takes and gives `(N, 3, H, W)` sRGB in [0, 1]; on the CPU, in evaluation mode."""

    card: Card
    """What its artifact says of itself."""

    ended: Trained
    """Steps, photos, seconds, last losses, and photos that were left out."""


def train(
    style: ImageSource,
    data: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    config: TrainConfig | None = None,
    *,
    recipe: TrainRecipe | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    about: Mapping[str, Any] | None = None,
) -> Training:
    """Train a network to repaint any picture in the style of one painting (Johnson et al. 2016).

    Args:
        style: The painting: a path, PIL image or array.
        data: Folder of photos, or of WebDataset's tar shards; or one shard.
        output: Where the artifact goes, NAME.onnx; None writes none.
        config: How.
        recipe: A recipe of your own in place of the one that `config` names.
        checkpoint: File to keep the state in.
        resume: Go on from that file.
        about: What the card says of the painting: title, artist, year, rights, license, attribution.

    Raises:
        ImpastoError: For pictures and settings that cannot be used, and for a training that diverges.
    """
    from impasto.studio.train import TrainJob

    job = TrainJob(style, data, config, recipe=recipe)
    return _run(job, output, checkpoint=checkpoint, resume=resume, about=about or {})


def train_superres(
    data: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    config: SuperConfig | None = None,
    *,
    recipe: SuperRecipe | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    about: Mapping[str, Any] | None = None,
) -> Training:
    """Train a network to make pictures larger (Johnson et al. 2016, part two).

    Args:
        data: Folder of photos, or of WebDataset's tar shards; or one shard.
        output: Where the artifact goes, NAME.onnx; None writes none.
        config: How.
        recipe: A recipe of your own in place of the one that `config` names.
        checkpoint: File to keep the state in.
        resume: Go on from that file.
        about: What the card says: license, attribution, trained_on.

    Raises:
        ImpastoError: For photos and settings that cannot be used, and for a training that diverges.
    """
    from impasto.studio.train.superres import SuperJob

    job = SuperJob(data, config, recipe=recipe)
    return _run(job, output, checkpoint=checkpoint, resume=resume, about=about or {})


def _run(
    job: Job,
    output: str | os.PathLike[str] | None,
    *,
    checkpoint: str | os.PathLike[str] | None,
    resume: bool,
    about: Mapping[str, Any],
) -> Training:
    for event in job.events(checkpoint=checkpoint, resume=resume):
        if isinstance(event, Trained):
            name = "network" if output is None else Path(output).stem
            if output is not None and job.leads:
                save_artifact(job, event, output, about)
            return Training(network=job.network, card=make_card(job, event, name, about), ended=event)
    raise AssertionError("a job ends with Trained")


def make_card(job: Job, ended: Trained, name: str, about: Mapping[str, Any]) -> Card:
    """Return the card of what a job made.

    Args:
        job: The training.
        ended: Its last event.
        name: What the artifact is called.
        about: Fields of the card beside the record.
    """
    record: dict[str, Any] = {**job.record(), "images": ended.images, "seconds": round(ended.seconds)}
    record["loss_weights"] = dict(ended.weights)
    if not ended.complete:
        record["stopped_after"] = ended.iteration
    materials = job.materials
    return Card(
        kind=materials.kind, name=name, recipe=record, loss_network=_loss_network(materials.encoder), **about
    )


def _loss_network(encoder: VGG | None) -> str:
    if encoder is None:
        return ""
    return f"{PurePath(encoder.weights_name).name} {encoder.weights_sha256}"


def save_artifact(job: Job, ended: Trained, path: str | os.PathLike[str], about: Mapping[str, Any]) -> None:
    """Write the artifact of the network that a job made, with its card.

    Raises:
        ImpastoError: When it cannot be written.
    """
    job.materials.write(job.network, make_card(job, ended, Path(path).stem, about), path)
