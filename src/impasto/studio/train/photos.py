"""Where photos lie: in folders of folders, and in tar shards as WebDataset writes them."""

from __future__ import annotations

import os
import tarfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.errors import ImageReadError, MissingExtraError
from impasto.image import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHARD = ".tar"


@dataclass(frozen=True, kw_only=True, slots=True)
class Photo:
    """A file, or a member of a shard, that is a photo by its name."""

    name: str
    """What to call it: its path from the folder that was given; `shard.tar/name` in a shard."""

    path: str
    """The file that it is in."""

    offset: int = 0
    """Where in that file it begins."""

    size: int = -1
    """Its bytes; -1 for all of the file."""

    def read(self) -> bytes:
        """Return its bytes.

        Raises:
            OSError: As the system reports it.
        """
        with Path(self.path).open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


def find_photos(data: str | os.PathLike[str]) -> list[Photo]:
    """List the photos below a folder, those in its shards too, or those of one shard.

    Shards are listed once, by their headers; a photo in one is then read as fast as a file.

    Args:
        data: A folder, such as COCO's train2017 unpacked, or a .tar file.

    Returns:
        At least one photo, in the order of their names.

    Raises:
        ImageReadError: There is no such folder, a shard cannot be read, or there is not one photo.
    """
    place = Path(data)
    if not place.exists():
        raise ImageReadError(
            f"{str(data)!r} does not exist; give --data a folder of photos, or a {_SHARD} shard"
        )
    shard = place.is_file() and place.suffix.lower() == _SHARD
    if not shard and not place.is_dir():
        raise ImageReadError(
            f"{str(data)!r} is neither a folder nor a {_SHARD} shard; give --data one of these"
        )
    files = [place] if shard else _files(place)
    photos: list[Photo] = []
    for file in files:
        name = file.name if shard else file.relative_to(place).as_posix()
        photos.extend(_members(file, name) if file.suffix.lower() == _SHARD else [_whole(file, name)])
    if not photos:
        raise ImageReadError(
            f"there is no photo in {str(data)!r}; give a folder with {' '.join(SUFFIXES)} files, or {_SHARD} "
            "shards of them"
        )
    return photos


FREE = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "rocket.jpg")
"""Photos that scikit-image's wheel carries, and that anybody may use: CC0, or in the public domain."""


def free_photos() -> list[Photo]:
    """List a handful of small photos that come with the studio, for who has none at hand.

    Raises:
        MissingExtraError: scikit-image is not installed.
    """
    found = find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise MissingExtraError(
            "there are no photos to learn on: give --photos FOLDER, or pip install 'impasto[studio]'"
        )
    folder = Path(found.submodule_search_locations[0], "data")
    return [_whole(folder / name, name) for name in FREE if (folder / name).is_file()]


def fingerprint(photos: Sequence[Photo]) -> str:
    """Return a hash of the photos' names and of where they are in their files, not of what is in them."""
    text = "\n".join(f"{photo.name} {photo.offset} {photo.size}" for photo in photos)
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _files(folder: Path) -> list[Path]:
    found = []
    for base, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(base, name) for name in names if _is_wanted(name)]
    return sorted(found)


def _is_wanted(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in {*SUFFIXES, _SHARD}


def _whole(file: Path, name: str) -> Photo:
    return Photo(name=name, path=str(file))


def _members(shard: Path, name: str) -> Iterator[Photo]:
    try:
        with tarfile.open(shard, "r:") as archive:
            for member in archive:
                if member.isfile() and Path(member.name).suffix.lower() in SUFFIXES:
                    yield Photo(
                        name=f"{name}/{member.name}",
                        path=str(shard),
                        offset=member.offset_data,
                        size=member.size,
                    )
    except (OSError, tarfile.TarError) as error:
        raise ImageReadError(f"{str(shard)!r} cannot be read ({error}); give an uncompressed tar") from error
