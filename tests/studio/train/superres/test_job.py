"""Super-resolution trainings in the one engine: they learn, stop, go on exactly, and leave an artifact."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import impasto
from impasto.errors import CheckpointError, ConfigError, ImageReadError, ImageTooSmallError
from impasto.models.artifact import Card
from impasto.studio.train.export import export_onnx
from impasto.studio.train.superres import SuperConfig, SuperJob

from .conftest import TINY

Make = Callable[..., SuperJob]
Run = Callable[..., Any]


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns_and_becomes_better_than_bicubic(make_super: Make, run: Run, edges: Path) -> None:
    done = run(
        make_super(data=edges, iterations=300, sheet_every=150, batch=4, channels=12, learning_rate=1e-2)
    )
    losses = [event.loss for event in done.progress]
    assert sum(losses[-20:]) / 20 < 0.9 * sum(losses[:10]) / 10
    assert set(done.progress[0].losses) == {"pixel"}
    assert [event.iteration for event in done.sheets] == [150, 300]
    assert done.sheets[-1].image.shape[0] > 3 * 48  # bicubic, made, photo: 1.5 times 32 pixels each
    assert done.sheets[-1].losses["pixel"] < 0.8  # in units of what it is for bicubic
    assert done.ended.complete


def test_it_begins_as_bicubic(make_super: Make, run: Run) -> None:
    (first, *_) = run(make_super(loss={"pixel": 0.5, "feature": 1.0}, iterations=1)).progress
    assert set(first.losses) == {"pixel", "feature/relu2_2"}
    assert 0.3 < first.loss / 1.5 < 3  # one batch against the eight photos that it was calibrated on


def test_features_are_learned_too(make_super: Make, run: Run, edges: Path) -> None:
    done = run(make_super(data=edges, iterations=60, loss={"feature": 1.0}, batch=4))
    first, last = done.progress[:10], done.progress[-10:]
    assert sum(event.loss for event in last) < 0.9 * sum(event.loss for event in first)


@pytest.mark.parametrize("options", [{}, {"network": "johnson", "norm": "batch"}, {"degradation": "blur"}])
def test_stopped_and_resumed_is_as_never_stopped(
    options: dict[str, Any], make_super: Make, run: Run, tmp_path: Path
) -> None:
    place = tmp_path / "a.safetensors"
    whole = run(make_super(**options))
    stopped = run(make_super(**options), stop_after=5, checkpoint=place)
    assert (stopped.ended.iteration, stopped.ended.complete) == (5, False)
    resumed = run(make_super(**options), checkpoint=place, resume=True)
    assert [event.losses for event in resumed.progress] == [event.losses for event in whole.progress[5:]]
    assert same(resumed.weights, whole.weights)


def test_an_easy_first_step_is_no_measure_of_the_others(
    make_super: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch of skies has a loss that no other batch can keep to; that is no divergence."""
    from impasto.studio.train.loop import Loop

    advance = Loop.advance

    def easy(self: Loop, photos: Tensor) -> Tensor:
        losses = advance(self, photos)
        return losses / 20 if self.step == 1 else losses

    monkeypatch.setattr(Loop, "advance", easy)
    assert run(make_super(iterations=60)).rolled_back == []


def test_weights_of_another_training_to_begin_with(make_super: Make, run: Run, tmp_path: Path) -> None:
    place = tmp_path / "pixel.safetensors"
    pixel = run(make_super(), checkpoint=place)
    job = make_super(loss={"feature": 1.0}, start=str(place))
    assert same({name: value.clone() for name, value in job.network.state_dict().items()}, pixel.weights)
    digest = hashlib.sha256(place.read_bytes()).hexdigest()
    assert job.record()["start"] == {"name": "pixel.safetensors", "sha256": digest}
    assert run(job).ended.complete
    assert make_super().record()["start"] is None
    with pytest.raises(CheckpointError, match="is of another network"):
        make_super(factor=4, start=str(place))
    model = tmp_path / "x2-pixel.onnx"
    export_onnx(pixel.job.network, Card(name="x2-pixel", kind="superres", recipe={"factor": 2}), model)
    photo = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        again = make_super(loss={"feature": 1.0}, start=str(model)).network.eval()
        torch.testing.assert_close(again(photo), pixel.job.network.eval()(photo))
    with pytest.raises(CheckpointError, match="no checkpoint at none; leave --start away"):
        make_super(start="none")


def test_another_training_does_not_go_on_from_it(make_super: Make, run: Run, tmp_path: Path) -> None:
    place = tmp_path / "a.safetensors"
    run(make_super(), stop_after=2, checkpoint=place)
    with pytest.raises(CheckpointError, match="belongs to another training: recipe differ"):
        run(make_super(degradation="blur"), checkpoint=place, resume=True)
    with pytest.raises(CheckpointError, match="recipe, factor differ"):
        run(make_super(factor=4), checkpoint=place, resume=True)


def test_the_pixel_loss_needs_no_loss_network(make_super: Make) -> None:
    assert make_super().materials.encoder is None
    assert make_super().record()["weights_sha256"] is None
    assert make_super(loss={"feature": 1.0}).materials.encoder is not None


def test_from_python_to_a_picture(photos: Path, tmp_path: Path) -> None:
    config = SuperConfig(**{**TINY, "iterations": 3, "loss": {"feature": 1.0}})
    done = impasto.train_superres(photos, tmp_path / "x2.onnx", config, about={"trained_on": "waves"})
    card = done.card
    assert (card.kind, card.name, card.factor, card.trained_on) == ("superres", "x2", 2, "waves")
    assert card.recipe["recipe"]["loss"] == {"feature": 1.0}
    assert card.recipe["recipe"]["network"]["factor"] == 2
    assert (card.recipe["reach"], card.recipe["width"], card.recipe["base"]) == (5, 128, "bicubic")
    assert card.loss_network.startswith("tiny-0 ")
    levels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    made = impasto.upscale(levels, model=tmp_path / "x2.onnx", threads=1)
    with torch.no_grad():
        wanted = done.network(torch.from_numpy(levels / 255).float().permute(2, 0, 1)[None])
    assert np.abs(made.levels - wanted[0].permute(1, 2, 0).numpy() * 255).max() <= 1


def test_what_is_refused(make_super: Make, photos: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageTooSmallError, match="size is 32, and for the factor 8 it must be at least 64"):
        make_super(factor=8)
    with pytest.raises(ImageReadError, match="'none' does not exist"):
        make_super(data="none")
    with pytest.raises(ConfigError, match="no layer 'relu9_9'"):
        make_super(loss={"feature": 1.0}, feature_layers={"relu9_9": 1.0})
    with pytest.raises(ImageReadError, match=r"has only .* pixels; give a larger one"):
        make_super(size=128)  # all photos are smaller, and none is enlarged


def test_a_square_has_room_for_a_patch_where_textures_are_compared(make_super: Make) -> None:
    make_super(size=16, loss={"feature": 1.0})
    with pytest.raises(ImageTooSmallError, match="size is 16, and for the factor 2 it must be at least 18"):
        make_super(size=16, loss={"texture": 1.0})
