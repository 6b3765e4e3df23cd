"""`impasto upscale`: one photo, folders, pipes, events, and one line for what cannot be done."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from impasto.cli.tally import TileTally
from impasto.errors import ImageWriteError
from impasto.image import read_image, read_record, write_image
from impasto.models import registry, upscaler
from impasto.models.upscaler import Upscaler

Run = Callable[..., Any]
Refused = Callable[[str, str], None]
Make = Callable[..., Path]


@pytest.fixture(autouse=True)
def x2(folder: Path, make_upscaler: Make, monkeypatch: pytest.MonkeyPatch) -> Path:
    """x2.onnx in the current folder, and no model installed."""
    monkeypatch.setattr(registry, "GALLERY", folder / "nowhere")
    return make_upscaler(folder / "x2.onnx", factor=2, net="repeat")


def levels(path: str) -> Any:
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_photo_becomes_larger_and_says_how(run: Run) -> None:
    done = run("upscale", "photo.png", "--model", "x2.onnx", "-o", "out.png")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("impasto: wrote out.png (96 x 80) in ")
    assert np.array_equal(levels("out.png"), levels("photo.png").repeat(2, 0).repeat(2, 1))
    record = json.loads(read_record("out.png") or "")
    assert (record["verb"], record["factor"], record["content"]["name"]) == ("upscale", 2, "photo.png")
    said = run("inspect", "out.png")
    assert "verb: upscale" in said.out
    assert "kind: superres" in run("inspect", "x2.onnx").out


def test_an_installed_model_is_found_by_its_factor(run: Run, folder: Path, make_upscaler: Make) -> None:
    place = folder / "nowhere" / "superres"
    place.mkdir(parents=True)
    make_upscaler(place / "x4-pixel.onnx", net="repeat")
    make_upscaler(place / "x2-pixel.onnx", factor=2, net="repeat")
    for factor, size in (((), (160, 192)), (("--factor", "4"), (160, 192)), (("--factor", "2"), (80, 96))):
        assert run("upscale", "photo.png", *factor, "-o", "out.png").code == 0
        assert read_image("out.png").size == size


def test_folders_keep_their_tree_and_a_bad_file_does_not_stop_the_others(run: Run, folder: Path) -> None:
    (folder / "photos" / "sub").mkdir(parents=True)
    write_image("photos/a.png", np.zeros((8, 9, 3), np.float32))
    write_image("photos/sub/b.jpg", np.ones((10, 8, 3), np.float32))
    write_image("photos/dot.png", np.ones((2, 8, 3), np.float32))
    done = run("upscale", "photos", "--model", "x2.onnx", "-o", "out")
    assert done.code == 1
    assert "wrote 2 pictures to out" in done.err
    assert "failed: 'photos/dot.png' has only 8 x 2 pixels; both sides must be at least 4" in done.err
    assert read_image("out/a.png").size == (16, 18)
    assert read_image("out/sub/b.jpg").size == (20, 16)
    again = run("upscale", "photos", "--model", "x2.onnx", "-o", "out", "--json")
    assert [event["event"] for event in again.events] == ["skipped", "failed", "skipped", "done"]


def test_events_are_lines_of_json(run: Run) -> None:
    done = run("upscale", "photo.png", "--model", "x2.onnx", "-o", "out.png", "--json")
    made, ended = done.events
    assert (made["event"], made["path"], made["size"]) == ("made", "out.png", [80, 96])
    assert made["record"]["factor"] == 2
    assert (ended["event"], ended["made"], ended["failed"]) == ("done", 1, 0)
    assert done.err == ""


def test_a_terminal_shows_tiles(
    run: Run, folder: Path, make_upscaler: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_upscaler(folder / "tiled.onnx", factor=2, reach=1, width=upscaler.NUMBERS // 400)
    command = ("upscale", "photo.png", "--model", str(model), "-o", "out.png")
    assert "tiles" not in run(*command).err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    done = run(*command)
    assert "9/9" in done.err
    assert "tiles, writing" in done.err
    assert "impasto: wrote out.png (96 x 80) in " in done.err
    assert "tiles" not in run("upscale", "photo.png", "--model", "x2.onnx", "-o", "out.png").err  # it is one
    assert run(*command, "--quiet").err == ""
    events = run(*command, "--json")
    assert (events.err, [event["event"] for event in events.events]) == ("", ["made", "done"])


def test_the_bar_of_tiles_is_taken_away_after_an_error() -> None:
    stream = io.StringIO()
    tally = TileTally(Console(file=stream, force_terminal=True, width=100))

    def fail() -> None:
        with tally:
            tally.tile(1, 3)
            raise ImageWriteError("the disk is full")

    with pytest.raises(ImageWriteError):
        fail()
    assert "1/3" in stream.getvalue()
    assert tally.bar is not None
    assert not tally.bar.live.is_started


def test_transparency_stays(run: Run) -> None:
    alpha = np.zeros((40, 48), np.float32)
    alpha[:20] = 1
    write_image("clear.png", read_image("photo.png").pixels, alpha=alpha)
    assert run("upscale", "clear.png", "--model", "x2.onnx", "-o", "out.png", "--quiet").err == ""
    made = read_image("out.png")
    assert made.alpha is not None
    assert (made.alpha[:36] == 1).all()
    assert (made.alpha[44:] == 0).all()


def test_from_stdin_to_stdout() -> None:
    command = [sys.executable, "-m", "impasto", "upscale", "-", "--model", "x2.onnx", "-o", "-"]
    done = subprocess.run(command, input=Path("photo.png").read_bytes(), capture_output=True, check=True)
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert (image.format, image.size) == ("PNG", (96, 80))


def test_no_torch_is_loaded() -> None:
    code = """
