"""The record: a JSON object that travels inside a picture and says how the picture was made.

In PNG it is an iTXt chunk with the key `impasto`; in JPEG, WebP, AVIF and TIFF it is the EXIF UserComment.
BMP and GIF have no place for it.
"""

import json
import os
import struct
import zlib

from PIL import ExifTags, Image

from impasto.errors import ConfigError
from impasto.image.decode import open_image, reading, tiff_directory
from impasto.image.io import read_bytes

_KEY = "impasto"
_USER_COMMENT = ExifTags.Base.UserComment
_EXIF_IFD = ExifTags.IFD.Exif

# EXIF 2.3, section 4.6.5: a comment opens with eight bytes that name its character code.
_ASCII = b"ASCII\0\0\0"
_UNICODE = b"UNICODE\0"

_PNG_HEADER_END = 33  # the signature (8) and the IHDR chunk (25), which must come first


def read_record(path: str | os.PathLike[str]) -> str | None:
    """Read the record that `write_image` left in a picture.

    Args:
        path: a picture file, or `-` for stdin.

    Returns:
        The JSON text as it was written; None where there is none. Comments by other programs do not count:
        what is not a JSON object is not a record.

    Raises:
        ImageReadError: missing, a folder, not a picture, or damaged.
    """
    data, image_format, name = read_bytes(path)
    with reading(name):
        text = _png_text(data) if image_format == "PNG" else _comment_text(data, image_format)
    return text if text is not None and _is_object(text) else None


def check_record(record: str) -> None:
    """Refuse a record that could not be told from another program's comment.

    Raises:
        ConfigError: not the text of a JSON object.
    """
    if not _is_object(record):
        raise ConfigError(f"record {record[:40]!r} is not valid; give the text of a JSON object")


def exif_with_record(record: str) -> bytes:
    """An EXIF block with the record as its UserComment, for JPEG, WebP and AVIF."""
    exif = Image.Exif()
    exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _comment(record)
    return exif.tobytes()


def png_with_record(data: bytes, record: str) -> bytes:
    """Add the record to a PNG file as an iTXt chunk, uncompressed, right after the header."""
    # Keyword, NUL, not compressed (two bytes), no language, no translated keyword, then the text.
    body = b"iTXt" + _KEY.encode() + b"\0\0\0\0\0" + record.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:_PNG_HEADER_END] + chunk + data[_PNG_HEADER_END:]


def tiff_with_record(data: bytes, record: str) -> bytes:
    """Add the record to a TIFF file as the UserComment of an EXIF directory.

    By hand, because neither writer can: Pillow's fails on EXIF in compressed TIFFs, libvips drops it. The
    tags are copied to a new first directory at the end of the file; everything else stays where it is.
    """
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    tags = [data[start + 2 + 12 * i : start + 14 + 12 * i] for i in range(count)]
    rest = data[start + 2 + 12 * count : start + 6 + 12 * count]  # where the next directory is

    comment = _comment(record)
    comment_at = len(data) + len(data) % 2  # offsets must be even
    exif_at = comment_at + len(comment) + len(comment) % 2
    exif = struct.pack(order + "HHHIII", 1, _USER_COMMENT, 7, len(comment), comment_at, 0)
    first_at = exif_at + len(exif)
    tags.append(struct.pack(order + "HHII", _EXIF_IFD, 4, 1, exif_at))
    tags.sort(key=lambda tag: struct.unpack_from(order + "H", tag))
    first = struct.pack(order + "H", count + 1) + b"".join(tags) + rest

    out = bytearray(data)
    struct.pack_into(order + "I", out, 4, first_at)
    for offset, part in ((comment_at, comment), (exif_at, exif), (first_at, first)):
        out += b"\0" * (offset - len(out)) + part
    return bytes(out)


def _comment(record: str) -> bytes:
    if record.isascii():
        return _ASCII + record.encode("ascii")
    return _UNICODE + record.encode("utf-16")  # with a byte-order mark, so that no reader has to guess


def _text(comment: bytes) -> str | None:
    if comment.startswith(_ASCII):
        return comment[8:].decode("ascii", errors="replace").rstrip("\0")
    if comment.startswith(_UNICODE):
        return comment[8:].decode("utf-16", errors="replace").rstrip("\0")
    return None


def _png_text(data: bytes) -> str | None:
    with open_image(data, "PNG") as image:
        text = image.info.get(_KEY)
    return str(text) if isinstance(text, str) else None


def _comment_text(data: bytes, image_format: str) -> str | None:
    if image_format == "TIFF":
        comment = _tiff_comment(data)
    else:
        with open_image(data, image_format) as image:
            comment = image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT)
    return _text(comment) if isinstance(comment, bytes) else None


def _tiff_comment(data: bytes) -> object:
    """The UserComment, without asking Pillow to understand the pixels."""
    exif = Image.Exif()
    directory = tiff_directory(data)
    if _EXIF_IFD not in directory:
        return None
    exif.load(data)
    return exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
