"""One size at work: the best picture is kept, divergence is named, the average is corrected."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import torch

from impasto.errors import DivergenceError
from impasto.studio.paint import Recipe
from impasto.studio.paint.lbfgs import LBFGS
from impasto.studio.paint.objective import Objective
from impasto.studio.paint.pyramid import Level
from impasto.studio.paint.stage import ASTRAY, DIVERGED, RESTARTS, Stage

Loss = Callable[[torch.Tensor], dict[str, torch.Tensor]]
SIZE = (3, 4)


def begun(recipe: Recipe, loss: Loss, start: float = 0.5) -> Stage:
    level = Level(size=SIZE, ratio=1.0, iterations=50)
    stage = Stage(0, level, recipe, cast("Objective", loss), torch.device("cpu"))
    stage.begin(torch.full((1, 3, *SIZE), start), None)
    return stage


def bowl(image: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"content/a": (image - 0.75).square().sum(), "style/b": 0 * image.sum()}


def scripted(*losses: float) -> Loss:
    """The losses of successive evaluations, whatever the picture; with a gradient."""
    left = iter(losses)

    def loss(image: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"content/a": image.sum() * 0 + image.mean() - image.mean().detach() + next(left, 1.0)}

    return loss


ADAM: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.01, "unit": "unit"}


def test_a_step_gives_the_losses_of_the_picture_before_it(small: Recipe) -> None:
    stage = begun(small, bowl)
    losses = stage.advance()
    assert losses == {"content/a": pytest.approx(36 * 0.25**2), "style/b": 0}
    assert stage.step == 1


def test_lbfgs_finds_the_bottom_of_a_bowl(small: Recipe) -> None:
    stage = begun(replace(small, unit="unit"), bowl)
    for _ in range(4):
        stage.advance()
    torch.testing.assert_close(stage.result(), torch.full((1, 3, *SIZE), 0.75), atol=1e-4, rtol=0)


def test_lbfgs_moves_a_picture_by_a_faint_loss_in_the_pictures_own_unit(small: Recipe) -> None:
    def faint(image: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"content/a": (image - 0.75).square().mean()}

    level = Level(size=(64, 64), ratio=1.0, iterations=50)
    recipe = replace(small, unit="picture")
    stage = Stage(0, level, recipe, cast("Objective", faint), torch.device("cpu"))
    stage.begin(torch.full((1, 3, 64, 64), 0.5), None)
    for _ in range(4):
        stage.advance()
    torch.testing.assert_close(stage.result(), torch.full((1, 3, 64, 64), 0.75), atol=1e-3, rtol=0)


def test_the_picture_of_the_least_loss_is_kept(small: Recipe) -> None:
    stage = begun(replace(small, **ADAM), scripted(5.0, 3.0, 2.0, 4.0, 9.0))
    seen = []
    for _ in range(5):
        seen.append(stage.result().clone())
        stage.advance()
    assert stage.best_loss == 2.0
    assert torch.equal(stage.best(), seen[2])
    assert not torch.equal(stage.best(), stage.result())


def test_losses_that_are_not_finite_are_named(small: Recipe) -> None:
    stage = begun(replace(small, **ADAM), scripted(5.0, float("nan")))
    stage.advance()
    with pytest.raises(DivergenceError, match=r"loss content/a became nan at step 2 of size 4 x 3; .*--init"):
        stage.advance()


def test_an_infinite_loss_is_named(small: Recipe) -> None:
    with pytest.raises(DivergenceError, match="loss content/a became inf at step 1"):
        begun(small, scripted(float("inf"))).advance()


def test_a_loss_out_of_all_proportion_is_given_up(small: Recipe) -> None:
    stage = begun(replace(small, **ADAM), scripted(5.0, 5 * DIVERGED, 5.1 * DIVERGED))
    stage.advance()
    stage.advance()  # just not too much
    with pytest.raises(DivergenceError, match=r"the loss grew to 5\.1e\+04 at step 3"):
        stage.advance()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 5.1 * ASTRAY])
def test_lbfgs_that_goes_astray_begins_anew_from_the_best_picture(small: Recipe, bad: float) -> None:
    # Where it is measured against a blank picture, that has the third loss; the last but one is the best's.
    blank = [1.0] if bad == 5.1 * ASTRAY else []
    stage = begun(small, scripted(5.0, bad, *blank, 5.0, 4.0))
    stage.advance()
    start, moved = torch.full((1, 3, *SIZE), 0.5), stage.canvas.decode(stage.variable.detach())
    assert not torch.equal(moved, start)
    assert sum(stage.advance().values()) == 5.0
    torch.testing.assert_close(stage.canvas.decode(stage.variable.detach()), start)
    assert isinstance(stage.optimizer, LBFGS)
    assert not stage.optimizer.memory
    assert stage.state().restarts == 1
    assert sum(stage.advance().values()) == 4.0


def test_lbfgs_that_goes_astray_time_and_again_diverges(small: Recipe) -> None:
    stage = begun(small, scripted(5.0, *[float("nan"), 5.0] * RESTARTS, float("nan")))
    for _ in range(1 + RESTARTS):
        stage.advance()
    with pytest.raises(DivergenceError, match=f"became nan at step {RESTARTS + 2}"):
        stage.advance()


def test_it_is_measured_against_a_blank_picture_too(small: Recipe) -> None:
    # The third number is what the blank picture is asked for.
    stage = begun(replace(small, **ADAM), scripted(1e-12, 5.0, 7.0, 6 * DIVERGED, 8 * DIVERGED))
    for _ in range(3):
        stage.advance()
    with pytest.raises(DivergenceError):
        stage.advance()


def test_a_loss_of_zero_is_no_first_loss(small: Recipe) -> None:
    stage = begun(replace(small, **ADAM), scripted(0.0, 5.0, 6.0))
    for _ in range(3):
        stage.advance()
    assert stage.first_loss == 5.0


def test_the_average_is_corrected_for_its_short_past(small: Recipe) -> None:
    stage = begun(replace(small, **ADAM, average=0.9), bowl)
    images = []
    for step in range(1, 4):
        stage.advance()
        images.append(stage.canvas.decode(stage.variable.detach()))
        weights = [0.9 ** (step - k) for k in range(1, step + 1)]
        wanted = sum(w * image for w, image in zip(weights, images, strict=True)) / sum(weights)
        torch.testing.assert_close(stage.result(), wanted)
    assert torch.equal(stage.best(), stage.result())


@pytest.mark.parametrize("clamp", ["no", "before", "after"])
def test_when_the_picture_is_held_in_its_range(small: Recipe, clamp: Any) -> None:
    seen: list[float] = []

    def outside(image: torch.Tensor) -> dict[str, torch.Tensor]:
        seen.append(image.max().item())
        return {"content/a": (image - 2).square().sum()}

    stage = begun(replace(small, unit="unit", clamp=clamp), outside, start=0.9)
    for _ in range(4):
        stage.advance()
    image = stage.canvas.decode(stage.variable.detach()).max().item()
    assert (max(seen) < 1.001) == (clamp != "no")
    assert (image < 1.001) == (clamp == "after")
    assert stage.result().max() <= 1


@pytest.mark.parametrize("options", [{}, {**ADAM, "average": 0.9}])
def test_state_and_restore(small: Recipe, options: dict[str, Any]) -> None:
    recipe = replace(small, **options)
    stage = begun(recipe, bowl)
    for _ in range(3):
        stage.advance()
    again = Stage(0, stage.level, recipe, cast("Objective", bowl), torch.device("cpu"))
    again.restore(stage.state())
    again.variable = again.variable.clone()
    for name in ("step", "best_loss", "first_loss"):
        assert getattr(again, name) == getattr(stage, name)
    assert torch.equal(again.best(), stage.best())
    assert torch.equal(again.result(), stage.result())


def test_a_size_goes_on_with_the_moments_of_the_last(small: Recipe) -> None:
    recipe = replace(small, **ADAM)
    last = begun(recipe, bowl)
    for _ in range(3):
        last.advance()
    stage = Stage(1, last.level, recipe, cast("Objective", bowl), torch.device("cpu"))
    stage.begin(last.result(), last.optimizer)
    assert isinstance(last.optimizer, torch.optim.Adam)
    assert isinstance(stage.optimizer, torch.optim.Adam)
    moments = stage.optimizer.state[stage.variable]
    assert moments["step"] == 3
    torch.testing.assert_close(moments["exp_avg"], last.optimizer.state[last.variable]["exp_avg"])
