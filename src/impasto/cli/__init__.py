"""The command line, `impasto VERB ...`: the only place that prints."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from collections.abc import Sequence

SOME_FAILED = 1  # of many pictures; the others were made
USER_ERROR = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
BROKEN_PIPE = 141  # 128 + SIGPIPE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: As typed, without the program's name; those of the process when None.

    Returns:
        The exit code: 0; 1 where some of many pictures failed; 2 for what the user can put right,
        after one line on stderr; 130 after Ctrl-C.
    """
    try:
        return _guarded(sys.argv[1:] if arguments is None else arguments)
    except ImpastoError as error:
        return _fail(str(error))
    except MemoryError:
        return _fail("there is not enough memory; choose a smaller picture or --size")
    except RuntimeError as error:  # torch has no error of its own for a CPU's memory
        if "out of memory" not in str(error) and "not enough memory" not in str(error):
            raise
        return _fail("there is not enough memory on the device; choose a smaller --size")
    except KeyboardInterrupt:
        say("stopped at once; the picture was not written")
        return INTERRUPTED
    except BrokenPipeError:
        return BROKEN_PIPE
    finally:
        _close_stdout()


def _guarded(arguments: Sequence[str]) -> int:
    # Here, so that Ctrl-C while it loads is handled too.
    from impasto.cli.app import run

    return run(arguments)


def _fail(message: str) -> int:
    say(f"error: {message}")
    return USER_ERROR


def say(message: str) -> None:
    """Print one line on stderr, whatever is in the message."""
    print("impasto:", " ".join(message.split()), file=sys.stderr)


def _close_stdout() -> None:
    """Flush stdout; where nobody reads it any more, spare the user Python's complaint when it exits."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
