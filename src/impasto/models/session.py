"""A model that is ready to run: the contract that its file must keep, and one call, `run`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from impasto.errors import ArtifactError
from impasto.models.files import card_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impasto.models.files import ArtifactFile

TYPES = ("uint8", "float32")
"""Of pixels, in and out: levels 0 to 255, or sRGB in [0, 1]."""

OUTPUTS = {"superres": "upscaled"}
"""What a kind of model calls its picture out, where that is not `stylized`."""


class Port(NamedTuple):
    """An input or output, as a model declares it."""

    name: str
    """In the graph."""

    type: str
    """Of its elements, as NumPy calls it."""

    shape: tuple[int | None, ...] | None
    """None stands for what is not known before it runs."""


class Session(ABC):
    """One model in one engine; may be called from several threads at once."""

    engine: str
    """Its name, as `--engine` takes it."""

    precision: str
    """The arithmetic inside: `f32` or `bf16`, and on what, where that is not the CPU."""

    def __init__(self, file: ArtifactFile, metadata: Mapping[str, str], ports: Sequence[Sequence[Port]]):
        """Check that the model is one of impasto's.

        Args:
            file: It.
            metadata: All of it.
            ports: Inputs, outputs.

        Raises:
            ArtifactError: It has no card, or its inputs and outputs are others than agreed.
        """
        self.name = file.name
        self.sha256 = file.sha256
        self.card = card_of(file.name, metadata)
        self.output = OUTPUTS.get(self.card.kind, "stylized")
        self.dtype = np.dtype(_check_contract(file.name, self.output, *ports))

    def run(self, image: NDArray[Any]) -> NDArray[Any]:
        """Run the model on pixels.

        Args:
            image: (H, W, 3) of the type `dtype`.

        Returns:
            The same type and shape, H and W times the card's factor; its own memory.

        Raises:
            ArtifactError: The model fails on this size.
            MemoryError: There is not enough memory for it.
        """
        assert image.ndim == 3, image.shape
        assert image.dtype == self.dtype, image.dtype
        try:
            made = self._infer(np.ascontiguousarray(image)[np.newaxis])
        except Exception as error:  # an engine raises whatever it likes
            if "alloc" in str(error).lower():
                raise MemoryError(str(error)) from error
            raise self._failure(image, reason_of(error)) from error
        height, width = (self.card.factor * side for side in image.shape[:2])
        if made.shape != (1, height, width, 3):  # OpenVINO may not say that a node cannot take a size
            raise self._failure(image, f"it made {made.shape}")
        result: NDArray[Any] = made[0]
        return result

    def _failure(self, image: NDArray[Any], reason: str) -> ArtifactError:
        size = f"{image.shape[1]} x {image.shape[0]}"
        return ArtifactError(f"{self.name} fails on {size} pixels ({reason}); give another size")

    @abstractmethod
    def _infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Run the graph on (1, H, W, 3)."""


def _check_contract(name: str, output: str, inputs: Sequence[Port], outputs: Sequence[Port]) -> str:
    """Return the type of the pixels, of a model with one picture in and one out."""
    fits = (
        len(inputs) == len(outputs) == 1
        and inputs[0].type in TYPES
        and (inputs[0].name, outputs[0].name) == ("image", output)
        and outputs[0].type == inputs[0].type
        and all(_is_picture(port.shape) for port in (inputs[0], outputs[0]))
    )
    if not fits:
        said = ", ".join(f"{port.name} {port.type} {_spelled(port.shape)}" for port in (*inputs, *outputs))
        raise ArtifactError(
            f"{name} takes and gives {said or 'nothing'}; a model has one input `image` and one output "
            f"`{output}`, uint8 or float32 of (1, H, W, 3), any H and W: export it with `impasto train`"
        )
    return inputs[0].type


def _is_picture(shape: tuple[int | None, ...] | None) -> bool:
    """Tell whether it may be (1, H, W, 3), any H and W; what an engine could not infer may be anything."""
    if shape is None:
        return True
    return len(shape) == 4 and shape[0] in (1, None) and shape[1:3] == (None, None) and shape[3] in (3, None)


def _spelled(shape: tuple[int | None, ...] | None) -> str:
    return "(...)" if shape is None else f"({', '.join('?' if n is None else str(n) for n in shape)})"


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
