"""Learning a dictionary: the objective never rises, planted filters are found, and the same seed repeats."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.sparse import (
    DictionaryLearner,
    SparseConfig,
    SparseProgress,
    objective,
    psnr,
    random_filters,
    synthesize,
)

SMALL = SparseConfig(filters=4, size=3, weight=3.0, iterations=6, code_steps=8, filter_steps=4)


def noise(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def planted(count: int = 6, channels: int = 1) -> tuple[Tensor, Tensor]:
    """Pictures made of three filters of 5 x 5 with few coefficients."""
    filters = random_filters(3, channels, 5, torch.Generator().manual_seed(7))
    rare = torch.rand(count, 3, 28, 28, generator=torch.Generator().manual_seed(8)) < 0.01
    return synthesize(4 * noise(count, 3, 28, 28, seed=9) * rare, filters), filters


def likeness(found: Tensor, truth: Tensor) -> Tensor:
    """For each true filter the largest normalized correlation with one found, over shifts and sign."""
    size = truth.shape[-1]
    shifts = torch.nn.functional.conv2d(found, truth, padding=size - 1).abs()
    return shifts.amax((2, 3)).amax(0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("channels", "connections"), [(1, None), (3, 2)])
def test_the_objective_never_rises(dtype: torch.dtype, channels: int, connections: int | None) -> None:
    config = replace(SMALL, connections=connections, iterations=15)
    learner = DictionaryLearner(noise(3, channels, 12, 14, dtype=dtype), config)
    events = []
    for event in learner.events():
        events.append(event)
        assert learner.filters.flatten(1).norm(dim=1).max() <= 1 + 1e-6
    assert [event.stage for event in events] == ["codes", "filters"] * 15
    slack = 1e-6 if dtype == torch.float32 else 1e-12
    for before, after in pairwise(events):
        assert after.objective <= before.objective * (1 + slack)
    for stage in ("codes", "filters"):  # both halves do their share
        halves = [
            (before.objective - after.objective) for before, after in pairwise(events) if after.stage == stage
        ]
        assert sum(halves) > 0.001 * events[0].objective


def test_planted_filters_are_found() -> None:
    pictures, truth = planted()
    config = SparseConfig(filters=3, size=5, weight=1.0, iterations=40, code_steps=10, filter_steps=5, seed=0)
    learner = DictionaryLearner(pictures, config)
    assert likeness(learner.filters, truth).min() < 0.7
    assert likeness(learner.run(), truth).min() > 0.98
    assert psnr(learner.reconstruction, pictures) > 30


def test_progress_says_what_is() -> None:
    pictures = noise(3, 1, 12, 14)
    learner = DictionaryLearner(pictures, SMALL)
    event: SparseProgress | None = None
    for event in learner.events():
        if event.iteration == 3:
            break  # it can be left at any event
    assert event is not None
    assert (event.iteration, event.iterations, event.stage) == (3, 6, "codes")
    made = synthesize(learner.maps, learner.filters)
    torch.testing.assert_close(learner.reconstruction, made)
    assert event.objective == pytest.approx(float(objective(learner.maps, made, pictures, 3.0).sum()))
    assert event.psnr == pytest.approx(psnr(made, pictures), abs=1e-3)
    assert event.sparsity == pytest.approx(float((learner.maps == 0).float().mean()))
    assert 0.05 < event.sparsity < 0.95
    assert event.seconds > 0


def test_a_filter_that_makes_nothing_is_drawn_anew() -> None:
    learner = DictionaryLearner(noise(3, 1, 12, 14), SMALL)
    learner.filters[1] = 0  # its maps and its gradient are zero: no descent brings it back
    events = list(learner.events())
    assert learner.filters[1].norm() > 0.5
    assert learner.maps[:, 1].abs().max() > 0
    assert all(after.objective <= before.objective * (1 + 1e-6) for before, after in pairwise(events))


def test_more_weight_keeps_more() -> None:
    pictures = noise(2, 1, 12, 12)
    results = []
    for weight in (1.0, 10.0):
        learner = DictionaryLearner(pictures, replace(SMALL, weight=weight))
        *_, last = learner.events()
        results.append((last.psnr, -last.sparsity))
    assert results[0][0] < results[1][0]
    assert results[0][1] < results[1][1]


def test_the_same_seed_repeats_and_another_does_not() -> None:
    pictures = noise(2, 1, 12, 12)
    first = DictionaryLearner(pictures, SMALL).run()
    assert torch.equal(DictionaryLearner(pictures, SMALL).run(), first)
    assert (DictionaryLearner(pictures, replace(SMALL, seed=1)).run() - first).abs().max() > 0.01


def test_the_batch_does_not_matter() -> None:
    pictures = noise(4, 1, 12, 12, dtype=torch.float64)
    found = [DictionaryLearner(pictures, replace(SMALL, batch=batch)).run() for batch in (1, 3)]
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exponent": 0.5}, r"exponent 0\.5 .* choose 1"),
        ({"weight": -1.0}, "weight -1"),
        ({"weight": float("nan")}, "weight nan"),
        ({"filters": 0}, "filters 0"),
        ({"iterations": 0}, "iterations 0"),
        ({"batch": 0}, "batch 0"),
    ],
)
def test_settings_that_are_not_valid(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(SMALL, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        (torch.zeros(0, 1, 9, 9), "0 pictures"),
        (torch.zeros(1, 9, 9), r"shape \(1, 9, 9\)"),
        (torch.zeros(1, 1, 9, 9, dtype=torch.int64), "int64"),
        (torch.zeros(1, 1, 2, 9), "2 x 9 are smaller than filters of 3 x 3"),
        (torch.full((1, 1, 9, 9), torch.nan), "not finite"),
    ],
)
def test_pictures_that_are_not_valid(pictures: Tensor, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        DictionaryLearner(pictures, SMALL)


def test_more_connections_than_channels() -> None:
    with pytest.raises(ConfigError, match="2 connections"):
        DictionaryLearner(torch.zeros(1, 1, 9, 9), replace(SMALL, connections=2))
