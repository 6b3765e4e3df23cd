"""The models that are installed, by name: the shipped ones and the user's own."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from impasto.errors import ArtifactError
from impasto.models.files import BRUSH_SUFFIX, MODEL_SUFFIX, read_card

if TYPE_CHECKING:
    from impasto.models.artifact import Card

HOME_VARIABLE = "IMPASTO_HOME"
"""Environment variable that moves the folder of the user's own styles."""

GALLERY = Path(__file__).parents[1] / "gallery"
"""Where the models, the brushes and the base that come with impasto are, each in a folder."""

StyleKind = Literal["model", "brush"]

_FOLDERS: dict[StyleKind, tuple[str, str]] = {
    "model": ("models", MODEL_SUFFIX),
    "brush": ("brushes", BRUSH_SUFFIX),
}


UPSCALERS = "superres"
"""Folder, beside those of the styles, of the models that make pictures larger: xFACTOR-MANNER.onnx."""

FACTORS = (2, 4, 8)
"""How many times as large a model can make pictures."""

MANNERS = ("pixel", "feature")
"""Which of several for one factor is taken unasked; others come after these."""


class Style(NamedTuple):
    """An installed model or brush."""

    name: str
    """What `--style` takes: the file's name, without its suffix."""

    path: Path
    """The file."""

    card: Card | None
    """What it says of itself; None where the file is damaged."""

    kind: StyleKind
    """`model`, a network of its own, or `brush`, a style for the base."""


def styles() -> list[Style]:
    """List the models and brushes that are installed, sorted by name.

    A user's own hides a shipped one of its name and kind. Where a model and a brush have the same name, both
    are listed, the model first: `--style NAME` is the model, which is made for that one painting, and the
    brush in a blend, which takes no model.
    """
    found = [(name, path, kind) for kind in _FOLDERS for name, path in style_paths(kind).items()]
    return [
        Style(name, path, _card(path), kind) for name, path, kind in sorted(found, key=lambda each: each[0])
    ]


def home_folder() -> Path:
    """Where all that is the user's own is: `$IMPASTO_HOME`, or a folder in the user's data folder."""
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).expanduser() if home else _data_folder() / "impasto"


def own_folder(kind: StyleKind = "model") -> Path:
    """Where the user's own models or brushes are: `models` and `brushes` in `home_folder`."""
    return home_folder() / _FOLDERS[kind][0]


def style_paths(kind: StyleKind = "model") -> dict[str, Path]:
    """Return the files of all installed models or brushes by name; they may be damaged."""
    name, suffix = _FOLDERS[kind]
    found: dict[str, Path] = {}
    for folder in (GALLERY / name, home_folder() / name):
        if folder.is_dir():
            found |= {path.stem: path for path in folder.glob(f"*{suffix}") if path.is_file()}
    return found


def upscaler_paths() -> dict[str, Path]:
    """Return the files of all installed models that make pictures larger, by name; they may be damaged."""
    return _models(GALLERY / UPSCALERS) | _models(home_folder() / UPSCALERS)


def find_upscaler(model: str | os.PathLike[str] | None, factor: int | None) -> Path:
    """Return the file of a model that makes pictures larger.

    Args:
        model: Its path, its name (`x4-feature`) or its manner (`feature`), which go before a file that is
            called so; None for the first there is.
        factor: What a manner, and None, are looked up for; None for 4.

    Raises:
        ArtifactError: There is none; the message says for which factors there are.
    """
    text = "" if model is None else os.fspath(model)
    path = Path(text)
    if text and (not isinstance(model, str) or path.suffix.lower() == MODEL_SUFFIX or path.name != text):
        return path
    known = upscaler_paths()
    wanted = f"x{4 if factor is None else factor}-"
    found = [name for name in known if name.startswith(wanted)]
    first = sorted(found, key=lambda name: (*(name != wanted + manner for manner in MANNERS), name))
    for name in [text, wanted + text] if text else first[:1]:
        if name in known:
            return known[name]
    if text and path.is_file():
        return path
    raise ArtifactError(_no_upscaler(text, wanted[1:-1], sorted(known)))


def _no_upscaler(model: str, factor: str, known: list[str]) -> str:
    named = f"no model {model!r}" if model else "no model"
    names = f"installed are {', '.join(known)}" if known else "none is installed for any factor"
    return (
        f"there is {named} for the factor {factor}; {names}: give --model a file.onnx, or train one with "
        f"`impasto train superres --factor {factor}`"
    )


def _models(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    return {path.stem: path for path in sorted(folder.glob(f"*{MODEL_SUFFIX}")) if path.is_file()}


def find_style(style: str | os.PathLike[str], *, first: StyleKind = "model") -> Path:
    """Return the file of a style that is given by its name or path.

    Args:
        style: A name goes before a file of that name; what ends in .onnx or .brush, or has a folder in it, is
            a path.
        first: Which goes first where a model and a brush have that name.

    Raises:
        ArtifactError: An unknown name. Whether there is a file at a path, its reader tells.
    """
    text = os.fspath(style)
    path = Path(text)
    if not isinstance(style, str) or path.suffix.lower() in (MODEL_SUFFIX, BRUSH_SUFFIX) or path.name != text:
        return path
    other: StyleKind = "brush" if first == "model" else "model"
    known = {**style_paths(other), **style_paths(first)}
    if text in known:
        return known[text]
    if path.is_file():
        return path
    close = get_close_matches(text, known, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    names = f"installed are {', '.join(sorted(known))}" if known else "none is installed"
    raise ArtifactError(
        f"there is no style {text!r}; {meant}{names}; "
        "the path of a model.onnx, a .brush or a painting works, too"
    )


def _card(path: Path) -> Card | None:
    try:
        return read_card(path)
    except ArtifactError:
        return None


def _data_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
