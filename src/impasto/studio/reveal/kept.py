"""The folder that finished panels are kept in, each under a name that no other panel can have."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.errors import ImageError, ImageWriteError
from impasto.image import check_output, check_writable, read_image, read_record, write_image

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

_DIGITS = 16
"""Of the hash, in a file's name: enough that no two panels of one folder meet."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """A panel as it was read back."""

    image: NDArray[np.float32]
    """`(H, W, 3)` float32 sRGB in [0, 1], in steps of 1/255."""

    numbers: Mapping[str, float]
    """What was measured when it was painted."""


class Keep:
    """A folder of panels; it is made when the first one is put there.

    Args:
        folder: Where it is, or will be.

    Raises:
        ImageWriteError: When nothing can be written there.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        if self.folder.is_dir():
            check_output(self.folder / "panel.png")
            return
        if self.folder.exists() or not self.folder.resolve().parent.is_dir():
            what = "is not a folder" if self.folder.exists() else "is in a folder that does not exist"
            raise ImageWriteError(f"panels cannot be kept in {str(folder)!r}, which {what}; choose another")
        try:
            check_writable(str(self.folder))
        except OSError as error:
            raise ImageWriteError(
                f"panels cannot be kept in {str(folder)!r} ({error.strerror}); choose another folder"
            ) from error

    def path(self, label: str, identity: Mapping[str, Any]) -> Path:
        """Return where a panel belongs: its label, for the reader, and the hash of all that decides it.

        Args:
            label: What the panel is called.
            identity: All that its pixels and numbers depend on, ready for JSON.
        """
        words = "-".join(re.findall(r"[\w.+]+", label))
        return self.folder / f"{words}-{digest(identity)[:_DIGITS]}.png"

    def load(self, path: Path, identity: Mapping[str, Any], size: tuple[int, int]) -> Kept | None:
        """Return the panel that a file holds; None where it is missing, damaged or of another panel.

        Args:
            path: As `path` gives it.
            identity: As of `path`.
            size: Height and width that the panel has.
        """
        if not path.is_file():
            return None
        try:
            record = json.loads(read_record(path) or "{}")
            image = read_image(path).pixels
        except ImageError:
            return None
        if record.get("panel") != digest(identity) or image.shape[:2] != size:
            return None
        return Kept(image=image, numbers=record["numbers"])

    def save(
        self,
        path: Path,
        identity: Mapping[str, Any],
        image: NDArray[np.float32],
        numbers: Mapping[str, float],
        record: Mapping[str, Any],
    ) -> None:
        """Write a panel, whole or not at all.

        Args:
            path: As `path` gives it.
            identity: As of `path`.
            image: `(H, W, 3)` sRGB in [0, 1].
            numbers: What was measured of it.
            record: How it was painted; `impasto reproduce` goes by it.

        Raises:
            ImageWriteError: When it cannot be written.
        """
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise ImageWriteError(
                f"panels cannot be kept in {str(self.folder)!r} ({error.strerror}); choose another folder"
            ) from error
        kept = {**record, "panel": digest(identity), "numbers": dict(numbers)}
        write_image(path, image, record=json.dumps(kept))


def digest(identity: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a panel is, in hex; the order of keys does not matter."""
    return sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
