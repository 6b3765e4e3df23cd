"""The text of a blend, `a:0.6,b:0.4`: styles and how much of each."""

from __future__ import annotations

import math
from pathlib import Path

from impasto.errors import ArtifactError

EXAMPLE = "write for instance wave:0.6,night.jpg:0.4"


def parse_blend(text: str) -> list[tuple[str, float]] | None:
    """Return the parts of a blend, or None for what is the name or path of one style.

    Args:
        text: Parts, separated by commas, each with a colon and a share above 0. What is a file is no blend,
            whatever is in its name.

    Raises:
        ArtifactError: A part has no share, or one that is not above 0.
    """
    if Path(text).is_file() or not _is_blend(text):
        return None
    return [_part(each.strip(), text) for each in text.split(",")]


def _is_blend(text: str) -> bool:
    _, colon, tail = text.rpartition(":")
    return "," in text or (bool(colon) and _number(tail) is not None)


def _part(part: str, text: str) -> tuple[str, float]:
    name, _, said = part.rpartition(":")
    share = _number(said)
    if not name or share is None:
        raise ArtifactError(f"{text!r} is no file, and as a blend {part!r} in it has no share; {EXAMPLE}")
    if not 0 < share < math.inf:
        raise ArtifactError(f"the share of {name} is {said}, and must be above 0; {EXAMPLE}")
    return name, share


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
