"""Arrays in the bytes of a safetensors file: read without running anything, and written in one way only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from impasto.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from impasto.models.files import ArtifactFile

_METADATA = "__metadata__"
_LENGTH = 8  # bytes that say how long the header is


def unpack(file: ArtifactFile) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Return the arrays of a file by name, and its metadata.

    Raises:
        ArtifactError: It is not a safetensors file, is damaged, or holds what NumPy has no type for.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(file.data)
    except SafetensorError as error:
        raise ArtifactError(
            f"{file.name} is not a safetensors file, or is damaged ({error}); give an intact copy"
        ) from error
    except KeyError as error:
        raise ArtifactError(
            f"{file.name} holds numbers of the type {error}, which are not read; use float32 or float16"
        ) from None
    metadata: dict[str, str] = _header(file.data).get(_METADATA) or {}
    return tensors, metadata


def pack(tensors: Mapping[str, NDArray[np.floating[Any]]], metadata: Mapping[str, str]) -> bytes:
    """Return the bytes of a file; the same ones for the same arrays and metadata.

    Args:
        tensors: By name.
        metadata: Texts by name. The library writes them in another order each time; here they are sorted.
    """
    from safetensors.numpy import save

    data = save(dict(tensors))
    header = {_METADATA: dict(sorted(metadata.items())), **_header(data)}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _LENGTH)  # what follows is aligned, as the format wants it
    return len(text).to_bytes(_LENGTH, "little") + text + data[_LENGTH + _header_length(data) :]


def _header(data: bytes) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(data[_LENGTH : _LENGTH + _header_length(data)])
    return header


def _header_length(data: bytes) -> int:
    return int.from_bytes(data[:_LENGTH], "little")
