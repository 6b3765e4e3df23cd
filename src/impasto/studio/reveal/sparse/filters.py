"""The filters' half of the alternation: projected gradient steps that keep filters in the unit ball.

With the maps held, the objective is a convex quadratic in the filters. Each step goes toward the projection
of a gradient step (of Barzilai & Borwein's length) and stops where the quadratic is least on the way: Birgin,
Martinez & Raydan, "Nonmonotone spectral projected gradient methods on convex sets", 2000, but with an exact
line search, so that the objective never rises. A point between two of the ball is in the ball.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from impasto.errors import ConfigError

from .codes import Codes
from .model import correlate_maps, synthesize


def filter_norms(filters: Tensor) -> Tensor:
    """Compute the Euclidean norm of each filter of (K, C, S, S), as (K, 1, 1, 1)."""
    norms: Tensor = filters.flatten(1).norm(dim=1)
    return norms.view(-1, 1, 1, 1)


def project_unit_ball(filters: Tensor) -> Tensor:
    """Scale down to unit Euclidean norm each filter of (K, C, S, S) that is longer; others stay."""
    return filters / filter_norms(filters).clamp(min=1)


def random_filters(count: int, channels: int, size: int, generator: torch.Generator) -> Tensor:
    """Draw Gaussian noise (count, channels, size, size) of unit norm, each filter."""
    filters = torch.randn(count, channels, size, size, generator=generator)
    return filters / filter_norms(filters)


def random_connections(count: int, channels: int, each: int, generator: torch.Generator) -> Tensor:
    """Choose which channels each filter sees, so that all channels are seen about as often.

    Args:
        count: Filters.
        channels: Channels to choose from.
        each: Channels that each filter sees, from 1 to `channels`.
        generator: The source of randomness.

    Returns:
        (count, channels, 1, 1) of 0 and 1, `each` ones a row; column sums differ by 1 at most.

    Raises:
        ConfigError: `each` is out of range.
    """
    if not 1 <= each <= channels:
        raise ConfigError(
            f"{each} connections for each filter are not valid; choose from 1 to {channels}, the channels"
        )
    mask = torch.zeros(count, channels)
    for row in mask:
        # Noise under 1 breaks ties alone: the least used channels come first.
        order = (mask.sum(0) + torch.rand(channels, generator=generator)).argsort()
        row[order[:each]] = 1
    return mask.view(count, channels, 1, 1)


@dataclass(kw_only=True)
class FilterDescent:
    """Improves filters for given codes; remembers the length of its last step."""

    weight: float
    """Lambda, the weight of the reconstruction."""
    connections: Tensor | None = None
    """(K, C, 1, 1) of 0 and 1: what each filter may see; None lets it see all."""
    length: float = field(default=0.0, init=False)

    def descend(
        self, filters: Tensor, pictures: Sequence[Tensor], codes: Sequence[Codes], steps: int
    ) -> Tensor:
        """Take steps over all batches at once.

        Args:
            filters: (K, C, S, S), each of norm 1 at most.
            pictures: Batches (N, C, H, W).
            codes: The codes of each batch; its reconstruction is that of `filters`.
            steps: Steps to take; fewer where the filters are best already.

        Returns:
            New filters (K, C, S, S), each of norm 1 at most, of an objective no higher.
        """
        errors = [code.reconstruction - batch for code, batch in zip(codes, pictures, strict=True)]
        for _ in range(steps):
            gradient = torch.zeros_like(filters)
            for code, error in zip(codes, errors, strict=True):
                gradient += correlate_maps(code.maps, error)
            gradient *= self.weight if self.connections is None else self.weight * self.connections
            steepest = float(filter_norms(gradient).max())
            if steepest == 0:
                break
            direction = project_unit_ball(filters - (self.length or 1 / steepest) * gradient) - filters
            slope = float((gradient.double() * direction.double()).sum())
            moved = [synthesize(code.maps, direction) for code in codes]
            bend = self.weight * float(sum(part.square().sum(dtype=torch.float64) for part in moved))
            if slope >= 0:
                break  # no way down within the ball but rounding
            step = min(1.0, -slope / bend) if bend > 0 else 1.0
            filters = filters + step * direction
            errors = [error.add(part, alpha=step) for error, part in zip(errors, moved, strict=True)]
            self.length = float(direction.square().sum(dtype=torch.float64)) / bend if bend > 0 else 0.0
        return project_unit_ball(filters)  # rounding may leave it a little outside


def redraw_unused(
    filters: Tensor,
    pictures: Sequence[Tensor],
    codes: Sequence[Codes],
    generator: torch.Generator,
    connections: Tensor | None = None,
) -> Tensor:
    """Give filters whose maps are zero everywhere a random piece of what is not reconstructed yet.

    Such a filter makes nothing, so the objective stays as it is.

    Args:
        filters: (K, C, S, S).
        pictures: Batches (N, C, H, W), of at least S x S.
        codes: The codes of each batch.
        generator: The source of randomness.
        connections: (K, C, 1, 1) of 0 and 1, or None.

    Returns:
        Filters (K, C, S, S), the redrawn ones of unit norm.
    """
    used = torch.stack([code.maps.abs().amax((0, 2, 3)) > 0 for code in codes]).any(0)
    if bool(used.all()):
        return filters
    filters, size = filters.clone(), filters.shape[-1]
    for unused in (~used).nonzero().flatten().tolist():
        which = _below(len(pictures), generator)
        picture = _below(pictures[which].shape[0], generator)
        top, left = (_below(side - size + 1, generator) for side in pictures[which].shape[2:])
        error = (pictures[which] - codes[which].reconstruction)[picture]
        patch = error[:, top : top + size, left : left + size]
        patch = patch if connections is None else patch * connections[unused]
        norm = patch.norm()
        if norm > 0:
            filters[unused] = patch / norm
    return filters


def _below(limit: int, generator: torch.Generator) -> int:
    return int(torch.randint(limit, (), generator=generator))
