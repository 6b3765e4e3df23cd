"""What is refused costs one line on stderr and exit code 2, and leaves every file as it was."""

from pathlib import Path

import pytest

from impasto.cli import main

PAIR = "photo.png dots.png"

REFUSED = {
    "pant": '"pant"',
    "paint": "no content and no style",
    "paint photo.png -o out.png": "no style was given",
    "paint --texture -o out.png": "no style was given; write: impasto paint --texture STYLE",
    f"paint {PAIR}": "-o painting.png",
    f"paint {PAIR} -o": "-o requires an argument",
    f"paint {PAIR} -o out.xyz": "'.xyz'",
    f"paint {PAIR} -o no/out.png": "does not exist",
    f"paint {PAIR} -o .": "'.'",
    f"paint {PAIR} -o photo.png": "photo.png is read, and would be overwritten",
    f"paint {PAIR} -o ./dots.png": "dots.png is read, and would be overwritten",
    f"paint {PAIR} -o out.jpg --bit-depth 16": "16 bits",
    f"paint {PAIR} -o out.png --bit-depth 12": "Choose from: 8, 16",
    f"paint {PAIR} -o out.jpg --quality 0": "--quality",
    f"paint {PAIR} -o - --json": "both want stdout",
    f"paint {PAIR} -o - --save-every 2": "--save-every",
    "paint - - -o out.png": "stdin holds one",
    "paint none.png dots.png -o out.png": "'none.png' does not exist",
    "paint photo.png notes.txt -o out.png": "'notes.txt' is not a picture",
    f"paint {PAIR} -o out.png --max-pixels 100": "--max-pixels",
    f"paint {PAIR} -o out.png --max-pixels 0": "--max-pixels",
    f"paint {PAIR} -o out.png --seed x": "--seed",
    f"paint {PAIR} -o out.png --sed 1": "Did you mean --seed?",
    f"paint {PAIR} -o out.png --no-json": "--no-json",
    f"paint {PAIR} -o out.png --iterations 0": "iterations is 0",
    f"paint {PAIR} -o out.png --style-weight nan": "style_weight is nan",
    f"paint {PAIR} -o out.png --size big": "size is 'big'; give the longest side",
    f"paint {PAIR} -o out.png --size 0x3": "size",
    f"paint {PAIR} -o out.png --style-layers relu1_1:x": "style_layers is 'relu1_1:x'",
    f"paint {PAIR} -o out.png --style-layers relu1_1,relu1_1": "each once",
    f"paint {PAIR} -o out.png --weights tiny --style-layers relu9_9": "'relu9_9'",
    f"paint {PAIR} -o out.png --style-weights 1,2": "2 numbers for 1 style",
    f"paint {PAIR} -o out.png --style-weights one": "style_weights is 'one'",
    f"paint {PAIR} -o out.png --keep-color lum": '"luminance"',
    f"paint {PAIR} -o out.png --recipe gaty": "did you mean gatys?",
    f"paint {PAIR} -o out.png --weights none.pth": "none.pth",
    f"paint {PAIR} -o out.png --init none.png": "'none.png' does not exist",
    f"paint {PAIR} -o out.png --style-size 40 --style-scale 2": "give one of them",
    f"paint {PAIR} -o out.png --config none.toml": "none.toml cannot be read",
    f"paint {PAIR} -o out.png --config notes.txt": "notes.txt is not a TOML file",
    f"paint {PAIR} -o out.png --weights tiny --resume none.ckpt": "no checkpoint at none.ckpt",
    f"paint {PAIR} -o out.png --weights tiny --resume bad.ckpt": "is damaged",
    f"paint {PAIR} -o out.png --checkpoint night.png": "night.png is not a checkpoint",
    f"paint {PAIR} -o out.png --checkpoint photo.png": "photo.png is read",
    f"paint {PAIR} -o out.png --checkpoint out.png": "both go to out.png",
    f"paint {PAIR} -o out.png --checkpoint no/a.ckpt": "folder that does not exist",
    f"paint {PAIR} -o out.png --checkpoint .": "is a folder",
    f"paint {PAIR} -o out.png --checkpoint a.ckpt --checkpoint-every 0": "--checkpoint-every",
    f"paint {PAIR} -o out.png --save-every 2 --init out-0100.png": "out-0100.png is read",
    "paint --texture dots.png -o out.png --init content": "texture",
    "reproduce": "PICTURE",
    "reproduce none.png": "'none.png' does not exist",
    "reproduce photo.png": "carries no record",
    "reproduce photo.png -o photo.png": "photo.png is read",
}  # fmt: skip


def quick(command: str) -> list[str]:
    """Make what is not refused, because something broke, over in a second."""
    flags = {"--weights": "tiny", "--size": "32", "--iterations": "1"} if command.startswith("paint") else {}
    missing = [word for flag in flags if f"{flag} " not in command for word in (flag, flags[flag])]
    first, *rest = command.split()
    return [first, *missing, *rest]


@pytest.mark.parametrize("command", REFUSED)
def test_refusals(command: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "notes.txt").write_text("notes, not a picture")
    (folder / "out.png").write_bytes((folder / "night.png").read_bytes())
    (folder / "out-0100.png").write_bytes((folder / "night.png").read_bytes())
    (folder / "bad.ckpt").write_bytes(b"PK and then nothing")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    code = main(quick(command))
    out, err = capfd.readouterr()
    assert code == 2, err
    assert err.startswith("impasto: error: ")
    assert err.count("\n") == 1
    assert REFUSED[command] in err
    assert out == ""
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_divergence_is_named_and_not_written(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = {path.name for path in folder.iterdir()}
    huge = "--weights tiny --size 32 --iterations 5 --style-weight 1e38"
    assert main(f"paint {PAIR} -o out.png {huge}".split()) == 2
    err = capfd.readouterr().err
    assert err.startswith("impasto: error: ")
    assert " at step " in err
    assert "lower --style-weight" in err
    assert err.count("\n") == 1
    assert {path.name for path in folder.iterdir()} == before
