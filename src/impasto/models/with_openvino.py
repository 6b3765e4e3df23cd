"""Run models with OpenVINO, on the CPU."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino

from impasto.models.session import Port, Session, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impasto.models.files import ArtifactFile

DEVICE = "CPU"

KEPT_KERNELS = 100
"""Pieces of code for sizes seen before. Of OpenVINO's 5000, a folder of pictures that all have other sizes
fills hundreds of MB; to make them anew takes milliseconds."""


class OpenVINOSession(Session):
    """A compiled model, and one request for each thread that ever ran it at the same time as others."""

    engine = "openvino"

    def __init__(self, file: ArtifactFile, threads: int | None) -> None:
        try:
            model = _core().read_model(io.BytesIO(file.data))
            super().__init__(file, _metadata(model), [_ports(model.inputs), _ports(model.outputs)])
            # 8 bits of precision are enough for strokes, and not for the levels of a photo.
            self.precision = "f32" if self.card.kind == "superres" else pick_precision()
            self._model = _core().compile_model(model, DEVICE, _settings(self.precision, threads))
        except RuntimeError as error:
            raise unreadable(file.name, error) from error
        self._idle: list[openvino.InferRequest] = []

    def _infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        # A request holds buffers and serves one call at a time. Taking from and giving to a list is atomic.
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._model.create_infer_request()
        try:
            made: NDArray[Any] = request.infer({0: batch}, share_inputs=True)[0]
        finally:
            self._idle.append(request)
        return made


def pick_precision() -> str:
    """Return `bf16` where the CPU has instructions for it, else `f32`: without them bf16 is slower."""
    return "bf16" if "BF16" in _core().get_property(DEVICE, "OPTIMIZATION_CAPABILITIES") else "f32"


@cache
def _core() -> openvino.Core:
    core = openvino.Core()
    with suppress(RuntimeError):  # it is no promise of OpenVINO's that there is this setting
        core.set_property(DEVICE, {"CPU_RUNTIME_CACHE_CAPACITY": KEPT_KERNELS})
    return core


def _settings(precision: str, threads: int | None) -> dict[str, Any]:
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    return settings if threads is None else {**settings, "INFERENCE_NUM_THREADS": threads}


def _metadata(model: openvino.Model) -> Mapping[str, str]:
    """Return the metadata of the ONNX file, which OpenVINO files under its framework's."""
    if not model.has_rt_info(["framework"]):
        return {}
    found = _plain(model.get_rt_info()["framework"])
    return {key: str(_plain(value)) for key, value in found.items()} if isinstance(found, dict) else {}


def _plain(value: Any) -> Any:
    """Return what some versions wrap, and others give as it is."""
    return getattr(value, "value", value)


def _ports(ports: list[Any]) -> list[Port]:
    return [
        Port(
            next(iter(sorted(port.names)), ""),
            np.dtype(port.element_type.to_dtype()).name,
            _shape(port.partial_shape),
        )
        for port in ports
    ]


def _shape(shape: Any) -> tuple[int | None, ...] | None:
    if shape.rank.is_dynamic:
        return None
    return tuple(None if side.is_dynamic else side.get_length() for side in shape)
