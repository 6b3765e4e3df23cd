"""`impasto train`: the artifact and what lies beside it, refusals, Ctrl-C, and resuming."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto import Stylizer
from impasto.cli import main
from impasto.cli.progress import clock
from impasto.cli.train_report import TrainBar
from impasto.image import read_image, write_image
from impasto.studio.train.events import TrainProgress

Run = Callable[..., Any]
TINY = [
    "--weights",
    "tiny",
    "--channels",
    "4",
    "--blocks",
    "1",
    "--size",
    "32",
    "--batch",
    "2",
    "--workers",
    "0",
    "--held-out",
    "2",
    "--device",
    "cpu",
    "--precision",
    "fp32",
]
COMMAND = ("train", "dots.png", "--data", "photos", "-o", "out.onnx", *TINY)


@pytest.fixture
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


def test_a_training_leaves_an_artifact_that_runs(run: Run, photos: Path) -> None:
    done = run(*COMMAND, "--iterations", "6", "--sheet-every", "3", "--title", "Dots", "--year", "1889")
    assert done.code == 0, done.err
    assert done.out == ""
    said = done.err.splitlines()
    assert said[0].startswith("impasto: 1 photo was left out: 3.png ('3.png' is truncated, damaged")
    assert said[1].startswith("impasto: wrote out.onnx after 6 steps, 12 photos in 0:0")
    made = {path.name for path in Path().iterdir()} - {"photo.png", "dots.png", "night.png", "photos"}
    sheets = {"out-000003.png", "out-000006.png"}
    assert made == {"out.onnx", "out.checkpoint.safetensors", "out-loss.png", "out-logs", *sheets}
    stylizer = Stylizer("out.onnx")
    assert stylizer("photo.png").shape == (40, 48, 3)
    card = stylizer.card
    assert (card.name, card.title, card.year, card.license) == ("out", "Dots", "1889", "MIT")
    assert card.trained_on == "6 photos of photos"
    assert card.loss_network.startswith("tiny-0 ")
    assert card.recipe["recipe"]["network"]["channels"] == 4
    assert card.recipe["images"] == 12
    assert str(Path.cwd()) not in json.dumps(card.to_dict())
    assert read_image("out-loss.png").size[1] > 800


def test_losses_are_kept_as_lines_and_for_tensorboard(run: Run, photos: Path) -> None:
    assert run(*COMMAND, "--iterations", "4", "--sheet-every", "2", "--quiet").code == 0
    text = Path("out-logs/losses.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["iteration"] for line in lines] == [1, 2, 2, 3, 4, 4]
    assert set(lines[0]["losses"]) > {"content/relu2_2", "style/relu1_2", "style/relu4_3"}
    assert lines[0]["loss"] == pytest.approx(sum(lines[0]["losses"].values()))
    assert lines[2]["held_out"] == pytest.approx(sum(lines[2]["losses"].values()))
    (events,) = Path("out-logs").glob("events.out.tfevents.*")
    assert b"loss/content/relu2_2" in events.read_bytes()


def test_json_lines_tell_everything(run: Run, photos: Path) -> None:
    done = run(*COMMAND, "--iterations", "3", "--sheet-every", "2", "--json")
    kinds = [event["event"] for event in done.events]
    assert kinds == ["progress", "progress", "held_out", "progress", "held_out", "done"]
    first, last = done.events[0], done.events[-1]
    assert (first["iteration"], first["iterations"], first["images"], first["size"]) == (1, 3, 2, 16)
    assert done.events[2]["path"] == "out-000002.png"
    assert (last["path"], last["complete"], last["iteration"]) == ("out.onnx", True, 3)
    assert list(last["skipped"]) == ["3.png"]


def test_settings_come_from_a_file_and_flags_go_first(run: Run, photos: Path) -> None:
    Path("mine.toml").write_text('iterations = 3\nstyle_scale = 2\nstyle-layers = "relu1_1"\n')
    done = run(*COMMAND, "--config", "mine.toml", "--style-size", "40", "--iterations", "2", "--json")
    assert done.events[-1]["iteration"] == 2
    content = {"content/relu2_2", "content/relu3_3", "content/relu4_3"}
    rest = {"style/relu1_1", "color", "tone", "tint", "grain", "tv"}
    assert set(done.events[0]["losses"]) == {*content, *rest}
    assert Stylizer("out.onnx").card.recipe["recipe"]["style_size"] == 40


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("train", "no style was given; write: impasto train STYLE --data FOLDER -o NAME.onnx"),
        ("train a.png b.png --data photos -o o.onnx", "2 styles were given, and a network has one"),
        ("train dots.png -o o.onnx", "say which photos to train on"),
        ("train dots.png --data photos", "say where the artifact goes"),
        ("train dots.png --data photos -o o.png", "'o.png' is no name for the artifact"),
        ("train dots.png --data photos -o -", "'-' is no name for the artifact"),
        ("train dots.png --data photos -o no/o.onnx", "the artifact no/o.onnx is in a folder that does not"),
        ("train none.png --data photos -o o.onnx", "'none.png' does not exist"),
        ("train dots.png --data none -o o.onnx", "'none' does not exist; give --data a folder"),
        ("train dots.png --data dots.png -o o.onnx", "'dots.png' is neither a folder nor a .tar shard"),
        ("train dots.png --data empty -o o.onnx", "there is no photo in 'empty'"),
        ("train dots.png --data bad -o o.onnx", "none of the 1 photos can be used; of 'a.jpg' it was said"),
        ("train dots.png --data photos -o o.onnx --recipe best", "no training recipe 'best'; choose one of"),
        ("train dots.png --data photos -o o.onnx --style-layers relu9_9", "no layer 'relu9_9' in"),
        ("train dots.png --data photos -o o.onnx --network compact --residual valid", "residual is 'valid'"),
        ("train dots.png --data photos -o o.onnx --batch 0", "batch is 0; give a number of at least 1"),
        ("train dots.png --data photos -o o.onnx --style-weight 0", "content or style weighs nothing"),
        ("train dots.png --data photos -o o.onnx --style-size 4", "would be 4 x 4 pixels"),
        (
            "train dots.png --data photos -o o.onnx --style-crop 0,0,9",
            "give four whole numbers, LEFT,TOP,RIGHT",
        ),
        ("train dots.png --data photos -o o.onnx --style-crop 0,0,8,9999", "style_crop is 0,0,8,9999, and"),
        ("train dots.png --data photos -o o.onnx --style-crop 8,0,8,8", "inside of it"),
        (
            "train dots.png --data photos -o o.onnx --style-size 3 --color-weight 2 --content-layers relu1_1 "
            "--style-layers relu1_1",
            "would be 3 x 3 pixels",
        ),
        ("train dots.png --data photos -o o.onnx --resume", "no checkpoint at o.checkpoint.safetensors"),
        ("train dots.png --data photos -o o.onnx --checkpoint dots.png", "dots.png is read, and would be"),
        ("train dots.png --data photos -o o.onnx --checkpoint night.png", "is no checkpoint of a training"),
    ],
)
def test_refusals(command: str, why: str, folder: Path, run: Run) -> None:
    for name in ("photos", "empty", "bad"):
        (folder / name).mkdir()
    write_image("photos/a.png", np.zeros((40, 40, 3), np.float32))
    Path("bad/a.jpg").write_bytes(b"\xff\xd8\xff nothing")
    before = sorted(folder.rglob("*"))
    done = run(*command.split(), *(["--weights", "tiny"] if "weights" not in command else []))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert why in done.err
    assert sorted(folder.rglob("*")) == before


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "impasto", *COMMAND, "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def wait_for_step(process: "subprocess.Popen[str]", step: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("iteration") == step:
            return
    raise AssertionError(process.communicate()[1])


def test_ctrl_c_keeps_state_and_artifact_and_resume_goes_on(
    photos: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    process = start("--iterations", "2000", "--checkpoint-every", "1000")
    wait_for_step(process, 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["complete"]) == ("done", False)
    assert f"impasto: stopped; wrote out.onnx after {last['iteration']} steps; go on with --resume\n" in err
    assert Stylizer("out.onnx").card.recipe["stopped_after"] == last["iteration"]
    assert main([*COMMAND, "--iterations", "2000"]) == 2
    assert "is of a training that has not ended; go on with --resume" in capfd.readouterr().err
    again = start("--iterations", "2000", "--resume")
    wait_for_step(again, last["iteration"] + 1)
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=60)
    assert again.returncode == 130
    text = Path("out-logs/losses.jsonl").read_text(encoding="utf-8")
    steps = [json.loads(line)["iteration"] for line in text.splitlines() if "held_out" not in line]
    assert steps == list(range(1, len(steps) + 1))


def test_the_bar_shows_speed_and_time_left() -> None:
    import io

    from rich.console import Console

    stream = io.StringIO()
    with TrainBar(Console(file=stream, force_terminal=True, width=120)) as bar:
        bar.trained(
            TrainProgress(
                iteration=3,
                iterations=10,
                images=12,
                size=128,
                learning_rate=1e-3,
                loss=2.5,
                losses={"tv": 2.5},
                images_per_second=4.26,
                seconds=3.0,
                eta=65.0,
            )
        )
    assert "128 px" in stream.getvalue()
    assert f"3/10  loss 2.5  4.3 images/s  {clock(65)} left" in stream.getvalue()
