"""A worker process that is asked a line at a time, and answers each with a line of JSON.

So contenders can be of another Python, and keep their threads and their memory to themselves.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any


class Contender:
    """A worker that is running; what it says of itself once it is ready is `loaded`."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.loaded = self._answer()

    def ask(self, line: str) -> dict[str, Any]:
        """Send a line, and return the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        """Let the process end."""
        self.process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args!r} has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer
