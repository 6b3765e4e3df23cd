"""What graphs must take and give: a model a picture, a base also what a brush is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from impasto.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Role = Literal["model", "superres", "transform", "encode"]
"""A model, one that makes pictures larger, or one of the two graphs of a base."""

TYPES = ("uint8", "float32")
"""Of pixels, in and out: levels 0 to 255, or sRGB in [0, 1]."""


class Port(NamedTuple):
    """An input or output, as a graph declares it."""

    name: str
    """In the graph."""

    type: str
    """Of its elements, as NumPy calls it."""

    shape: tuple[int | None, ...] | None
    """None stands for what is not known before it runs."""


class _Agreed(NamedTuple):
    vectors: frozenset[str]
    """Inputs beside `image`: float32 of one dimension, whose size is known, but that of strokes."""

    output: str

    types: tuple[str, ...]
    """Of pixels."""

    said: str


_AGREED: Mapping[Role, _Agreed] = {
    "model": _Agreed(
        frozenset(),
        "stylized",
        TYPES,
        "a model has one input `image` and one output `stylized`, uint8 or float32 of (1, H, W, 3), "
        "any H and W: export it with `impasto train`",
    ),
    "superres": _Agreed(
        frozenset(),
        "upscaled",
        TYPES,
        "a model that makes pictures larger has one input `image` and one output `upscaled`, uint8 or "
        "float32 of (1, H, W, 3), any H and W: export it with `impasto train superres`",
    ),
    "transform": _Agreed(
        frozenset({"code", "delta"}),
        "stylized",
        TYPES[:1],
        "this graph of a base takes `image`, `code` and `delta`, and gives `stylized`: give a base that "
        "`impasto train base` wrote",
    ),
    "encode": _Agreed(
        frozenset({"stroke"}),
        "code",
        TYPES[:1],
        "this graph of a base takes `image` and any number of `stroke`, and gives `code`: give a base that "
        "`impasto train base` wrote",
    ),
}


def check_contract(name: str, role: Role, inputs: Sequence[Port], outputs: Sequence[Port]) -> str:
    """Return the type of the pixels, of a graph that keeps to what is agreed.

    Raises:
        ArtifactError: It does not.
    """
    agreed = _AGREED[role]
    pictures = [port for port in inputs if port.name == "image"]
    vectors = [port for port in inputs if port.name != "image"]
    fits = (
        len(pictures) == len(outputs) == 1
        and {port.name for port in vectors} == agreed.vectors
        and all(_is_vector(port, known=role != "encode") for port in vectors)
        and pictures[0].type in agreed.types
        and _is_picture(pictures[0].shape)
        and outputs[0].name == agreed.output
        and (role == "encode" or _is_alike(outputs[0], pictures[0]))
    )
    if not fits:
        said = ", ".join(f"{port.name} {port.type} {_spelled(port.shape)}" for port in (*inputs, *outputs))
        raise ArtifactError(f"{name} takes and gives {said or 'nothing'}; {agreed.said}")
    return pictures[0].type


def _is_alike(output: Port, image: Port) -> bool:
    return output.type == image.type and _is_picture(output.shape)


def _is_vector(port: Port, *, known: bool) -> bool:
    if port.type != "float32" or port.shape is None or len(port.shape) != 1:
        return False
    return bool(port.shape[0]) if known else port.shape[0] is None


def _is_picture(shape: tuple[int | None, ...] | None) -> bool:
    """Tell whether it may be (1, H, W, 3), any H and W; what an engine could not infer may be anything."""
    if shape is None:
        return True
    return len(shape) == 4 and shape[0] in (1, None) and shape[1:3] == (None, None) and shape[3] in (3, None)


def _spelled(shape: tuple[int | None, ...] | None) -> str:
    return "(...)" if shape is None else f"({', '.join('?' if n is None else str(n) for n in shape)})"
