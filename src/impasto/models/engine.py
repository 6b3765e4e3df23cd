"""The engines by name, and the graphs that they have ready."""

from __future__ import annotations

import threading
from collections import OrderedDict
from importlib import import_module
from typing import TYPE_CHECKING, Literal, get_args

from impasto.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from impasto.models.contract import Role
    from impasto.models.files import ArtifactFile
    from impasto.models.session import Fixed, Session

EngineName = Literal["auto", "openvino", "onnxruntime"]

_CLASSES = {
    "openvino": ("impasto.models.with_openvino", "OpenVINOSession"),
    "onnxruntime": ("impasto.models.with_onnxruntime", "OnnxRuntimeSession"),
}
"""In the order of preference. Loaded by name: an engine takes a third of a second to import."""

KEPT = 8
"""Sessions that are kept ready."""

_ready: OrderedDict[tuple[str | int | None, ...], Session] = OrderedDict()
_lock = threading.Lock()


def open_session(
    file: ArtifactFile,
    *,
    engine: EngineName = "auto",
    threads: int | None = None,
    role: Role = "model",
    fixed: Fixed | None = None,
) -> Session:
    """Make a graph ready to run; the same file, engine, threads and brush give the same session again.

    Args:
        file: The model, or a graph of a base.
        engine: `openvino`, `onnxruntime`, or `auto`: OpenVINO where it is installed, as it is the faster one
            on a CPU, else ONNX Runtime.
        threads: That it may use; None for as many as there are cores.
        role: What the file is.
        fixed: What a brush tells the base.

    Raises:
        ConfigError: An engine that there is not, or threads below 1.
        MissingExtraError: The engine is not installed here.
        ArtifactError: The file is not what `role` says, or the brush does not fit it.
    """
    check_engine(engine, threads)
    with _lock:  # also while it loads: nobody gains from compiling the same graph twice at once
        name, make = _maker(engine)
        key = (file.sha256, name, threads, role, fixed and fixed.digest)
        if key not in _ready:
            _ready[key] = make(file, threads, role, fixed)
            if len(_ready) > KEPT:
                _ready.popitem(last=False)
        _ready.move_to_end(key)
        return _ready[key]


def check_engine(engine: str, threads: int | None) -> None:
    """Refuse an engine that there is not, and threads below 1.

    Raises:
        ConfigError: As said.
    """
    if engine not in get_args(EngineName):
        raise ConfigError(f"engine is {engine!r}; choose {', '.join(get_args(EngineName))}")
    if threads is not None and (type(threads) is not int or threads < 1):
        raise ConfigError(f"threads is {threads!r}; give a whole number from 1 up, or leave it away")


def _maker(engine: str) -> tuple[str, Callable[..., Session]]:
    """Return the name of an engine that is installed, and what makes its sessions."""
    reason = None
    for name in _CLASSES if engine == "auto" else [engine]:
        home, called = _CLASSES[name]
        try:
            return name, getattr(import_module(home), called)
        except ImportError as error:
            reason = error
    raise MissingExtraError(
        f"the engine {name} is not installed here ({reason}): pip install {name}, or choose another --engine"
    ) from reason
