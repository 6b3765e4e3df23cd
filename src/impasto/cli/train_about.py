"""What the card of a network that is for no single painting says, beside how it was trained."""

from __future__ import annotations

from dataclasses import dataclass

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class AboutModel:
    """What the artifact's card says of what may be done with it."""

    license: str = "MIT"
    """Of the artifact, for the card."""

    attribution: str = ""
    """Whom to name when the artifact is passed on, for the card."""

    trained_on: str = ""
    """What the photos are, for the card; their number and folder's name when left away."""