import sys
from impasto.cli import main
assert main(["upscale", "photo.png", "--model", "x2.onnx", "-o", "out.png"]) == 0
sys.exit("torch" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("upscale", "no photo was given; write: impasto upscale PHOTO --factor 4 -o OUT.png"),
        ("upscale photo.png --model x2.onnx", "say where the picture goes"),
        ("upscale photo.png -o o.png", "no model for the factor 4; none is installed for any factor: give"),
        ("upscale photo.png -o o.png --factor 8", "train one with `impasto train superres --factor 8`"),
        ("upscale photo.png -o o.png --factor 3", 'value "3" for --factor. Choose from: 2, 4, 8'),
        ("upscale photo.png -o o.png --factor big", 'value "big" for --factor. Choose from: 2, 4, 8'),
        ("upscale photo.png -o o.png --factor 4 --model x2.onnx", "and the factor asked for is 4"),
        ("upscale photo.png -o o.png --model none.onnx", "none.onnx does not exist"),
        ("upscale photo.png -o o.png --model photo", "no model 'photo' for the factor 4"),
        ("upscale photo.png -o o.png --model photo.png", "photo.png is not an ONNX model, or is damaged"),
        ("upscale none.png -o o.png --model x2.onnx", "'none.png' does not exist"),
        (
            "upscale photo.png -o o.png --model x2.onnx --max-pixels 7679",
            "would become 96 x 80 = 7,680 pixels",
        ),
        ("upscale photo.png -o o.png --model x2.onnx --max-pixels 1919", "more than the limit of 1,919"),
        ("upscale photo.png -o o.xyz --model x2.onnx", "'.xyz', which no writer knows"),
        ("upscale photo.png -o no/o.png --model x2.onnx", "does not exist; create it first"),
        ("upscale photo.png -o photo.png --model x2.onnx", "is read, and would be overwritten"),
        ("upscale photo.png -o o.png --model x2.onnx --bit-depth 16", "16"),
        ("apply photo.png --style x2.onnx -o o.png", "makes pictures larger, and knows no style"),
    ],
)
def test_refusals(command: str, why: str, refused: Refused) -> None:
    refused(command, why)


def test_a_picture_that_is_too_small(refused: Refused) -> None:
    write_image("dot.png", np.zeros((3, 3, 3), np.float32))
    refused(
        "upscale dot.png -o o.png --model x2.onnx",
        "has only 3 x 3 pixels; both sides must be at least 4: give a larger picture",
    )


def test_a_brush_is_no_upscaler(refused: Refused) -> None:
    Path("great.brush").write_bytes(b"whatever is in it")
    for name in ("great.brush", "./great.brush"):
        refused(
            f"upscale photo.png -o o.png --model {name}",
            "great.brush is a brush, which makes no picture larger; give a model that `impasto train",
        )


def test_what_a_format_cannot_hold_is_refused_before_it_is_made(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frame(*_: object, **__: object) -> None:
        raise AssertionError("it was made, which may take minutes")

    write_image("wide.png", np.zeros((4, 8200, 3), np.float32))
    monkeypatch.setattr(Upscaler, "frame", frame)
    refused(
        "upscale wide.png -o o.webp --model x2.onnx",
        "'o.webp': 16400 x 8 pixels do not fit WEBP, which holds 16,383 a side; use .png or .tif",
    )


def test_killed_while_it_writes_the_old_picture_stays(folder: Path) -> None:
    code = """
import os, signal, sys
from impasto.cli import main
from impasto.image import atomic
atomic.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(main(["upscale", "photo.png", "--model", "x2.onnx", "-o", sys.argv[1]]))
"""
    Path("old.png").write_bytes(b"old")
    names = {path.name for path in folder.iterdir()}
    for name in ("old.png", "new.png"):
        done = subprocess.run([sys.executable, "-c", code, name], check=False, capture_output=True)
        assert done.returncode == -signal.SIGKILL
    assert Path("old.png").read_bytes() == b"old"
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} == names
