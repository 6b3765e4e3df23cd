"""Run models with OpenVINO, on the CPU."""

from __future__ import annotations

import io
import threading
from collections import Counter, OrderedDict
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino

from impasto.models.contract import Port
from impasto.models.session import Session, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impasto.models.artifact import Card
    from impasto.models.contract import Role
    from impasto.models.files import ArtifactFile
    from impasto.models.session import Arrays, Fixed

DEVICE = "CPU"

KEPT_KERNELS = 100
"""Pieces of code for sizes seen before. Of OpenVINO's 5000, a folder of pictures that all have other sizes
fills hundreds of MB; to make them anew takes milliseconds."""


SMALL = 1 << 14
"""Pictures of fewer pixels are computed in float32 on every CPU: there is no time to win, and of a photo
squeezed into 1000 x 1 pixels, bf16 keeps only 42 dB."""


SIZES = 4
"""Sizes of pictures that a graph of their own is compiled for: as many are kept, and the first so many have
one at once, or with the second picture of a size where there is a graph for all already: to compile takes
longer than a picture gains."""

STEADY = 16
"""Pictures of one size in a row that have one as well, in the place of the one used longest ago. Of what will
be painted over, so many in all, as they come in turns of several sizes: that of films has one, a photo waits
for none."""

MANY = 100
"""Sizes that are counted, before it is begun anew."""

ROOM = 1 << 23
"""Pixels of all these sizes together, as each graph keeps memory for one; a larger one stays alone."""


class OpenVINOSession(Session):
    """A graph, compiled for a few sizes of pictures, and once for all others.

    Where the size is known OpenVINO moves pixels less often: bench/apply_profile.py.
    """

    engine = "openvino"

    def __init__(self, file: ArtifactFile, threads: int | None, role: Role, fixed: Fixed | None) -> None:
        try:
            self._graph = _core().read_model(io.BytesIO(file.data))
            ports = [_ports(self._graph.inputs), _ports(self._graph.outputs)]
            super().__init__(file, _metadata(self._graph), ports, role, fixed)
            _fold(self._graph, self.fixed)
            self.precision = "f32" if _is_exact(role, self.card) else pick_precision()
            self._threads = threads
            self._lock = threading.Lock()
            self._compiled: dict[str, _Compiled] = {}
            self._sized: OrderedDict[tuple[int, int], _Compiled] = OrderedDict()
            self._rough: OrderedDict[tuple[int, int], _Compiled] = OrderedDict()
            self._uses: Counter[tuple[int, int]] = Counter()
            # What makes pictures larger takes more for a tile than others do for a picture.
            self._room = 0 if self.card.kind == "superres" else ROOM
            self._made = 0
            self._last: tuple[int, int] | None = None
            self._in_a_row = 0
        except RuntimeError as error:
            raise unreadable(file.name, error) from error

    def precision_at(self, size: tuple[int, int]) -> str:
        """Return `f32` for small pictures, else the precision of the CPU."""
        return "f32" if size[0] * size[1] < SMALL else self.precision

    def _infer(self, inputs: Arrays, *, rough: bool) -> NDArray[Any]:
        at = self._rough_at if rough else self._at
        return at(inputs["image"].shape[1:3]).infer(inputs)

    def _at(self, size: tuple[int, int]) -> _Compiled:
        """Return what is to run a picture of a size, (H, W), which is the next one."""
        with self._lock:
            again = size == self._last
            self._in_a_row = 1 + self._in_a_row * again
            self._last = size
            if size not in self._sized:
                self._make_room(size)
                precision = self.precision_at(size)
                many = self._made >= SIZES and self._in_a_row < STEADY
                if many or (not again and precision in self._compiled):
                    return self._for_all(precision)
                if len(self._sized) == SIZES:
                    self._sized.popitem(last=False)
                self._sized[size] = self._compile(precision, size)
                self._made += 1
            self._sized.move_to_end(size)
            return self._sized[size]

    def _rough_at(self, size: tuple[int, int]) -> _Compiled:
        """Return what is to run a size, (H, W), that will be painted over, for which there is no hurry."""
        with self._lock:
            if size not in self._rough:
                if len(self._uses) > MANY:
                    self._uses.clear()
                self._uses[size] += 1
                if self._uses[size] <= STEADY:
                    return self._for_all(self.precision)
                if len(self._rough) == SIZES:
                    self._rough.popitem(last=False)
                del self._uses[size]
                self._rough[size] = self._compile(self.precision, size)
            self._rough.move_to_end(size)
            return self._rough[size]

    def _make_room(self, size: tuple[int, int]) -> None:
        """Let go of graphs until the memory of one for a size fits beside the others."""
        while self._sized and sum(height * width for height, width in [*self._sized, size]) > self._room:
            self._sized.popitem(last=False)

    def _for_all(self, precision: str) -> _Compiled:
        if precision not in self._compiled:
            self._compiled[precision] = self._compile(precision)
        return self._compiled[precision]

    def _compile(self, precision: str, size: tuple[int, int] | None = None) -> _Compiled:
        graph = self._graph
        if size is not None:
            graph = graph.clone()
            graph.reshape({"image": [1, *size, 3]})
        return _Compiled(_core().compile_model(graph, DEVICE, _settings(precision, self._threads)))


class _Compiled:
    """A compiled graph and its one request, which threads use in turn."""

    # OpenVINO itself runs a graph for one caller after another, so that more requests gain no time. They cost
    # safety: `create_infer_request` of 2026.4 reads descriptions of memory that a run of another size beside
    # it is freeing, and the process crashes.

    def __init__(self, model: openvino.CompiledModel) -> None:
        self.model = model
        self._request = model.create_infer_request()
        self._lock = threading.Lock()

    def infer(self, inputs: Arrays) -> NDArray[Any]:
        with self._lock:
            made: NDArray[Any] = self._request.infer(dict(inputs), share_inputs=True)[0]
        return made


def _is_exact(role: Role, card: Card) -> bool:
    """Say whether 8 bits of precision are too few: they are enough for strokes, and not for a code."""
    # Nor for the levels of a photo; but for a network that adds to a bicubic up-scaling, whose graph keeps
    # those in whole numbers, and only details and differences in bf16.
    return role == "encode" or (card.kind == "superres" and card.recipe.get("base") != "bicubic")


def _fold(graph: openvino.Model, fixed: Arrays) -> None:
    """Put constants in the place of inputs."""
    # What follows from them alone is then computed once and not for each picture: a base runs as fast as a
    # network of one style.
    if not fixed:
        return
    from openvino import opset13

    for name, value in fixed.items():
        parameter = graph.input(name).get_node()
        constant = opset13.constant(value)
        for target in parameter.output(0).get_target_inputs():
            target.replace_source_output(constant.output(0))
        graph.remove_parameter(parameter)
    graph.validate_nodes_and_infer_types()


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
