"""What the commands of `reveal` refuse costs one line and exit code 2, and leaves every file as it was."""

import subprocess
import sys
from pathlib import Path

import pytest

from impasto.cli import main

OCCLUSION = "reveal occlusion photo.png --weights tiny --size 32"
FEATURES = "reveal features photo.png --weights tiny --size 32"
SPARSE = "reveal sparse . --size 20 --filters 4 --filter-size 5 --iterations 1"

REFUSED = {
    "reveal occlusio": '"occlusio"',
    "reveal occlusion": "PHOTO",
    OCCLUSION: "say where the figure goes",
    f"{OCCLUSION} -o out.xyz": "'.xyz'",
    f"{OCCLUSION} -o no/out.png": "does not exist",
    f"{OCCLUSION} -o photo.png": "photo.png is read",
    f"{OCCLUSION} -o - --json": "both want stdout",
    f"{OCCLUSION} -o new.png --layer relu9_9": "conv1_1 ... conv5_4 and relu1_1 ... relu5_4",
    f"{OCCLUSION} -o new.png --layer relu51": "did you mean relu5_1",
    "reveal occlusion photo.png --weights tiny -o new.png --size 12": "shorter side must have at least 16",
    "reveal occlusion photo.png --weights tiny -o new.png --size 0": "for --size. Must be >= 1",
    f"{OCCLUSION} -o new.png --square 33": "square is 33, but must be 1 to 27",
    f"{OCCLUSION} -o new.png --square 4 --stride 5": "to leave no gaps",
    f"{OCCLUSION} -o new.png --channel 999 --layer relu2_1": "channel is 999, but the layer has 0 to",
    f"{OCCLUSION} -o new.png --channel -1": "--channel",
    f"{OCCLUSION} -o new.png --measure most": '"sum", "peak"',
    f"{OCCLUSION} -o new.png --batch 0": "--batch",
    f"{OCCLUSION} -o new.png --max-pixels 100": "--max-pixels",
    f"{OCCLUSION} -o new.png --device gpu": "--device",
    "reveal occlusion none.png --weights tiny -o new.png": "'none.png' does not exist",
    "reveal occlusion notes.txt --weights tiny -o new.png": "'notes.txt' is not a picture",
    "reveal occlusion photo.png --weights vgg -o new.png": "give one of vgg19-original",
    FEATURES: "say where the figure goes",
    f"{FEATURES} -o new.png --layer relu9_9": "conv1_1 ... conv5_4 and relu1_1 ... relu5_4",
    "reveal features photo.png --weights tiny -o new.png --size 7": "shorter side must have at least 8",
    f"{FEATURES} -o new.png --top 9999": "must be from 1 to",
    f"{FEATURES} -o new.png --top 0": "--top",
    f"{FEATURES} -o new.png --channels 3,x": "channels is '3,x'; give numbers from 0 up, for instance 3,17",
    f"{FEATURES} -o new.png --channels ,": "channels is ','",
    f"{FEATURES} -o new.png --channels 1,1": "each once",
    f"{FEATURES} -o new.png --channels 9999": "of 0 to",
    f"{FEATURES} -o new.png --part map --channels 9999": "the layer has 0 to",
    f"{FEATURES} -o new.png --channels 1 --top 3": "give one of them",
    f"{FEATURES} -o new.png --part map --photos .": "leave --photos away",
    f"{FEATURES} -o new.png --photos none": "'none' does not exist; give a folder of photos",
    f"{FEATURES} -o new.png --photos notes.txt": "'notes.txt' is a file; give a folder of photos",
    f"{FEATURES} -o new.png --photos empty": "there is no photo in 'empty'",
    f"{FEATURES} -o ./dots.png --photos .": "dots.png is read",
    "reveal sparse": "FOLDER",
    SPARSE: "say where the figure goes",
    f"{SPARSE} -o dots.png": "dots.png is read",
    "reveal sparse . -o new.png --size 20 --filter-size 21": "smaller than filters of 21 x 21",
    f"{SPARSE} -o new.png --weight -1": "give a number over 0",
    f"{SPARSE} -o new.png --filters 0": "--filters",
    f"{SPARSE} -o new.png --pool": "add --layers 2",
    f"{SPARSE} -o new.png --layers 3": "--layers",
    f"{SPARSE} -o new.png --layers 2 --connections 5": "choose from 1 to 4",
    f"{SPARSE} -o new.png --denoise 0": "--denoise",
    f"{SPARSE} -o new.png --max-pixels 100": "--max-pixels",
    "reveal sparse none -o new.png": "'none' does not exist",
    "reveal sparse broken -o new.png": "bad.png' is not a picture",
    "reveal network": "NAME",
    "reveal network vgg11": 'Choose from: "vgg16", "vgg19"',
    "reveal network vgg16 --size big": "size is 'big'; give one number of pixels for a square, or",
    "reveal network vgg16 --size 31": "its shorter side must have at least 32",
    "reveal network vgg16 --size 0x40": "size is '0x40'",
    "reveal network vgg16 --classifier --size 300x200": "at least 224",
    "reveal network vgg16 -o out.xyz": "'.xyz'",
}  # fmt: skip


@pytest.mark.parametrize("command", REFUSED)
def test_refusals(command: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "notes.txt").write_text("notes, not a picture")
    (folder / "empty").mkdir()
    (folder / "broken").mkdir()
    (folder / "broken" / "bad.png").write_text("no picture")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    code = main(command.split())
    out, err = capfd.readouterr()
    assert code == 2, err
    assert err.startswith("impasto: error: ")
    assert err.count("\n") == 1
    assert REFUSED[command] in err
    assert out == ""
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("command", ["occlusion", "features", "sparse", "network"])
def test_help_needs_neither_torch_nor_numpy(command: str) -> None:
    code = f"""
import sys
from impasto.cli import main
assert main(["reveal", "{command}", "--help"]) == 0
print("LOADED", [name for name in ("torch", "numpy", "PIL", "safetensors") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert lines[-1] == "LOADED []", done.stderr
    assert lines[0].startswith(f"Usage: impasto reveal {command} ")
    assert "--no-" not in done.stdout
    assert " --json " in done.stdout


def test_help_of_the_group_loads_no_command() -> None:
    code = """
import sys
from impasto.cli import main
assert main(["reveal", "--help"]) == 0
print([name for name in sys.modules if name.startswith(("impasto.studio", "impasto.image", "numpy"))])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    for command in ("content", "style", "grid", "features", "occlusion", "sparse", "network", "weights"):
        assert f" {command} " in done.stdout


MISSING = {
    OCCLUSION: "-o new.png",
    FEATURES: "-o new.png",
    SPARSE: "-o new.png",
    "reveal network vgg16": "",
}


@pytest.mark.parametrize("command", MISSING)
def test_missing_torch_is_named_with_its_remedy(command: str, folder: Path) -> None:
    arguments = f"{command} {MISSING[command]}".split()
    code = f"""
import sys
sys.modules["torch"] = None
from impasto.cli import main
sys.exit(main({arguments}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr == "impasto: error: revealing needs PyTorch: pip install 'impasto[studio]'\n"
