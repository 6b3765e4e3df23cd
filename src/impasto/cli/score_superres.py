"""`impasto score superres`: PSNR, SSIM and feature distance of a model, beside bicubic and nearest."""

from __future__ import annotations

import json as json_text
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli import say
from impasto.cli.place import Place, Switch
from impasto.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from impasto.models.upscaler import Upscaler
    from impasto.studio.metrics import Score, Scored


def superres(
    model: Place,
    /,
    *,
    data: Annotated[Place | None, Parameter(name=("--data", "-d"))] = None,
    factor: int | None = None,
    degradation: Literal["bicubic", "blur"] = "bicubic",
    weights: Place = "vgg19-original",
    engine: Literal["auto", "openvino", "onnxruntime"] = "auto",
    threads: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    json: Switch = False,
) -> int:
    """Compare a model that makes pictures larger with bicubic and nearest.

    Pictures are made small, and large again; PSNR and SSIM are those of luma, with a border of the factor cut
    off. Features are compared at four layers of VGG, relative to the picture's own: 0 is the same.

    Args:
        model: Path of a model.onnx, or name of an installed one, such as x4-feature.
        data: Folder of pictures, of any depth.
        factor: What the model must have; its own when left away.
        degradation: How pictures are made small: bicubic as MATLAB's, or with the paper's blur before it.
        weights: Encoder that features are of.
        engine: What runs the network.
        threads: That it may use; as many as there are cores when left away.
        json: Print each picture's figures, and at last the means, as lines of JSON.
    """
    if data is None:
        raise ConfigError("say which pictures to measure with, for instance --data Set5")
    from impasto.models.upscaler import Upscaler

    upscaler = Upscaler(model, factor=factor, engine=engine, threads=threads)
    found = []
    for scored in _scores(upscaler, data, degradation, weights):
        found.append(scored)
        if json:
            _print("picture", {"name": scored.name, "size": scored.size}, scored.scores)
    from impasto.studio.metrics import mean_scores

    means = mean_scores(found)
    if json:
        _print("mean", {"pictures": len(found), "factor": upscaler.factor, "degradation": degradation}, means)
    else:
        _show(means)
        say(f"means of {len(found)} pictures, x{upscaler.factor}, {degradation}")
    return 0


def _scores(
    upscaler: Upscaler, data: str, degradation: Literal["bicubic", "blur"], weights: str
) -> Iterator[Scored]:
    try:
        from impasto.studio.encoders import load_encoder
        from impasto.studio.metrics import score_superres
        from impasto.studio.train.photos import find_photos
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("measuring needs PyTorch: pip install 'impasto[studio]'") from error
    pictures = find_photos(data)
    packed = [photo.name for photo in pictures if photo.size >= 0]
    if packed:
        raise ConfigError(f"{packed[0]} is in a tar shard; give --data a folder of files")
    encoder = load_encoder(weights)
    return score_superres(upscaler, [photo.path for photo in pictures], encoder, degradation=degradation)


def _print(event: str, about: Mapping[str, object], scores: Mapping[str, Score]) -> None:
    figures = {name: score._asdict() for name, score in scores.items()}
    print(json_text.dumps({"event": event, **about, "scores": figures}), flush=True)


def _show(means: Mapping[str, Score]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "PSNR (dB)", "SSIM", "feature distance", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, score in means.items():
        table.add_row(name, f"{score.psnr:.2f}", f"{score.ssim:.4f}", f"{score.distance:.4f}")
    Console(markup=False).print(table)
