"""Ctrl-C ends a command with one line, and nothing half-written."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = {
    "occlusion": "photo.png --weights tiny --size 200 --square 4 --stride 1 --batch 1",
    "sparse": ". --iterations 5000 --size 24",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_writes_nothing_and_says_so(name: str, folder: Path) -> None:
    Path("out.png").write_bytes(b"old")
    before = sorted(path.name for path in folder.iterdir())
    command = [sys.executable, "-m", "impasto", "reveal", name, *COMMANDS[name].split()]
    if name == "sparse":
        command += ["--photos-limit", "2"]
    process = subprocess.Popen(
        [*command, "-o", "out.png", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["step"] == 1
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "impasto: stopped at once; the picture was not written\n"
    assert Path("out.png").read_bytes() == b"old"
    assert sorted(path.name for path in folder.iterdir()) == before
