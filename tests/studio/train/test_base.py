"""The training of a base: views of paintings, its loss, the job from start to end, and what is written."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors import safe_open
from tests.studio.train.conftest import Run, picture
from torch import Tensor

from impasto.errors import ArtifactError, CheckpointError, ConfigError, ImageReadError
from impasto.image import fit_size, resize, write_image
from impasto.models.base import Base
from impasto.models.base_files import BASE_KEY, ENCODE, TRANSFORM, WEIGHTS
from impasto.models.files import read_card
from impasto.studio.encoders import tiny_encoder
from impasto.studio.losses import gram_matrix
from impasto.studio.networks import NetworkConfig
from impasto.studio.networks.space import StyleSpace
from impasto.studio.pixels import to_tensor
from impasto.studio.train import TrainConfig, TrainRecipe
from impasto.studio.train import views as views_module
from impasto.studio.train.base import BASE, BaseJob
from impasto.studio.train.photos import find_photos
from impasto.studio.train.space_task import SpaceTask, relative
from impasto.studio.train.task import pooled
from impasto.studio.train.training import save_artifact
from impasto.studio.train.views import CHANCES, STROKES, VARIANTS, View, Views, read_paintings

AS_IT_IS = STROKES.index(0.0)


@pytest.fixture
def tiny(small: TrainRecipe) -> TrainRecipe:
    return replace(
        BASE,
        network=NetworkConfig(name="compact", channels=8, blocks=1),
        weights="tiny",
        content_layers=small.content_layers,
        style_layers=small.style_layers,
        style_size=48,
        size=32,
        growth=((0.5, 0.5),),
        batch=4,
        iterations=6,
    )


@pytest.fixture
def paintings(tmp_path: Path) -> Path:
    folder = tmp_path / "paintings"
    folder.mkdir()
    for index in range(6):
        tinted = picture(60 + index, 70, 50 + index) * np.array([1, 0.3 + 0.1 * index, 0.5], np.float32)
        write_image(folder / f"{index}.png", tinted)
    return folder


@pytest.fixture
def make_base(photos: Path, paintings: Path, tiny: TrainRecipe) -> Callable[..., BaseJob]:
    def make(**options: Any) -> BaseJob:
        recipe = replace(tiny, **options.pop("recipe", {}))
        places = options.pop("styles", paintings), options.pop("data", photos)
        quiet = {"device": "cpu", "precision": "fp32", "workers": 0, "held_out": 1, "sheet_every": 0}
        encoder_of = options.pop("encoder_of", None)
        return BaseJob(*places, TrainConfig(**{**quiet, **options}), recipe=recipe, encoder_of=encoder_of)

    return make


@pytest.fixture
def views(paintings: Path, tiny: TrainRecipe) -> Views:
    gallery = read_paintings(find_photos(paintings), tiny, 4, 10**6)
    return Views(gallery, tiny, tiny_encoder(), nullcontext, torch.device("cpu"), 0)


def test_views_come_in_turns_and_by_their_number_alone(views: Views) -> None:
    drawn = [views.draw(number) for number in range(600)]
    assert drawn == [views.draw(number) for number in range(600)]
    for first in range(0, 600, 6):
        assert {view.painting for view in drawn[first : first + 6]} == set(range(6))
    assert {view.variant for view in drawn} == set(range(VARIANTS))
    for stroke, chance in enumerate(CHANCES):
        share = sum(view.stroke == stroke for view in drawn) / len(drawn)
        assert share == pytest.approx(chance, abs=0.06)


def test_a_view_is_part_of_its_painting_in_other_colors(views: Views) -> None:
    whole, part = views.look(View(0, 0, 0)), views.look(View(0, 1, 0))
    assert whole.shape == (1, 3, 219, 256)
    assert max(part.shape[2:]) == 256
    assert part.shape != whole.shape or not torch.equal(part, whole)
    distance = (part.mean((2, 3)) - whole.mean((2, 3))).abs().max()
    assert 1e-3 < float(distance) < 0.25
    torch.testing.assert_close(part, Views.look(views, View(0, 1, 2)))


def test_larger_strokes_are_those_of_a_larger_painting(views: Views, tiny: TrainRecipe) -> None:
    seen = [views.targets(View(0, 0, stroke))["relu3_1"] for stroke in range(3)]
    assert not torch.equal(seen[0], seen[1])
    assert views.targets(View(0, 0, 1))["relu3_1"] is seen[1], "measured once"
    assert seen[1].shape == (1, 16, 16)


def test_relative_styles_go_from_0_for_the_same_to_1_for_nothing() -> None:
    features = torch.rand(5, 42, generator=torch.Generator().manual_seed(0))
    target = features @ features.T / 42
    assert float(relative(target, target)) == pytest.approx(0, abs=1e-9)
    assert float(relative(0 * target, target)) == pytest.approx(1)
    half = (0.75**2) / (0.25**2 + 1)  # features of half the size have a quarter of the Gram matrix
    assert float(relative(target / 4, target)) == pytest.approx(half, rel=1e-5)


def test_of_a_large_view_the_middle_is_measured(
    views: Views, tiny: TrainRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, whole = View(0, 0, 2), views.targets(View(0, 0, 2))["relu3_1"]
    pixels = views.gallery.pictures[0]
    monkeypatch.setattr(views_module, "_MEASURED", 24)
    fresh = Views(views.gallery, tiny, tiny_encoder(), nullcontext, torch.device("cpu"), 0)
    part = fresh.targets(view)["relu3_1"]
    assert not torch.allclose(part, whole)
    longest = min(2 * (tiny.style_size or 512), max(pixels.shape))
    side = round(24 * max(pixels.shape) / longest)
    top, left = (max(0, each - side) // 2 for each in pixels.shape[:2])
    middle = pixels[top : top + side, left : left + side]
    sized = to_tensor(resize(middle, fit_size(middle.shape[:2], 24)))
    expected = gram_matrix(tiny_encoder()(sized, ["relu3_1"])["relu3_1"])
    torch.testing.assert_close(part, expected)


def a_task(views: Views, recipe: TrainRecipe) -> SpaceTask:
    return SpaceTask(tiny_encoder(), recipe, views, [(views, View(0, 0, AS_IT_IS))])


def test_terms_are_named_weighted_and_differentiable(views: Views, tiny: TrainRecipe) -> None:
    task = a_task(views, tiny)
    torch.manual_seed(0)
    space = StyleSpace(tiny.network.resolve()).eval()  # in training every call has noise of its own
    photos = torch.rand(4, 3, 32, 32)
    task.calibrate([photos])
    found = [task.losses(space, photos, step) for step in range(40)]
    assert all(list(terms) == list(task.weights) for terms in found)
    itself = [terms["identity"].item() > 0 for terms in found]
    assert 0 < sum(itself) < 20, "now and then a photo is its own style"
    total = torch.stack(list(found[0].values())).sum()
    total.backward()  # type: ignore[no-untyped-call]
    assert all(each.grad is not None for each in space.parameters())
    again = task.losses(space, photos, 0)
    assert [each.item() for each in again.values()] == pytest.approx(
        [each.item() for each in found[0].values()]
    )


def test_a_photo_in_its_own_style_costs_nothing_where_it_comes_back(views: Views, tiny: TrainRecipe) -> None:
    task = a_task(views, tiny)
    seen: list[list[Tensor]] = []

    def copy(photos: Tensor, looks: list[Tensor], _: Tensor) -> Tensor:
        seen.append(looks)
        return photos

    photos = torch.rand(2, 3, 32, 32)
    numbers = [step for step in range(60) if task._draw(step) is None]
    terms = task.losses(copy, photos, numbers[0])
    assert torch.equal(seen[0][0], photos[:1])
    assert sum(float(terms[name]) for name in terms if name != "tv") == 0


def test_half_precision_gram_matrices_are_summed_the_fast_way(views: Views, tiny: TrainRecipe) -> None:
    half = partial(torch.autocast, "cpu", torch.bfloat16)
    recipe = replace(tiny, style_layers={"relu1_1": 1.0}, photos_a_style=2)
    fast_views = Views(views.gallery, recipe, tiny_encoder(), half, torch.device("cpu"), 0)
    task = SpaceTask(tiny_encoder(), recipe, fast_views, [])
    photos = torch.rand(2, 3, 64, 64).contiguous(memory_format=torch.channels_last)
    step = next(step for step in range(60) if task._draw(step) is not None)
    view = task._draw(step)
    assert view is not None
    found = task.losses(lambda photos, looks, strokes: photos, photos, step)["style/relu1_1"].item()
    with half():
        features = tiny_encoder()(photos, ["relu1_1"])["relu1_1"]
    assert features.dtype == torch.bfloat16
    target = fast_views.targets(view)["relu1_1"][0]
    fast, exact = (
        task.weights["style/relu1_1"]
        * relative(gram_matrix(pooled(features), rounded=rounded)[0], target).item()
        for rounded in (True, False)
    )
    assert found == pytest.approx(fast, rel=1e-6)
    assert fast != pytest.approx(exact, rel=1e-5)


def test_two_processes_draw_together_what_one_would_alone(views: Views, tiny: TrainRecipe) -> None:
    def drawn(rank: int, world: int, photos: int) -> list[Tensor]:
        task = SpaceTask(tiny_encoder(), tiny, views, [], rank=rank, world=world)
        looks: list[Tensor] = []

        def note(images: Tensor, given: list[Tensor], _: Tensor) -> Tensor:
            looks.extend(given)
            return images

        task.losses(note, torch.zeros(photos, 3, 32, 32), 7)
        return looks

    alone, first, second = drawn(0, 1, 8), drawn(0, 2, 4), drawn(1, 2, 4)
    together = [first[0], second[0], first[1], second[1]]
    assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))


def test_a_base_learns_and_its_files_compute_what_it_does(
    make_base: Callable[..., BaseJob], run: Callable[..., Run], tmp_path: Path
) -> None:
    job = make_base(iterations=60)
    done = run(job)
    losses = [event.loss for event in done.progress]
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])
    save_artifact(job, done.ended, tmp_path / "base", {})
    card = read_card(tmp_path / "base" / TRANSFORM)
    assert (card.kind, card.name, card.recipe["paintings"]) == ("base", "base", 5)
    space, image = job.network, (picture(33, 47, 1) * 255).astype(np.uint8)
    assert isinstance(space, StyleSpace)
    looked = (picture(64, 80, 3) * 255).astype(np.uint8)
    (code,) = onnx(tmp_path / "base" / ENCODE, image=looked[None], stroke=np.ones(1, np.float32))
    with torch.no_grad():
        known = space.encode(torch.from_numpy(looked).permute(2, 0, 1)[None] / 255.0, torch.ones(1))[0]
        np.testing.assert_allclose(code, known.numpy(), atol=1e-4)
        wanted = space.transform(torch.from_numpy(image).permute(2, 0, 1)[None] / 255.0, known)
    inputs = {"image": image[None], "code": code, "delta": np.zeros(space.transform.delta_size, np.float32)}
    made = onnx(tmp_path / "base" / TRANSFORM, **inputs)[0]
    assert np.abs(made - wanted[0].permute(1, 2, 0).numpy() * 255).max() <= 2
    with safe_open(tmp_path / "base" / WEIGHTS, "pt") as file:
        assert len(file.metadata()[BASE_KEY]) == 64
        assert set(file.keys()) == set(space.transform.state_dict())


def onnx(path: Path, **inputs: Any) -> Any:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, inputs)[0]


def test_a_resumed_base_is_the_same_bit_for_bit(
    make_base: Callable[..., BaseJob], run: Callable[..., Run], tmp_path: Path
) -> None:
    whole = run(make_base()).weights
    state = tmp_path / "state.safetensors"
    run(make_base(checkpoint_every=2), stop_after=3, checkpoint=state)
    resumed = run(make_base(checkpoint_every=2), checkpoint=state, resume=True).weights
    assert all(torch.equal(resumed[name], value) for name, value in whole.items())


def test_a_base_begins_with_another_ones_weights(
    make_base: Callable[..., BaseJob], run: Callable[..., Run], tmp_path: Path
) -> None:
    state = tmp_path / "state.safetensors"
    first = run(make_base(), checkpoint=state)
    job = make_base(start=str(state))
    assert all(torch.equal(job.network.state_dict()[name], value) for name, value in first.weights.items())
    assert job.record()["start"] == {"name": state.name, "sha256": job.materials.start.sha256}  # type: ignore[attr-defined]
    with pytest.raises(CheckpointError, match="another network"):
        make_base(start=str(state), channels=4)
    with pytest.raises(CheckpointError, match="no checkpoint at nowhere"):
        make_base(start="nowhere")


@pytest.fixture
def base(make_base: Callable[..., BaseJob], run: Callable[..., Run], tmp_path: Path) -> Path:
    job = make_base()
    save_artifact(job, run(job).ended, tmp_path / "base", {})
    return tmp_path / "base"


def test_a_base_begins_as_another_base(make_base: Callable[..., BaseJob], base: Path, tmp_path: Path) -> None:
    job = make_base(start=str(base))
    of_folder = make_base(encoder_of=base).network.state_dict()
    assert all(torch.equal(value, of_folder[name]) for name, value in job.network.state_dict().items())
    assert job.record()["start"] == {"name": "base", "sha256": Base(base).sha256}
    (tmp_path / "void").mkdir()
    with pytest.raises(ArtifactError, match="void"):
        make_base(start=str(tmp_path / "void"))


def test_of_a_base_the_encoder_alone_can_be_trained(
    make_base: Callable[..., BaseJob], run: Callable[..., Run], base: Path, tmp_path: Path
) -> None:
    job = make_base(encoder_of=base, iterations=4)
    began = {name: value.clone() for name, value in job.network.state_dict().items()}
    done = run(job)
    same = {name for name, value in done.weights.items() if torch.equal(value, began[name])}
    assert same == {name for name in began if name.startswith("transform.")} | {
        "encode.center",
        "encode.basis",
    }
    save_artifact(job, done.ended, tmp_path / "other", {})
    assert Base(tmp_path / "other").sha256 == Base(base).sha256
    assert (tmp_path / "other" / WEIGHTS).read_bytes() == (base / WEIGHTS).read_bytes()
    recipe = read_card(tmp_path / "other" / ENCODE).recipe
    assert recipe["encoder_of"] == {"name": "base", "sha256": Base(base).sha256}
    looked = (picture(64, 80, 3) * 255).astype(np.uint8)
    codes = [
        onnx(place / ENCODE, image=looked[None], stroke=np.zeros(1, np.float32))
        for place in (base, tmp_path / "other")
    ]
    assert np.abs(codes[0] - codes[1]).max() > 1e-4
    state = tmp_path / "state.safetensors"
    run(make_base(encoder_of=base, iterations=4, checkpoint_every=2), stop_after=2, checkpoint=state)
    resumed = run(make_base(encoder_of=base, iterations=4, checkpoint_every=2), checkpoint=state, resume=True)
    assert all(torch.equal(resumed.weights[name], value) for name, value in done.weights.items())


def test_an_encoder_begins_as_the_one_of_its_base(make_base: Callable[..., BaseJob], base: Path) -> None:
    looked = (picture(64, 80, 3) * 255).astype(np.uint8)
    (code,) = onnx(base / ENCODE, image=looked[None], stroke=np.ones(1, np.float32))
    space = make_base(encoder_of=base).network
    assert isinstance(space, StyleSpace)
    with torch.no_grad():
        known = space.encode(torch.from_numpy(looked).permute(2, 0, 1)[None] / 255.0, torch.ones(1))[0]
    np.testing.assert_allclose(code, known.numpy(), atol=1e-4)


def test_a_base_whose_encoder_cannot_be_trained_is_refused(
    make_base: Callable[..., BaseJob], base: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"start is a\.safetensors and encoder_of is .*; give one"):
        make_base(encoder_of=base, start="a.safetensors")
    with pytest.raises(ArtifactError, match="void is not a folder"):
        make_base(encoder_of=tmp_path / "void")
    with pytest.raises(ConfigError, match="base of another size; leave channels and blocks away"):
        make_base(encoder_of=base, channels=4)
    (base / ENCODE).unlink()
    with pytest.raises(ArtifactError, match=r"encode\.onnx"):
        make_base(encoder_of=base)


def test_a_base_that_changes_or_goes_while_its_encoder_is_trained_is_not_mixed_with_it(
    make_base: Callable[..., BaseJob], run: Callable[..., Run], base: Path, tmp_path: Path
) -> None:
    job = make_base(encoder_of=base, iterations=2)
    done = run(job)
    whole = (base / TRANSFORM).read_bytes()
    (base / TRANSFORM).write_bytes(whole + b"\0")
    with pytest.raises(ArtifactError, match=r"has become another base since .* go on .* with --resume"):
        save_artifact(job, done.ended, tmp_path / "other", {})
    (base / TRANSFORM).unlink()
    with pytest.raises(ArtifactError, match=r"cannot be read any more .* go on .* with --resume"):
        save_artifact(job, done.ended, tmp_path / "other", {})
    assert not (tmp_path / "other").exists()
    (base / TRANSFORM).write_bytes(whole)
    save_artifact(job, done.ended, tmp_path / "other", {})
    assert Base(tmp_path / "other").sha256 == Base(base).sha256


def test_a_sheet_shows_paintings_seen_and_unseen(
    make_base: Callable[..., BaseJob], run: Callable[..., Run]
) -> None:
    done = run(make_base(sheet_every=6))
    (sheet,) = done.sheets
    assert sheet.image.shape[0] > 6 * 48
    assert sheet.losses["style/relu3_1"] > 0


def test_damaged_paintings_are_named_and_left_out(make_base: Callable[..., BaseJob], paintings: Path) -> None:
    (paintings / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    write_image(paintings / "small.png", picture(4, 5, 0))
    write_image(paintings / "strip.png", picture(8, 400, 0))
    job = make_base(held_out=0)
    assert {"bad.png", "small.png", "strip.png"} <= set(job.materials.skipped)
    assert job.record()["paintings"] == 6


def test_what_cannot_be_a_base_is_refused(
    make_base: Callable[..., BaseJob], tmp_path: Path, paintings: Path
) -> None:
    with pytest.raises(ConfigError, match="`compact` alone"):
        make_base(network="johnson")
    with pytest.raises(ConfigError, match="color_weight is 2"):
        make_base(color_weight=2)
    with pytest.raises(ConfigError, match="tone_weight is 2"):
        make_base(tone_weight=2)
    with pytest.raises(ConfigError, match="tint_weight is 2"):
        make_base(tint_weight=2)
    with pytest.raises(ConfigError, match="grain_weight is 2"):
        make_base(grain_weight=2)
    with pytest.raises(ConfigError, match=r"style_crop is \(0, 0, 9, 9\)"):
        make_base(style_crop=(0, 0, 9, 9))
    with pytest.raises(ConfigError, match="multiple of 2"):
        make_base(batch=3)
    with pytest.raises(ImageReadError, match="no photo"):
        make_base(styles=_empty(tmp_path))
    for each in paintings.iterdir():
        each.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(ImageReadError, match="none of the"):
        make_base()


def _empty(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"
