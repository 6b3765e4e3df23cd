"""The base: one network for every style, and the encoder that gives a painting its code."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from impasto.errors import ArtifactError, ImageTooSmallError
from impasto.image import fit_size, quantized, resize
from impasto.models import registry
from impasto.models.base_files import ENCODE, LOOK, TRANSFORM
from impasto.models.engine import EngineName, open_session
from impasto.models.files import read_artifact, read_card
from impasto.models.mix import SHOWN
from impasto.models.session import Fixed

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impasto.models.brush import Brush
    from impasto.models.session import Session

    Floats = NDArray[np.float32]

REMEDY = "give the folder of a base, as `impasto train base` writes it"

BASE_FOLDER = "base"
"""In the gallery, and in the user's own folder, which hides the shipped one."""

NARROWEST = 16
"""Pixels of a painting's shorter side, at the size that it is looked at: fewer tell nothing of a style."""


class Base:
    """A base in its folder: the shipped one, the user's own in `$IMPASTO_HOME/base`, or another."""

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        """Read it; its graphs are made ready when they are first needed.

        Args:
            folder: As `impasto train base` writes it; None takes the installed one.

        Raises:
            ArtifactError: There is none, or it has no graph that can be read.
        """
        self.folder = _installed() if folder is None else Path(folder)
        if not self.folder.is_dir():
            raise ArtifactError(f"{self.folder} is not a folder; {REMEDY}")
        self._file = read_artifact(self.folder / TRANSFORM, remedy=REMEDY)

    @property
    def sha256(self) -> str:
        """Hex digest of its `transform.onnx`: its identity, which its brushes name."""
        return self._file.sha256

    def check(self, brush: Brush) -> None:
        """Refuse a brush that was made for another base.

        Raises:
            ArtifactError: It says which one the brush wants, and which one is there.
        """
        if brush.base == self.sha256:
            return
        raise ArtifactError(
            f"{brush.card.name} was made for the base {_named(brush.base)}, and this is "
            f"{_named(self.sha256, self)}, in {self.folder}; give the folder of the other with --base, or "
            "make the brush again"
        )

    def open(self, brush: Brush, *, engine: EngineName = "auto", threads: int | None = None) -> Session:
        """Make the base ready to stylize with one brush.

        Args:
            brush: Of this base.
            engine: As of `open_session`.
            threads: As of `open_session`.

        Raises:
            ArtifactError: The brush is of another base, or one of both is damaged.
        """
        self.check(brush)
        code = brush.code
        digest = hashlib.sha256(code.tobytes())
        for up, down in brush.filters:
            digest.update(up.tobytes() + down.tobytes())

        def make(sizes: Mapping[str, int]) -> dict[str, Floats]:
            if code.size != sizes["code"]:
                raise ArtifactError(
                    f"{brush.card.name} has a code of {code.size} numbers, and the base takes "
                    f"{sizes['code']}; one of them is damaged"
                )
            return {"code": code, "delta": brush.delta(sizes["delta"])}

        fixed = Fixed(digest.hexdigest(), make)
        return open_session(self._file, engine=engine, threads=threads, role="transform", fixed=fixed)

    def encode(
        self,
        painting: Floats,
        strokes: Sequence[float] = (1,),
        *,
        name: str = "the painting",
        engine: EngineName = "auto",
        threads: int | None = None,
    ) -> Floats:
        """Tell the code of a painting at sight.

        Args:
            painting: (H, W, 3) sRGB in [0, 1], any size.
            strokes: Sizes that the painting is said to be seen at, as in training, 0.5 to 2 times its own;
                they hardly change how wide strokes are (bench/stroke_size.py).
            name: What messages call it.
            engine: As of `open_session`.
            threads: As of `open_session`.

        Returns:
            (strokes, K), a code for each size of strokes.

        Raises:
            ImageTooSmallError: One side is a small part of the other.
            ArtifactError: The base has no graph for it, or that is damaged.
        """
        size = fit_size((painting.shape[0], painting.shape[1]), LOOK)
        if min(size) < NARROWEST:
            raise ImageTooSmallError(
                f"{name} is {painting.shape[1]} x {painting.shape[0]} pixels, which is {size[1]} x "
                f"{size[0]} at the size that its style is read from, and both sides must be at least "
                f"{NARROWEST} there; give a part of it that is less narrow"
            )
        levels = quantized(resize(painting, size), 255).astype(np.uint8)
        file = read_artifact(self.folder / ENCODE, remedy=REMEDY)
        session = open_session(file, engine=engine, threads=threads, role="encode")
        codes: Floats = session.compute(levels, stroke=np.log2(strokes, dtype=np.float32))
        return codes


def _installed() -> Path:
    places = [registry.home_folder() / BASE_FOLDER, registry.GALLERY / BASE_FOLDER]
    for place in places:
        if place.is_dir():
            return place
    raise ArtifactError(
        f"no base is installed, and brushes and paintings need one; put one into {places[0]}, give its "
        "folder with --base, or make one with `impasto train base`; a model.onnx needs none"
    )


def _named(sha256: str, base: Base | None = None) -> str:
    """Return the first digits of a hash, and the name of that base where it is known."""
    folders = (
        [base.folder] if base else [registry.GALLERY / BASE_FOLDER, registry.home_folder() / BASE_FOLDER]
    )
    for folder in folders:
        try:
            if read_artifact(folder / TRANSFORM).sha256 == sha256:
                return f"{sha256[:SHOWN]} ({read_card(folder / TRANSFORM).name})"
        except ArtifactError:
            continue
    return sha256[:SHOWN]
