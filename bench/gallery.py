"""The paintings that brushes are shipped of, as gallery.tsv lists them, and where brushes and bases are."""

import csv
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from impasto.image import read_image, write_image
from impasto.models import registry
from impasto.models.registry import HOME_VARIABLE, own_folder

TABLE = Path(__file__).with_name("gallery.tsv")
GALLERY = Path(registry.__file__).parents[1] / "gallery"
MODELS, BRUSHES = GALLERY / "models", GALLERY / "brushes"
FILES = ("transform.onnx", "encode.onnx", "weights.safetensors")


@dataclass(frozen=True)
class Row:
    """One painting of the gallery."""

    name: str
    """Of the brush."""
    file: str
    """In the folder of paintings."""
    title: str
    artist: str
    year: str
    rights: str
    crop: str
    """The part of the file that is the painting: left,top,right,bottom; empty where all of it is."""
    flags: str
    """What `impasto learn` is told besides, where the default does not do for this painting; else empty."""


def read_rows(only: str | None = None) -> list[Row]:
    """Return the paintings, or those of some names, with commas between them."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t"))
    rows = [Row(**{each.name: line[each.name] or "" for each in fields(Row)}) for line in lines]
    if only is None:
        return rows
    known = {row.name: row for row in rows}
    wanted = only.split(",")
    if unknown := [name for name in wanted if name not in known]:
        sys.exit(f"{TABLE.name} has no {', '.join(unknown)}; it has {', '.join(known)}")
    return [known[name] for name in wanted]


def painting_file(row: Row, paintings: Path, parts: Path) -> Path:
    """Return the file of a painting; where it is only a part of its file, that part, written to `parts`."""
    path = paintings / row.file
    if not row.crop:
        return path
    left, top, right, bottom = map(int, row.crop.split(","))
    part = parts / f"{path.stem}.png"
    if not part.exists():
        write_image(part, read_image(path).pixels[top:bottom, left:right])
    return part


def style_path(style: str) -> Path:
    """Return the file of a style: a shipped brush by its name, which a model may have too, or a path."""
    path = Path(style)
    return path if path.suffix else BRUSHES / f"{style}.brush"


def sha256(*paths: Path) -> str:
    """Return the digest of files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def base_folder() -> Path:
    """Return the folder of the base in use: the user's own, or the shipped one."""
    own = own_folder().parent / "base"
    return own if own.is_dir() else GALLERY / "base"


def base_sha256() -> str:
    """Return the digest of the base in use."""
    folder = base_folder()
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        sys.exit(f"there is no base here: {', '.join(missing)} missing; set {HOME_VARIABLE}, or --base")
    return sha256(*(folder / name for name in FILES))


@contextmanager
def using(base: Path | None) -> Iterator[None]:
    """Let a base be the one in use; None for the one that already is."""
    if base is None:
        yield
        return
    before = os.environ.get(HOME_VARIABLE)
    with tempfile.TemporaryDirectory() as home:
        shutil.copytree(base, Path(home) / "base")
        os.environ[HOME_VARIABLE] = home
        try:
            yield
        finally:
            del os.environ[HOME_VARIABLE]
            if before is not None:
                os.environ[HOME_VARIABLE] = before
