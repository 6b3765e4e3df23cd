"""The engines: what they compute, that they agree, and that threads do not disturb each other."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from impasto.errors import ArtifactError, ConfigError, MissingExtraError
from impasto.models import engine as engine_module
from impasto.models import with_openvino
from impasto.models.engine import KEPT, open_session
from impasto.models.files import read_artifact
from impasto.models.session import Session, reason_of

Make = Callable[..., Path]
ENGINES = ("openvino", "onnxruntime")
SIZES = ((40, 48), (17, 31), (1, 100), (100, 1), (129, 73))


def levels(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def opened(path: Path, engine: Any = "auto", threads: int | None = 1) -> Session:
    return open_session(read_artifact(path), engine=engine, threads=threads)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", SIZES)
def test_any_size_in_8_bits(engine: str, size: tuple[int, int], tmp_path: Path, make_model: Make) -> None:
    image = levels(*size)
    made = opened(make_model(tmp_path / "a.onnx"), engine).run(image)
    assert made.dtype == np.uint8
    assert np.array_equal(made, 255 - image)


@pytest.mark.parametrize("engine", ENGINES)
def test_float_models(engine: str, tmp_path: Path, make_model: Make) -> None:
    session = opened(make_model(tmp_path / "a.onnx", dtype="float32"), engine)
    assert session.dtype == np.float32
    image = (levels(20, 30) / 255).astype(np.float32)
    assert session.run(image) == pytest.approx(1 - image, abs=4e-3)  # bf16 where the CPU has it


def test_engines_agree(tmp_path: Path, make_model: Make) -> None:
    path = make_model(tmp_path / "blur.onnx", net="blur")
    image = levels(37, 53)
    one, other = (opened(path, engine).run(image).astype(int) for engine in ENGINES)
    assert np.abs(one - other).max() <= 1
    padded = np.pad(image.astype(float), ((1, 1), (1, 1), (0, 0)), mode="edge")
    mean = sum(padded[y : y + 37, x : x + 53] for y in range(3) for x in range(3)) / 9
    assert np.abs(other - mean).max() <= 0.501


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_get_each_their_own_picture(engine: str, tmp_path: Path, make_model: Make) -> None:
    session = opened(make_model(tmp_path / "a.onnx"), engine)
    images = [levels(40 + seed % 5, 300, seed) for seed in range(60)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(session.run, images))
    for image, made in zip(images, results, strict=True):
        assert np.array_equal(made, 255 - image)


def test_openvino_makes_no_request_beside_a_run() -> None:
    """It crashes, rarely: that would not be seen here, so the calls are watched."""

    class Model:
        made, running, most = 0, 0, 0

        def create_infer_request(self) -> Any:
            self.made += 1
            return self

        def infer(self, inputs: Any, share_inputs: bool) -> Any:
            assert share_inputs
            self.running += 1
            self.most = max(self.most, self.running)
            time.sleep(0.01)
            self.running -= 1
            return [inputs["image"]]

    model: Any = Model()
    compiled = with_openvino._Compiled(model)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda seed: compiled.infer({"image": levels(2, 2, seed)}), range(8)))
    assert all(np.array_equal(one, levels(2, 2, seed)) for seed, one in enumerate(made))
    assert (model.made, model.most) == (1, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_result_is_not_changed_by_the_next_run(engine: str, tmp_path: Path, make_model: Make) -> None:
    session = opened(make_model(tmp_path / "a.onnx"), engine)
    first = session.run(levels(20, 20, 1))
    kept = first.copy()
    session.run(levels(20, 20, 2))
    assert np.array_equal(first, kept)


@pytest.mark.parametrize("engine", ENGINES)
def test_views_are_taken_as_they_look(engine: str, tmp_path: Path, make_model: Make) -> None:
    image = levels(20, 30)[::-1, ::2]
    made = opened(make_model(tmp_path / "a.onnx"), engine).run(image)
    assert np.array_equal(made, 255 - image)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_that_fails_on_a_size_says_so(engine: str, tmp_path: Path, make_model: Make) -> None:
    session = opened(make_model(tmp_path / "crop.onnx", net="crop"), engine)
    with pytest.raises(ArtifactError, match=r"crop.onnx fails on 30 x 20 pixels \(it made \(1, 18, 28, 3\)"):
        session.run(levels(20, 30))


def test_a_size_that_an_engine_cannot_compute_is_said(tmp_path: Path, make_model: Make) -> None:
    """By ONNX Runtime; OpenVINO 2026.4 says so too, but corrupts memory: later calls crash."""
    session = opened(make_model(tmp_path / "crop.onnx", net="crop"), "onnxruntime")
    with pytest.raises(ArtifactError, match="fails on 1 x 1 pixels"):
        session.run(levels(1, 1))


def test_lack_of_memory_is_a_memory_error(
    tmp_path: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(make_model(tmp_path / "a.onnx"))

    def fail(_: object, **_rough: object) -> None:
        raise RuntimeError("Failed to allocate memory for requested buffer of size 123")

    monkeypatch.setattr(session, "_infer", fail)
    with pytest.raises(MemoryError):
        session.run(levels(20, 20))


def test_sessions_are_kept_by_file_engine_and_threads(tmp_path: Path, make_model: Make) -> None:
    path = make_model(tmp_path / "a.onnx")
    session = opened(path, "openvino")
    assert opened(path, "openvino") is session
    assert opened(path, "auto") is session
    assert opened(path, "openvino", 2) is not session
    assert opened(path, "onnxruntime") is not session
    make_model(path, net="blur")
    assert opened(path, "openvino") is not session


def test_only_so_many_sessions_are_kept(tmp_path: Path, make_model: Make) -> None:
    paths = [make_model(tmp_path / f"{n}.onnx") for n in range(KEPT + 2)]
    first = opened(paths[0], "onnxruntime")
    second = opened(paths[1], "onnxruntime")
    for path in paths[2:]:
        opened(path, "onnxruntime")
        assert opened(paths[0], "onnxruntime") is first  # what is used stays
    assert opened(paths[1], "onnxruntime") is not second
    assert len(engine_module._ready) == KEPT


def test_a_model_is_compiled_once_for_all_threads(
    tmp_path: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_model(tmp_path / "a.onnx")
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(lambda _: opened(path), range(8)))
    assert len(set(map(id, sessions))) == 1


@pytest.mark.parametrize(
    ("engine", "threads", "said"),
    [
        ("tensorrt", None, "engine is 'tensorrt'; choose auto, openvino, onnxruntime"),
        ("auto", 0, "threads is 0"),
        ("auto", 1.5, "threads is 1.5"),
    ],
)
def test_settings_are_checked(engine: str, threads: Any, said: str, tmp_path: Path, make_model: Make) -> None:
    with pytest.raises(ConfigError, match=said):
        opened(make_model(tmp_path / "a.onnx"), engine, threads)


WITHOUT_OPENVINO = """
import sys
sys.modules["openvino"] = None
from impasto.models.engine import open_session
from impasto.models.files import read_artifact
file = read_artifact(sys.argv[1])
print(open_session(file).engine)
try:
    open_session(file, engine="openvino")
