"""Sparse codes of pictures under given filters: FISTA with restart, each picture's objective never rising.

Beck & Teboulle, "A fast iterative shrinkage-thresholding algorithm for linear inverse problems", 2009;
restart by function value: O'Donoghue & Candes, "Adaptive restart for accelerated gradient schemes", 2015.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.errors import ConfigError

from .model import analyze, lipschitz_bound, map_size, synthesize


@dataclass(frozen=True, kw_only=True, eq=False)
class Codes:
    """The sparse maps of pictures, and what they make."""

    maps: Tensor
    """(N, K, H+S-1, W+S-1), most of it exactly zero."""
    reconstruction: Tensor
    """(N, C, H, W): the maps convolved with the filters."""
    objective: Tensor
    """(N,) float64: `objective` of each picture."""

    @property
    def sparsity(self) -> float:
        """The share of coefficients that are zero, in [0, 1]."""
        return 1 - int(torch.count_nonzero(self.maps)) / max(1, self.maps.numel())


def objective(maps: Tensor, reconstruction: Tensor, pictures: Tensor, weight: float) -> Tensor:
    """Compute weight / 2 |reconstruction - picture|^2 + |maps|_1: Zeiler et al. 2010, equation 2, p = 1.

    Args:
        maps: (N, K, H+S-1, W+S-1).
        reconstruction: (N, C, H, W).
        pictures: (N, C, H, W).
        weight: The paper's lambda: that of the reconstruction.

    Returns:
        (N,) float64, one for each picture.
    """
    error = (reconstruction - pictures).square().sum((1, 2, 3)).double()
    return weight / 2 * error + maps.abs().sum((1, 2, 3)).double()


def fista(
    pictures: Tensor,
    filters: Tensor,
    *,
    weight: float,
    steps: int,
    maps: Tensor | None = None,
    bound: float | None = None,
) -> Iterator[Codes]:
    """Minimize `objective` over the maps, one yield for the start and one after each step.

    Steps of 1 / `lipschitz_bound`, then soft thresholding, with momentum. Where a picture's objective would
    rise, its maps stay and its momentum starts anew: the next step is a plain one, which cannot raise it.

    Args:
        pictures: (N, C, H, W).
        filters: (K, C, S, S).
        weight: Lambda, over 0; what correlates with the filters by less than 1 / lambda becomes zero.
        steps: Steps to take, at least 0; fewer where no picture moves any more.
        maps: Where to start, (N, K, H+S-1, W+S-1); None starts at zero.
        bound: `lipschitz_bound(filters)`, if it is known already.

    Yields:
        The codes so far.

    Raises:
        ConfigError: `weight`, `steps` or a shape is not valid.
    """
    best = _start(pictures, filters, weight, steps, maps)
    yield best
    bound = lipschitz_bound(filters) if bound is None else bound
    ahead, ahead_made = best.maps, best.reconstruction  # where the momentum points; what it makes is linear
    momentum = torch.ones_like(best.objective)
    for _ in range(steps if bound > 0 else 0):
        gradient = analyze(ahead_made - pictures, filters)
        maps = F.softshrink(ahead.sub(gradient, alpha=1 / bound), 1 / (weight * bound))
        codes = _codes(maps, filters, pictures, weight)
        # Not `>`: what is not a number is no descent either.
        rises = ~(codes.objective <= best.objective)
        if bool((rises & (momentum == 1)).all()):
            return  # plain steps of every picture are lost in rounding
        codes = _keep(best, codes, rises)
        following = (1 + (1 + 4 * momentum.square()).sqrt()) / 2
        share = torch.where(rises, 1, 1 + (momentum - 1) / following).to(pictures.dtype).view(-1, 1, 1, 1)
        ahead = torch.lerp(best.maps, codes.maps, share)
        ahead_made = torch.lerp(best.reconstruction, codes.reconstruction, share)
        momentum = torch.where(rises, 1, following)
        best = codes
        yield best


def sparse_codes(
    pictures: Tensor,
    filters: Tensor,
    *,
    weight: float,
    steps: int,
    maps: Tensor | None = None,
    bound: float | None = None,
) -> Codes:
    """Run `fista` to its end; the arguments and errors are its own.

    Returns:
        The codes after the last step.
    """
    descent = fista(pictures, filters, weight=weight, steps=steps, maps=maps, bound=bound)
    return deque(descent, maxlen=1)[0]


def _start(pictures: Tensor, filters: Tensor, weight: float, steps: int, maps: Tensor | None) -> Codes:
    _check(pictures, filters, weight, steps)
    height, width = map_size((pictures.shape[2], pictures.shape[3]), filters.shape[-1])
    shape = (pictures.shape[0], filters.shape[0], height, width)
    if maps is None:
        maps = pictures.new_zeros(shape)
    elif maps.shape != shape:
        raise ConfigError(
            f"maps to start from have shape {tuple(maps.shape)}; these pictures and filters take {shape}"
        )
    return _codes(maps, filters, pictures, weight)


def _codes(maps: Tensor, filters: Tensor, pictures: Tensor, weight: float) -> Codes:
    made = synthesize(maps, filters)
    return Codes(maps=maps, reconstruction=made, objective=objective(maps, made, pictures, weight))


def _keep(best: Codes, codes: Codes, rises: Tensor) -> Codes:
    """Take back the step of the pictures whose objective rises."""
    if not bool(rises.any()):
        return codes
    old = rises.view(-1, 1, 1, 1)
    return Codes(
        maps=torch.where(old, best.maps, codes.maps),
        reconstruction=torch.where(old, best.reconstruction, codes.reconstruction),
        objective=torch.where(rises, best.objective, codes.objective),
    )


def _check(pictures: Tensor, filters: Tensor, weight: float, steps: int) -> None:
    if pictures.dim() != 4 or filters.dim() != 4 or filters.shape[2] != filters.shape[3]:
        raise ConfigError(
            f"pictures {tuple(pictures.shape)} and filters {tuple(filters.shape)} do not fit; give "
            "(N, C, H, W) and square filters (K, C, S, S)"
        )
    if pictures.shape[1] != filters.shape[1]:
        raise ConfigError(
            f"pictures have {pictures.shape[1]} channels and filters {filters.shape[1]}; give as many"
        )
    if not 0 < weight < float("inf"):
        raise ConfigError(f"weight {weight} of the reconstruction is not valid; give a number over 0")
    if steps < 0:
        raise ConfigError(f"{steps} steps are not valid; give a whole number from 0 up")
