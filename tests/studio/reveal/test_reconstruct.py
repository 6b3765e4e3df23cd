"""Reconstructions from one layer, and what is kept of them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from impasto.errors import ConfigError, DivergenceError, ImageTooSmallError, ImageWriteError
from impasto.image import read_image, read_record, write_image
from impasto.studio.paint import PaintJob
from impasto.studio.reveal.panels import PanelDone, PanelJob, PanelProgress
from impasto.studio.reveal.reconstruct import ReconstructConfig, content_panels
from impasto.studio.reveal.remaining import content_error, pixel_rmse, psnr, style_error

Pixels = NDArray[np.float32]
TINY = ReconstructConfig(weights="tiny", size=24, iterations=4, layers=("conv1_1", "conv2_1"), device="cpu")


def picture(height: int, width: int) -> Pixels:
    rows, columns = np.mgrid[:height, :width] / 5.0
    waves = [np.sin(rows + k) + np.cos((2 - k) * columns) for k in range(3)]
    return np.asarray(0.5 + 0.2 * np.stack(waves, axis=-1), dtype=np.float32)


PHOTO = picture(20, 24)


def finished(job: PanelJob) -> list[PanelDone]:
    return [event for event in job.events() if isinstance(event, PanelDone)]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[PaintJob]:
    """The jobs whose painting was begun, in order."""
    found: list[PaintJob] = []
    events = PaintJob.events

    def counted(self: PaintJob, **options: Any) -> Any:
        found.append(self)
        return events(self, **options)

    monkeypatch.setattr(PaintJob, "events", counted)
    return found


def test_errors_are_what_they_say() -> None:
    black, other = np.zeros((2, 2, 3), dtype=np.float32), np.zeros((2, 2, 3), dtype=np.float32)
    other[0, 0, 0] = 0.6
    other[1, 1, 2] = 0.8
    # Sum of squares 0.36 + 0.64 over 12 values: the mean is 1 / 12.
    assert pixel_rmse(other, black) == pytest.approx(255 * (1 / 12) ** 0.5, rel=1e-6)
    assert psnr(other, black) == pytest.approx(10.7918, abs=1e-4)  # 10 log10(12)
    assert psnr(black, black) == 100
    assert psnr(black + 0.1, black) == pytest.approx(20, abs=1e-4)


def test_remaining_errors_are_shares() -> None:
    job = PaintJob(PHOTO, [PHOTO], replace(TINY).paint_config(content_layers={"conv1_1": 1.0}))
    shown = content_panels(PHOTO, TINY).content
    assert shown is not None
    assert content_error(job, shown) == pytest.approx(0, abs=1e-10)
    assert style_error(job, shown) == pytest.approx(0, abs=1e-10)
    halfway = np.asarray((shown + 1) / 2, dtype=np.float32)
    features = [job.encoder(_tensor(each), ["conv1_1"])["conv1_1"] for each in (halfway, shown)]
    by_hand = (features[0] - features[1]).square().sum() / features[1].square().sum()
    assert content_error(job, halfway) == pytest.approx(float(by_hand), rel=1e-4)


def _tensor(pixels: Pixels) -> Any:
    import torch

    return torch.from_numpy(pixels).permute(2, 0, 1)[None]


def test_each_layer_gives_a_panel_that_comes_closer() -> None:
    events = list(content_panels(PHOTO, TINY).events())
    steps = [event for event in events if isinstance(event, PanelProgress)]
    assert [(step.panel, step.panels, step.label) for step in steps[::4]] == [
        (1, 2, "conv1_1"),
        (2, 2, "conv2_1"),
    ]
    assert [step.progress.iteration for step in steps] == [1, 2, 3, 4] * 2
    assert {*steps[0].progress.losses} == {"content/conv1_1"}
    assert steps[0].eta > steps[0].progress.eta
    done = [event for event in events if isinstance(event, PanelDone)]
    assert [event.label for event in done] == ["conv1_1", "conv2_1"]
    assert not any(event.reused for event in done)
    for event in done:
        assert event.image.shape == (20, 24, 3)
        assert {*event.numbers} == {"feature", "pixel", "psnr"}
        assert event.numbers["psnr"] == pytest.approx(20 * np.log10(255 / event.numbers["pixel"]))


def test_the_first_layer_brings_the_photo_back() -> None:
    config = replace(TINY, layers=("conv1_1", "conv4_1"), iterations=80)
    shallow, deep = finished(content_panels(PHOTO, config))
    assert shallow.numbers["psnr"] > 30
    assert shallow.numbers["feature"] < 1e-3
    assert deep.numbers["psnr"] < shallow.numbers["psnr"] - 10
    assert np.abs(shallow.image - PHOTO).mean() < 0.02


def test_it_starts_from_noise_of_the_deviation_asked_for() -> None:
    quiet, loud = (
        finished(content_panels(PHOTO, replace(TINY, layers=("conv5_1",), iterations=1, noise=noise)))[
            0
        ].image
        for noise in (0.0, 0.2)
    )
    assert loud.std() > quiet.std() + 0.1


def test_finished_panels_are_kept_and_reused(tmp_path: Path, begun: list[PaintJob]) -> None:
    first = finished(content_panels(PHOTO, TINY, cells=tmp_path / "cells"))
    assert len(begun) == 2
    again = finished(content_panels(PHOTO, TINY, cells=tmp_path / "cells"))
    assert len(begun) == 2
    assert [event.reused for event in first + again] == [False, False, True, True]
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.image, other.image)
        assert one.numbers == other.numbers
    path, _ = sorted((tmp_path / "cells").iterdir())
    assert path.name.startswith("conv1_1-")
    record = json.loads(read_record(path) or "")
    assert record["numbers"] == first[0].numbers
    assert record["recipe"]["content_layers"] == {"conv1_1": 1.0}


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, begun: list[PaintJob]) -> None:
    config = replace(TINY, layers=("conv1_1", "conv1_2", "conv2_1"))
    job = content_panels(PHOTO, config, cells=tmp_path)
    events = []
    for event in job.events():
        events.append(event)
        if isinstance(event, PanelProgress) and (event.panel, event.progress.iteration) == (2, 2):
            job.stop()
    assert [event.label for event in events if isinstance(event, PanelDone)] == ["conv1_1"]
    assert [path.name.partition("-")[0] for path in tmp_path.iterdir()] == ["conv1_1"]
    begun.clear()
    done = finished(content_panels(PHOTO, config, cells=tmp_path))
    assert [event.reused for event in done] == [True, False, False]
    assert len(begun) == 2
    whole = finished(content_panels(PHOTO, config, cells=tmp_path / "other"))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(done, whole, strict=True))


@pytest.mark.parametrize("change", [{"seed": 1}, {"iterations": 5}, {"noise": 0.1}, {"pooling": "max"}])
def test_other_settings_paint_anew_and_keep_both(tmp_path: Path, change: dict[str, Any]) -> None:
    first = finished(content_panels(PHOTO, TINY, cells=tmp_path))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = finished(content_panels(PHOTO, replace(TINY, **change), cells=tmp_path))
    assert not any(event.reused for event in done)
    assert len([*tmp_path.iterdir()]) == 4
    assert all(path.read_bytes() == data for path, data in before.items())
    assert not np.array_equal(done[1].image, first[1].image)


def test_another_photo_paints_anew(tmp_path: Path) -> None:
    finished(content_panels(PHOTO, TINY, cells=tmp_path))
    assert not any(event.reused for event in finished(content_panels(PHOTO[::-1], TINY, cells=tmp_path)))


def test_the_same_photo_under_another_name_is_the_same(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_image(tmp_path / name, PHOTO)
    finished(content_panels(tmp_path / "a.png", TINY, cells=tmp_path / "cells"))
    done = finished(content_panels(tmp_path / "b.png", TINY, cells=tmp_path / "cells"))
    assert all(event.reused for event in done)


@pytest.mark.parametrize("damage", ["cut", "swap", "bare", "small"])
def test_a_damaged_panel_is_painted_again(tmp_path: Path, damage: str) -> None:
    job = content_panels(PHOTO, TINY, cells=tmp_path)
    first = finished(job)
    path, other = job.path(0), job.path(1)
    assert path is not None
    assert other is not None
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    elif damage == "swap":
        path.write_bytes(other.read_bytes())
    else:
        rows, record = (20, None) if damage == "bare" else (10, read_record(path))
        write_image(path, first[0].image[:rows], record=record)
    again = finished(content_panels(PHOTO, TINY, cells=tmp_path))
    assert [event.reused for event in again] == [False, True]
    assert np.array_equal(read_image(path).pixels, first[0].image)


def test_a_photo_too_small_is_told_what_the_deepest_layer_needs() -> None:
    config = replace(TINY, layers=("conv1_1", "conv2_1", "conv5_1"), size=1)
    with pytest.raises(ImageTooSmallError, match="at least 16"):
        content_panels(PHOTO, config)


def test_the_photo_is_at_hand_as_large_as_the_panels() -> None:
    job = content_panels(picture(40, 48), TINY)
    assert job.content is not None
    assert job.content.shape == (20, 24, 3)


def test_all_panels_share_one_encoder_and_forget_their_work() -> None:
    job = content_panels(PHOTO, TINY)
    finished(job)
    assert len({id(each.encoder) for each in job.jobs}) == 1
    assert all(each.stage is None for each in job.jobs)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layers": ()}, "layers is empty"),
        ({"layers": ("conv1_1", "conv1_1")}, "each once"),
        ({"size": 0}, "size is 0"),
        ({"iterations": 0}, "iterations is 0"),
        ({"noise": -1.0}, "noise is -1"),
        ({"noise": float("nan")}, "noise is nan"),
        ({"pooling": "mean"}, "max, average, l2"),
    ],
)
def test_settings_are_checked(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        replace(TINY, **change)


def test_a_panel_that_diverges_is_named_with_remedies_that_a_figure_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = content_panels(PHOTO, TINY, cells=tmp_path)

    def diverge() -> Iterator[Any]:
        raise DivergenceError("the loss grew; lower --style-weight")
        yield

    monkeypatch.setattr(job.jobs[1], "events", diverge)
    with pytest.raises(DivergenceError, match=f"panel '{TINY.layers[1]}'.*--seed.*panels are kept") as raised:
        finished(job)
    assert "--style-weight" not in str(raised.value)
    assert [path.suffix for path in tmp_path.iterdir()] == [".png"]  # the first one


def test_a_layer_that_does_not_exist_is_said_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no layer 'conv9_1'.*conv1_1 \.\.\. conv5_4"):
        content_panels(PHOTO, replace(TINY, layers=("conv1_1", "conv9_1")), cells=tmp_path / "cells")
    assert not (tmp_path / "cells").exists()


def test_a_photo_too_small_for_a_layer_is_told_the_least_size() -> None:
    with pytest.raises(ImageTooSmallError, match="at least 16"):
        content_panels(PHOTO, replace(TINY, layers=("conv1_1", "conv5_1"), size=15))


@pytest.mark.parametrize("where", ["a.png", "no/cells"])
def test_a_folder_that_cannot_be_is_refused(tmp_path: Path, where: str) -> None:
    write_image(tmp_path / "a.png", PHOTO)
    with pytest.raises(ImageWriteError, match="panels cannot be kept"):
        content_panels(PHOTO, TINY, cells=tmp_path / where)


def test_nothing_is_made_before_a_panel_is_finished(tmp_path: Path) -> None:
    next(content_panels(PHOTO, TINY, cells=tmp_path / "cells").events())
    assert not (tmp_path / "cells").exists()
