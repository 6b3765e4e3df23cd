"""A folder of photos, for the commands that look at many."""

from __future__ import annotations

from pathlib import Path

from impasto.errors import ConfigError


def photos_in(folder: str, limit: int | None = None) -> list[str]:
    """List the pictures of a folder, by name; not those of folders in it.

    Args:
        folder: Its path.
        limit: How many to take at most, from the first; None for all.

    Raises:
        ConfigError: It is not a folder, cannot be read, or there is no picture in it.
    """
    from impasto.image import SUFFIXES

    place = Path(folder)
    if not place.is_dir():
        what = "is a file" if place.exists() else "does not exist"
        raise ConfigError(f"{folder!r} {what}; give a folder of photos")
    try:
        found = sorted(
            str(each)
            for each in place.iterdir()
            if each.suffix.lower() in SUFFIXES and not each.name.startswith(".") and each.is_file()
        )
    except OSError as error:
        raise ConfigError(f"{folder!r} cannot be read ({error.strerror}); give a folder of photos") from error
    if not found:
        raise ConfigError(
            f"there is no photo in {folder!r}; give a folder with files of {' '.join(SUFFIXES)}"
        )
    return found[:limit]
