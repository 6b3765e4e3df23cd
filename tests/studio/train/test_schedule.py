"""Rates and sizes as functions of the step."""

from dataclasses import replace

import pytest

from impasto.studio.train import TrainRecipe
from impasto.studio.train.clock import Clock
from impasto.studio.train.schedule import crop_size, learning_rate


def test_one_cycle(small: TrainRecipe) -> None:
    rates = [learning_rate(small, step, 101) for step in range(101)]
    assert rates[0] == pytest.approx(3e-3 / 25)
    assert rates[10] == pytest.approx(3e-3)
    assert rates[55] == pytest.approx(3e-3 * (1 + 1e-3) / 2)  # halfway down
    assert rates[100] == pytest.approx(3e-6)
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_a_constant_rate_and_a_single_step(small: TrainRecipe) -> None:
    assert learning_rate(replace(small, schedule="constant"), 7, 12) == 3e-3
    assert learning_rate(small, 0, 1) == pytest.approx(3e-3 / 25)


def test_squares_grow_in_multiples_of_16_up_to_the_size(small: TrainRecipe) -> None:
    recipe = replace(small, size=250, growth=((0.25, 0.5), (0.5, 0.75)))
    assert [crop_size(recipe, step, 8) for step in range(8)] == [128, 128, 192, 192, 250, 250, 250, 250]
    assert crop_size(replace(recipe, size=20, growth=((1.0, 0.1),)), 0, 8) == 16


def test_the_time_left_goes_by_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    clock = Clock([16, 16, 32, 32], images_a_step=3)
    assert clock.images_per_second == 0
    clock.start()
    now[0] = 2.0
    assert clock.lap(0, 1) == 2.0
    assert clock.images_per_second == pytest.approx(1.5)
    assert clock.eta(1) == pytest.approx(2.0 + 2 * 4 * 2.0)
    now[0] = 50.0  # a sheet is drawn
    clock.start()
    now[0] = 52.0
    clock.lap(1, 2)
    assert clock.images_per_second == pytest.approx(1.5)
