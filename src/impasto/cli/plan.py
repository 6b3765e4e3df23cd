"""Which photo becomes which file: trees of folders are kept, and nothing that is read is written over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from impasto.errors import ConfigError, ImageReadError
from impasto.image import SUFFIXES, WRITERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STDIN_NAME = "stdin.png"
"""What a picture from stdin is called in a folder."""


class Task(NamedTuple):
    """One photo."""

    source: str
    """Its path, or `-`."""

    target: str
    """Where the result goes, or `-`."""


def single_target(photos: Sequence[str], output: str, bit_depth: int) -> Task | None:
    """Return the task of one photo, or None for several or a folder of them.

    Args:
        photos: As typed.
        output: As typed: a file, `-`, or a folder, where there is one or it ends with a slash.
        bit_depth: 8 or 16.

    Raises:
        ConfigError: The photo would be overwritten.
    """
    if len(photos) != 1 or Path(photos[0]).is_dir():
        return None
    into_folder = output != "-" and (Path(output).is_dir() or output.endswith(("/", os.sep)))
    name = STDIN_NAME if photos[0] == "-" else Path(photos[0]).name
    target = str(Path(output) / _writable_name(name, bit_depth)) if into_folder else output
    task = Task(photos[0], target)
    _check_overwriting([task])
    return task


def plan(photos: Sequence[str], folder: Path, bit_depth: int) -> list[Task]:
    """Return what is to be made of photos and folders of them, in a folder.

    A photo keeps its name, and what was in a folder keeps its place in it; of several inputs, each folder
    also keeps its own name. A suffix that cannot be written, or not with so many bits, becomes .png.

    Args:
        photos: As typed.
        folder: Where the results go; it need not be there yet.
        bit_depth: 8 or 16.

    Raises:
        ConfigError: The output is a file; there is nothing to do; a photo would be overwritten, or two would
            become the same file.
        ImageReadError: A folder cannot be read.
    """
    _check_folder(folder)
    tasks = [
        Task(source, str(folder / inner.parent / _writable_name(inner.name, bit_depth)))
        for photo in photos
        for source, inner in _found(photo, folder, alone=len(photos) == 1)
    ]
    if not tasks:
        raise ConfigError(
            f"there is no picture in {', '.join(photos)}; give a folder with {' '.join(SUFFIXES)} files"
        )
    _check_overwriting(tasks)
    _check_collisions(tasks)
    return tasks


def _check_folder(folder: Path) -> None:
    picture = folder.suffix.lower() in WRITERS and not folder.is_dir()
    if str(folder) == "-" or picture or (folder.exists() and not folder.is_dir()):
        raise ConfigError(f"several pictures need a folder to go to, and {folder} is none; give -o a folder")


def _found(photo: str, output: Path, *, alone: bool) -> Iterator[tuple[str, Path]]:
    """Yield each photo with its place in the output."""
    top = Path(photo)
    if photo == "-":
        yield photo, Path(STDIN_NAME)
    elif not top.is_dir():
        yield photo, Path(top.name)
    else:
        base = Path() if alone else Path(top.resolve().name)
        for path in _pictures(top, output.resolve()):
            yield str(path), base / path.relative_to(top)


def _pictures(top: Path, output: Path) -> Iterator[Path]:
    """Yield the pictures of a tree, sorted, but for hidden ones and those of an output inside it."""

    def fail(error: OSError) -> None:
        raise ImageReadError(f"the folder {error.filename} cannot be read ({error.strerror})") from error

    for root, folders, files in os.walk(top, onerror=fail):
        here = Path(root)
        folders[:] = sorted(
            each for each in folders if not each.startswith(".") and (here / each).resolve() != output
        )
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in WRITERS:
                yield here / name


def _writable_name(name: str, bit_depth: int) -> str:
    writer = WRITERS.get(Path(name).suffix.lower())
    fits = writer is not None and (bit_depth == 8 or writer.deep)
    return name if fits else str(Path(name).with_suffix(".png"))


def _check_overwriting(tasks: Sequence[Task]) -> None:
    """See that no target is a source: by what the file is, not by how its name is written."""
    sources = {_identity(task.source) for task in tasks if task.source != "-"} - {None}
    for task in tasks:
        if task.target != "-" and _identity(task.target) in sources:
            raise ConfigError(f"{task.target} is read, and would be overwritten; choose another place for -o")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _check_collisions(tasks: Sequence[Task]) -> None:
    seen: dict[str, str] = {}
    for source, target in tasks:
        if seen.setdefault(target, source) != source:
            raise ConfigError(f"{seen[target]} and {source} would both become {target}; rename one of them")
