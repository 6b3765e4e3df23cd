"""Read pictures: from files, stdin, arrays and PIL images into one form, upright sRGB floats with alpha."""

import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ConfigError, ImageReadError
from impasto.image.decode import decode, decode_image, reading
from impasto.image.picture import HEAD, ImageSource, Layers, Picture, check_size, sniff

_FULL = {"uint8": 255, "uint16": 65535, "float16": 1, "float32": 1, "float64": 1}


def read_image(source: ImageSource, *, max_pixels: int = 200_000_000) -> Picture:
    """Read a picture from wherever it is.

    The EXIF orientation is applied, an embedded ICC profile is converted to sRGB (a broken one is ignored),
    gray, CMYK, Lab and palette pictures become RGB, and transparency is kept apart as alpha. Of an animation,
    the first frame. PNG and TIFF files of more than 8 bits a channel are read at full depth with pyvips.

    Args:
        source: a path, `-` for stdin, a PIL image, an array, or a Picture, which comes back as it is.
        max_pixels: the most pixels allowed; a file's header is checked before anything is decoded.

    Returns:
        The picture; its arrays are its own, never a view of `source`.

    Raises:
        ImageReadError: missing, a folder, not a picture, truncated, no pixels, or an array of another kind.
        ImageTooLargeError: more than `max_pixels`.
        MissingExtraError: 16 bits a channel, and the `huge` extra is not installed.
        ConfigError: `max_pixels` is below 1.
    """
    if max_pixels < 1:
        raise ConfigError(f"max_pixels {max_pixels} is not valid; give a whole number from 1 up")
    if isinstance(source, Picture):
        check_size(source.name, source.size, max_pixels)
        return source
    if isinstance(source, Image.Image):
        return _from_pil(source, max_pixels)
    if isinstance(source, np.ndarray):
        return _from_array(source, max_pixels)
    return _from_file(source, max_pixels)


def read_bytes(path: str | os.PathLike[str]) -> tuple[bytes, str, str]:
    """Read a picture file whole, once its first bytes say that it is one.

    Args:
        path: a path, or `-` for stdin.

    Returns:
        The bytes, the format (Pillow's name), and what to call the picture in messages.

    Raises:
        ImageReadError: missing, a folder, a device, not readable, empty, or not a picture.
    """
    name = os.fspath(path)
    if name == "-":
        if sys.stdin is None:
            raise ImageReadError("'stdin' is closed; give a picture file")
        return *_read_stream(sys.stdin.buffer, "stdin"), "stdin"
    try:
        _check_kind(name)
        with Path(name).open("rb") as file:
            return *_read_stream(file, name), name
    except FileNotFoundError as error:
        raise ImageReadError(
            f"{name!r} does not exist; give the path of a picture file, or - for stdin"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageReadError(
            f"{name!r} cannot be read ({reason}); give the path of a picture file"
        ) from error


def _check_kind(name: str) -> None:
    mode = Path(name).stat().st_mode
    if stat.S_ISDIR(mode):
        raise ImageReadError(f"{name!r} is a folder; give the path of a picture file")
    # A pipe is welcome (shells make them); a device may never end.
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise ImageReadError(f"{name!r} is a device; give the path of a picture file, or - for stdin")


def _read_stream(stream: IO[bytes], name: str) -> tuple[bytes, str]:
    try:
        head = stream.read(HEAD)
        image_format = sniff(head, name)
        return head + stream.read(), image_format
    except OSError as error:
        raise ImageReadError(f"{name!r} cannot be read ({error.strerror}); give a picture file") from error


def decode_picture(data: bytes, name: str, *, max_pixels: int = 200_000_000) -> Picture:
    """Read a picture from the bytes of its file, as `read_image` does.

    Args:
        data: the whole file.
        name: what to call the picture in messages.
        max_pixels: the most pixels allowed, before anything is decoded.

    Raises:
        ImageReadError: not a picture, damaged, or truncated.
        ImageTooLargeError: more than `max_pixels`.
    """
    return _decoded(data, sniff(data[:HEAD], name), name, max_pixels)


def _from_file(path: str | os.PathLike[str], max_pixels: int) -> Picture:
    return _decoded(*read_bytes(path), max_pixels)


def _decoded(data: bytes, image_format: str, name: str, max_pixels: int) -> Picture:
    pixels, alpha = decode(data, image_format, name, max_pixels)
    return Picture(pixels=pixels, alpha=alpha, sha256=hashlib.sha256(data).hexdigest(), name=name)


def _from_pil(image: Image.Image, max_pixels: int) -> Picture:
    name = "PIL image"
    check_size(name, (image.height, image.width), max_pixels)
    with reading(name):
        pixels, alpha = decode_image(image)
    return Picture(pixels=pixels, alpha=alpha, sha256=_digest(pixels, alpha), name=name)


def _from_array(array: NDArray[Any], max_pixels: int) -> Picture:
    name = "array"
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,), (4,)):
        raise ImageReadError(
            f"'array' has the shape {array.shape}; give (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
        )
    check_size(name, (array.shape[0], array.shape[1]), max_pixels)
    pixels, alpha = _array_layers(_unit(array))
    return Picture(pixels=pixels, alpha=alpha, sha256=_digest(pixels, alpha), name=name)


def _unit(array: NDArray[Any]) -> NDArray[np.float32]:
    """A float32 copy in [0, 1]."""
    full = _FULL.get(array.dtype.name)
    if full is None:
        raise ImageReadError(
            f"'array' has the type {array.dtype}; give uint8 (0 to 255), uint16 (0 to 65535) "
            "or floats (0 to 1)"
        )
    if not (array.min() >= 0 and array.max() <= full):  # also catches NaN
        raise ImageReadError(
            f"'array' has values from {array.min()} to {array.max()}; floats must be finite and between "
            "0 and 1 (divide by 255 if they are 8-bit levels)"
        )
    values = array.astype(np.float32)
    values /= full
    return values


def _array_layers(values: NDArray[np.float32]) -> Layers:
    if values.ndim == 2:
        values = values[..., np.newaxis]
    alpha = np.ascontiguousarray(values[..., 3]) if values.shape[2] == 4 else None
    pixels = np.repeat(values, 3, axis=-1) if values.shape[2] == 1 else np.ascontiguousarray(values[..., :3])
    return pixels, alpha


def _digest(pixels: NDArray[np.float32], alpha: NDArray[np.float32] | None) -> str:
    """SHA-256 over the shape and the layers: the same for an array and a PIL image of the same pixels."""
    digest = hashlib.sha256(f"{pixels.shape} {alpha is not None}".encode())
    for layer in (pixels, alpha):
        if layer is not None:
            digest.update(np.ascontiguousarray(layer).data)
    return digest.hexdigest()
