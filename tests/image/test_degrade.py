"""Pictures made small: as the test sets are, and as the paper does."""

from typing import Any

import numpy as np
import pytest
from skimage.filters import gaussian

from impasto.errors import ConfigError
from impasto.image import crop_to_multiple, cubic_resize, degrade, shrinking

PIXELS = np.random.default_rng(0).random((40, 48, 3))


def test_bicubic_is_imresize() -> None:
    wanted = cubic_resize(PIXELS, (10, 12)).clip(0, 1)
    assert degrade(PIXELS, 4, "bicubic") == pytest.approx(wanted)


def test_blur_is_a_gaussian_of_one_pixel_before_it() -> None:
    blurred = gaussian(PIXELS, sigma=1, mode="reflect", truncate=4, channel_axis=2)  # type: ignore[no-untyped-call]
    assert degrade(PIXELS, 4, "blur") == pytest.approx(cubic_resize(blurred, (10, 12)).clip(0, 1), abs=1e-9)


@pytest.mark.parametrize("degradation", ["bicubic", "blur"])
def test_flat_stays_flat(degradation: Any) -> None:
    assert degrade(np.full((16, 24), 0.3), 8, degradation) == pytest.approx(np.full((2, 3), 0.3))


def test_values_stay_in_range() -> None:
    edge = np.repeat([0.0, 1.0], 20)[None].repeat(8, 0)
    made = degrade(edge, 2)
    assert (made.min(), made.max()) == (0, 1)
    assert cubic_resize(edge, (4, 20)).max() > 1


def test_sides_are_cropped_at_their_ends() -> None:
    cropped = crop_to_multiple(PIXELS[:39, :47], 4)
    assert np.array_equal(cropped, PIXELS[:36, :44])


def test_what_cannot_be_done_is_said() -> None:
    with pytest.raises(ConfigError, match="39 pixels is no multiple of the factor 4"):
        degrade(PIXELS[:39], 4)
    with pytest.raises(ConfigError, match="degradation is 'jpeg'; choose bicubic or blur"):
        shrinking(40, 4, "jpeg")
