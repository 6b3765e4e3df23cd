"""What a process does with the memory that it frees."""

import platform
import subprocess
import sys

import pytest

GLIBC = platform.libc_ver()[0] == "glibc"

FAULTS = """
import resource
from impasto.studio.memory import keep_memory
if {keep}:
    assert keep_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
size = 2**26
b"x" * size
before = faults()
for _ in range(8):
    b"x" * size
print(faults() - before)
"""


def _faults(*, keep: bool) -> int:
    code = FAULTS.format(keep=keep)
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)


@pytest.mark.skipif(not GLIBC, reason="only glibc has the settings")
def test_memory_is_not_fetched_again() -> None:
    # In pages of 4 KiB 131072 against next to none, and 256 where the system gives pages of 2 MiB.
    assert 4 * _faults(keep=True) < _faults(keep=False)


def test_other_systems_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from impasto.studio import memory

    monkeypatch.setattr("sys.platform", "darwin")
    assert not memory.keep_memory()


def test_other_c_libraries_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from impasto.studio import memory

    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    assert not memory.keep_memory()
