"""Weighted sums of losses, each term read from one layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from impasto.errors import ConfigError


def weighted_sum(
    terms: Mapping[str, Tensor], weights: Mapping[str, float]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Weight terms and add them up.

    Args:
        terms: Scalars by name, at least one.
        weights: A weight for each of those names and no others.

    Returns:
        The total, a scalar, and the weighted terms by name.

    Raises:
        ConfigError: There are no terms, or the names differ.
    """
    if not terms or terms.keys() != weights.keys():
        raise ConfigError(
            f"terms are {sorted(terms)} and weights {sorted(weights)}; the names must be the same"
        )
    weighted = {name: weights[name] * term for name, term in terms.items()}
    return torch.stack(list(weighted.values())).sum(), weighted


@dataclass(frozen=True, kw_only=True)
class Term:
    """One term of a perceptual loss."""

    name: str
    """What the term is called in reports: `content`, `style`."""
    layer: str
    """The key of the features that the loss reads: `relu4_2`, or `image` for the picture itself."""
    loss: nn.Module
    """Takes those features (N, C, H, W) to a scalar."""
    weight: float = 1.0
    """What the loss is multiplied by."""

    @property
    def key(self) -> str:
        """The term's name and layer, `name/layer`."""
        return f"{self.name}/{self.layer}"


class PerceptualLoss(nn.Module):
    """Weighted losses over the layers of an encoder; several may read the same layer.

    Args:
        terms: The terms, at least one, of different `name/layer`.

    Raises:
        ConfigError: There are no terms, or two have the same name and layer.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        super().__init__()
        keys = [term.key for term in terms]
        if not keys or len(set(keys)) < len(keys):
            raise ConfigError(f"terms are {keys}; give at least one, each with its own name and layer")
        self.terms = tuple(terms)
        self.losses = nn.ModuleList(
            [term.loss for term in terms]
        )  # registered, so that `to` moves their targets

    @property
    def layers(self) -> tuple[str, ...]:
        """The keys of the features needed, each once, in the order of the terms."""
        return tuple(dict.fromkeys(term.layer for term in self.terms))

    def forward(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Compute the weighted terms.

        Args:
            features: Maps (N, C, H, W) by layer; under `image` the picture itself.

        Returns:
            Weighted scalars by `name/layer`; their sum is the loss.

        Raises:
            ConfigError: A layer that a term reads is missing.
        """
        missing = [layer for layer in self.layers if layer not in features]
        if missing:
            raise ConfigError(f"features lack the layers {missing}; they have {sorted(features)}")
        return {term.key: term.weight * term.loss(features[term.layer]) for term in self.terms}
