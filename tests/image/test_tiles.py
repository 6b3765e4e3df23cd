"""Tiles: they cover a picture once, and see far enough beyond what is kept of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import ConfigError
from impasto.image import tiles
from impasto.image.tiles import spans


@given(length=st.integers(1, 300), overlap=st.integers(0, 12), more=st.integers(1, 60))
def test_spans_cover_a_side_once_with_what_is_around(length: int, overlap: int, more: int) -> None:
    side = 2 * overlap + more
    found = spans(length, side, overlap)
    kept = [pixel for span in found for pixel in range(span.first, span.last)]
    assert kept == list(range(length))
    assert {span.stop - span.start for span in found} == {min(side, length)}
    for span in found:
        assert span.start == 0 or span.first - span.start >= overlap
        assert span.stop == length or span.stop - span.last >= overlap
        assert span.first < span.last


def test_parts_that_are_all_overlap_are_refused() -> None:
    with pytest.raises(ConfigError, match="tiles of 8 pixels overlap by 4"):
        spans(100, 8, 4)


@given(
    height=st.integers(1, 90), width=st.integers(1, 90), area=st.integers(1, 4000), overlap=st.integers(0, 6)
)
def test_tiles_cover_a_picture_once(height: int, width: int, area: int, overlap: int) -> None:
    seen = np.zeros((height, width), int)
    sizes = set()
    for down, across in tiles((height, width), area, overlap):
        sizes.add((down.stop - down.start, across.stop - across.start))
        seen[down.kept(), across.kept()] += 1
    assert (seen == 1).all()
    (size,) = sizes
    assert size[0] * size[1] <= max(area, (4 * overlap + 1) ** 2)


def test_a_small_picture_is_one_tile_and_a_wide_one_has_wide_tiles() -> None:
    ((down, across),) = tiles((30, 50), 1500, 8)
    assert (down.read, across.kept(4), across.inside(4)) == (slice(0, 30), slice(0, 200), slice(0, 200))
    wide = list(tiles((30, 5000), 3000, 8))
    assert len({down for down, _ in wide}) == 1
    assert wide[0][1].stop == 100


def test_slices_follow_the_factor() -> None:
    second = spans(100, 40, 5)[1]
    assert second == (30, 70, 35, 65)
    assert (second.read, second.kept(2), second.inside(2)) == (slice(30, 70), slice(70, 130), slice(10, 70))
