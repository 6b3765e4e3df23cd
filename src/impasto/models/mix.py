"""The weighted mean of brushes, and the card that says of which."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.errors import ArtifactError
from impasto.models.artifact import Card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impasto.models.brush import Brush

    Part = tuple[Brush, float]

SHOWN = 12
"""Hex digits of a hash that messages show."""


def mix(shares: Sequence[Part]) -> dict[str, Any]:
    """Return the fields of the mean of brushes.

    Args:
        shares: Brushes, and how much of each; at least one, all above 0.

    Raises:
        ArtifactError: A share is not valid, or the brushes do not go together.
    """
    _check_shares(shares)
    total = math.fsum(share for _, share in shares)
    parts = [(brush, share / total) for brush, share in shares]
    _check_base(parts)
    return {
        "code": _mean([(brush.code, share) for brush, share in parts]),
        "filters": _side_by_side(parts),
        "card": _card(parts),
        "base": parts[0][0].base,
    }


def _check_shares(shares: Sequence[Part]) -> None:
    if not shares:
        raise ArtifactError("there are 0 brushes to blend; give at least one")
    for brush, share in shares:
        if type(share) not in (int, float) or not 0 < share < math.inf:
            raise ArtifactError(
                f"the share of {brush.card.name} is {share!r}; give a number above 0, such as 0.5"
            )


def _check_base(parts: Sequence[Part]) -> None:
    first = parts[0][0]
    for brush, _ in parts[1:]:
        if brush.base != first.base:
            raise ArtifactError(
                f"{first.card.name} was made for the base {first.base[:SHOWN]}, and {brush.card.name} for "
                f"{brush.base[:SHOWN]}; blend brushes of the same base"
            )
    sizes = {brush.code.shape for brush, _ in parts}
    filters = {
        tuple((len(up), down.shape[1]) for up, down in brush.filters) for brush, _ in parts if brush.filters
    }
    if len(sizes) > 1 or len(filters) > 1:
        names = ", ".join(brush.card.name for brush, _ in parts)
        raise ArtifactError(f"{names} are for one base and have other shapes; make them again")


def _mean(parts: Sequence[tuple[NDArray[np.float32], float]]) -> NDArray[np.float32]:
    arrays, shares = zip(*parts, strict=True)
    made: NDArray[np.float32] = np.tensordot(np.array(shares), np.stack(arrays), 1).astype(np.float32)
    return made


def _side_by_side(parts: Sequence[Part]) -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]:
    """Return filters whose product is the weighted sum of the brushes' products."""
    having = [(brush.filters, share) for brush, share in parts if brush.filters]
    if not having:
        return ()
    return tuple(
        (
            np.concatenate([filters[index][0] * np.float32(share) for filters, share in having], axis=1),
            np.concatenate([filters[index][1] for filters, _ in having]),
        )
        for index in range(len(having[0][0]))
    )


def _card(parts: Sequence[Part]) -> Card:
    cards = [brush.card for brush, _ in parts]

    def joined(field: str, between: str) -> str:
        return between.join(dict.fromkeys(getattr(card, field) for card in cards if getattr(card, field)))

    return Card(
        kind="brush",
        name=",".join(f"{brush.card.name}:{share:.4g}" for brush, share in parts),
        title=joined("title", " + "),
        artist=joined("artist", " + "),
        rights=joined("rights", "; "),
        license=joined("license", "; "),
        attribution=joined("attribution", "; "),
        trained_on=joined("trained_on", "; "),
        loss_network=joined("loss_network", "; "),
        recipe={
            "blend": [{"name": b.card.name, "sha256": b.sha256, "share": s} for b, s in parts],
            "underpainting": min(1.0, math.fsum(s * b.card.underpainting for b, s in parts)),
        },
    )
