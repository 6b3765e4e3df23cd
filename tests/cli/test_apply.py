"""`impasto apply` on one photo: what is written, where, and what is said."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from impasto.cli import main
from impasto.image import read_image, read_record, write_image

Run = Callable[..., Any]
Make = Callable[..., Path]

ONE = ("apply", "photo.png", "--style", "invert.onnx")


@pytest.fixture(autouse=True)
def style(folder: Path, make_model: Make) -> Path:
    """invert.onnx in the current folder."""
    return make_model(folder / "invert.onnx")


def inverted(path: str) -> Any:
    return pytest.approx(1 - read_image(path).pixels, abs=1e-6)


def test_writes_the_picture_and_says_so(run: Run) -> None:
    done = run(*ONE, "-o", "out.png")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("impasto: wrote out.png (48 x 40) in 0.")
    assert read_image("out.png").pixels == inverted("photo.png")
    text = read_record("out.png")
    assert text is not None
    record = json.loads(text)
    assert (record["verb"], record["style"]["name"], record["settings"]) == ("apply", "invert", {})


def test_settings(run: Run) -> None:
    assert run(*ONE, "-o", "out.png", "--strength", "0", "--size", "24", "--quiet").err == ""
    assert read_image("out.png").size == (20, 24)
    assert run(*ONE, "-o", "same.png", "--strength", "0").code == 0
    assert np.array_equal(read_image("same.png").pixels, read_image("photo.png").pixels)
    flags = ("--strength", "0.5", "--keep-color", "linear", "--engine", "onnxruntime", "--threads", "1")
    done = run(*ONE, "-o", "all.jpg", *flags, "--quality", "80", "--json")
    record = done.events[0]["record"]
    assert record["settings"] == {"strength": 0.5, "keep_color": "linear"}
    assert record["engine"] == "onnxruntime"


def test_json_lines(run: Run) -> None:
    done = run(*ONE, "-o", "out.png", "--json")
    assert (done.code, done.err) == (0, "")
    made, end = done.events
    assert (made["event"], made["source"], made["path"], made["size"]) == (
        "made", "photo.png", "out.png", [40, 48]
    )  # fmt: skip
    assert made["seconds"] > 0
    text = read_record("out.png")
    assert text is not None
    assert made["record"] == json.loads(text)
    assert (end["event"], end["complete"], end["made"], end["skipped"], end["failed"]) == (
        "done", True, 1, 0, 0
    )  # fmt: skip


def test_alpha_stays(run: Run, folder: Path) -> None:
    alpha = np.zeros((40, 48), np.float32)
    alpha[:, 24:] = 1
    write_image("clear.png", read_image("photo.png").pixels, alpha=alpha)
    assert run("apply", "clear.png", "--style", "invert.onnx", "-o", "out.png").code == 0
    made = read_image("out.png").alpha
    assert made is not None
    assert np.array_equal(made, alpha)


def test_an_old_picture_is_replaced_as_paint_does(run: Run, folder: Path) -> None:
    Path("out.png").write_bytes(b"old")
    assert run(*ONE, "-o", "out.png").code == 0
    assert read_image("out.png").size == (40, 48)


def test_one_photo_into_a_folder_keeps_its_name(run: Run, folder: Path) -> None:
    Path("out").mkdir()
    assert run(*ONE, "-o", "out").code == 0
    assert read_image("out/photo.png").pixels == inverted("photo.png")


def test_16_bits(run: Run) -> None:
    pytest.importorskip("pyvips")
    assert run(*ONE, "-o", "out.png", "--bit-depth", "16", "--strength", "0.3").code == 0
    levels = read_image("out.png").pixels * 255
    assert np.abs(levels - levels.round()).max() > 0.01


def test_stdin_and_stdout(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    class Stdin:
        buffer = io.BytesIO(Path("photo.png").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin())
    assert main(["apply", "-", "--style", "invert.onnx", "-o", "-"]) == 0
    out, err = capfdbinary.readouterr()
    assert err.startswith(b"impasto: wrote stdout (48 x 40)")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(out))), 255 - np.asarray(Image.open("photo.png")))


def test_a_style_by_its_name(run: Run, make_model: Make, folder: Path) -> None:
    home = Path(os.environ["IMPASTO_HOME"]) / "models"
    home.mkdir(exist_ok=True)
    path = make_model(home / "soft.onnx", net="blur")
    assert run("apply", "photo.png", "--style", "soft", "-o", "out.png").code == 0
    assert "soft" in [line.split()[0] for line in run("styles").out.splitlines()]
    path.unlink()


def test_a_full_disk_leaves_the_old_picture(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from impasto.image import write

    def full(name: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    Path("out.png").write_bytes(b"old")
    monkeypatch.setattr(write, "write_atomically", full)
    done = run(*ONE, "-o", "out.png")
    assert done.code == 2
    assert "No space left" in done.err
    assert Path("out.png").read_bytes() == b"old"


def test_reproduce_says_how_to_make_it_again(run: Run) -> None:
    assert run(*ONE, "-o", "out.png", "--strength", "0.5", "--keep-color", "linear").code == 0
    done = run("reproduce", "out.png")
    assert done.code == 2
    assert done.err == (
        "impasto: error: out.png: `impasto apply` made it; write: impasto apply photo.png "
        "--style invert.onnx --strength 0.5 --keep-color linear -o OUT\n"
    )


LOADED = """
import sys
from impasto.cli import main
code = main(sys.argv[1:])
print([name for name in ("torch", "onnx", "onnxruntime", "impasto.studio") if name in sys.modules])
sys.exit(code)
"""


def test_neither_torch_nor_the_studio_nor_a_second_engine_is_loaded(folder: Path) -> None:
    command = [sys.executable, "-c", LOADED, *ONE, "-o", "out.png", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("verb", ["apply", "styles", "inspect"])
def test_help_needs_no_numpy(verb: str) -> None:
    code = f"""
