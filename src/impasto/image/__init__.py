"""Pictures in and out, their size and their colors: the only place that opens pictures."""

from impasto.image.atomic import check_writable, write_atomically
from impasto.image.blend import blend_levels
from impasto.image.color import (
    luminance,
    match_histogram,
    match_linear,
    match_luminance,
    replace_luminance,
)
from impasto.image.convert import to_pil
from impasto.image.cubic import cubic_matrix, cubic_resize
from impasto.image.curve import draw_curves
from impasto.image.degrade import Degradation, crop_to_multiple, degrade, shrinking
from impasto.image.encode import SUFFIXES, WRITERS
from impasto.image.heat import heat, overlay
from impasto.image.io import decode_picture, read_image
from impasto.image.painting import Painting
from impasto.image.picture import ImageSource, Picture
from impasto.image.record import read_record
from impasto.image.resize import fit_size, resize, resize_levels
from impasto.image.sheet import Cell, draw_sheet, mosaic
from impasto.image.square import Square, read_square
from impasto.image.table import draw_table
from impasto.image.tiles import Span, tiles
from impasto.image.upscaled import Upscaled
from impasto.image.write import check_fits, check_output, quantized, write_image, write_levels

__all__ = [
    "SUFFIXES",
    "WRITERS",
    "Cell",
    "Degradation",
    "ImageSource",
    "Painting",
    "Picture",
    "Span",
    "Square",
    "Upscaled",
    "blend_levels",
    "check_fits",
    "check_output",
    "check_writable",
    "crop_to_multiple",
    "cubic_matrix",
    "cubic_resize",
    "decode_picture",
    "degrade",
    "draw_curves",
    "draw_sheet",
    "draw_table",
    "fit_size",
    "heat",
    "luminance",
    "match_histogram",
    "match_linear",
    "match_luminance",
    "mosaic",
    "overlay",
    "quantized",
    "read_image",
    "read_record",
    "read_square",
    "replace_luminance",
    "resize",
    "resize_levels",
    "shrinking",
    "tiles",
    "to_pil",
    "write_atomically",
    "write_image",
    "write_levels",
]
