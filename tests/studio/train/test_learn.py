"""The learning of a brush: it fits, the base stays, the file holds what was learned."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.studio.train.conftest import Pixels, Run, picture

from impasto import Brush, Stylizer
from impasto.errors import ArtifactError, CheckpointError, ConfigError, MissingExtraError
from impasto.image import read_image, write_image
from impasto.models.base import Base
from impasto.models.base_files import WEIGHTS
from impasto.studio.networks.fitted import Fitted
from impasto.studio.networks.underpainted import Underpainted
from impasto.studio.train import TrainConfig, TrainRecipe
from impasto.studio.train import photos as photos_module
from impasto.studio.train.base_weights import load_conditional
from impasto.studio.train.learn import LEARN, LearnJob
from impasto.studio.train.photos import FREE, free_photos
from impasto.studio.train.swatch import clouds
from impasto.studio.train.training import save_artifact

Make = Callable[..., LearnJob]


@pytest.fixture
def make_brush(photos: Path, painting: Pixels, small: TrainRecipe, tiny_base: Path) -> Make:
    recipe = replace(
        LEARN,
        weights="tiny",
        content_layers=small.content_layers,
        style_layers=small.style_layers,
        size=32,
        batch=2,
        iterations=10,
    )

    def make(**options: Any) -> LearnJob:
        own = {name: options.pop(name) for name in ("rank", "base") if name in options}
        data = options.pop("data", photos)
        quiet = {"device": "cpu", "precision": "fp32", "workers": 0, "held_out": 2, "sheet_every": 0}
        config = TrainConfig(**{**quiet, **options})
        return LearnJob(painting, data, config, recipe=recipe, **{"base": tiny_base, **own})

    return make


def test_a_brush_is_learned_written_and_applied(
    make_brush: Make, run: Callable[..., Run], tmp_path: Path, tiny_base: Path
) -> None:
    job = make_brush(iterations=60)
    before = {name: value.clone() for name, value in load_conditional(Base(tiny_base)).state_dict().items()}
    done = run(job)
    path = tmp_path / "mine.brush"
    save_artifact(job, done.ended, path, {"title": "Waves", "artist": "Nobody", "rights": "public domain"})
    brush = Brush.load(path)
    card = brush.card
    assert (card.kind, card.name, card.title, card.rights) == ("brush", "mine", "Waves", "public domain")
    assert card.recipe["loss_after"] < 0.9 * card.recipe["loss_before"]
    assert card.recipe["base"] == brush.base == Base(tiny_base).sha256
    assert path.stat().st_size < 64_000
    network = job.network
    assert isinstance(network, Fitted)
    assert all(torch.equal(before[name], each) for name, each in network.network.state_dict().items())
    assert read_image(tmp_path / "mine.jpg").size == (384, 384)
    photo = picture(40, 52, 7)
    made = Stylizer(brush, base=tiny_base, engine="onnxruntime")(photo)
    levels = torch.from_numpy(np.round(photo * 255).astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.no_grad():
        wanted = network(levels)[0].permute(1, 2, 0).numpy()
    assert np.abs(made - wanted).max() <= 2.5 / 255


def test_a_brush_learned_over_a_broad_painting_is_applied_over_one(
    make_brush: Make, run: Callable[..., Run], tmp_path: Path, tiny_base: Path
) -> None:
    large = {"iterations": 4, "size": 256}  # smaller squares have none below
    job = make_brush(underpainting=0.5, **large)
    done = run(job)
    assert not torch.equal(
        done.weights["moved"], run(make_brush(underpainting=0.0, **large)).weights["moved"]
    )
    path = tmp_path / "mine.brush"
    save_artifact(job, done.ended, path, {})
    brush = Brush.load(path)
    assert brush.card.underpainting == 0.5
    levels = np.round(255 * picture(48, 260, 7)).astype(np.uint8)
    made = Stylizer(brush, base=tiny_base, engine="onnxruntime").frame(levels)
    image = torch.from_numpy(levels).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        wanted = 255 * Underpainted(job.network, 0.5)(image)[0].permute(1, 2, 0).numpy()
    # Three times levels are rounded, and a network may make more of that.
    assert np.abs(made - wanted).mean() < 1
    assert np.abs(made - wanted).max() < 10
    swatch = read_image(tmp_path / "mine.jpg").pixels
    with torch.no_grad():
        twice, once = (
            each(clouds())[0].permute(1, 2, 0).numpy()
            for each in (Underpainted(job.network, 0.5), job.network)
        )
    assert np.abs(swatch - twice).mean() < 0.5 * np.abs(swatch - once).mean()  # JPEG loses something
    with pytest.raises(ConfigError, match=r"underpainting is 1\.5"):
        TrainConfig(underpainting=1.5)


def test_it_begins_where_the_encoder_sees_the_painting(
    make_brush: Make, painting: Pixels, tiny_base: Path
) -> None:
    job = make_brush()
    assert isinstance(job.network, Fitted)
    seen = Brush.from_painting(painting, base=tiny_base)
    np.testing.assert_allclose(job.network.code.detach().numpy(), seen.code, atol=1e-6)


def test_of_a_cropped_painting_nothing_else_is_seen(
    make_brush: Make, run: Callable[..., Run], tmp_path: Path, painting: Pixels, tiny_base: Path
) -> None:
    job = make_brush(style_crop=(4, 2, 48, 40), checkpoint_every=2)
    part = painting[2:40, 4:48]
    seen = Brush.from_painting(part, base=tiny_base)
    assert isinstance(job.network, Fitted)
    np.testing.assert_allclose(job.network.code.detach().numpy(), seen.code, atol=1e-6)
    style = job.materials.style  # type: ignore[attr-defined]
    assert style.shape == (1, 3, 38, 44)
    assert job.record()["style_crop"] == [4, 2, 48, 40]
    state = tmp_path / "state.safetensors"
    run(job, stop_after=3, checkpoint=state)
    with pytest.raises(CheckpointError, match="style_crop"):
        run(make_brush(style_crop=(4, 2, 48, 41), checkpoint_every=2), checkpoint=state, resume=True)


def test_a_code_alone_makes_a_smaller_brush(
    make_brush: Make, run: Callable[..., Run], tmp_path: Path
) -> None:
    job = make_brush(rank=0)
    save_artifact(job, run(job).ended, tmp_path / "a.brush", {})
    assert Brush.load(tmp_path / "a.brush").filters == ()
    for rank in (-1, 9):
        with pytest.raises(ConfigError, match="from 0"):
            make_brush(rank=rank)


def test_a_resumed_brush_is_the_same_bit_for_bit(
    make_brush: Make, run: Callable[..., Run], tmp_path: Path
) -> None:
    whole = run(make_brush()).weights
    state = tmp_path / "state.safetensors"
    run(make_brush(checkpoint_every=2), stop_after=5, checkpoint=state)
    resumed = run(make_brush(checkpoint_every=2), checkpoint=state, resume=True).weights
    assert all(torch.equal(resumed[name], value) for name, value in whole.items())


def test_weights_that_do_not_belong_to_the_graphs_are_refused(
    make_brush: Make, tiny_base: Path, other_base: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for each in tiny_base.iterdir():
        (mixed / each.name).write_bytes(each.read_bytes())
    (mixed / WEIGHTS).write_bytes((other_base / WEIGHTS).read_bytes())
    with pytest.raises(ArtifactError, match="of another base"):
        make_brush(base=mixed)
    (mixed / WEIGHTS).write_bytes(b"rubbish")
    with pytest.raises(ArtifactError, match="cannot be read"):
        make_brush(base=mixed)
    (mixed / WEIGHTS).unlink()
    with pytest.raises(ArtifactError, match="cannot be read"):
        make_brush(base=mixed)


def test_some_free_photos_are_always_there(make_brush: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    found = free_photos()
    assert [photo.name for photo in found] == list(FREE)
    job = make_brush(data=found)
    assert len(job.materials.stream.photos) == len(FREE) - 1, "a quarter is held out at most"
    monkeypatch.setattr(photos_module, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="--photos"):
        free_photos()


def test_clouds_are_always_the_same_and_have_forms_of_all_sizes() -> None:
    made = clouds(64)
    assert torch.equal(made, clouds(64))
    assert made.shape == (1, 3, 64, 64)
    assert float(made.std()) > 0.1
    assert float(made[..., ::16, ::16].std()) > 0.05


def test_a_painting_that_is_a_file_keeps_its_name(
    photos: Path, painting: Pixels, tmp_path: Path, make_brush: Make
) -> None:
    write_image(tmp_path / "wave.png", painting)
    job = make_brush()
    again = LearnJob(
        tmp_path / "wave.png",
        photos,
        TrainConfig(device="cpu", workers=0),
        base=job.materials.folder.folder,  # type: ignore[attr-defined]
        recipe=job.recipe,  # type: ignore[arg-type]
    )
    assert again.record()["style"] == "wave.png"
