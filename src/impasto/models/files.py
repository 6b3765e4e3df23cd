"""Read the file of an artifact: what is not one is refused before any engine sees it."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.errors import ArtifactError
from impasto.models.artifact import Card

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL_SUFFIX = ".onnx"
BRUSH_SUFFIX = ".brush"
WEIGHTS_SUFFIX = ".safetensors"

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_REMEDY = "give a model that `impasto train` wrote"


@dataclass(frozen=True, kw_only=True)
class ArtifactFile:
    """The bytes of a file, and what they are called."""

    name: str
    """The path as given, for messages."""

    data: bytes
    """All of it."""

    sha256: str
    """Hex digest of the bytes: the identity of the artifact, whatever it is called."""


def read_artifact(path: str | os.PathLike[str], *, remedy: str = _REMEDY) -> ArtifactFile:
    """Read an artifact's bytes; nothing in them is run or parsed here.

    Args:
        path: Of an .onnx file.
        remedy: What messages say to do.

    Raises:
        ArtifactError: Missing, a folder or device, not readable, empty, or a pickle, which is never loaded.
    """
    name = os.fspath(path)
    try:
        if not stat.S_ISREG(Path(name).stat().st_mode):
            raise ArtifactError(f"{name} is not a file; {remedy}")
        data = Path(name).read_bytes()
    except FileNotFoundError:
        raise ArtifactError(f"{name} does not exist; {remedy}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise ArtifactError(f"{name} cannot be read ({reason}); {remedy}") from error
    if not data:
        raise ArtifactError(f"{name} is empty; {remedy}")
    if data.startswith((_PICKLE, _ZIP)) and not _has_header(data):
        raise ArtifactError(
            f"{name} is a pickle or an archive, which could run code and is never loaded; {remedy}"
        )
    return ArtifactFile(name=name, data=data, sha256=hashlib.sha256(data).hexdigest())


def _has_header(data: bytes) -> bool:
    """Tell whether it may be safetensors."""
    # These begin with a length in 8 bytes, the first of which may be a pickle's. Read as such a length, a
    # pickle's first 8 bytes are more than any file holds.
    return int.from_bytes(data[:8], "little") < len(data)


def card_of(name: str, metadata: Mapping[str, str]) -> Card:
    """Return the card in a file's metadata.

    Raises:
        ArtifactError: As `Card.from_metadata`, with the file's name.
    """
    try:
        return Card.from_metadata(metadata)
    except ArtifactError as error:
        raise ArtifactError(f"{name} is not an artifact of impasto: {error}") from None


def read_card(path: str | os.PathLike[str]) -> Card:
    """Read the card of a model, brush or base, without making it ready to run.

    Args:
        path: Of an .onnx, .brush or .safetensors file; the last are the weights of a base.

    Raises:
        ArtifactError: Not a file that can be read, damaged, or without a card.
    """
    file = read_artifact(path)
    if Path(file.name).suffix.lower() in (BRUSH_SUFFIX, WEIGHTS_SUFFIX):
        from impasto.models.tensors import unpack

        return card_of(file.name, unpack(file)[1])
    from impasto.models.with_onnxruntime import read_metadata

    return card_of(file.name, read_metadata(file))
