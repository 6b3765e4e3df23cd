"""What a training leaves of its losses: JSON lines, TensorBoard's event files, and a picture of curves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorboardX import SummaryWriter

from impasto.errors import ImageWriteError
from impasto.image import draw_curves
from impasto.studio.train.events import HeldOut, RolledBack, TrainProgress

if TYPE_CHECKING:
    import os
    from types import TracebackType
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

LINES = "losses.jsonl"
"""Name of the file of JSON lines."""

_POINTS = 300
"""Points of a curve, each the mean of what it stands for; a step's loss depends on its photos too."""


class LossLog:
    """A folder that the events of a training are written to.

    Args:
        folder: Made where it is missing.
        step: Steps done before; what an earlier run wrote beyond them is taken away, all of it for 0.

    Raises:
        ImageWriteError: When nothing can be written there.
    """

    def __init__(self, folder: str | os.PathLike[str], step: int = 0) -> None:
        self.folder = Path(folder)
        self.path = self.folder / LINES
        try:
            self.folder.mkdir(exist_ok=True)
            if not step:
                for old in self.folder.glob("events.out.tfevents.*"):
                    old.unlink()  # or TensorBoard would draw one training over another
            kept = [line for line in _read(self.path) if line["iteration"] <= step]
            self.path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
            self.file = self.path.open("a", encoding="utf-8")
        except OSError as error:
            raise ImageWriteError(
                f"losses cannot be written to {str(folder)!r} ({error.strerror}); choose another place"
            ) from error
        self.board = SummaryWriter(str(self.folder), purge_step=step + 1 if step else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self.file.close()
        self.board.close()

    def write(self, event: object) -> None:
        """Write an event that tells of losses; others are left alone."""
        if isinstance(event, TrainProgress):
            told = {"rate": event.learning_rate, "size": event.size, "seconds": round(event.seconds, 3)}
            self._line(
                {"iteration": event.iteration, "loss": event.loss, "losses": dict(event.losses), **told}
            )
            self._scalars("loss", event.losses, event.loss, event.iteration)
            self.board.add_scalar("rate", event.learning_rate, event.iteration)
            self.board.add_scalar("images_per_second", event.images_per_second, event.iteration)
        elif isinstance(event, HeldOut):
            loss = sum(event.losses.values())
            self._line({"iteration": event.iteration, "held_out": loss, "losses": dict(event.losses)})
            self._scalars("held_out", event.losses, loss, event.iteration)
        elif isinstance(event, RolledBack):
            self._line({"iteration": event.iteration, "rolled_back_to": event.to, "reason": event.reason})

    def curves(self, title: str) -> NDArray[np.float32] | None:
        """Draw the losses by term, as the file has them; None where there are none yet."""
        found: dict[str, list[tuple[float, float]]] = {}
        for line in _read(self.path):
            held = "held_out" in line
            terms = (
                {"held-out photos": line["held_out"]} if held else {"loss": line["loss"], **line["losses"]}
            )
            for name, value in terms.items():
                found.setdefault(name, []).append((line["iteration"], value))
        curves = {name: _thinned(curve) for name, curve in found.items()}
        if not any(value > 0 for curve in curves.values() for _, value in curve):
            return None
        return draw_curves(curves, title=title)

    def _line(self, line: dict[str, Any]) -> None:
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()

    def _scalars(self, group: str, losses: Any, loss: float, step: int) -> None:
        self.board.add_scalar(group, loss, step)
        for name, value in losses.items():
            self.board.add_scalar(f"{group}/{name}", value, step)


def _read(path: Path) -> list[dict[str, Any]]:
    """Return the lines that count: none that a training went back from, and no last one that was cut off."""
    found: list[dict[str, Any]] = []
    if not path.exists():
        return found
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            break
        if "rolled_back_to" in line:
            found = [before for before in found if before["iteration"] <= line["rolled_back_to"]]
        else:
            found.append(line)
    return found


def _thinned(curve: list[tuple[float, float]]) -> list[tuple[float, float]]:
    length = -(-len(curve) // _POINTS)
    runs = [curve[start : start + length] for start in range(0, len(curve), length)]
    return [(run[len(run) // 2][0], sum(value for _, value in run) / len(run)) for run in runs]
