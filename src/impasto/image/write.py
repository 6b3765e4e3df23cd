"""Write pictures by suffix, atomically, and check beforehand that it will be possible."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ConfigError, ImageWriteError
from impasto.image.atomic import check_writable, write_atomically
from impasto.image.deep import encode_deep, load_vips
from impasto.image.encode import SUFFIXES, WRITERS, Job, Writer, jpeg_band
from impasto.image.record import check_record, png_with_record, tiff_with_record
from impasto.image.rows import png_rows
from impasto.image.rows_jpeg import jpeg_rows

_STDOUT = "stdout"

LARGE = 2**25
"""Pixels above which a PNG or JPEG of levels is written row by row: a larger file, and much less memory."""


def check_output(path: str | os.PathLike[str], *, bit_depth: int = 8) -> None:
    """Check that a picture could be written, before a long job; leaves nothing behind.

    Args:
        path: where the picture is to go; `-` is stdout, as PNG.
        bit_depth: 8 or 16.

    Raises:
        ImageWriteError: a suffix that no writer knows, a folder that is missing or cannot be written, a path
            that is not a file or may not be replaced, or 16 bits in a format that holds 8.
        ConfigError: another bit depth.
        MissingExtraError: 16 bits, and the `huge` extra is not installed.
    """
    name = os.fspath(path)
    if bit_depth not in (8, 16):
        raise ConfigError(f"bit depth {bit_depth} is not valid; choose 8 or 16")
    if bit_depth == 16 and not _writer(name).deep:
        raise ImageWriteError(
            f"{name!r} cannot hold 16 bits a channel; use .png, .tif or .tiff, or a bit depth of 8"
        )
    if bit_depth == 16:
        load_vips(name)
    if name != "-":
        _writer(name)
        _check_place(name)


def write_image(
    path: str | os.PathLike[str],
    pixels: NDArray[np.floating[Any]],
    *,
    alpha: NDArray[np.floating[Any]] | None = None,
    quality: int = 95,
    bit_depth: Literal[8, 16] = 8,
    record: str | None = None,
) -> None:
    """Write a picture in the format that the suffix asks for, atomically, with the sRGB profile.

    JPEG and BMP have no transparency: alpha is laid over white. GIF has one bit of it and 256 colors. BMP and
    GIF hold neither profile nor record. The same picture gives the same bytes.

    Args:
        path: .jpg .jpeg .png .webp .tif .tiff .avif .bmp or .gif; `-` writes PNG to stdout.
        pixels: (H, W, 3) sRGB; values outside [0, 1] are clipped.
        alpha: (H, W), 0 is transparent.
        quality: 1 to 100, for JPEG, WebP and AVIF; the others lose nothing, or have no such setting.
        bit_depth: 16 for PNG and TIFF with pyvips.
        record: the text of a JSON object that travels in the file; see `read_record`.

    Raises:
        ImageWriteError: as for `check_output`; pixels that are not finite or of another shape; a side that
            the format cannot hold; a full disk. The old file, or none, is then in place.
        ConfigError: a quality, bit depth or record that is not valid.
        MissingExtraError: 16 bits, and the `huge` extra is not installed.
    """
    _check_how(quality, record)
    check_output(path, bit_depth=bit_depth)
    name = os.fspath(path)
    layers = _checked_layers(name, pixels, alpha)
    data = _encode_16(name, layers, record) if bit_depth == 16 else _encode_8(name, layers, quality, record)
    _deliver(name, data)


def write_levels(
    path: str | os.PathLike[str],
    levels: NDArray[np.uint8],
    *,
    alpha: NDArray[np.uint8] | None = None,
    quality: int = 95,
    record: str | None = None,
) -> None:
    """Write a picture that is in 8-bit levels already, as `write_image` does; no floats are made of it.

    Args:
        path: as of `write_image`.
        levels: (H, W, 3) sRGB.
        alpha: (H, W), 0 is transparent.
        quality: as of `write_image`.
        record: as of `write_image`.

    Raises:
        ImageWriteError: as of `write_image`.
        ConfigError: as of `write_image`.
    """
    _check_how(quality, record)
    check_output(path)
    name = os.fspath(path)
    _check_longest(name, levels.shape)
    layers = [levels] if alpha is None else [levels, alpha]
    in_rows = _IN_ROWS.get(_writer(name).name)
    if levels.shape[0] * levels.shape[1] > LARGE and in_rows:
        _deliver(name, in_rows(layers, quality, record))
    else:
        image = Image.fromarray(levels if alpha is None else np.dstack(layers))
        _deliver(name, _encoded(name, image, quality, record))


def _png_rows(layers: list[NDArray[np.uint8]], _: int, record: str | None) -> Iterator[bytes]:
    return png_rows(layers, record)


def _jpeg_rows(layers: list[NDArray[np.uint8]], quality: int, record: str | None) -> Iterator[bytes]:
    return jpeg_rows(
        layers,
        lambda image, first: jpeg_band(Job(image=image, quality=quality, record=record), first=first),
    )


_IN_ROWS = {"PNG": _png_rows, "JPEG": _jpeg_rows}
"""What writes a large picture piece by piece, by format."""


def check_fits(path: str | os.PathLike[str], size: tuple[int, int]) -> None:
    """Check that a format can hold a picture of a size, before it is made.

    Args:
        path: as of `write_image`.
        size: (H, W).

    Raises:
        ImageWriteError: a side is longer than the format can hold, or a suffix that no writer knows.
    """
    _check_longest(os.fspath(path), size)


def _check_how(quality: int, record: str | None) -> None:
    if not 1 <= quality <= 100:
        raise ConfigError(f"quality {quality} is not valid; choose 1 (smallest file) to 100 (best picture)")
    if record is not None:
        check_record(record)


def _writer(name: str) -> Writer:
    if name == "-":
        return WRITERS[".png"]
    suffix = Path(name).suffix.lower()
    if suffix not in WRITERS:
        what = f"the suffix {suffix!r}, which no writer knows" if suffix else "no suffix"
        raise ImageWriteError(f"{name!r} has {what}; use one of {' '.join(SUFFIXES)}")
    return WRITERS[suffix]


def _check_place(name: str) -> None:
    try:
        target = Path(name).resolve()
        if not target.parent.is_dir():
            raise ImageWriteError(
                f"{name!r} cannot be written: the folder {str(target.parent)!r} does not exist; "
                "create it first"
            )
        if target.exists():
            _check_replaceable(name, target)
        check_writable(name)
    except (
        OSError,
        ValueError,
        RuntimeError,
    ) as error:  # ValueError: a NUL in the path; RuntimeError: links in a ring
        raise _write_error(name, error) from error


def _check_replaceable(name: str, target: Path) -> None:
    mode = target.stat().st_mode
    if stat.S_ISDIR(mode):
        raise ImageWriteError(f"{name!r} is a folder; give the path of a file in it")
    if not stat.S_ISREG(mode):
        raise ImageWriteError(f"{name!r} is not a regular file; give another path, or - for stdout")
    # A rename would replace it all the same; whoever took the permission away did not want that.
    if not os.access(target, os.W_OK):
        raise ImageWriteError(f"{name!r} is read-only; give another path, or make it writable")


def _write_error(name: str, error: Exception) -> ImageWriteError:
    reason = getattr(error, "strerror", None) or str(error)
    return ImageWriteError(
        f"{name!r} cannot be written ({reason}); choose another folder, or free space and permissions"
    )


def _checked_layers(
    name: str, pixels: NDArray[np.floating[Any]], alpha: NDArray[np.floating[Any]] | None
) -> NDArray[np.floating[Any]]:
    """Pixels, with alpha as a fourth channel if there is one."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0 or pixels.dtype.kind != "f":
        raise ImageWriteError(
            f"{name!r}: pixels are {pixels.dtype} of shape {pixels.shape}; give floats of shape (H, W, 3)"
        )
    if alpha is not None and alpha.shape != pixels.shape[:2]:
        raise ImageWriteError(
            f"{name!r}: alpha has the shape {alpha.shape}; the pixels want {pixels.shape[:2]}"
        )
    layers: NDArray[np.floating[Any]] = pixels if alpha is None else np.dstack([pixels, alpha])
    if not np.isfinite(layers).all():
        raise ImageWriteError(
            f"{name!r}: pixels are not finite (NaN or infinite), nothing was written; report this"
        )
    _check_longest(name, pixels.shape)
    return layers


