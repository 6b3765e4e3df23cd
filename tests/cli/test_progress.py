"""The progress bar."""

import io
import sys

import pytest
from rich.console import Console

from impasto.cli.output import Output
from impasto.cli.progress import Bar, clock
from impasto.cli.report import JsonLines, Report, make_report
from impasto.events import Progress


def test_shows_size_steps_loss_and_time_left() -> None:
    stream = io.StringIO()
    event = Progress(
        iteration=12, iterations=84, scale=512, size=(384, 512), loss=3.14159, losses={}, seconds=1, eta=75.2
    )
    with Bar(Console(file=stream, force_terminal=True, width=100)) as bar:
        bar.download(5_000_000, 80_000_000)
        bar.bar.refresh()
        bar.progress(event)
        bar.bar.refresh()
    shown = stream.getvalue()
    for part in ("5 MB of 80", "512 x 384", "12/84", "loss 3.142", "1:15 left"):
        assert part in shown


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00"), (75, "1:15"), (3725, "1:02:05")])
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_a_bar_only_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(make_report(Output())) is Report
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert isinstance(make_report(Output()), Bar)
    assert type(make_report(Output(quiet=True))) is Report
    assert isinstance(make_report(Output(json=True)), JsonLines)