except Exception as error:
    print(type(error).__name__, error)
"""


def test_without_openvino_it_is_onnxruntime(tmp_path: Path, make_model: Make) -> None:
    path = make_model(tmp_path / "a.onnx")
    command = [sys.executable, "-c", WITHOUT_OPENVINO, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    engine, error = done.stdout.splitlines()
    assert engine == "onnxruntime"
    assert error.startswith(f"{MissingExtraError.__name__} the engine openvino is not installed here")
    assert "pip install openvino" in error


@pytest.mark.parametrize(("has", "precision"), [(True, "bf16"), (False, "f32")])
def test_bf16_where_the_cpu_has_it(has: bool, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Core:
        def get_property(self, device: str, name: str) -> list[str]:
            assert (device, name) == ("CPU", "OPTIMIZATION_CAPABILITIES")
            return ["FP32", "BF16"] if has else ["FP32", "INT8"]

    monkeypatch.setattr(with_openvino, "_core", Core)
    assert with_openvino.pick_precision() == precision


def test_threads_and_precision_reach_openvino(tmp_path: Path, make_model: Make) -> None:
    session: Any = opened(make_model(tmp_path / "a.onnx"), "openvino", 1)
    compiled = session._at((128, 128)).model
    assert compiled.get_property("INFERENCE_NUM_THREADS") == 1
    assert session.precision == with_openvino.pick_precision()
    assert compiled.get_property("INFERENCE_PRECISION_HINT").to_string() == session.precision


def in_both(path: Path) -> tuple[Any, Session]:
    """A model in OpenVINO, and in the other engine; models are known by bytes, so no other test's session."""
    engine_module._ready.clear()
    return opened(path, "openvino"), opened(path, "onnxruntime")


def check_alike(engines: tuple[Any, Session], image: NDArray[np.uint8], *, rough: bool = False) -> None:
    ours, other = (each.run(image, rough=rough).astype(int) for each in engines)
    assert np.abs(ours - other).max() <= 1


def test_small_pictures_are_computed_in_float32(
    tmp_path: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_module._ready.clear()
    monkeypatch.setattr(with_openvino, "pick_precision", lambda: "bf16")
    session: Any = opened(make_model(tmp_path / "small.onnx", net="blur"), "openvino")
    assert session.precision == "bf16"
    assert (session.precision_at((127, 129)), session.precision_at((128, 128))) == ("f32", "bf16")

    session.run(levels(128, 128))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(session.run, [levels(1000, 1)] * 4))
    hints = {
        size: each.model.get_property("INFERENCE_PRECISION_HINT").to_string()
        for size, each in session._sized.items()
    }
    assert hints == {(128, 128): "bf16", (1000, 1): "f32"}
    wanted = opened(make_model(tmp_path / "small.onnx", net="blur"), "onnxruntime").run(levels(1000, 1))
    assert all(np.abs(one.astype(int) - wanted).max() <= 1 for one in made)


