"""The size at which a picture is painted first."""

import pytest

from impasto.models.underpainting import under_size


@pytest.mark.parametrize(
    ("size", "under"),
    [
        ((384, 384), (128, 128)),
        ((456, 810), (152, 270)),
        ((512, 300), (171, 100)),
        ((40, 30), (16, 12)),  # no fewer than hold a stroke
        ((1, 2000), (1, 667)),
    ],
)
def test_a_third_of_the_size(size: tuple[int, int], under: tuple[int, int]) -> None:
    assert under_size(size) == under
