"""Write a network as one ONNX file, bytes in and bytes out, that runs without torch at any size."""

from __future__ import annotations

import copy
import io
import os
import warnings
from typing import TYPE_CHECKING

import onnx
import torch
from torch import Tensor, nn

from impasto._version import __version__
from impasto.errors import ArtifactError
from impasto.image import write_atomically
from impasto.studio.networks.blocks import LevelShuffle
from impasto.studio.networks.levels import to_levels, to_numbers
from impasto.studio.networks.network import StyleNetwork
from impasto.studio.networks.superres import SuperNetwork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impasto.models.artifact import Card

OPSET = 17
"""Of ONNX's standard operators; engines since 2022 know it."""

_SIDES = {1: "height", 2: "width"}
_EXAMPLE = torch.zeros(1, 36, 44, 3, dtype=torch.uint8)
_LARGER = {1: "larger_height", 2: "larger_width"}


def export_onnx(network: nn.Module, card: Card, path: str | os.PathLike[str]) -> None:
    """Write a network, as it evaluates, with its card; the file is whole or not there.

    It has one input, `image`, and one output, `stylized`: uint8 sRGB (1, H, W, 3), any H and W. Of a card of
    the kind `superres` the output is `upscaled`, and H and W its factor times as large. Padding and
    cropping are in the graph, and so are the scaling to [0, 1] and the rounding back; its operators are
    standard ones. The same weights and card give the same bytes.

    Args:
        network: As `build_network` makes it, or another module from (N, 3, H, W) sRGB in [0, 1] to the same.
            It is left as it is, in its mode and on its device.
        card: What the file says of itself.
        path: Where it goes.

    Raises:
        ArtifactError: The weights are not finite, the card cannot be written, or the file cannot.
    """
    check_finite(network)
    output = "upscaled" if card.kind == "superres" else "stylized"
    model = trace(_Bytes(_plain(network)), {"image": _EXAMPLE}, output)
    if isinstance(network, SuperNetwork):
        for axis, name in _LARGER.items():
            model.graph.output[0].type.tensor_type.shape.dim[axis].dim_param = name
    save(sealed(model, card), path)


def check_finite(network: nn.Module) -> None:
    """See that all weights of a network are finite.

    Raises:
        ArtifactError: One is not.
    """
    for name, each in network.state_dict().items():
        if not each.isfinite().all():
            raise ArtifactError(
                f"{name} has values that are not finite; train again, or from a checkpoint before"
            )


def sealed(model: onnx.ModelProto, card: Card) -> bytes:
    """Return the bytes of a model's file with its card; the same ones for the same model and card.

    Raises:
        ArtifactError: The card cannot be written.
    """
    model.producer_name, model.producer_version = "impasto", __version__
    onnx.helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def save(data: bytes, path: str | os.PathLike[str]) -> None:
    """Write the file of an artifact; it is whole or not there.

    Raises:
        ArtifactError: It cannot be written.
    """
    try:
        write_atomically(os.fspath(path), data)
    except OSError as error:
        reason = error.strerror or error
        raise ArtifactError(
            f"{os.fspath(path)!r} cannot be written ({reason}); choose another place"
        ) from error


def trace(
    network: nn.Module, examples: Mapping[str, Tensor], output: str, *, free: Sequence[str] = ()
) -> onnx.ModelProto:
    """Return the graph of a module, for pictures of any size.

    Args:
        network: Takes the examples in their order.
        examples: By name of the input; `image` is a picture (1, H, W, 3), the others keep their shapes.
        output: Its name; a picture of the size and type of `image`, unless something is free.
        free: Inputs that may be longer or shorter than the example, and the output with them.
    """
    axes = {name: {0: "count"} for name in (*free, output)} if free else {output: _SIDES}
    # The exporter that traces, not the newer one that compiles: it takes 0.3 s and not 6, its graph runs no
    # slower, and the newer one could not express what some networks do with a size, and notes where in whose
    # home each operator came from.
    buffer = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of this exporter itself
        warnings.filterwarnings(
            "ignore", "Converting a tensor to a Python boolean"
        )  # torch's checks of sizes
        warnings.filterwarnings("ignore", "Constant folding")
        warnings.filterwarnings(
            "ignore", "ONNX export mode is set to TrainingMode.EVAL, but operator 'instance"
        )
        torch.onnx.export(
            network.eval(),
            tuple(examples.values()),
            buffer,  # type: ignore[arg-type] # it takes files too
            dynamo=False,
            opset_version=OPSET,
            input_names=list(examples),
            output_names=[output],
            dynamic_axes={"image": _SIDES, **axes},
        )
    model = onnx.load_from_string(buffer.getvalue())
    if not free:  # the tracer loses sight of what crops and of what has four sides; its shape is known
        model.graph.output[0].CopyFrom(model.graph.input[0])
        model.graph.output[0].name = output
    return model


def _plain(network: nn.Module) -> nn.Module:
    """Return a copy on the CPU, in float32, whose weights are what they were constrained to be."""
    plain = copy.deepcopy(network).cpu().float()
    for module in list(plain.modules()):
        for name, child in module.named_children():
            if isinstance(child, LevelShuffle):
                setattr(module, name, child.plain())
    return plain


class _Bytes(nn.Module):
    """A network from bytes to bytes: (1, H, W, 3) in, the same out."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        network = self.network
        if isinstance(network, StyleNetwork):
            return network.paint(image)
        return to_levels(network(to_numbers(image)))
