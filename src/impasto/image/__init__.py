"""Pictures in and out, their size and their colors: the only place that opens pictures."""

from impasto.image.atomic import check_writable, write_atomically
from impasto.image.color import (
    luminance,
    match_histogram,
    match_linear,
    match_luminance,
    replace_luminance,
)
from impasto.image.convert import to_pil
from impasto.image.encode import SUFFIXES, WRITERS
from impasto.image.io import read_image
from impasto.image.picture import ImageSource, Picture
from impasto.image.record import read_record
from impasto.image.resize import fit_size, resize
from impasto.image.write import check_output, write_image

__all__ = [
    "SUFFIXES",
    "WRITERS",
    "ImageSource",
    "Picture",
    "check_output",
    "check_writable",
    "fit_size",
    "luminance",
    "match_histogram",
    "match_linear",
    "match_luminance",
    "read_image",
    "read_record",
    "replace_luminance",
    "resize",
    "to_pil",
    "write_atomically",
    "write_image",
]
