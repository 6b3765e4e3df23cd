"""Learn a dictionary of filters: codes and filters improved in turn, the objective never rising.

Zeiler, Krishnan, Taylor & Fergus, "Deconvolutional Networks", CVPR 2010. The paper splits the codes' problem
by half-quadratic continuation and descends on the filters by conjugate gradients; here both halves are
first-order steps on the objective itself, so that it can be watched and can be stopped anywhere.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from impasto.errors import ConfigError

from .codes import Codes, sparse_codes
from .filters import FilterDescent, filter_norms, random_connections, random_filters, redraw_unused
from .model import lipschitz_bound, psnr


@dataclass(frozen=True, kw_only=True)
class SparseConfig:
    """How a layer of filters is learned."""

    filters: int = 32
    """Filters to learn, and maps for each picture."""

    size: int = 9
    """Width and height of a filter in pixels."""

    weight: float = 1.0
    """Lambda, the weight of the reconstruction against the sparsity; more keeps more of the pictures."""

    exponent: float = 1.0
    """The p of |z|^p; 1 is the only one whose proximal map is exact and whose descent is certain."""

    iterations: int = 40
    """Rounds of codes and filters."""

    code_steps: int = 10
    """FISTA steps on the maps in a round; they go on from the round before."""

    filter_steps: int = 5
    """Projected gradient steps on the filters in a round."""

    connections: int | None = None
    """Channels that each filter sees, chosen at random; None for all of them."""

    batch: int = 2
    """Pictures coded at a time; memory alone depends on it."""

    seed: int = 0
    """Seed of the first filters, the connections, and what replaces filters that go unused."""

    def __post_init__(self) -> None:
        """Check every value that can be checked without pictures.

        Raises:
            ConfigError: For a value out of range, naming it and the valid ones.
        """
        if self.exponent != 1:
            raise ConfigError(
                f"exponent {self.exponent} is not valid; choose 1, the only one there is a prox for"
            )
        if not 0 < self.weight < float("inf"):
            raise ConfigError(
                f"weight {self.weight} of the reconstruction is not valid; give a number over 0"
            )
        for name in ("filters", "size", "iterations", "code_steps", "filter_steps", "batch"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} {getattr(self, name)} is not valid; give a whole number from 1 up")


@dataclass(frozen=True, kw_only=True)
class SparseProgress:
    """Half a round of learning is done."""

    iteration: int
    """Rounds begun so far; counts from 1."""

    iterations: int
    """Rounds that the whole job will take."""

    stage: Literal["codes", "filters"]
    """What was improved."""

    objective: float
    """lambda / 2 |reconstruction - pictures|^2 + |maps|_1 over all pictures; never rises."""

    psnr: float
    """Of the reconstruction against the pictures learned from, in decibels, their range as the peak."""

    sparsity: float
    """The share of coefficients that are zero, in [0, 1]."""

    seconds: float
    """Seconds since the job began."""


class DictionaryLearner:
    """Learns filters from pictures; between any two events it can be shown or left as it is.

    Attributes:
        filters: (K, C, S, S), each of norm 1 at most.
        connections: (K, C, 1, 1) of 0 and 1, or None where each filter sees all channels.
    """

    def __init__(self, pictures: Tensor, config: SparseConfig | None = None) -> None:
        """Draw the first filters.

        Args:
            pictures: (N, C, H, W) float32 or float64, of about zero local mean and unit contrast
                (`local_contrast_normalize`), or the maps of another layer.
            config: How to learn; None takes the defaults.

        Raises:
            ConfigError: `pictures` is not such a tensor, is empty, is smaller than the filters or is not
                finite; or there are fewer channels than connections asked for.
        """
        self.config = config or SparseConfig()
        size, count = self.config.size, self.config.filters
        _check_pictures(pictures, size)
        self._pictures = torch.split(pictures, self.config.batch)
        self._generator = torch.Generator().manual_seed(self.config.seed)
        channels = pictures.shape[1]
        filters = random_filters(count, channels, size, self._generator).to(pictures)
        self.connections: Tensor | None = None
        if self.config.connections is not None:
            mask = random_connections(count, channels, self.config.connections, self._generator)
            self.connections = mask.to(pictures)
            filters = filters * self.connections
            filters = filters / filter_norms(filters)
        self.filters = filters
        self._descent = FilterDescent(weight=self.config.weight, connections=self.connections)
        self._codes = self._code(steps=0)

    @property
    def maps(self) -> Tensor:
        """(N, K, H+S-1, W+S-1): the maps of all pictures."""
        return torch.cat([codes.maps for codes in self._codes])

    @property
    def reconstruction(self) -> Tensor:
        """(N, C, H, W): the pictures as the maps and filters make them."""
        return torch.cat([codes.reconstruction for codes in self._codes])

    def events(self) -> Iterator[SparseProgress]:
        """Learn, and say so after each improvement of the codes or the filters.

        Yields:
            Two events a round. `filters`, `maps` and `reconstruction` are those of the last event.
        """
        began = time.monotonic()
        for iteration in range(1, self.config.iterations + 1):
            self._codes = self._code(self.config.code_steps)
            yield self._progress(iteration, "codes", began)
            self.filters = self._descent.descend(
                self.filters, self._pictures, self._codes, self.config.filter_steps
            )
            if iteration < self.config.iterations:
                self.filters = redraw_unused(
                    self.filters, self._pictures, self._codes, self._generator, self.connections
                )
            self._codes = self._code(steps=0)
            yield self._progress(iteration, "filters", began)

    def run(self) -> Tensor:
        """Learn to the end.

        Returns:
            The filters (K, C, S, S).
        """
        for _ in self.events():
            pass
        return self.filters

    def _code(self, steps: int) -> list[Codes]:
        before = getattr(self, "_codes", [None] * len(self._pictures))
        bound = lipschitz_bound(self.filters) if steps else 0.0
        return [
            sparse_codes(
                batch,
                self.filters,
                weight=self.config.weight,
                steps=steps,
                bound=bound,
                maps=None if codes is None else codes.maps,
            )
            for batch, codes in zip(self._pictures, before, strict=True)
        ]

    def _progress(self, iteration: int, stage: Literal["codes", "filters"], began: float) -> SparseProgress:
        counts = [codes.maps.numel() for codes in self._codes]
        zeros = sum(codes.sparsity * count for codes, count in zip(self._codes, counts, strict=True))
        return SparseProgress(
            iteration=iteration,
            iterations=self.config.iterations,
            stage=stage,
            objective=float(sum(codes.objective.sum() for codes in self._codes)),
            psnr=psnr(self.reconstruction, torch.cat(self._pictures)),
            sparsity=zeros / sum(counts),
            seconds=time.monotonic() - began,
        )


def _check_pictures(pictures: Tensor, size: int) -> None:
    if pictures.dim() != 4 or pictures.dtype not in (torch.float32, torch.float64):
        raise ConfigError(
            f"pictures have shape {tuple(pictures.shape)} and type {pictures.dtype}; give (N, C, H, W) of "
            "float32 or float64"
        )
    if pictures.shape[0] == 0:
        raise ConfigError("there are 0 pictures to learn from; give at least one")
    if min(pictures.shape[2:]) < size:
        raise ConfigError(
            f"pictures of {pictures.shape[2]} x {pictures.shape[3]} are smaller than filters of "
            f"{size} x {size}; give larger pictures or smaller filters"
        )
    if not bool(pictures.isfinite().all()):
        raise ConfigError("pictures hold values that are not finite; give finite ones")
