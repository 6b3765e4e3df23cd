"""How far a job is, by a clock that the test turns."""

from types import SimpleNamespace
from typing import Any

import pytest

from impasto.studio.paint.clock import Clock
from impasto.studio.paint.pyramid import Level

LEVELS = [Level(size=(10, 10), ratio=0.5, iterations=4), Level(size=(20, 20), ratio=1.0, iterations=2)]
"""Work: 4 times 100 pixels, then 2 times 400."""


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time; tests set its only entry."""
    time = [1000.0]
    monkeypatch.setattr("impasto.studio.paint.clock.time.perf_counter", lambda: time[0])
    return time


def stage(index: int) -> Any:
    return SimpleNamespace(level=LEVELS[index])


def test_time_left_goes_by_the_pixels_left(now: list[float]) -> None:
    clock = Clock(LEVELS, None)
    etas = []
    for index, seconds in ((0, 2), (0, 2), (0, 2), (0, 2), (1, 8), (1, 8)):
        now[0] += seconds
        event = clock.tick(stage(index), {"a": 1.0, "b": 2.0})
        etas.append(event.eta)
    # 2 s for 100 pixels all along: 24 s in all.
    assert etas == pytest.approx([22, 20, 18, 16, 8, 0])
    assert clock.seconds == 24


def test_an_event_says_where_it_is(now: list[float]) -> None:
    clock = Clock(LEVELS, None)
    now[0] += 3
    event = clock.tick(stage(0), {"a": 1.0, "b": 2.0})
    assert (event.iteration, event.iterations) == (1, 6)
    assert (event.scale, event.size) == (10, (10, 10))
    assert (event.loss, event.losses) == (3.0, {"a": 1.0, "b": 2.0})
    assert event.seconds == 3
    assert event.eta == pytest.approx(33)


@pytest.mark.parametrize(
    ("level", "step", "index", "iteration", "left"),
    [(0, 1, 0, 2, 1000), (0, 4, 1, 5, 400), (1, 1, 1, 6, 0)],
)
def test_a_resumed_job_counts_what_was_done_but_not_its_time(
    now: list[float], level: int, step: int, index: int, iteration: int, left: int
) -> None:
    state: Any = SimpleNamespace(level=level, step=step)
    clock = Clock(LEVELS, state)
    now[0] += 5
    event = clock.tick(stage(index), {"a": 1.0})
    assert (event.iteration, event.iterations, event.seconds) == (iteration, 6, 5)
    assert event.eta == pytest.approx(5 * left / LEVELS[index].pixels)


def test_the_side_named_is_the_longest(now: list[float]) -> None:
    wide = [Level(size=(3, 7), ratio=1.0, iterations=1)]
    assert Clock(wide, None).tick(SimpleNamespace(level=wide[0]), {"a": 1.0}).scale == 7  # type: ignore[arg-type]
