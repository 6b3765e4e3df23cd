"""The progress bar of the commands of `reveal`, on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from impasto.cli.progress import Bar
from impasto.cli.reveal.figure import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping


class BarWatch(Bar, Watch):
    """One line: what is done, bar, steps, numbers."""

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def step(self, step: int, steps: int, what: str = "", numbers: Mapping[str, float] | None = None) -> None:
        """Show a step."""
        told = "".join(f"  {name} {number:.4g}" for name, number in (numbers or {}).items())
        self._show(what, step, steps, f"{step}/{steps}{told}")