def _check_longest(name: str, shape: tuple[int, ...]) -> None:
    longest = _writer(name).longest
    if max(shape) > longest:
        raise ImageWriteError(
            f"{name!r}: {shape[1]} x {shape[0]} pixels do not fit {_writer(name).name}, which "
            f"holds {longest:,} a side; use .png or .tif"
        )


def quantized(layers: NDArray[np.floating[Any]], full: int) -> NDArray[np.float32]:
    """Whole levels from 0 to `full`."""
    levels = layers.astype(np.float32)
    np.clip(levels, 0, 1, out=levels)
    levels *= full
    levels += 0.5  # halves go up; rint would send them to the even level
    return np.floor(levels, out=levels)


def _encode_16(name: str, layers: NDArray[np.floating[Any]], record: str | None) -> bytes:
    image_format = _writer(name).name
    data = encode_deep(quantized(layers, 65535).astype(np.uint16), image_format, name)
    add = {"PNG": png_with_record, "TIFF": tiff_with_record}[image_format]
    return data if record is None else add(data, record)


def _encode_8(name: str, layers: NDArray[np.floating[Any]], quality: int, record: str | None) -> bytes:
    return _encoded(name, Image.fromarray(quantized(layers, 255).astype(np.uint8)), quality, record)


def _encoded(name: str, image: Image.Image, quality: int, record: str | None) -> bytes:
    writer = _writer(name)
    try:
        return writer.encode(Job(image=image, quality=quality, record=record))
    except Exception as error:  # an encoder raises whatever it likes
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageWriteError(f"{name!r} cannot be encoded as {writer.name} ({reason}); use .png") from error


def _deliver(name: str, data: bytes | Iterable[bytes]) -> None:
    try:
        if name == "-":
            for piece in [data] if isinstance(data, bytes) else data:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        else:
            write_atomically(name, data)
    except OSError as error:
        raise _write_error(_STDOUT if name == "-" else name, error) from error
