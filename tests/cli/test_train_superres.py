"""`impasto train superres`: the artifact and what lies beside it, refusals, and resuming."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto import Upscaler
from impasto.image import read_image, write_image

Run = Callable[..., Any]
TINY = [
    *("--factor", "2", "--channels", "4", "--blocks", "1", "--size", "32", "--batch", "2", "--held-out", "2"),
    *("--weights", "tiny", "--workers", "0", "--device", "cpu", "--precision", "fp32"),
]
COMMAND = ("train", "superres", "--data", "photos", "-o", "x2.onnx", *TINY)


@pytest.fixture(autouse=True)
def photos(folder: Path) -> Path:
    """Eight photos, one of them damaged, in a folder of the current one."""
    place = folder / "photos"
    place.mkdir()
    random = np.random.default_rng(3)
    for index in range(8):
        pixels = random.random((5, 6, 3), dtype=np.float32).repeat(8, 0).repeat(8, 1)
        write_image(place / f"{index}.png", pixels)
    (place / "3.png").write_bytes((place / "3.png").read_bytes()[:-100])
    return place


def test_a_training_leaves_a_model_that_upscales(run: Run) -> None:
    done = run(*COMMAND, "--iterations", "6", "--sheet-every", "3", "--loss", "pixel:0.1,feature:1")
    assert done.code == 0
    assert "impasto: wrote x2.onnx after 6 steps, 12 photos in 0:0" in done.err
    made = {path.name for path in Path().iterdir()} - {"photo.png", "dots.png", "night.png", "photos"}
    assert made == {
        "x2.onnx", "x2.checkpoint.safetensors", "x2-logs", "x2-loss.png", "x2-000003.png", "x2-000006.png",
    }  # fmt: skip
    card = Upscaler("x2.onnx").card
    assert (card.kind, card.factor, card.trained_on) == ("superres", 2, "6 photos of photos")
    assert card.recipe["recipe"]["loss"] == {"pixel": 0.1, "feature": 1.0}
    assert set(card.recipe["loss_weights"]) == {"pixel", "feature/relu2_2"}
    assert run("upscale", "photo.png", "--model", "x2.onnx", "-o", "large.png").code == 0
    assert read_image("large.png").size == (80, 96)


def test_one_training_begins_where_another_ended(run: Run) -> None:
    assert run(*COMMAND, "--iterations", "3", "--quiet").code == 0
    start = "x2.checkpoint.safetensors"
    second = [
        *COMMAND,
        "--iterations",
        "2",
        "--quiet",
        "--loss",
        "feature",
        "-o",
        "y2.onnx",
        "--start",
        start,
    ]
    second.remove("x2.onnx")
    second.remove("-o")
    assert run(*second).code == 0
    found = Upscaler("y2.onnx").card.recipe["start"]
    assert (found["name"], len(found["sha256"])) == (start, 64)
    done = run(*second, "--checkpoint", start)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "x2.checkpoint.safetensors is read, and would be overwritten" in done.err


def test_events_settings_from_a_file_and_resuming(run: Run) -> None:
    Path("mine.toml").write_text('iterations = 4\nloss = "feature"\ndegradation = "blur"\n')
    done = run(
        *COMMAND, "--config", "mine.toml", "--degradation", "bicubic", "--max-minutes", "0.000001", "--json"
    )
    assert [event["event"] for event in done.events] == ["progress", "held_out", "done"]
    assert set(done.events[0]["losses"]) == {"feature/relu2_2"}
    assert not done.events[-1]["complete"]
    again = run(*COMMAND, "--config", "mine.toml", "--degradation", "bicubic", "--resume", "--json")
    assert [event["iteration"] for event in again.events if event["event"] == "progress"] == [2, 3, 4]
    lines = [json.loads(line) for line in Path("x2-logs/losses.jsonl").read_text().splitlines()]
    assert [line["iteration"] for line in lines if "held_out" not in line] == [1, 2, 3, 4]
    assert Upscaler("x2.onnx").card.recipe["recipe"]["degradation"] == "bicubic"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("train superres -o o.onnx", "say which photos to train on"),
        ("train superres --data photos", "say where the artifact goes"),
        ("train superres --data photos -o o.png", "'o.png' is no name for the artifact"),
        ("train superres --data none -o o.onnx", "'none' does not exist; give --data a folder"),
        ("train superres --data photos -o o.onnx --factor 3", "factor is 3; choose one of 2, 4, 8"),
        ("train superres --data photos -o o.onnx --loss style", "no loss 'style'; choose pixel, feature"),
        ("train superres --data photos -o o.onnx --loss pixel:x", "loss is 'pixel:x'; give"),
        ("train superres --data photos -o o.onnx --degradation jpeg", "jpeg"),
        ("train superres --data photos -o o.onnx --size 90", "size is 90; give a multiple of the factor 4"),
        ("train superres --data photos -o o.onnx --size 16", "for the factor 4 it must be at least 32"),
        ("train superres --data photos -o o.onnx", "pixels; give a larger one"),
        ("train superres --data photos -o o.onnx --start none", "no checkpoint at none"),
        ("train superres --data photos -o o.onnx --start dots.png", "is no checkpoint of a training"),
        ("train superres --data photos -o o.onnx --recipe best", "no super-resolution recipe 'best'"),
        ("train superres --data photos -o o.onnx --resume", "no checkpoint at o.checkpoint.safetensors"),
        ("train superres dots.png --data photos -o o.onnx", "dots.png"),
        ("train superres --data photos -o o.onnx --style-weight 2", "--style-weight"),
    ],
)
def test_refusals(command: str, why: str, run: Run, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    done = run(*command.split(), "--weights", "tiny")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert why in done.err
    assert sorted(folder.rglob("*")) == before


def test_help_names_it_and_its_flags(run: Run) -> None:
    assert "superres" in run("train", "--help").out
    said = run("train", "superres", "--help").out
    for flag in ("--factor", "--loss", "--degradation", "--start", "--pixel-form"):
        assert flag in said
    assert "--style-weight" not in said
    assert "--style-weight" in run("train", "--help").out


def test_a_painting_of_that_name_is_given_with_its_folder(run: Run, folder: Path) -> None:
    (folder / "dots.png").rename(folder / "superres")
    done = run(
        "train", "./superres", "--data", "photos", "-o", "o.onnx", "--weights", "tiny", "--style-size", "4"
    )
    assert "style './superres' would be 4 x 4 pixels" in done.err
