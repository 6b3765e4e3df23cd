"""The training as a whole: it learns, shows, stops, goes on exactly, and goes back when it diverges."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from impasto.errors import CheckpointError, DivergenceError
from impasto.studio.train import TrainJob, loop
from impasto.studio.train.loop import Loop

Make = Callable[..., TrainJob]
Run = Callable[..., Any]


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns_and_tells_how(make: Make, run: Run) -> None:
    done = run(make(recipe={"iterations": 60, "growth": ()}))
    assert [event.iteration for event in done.progress] == list(range(1, 61))
    assert done.progress[-1].loss < 0.7 * done.progress[0].loss
    last = done.progress[-1]
    terms = {"content/relu2_2", "style/relu1_1", "style/relu3_1", "tv"}
    assert set(last.losses) == terms
    assert last.loss == pytest.approx(sum(last.losses.values()))
    assert (last.images, last.iterations, last.size) == (120, 60, 32)
    assert last.images_per_second > 0
    assert last.eta == 0
    assert done.ended.complete
    assert (done.ended.iteration, done.ended.images) == (60, 120)
    assert done.ended.losses == last.losses


def test_squares_grow_and_the_rate_rises_and_falls(make: Make, run: Run) -> None:
    progress = run(make()).progress
    assert [event.size for event in progress] == [16] * 6 + [32] * 6
    rates = [event.learning_rate for event in progress]
    assert rates[0] == pytest.approx(3e-3 / 25)
    assert max(rates) == pytest.approx(3e-3, rel=0.02)
    assert rates[-1] == pytest.approx(3e-6)


def test_the_seed_decides_everything(make: Make, run: Run) -> None:
    one, again, other = (run(make(seed=seed)).weights for seed in (1, 1, 2))
    assert same(one, again)
    assert not same(one, other)


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_workers_change_nothing(make: Make, run: Run) -> None:
    assert same(run(make(workers=0)).weights, run(make(workers=2)).weights)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_stopped_and_resumed_is_as_never_stopped(norm: str, make: Make, run: Run, tmp_path: Path) -> None:
    place = tmp_path / "a.safetensors"
    whole = run(make(norm=norm))
    stopped = run(make(norm=norm), stop_after=5, checkpoint=place)
    assert (stopped.ended.iteration, stopped.ended.complete) == (5, False)
    resumed = run(make(norm=norm), checkpoint=place, resume=True)
    assert [event.iteration for event in resumed.progress] == list(range(6, 13))
    assert [event.losses for event in resumed.progress] == [event.losses for event in whole.progress[5:]]
    assert same(resumed.weights, whole.weights)
    again = run(make(norm=norm), checkpoint=place, resume=True)
    assert again.progress == []
    assert again.ended.complete
    assert same(again.weights, whole.weights)


def test_another_training_does_not_go_on_from_it(make: Make, run: Run, tmp_path: Path) -> None:
    place = tmp_path / "a.safetensors"
    run(make(), stop_after=2, checkpoint=place)
    with pytest.raises(CheckpointError, match="belongs to another training: settings differ"):
        run(make(seed=5), checkpoint=place, resume=True)
    with pytest.raises(CheckpointError, match="recipe, steps differ"):
        run(make(iterations=13), checkpoint=place, resume=True)
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        run(make(), checkpoint=tmp_path / "none", resume=True)
    with pytest.raises(CheckpointError, match="resume needs"):
        run(make(), resume=True)


def test_held_out_photos_are_shown_and_measured(make: Make, run: Run) -> None:
    done = run(make(sheet_every=5))
    assert [event.iteration for event in done.sheets] == [5, 10, 12]
    sheet = done.sheets[-1]
    assert sheet.image.ndim == 3
    assert sheet.image.shape[0] > 2 * 48  # photos of 1.5 times 32 pixels, and below them what becomes of them
    assert set(sheet.losses) == set(done.progress[-1].losses)
    assert len(done.job.materials.stream.photos) == 7
    nothing = run(make(held_out=0, sheet_every=5))
    assert nothing.sheets == []
    assert len(nothing.job.materials.stream.photos) == 9


def test_max_images_sets_the_steps_and_max_minutes_ends_them(make: Make, run: Run) -> None:
    done = run(make(max_images=7))
    assert (done.ended.iteration, done.ended.complete) == (4, True)
    assert done.progress[-1].learning_rate == pytest.approx(3e-6)  # the schedule is over too
    ended = run(make(max_minutes=1e-9)).ended
    assert (ended.iteration, ended.complete) == (1, False)


class Wild(nn.Module):
    """A network that breaks at some calls, as one whose weights have left the finite numbers."""

    def __init__(self, breaks: set[int], factor: float) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 3, 1)
        self.breaks, self.factor, self.calls = breaks, factor, 0

    def forward(self, image: Tensor) -> Tensor:
        self.calls += self.training
        mixed: Tensor = self.mix(image)
        return mixed * self.factor if self.training and self.calls in self.breaks else mixed


@pytest.mark.parametrize(("factor", "said"), [(float("nan"), "became nan"), (1e3, "the loss grew from")])
def test_a_diverging_training_goes_back_and_on_more_slowly(
    factor: float, said: str, make: Make, run: Run
) -> None:
    plain = {"recipe": {"schedule": "constant", "growth": ()}, "checkpoint_every": 3}
    done = run(make(network=Wild({6, 14}, factor), **plain))
    assert [(event.iteration, event.to) for event in done.rolled_back] == [(6, 3), (11, 9)]
    assert all(said in event.reason for event in done.rolled_back)
    assert [event.factor for event in done.rolled_back] == [0.5, 0.25]
    assert done.progress[-1].learning_rate == pytest.approx(3e-3 / 4)
    assert done.ended.complete


def test_it_gives_up_when_it_has_gone_back_three_times(make: Make, run: Run) -> None:
    wild = Wild(set(range(5, 100)), float("nan"))
    with pytest.raises(DivergenceError, match="after going back 3 times; lower --learning-rate"):
        run(make(network=wild, checkpoint_every=2))


def test_a_state_that_breaks_the_next_step_is_not_gone_back_to(
    make: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights may be finite and yet lost: only what a further step has come of counts as good."""
    advance = Loop.advance

    def spoiled(self: Loop, photos: Tensor) -> Tensor:
        losses = advance(self, photos)
        if self.step == 6 and not self.rolled_back:
            with torch.no_grad():
                self.network.mix.bias += 1e6  # type: ignore[union-attr,operator]
        return losses

    monkeypatch.setattr(Loop, "advance", spoiled)
    done = run(make(network=Wild(set(), 1.0), checkpoint_every=3))
    assert [(event.iteration, event.to) for event in done.rolled_back] == [(7, 3)]
    assert done.ended.complete