def test_openvino_compiles_for_the_first_sizes_and_for_one_that_stays(
    tmp_path: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(with_openvino, "SIZES", 2)
    monkeypatch.setattr(with_openvino, "STEADY", 3)
    monkeypatch.setattr(with_openvino, "pick_precision", lambda: "f32")
    engines = session, _ = in_both(make_model(tmp_path / "blur.onnx", net="blur"))
    known = []
    for number, side in enumerate([20, 20, 30, 40, 20, 40, 40, 40, 30]):
        check_alike(engines, levels(side, 24, seed=number))
        known.append([size[0] for size in session._sized])
    assert known == [[20], [20], [20, 30], [20, 30], [30, 20], [30, 20], [30, 20], [20, 40], [20, 40]]
    assert list(session._compiled) == ["f32"]  # once for all sizes, however often it is gone back to
    shapes = {tuple(each.model.input(0).shape) for each in session._sized.values()}
    assert shapes == {(1, 20, 24, 3), (1, 40, 24, 3)}


def test_openvino_is_made_ready_for_sizes_that_are_painted_over_once_they_stay(
    tmp_path: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(with_openvino, "SIZES", 2)
    monkeypatch.setattr(with_openvino, "STEADY", 3)
    monkeypatch.setattr(with_openvino, "MANY", 6)
    engines = session, _ = in_both(make_model(tmp_path / "blur.onnx", net="blur"))
    known = []
    for whole in (50, 60, 60, 70, 60, 60, 50):
        for side in (whole // 5, whole // 2):
            check_alike(engines, levels(side, 24), rough=True)
        session.run(levels(whole, 24))
        known.append([size[0] for size in session._rough])
    assert known == [[], [], [], [], [], [12, 30], [12, 30]]
    assert set(session._compiled) <= {session.precision, "f32"}, "one for all other sizes, by precision"
    for side in (14, 14, 14, 30, 14, 14):
        session.run(levels(side, 24), rough=True)
    assert [size[0] for size in session._rough] == [30, 14], "the one used longest ago makes room"
    for side in range(1, 10):
        session.run(levels(side, 24), rough=True)
    assert len(session._uses) <= 7


def test_openvino_compiles_once_for_one_picture_over_a_broad_painting(
    tmp_path: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(with_openvino, "pick_precision", lambda: "f32")
    engines = session, _ = in_both(make_model(tmp_path / "blur.onnx", net="blur"))
    known = []
    for side in (40, 60, 60):
        check_alike(engines, levels(side // 2, 24), rough=True)
        check_alike(engines, levels(side, 24))
        known.append([size[0] for size in session._sized])
    assert known == [[], [], [60]]
    assert list(session._compiled) == ["f32"]


def test_openvino_keeps_no_large_sizes_beside_each_other(
    tmp_path: Path, make_model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_module._ready.clear()
    monkeypatch.setattr(with_openvino, "ROOM", 1000)
    session: Any = opened(make_model(tmp_path / "a.onnx"), "openvino")
    known = []
    for side in (10, 20, 60, 10):
        session.run(levels(side, 20))
        known.append([size[0] for size in session._sized])
    assert known == [[10], [10, 20], [60], [10]]


def test_openvino_keeps_one_size_of_tiles(tmp_path: Path, make_upscaler: Make) -> None:
    engine_module._ready.clear()
    session: Any = opened(make_upscaler(tmp_path / "a.onnx"), "openvino")
    for side in (10, 20, 20, 12):
        session.run(levels(side, 20))
        assert list(session._sized) == [(side, 20)]


def test_what_is_said_of_an_engines_error() -> None:
    assert reason_of(RuntimeError("Exception from a.cpp:1:\nIt broke. Please check this.\n\n")) == "It broke"
    assert reason_of(RuntimeError()) == "RuntimeError"
    assert len(reason_of(RuntimeError("x" * 1000))) == 200


def test_openvino_knows_the_setting_that_bounds_its_memory() -> None:
    """It cannot be asked for, only set; a version without it would let the process grow, and say nothing."""
    kernels = with_openvino.KEPT_KERNELS
    with_openvino.pick_precision()  # it asks the plugin, which is loaded then, and not when settings are made
    with_openvino._core().set_property("CPU", {"CPU_RUNTIME_CACHE_CAPACITY": kernels})
    with pytest.raises(RuntimeError):
        with_openvino._core().set_property("CPU", {"CPU_RUNTIME_CACHE_CAPACITIES": kernels})
