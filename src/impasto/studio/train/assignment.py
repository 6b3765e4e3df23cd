"""What a training is given: the engine takes any materials, recipe and task that keep to these three."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np
    import torch
    from lightning_fabric import Fabric
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from impasto.models.artifact import Card, Kind
    from impasto.studio.encoders import VGG
    from impasto.studio.train.data import PhotoStream
    from impasto.studio.train.recipe import Schedule


class Course(Protocol):
    """What the engine reads of a recipe; `TrainRecipe` says what each of them is."""

    @property
    def size(self) -> int:
        """Side, in pixels, of the squares that photos are cut to."""

    @property
    def growth(self) -> tuple[tuple[float, float], ...]:
        """Smaller squares to begin with."""

    @property
    def zoom(self) -> float:
        """How much larger than a square a photo is at most."""

    @property
    def center(self) -> bool:
        """Whether the middle is taken, and never flipped."""

    @property
    def batch(self) -> int:
        """Photos a step."""

    @property
    def iterations(self) -> int:
        """Steps."""

    @property
    def epochs(self) -> int | None:
        """Times that each photo is seen, in place of `iterations`."""

    @property
    def schedule(self) -> Schedule:
        """How the learning rate changes."""

    @property
    def learning_rate(self) -> float:
        """The highest."""

    @property
    def betas(self) -> tuple[float, float]:
        """Decay of Adam's moments."""

    @property
    def clip(self) -> float | None:
        """Norm that gradients are held to."""

    @property
    def calibrate(self) -> bool:
        """Whether the task measures its weights before the first step."""


class Task(Protocol):
    """What a network is trained for."""

    weights: dict[str, float]
    """What each term of the loss is multiplied by, by name; its keys are all terms there are, in order."""

    @property
    def expected(self) -> float:
        """About what the loss is at first; 0 where that is not known, and the first one says."""

    def calibrate(self, batches: Iterable[Tensor]) -> None:
        """Set the weights by what the terms are for a few photos, `(N, 3, H, W)` each."""

    def losses(self, model: Callable[..., Any], photos: Tensor, step: int) -> dict[str, Tensor]:
        """Run the model for one step, and return the weighted terms; they add up to the loss.

        Args:
            model: The network, as Fabric has wrapped it.
            photos: `(N, 3, H, W)`.
            step: Steps done before; all that is drawn at random follows from it.
        """

    def painter(self, network: nn.Module) -> nn.Module:
        """Return what `losses` is given: the network itself, or what runs it."""

    def show(self, network: nn.Module, photos: Tensor, title: str) -> NDArray[np.float32]:
        """Draw what the network makes of held-out photos; it is in evaluation mode."""

    def measure(self, network: nn.Module, photos: Tensor) -> dict[str, float]:
        """Return the mean losses of held-out photos by term; the network is in evaluation mode."""


class Materials(Protocol):
    """What one training works with, read and checked."""

    @property
    def kind(self) -> Kind:
        """Of artifact that comes of it."""

    @property
    def recipe(self) -> Course:
        """All constants."""

    @property
    def stream(self) -> PhotoStream:
        """The photos trained on."""

    @property
    def held(self) -> Tensor | None:
        """The photos that are not, `(N, 3, H, W)`; None where there are none."""

    @property
    def skipped(self) -> Mapping[str, str]:
        """Photos that could not be used so far, and why."""

    @property
    def photos_sha256(self) -> str:
        """Of the names of all photos."""

    @property
    def encoder(self) -> VGG | None:
        """The loss network; None where no loss needs one."""

    @property
    def device(self) -> torch.device:
        """Where to compute."""

    @property
    def bf16(self) -> bool:
        """In which arithmetic."""

    def build(self) -> nn.Module:
        """Return the network, with its first weights; the same for the same seed."""

    def task(self, fabric: Fabric) -> Task:
        """Return the loss; Fabric is launched, and says where, and which of how many processes this is."""

    def subject(self) -> Mapping[str, object]:
        """Return what the record says of the pictures other than photos, as JSON has it."""

    def write(self, network: nn.Module, card: Card, path: str | os.PathLike[str]) -> None:
        """Write the artifact of a network that was trained; whole, or not at all."""
