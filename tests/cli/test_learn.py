"""`impasto train base` and `impasto learn`: what they leave, that it is applied, refusals, and resuming."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto import Brush
from impasto.image import read_image, write_image
from impasto.models.files import read_card

Run = Callable[..., Any]
TINY = [
    "--weights", "tiny", "--size", "32", "--workers", "0", "--held-out", "1", "--device", "cpu",
    "--precision", "fp32", "--style-size", "48", "--style-layers", "relu1_1:1,relu3_1:1",
]  # fmt: skip
BASE = ("train", "base", "--styles", "paintings", "--data", "photos", "-o", "mine", *TINY)
SMALL = ("--channels", "8", "--blocks", "1", "--batch", "2", "--iterations", "4")
LEARN = (
    "learn",
    "dots.png",
    "-o",
    "dots.brush",
    "--base",
    "tiny",
    *TINY,
    "--iterations",
    "6",
    "--batch",
    "2",
)


@pytest.fixture
def pictures(folder: Path, tiny_base: Path) -> Path:
    """Photos, paintings and a base in the current folder."""
    random = np.random.default_rng(3)
    for place in ("photos", "paintings"):
        (folder / place).mkdir()
        for index in range(6):
            pixels = random.random((6, 7, 3), dtype=np.float32).repeat(10, 0).repeat(10, 1)
            write_image(folder / place / f"{index}.png", pixels)
    (folder / "tiny").symlink_to(tiny_base)
    return folder


def test_a_base_is_trained_a_brush_learned_for_it_and_a_photo_painted(run: Run, pictures: Path) -> None:
    done = run(*BASE, *SMALL, "--sheet-every", "2")
    assert done.code == 0, done.err
    assert "wrote mine after 4 steps, 8 photos" in done.err
    assert {path.name for path in Path("mine").iterdir()} == {
        "transform.onnx", "encode.onnx", "weights.safetensors",
    }  # fmt: skip
    for left in ("mine.checkpoint.safetensors", "mine-loss.png", "mine-logs/losses.jsonl", "mine-000002.png"):
        assert Path(left).exists(), left
    card = read_card("mine/transform.onnx")
    assert (card.kind, card.name, card.trained_on) == ("base", "mine", "5 photos of photos")
    again = run(*LEARN[:5], "mine", *LEARN[6:], "--photos", "photos", "--title", "Dots", "--artist", "Nobody")
    assert again.code == 0, again.err
    brush = Brush.load("dots.brush")
    assert (brush.card.title, brush.card.artist, brush.card.trained_on) == (
        "Dots",
        "Nobody",
        "5 photos of photos",
    )
    assert brush.card.recipe["loss_before"] > 0
    assert read_image("dots.jpg").size == (384, 384)
    painted = run("apply", "photo.png", "--style", "dots.brush", "--base", "mine", "-o", "out.png")
    assert painted.code == 0, painted.err
    assert read_image("out.png").size == read_image("photo.png").size


def test_an_encoder_trained_for_other_paintings_leaves_brushes_valid(run: Run, pictures: Path) -> None:
    assert run(*LEARN, "--photos", "photos").code == 0
    done = run(*BASE, *SMALL, "--encoder-of", "tiny")
    assert done.code == 0, done.err
    painted = run("apply", "photo.png", "--style", "dots.brush", "--base", "mine", "-o", "out.png")
    assert painted.code == 0, painted.err


def test_free_photos_are_named(run: Run, pictures: Path) -> None:
    done = run(*LEARN)
    assert done.code == 0, done.err
    assert (
        "no --photos were given: learning on 5 free ones that scikit-image carries, astronaut.png" in done.err
    )
    assert Brush.load("dots.brush").card.trained_on == "4 photos of scikit-image"


def test_json_tells_every_step(run: Run, pictures: Path) -> None:
    done = run(*LEARN, "--photos", "photos", "--json")
    assert done.code == 0, done.err
    told = [json.loads(line) for line in done.out.splitlines()]
    assert [each["iteration"] for each in told if each["event"] == "progress"] == list(range(1, 7))
    assert told[-1]["path"] == "dots.brush"


def test_learning_stops_and_goes_on(run: Run, pictures: Path) -> None:
    first = run(*LEARN, "--photos", "photos", "--max-minutes", "1e-9")
    assert first.code == 0, first.err
    assert "go on with --resume" in first.err
    refused = run(*LEARN, "--photos", "photos")
    assert refused.code == 2
    assert "has not ended" in refused.err
    done = run(*LEARN, "--photos", "photos", "--resume")
    assert done.code == 0, done.err
    assert "after 6 steps" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("learn", "-o", "a.brush"), "no painting; write: impasto learn PAINTING"),
        (("learn", "dots.png", "night.png", "-o", "a.brush"), "2 paintings were given"),
        (("learn", "dots.png"), "such as"),
        (("learn", "dots.png", "-o", "a.onnx"), "ends with .brush"),
        (("learn", "dots.png", "-o", "a.brush", "--base", "nowhere"), "nowhere"),
        (("learn", "dots.png", "-o", "a.brush", "--base", "tiny", "--rank", "9"), "from 0"),
        (("learn", "nothing.png", "-o", "a.brush", "--base", "tiny"), "does not exist"),
        (("learn", "dots.png", "-o", "a.brush", "--base", "tiny", "--photos", "void"), "void"),
        (("train", "base", "--data", "photos", "-o", "mine"), "--styles paintings"),
        (("train", "base", "--styles", "paintings", "-o", "mine"), "--data photos"),
        (("train", "base", "--styles", "paintings", "--data", "photos"), "such as"),
        (("train", "base", "--styles", "paintings", "--data", "photos", "-o", "mine.onnx"), "no dot"),
        ((*BASE, "--color-weight", "2"), "--color-weight"),
        ((*BASE, "--encoder-of", "nowhere"), "nowhere is not a folder"),
        ((*BASE, "--encoder-of", "mine"), "mine is read, and would be overwritten"),
        (("train", "base", "--styles", "void", "--data", "photos", "-o", "mine"), "void"),
    ],
)
def test_refusals_are_one_line_and_leave_nothing(
    run: Run, pictures: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = sorted(path.name for path in Path().iterdir())
    done = run(*arguments)
    assert done.code == 2
    (line,) = done.err.splitlines()
    assert said.replace("such as", "for instance") in line
    assert sorted(path.name for path in Path().iterdir()) == before
