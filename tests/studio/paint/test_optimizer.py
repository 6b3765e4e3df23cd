"""What moves the pixels, and what of it goes on at another size."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from impasto.studio.paint import Recipe
from impasto.studio.paint.lbfgs import FURTHEST, LBFGS
from impasto.studio.paint.optimizer import Optimizer, carry, make_optimizer


def moved(recipe: Recipe, size: tuple[int, int], steps: int = 3) -> tuple[Any, torch.Tensor]:
    """An optimizer that has gone some steps down a bumpy slope, and its variable."""
    generator = torch.Generator().manual_seed(0)
    variable = torch.rand(1, 3, *size, generator=generator).requires_grad_()
    slope = torch.randn(1, 3, *size, generator=generator) ** 9
    optimizer = make_optimizer(recipe, variable)
    for _ in range(steps):
        variable.grad = slope.clone()
        optimizer.step(lambda: 0.0)
    return optimizer, variable


@pytest.fixture
def adam(small: Recipe) -> Recipe:
    return replace(small, optimizer="adam", learning_rate=0.1, betas=(0.5, 0.75))


def test_adam_has_the_recipes_numbers(adam: Recipe) -> None:
    optimizer, variable = moved(adam, (4, 6), steps=0)
    assert isinstance(optimizer, torch.optim.Adam)
    variable.grad = torch.full_like(variable, 3.0)
    before = variable.detach().clone()
    optimizer.step()
    torch.testing.assert_close(variable.detach(), before - 0.1)  # its first step is the rate, by its sign
    moments = optimizer.state[variable]
    torch.testing.assert_close(moments["exp_avg"], torch.full_like(before, 1.5))
    torch.testing.assert_close(moments["exp_avg_sq"], torch.full_like(before, 9 * 0.25))


def test_lbfgs_evaluates_once_a_step_and_never_gives_up(small: Recipe) -> None:
    variable = torch.tensor([4.0, 1.0], requires_grad=True)
    optimizer = make_optimizer(replace(small, history=5), variable)
    calls = []

    def closure() -> Any:
        calls.append(variable.detach().clone())
        variable.grad = 2 * torch.tensor([1.0, 30.0]) * variable.detach()
        return (torch.tensor([1.0, 30.0]) * variable.detach() ** 2).sum().item()

    for _ in range(12):
        optimizer.step(closure)
    assert len(calls) == 12
    assert isinstance(optimizer, LBFGS)
    assert (optimizer.history_size, optimizer.lr) == (5, small.learning_rate)
    assert variable.abs().max() < 1e-3
    for _ in range(30):  # at the bottom, where tolerances would end it, it is still asked
        optimizer.step(closure)
    assert len(calls) == 42


@pytest.mark.parametrize("size", [(8, 12), (9, 7), (4, 6), (2, 3)])
def test_adams_moments_are_resampled(adam: Recipe, size: tuple[int, int]) -> None:
    last, variable = moved(adam, (4, 6))
    fresh, new = moved(adam, size, steps=0)
    carry(last, fresh, size)
    before, after = last.state[variable], fresh.state[new]
    assert after["step"] == 3
    assert after["exp_avg"].shape == after["exp_avg_sq"].shape == (1, 3, *size)
    assert (after["exp_avg_sq"] >= 0).all()
    if size == (4, 6):
        torch.testing.assert_close(after["exp_avg"], before["exp_avg"])
        torch.testing.assert_close(after["exp_avg_sq"], before["exp_avg_sq"])
    # The last one is as it was, and moves on its own.
    assert before["exp_avg"].shape == (1, 3, 4, 6)
    new.grad = torch.ones_like(new)
    kept = before["exp_avg"].clone()
    fresh.step()
    assert torch.equal(before["exp_avg"], kept)
    assert new.isfinite().all()


def test_flat_moments_stay_as_they_are(adam: Recipe) -> None:
    variable = torch.zeros(1, 3, 4, 6, requires_grad=True)
    last: Any = make_optimizer(adam, variable)
    variable.grad = torch.full_like(variable, 2.0)
    last.step()
    fresh, new = moved(adam, (8, 12), steps=0)
    carry(last, fresh, (8, 12))
    torch.testing.assert_close(fresh.state[new]["exp_avg"], torch.full((1, 3, 8, 12), 1.0))
    torch.testing.assert_close(fresh.state[new]["exp_avg_sq"], torch.full((1, 3, 8, 12), 1.0))


def test_lbfgs_begins_anew(small: Recipe) -> None:
    last, _ = moved(small, (4, 6))
    fresh, _ = moved(small, (8, 12), steps=0)
    carry(last, fresh, (8, 12))
    assert isinstance(fresh, LBFGS)
    assert not fresh.memory


def test_the_fresh_optimizer_keeps_its_own_rate(adam: Recipe) -> None:
    last, _ = moved(adam, (4, 6))
    fresh, _ = moved(adam, (8, 12), steps=0)
    carry(last, fresh, (8, 12))
    assert fresh.param_groups[0]["lr"] == 0.1
    assert fresh.param_groups[0]["betas"] == (0.5, 0.75)


def bowl(recipe: Recipe, curve: float, steps: int) -> tuple[Optimizer, torch.Tensor]:
    """An optimizer some steps down a bowl, and its variable."""
    variable = torch.linspace(1, 2, 72).view(1, 3, 4, 6).requires_grad_()
    optimizer = make_optimizer(recipe, variable)
    for _ in range(steps):
        descend(optimizer, variable, curve)
    return optimizer, variable


def descend(optimizer: Optimizer | torch.optim.LBFGS, variable: torch.Tensor, curve: float) -> None:
    variable.grad = curve * torch.linspace(1, 5, 72).view(1, 3, 4, 6) * variable.detach()
    optimizer.step(lambda: 0.0)


def test_lbfgs_goes_on_at_one_size_under_a_loss_that_curves_more(small: Recipe) -> None:
    last, at = bowl(small, 1.0, 6)
    # The same loss, 20 times as steep: with its pairs corrected the next step is the same step.
    twin, variable = bowl(small, 1.0, 0)
    carry(last, twin, (4, 6), 20.0)
    variable.data.copy_(at)
    descend(twin, variable, 20.0)
    same, expected = bowl(small, 1.0, 0)
    carry(last, same, (4, 6), 1.0)
    expected.data.copy_(at)
    descend(same, expected, 1.0)
    torch.testing.assert_close(variable, expected)
    assert (variable - at).abs().max() > 1e-3
    pairs = [len(optimizer.state_dict()["ro"]) for optimizer in (last, twin)]
    assert pairs == [5, 5]  # none is made of one gradient of each loss


def valley(variable: torch.Tensor) -> torch.Tensor:
    """A loss that curves by 1 to 3000, and bends."""
    curves = torch.logspace(0, 3.5, 72).view_as(variable)
    return (curves * variable**2).sum() / 2 + (variable**4).sum()


def descent(optimizer: Optimizer | torch.optim.LBFGS, variable: torch.Tensor, steps: int) -> list[float]:
    """Losses before each step down the valley."""

    def closure() -> float:
        loss = valley(variable)
        (variable.grad,) = torch.autograd.grad(loss, variable)
        return loss.item()

    return [float(optimizer.step(closure)) for _ in range(steps)]


def hill() -> torch.Tensor:
    return torch.linspace(1, 2, 72, dtype=torch.float64).view(1, 3, 4, 6).requires_grad_()


def test_lbfgs_goes_where_pytorchs_goes(small: Recipe) -> None:
    ours, theirs = hill(), hill()
    reference = torch.optim.LBFGS(
        [theirs], lr=0.5, max_iter=1, history_size=5, tolerance_grad=0, tolerance_change=0
    )
    mine = make_optimizer(replace(small, learning_rate=0.5, history=5), ours)
    torch.testing.assert_close(descent(mine, ours, 40), descent(reference, theirs, 40), rtol=1e-6, atol=0)
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-9)


def test_lbfgs_that_reaches_further_gets_further(small: Recipe) -> None:
    lowest = []
    for reach in (1.0, 2.0):
        variable = hill()
        descent(make_optimizer(replace(small, history=8, reach=reach), variable), variable, 60)
        lowest.append(float(valley(variable.detach())))
    assert lowest[1] < 0.9 * lowest[0]


@pytest.mark.parametrize(
    ("losses", "reach"), [((9, 8, 7), 2 * 1.05**2), ((9, 10, 11, 12), 1.0), ((9, 8, 9), 1.05)]
)
def test_reach_is_adapted(small: Recipe, losses: tuple[float, ...], reach: float) -> None:
    variable = hill()
    optimizer = make_optimizer(replace(small, reach=2.0), variable)
    for loss in losses:
        variable.grad = variable.detach().clone()
        optimizer.step(lambda loss=loss: loss)  # type: ignore[misc]
    assert optimizer.state_dict()["reach"] == pytest.approx(reach)


def test_reach_has_an_end_and_1_stays(small: Recipe) -> None:
    for start, end in ((2.0, FURTHEST), (1.0, 1.0)):
        variable = hill()
        optimizer = make_optimizer(replace(small, reach=start), variable)
        for loss in range(30, 0, -1):
            variable.grad = variable.detach().clone()
            optimizer.step(lambda loss=loss: loss)  # type: ignore[misc]
        assert optimizer.state_dict()["reach"] == end


def test_lbfgs_stays_where_there_is_no_slope(small: Recipe) -> None:
    variable = hill()
    optimizer = make_optimizer(small, variable)
    variable.grad = torch.zeros_like(variable)
    optimizer.step(lambda: 0.0)
    assert torch.equal(variable, hill())


def test_without_a_pair_a_step_is_as_short_as_the_first(small: Recipe) -> None:
    variable = hill()
    optimizer = make_optimizer(small, variable)
    for _ in range(3):  # the same gradient each time: no curvature to remember
        variable.grad = torch.full_like(variable, 1e4)
        optimizer.step(lambda: 0.0)
    assert float((variable - hill()).detach().abs().sum()) == pytest.approx(3.0)
