"""Sizes by hand, and what a resampled picture keeps."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import ConfigError
from impasto.image import fit_size, resize, resize_levels

sides = st.integers(1, 20_000)


class TestFitSize:
    @pytest.mark.parametrize(
        ("size", "longest", "expected"),
        [
            ((600, 800), 400, (300, 400)),
            ((800, 600), 400, (400, 300)),
            ((100, 100), 512, (512, 512)),
            ((1000, 3), 10, (10, 1)),  # 0.03 becomes 1
            ((3, 2), 1, (1, 1)),
            ((2, 4), 5, (3, 5)),  # 2.5 goes up
            ((333, 500), 256, (170, 256)),  # 170.496
            ((1080, 1920), 1920, (1080, 1920)),
        ],
    )
    def test_by_hand(self, size: tuple[int, int], longest: int, expected: tuple[int, int]) -> None:
        assert fit_size(size, longest) == expected

    @given(height=sides, width=sides, longest=sides)
    def test_longest_side_and_proportion(self, height: int, width: int, longest: int) -> None:
        fitted = fit_size((height, width), longest)
        assert max(fitted) == longest
        assert min(fitted) >= 1
        scale = longest / max(height, width)
        assert abs(fitted[0] - height * scale) <= 1
        assert abs(fitted[1] - width * scale) <= 1

    @pytest.mark.parametrize(("size", "longest"), [((0, 5), 5), ((5, 5), 0), ((5, 5), -1)])
    def test_refuses(self, size: tuple[int, int], longest: int) -> None:
        with pytest.raises(ConfigError, match="not valid"):
            fit_size(size, longest)


_TENT = np.array([0, 0, 1, 2, 3, 2, 1, 0, 0]) / 9
"""Of a third, three times as wide: a straight line from one to the next."""


class TestResize:
    @given(
        shape=st.tuples(st.integers(1, 20), st.integers(1, 20)),
        size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
        channels=st.sampled_from([None, 1, 3, 4]),
        level=st.floats(0, 1, width=32),
    )
    def test_shape_type_and_flat_stays_flat(
        self, shape: tuple[int, int], size: tuple[int, int], channels: int | None, level: float
    ) -> None:
        tail = () if channels is None else (channels,)
        resized = resize(np.full((*shape, *tail), level, dtype=np.float32), size)
        assert resized.shape == (*size, *tail)
        assert resized.dtype == np.float32
        np.testing.assert_allclose(resized, level, atol=1e-6)

    def test_same_size_is_the_same_array(self) -> None:
        pixels = np.zeros((4, 5, 3), dtype=np.float32)
        assert resize(pixels, (4, 5)) is pixels

    def test_stays_in_range_at_hard_edges(self) -> None:
        step = np.zeros((8, 8), dtype=np.float32)
        step[:, 4:] = 1
        resized = resize(step, (31, 31))
        assert resized.min() == 0
        assert resized.max() == 1

    def test_shrinking_is_antialiased(self) -> None:
        # Stripes of one pixel: without a wider filter, every eighth column is all black or all white.
        stripes = np.tile(np.array([0, 1], dtype=np.float32), (64, 32))
        np.testing.assert_allclose(resize(stripes, (8, 8))[:, 1:-1], 0.5, atol=0.02)

    def test_soft_is_a_triangle(self) -> None:
        dot = np.zeros((3, 27), dtype=np.float32)
        dot[:, 13] = 1
        small = resize(dot, (1, 9), soft=True)[0]
        np.testing.assert_allclose(small[2:7], [0, 0, 1 / 3, 0, 0], atol=1e-6)
        np.testing.assert_allclose(resize(small[np.newaxis], (3, 27), soft=True)[1, 9:18], _TENT, atol=1e-6)
        levels = resize_levels((255 * dot).astype(np.uint8), (1, 9), soft=True)
        assert levels[0, 2:7].tolist() == [0, 0, 85, 0, 0]

    @pytest.mark.parametrize("size", [(97, 211), (341, 601), (400, 1), (1, 700)])
    def test_large_pictures_have_no_seam(
        self, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        levels = np.random.default_rng(0).integers(64, 192, (301, 500, 3), dtype=np.uint8)
        pixels = (levels / 255).astype(np.float32)
        made, floats = resize_levels(levels, size), resize(pixels, size)
        monkeypatch.setattr(sys.modules["impasto.image.resize"], "BANDS", 1)
        whole, all_floats = resize_levels(levels, size), resize(pixels, size)
        # Levels are rounded after each direction, and which comes first Pillow chooses by the size.
        assert np.abs(made.astype(int) - whole).max() <= 2
        np.testing.assert_allclose(floats, all_floats, atol=1e-5)

    def test_keeps_more_than_eight_bits(self) -> None:
        ramp = np.linspace(0.5, 0.502, 64, dtype=np.float32)[np.newaxis].repeat(4, axis=0)
        assert len(np.unique(resize(ramp, (4, 32)))) > 20

    def test_channels_do_not_mix_and_axes_are_not_swapped(self) -> None:
        pixels = np.zeros((6, 10, 3), dtype=np.float32)
        pixels[:3, :, 0] = 1  # red above
        pixels[:, 5:, 1] = 1  # green on the right
        resized = resize(pixels, (60, 40))
        assert resized[5, 5].tolist() == pytest.approx([1, 0, 0], abs=0.01)
        assert resized[55, 35].tolist() == pytest.approx([0, 1, 0], abs=0.01)

    def test_takes_a_view(self) -> None:
        pixels = np.random.default_rng(0).random((6, 8, 3)).astype(np.float32)
        np.testing.assert_array_equal(resize(pixels[::-1], (3, 4)), resize(pixels[::-1].copy(), (3, 4)))

    @pytest.mark.parametrize("size", [(0, 3), (3, -1)])
    def test_refuses(self, size: tuple[int, int]) -> None:
        with pytest.raises(ConfigError, match="at least 1"):
            resize(np.zeros((2, 2), dtype=np.float32), size)
