"""Grids: layers by weights, and weights by stroke sizes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto.errors import ConfigError
from impasto.studio.paint import PaintConfig, PaintJob
from impasto.studio.paint.painting import finish
from impasto.studio.reveal.grid import GridConfig, WeightsConfig, grid_panels, weights_panels
from impasto.studio.reveal.panels import PanelDone, PanelJob

PHOTO, PAINTING = np.random.default_rng(0).random((2, 40, 48, 3), dtype=np.float32)
TINY = GridConfig(
    weights="tiny", size=32, iterations=2, layers=("conv1_1", "conv2_1"), ratios=(1e-3, 1e-2, 1e-1)
)
STROKES = WeightsConfig(
    weights="tiny", size=48, iterations=1, content_weights=(0.5, 2.0), style_scales=(0.5, 1.0)
)


def finished(job: PanelJob) -> list[PanelDone]:
    return [event for event in job.events() if isinstance(event, PanelDone)]


def test_the_paper_s_grid_is_the_default() -> None:
    config = GridConfig()
    assert config.rows[0] == "a: conv1_1"
    assert config.rows[4] == "e: + conv5_1"
    assert config.columns == ("alpha/beta 1e-05", "alpha/beta 0.0001", "alpha/beta 0.001", "alpha/beta 0.01")
    assert (config.size, config.iterations) == (192, 200)


def test_rows_are_layers_and_columns_are_ratios() -> None:
    job = grid_panels(PHOTO, PAINTING, TINY)
    recipes = [each.recipe for each in job.jobs]
    assert [len(recipe.style_layers) for recipe in recipes] == [1, 1, 1, 2, 2, 2]
    ratios = [recipe.content_weight / recipe.style_weight for recipe in recipes]
    assert ratios == pytest.approx([1e-3, 1e-2, 1e-1] * 2)
    assert {recipe.init for recipe in recipes} == {"noise"}
    assert {tuple(recipe.content_layers) for recipe in recipes} == {("conv4_2",)}
    done = finished(job)
    assert [event.label for event in done][:4] == ["a 0.001", "a 0.01", "a 0.1", "b 0.001"]
    assert {event.image.shape for event in done} == {(27, 32, 3)}
    assert all({*event.numbers} == {"content", "style"} for event in done)


def test_more_weight_on_the_content_keeps_more_of_it() -> None:
    config = replace(TINY, layers=("conv1_1",), ratios=(1e-6, 1e2), iterations=40)
    style, content = (event.numbers for event in finished(grid_panels(PHOTO, PAINTING, config)))
    assert content["content"] < style["content"] / 2
    assert style["style"] < content["style"] / 2


def test_another_ratio_paints_that_column_alone(tmp_path: Path) -> None:
    finished(grid_panels(PHOTO, PAINTING, TINY, cells=tmp_path))
    done = finished(grid_panels(PHOTO, PAINTING, replace(TINY, ratios=(1e-3, 1.0)), cells=tmp_path))
    assert [event.reused for event in done] == [True, False, True, False]
    swapped = finished(grid_panels(PAINTING, PHOTO, TINY, cells=tmp_path))
    assert not any(event.reused for event in swapped)


def test_the_pictures_are_at_hand() -> None:
    job = grid_panels(PHOTO, PAINTING[:20], TINY)
    assert job.content is not None
    assert (job.content.shape, job.style.shape) == ((27, 32, 3), (13, 32, 3))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ratios": ()}, "ratios is empty"),
        ({"ratios": (1.0, 1.0)}, "each once"),
        ({"ratios": (0.0,)}, "ratios has 0; give numbers over 0"),
        ({"ratios": (float("nan"),)}, "ratios has nan"),
        ({"ratios": (float("inf"),)}, "ratios has inf"),
        ({"layers": ()}, "layers is empty"),
    ],
)
def test_settings_are_checked(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        replace(TINY, **change)


def test_a_panel_of_the_weights_is_what_paint_would_make() -> None:
    done = finished(weights_panels(PHOTO, PAINTING, STROKES))
    assert [event.label for event in done] == [
        "content 0.5 scale 0.5",
        "content 0.5 scale 1",
        "content 2 scale 0.5",
        "content 2 scale 1",
    ]
    config = PaintConfig(size=48, iterations=1, weights="tiny", content_weight=2.0, style_scale=0.5)
    same = finish(PaintJob(PHOTO, [PAINTING], config).events())
    assert np.array_equal(done[2].image, same.pixels)
    assert len({event.image.tobytes() for event in done}) == 4


def test_weights_take_the_recipe_s_own_settings() -> None:
    job = weights_panels(PHOTO, PAINTING, WeightsConfig(weights="tiny", size=48))
    assert {(each.recipe.name, each.recipe.pooling, each.recipe.iterations) for each in job.jobs} == {
        ("impasto", "max", 20)
    }
    assert (WeightsConfig().rows[0], WeightsConfig().columns[2]) == ("content weight 0.3", "style scale 2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"content_weights": ()}, "content_weights is empty"),
        ({"content_weights": (-1.0,)}, "content_weight is -1"),
        ({"style_scales": (0.0,)}, "style_scale is 0"),
        ({"style_scales": (1.0, 1.0)}, "each once"),
    ],
)
def test_weights_are_checked(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        replace(STROKES, **change)
