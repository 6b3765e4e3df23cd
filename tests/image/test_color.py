"""Color transfer: values by hand, what each method promises, and shapes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.color import rgb2yiq
from skimage.exposure import match_histograms

from impasto.image import luminance, match_histogram, match_linear, match_luminance, replace_luminance
from impasto.image.color import _match_linear_unclipped, _moments, _monge_kantorovich

Pixels = NDArray[Any]


def picture(seed: int, height: int = 24, width: int = 31, dtype: str = "float64") -> Pixels:
    """Correlated colors well inside the gamut, different for each seed."""
    rng = np.random.default_rng(seed)
    mix = rng.uniform(-1, 1, (3, 3))
    colors = rng.standard_normal((height, width, 3)) @ mix * 0.06 + rng.uniform(0.4, 0.6, 3)
    return colors.clip(0, 1).astype(dtype)


shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))
seeds = st.integers(0, 2**32 - 1)


def noise(seed: int, shape: tuple[int, ...]) -> Pixels:
    return np.random.default_rng(seed).random(shape).astype(np.float32)


class TestLuminance:
    def test_by_hand(self) -> None:
        pixels = np.array([[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [0.5, 0.25, 1.0]]])
        expected = [[0.299, 0.587], [0.114, 0.1495 + 0.14675 + 0.114]]
        np.testing.assert_allclose(luminance(pixels), expected, atol=1e-15)

    def test_gray_is_its_own_luma(self) -> None:
        assert luminance(np.full((2, 2, 3), 0.3)) == pytest.approx(0.3)

    def test_keeps_float32(self) -> None:
        assert luminance(noise(0, (2, 3, 3))).dtype == np.float32


class TestReplaceLuminance:
    def test_by_hand(self) -> None:
        # Luma 0.299 * 0.5 + 0.587 * 0.4 + 0.114 * 0.3 = 0.4185; raised by 0.1 each channel rises by 0.1.
        pixels = np.array([[[0.5, 0.4, 0.3]]])
        replaced = replace_luminance(pixels, np.array([[0.5185]]))
        np.testing.assert_allclose(replaced, [[[0.6, 0.5, 0.4]]], atol=1e-12)

    def test_out_of_gamut_goes_toward_gray_by_hand(self) -> None:
        # Red has luma 0.299 and chroma (0.701, -0.299, -0.299). At luma 0.5 red has room for 0.5 of it.
        replaced = replace_luminance(np.array([[[1.0, 0.0, 0.0]]]), np.array([[0.5]]))
        shrink = 0.5 / 0.701
        np.testing.assert_allclose(
            replaced, [[[1.0, 0.5 - 0.299 * shrink, 0.5 - 0.299 * shrink]]], atol=1e-12
        )

    def test_keeps_i_and_q_inside_the_gamut(self) -> None:
        pixels = picture(1)
        replaced = replace_luminance(pixels, luminance(pixels) * 0.9 + 0.03)
        np.testing.assert_allclose(rgb2yiq(replaced)[..., 1:], rgb2yiq(pixels)[..., 1:], atol=1e-3)

    def test_own_luma_changes_nothing(self) -> None:
        pixels = noise(2, (7, 5, 3))
        np.testing.assert_allclose(replace_luminance(pixels, luminance(pixels)), pixels, atol=1e-6)

    @given(shape=shapes, seed=seeds)
    def test_has_the_luma_and_stays_in_the_gamut(self, shape: tuple[int, int], seed: int) -> None:
        luma = noise(seed + 1, shape)
        replaced = replace_luminance(noise(seed, (*shape, 3)), luma)
        assert replaced.shape == (*shape, 3)
        assert replaced.dtype == np.float32
        assert replaced.min() >= 0
        assert replaced.max() <= 1
        np.testing.assert_allclose(luminance(replaced), luma, atol=1e-5)

    def test_black_white_and_beyond(self) -> None:
        pixels = noise(3, (1, 4, 3))
        replaced = replace_luminance(pixels, np.array([[0.0, 1.0, -3.0, 7.0]], dtype=np.float32))
        np.testing.assert_allclose(replaced[0], [[0] * 3, [1] * 3, [0] * 3, [1] * 3], atol=1e-6)


class TestMatchLuminance:
    def test_by_hand(self) -> None:
        # Source: mean 0.5, deviation 0.1. Reference: mean 0.4, deviation 0.2.
        matched = match_luminance(np.array([[0.4, 0.6]]), np.array([[0.2], [0.6]]))
        np.testing.assert_allclose(matched, [[0.2, 0.6]], atol=1e-12)

    @given(seed=seeds)
    def test_has_mean_and_deviation(self, seed: int) -> None:
        reference = np.random.default_rng(seed).random((4, 9))
        matched = match_luminance(np.random.default_rng(seed + 1).random((6, 5)), reference)
        assert matched.mean() == pytest.approx(reference.mean(), abs=1e-9)
        assert matched.std() == pytest.approx(reference.std(), abs=1e-9)

    @pytest.mark.parametrize("level", [0.0, 0.3, 0.7, 0.9, 1.0])
    def test_flat_source_is_flat_at_the_mean(self, level: float) -> None:
        # In float64 the deviation of a flat 0.9 is not zero but 2e-16: dividing by it would shift the mean.
        reference = noise(4, (5, 5))
        matched = match_luminance(np.full((37, 41), level), reference)
        np.testing.assert_allclose(matched, reference.mean(), atol=1e-6)


class TestMatchHistogram:
    def test_by_hand(self) -> None:
        # Quantiles of both: 1/8, 3/8, 5/8, 7/8, so the ranks are exchanged.
        source = np.array([[0.3, 0.1], [0.2, 0.4]])
        reference = np.array([[0.9, 0.6, 0.7, 0.8]])
        np.testing.assert_allclose(match_histogram(source, reference), [[0.8, 0.6], [0.7, 0.9]])

    def test_ties_and_interpolation_by_hand(self) -> None:
        # Source quantiles: 0 is 1/4, 1 is 3/4. Reference: 0.2 is 1/6, 0.4 is 1/2, 0.8 is 5/6.
        matched = match_histogram(np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([[0.2, 0.4, 0.8]]))
        np.testing.assert_allclose(matched, [[0.25, 0.25, 0.7, 0.7]])

    @given(shape=shapes, seed=seeds)
    def test_same_number_of_pixels_gives_exactly_the_reference_values(
        self, shape: tuple[int, int], seed: int
    ) -> None:
        source, reference = noise(seed, (*shape, 3)), noise(seed + 1, (*shape[::-1], 3))
        matched = match_histogram(source, reference)
        assert matched.shape == source.shape
        for channel in range(3):
            if (
                len(np.unique(source[..., channel]))
                == len(np.unique(reference[..., channel]))
                == source[..., 0].size
            ):
                got, want = np.sort(matched[..., channel].ravel()), np.sort(reference[..., channel].ravel())
                np.testing.assert_allclose(got, want, atol=1e-6)

    def test_matching_itself_changes_nothing(self) -> None:
        pixels = (noise(5, (20, 20, 3)) * 16).round() / 16
        np.testing.assert_allclose(match_histogram(pixels, pixels), pixels, atol=1e-7)

    def test_agrees_with_scikit_image_up_to_its_half_step(self) -> None:
        source, reference = picture(6, 90, 80), picture(7, 70, 85)
        theirs = match_histograms(source, reference, channel_axis=-1)
        np.testing.assert_allclose(match_histogram(source, reference), theirs, atol=0.02)

    def test_flat_source_goes_to_the_median(self) -> None:
        reference = np.array([[0.1, 0.2, 0.9]])
        np.testing.assert_allclose(match_histogram(np.full((2, 2), 0.5), reference), 0.2)

    def test_flat_reference(self) -> None:
        np.testing.assert_allclose(match_histogram(noise(8, (4, 4, 3)), np.full((2, 2, 3), 0.25)), 0.25)

    def test_other_channels_are_refused(self) -> None:
        with pytest.raises(ValueError, match="channels differ"):
            match_histogram(noise(0, (2, 2, 3)), noise(0, (2, 2)))


class TestMatchLinear:
    @pytest.mark.parametrize("seed", range(5))
    def test_has_mean_and_covariance(self, seed: int) -> None:
        source, reference = picture(seed), picture(seed + 100, 40, 17)
        mean, covariance = _moments(_match_linear_unclipped(source, reference))
        wanted_mean, wanted_covariance = _moments(reference)
        np.testing.assert_allclose(mean, wanted_mean, atol=1e-6)
        np.testing.assert_allclose(covariance, wanted_covariance, atol=1e-6)

    def test_diagonal_by_hand(self) -> None:
        # Without correlation T is the ratio of the deviations.
        transfer = _monge_kantorovich(np.diag([0.01, 0.04, 0.09]), np.diag([0.04, 0.04, 0.01]))
        np.testing.assert_allclose(transfer, np.diag([2, 1, 1 / 3]), atol=1e-5)

    def test_rotated_by_hand(self) -> None:
        # S = I and R with eigenvalues 4 and 1 at 45 degrees: T is the root of R.
        reference = np.array([[2.5, 1.5, 0], [1.5, 2.5, 0], [0, 0, 1]])
        transfer = _monge_kantorovich(np.eye(3), reference)
        expected = np.array([[1.5, 0.5, 0], [0.5, 1.5, 0], [0, 0, 1]])
        np.testing.assert_allclose(transfer, expected, atol=1e-7)

    @given(seed=seeds)
    @settings(max_examples=50)
    def test_transfer_is_symmetric_positive_definite(self, seed: int) -> None:
        source, reference = _moments(picture(seed, 5, 5))[1], _moments(picture(seed + 1, 5, 5))[1]
        transfer = _monge_kantorovich(source, reference)
        np.testing.assert_array_equal(transfer, transfer.T)
        assert np.linalg.eigvalsh(transfer).min() > 0

    def test_identity_on_itself(self) -> None:
        pixels = picture(9)
        covariance = _moments(pixels)[1]
        np.testing.assert_allclose(_monge_kantorovich(covariance, covariance), np.eye(3), atol=1e-6)
        np.testing.assert_allclose(match_linear(pixels, pixels), pixels, atol=1e-7)

    def test_moves_colors_less_than_a_cholesky_transfer(self) -> None:
        # The point of Monge-Kantorovich: of all linear maps with the right moments, the least displacement.
        source, reference = picture(10), picture(11)
        (mean, covariance), (wanted_mean, wanted) = _moments(source), _moments(reference)
        other = np.linalg.cholesky(wanted) @ np.linalg.inv(np.linalg.cholesky(covariance))
        cholesky = (source - mean) @ other.T + wanted_mean
        np.testing.assert_allclose(_moments(cholesky)[1], wanted, atol=1e-9)
        moved = _match_linear_unclipped(source, reference)
        assert ((moved - source) ** 2).mean() < ((cholesky - source) ** 2).mean()

    @pytest.mark.parametrize("level", [0.0, 0.1, 1.0])
    def test_flat_source_goes_to_the_mean(self, level: float) -> None:
        reference = picture(12, dtype="float32")
        matched = match_linear(np.full((30, 40, 3), level, dtype=np.float32), reference)
        np.testing.assert_allclose(matched, np.tile(reference.mean((0, 1)), (30, 40, 1)), atol=1e-4)

    def test_gray_source_stays_finite_and_in_range(self) -> None:
        gray = np.repeat(noise(13, (20, 20, 1)), 3, axis=-1)
        matched = match_linear(gray, picture(14, dtype="float32"))
        assert np.isfinite(matched).all()
        np.testing.assert_allclose(matched.mean((0, 1)), picture(14).mean((0, 1)), atol=0.02)

    def test_flat_reference_gives_its_color(self) -> None:
        color = np.array([0.2, 0.4, 0.6])
        matched = match_linear(picture(15), np.tile(color, (3, 3, 1)))
        np.testing.assert_allclose(matched, np.tile(color, (24, 31, 1)), atol=1e-3)

    @given(shape=shapes, other=shapes, seed=seeds)
    @settings(max_examples=50)
    def test_shape_type_and_range(self, shape: tuple[int, int], other: tuple[int, int], seed: int) -> None:
        matched = match_linear(noise(seed, (*shape, 3)), noise(seed + 1, (*other, 3)))
        assert matched.shape == (*shape, 3)
        assert matched.dtype == np.float32
        assert matched.min() >= 0
        assert matched.max() <= 1
