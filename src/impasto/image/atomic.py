"""Write a file so that a reader, or a process killed halfway, never leaves half of it."""

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def write_atomically(path: str, data: bytes | Iterable[bytes]) -> None:
    """Write `data` to a temporary file in the same folder, flush it to the disk, and rename it over `path`.

    A new file gets the permissions that the umask allows, a replaced one keeps its own. A symbolic link
    stays, and the file it points to is replaced.

    Args:
        path: where the file goes.
        data: the whole file, or its pieces in order.

    Raises:
        OSError: as the system reports it; the temporary file is gone and `path` is as it was.
    """
    target = Path(path).resolve()
    temporary, descriptor = _create_beside(target)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    except BaseException:  # an interrupt, too, must not leave the temporary file
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(target.parent)


def check_writable(path: str) -> None:
    """Create and remove a temporary file beside `path`; only the system knows what it allows.

    Permission bits alone say nothing about read-only disks, access lists, quotas or a user who is root.

    Args:
        path: where a file is to go.

    Raises:
        OSError: as the system reports it.
    """
    temporary, descriptor = _create_beside(Path(path).resolve())
    try:
        os.close(descriptor)
    finally:
        temporary.unlink()


def _create_beside(target: Path) -> tuple[Path, int]:
    # A name of our own, not one made from the target's, which may already be as long as names may be. Mode
    # 0o666 lets the kernel take the umask off; asking Python for the umask would change it for all threads.
    temporary = target.parent / f".impasto-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return temporary, os.open(temporary, flags, 0o666)


def _flush_folder(folder: Path) -> None:
    """Make the rename itself last; not every system can open a folder, and the file is whole either way."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