def test_a_network_that_is_lost_goes_back_past_where_it_strayed(
    make: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose output has become black has a loss that no step makes explode, and that stays."""
    advance = Loop.advance

    def lost(self: Loop, photos: Tensor) -> Tensor:
        losses = advance(self, photos)
        return losses * 12 if self.step >= 24 and not self.rolled_back else losses

    monkeypatch.setattr(Loop, "advance", lost)
    monkeypatch.setattr(loop, "SETTLED", 10)
    done = run(make(recipe={"iterations": 40, "growth": ()}, checkpoint_every=10))
    (back,) = done.rolled_back
    assert back.to == 20  # what step 30 left was sound, and astray
    assert 30 < back.iteration < 40
    assert re.fullmatch(r"the loss was [\d.]+ on average, and has become [\d.]+", back.reason)
    assert done.ended.complete


def test_one_easy_photo_at_the_start_is_no_least(
    make: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Loop.advance

    def easy(self: Loop, photos: Tensor) -> Tensor:
        losses = advance(self, photos)
        return losses / 5 if self.step == 1 else losses

    monkeypatch.setattr(Loop, "advance", easy)
    done = run(make(recipe={"iterations": 80, "growth": (), "learning_rate": 1e-5}))
    assert done.rolled_back == []


@pytest.mark.parametrize("clip", [None, 1e-3])
def test_gradients_are_scaled_down_to_the_recipes_norm(clip: float | None, make: Make, run: Run) -> None:
    norms: list[float] = []

    def look(optimizer: torch.optim.Optimizer, *_: object) -> None:
        (group,) = optimizer.param_groups
        norms.append(float(torch.cat([each.grad.flatten() for each in group["params"]]).norm()))

    handle = register_optimizer_step_pre_hook(look)
    try:
        run(make(recipe={"clip": clip}))
    finally:
        handle.remove()
    assert len(norms) == 12
    if clip is None:
        assert min(norms) > 1e-3
    else:
        assert norms == pytest.approx([clip] * 12, rel=1e-2)


def test_any_network_will_do(make: Make, run: Run) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 3, 1), nn.Sigmoid())
    done = run(make(network=network))
    assert done.job.network is network
    assert not network.training
    assert done.progress[-1].loss < done.progress[6].loss