import sys
from impasto.cli import main
assert main(["{verb}", "--help"]) == 0
print([name for name in ("numpy", "PIL", "openvino", "onnxruntime") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_lists_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--help"]) == 0
    shown = capsys.readouterr().out
    for flag in ("--style", "--output", "--size", "--strength", "--stroke", "--base", "--keep-color",
                 "--engine", "--threads", "--json", "--quiet", "--quality", "--bit-depth",
                 "--max-pixels", "--force"):  # fmt: skip
        assert f" {flag} " in shown
    assert "--no-" not in shown


REFUSED = {
    "apply": "--style",
    "apply --style invert.onnx": "no photo was given",
    "apply photo.png --style": "--style requires an argument",
    "apply photo.png -o out.png": "--style",
    "apply photo.png --style invert.onnx": "-o stylized.png",
    "apply none.png --style invert.onnx -o out.png": "'none.png' does not exist",
    "apply notes.txt --style invert.onnx -o out.png": "'notes.txt' is not a picture",
    "apply dot.png --style invert.onnx -o out.png": "1 x 1 pixels; the longest side must be at least 16",
    "apply photo.png --style invrt -o out.png": "there is no style 'invrt'",
    "apply photo.png --style none.onnx -o out.png": "none.onnx does not exist",
    "apply photo.png --style notes.onnx -o out.png": "notes.onnx is not an ONNX model",
    "apply photo.png --style dots.png -o out.png": "no base is installed, and brushes and paintings need one",
    "apply photo.png --style dots.png:1,night.png:2 -o out.png": "no base is installed",
    "apply photo.png --style dots.png --base none -o out.png": "none is not a folder; give the folder",
    "apply photo.png --style dots.png --base sub -o out.png": "transform.onnx does not exist",
    "apply photo.png --style notes.brush -o out.png": "notes.brush is not a safetensors file",
    "apply photo.png --style none.brush -o out.png": "none.brush does not exist",
    "apply photo.png --style dots.png,night.png -o out.png": "'dots.png' in it has no share",
    "apply photo.png --style dots.png:0 -o out.png": "the share of dots.png is 0",
    "apply photo.png --style dots.png:1,invert.onnx:1 -o out.png": "and invert.onnx is a model",
    "apply photo.png dots.png --style invert.onnx --stroke 2.5 -o out": "stroke is 2.5; choose from 0.5",
    "apply photo.png --style invert.onnx --stroke 3 -o out.png": "stroke is 3.0; choose from 0.5",
    "apply photo.png --style . -o out.png": ". is not a file",
    "apply photo.png --style ./sub -o out.png": "sub is not a file",
    "apply photo.png --style invert.onnx -o out.xyz": "'.xyz'",
    "apply photo.png --style invert.onnx -o no/out.png": "does not exist",
    "apply photo.png --style invert.onnx -o photo.png": "photo.png is read, and would be overwritten",
    "apply photo.png --style invert.onnx -o sub/../photo.png": "would be overwritten",
    "apply photo.png --style invert.onnx -o .": "photo.png is read, and would be overwritten",
    "apply photo.png --style invert.onnx -o out.jpg --bit-depth 16": "16 bits",
    "apply photo.png --style invert.onnx -o out.png --strength 2": "strength is 2.0",
    "apply photo.png --style invert.onnx -o out.png --strength x": "--strength",
    "apply photo.png --style invert.onnx -o out.png --size 0": "size is 0",
    "apply photo.png --style invert.onnx -o out.png --size 8": "at least 16",
    "apply photo.png --style invert.onnx -o out.png --keep-color lum": '"luminance"',
    "apply photo.png --style invert.onnx -o out.png --engine torch": "openvino",
    "apply photo.png --style invert.onnx -o out.png --threads 0": "--threads",
    "apply photo.png --style invert.onnx -o out.png --max-pixels 100": "--max-pixels",
    "apply photo.png --style invert.onnx -o - --json": "both want stdout",
    "apply - - --style invert.onnx -o out": "stdin holds one",
    "apply photo.png dots.png --style invert.onnx -o out.png": "several pictures need a folder",
    "apply photo.png dots.png --style invert.onnx -o -": "several pictures need a folder",
    "apply photo.png dots.png --style invert.onnx -o notes.txt": "several pictures need a folder",
    "apply photo.png dots.png --style invert.onnx -o .": "photo.png is read, and would be overwritten",
    "apply . --style invert.onnx -o .": "would be overwritten",
    "apply sub --style invert.onnx -o out": "there is no picture in sub",
    "apply photo.png sub/../photo.png --style none.onnx -o out": "would both become",
    "inspect": "FILE",
    "inspect none.png": "none.png does not exist",
    "inspect photo.png": "photo.png is a picture without a record",
    "inspect notes.txt": "neither a picture nor a model or brush",
    "inspect notes.onnx": "notes.onnx is not an ONNX model",
    "inspect notes.brush": "notes.brush is not a safetensors file",
    "inspect notes.safetensors": "notes.safetensors is not a safetensors file",
    "inspect sub": "there is no style 'sub'",
    "inspect .": ". is not a file",
    "inspect invrt": "there is no style 'invrt'",
    "styles -o out.png": "write: impasto styles --sheet PHOTO -o sheet.png",
    "styles --sheet photo.png": "say where the sheet goes",
    "styles --sheet photo.png -o out.png": "no style is installed",
}  # fmt: skip


@pytest.mark.parametrize("command", REFUSED)
def test_refusals(command: str, run: Run, folder: Path, no_base: Path) -> None:
    for suffix in ("brush", "safetensors"):
        Path(f"notes.{suffix}").write_text("notes, not a brush")
    Path("notes.txt").write_text("notes, not a picture")
    Path("notes.onnx").write_text("notes, not a model")
    Path("sub").mkdir()
    write_image("dot.png", np.zeros((1, 1, 3), np.float32))
    before = {path.name: path.is_file() and path.read_bytes() for path in folder.iterdir()}
    done = run(*command.split())
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done
    assert done.err.startswith("impasto: error: ")
    assert REFUSED[command] in done.err
    assert {path.name: path.is_file() and path.read_bytes() for path in folder.iterdir()} == before
