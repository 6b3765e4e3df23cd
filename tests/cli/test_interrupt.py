"""What a run survives: Ctrl-C, and being killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from impasto.cli import main
from impasto.cli.output import Output
from impasto.cli.report import Report
from impasto.cli.work import stopping, work
from impasto.events import Done
from impasto.image import read_image, read_record

LONG = ("--weights", "tiny", "--size", "32", "--iterations")


def start(*arguments: str) -> subprocess.Popen[str]:
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}  # the same sums in the same order
    return subprocess.Popen(
        [sys.executable, "-m", "impasto", "paint", "photo.png", "dots.png", *arguments, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **threads},
    )


def wait_for_step(process: subprocess.Popen[str], step: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("iteration") == step:
            return
    raise AssertionError(process.communicate()[1])


def test_ctrl_c_keeps_the_best_picture_and_says_so(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    process = start(*LONG, "2000", "-o", "out.png", "--checkpoint", "a.ckpt", "--checkpoint-every", "5000")
    wait_for_step(process, 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.startswith("impasto: stopped after ")
    assert " of 2000 steps; wrote out.png (32 x 27), the best picture so far; " in err
    assert err.endswith("go on with --resume a.ckpt\n")
    assert err.count("\n") == 1
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["complete"]) == ("done", False)
    assert Path("a.ckpt").exists()
    text = read_record("out.png")
    assert text is not None
    assert json.loads(text)["stopped_after"] >= 3
    assert main(["reproduce", "out.png", "--quiet"]) == 0
    assert Path("out-reproduced.png").read_bytes() == Path("out.png").read_bytes()


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_killed_and_resumed_gives_the_same_picture(optimizer: str, folder: Path) -> None:
    flags = (*LONG, "60", "--optimizer", optimizer)
    command = ["paint", "photo.png", "dots.png", *flags, "--quiet", "-o"]
    assert main([*command, "whole.png"]) == 0
    process = start(*flags, "-o", "out.png", "--checkpoint", "a.ckpt", "--checkpoint-every", "1")
    wait_for_step(process, 7)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not Path("out.png").exists()
    before = Path("a.ckpt").read_bytes()
    assert main([*command, "out.png", "--resume", "a.ckpt", "--checkpoint-every", "10"]) == 0
    assert Path("out.png").read_bytes() == Path("whole.png").read_bytes()
    assert Path("a.ckpt").read_bytes() != before  # it goes on being written
    assert not [path for path in folder.iterdir() if path.suffix == ".tmp" and path.stat().st_size == 0]


def test_a_checkpoint_of_another_job_is_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = ["paint", "photo.png", "dots.png", *LONG, "2", "--quiet", "-o", "out.png"]
    assert main([*command, "--checkpoint", "a.ckpt", "--checkpoint-every", "1"]) == 0
    kept = Path("a.ckpt").read_bytes()
    assert main([*command, "--resume", "a.ckpt", "--seed", "3"]) == 2
    assert "belongs to another job: settings differ" in capfd.readouterr().err
    assert Path("a.ckpt").read_bytes() == kept


class FakeJob:
    stopped = False

    def stop(self) -> None:
        self.stopped = True


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_ctrl_c_stops_and_the_second_ends() -> None:
    job: Any = FakeJob()
    before = signal.getsignal(signal.SIGINT)
    with stopping(job) as seen:
        interrupt()
        assert job.stopped
        assert seen.happened
        with pytest.raises(KeyboardInterrupt):
            interrupt()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        job: Any = FakeJob()
        with stopping(job):
            interrupt()
        assert not job.stopped
    finally:
        signal.signal(signal.SIGINT, before)


def test_stopped_before_the_first_step_writes_nothing(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def events() -> Iterator[Done]:
        interrupt()
        yield Done(image=None, complete=False, seconds=0.0)

    Path("out.png").write_bytes(b"old")
    job: Any = FakeJob()
    assert work(job, events(), "out.png", Output(), Report()) == 130
    assert capfd.readouterr().err == "impasto: stopped; nothing was written, as there is no picture yet\n"
    assert Path("out.png").read_bytes() == b"old"


def test_a_ctrl_c_that_comes_too_late_changes_nothing(folder: Path) -> None:
    image = read_image("photo.png").pixels

    def events() -> Iterator[Done]:
        interrupt()
        yield Done(image=image, seconds=0.0)

    job: Any = FakeJob()
    assert work(job, events(), "out.png", Output(quiet=True), Report()) == 0
    assert Path("out.png").exists()
