"""Tables of text as pictures."""

import re
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from impasto.errors import ConfigError
from impasto.image.text import (
    INK,
    MARGIN,
    RULE,
    SOFT,
    TITLE,
    TextBlock,
    blank,
    line_height,
    numbers,
    text_block,
)

_SIZE = 14
_BETWEEN = 26
_LEADING = 5
_RULE_SPACE = 9
"""Above and below a rule."""
_NUMBER = re.compile(r"[-+]?[\d.,]+( ?[×x] ?[\d.,]+)*( ?[kKMGTB%]| [kMG]?B| dB)?")


def draw_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    title: str = "",
    footer: Sequence[Sequence[str]] = (),
) -> NDArray[np.float32]:
    """Draw a table of text, with columns of numbers aligned at the right.

    Args:
        header: What each column is, above a rule.
        rows: The text of each place; short rows are filled up with nothing.
        title: Above everything, at the left.
        footer: Rows below another rule, such as sums.

    Returns:
        (H, W, 3) sRGB in [0, 1].

    Raises:
        ConfigError: There is no column, or a row has more places than the header.
    """
    body = [*rows, *footer]
    longest = max((len(row) for row in body), default=0)
    if longest > len(header) or not header:
        raise ConfigError(
            f"the table has {len(header)} columns and a row of {longest}; give each column its header, "
            "and at least one column"
        )
    blocks = [_blocks(row, len(header)) for row in (header, *body)]
    widths = [max(row[at].width for row in blocks) for at in range(len(header))]
    heading = text_block(title, TITLE)
    top = MARGIN + (heading.height + 2 * _RULE_SPACE if heading.lines else 0)
    line = line_height(_SIZE) + _LEADING
    rules = [1, *([1 + len(rows)] if footer else [])]
    height = top + len(blocks) * line + len(rules) * 2 * _RULE_SPACE - MARGIN
    width = sum(widths) + _BETWEEN * (len(widths) - 1)
    page, canvas = blank((max(width, heading.width), height))
    heading.draw(canvas, MARGIN, MARGIN, INK)
    numeric = [_is_numeric([row[at] for row in rows if len(row) > at]) for at in range(len(header))]
    starts = accumulate((each + _BETWEEN for each in widths[:-1]), initial=MARGIN)
    columns = list(zip(starts, widths, numeric, strict=True))
    for index, row in enumerate(blocks):
        if index in rules:
            _rule(canvas, top + _RULE_SPACE - _LEADING // 2, width)
            top += 2 * _RULE_SPACE
        _row(canvas, row, top, columns, SOFT if index == 0 else INK)
        top += line
    return numbers(page)


def _blocks(row: Sequence[str], columns: int) -> list[TextBlock]:
    """Make each place one line, and fill the row up."""
    texts = [" ".join(text.split()) for text in row] + [""] * (columns - len(row))
    return [text_block(text, _SIZE) for text in texts]


def _is_numeric(column: list[str]) -> bool:
    filled = [text for text in column if text]
    return bool(filled) and all(_NUMBER.fullmatch(text) for text in filled)


def _row(
    canvas: ImageDraw.ImageDraw,
    row: list[TextBlock],
    top: int,
    columns: list[tuple[int, int, bool]],
    color: str,
) -> None:
    for block, (left, width, numeric) in zip(row, columns, strict=True):
        block.draw(canvas, left + width * numeric, top, color, align=float(numeric))


def _rule(canvas: ImageDraw.ImageDraw, row: int, width: int) -> None:
    canvas.line([(MARGIN, row), (MARGIN + width - 1, row)], fill=RULE)
