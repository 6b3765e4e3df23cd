"""What the commands share: where figures go, what is told on the way, and numbers that JSON can hold."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from impasto.cli.output import Output
from impasto.cli.reveal.bar import BarWatch
from impasto.cli.reveal.figure import (
    JsonWatch,
    Watch,
    check_figure,
    deliver,
    photo_name,
    plain,
    spell,
    watching,
)
from impasto.errors import ConfigError, ImageWriteError
from impasto.image import read_image

PIXELS = np.linspace(0, 1, 5 * 7 * 3, dtype=np.float32).reshape(5, 7, 3)


def test_the_figure_is_written_and_said(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert deliver(PIXELS, Output(output="out.png"), {"a": 1}) == 0
    out, err = capfd.readouterr()
    assert (out, err) == ("", "impasto: wrote out.png (7 x 5)\n")
    np.testing.assert_allclose(read_image("out.png").pixels, PIXELS, atol=0.5 / 255 + 1e-6)


def test_json_tells_the_numbers_last(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    numbers = {"a": torch.tensor([[1.0, float("inf")]]), "b": {"c": (np.float32(0.5), None, "x")}}
    deliver(PIXELS, Output(output="out.png", json=True), numbers)
    out, err = capfd.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "event": "done",
        "path": "out.png",
        "size": [5, 7],
        "numbers": {"a": [[1.0, None]], "b": {"c": [0.5, None, "x"]}},
    }


def test_quiet_says_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    deliver(PIXELS, Output(output="out.png", quiet=True), {})
    assert capfd.readouterr() == ("", "")


def test_the_figure_is_checked_before_any_work(folder: Path) -> None:
    assert check_figure(Output(output="out.png"), ["photo.png", "-"]) == "out.png"
    with pytest.raises(ConfigError, match=r"-o figure\.png"):
        check_figure(Output())
    with pytest.raises(ConfigError, match="would be overwritten"):
        check_figure(Output(output="./photo.png"), ["dots.png", "photo.png"])
    with pytest.raises(ImageWriteError, match=r"\.xyz"):
        check_figure(Output(output="out.xyz"))


def test_who_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(watching(Output())) is Watch
    assert type(watching(Output(json=True))) is JsonWatch
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert type(watching(Output())) is BarWatch
    assert type(watching(Output(quiet=True))) is Watch


def test_steps_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with watching(Output(json=True)) as watch:
        watch.step(2, 5, "covered", {"loss": float("nan")})
        watch.download(1, 2)
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == {"event": "progress", "step": 2, "steps": 5, "what": "covered", "loss": None}
    assert second["event"] == "download"


def test_steps_as_a_bar() -> None:
    stream = io.StringIO()
    with BarWatch(Console(file=stream, force_terminal=True, width=100)) as watch:
        watch.step(3, 17, "covered", {"loss": 3.14159})
        watch.bar.refresh()
    for part in ("covered", "3/17", "loss 3.142"):
        assert part in stream.getvalue()


def test_what_json_has_not() -> None:
    assert plain({1: [float("-inf"), True, 3]}) == {"1": [None, True, 3]}


@pytest.mark.parametrize(
    ("number", "spelled"),
    [(10020.4, "10,020"), (-5713.2, "-5,713"), (999.44, "999.4"), (0.0123446, "0.01234"), (0.0, "0")],
)
def test_numbers_are_spelled(number: float, spelled: str) -> None:
    assert spell(number) == spelled


def test_a_photo_is_called_by_its_name() -> None:
    assert (photo_name("a/b.jpg"), photo_name("-")) == ("b.jpg", "stdin")
