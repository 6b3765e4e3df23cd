"""Textures from growing sets of layers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from impasto.errors import ConfigError, ImageTooSmallError
from impasto.studio.reveal.panels import PanelDone, PanelProgress
from impasto.studio.reveal.textures import TexturesConfig, layer_sets, style_panels

TINY = TexturesConfig(weights="tiny", size=24, iterations=3, layers=("conv1_1", "conv2_1", "conv3_1"))
PAINTING = np.random.default_rng(0).random((20, 30, 3), dtype=np.float32)


def test_sets_grow_by_one_layer() -> None:
    sets = layer_sets(TexturesConfig().layers)
    assert [each.letter for each in sets] == ["a", "b", "c", "d", "e"]
    assert [len(each.layers) for each in sets] == [1, 2, 3, 4, 5]
    assert [each.label for each in sets[:2]] == ["a: conv1_1", "b: + conv2_1"]
    assert sets[4].layers == ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")


def test_all_layers_of_a_set_weigh_alike() -> None:
    recipe = layer_sets(("conv1_1", "conv2_1", "conv3_1", "conv4_1"))[3].recipe()
    assert set(recipe.style_layers.values()) == {0.25}


def test_each_set_gives_a_texture_of_the_painting_alone() -> None:
    events = list(style_panels(PAINTING, TINY).events())
    losses = [{*event.progress.losses} for event in events if isinstance(event, PanelProgress)]
    assert losses[0] == {"style/conv1_1"}
    assert losses[3] == {"style/conv1_1", "style/conv2_1"}
    assert losses[6] == {"style/conv1_1", "style/conv2_1", "style/conv3_1"}
    done = [event for event in events if isinstance(event, PanelDone)]
    assert [event.label for event in done] == ["a: conv1_1", "b: + conv2_1", "c: + conv3_1"]
    assert {event.image.shape for event in done} == {(16, 24, 3)}
    assert all({*event.numbers} == {"style"} for event in done)


def test_the_style_comes_closer() -> None:
    few, many = (
        [
            event.numbers["style"]
            for event in style_panels(PAINTING, replace(TINY, iterations=count)).events()
            if isinstance(event, PanelDone)
        ]
        for count in (1, 60)
    )
    assert all(late < early / 10 for early, late in zip(few, many, strict=True))


def test_panels_are_kept(tmp_path: Path) -> None:
    for reused in (False, True):
        events = style_panels(PAINTING, TINY, cells=tmp_path).events()
        assert [event.reused for event in events if isinstance(event, PanelDone)] == [reused] * 3
    assert sorted(path.name.partition("-")[0] for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_what_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError, match="layers is empty"):
        replace(TINY, layers=())
    with pytest.raises(ConfigError, match="each once"):
        replace(TINY, layers=("conv1_1", "conv1_1"))
    with pytest.raises(ConfigError, match="no layer 'pool9'"):
        style_panels(PAINTING, replace(TINY, layers=("conv1_1", "pool9")))
    with pytest.raises(ImageTooSmallError, match="at least 16"):
        style_panels(PAINTING, replace(TINY, layers=("conv5_1",), size=20))
