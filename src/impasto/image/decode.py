"""Decode the bytes of a picture with Pillow, whatever its mode, into upright sRGB layers."""

import contextlib
import io
import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError

from impasto.errors import ImageReadError, ImpastoError
from impasto.image.deep import decode_deep
from impasto.image.icc import to_srgb
from impasto.image.picture import Layers, check_size

# Pillow's pixel limit and Python's warning filters belong to the whole process: one reader at a time.
_PROCESS = threading.RLock()

# What undoes each EXIF orientation (2 to 8) on an array (H, W, ...). 1 and anything unknown is upright.
_UPRIGHT: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a[:, ::-1].swapaxes(0, 1),
}


def decode(data: bytes, image_format: str, name: str, max_pixels: int) -> Layers:
    """Decode the bytes of a picture file.

    Args:
        data: the whole file.
        image_format: what `sniff` said it is.
        name: what to call the picture in messages.
        max_pixels: the most pixels allowed; looked up in the header, before anything is decoded.

    Returns:
        Pixels and alpha, upright, in sRGB.

    Raises:
        ImageReadError: damaged, truncated or with no pixels.
        ImageTooLargeError: more than `max_pixels`.
        MissingExtraError: more than 8 bits a channel, and pyvips is not installed.
    """
    with reading(name):
        if image_format in _HEADERS:
            size, depth = _HEADERS[image_format](data)
            check_size(name, size, max_pixels)
            if depth > 8:
                return upright(*decode_deep(data, name))
        with open_image(data, image_format) as image:
            check_size(name, (image.height, image.width), max_pixels)
            return decode_image(image)


@contextlib.contextmanager
def reading(name: str) -> Iterator[None]:
    """Run Pillow on untrusted bytes: quietly, without its own pixel limit, and with one kind of error.

    Args:
        name: what to call the picture in the message.

    Raises:
        ImageReadError: for anything that Pillow raises.
    """
    with _PROCESS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None  # the limit that holds is max_pixels
        try:
            yield
        except ImpastoError:
            raise
        except Exception as error:  # a decoder raises whatever the damage leads it to
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ImageReadError(
                f"{name!r} is truncated, damaged or of an unusual kind ({reason}); "
                "give an intact copy, or convert it to PNG first"
            ) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def open_image(data: bytes, image_format: str) -> Image.Image:
    """Read a picture's header with Pillow; call it inside `reading`.

    Args:
        data: the whole file.
        image_format: what `sniff` said it is; no other decoder is tried.
    """
    try:
        return Image.open(io.BytesIO(data), formats=[image_format])
    except UnidentifiedImageError as error:
        # Pillow's message is about a BytesIO object at some address.
        raise ValueError(f"no {image_format} picture with pixels can be found in it") from error


def tiff_directory(data: bytes) -> TiffImagePlugin.ImageFileDirectory_v2:
    """The tags of a TIFF's first picture, even one that Pillow cannot decode; call it inside `reading`."""
    file = io.BytesIO(data)
    header = file.read(8)
    if header[2:4] in (b"+\0", b"\0+"):  # BigTIFF has a longer header
        header += file.read(8)
    directory = TiffImagePlugin.ImageFileDirectory_v2(header)
    file.seek(directory.next)
    directory.load(file)
    if TiffImagePlugin.IMAGEWIDTH not in directory or TiffImagePlugin.IMAGELENGTH not in directory:
        raise ValueError("no TIFF picture with pixels can be found in it")
    return directory


def decode_image(image: Image.Image) -> Layers:
    """The layers of an open PIL image of any mode, upright, in sRGB; call it inside `reading`."""
    image.load()
    layers = _deep_layers(image) if image.mode.startswith(("I", "F")) else _layers(image)
    # After load, not before: Pillow turns TIFFs itself while it loads them, and then drops the tag.
    return upright(*layers, _orientation(image))


def decode_bytes(image: Image.Image) -> NDArray[np.uint8]:
    """The pixels of an open PIL image of any mode, (H, W, 3) 8-bit sRGB, upright, without alpha.

    For those who need many pictures fast, and no more of them than that; call it inside `reading`.
    """
    image.load()
    if image.mode.startswith(("I", "F")):
        levels = (_deep_layers(image)[0] * 255 + 0.5).astype(np.uint8)
    else:
        levels = np.asarray(to_srgb(_split(image)[0], image.info.get("icc_profile")))
    turn = _UPRIGHT.get(_orientation(image))
    return levels if turn is None else np.ascontiguousarray(turn(levels))


def upright_size(image: Image.Image) -> tuple[int, int]:
    """(H, W) that an open PIL image will have when it is upright; nothing is decoded for it."""
    on_its_side = _orientation(image) in (5, 6, 7, 8)
    return (image.width, image.height) if on_its_side else (image.height, image.width)


def upright(pixels: NDArray[np.float32], alpha: NDArray[np.float32] | None, orientation: int) -> Layers:
    """Undo an EXIF orientation (1 to 8; anything else counts as 1)."""
    turn = _UPRIGHT.get(orientation)
    if turn is None:
        return pixels, alpha
    turned = None if alpha is None else np.ascontiguousarray(turn(alpha))
    return np.ascontiguousarray(turn(pixels)), turned


def _png_header(data: bytes) -> tuple[tuple[int, int], int]:
    width, height, depth = struct.unpack(">IIB", data[16:25])
    return (height, width), depth


def _tiff_header(data: bytes) -> tuple[tuple[int, int], int]:
    tags = tiff_directory(data)
    depth = max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
    return (tags[TiffImagePlugin.IMAGELENGTH], tags[TiffImagePlugin.IMAGEWIDTH]), depth


# (H, W) and bits a channel, for the formats that may have more than 8, which Pillow silently cuts to 8.
_HEADERS = {"PNG": _png_header, "TIFF": _tiff_header}


def _orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # EXIF that is damaged costs a picture its orientation, not its life
        return 1
    return orientation if isinstance(orientation, int) else 1


def _deep_layers(image: Image.Image) -> Layers:
    """Layers of a gray picture of mode I;16 or I (0 to 65535) or F (0 to 1)."""
    gray = np.asarray(image).astype(np.float32)
    if image.mode != "F":
        gray /= 65535
    if not (gray.min() >= 0 and gray.max() <= 1):  # also catches NaN
        raise ValueError(
            f"mode {image.mode} with values outside {'0 to 1' if image.mode == 'F' else '0 to 65535'}"
        )
    return np.repeat(gray[..., np.newaxis], 3, axis=-1), None


def _layers(image: Image.Image) -> Layers:
    color, alpha = _split(image)
    pixels = _unit(to_srgb(color, image.info.get("icc_profile")))
    return pixels, None if alpha is None else _unit(alpha)


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The color in a mode that a profile can apply to (L, RGB, CMYK, LAB), and the alpha channel if any."""
    gray = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        whole = image.convert("LA" if gray else "RGBA")
        return whole.convert("L" if gray else "RGB"), whole.getchannel("A")
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image, None
    return image.convert("L" if gray else "RGB"), None


def _unit(image: Image.Image) -> NDArray[np.float32]:
    values = np.asarray(image).astype(np.float32)
    values /= 255
    return values
