"""What a base is trained for: any photo's content, with the style of whichever painting it is given.

Ghiasi et al. 2017, with the style loss of Cheng et al. 2021, "Style-Aware Normalized Loss for Improving
Arbitrary Style Transfer": in units of what both pictures have, so that no painting dominates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional as F

from impasto.image import Cell, draw_sheet
from impasto.studio.losses import content_loss, gram_matrix, total_variation
from impasto.studio.pixels import to_pixels
from impasto.studio.train.sheet import mean_losses
from impasto.studio.train.task import pooled
from impasto.studio.train.views import STROKES, View, Views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from impasto.studio.encoders import VGG
    from impasto.studio.train.recipe import TrainRecipe

ITSELF = 1 / 12
"""Share of the styles drawn that are the photo itself."""

_AS_IT_IS = STROKES.index(0.0)
_LEAST = 1e-12
_SHOWN = 3
"""Held-out photos on a sheet."""


class SpaceTask:
    """The loss of a batch of photos in as many styles as go into it.

    Args:
        encoder: What the losses see through.
        recipe: Which losses, over which layers, with which weights.
        views: The paintings trained on.
        shown: Views that sheets and held-out losses are of, and of which paintings.
        rank: Which process this is.
        world: Of how many.
    """

    expected = 0.0
    """What the loss is at first depends on the paintings."""

    def __init__(
        self,
        encoder: VGG,
        recipe: TrainRecipe,
        views: Views,
        shown: Sequence[tuple[Views, View]],
        *,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.encoder, self.recipe, self.views, self.shown = encoder, recipe, views, shown
        self.rank, self.world = rank, world
        self.content = [layer for layer, weight in recipe.content_layers.items() if weight]
        self.style = views.layers
        self.weights = {
            **{
                f"content/{each}": recipe.content_weight * recipe.content_layers[each]
                for each in self.content
            },
            **{f"style/{each}": recipe.style_weight * recipe.style_layers[each] for each in self.style},
            "tv": recipe.tv_weight,
            "identity": recipe.identity_weight,
        }
        """What each term is multiplied by."""

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Tensor]) -> None:
        """Weigh content against the photos' own features, and total variation against their own."""
        sums = dict.fromkeys([*(f"content/{layer}" for layer in self.content), "tv"], 0.0)
        count = 0
        for photos in batches:
            for layer, seen in self._features(photos, self.content).items():
                zeros = torch.zeros_like(seen)
                sums[f"content/{layer}"] += content_loss(seen, zeros, form=self.recipe.content_form).item()
            sums["tv"] += total_variation(photos, form=self.recipe.tv_form).item()
            count += 1
        for name, total in sums.items():
            self.weights[name] /= max(total / count, _LEAST)

    def losses(self, model: Callable[..., Any], photos: Tensor, step: int) -> dict[str, Tensor]:
        """Draw a style for each group of photos, and return the weighted terms."""
        groups = len(photos) // self.recipe.photos_a_style
        first = step * groups * self.world + self.rank
        drawn = [self._draw(first + group * self.world) for group in range(groups)]
        parts = list(torch.split(photos, self.recipe.photos_a_style))
        for group, view in enumerate(drawn):
            if view is None:  # one photo, and its mirror image: both of the same style
                photo = parts[group][:1]
                turned = [photo if each % 2 == 0 else photo.flip(3) for each in range(len(parts[group]))]
                parts[group] = torch.cat(turned)
        photos = torch.cat(parts).contiguous(memory_format=torch.channels_last)
        looks = [
            part[:1] if view is None else self.views.look(view)
            for view, part in zip(drawn, parts, strict=True)
        ]
        strokes = [STROKES[_AS_IT_IS if view is None else view.stroke] for view in drawn]
        made = model(photos, looks, torch.tensor(strokes, device=photos.device))
        wanted = [None if view is None else self.views.targets(view) for view in drawn]
        return self._weighted(made, photos, wanted)

    def painter(self, network: nn.Module) -> nn.Module:
        """Return the network itself."""
        return network

    def show(self, network: nn.Module, photos: Tensor, title: str) -> NDArray[np.float32]:
        """Draw held-out photos, and below them what they become in some styles."""
        photos = photos[:_SHOWN]
        rows: list[list[Cell | None]] = [[None, *(Cell(pixels=to_pixels(each[None])) for each in photos)]]
        for views, view in self.shown:
            look = views.look(view)
            made = self._paint(network, photos, views, view)
            cells = [Cell(pixels=to_pixels(each[None])) for each in made]
            rows.append([Cell(pixels=to_pixels(look)), *cells])
        return draw_sheet(rows, title=title)

    @torch.no_grad()
    def measure(self, network: nn.Module, photos: Tensor) -> dict[str, float]:
        """Return the mean losses of held-out photos in the styles shown."""
        photos = photos[:_SHOWN]
        return mean_losses(
            self._weighted(
                self._paint(network, photos, views, view), photos, [views.targets(view)], of=len(photos)
            )
            for views, view in self.shown
        )

    @torch.no_grad()
    def _paint(self, network: nn.Module, photos: Tensor, views: Views, view: View) -> Tensor:
        stroke = torch.tensor([STROKES[view.stroke]], device=photos.device)
        made = [network(photo[None], [views.look(view)], stroke) for photo in photos]
        return torch.cat(made)

    def _draw(self, number: int) -> View | None:
        """Return the style of a number of the training, or None for the photo itself."""
        if np.random.default_rng((self.views.seed, 3, number)).random() < ITSELF:
            return None
        return self.views.draw(number)

    def _weighted(
        self,
        made: Tensor,
        photos: Tensor,
        wanted: Sequence[Mapping[str, Tensor] | None],
        *,
        of: int | None = None,
    ) -> dict[str, Tensor]:
        """Return the terms of pictures, `of` for each style; those that want None have no style."""
        each = of or self.recipe.photos_a_style
        seen = self._features(made, [*self.content, *self.style])
        with torch.no_grad():
            content = self._features(photos, self.content)
        terms = {
            f"content/{layer}": content_loss(seen[layer], content[layer], form=self.recipe.content_form)
            for layer in self.content
        }
        for layer in self.style:
            grams = gram_matrix(pooled(seen[layer], each), normalize="positions", rounded=True)
            found = [
                relative(gram, target[layer][0])
                for gram, target in zip(grams, wanted, strict=True)
                if target is not None
            ]
            terms[f"style/{layer}"] = torch.stack([*found, made.new_zeros(())]).sum() / len(wanted)
        terms["tv"] = total_variation(made, form=self.recipe.tv_form)
        itself = [
            F.l1_loss(part, photo)
            for part, photo, target in zip(
                torch.split(made, each), torch.split(photos, each), wanted, strict=True
            )
            if target is None
        ]
        terms["identity"] = torch.stack([*itself, made.new_zeros(())]).sum() / len(wanted)
        return {name: self.weights[name] * terms[name] for name in self.weights}

    def _features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        with self.views.autocast():
            return self.encoder(image, set(layers))


def relative(gram: Tensor, target: Tensor) -> Tensor:
    """Compare Gram matrices in units of both: |G - A|^2 / (|G|^2 + |A|^2), 0 for the same, 1 for nothing.

    What it is divided by is taken for a constant, so that a picture with far too much is pulled back as well.

    Args:
        gram: (C, C), by positions.
        target: The same.
    """
    both = gram.detach().square().sum() + target.square().sum()
    return (gram - target).square().sum() / both.clamp(min=_LEAST)
