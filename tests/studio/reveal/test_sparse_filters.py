"""The filters' descent: never up, never out of the ball, and to the optimum."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.sparse import (
    Codes,
    FilterDescent,
    correlate_maps,
    objective,
    project_unit_ball,
    random_connections,
    random_filters,
    redraw_unused,
    synthesize,
)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def norms(filters: Tensor) -> Tensor:
    lengths: Tensor = filters.flatten(1).norm(dim=1)
    return lengths


def code(maps: Tensor, filters: Tensor, pictures: Tensor, weight: float) -> Codes:
    made = synthesize(maps, filters)
    return Codes(maps=maps, reconstruction=made, objective=objective(maps, made, pictures, weight))


def test_projection_by_hand() -> None:
    filters = torch.tensor([[3.0, 4], [0.3, 0.4]]).view(2, 1, 1, 2)
    expected = torch.tensor([[0.6, 0.8], [0.3, 0.4]]).view(2, 1, 1, 2)
    torch.testing.assert_close(project_unit_ball(filters), expected)


@pytest.mark.parametrize("channels", [1, 2])
def test_never_up_and_never_out_of_the_ball(channels: int) -> None:
    pictures = [noise(2, channels, 9, 9), 4 * noise(1, channels, 9, 9, seed=1)]
    maps = [noise(2, 3, 11, 11, seed=2), noise(1, 3, 11, 11, seed=3)]
    filters = project_unit_ball(random_filters(3, channels, 3, generator()).double())
    descent, values = FilterDescent(weight=2.0), []
    for _ in range(12):
        codes = [code(z, filters, y, 2.0) for z, y in zip(maps, pictures, strict=True)]
        values.append(float(sum(each.objective.sum() for each in codes)))
        assert norms(filters).max() <= 1 + 1e-12
        filters = descent.descend(filters, pictures, codes, 3)
    assert all(after <= before * (1 + 1e-12) for before, after in pairwise(values))
    assert values[-1] < 0.98 * values[0]


@pytest.mark.parametrize("length", [1e-9, 1e-2, 1e9])
def test_no_length_of_step_leads_up(length: float) -> None:
    maps, filters = noise(2, 3, 11, 11), 0.5 * random_filters(3, 1, 3, generator()).double()
    pictures = synthesize(maps, 0.9 * filters)  # the ball's edge is far beyond the optimum
    before = code(maps, filters, pictures, 2.0)
    descent = FilterDescent(weight=2.0)
    descent.length = length
    after = code(maps, descent.descend(filters, [pictures], [before], 1), pictures, 2.0)
    assert after.objective.sum() < before.objective.sum()


def test_the_optimum_where_the_ball_does_not_bind() -> None:
    maps, truth = noise(3, 2, 12, 12), 0.5 * random_filters(2, 1, 3, generator()).double()
    pictures = synthesize(maps, truth)
    filters = random_filters(2, 1, 3, generator(1)).double()
    found = FilterDescent(weight=1.0).descend(filters, [pictures], [code(maps, filters, pictures, 1.0)], 200)
    torch.testing.assert_close(found, truth, rtol=0, atol=1e-6)


def test_the_optimum_where_the_ball_binds() -> None:
    """There the gradient points straight out of the ball: it is minus a multiple of the filter."""
    maps = noise(3, 2, 12, 12)
    pictures = synthesize(maps, 5 * random_filters(2, 1, 3, generator()).double())
    filters = random_filters(2, 1, 3, generator(1)).double()
    found = FilterDescent(weight=1.0).descend(filters, [pictures], [code(maps, filters, pictures, 1.0)], 300)
    torch.testing.assert_close(norms(found), torch.ones(2, dtype=torch.float64))
    gradient = correlate_maps(maps, synthesize(maps, found) - pictures)
    multiple = -(gradient * found).sum((1, 2, 3), keepdim=True)
    assert multiple.min() > 0
    torch.testing.assert_close(gradient, -multiple * found, rtol=0, atol=1e-4 * float(multiple.max()))


def test_connections_stay_cut() -> None:
    connections = random_connections(3, 4, 2, generator()).double()
    maps, pictures = noise(2, 3, 8, 8), noise(2, 4, 6, 6, seed=1)
    filters = project_unit_ball(noise(3, 4, 3, 3, seed=2) * connections)
    descent = FilterDescent(weight=1.0, connections=connections)
    found = descent.descend(filters, [pictures], [code(maps, filters, pictures, 1.0)], 10)
    assert (found * (1 - connections)).abs().max() == 0
    assert (found - filters).abs().max() > 0.01


def test_connections_are_shared_out_evenly() -> None:
    connections = random_connections(7, 5, 3, generator())[..., 0, 0]
    assert set(connections.flatten().tolist()) == {0.0, 1.0}
    assert connections.sum(1).tolist() == [3] * 7
    assert connections.sum(0).max() - connections.sum(0).min() <= 1
    assert not torch.equal(connections, random_connections(7, 5, 3, generator(1))[..., 0, 0])
    with pytest.raises(ConfigError, match="6 connections"):
        random_connections(7, 5, 6, generator())


def test_unused_filters_are_redrawn_and_nothing_else_changes() -> None:
    filters, maps = random_filters(3, 2, 3, generator()).double(), noise(2, 3, 9, 9)
    maps[:, 1] = 0
    maps[1, 2] = 0  # the other picture uses it
    pictures = noise(2, 2, 7, 7, seed=1)
    connections = torch.tensor([[1.0, 1], [0, 1], [1, 1]]).view(3, 2, 1, 1).double()
    codes = [code(maps[index : index + 1], filters, pictures[index : index + 1], 1.0) for index in (0, 1)]
    redrawn = redraw_unused(filters, torch.split(pictures, 1), codes, generator(2), connections)
    torch.testing.assert_close(redrawn[[0, 2]], filters[[0, 2]], rtol=0, atol=0)
    assert (redrawn[1] - filters[1]).abs().max() > 0.01
    assert redrawn[1, 0].abs().max() == 0
    assert norms(redrawn)[1].item() == pytest.approx(1)
    torch.testing.assert_close(synthesize(maps, redrawn), synthesize(maps, filters))
