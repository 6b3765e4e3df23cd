"""Run models with ONNX Runtime: on a GPU where its build has one, else on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnxruntime

from impasto.models.contract import Port
from impasto.models.session import Session, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impasto.models.contract import Role
    from impasto.models.files import ArtifactFile
    from impasto.models.session import Arrays, Fixed

GPUS = ("CUDAExecutionProvider", "CoreMLExecutionProvider", "DmlExecutionProvider")
"""What is taken before the CPU, where it is there."""

CPU = "CPUExecutionProvider"

_FATAL = 4  # the least that it can say: its complaints reach the user as our errors


class OnnxRuntimeSession(Session):
    """A session of ONNX Runtime, which serves any number of threads."""

    engine = "onnxruntime"

    def __init__(self, file: ArtifactFile, threads: int | None, role: Role, fixed: Fixed | None) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _FATAL
        options.intra_op_num_threads = threads or 0  # 0: as many as there are cores
        there = onnxruntime.get_available_providers()
        providers = [*(each for each in GPUS if each in there), CPU]
        self._session = _open(file, options, providers)
        super().__init__(
            file,
            self._session.get_modelmeta().custom_metadata_map,
            [_ports(self._session.get_inputs()), _ports(self._session.get_outputs())],
            role,
            fixed,
        )
        used = self._session.get_providers()[0]
        self.precision = "f32" if used == CPU else f"f32 on {used.removesuffix('ExecutionProvider')}"

    def _infer(self, inputs: Arrays, *, rough: bool) -> NDArray[Any]:  # noqa: ARG002  one graph takes all sizes
        made: NDArray[Any] = self._session.run(None, {**self.fixed, **inputs})[0]
        return made


def read_metadata(file: ArtifactFile) -> Mapping[str, str]:
    """Return a model's metadata, without optimizing the graph.

    Raises:
        ArtifactError: It is not an ONNX model, or is damaged.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    found: Mapping[str, str] = _open(file, options, [CPU]).get_modelmeta().custom_metadata_map
    return found


def _open(file: ArtifactFile, options: Any, providers: list[str]) -> onnxruntime.InferenceSession:
    try:
        return onnxruntime.InferenceSession(file.data, options, providers=providers)
    except Exception as error:  # it has no base of its own for its errors
        raise unreadable(file.name, error) from error


def _ports(ports: list[Any]) -> list[Port]:
    return [Port(port.name, _type(port.type), _shape(port.shape)) for port in ports]


def _type(name: str) -> str:
    """Return NumPy's name of a type that is called `tensor(float)` here."""
    inner = name.removeprefix("tensor(").removesuffix(")")
    return {"float": "float32", "double": "float64"}.get(inner, inner)


def _shape(shape: list[Any] | None) -> tuple[int | None, ...] | None:
    if not shape:  # what is not known is empty here
        return None
    return tuple(side if isinstance(side, int) else None for side in shape)
