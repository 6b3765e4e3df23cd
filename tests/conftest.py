"""What all tests share: no network, no cache of the user's, and the same examples in every run."""

import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from impasto.models import registry
from impasto.models.artifact import Card

# A check that fails must fail for the next person too, and slow machines are not wrong.
settings.register_profile("impasto", deadline=None, derandomize=True)
settings.load_profile("impasto")

LOCAL = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell starts what runs in the background deaf to SIGINT; tests of Ctrl-C have to hear it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Fail what would reach beyond this machine; servers on it are fine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOCAL:
            raise AssertionError(f"a test tried to reach {address}; tests need no network")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty cache folder: weights that happen to lie in the user's change no result."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPASTO_CACHE", str(cache))
        yield cache


@pytest.fixture(autouse=True, scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder of styles, in place of the user's."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPASTO_HOME", str(home))
        yield home


MakeModel = Callable[..., Path]


@pytest.fixture
def make_model() -> MakeModel:
    """`make_model(path, ...)`: a model file as `impasto train` exports it, but tiny."""
    return write_model


def write_model(
    path: Path,
    *,
    net: str = "invert",
    dtype: str = "uint8",
    card: dict[str, str] | None = None,
    sides: tuple[str | int, str | int] = ("H", "W"),
    names: tuple[str, str] = ("image", "stylized"),
) -> Path:
    """Write a model that turns colors round (`invert`), or blurs with a 3 x 3 convolution (`blur`).

    `crop` makes a picture that is two pixels smaller, and `second` wants a second picture: both break the
    contract. `card` is the metadata.
    """
    import onnx
    from onnx import TensorProto, helper

    kind = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT, "int32": TensorProto.INT32}[dtype]
    full = 255.0 if dtype != "float32" else 1.0
    shape = [1, *sides, 3]
    inputs = [helper.make_tensor_value_info(names[0], kind, shape)]
    if net == "second":
        inputs.append(helper.make_tensor_value_info("mask", kind, shape))
    kernel = np.full((3, 1, 3, 3), 1 / 9, np.float32)
    constants: dict[str, Any] = {
        "full": np.array(full, np.float32),
        "kernel": kernel,
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64),
    }
    middle = {
        "invert": [helper.make_node("Sub", ["full", "float"], ["made"])],
        "second": [
            helper.make_node("Cast", ["mask"], ["masked"], to=TensorProto.FLOAT),
            helper.make_node("Sub", ["masked", "float"], ["made"]),
        ],
        "blur": _convolution(helper, padded=True),
        "crop": _convolution(helper, padded=False),
    }[net]
    nodes = [
        helper.make_node("Cast", [names[0]], ["float"], to=TensorProto.FLOAT),
        *middle,
        helper.make_node("Round" if full > 1 else "Identity", ["made"], ["whole"]),
        helper.make_node("Cast", ["whole"], [names[1]], to=kind),
    ]
    outputs = [helper.make_tensor_value_info(names[1], kind, [1, None, None, 3] if net == "crop" else shape)]
    used = {name for node in nodes for name in node.input}
    weights = [onnx.numpy_helper.from_array(v, k) for k, v in constants.items() if k in used]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    metadata = Card(name=path.stem, title="A title", artist="Somebody", year="1889").to_metadata()
    helper.set_model_props(model, metadata if card is None else card)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture(scope="session")
def spaces(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, Path]]:
    """Two tiny bases, as torch has them and as `impasto train base` exports them; read only."""
    top = tmp_path_factory.mktemp("bases")
    return [(write_base(top / f"base{seed}", seed), top / f"base{seed}") for seed in range(2)]


@pytest.fixture(scope="session")
def tiny_base(spaces: list[tuple[Any, Path]]) -> Path:
    """The folder of a base; read only."""
    return spaces[0][1]


@pytest.fixture(scope="session")
def other_base(spaces: list[tuple[Any, Path]]) -> Path:
    """The folder of another base of the same shape; read only."""
    return spaces[1][1]


@pytest.fixture
def own_base(tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with a base and nothing else, and a gallery with nothing at all."""
    home = tmp_path / "own"
    shutil.copytree(tiny_base, home / "base")
    monkeypatch.setenv("IMPASTO_HOME", str(home))
    monkeypatch.setattr(registry, "GALLERY", tmp_path / "empty")
    return home / "base"


@pytest.fixture
def no_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder and a gallery with nothing at all; the former."""
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "own"))
    monkeypatch.setattr(registry, "GALLERY", tmp_path / "empty")
    return tmp_path / "own"


def write_base(folder: Path, seed: int) -> Any:
    """Write a base of 8 channels, whose codes differ enough from painting to painting to be told apart."""
    import torch

    from impasto.studio.networks.config import ARCHITECTURES
    from impasto.studio.networks.space import StyleSpace
    from impasto.studio.train.export_base import export_base

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        space = StyleSpace(replace(ARCHITECTURES["compact"], channels=8, blocks=1)).eval()
        with torch.no_grad():
            space.encode.straight.weight.normal_(std=0.1)
    export_base(space, Card(kind="base", name=f"tiny-{seed}", trained_on="nothing"), folder)
    return space


@pytest.fixture
def make_upscaler() -> MakeModel:
    """`make_upscaler(path, ...)`: a model file as `impasto train superres` exports it, but tiny."""
    return write_upscaler


def write_upscaler(path: Path, *, factor: int = 4, net: str = "blur", **recipe: Any) -> Path:
    """Write a model that blurs with a 3 x 3 convolution (`blur`) or not (`repeat`), then repeats pixels.

    `wrong` repeats each once more than its card says. `recipe` goes into the card.
    """
    import onnx
    from onnx import TensorProto, helper

    times = factor + (net == "wrong")
    constants: dict[str, Any] = {
        "kernel": np.full((3, 1, 3, 3), 1 / 9, np.float32),
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64),
        "block": np.ones((3, 1, times, times), np.float32),
    }
    blur = _convolution(helper, padded=True)[:3]
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        *(blur if net == "blur" else [*blur[:1], helper.make_node("Identity", ["planes"], ["blurred"])]),
        helper.make_node("ConvTranspose", ["blurred", "block"], ["large"], strides=[times, times], group=3),
        helper.make_node("Transpose", ["large"], ["made"], perm=[0, 2, 3, 1]),
        helper.make_node("Round", ["made"], ["whole"]),
        helper.make_node("Cast", ["whole"], ["upscaled"], to=TensorProto.UINT8),
    ]
    ports = [
        helper.make_tensor_value_info(name, TensorProto.UINT8, [1, None, None, 3])
        for name in ("image", "upscaled")
    ]
    used = {name for node in nodes for name in node.input}
    weights = [onnx.numpy_helper.from_array(v, k) for k, v in constants.items() if k in used]
    graph = helper.make_graph(nodes, "tiny", ports[:1], ports[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    card = Card(kind="superres", name=path.stem, recipe={"factor": factor, **recipe})
    helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def _convolution(helper: Any, *, padded: bool) -> list[Any]:
    pad = helper.make_node("Pad", ["planes", "pads"], ["padded"], mode="edge")
    return [
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        *([pad] if padded else []),
        helper.make_node("Conv", ["padded" if padded else "planes", "kernel"], ["blurred"], group=3),
        helper.make_node("Transpose", ["blurred"], ["made"], perm=[0, 2, 3, 1]),
    ]
