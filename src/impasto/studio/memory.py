"""How this process hands out memory: feature maps come and go at every step, and always in the same sizes."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # of glibc's malloc.h
_LARGEST = 2**31 - 1
_AT_ONCE = 64 * 2**20


def keep_memory() -> bool:
    """Let this process keep the memory that it frees, for what it asks for next.

    Left to itself, glibc gives each large block back to the system and gets it anew, and the system clears it
    page by page: for feature maps that is done at every step, and takes longer than an elementwise operation
    on them (bench/memory.py). This holds for the whole process and cannot be undone, so it is for a program
    to call, once, before it starts to work; the commands do.

    Returns:
        Whether it was done. Elsewhere than on Linux with glibc nothing is.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # not in other C libraries
    if mallopt is None:
        return False
    settings = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _LARGEST), (_TOP_PAD, _AT_ONCE))
    return all(mallopt(what, value) == 1 for what, value in settings)
