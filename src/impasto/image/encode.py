"""Turn 8-bit pictures into the bytes of seven formats, and know what each format can hold."""

import contextlib
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from PIL import Image, ImageFile

from impasto.image.icc import srgb_profile
from impasto.image.record import exif_with_record, png_with_record, tiff_with_record

# Pillow's buffer size belongs to the whole process: one optimized JPEG at a time.
_BUFFER = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Job:
    """An 8-bit picture on its way into a file."""

    image: Image.Image
    """Mode RGB, or RGBA where there is alpha."""
    quality: int
    """1 to 100."""
    record: str | None
    """What `read_record` gives back."""

    def save(self, image_format: str, image: Image.Image | None = None, **options: Any) -> bytes:
        """Pillow's bytes for this picture, or for `image` in its place."""
        buffer = io.BytesIO()
        (image or self.image).save(buffer, image_format, **options)
        return buffer.getvalue()

    def tagged(self) -> dict[str, Any]:
        """Options for the formats that keep a profile, and the record as EXIF."""
        exif = {} if self.record is None else {"exif": exif_with_record(self.record)}
        return {"icc_profile": srgb_profile(), **exif}


def _jpeg(job: Job) -> bytes:
    with _room_for_optimized_jpeg(job.image):
        return job.save("JPEG", _flattened(job.image), optimize=True, **_sampled(job), **job.tagged())


def jpeg_band(job: Job, *, first: bool) -> bytes:
    """The file of a band, as `jpeg_rows` wants it; the search for the best tables would need the whole."""
    tags = job.tagged() if first else {}
    return job.save("JPEG", _flattened(job.image), restart_marker_rows=1, **_sampled(job), **tags)


def _sampled(job: Job) -> dict[str, Any]:
    # Full color resolution where quality is asked for, half of it (4:2:0) where size is.
    return {"quality": job.quality, "subsampling": "4:4:4" if job.quality >= 90 else "4:2:0"}


@contextlib.contextmanager
def _room_for_optimized_jpeg(image: Image.Image) -> Iterator[None]:
    """Let Pillow's buffer hold the whole file, as optimized coding needs.

    Pillow guesses 1 or 2 bytes a pixel, and a noisy picture at high quality takes more: it then fails.
    """
    with _BUFFER:
        before = ImageFile.MAXBLOCK
        ImageFile.MAXBLOCK = max(before, 4 * image.width * image.height + 2**20)
        try:
            yield
        finally:
            ImageFile.MAXBLOCK = before


def _png(job: Job) -> bytes:
    data = job.save("PNG", compress_level=6, icc_profile=srgb_profile())
    return data if job.record is None else png_with_record(data, job.record)


def _webp(job: Job) -> bytes:
    return job.save("WEBP", quality=job.quality, **job.tagged())


def _avif(job: Job) -> bytes:
    return job.save("AVIF", **_sampled(job), **job.tagged())


def _tiff(job: Job) -> bytes:
    data = job.save("TIFF", compression="tiff_adobe_deflate", icc_profile=srgb_profile())
    return data if job.record is None else tiff_with_record(data, job.record)


def _bmp(job: Job) -> bytes:
    return job.save("BMP", _flattened(job.image))


def _gif(job: Job) -> bytes:
    """256 colors, dithered; alpha becomes one bit, at one half."""
    colors = job.image.convert("RGB")
    clear = 255 if job.image.mode == "RGBA" else None
    palette = colors.quantize(256 if clear is None else clear)
    indexed = colors.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    if clear is None:
        return job.save("GIF", indexed)
    indexed.paste(clear, mask=job.image.getchannel("A").point(lambda level: 255 if level < 128 else 0))
    return job.save("GIF", indexed, transparency=clear)


def _flattened(image: Image.Image) -> Image.Image:
    """Transparency laid over white, on sRGB values as browsers do it."""
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


@dataclass(frozen=True, kw_only=True)
class Writer:
    """What writes one format."""

    name: str
    """The format, as Pillow calls it."""
    encode: Callable[[Job], bytes]
    """From an 8-bit picture to the bytes of a file."""
    longest: int
    """The longest side that the format can hold."""
    deep: bool = False
    """Whether it can hold 16 bits a channel."""


_JPEG = Writer(name="JPEG", encode=_jpeg, longest=65_500)
_PNG = Writer(name="PNG", encode=_png, longest=2**31 - 1, deep=True)
_TIFF = Writer(name="TIFF", encode=_tiff, longest=2**31 - 1, deep=True)

WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        ".jpg": _JPEG,
        ".jpeg": _JPEG,
        ".png": _PNG,
        ".webp": Writer(name="WEBP", encode=_webp, longest=16_383),
        ".tif": _TIFF,
        ".tiff": _TIFF,
        ".avif": Writer(name="AVIF", encode=_avif, longest=65_535),
        ".bmp": Writer(name="BMP", encode=_bmp, longest=2**31 - 1),
        ".gif": Writer(name="GIF", encode=_gif, longest=65_535),
    }
)
"""Which writer an output's suffix (lower case, with the dot) asks for."""

SUFFIXES = tuple(WRITERS)
"""The suffixes that an output may have."""
