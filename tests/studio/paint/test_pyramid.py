"""Sizes from coarse to fine, and how much work each takes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from impasto.image import Picture
from impasto.studio.paint import Recipe
from impasto.studio.paint.prepare import Materials
from impasto.studio.paint.pyramid import Level, final_size, levels


@pytest.fixture
def recipe(small: Recipe) -> Recipe:
    return replace(small, coarsest=128, growth=2**0.5, iterations=100, effort=1.0)


def test_sizes_grow_by_the_root_of_two(recipe: Recipe) -> None:
    found = levels(recipe, (512, 512), 16)
    assert [level.size[0] for level in found] == [128, 181, 256, 362, 512]
    assert [level.ratio for level in found] == pytest.approx([0.25, 0.125**0.5, 0.5, 0.5**0.5, 1])
    assert [level.iterations for level in found] == [100] * 5


def test_both_sides_keep_their_proportion(recipe: Recipe) -> None:
    assert [level.size for level in levels(recipe, (300, 512), 1)] == [
        (75, 128),
        (106, 181),
        (150, 256),
        (212, 362),
        (300, 512),
    ]


def test_sizes_with_a_side_too_short_for_the_encoder_are_left_out(recipe: Recipe) -> None:
    assert [level.size for level in levels(recipe, (64, 512), 32)] == [(32, 256), (45, 362), (64, 512)]
    assert [level.size for level in levels(recipe, (64, 512), 33)] == [(45, 362), (64, 512)]
    # The final size stays whatever it is: whether it will do is not decided here.
    assert [level.size for level in levels(recipe, (8, 512), 16)] == [(8, 512)]


@pytest.mark.parametrize(("coarsest", "count"), [(None, 1), (512, 1), (513, 1), (363, 1), (362, 2), (256, 3)])
def test_the_coarsest_size_bounds_the_longest_side(recipe: Recipe, coarsest: int | None, count: int) -> None:
    found = levels(replace(recipe, coarsest=coarsest), (300, 512), 1)
    assert len(found) == count
    assert found[-1].size == (300, 512)


def test_a_picture_smaller_than_the_coarsest_has_one_size(recipe: Recipe) -> None:
    assert [level.size for level in levels(recipe, (90, 100), 1)] == [(90, 100)]


def test_coarser_sizes_take_more_evaluations(recipe: Recipe) -> None:
    found = levels(replace(recipe, effort=1.5), (512, 512), 1)
    assert [level.iterations for level in found] == [506, 338, 225, 150, 100]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, [(10, False), (10, False)]),
        (0.3, [(3, True), (7, False), (3, True), (7, False)]),
        (1.0, [(10, True), (10, True)]),
        (0.01, [(10, False), (10, False)]),
    ],
)
def test_a_share_of_each_size_goes_to_transport_first(
    recipe: Recipe, share: float, expected: list[tuple[int, bool]]
) -> None:
    found = levels(replace(recipe, transport=share, iterations=10, coarsest=256, growth=2.0), (512, 512), 1)
    assert [(level.iterations, level.transport) for level in found] == expected
    assert [level.size[0] for level in found] == sorted([256, 512] * (len(expected) // 2))


def test_cost_is_pixels_times_evaluations() -> None:
    level = Level(size=(30, 40), ratio=0.5, iterations=7)
    assert (level.pixels, level.cost) == (1200, 8400)


@pytest.mark.parametrize(
    ("size", "content", "expected"),
    [
        (100, (40, 80), (50, 100)),
        (100, None, (100, 25)),
        ((33, 77), (40, 80), (33, 77)),
        ((33, 77), None, (33, 77)),
    ],
)
def test_the_final_size(
    small: Recipe,
    picture: Callable[[int, int, int], Any],
    size: int | tuple[int, int],
    content: tuple[int, int] | None,
    expected: tuple[int, int],
) -> None:
    style = Picture(pixels=picture(64, 16, 2), sha256="", name="style")
    photo = None if content is None else Picture(pixels=picture(*content, 1), sha256="", name="photo")
    materials = Materials(content=photo, styles=(style,), weights=(1.0,), start=None)
    assert final_size(replace(small, size=size), materials) == expected
