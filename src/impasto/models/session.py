"""A graph that is ready to run: a model or half of a base, in some engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from impasto.errors import ArtifactError
from impasto.models.contract import check_contract
from impasto.models.files import card_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from impasto.models.contract import Port, Role
    from impasto.models.files import ArtifactFile

    Arrays = Mapping[str, NDArray[Any]]


class Fixed(NamedTuple):
    """Inputs that are the same for all pictures: what a brush tells a base."""

    digest: str
    """Two with the same digest have the same values."""

    make: Callable[[Mapping[str, int]], Arrays]
    """From the sizes of a graph's vectors, by name, to their values."""


class Session(ABC):
    """One graph in one engine; may be called from several threads at once."""

    engine: str
    """Its name, as `--engine` takes it."""

    precision: str
    """The arithmetic inside: `f32` or `bf16`, and on what, where that is not the CPU."""

    def __init__(
        self,
        file: ArtifactFile,
        metadata: Mapping[str, str],
        ports: Sequence[Sequence[Port]],
        role: Role,
        fixed: Fixed | None,
    ) -> None:
        """Check that the graph is one of impasto's.

        Args:
            file: It.
            metadata: All of it.
            ports: Inputs, outputs.
            role: What it is to be.
            fixed: Inputs that stay.

        Raises:
            ArtifactError: It has no card, or its inputs and outputs are others than agreed.
        """
        self.name = file.name
        self.sha256 = file.sha256
        self.card = card_of(file.name, metadata)
        agreed: Role = "superres" if role == "model" and self.card.kind == "superres" else role
        self.dtype = np.dtype(check_contract(file.name, agreed, *ports))
        sizes = {port.name: port.shape[0] or 0 for port in ports[0] if port.shape and len(port.shape) == 1}
        self.fixed = fixed.make(sizes) if fixed else {}

    def run(self, image: NDArray[Any], *, rough: bool = False) -> NDArray[Any]:
        """Run the model on pixels.

        Args:
            image: (H, W, 3) of the type `dtype`.
            rough: It is small, and will be painted over: an engine need not make ready for its size at once.

        Returns:
            The same type and shape, H and W times the card's factor; its own memory.

        Raises:
            ArtifactError: The model fails on this size.
            MemoryError: There is not enough memory for it.
        """
        made = self.compute(image, rough=rough)
        height, width = (self.card.factor * side for side in image.shape[:2])
        if made.shape != (1, height, width, 3):  # OpenVINO may not say that a node cannot take a size
            raise self._failure(image, f"it made {made.shape}")
        result: NDArray[Any] = made[0]
        return result

    def compute(
        self, image: NDArray[Any], *, rough: bool = False, **vectors: NDArray[np.float32]
    ) -> NDArray[Any]:
        """Return what the graph gives, whatever it is.

        Args:
            image: (H, W, 3) of the type `dtype`.
            rough: As of `run`.
            vectors: Its other inputs that are not fixed.

        Raises:
            ArtifactError: As `run`.
            MemoryError: As `run`.
        """
        assert image.ndim == 3, image.shape
        assert image.dtype == self.dtype, image.dtype
        try:
            return self._infer({"image": np.ascontiguousarray(image)[np.newaxis], **vectors}, rough=rough)
        except Exception as error:  # an engine raises whatever it likes
            if "alloc" in str(error).lower():
                raise MemoryError(str(error)) from error
            raise self._failure(image, reason_of(error)) from error

    def precision_at(self, size: tuple[int, int]) -> str:  # noqa: ARG002  an engine may mind
        """Return the arithmetic for pictures of a size, (H, W)."""
        return self.precision

    def _failure(self, image: NDArray[Any], reason: str) -> ArtifactError:
        size = f"{image.shape[1]} x {image.shape[0]}"
        return ArtifactError(f"{self.name} fails on {size} pixels ({reason}); give another size")

    @abstractmethod
    def _infer(self, inputs: Arrays, *, rough: bool) -> NDArray[Any]:
        """Run the graph on `image`, (1, H, W, 3), and all else that is not fixed."""


def unreadable(name: str, error: Exception) -> ArtifactError:
    """Return the error for a file that an engine cannot make a model of."""
    return ArtifactError(
        f"{name} is not an ONNX model, or is damaged ({reason_of(error)}); "
        "give a model that `impasto train` wrote"
    )


def reason_of(error: Exception) -> str:
    """Return what an engine's error says last, which is what happened; before it, it says where."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].partition(". ")[0][:200].rstrip(".") if lines else type(error).__name__
