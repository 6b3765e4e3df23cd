"""What the command-line tests share: a folder with small pictures, and the command as a function."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto.cli import main
from impasto.image import write_image


@dataclass(frozen=True)
class Ran:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with photo.png (48 x 40) and the styles dots.png and night.png."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:40, 0:48].astype(np.float32) / 48
    write_image("photo.png", np.stack([x, y, (x + y) / 2], axis=2))
    dots = random.random((40, 40, 3), dtype=np.float32)
    write_image("dots.png", dots)
    write_image("night.png", dots**3)
    return tmp_path


@pytest.fixture
def run(folder: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """`impasto ARGUMENTS` in `folder`, in this process."""

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        code = main(arguments)
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture
def refused(run: Run, folder: Path) -> Callable[[str, str], None]:
    """See that a command costs one line, which says why, exit code 2, and nothing that was in `folder`."""

    def refused(command: str, why: str) -> None:
        before = {path: path.read_bytes() for path in folder.iterdir()}
        done = run(*command.split())
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert done.err.startswith("impasto: error: ")
        assert why in done.err
        assert {path: path.read_bytes() for path in folder.iterdir()} == before

    return refused
