"""Write the graphs of shipped artifacts anew, as this version of impasto exports them, with their weights.

Models keep their cards. A base keeps its encoder, but a brush names its base by the bytes of the graph: the
shipped ones are told its new name, and are otherwise as they were. What is written is compared with what was
there, on a photo: rounding aside they paint the same.

    python bench/rewrite_graphs.py [MODEL.onnx ...]      without models, all of the gallery
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from skimage import data

from gallery import BRUSHES, GALLERY, MODELS
from impasto import Brush, Stylizer
from impasto.models.base import Base
from impasto.models.base_files import TRANSFORM
from impasto.models.files import read_card
from impasto.studio.networks import NetworkConfig, build_network
from impasto.studio.train.base_weights import load_conditional
from impasto.studio.train.checkpoint import restore_weights
from impasto.studio.train.export import export_onnx, save
from impasto.studio.train.export_base import transform_files
from impasto.studio.train.start import read_start

PHOTO = data.chelsea()  # type: ignore[no-untyped-call]


def main() -> None:
    """Rewrite the models given, or all that is shipped."""
    given = [Path(each) for each in sys.argv[1:]]
    for model in given or sorted(MODELS.glob("*.onnx")):
        before = Stylizer(model, engine="onnxruntime").frame(PHOTO, stroke=None)
        rewrite_model(model)
        tell(model.name, before, Stylizer(model, engine="onnxruntime").frame(PHOTO, stroke=None))
    if not given:
        rewrite_base(GALLERY / "base", BRUSHES)


def rewrite_model(path: Path) -> None:
    """Write the graph of a model of one style."""
    card = read_card(path)
    network = build_network(NetworkConfig(**card.recipe["recipe"]["network"]))
    restore_weights(network, read_start(path).tensors)
    export_onnx(network, card, path)


def rewrite_base(folder: Path, brushes: Path) -> None:
    """Write the graph of a base, and tell its brushes."""
    old = Base(folder)
    made = {path: Brush.load(path) for path in sorted(brushes.glob("*.brush"))}
    first = next(iter(made.values()))
    before = paint(old, first)
    for name, content in transform_files(load_conditional(old), read_card(folder / TRANSFORM)).items():
        save(content, folder / name)
    new = Base(folder)
    for path, brush in made.items():
        old.check(brush)
        renamed(brush, new).save(path)
    tell("base", before, paint(new, renamed(first, new)))


def renamed(brush: Brush, base: Base) -> Brush:
    """Return a brush for the same base by another name."""
    card = replace(brush.card, recipe={**brush.card.recipe, "base": base.sha256})
    return replace(brush, card=card, base=base.sha256)


def paint(base: Base, brush: Brush) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return the photo, painted with a brush."""
    base.check(brush)
    return base.open(brush, engine="onnxruntime").run(PHOTO)


def tell(name: str, before: np.ndarray, after: np.ndarray) -> None:
    """Print how far two pictures are from each other."""
    apart = np.abs(before.astype(int) - after)
    print(f"{name}: {apart.max()} levels at most, {100 * (apart > 0).mean():.2f} % of the values differ")


if __name__ == "__main__":
    main()
