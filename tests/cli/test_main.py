"""What all commands share: help without torch, one line for an error, and the exit codes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import impasto.cli
from impasto import __version__
from impasto.cli import main


def python(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, **options
    )


@pytest.mark.parametrize("arguments", [["--help"], ["paint", "--help"], ["recipes"], ["--version"]])
def test_help_needs_neither_torch_nor_numpy(arguments: list[str]) -> None:
    code = f"""
import sys
from impasto.cli import main
assert main({arguments}) == 0
print("LOADED", [name for name in ("torch", "numpy", "PIL", "safetensors") if name in sys.modules])
"""
    done = python(code)
    assert done.stdout.splitlines()[-1] == "LOADED []", done.stderr


def test_root_help_loads_no_command() -> None:
    code = (
        "import sys; from impasto.cli import main; main(['--help']); print('impasto.studio' in sys.modules)"
    )
    assert python(code).stdout.splitlines()[-1] == "False"


def test_help_of_paint_lists_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paint", "--help"]) == 0
    shown = capsys.readouterr().out
    flags = """
        --recipe --size --iterations --content-weight --style-weight --style-weights --style-size
        --style-scale --tv-weight --content-layers --style-layers --pooling --init --optimizer
        --keep-color --seed --device --precision --save-every --checkpoint --checkpoint-every --resume
        --config --json --quiet --quality --bit-depth --max-pixels --weights --texture --output
    """
    for flag in flags.split():
        assert f" {flag} " in shown
    for absent in ("--no-", "--empty", "--preview-every", "--flags"):
        assert absent not in shown
    assert "longest side" in shown.lower()  # from the docstrings of PaintConfig
    assert "Weight of the content loss" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


def test_recipes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes"]) == 0
    shown = capsys.readouterr().out
    assert "impasto (default)" in shown
    assert "gatys " in shown


def test_missing_torch_is_named_with_its_remedy() -> None:
    code = """
import sys
sys.modules["torch"] = None
from impasto.cli import main
sys.exit(main(["paint", "a.png", "b.png", "-o", "c.png"]))
"""
    done = python(code)
    assert done.returncode == 2
    assert done.stderr == "impasto: error: painting needs PyTorch: pip install 'impasto[studio]'\n"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MemoryError(), 2, "impasto: error: there is not enough memory; choose a smaller picture or "
         "--size\n"),
        (RuntimeError("CUDA out of memory.\nTried"), 2, "impasto: error: there is not enough memory on the "
         "device; choose a smaller --size\n"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried"), 2, "impasto: error: there is not "
         "enough memory on the device; choose a smaller --size\n"),
        (KeyboardInterrupt(), 130, "impasto: stopped at once; the picture was not written\n"),
        (BrokenPipeError(), 141, ""),
    ],
)  # fmt: skip
def test_exit_codes(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(impasto.cli, "_guarded", fail)
    assert main(["paint"]) == code
    assert capsys.readouterr().err == said


def test_other_runtime_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(impasto.cli, "_guarded", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["paint"])


BUFFERED = "import impasto.cli as c; c._guarded = lambda _: print('a line') or 0; c.main([])"


@pytest.mark.parametrize(
    "arguments", [["-m", "impasto", "--help"], ["-c", BUFFERED]], ids=["help", "buffered"]
)
def test_a_reader_that_goes_away_costs_no_traceback(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, *arguments]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, env=env)
    os.close(writing)
    assert done.stderr == ""


def test_events_without_a_reader_end_the_run(folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    flags = "paint photo.png dots.png -o out.png --weights tiny --size 32 --iterations 3 --json"
    command = [sys.executable, "-m", "impasto", *flags.split()]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
    assert not Path("out.png").exists()
