"""An exported network computes what torch computes, in both engines, at any size, and says what it is."""

import collections
import copy
from pathlib import Path
from typing import Any, get_args

import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from impasto.errors import ArtifactError
from impasto.models.artifact import Card
from impasto.models.engine import open_session
from impasto.models.files import read_artifact, read_card
from impasto.models.upscaler import Upscaler
from impasto.studio.networks import NetworkConfig, build_network
from impasto.studio.networks.config import NetworkName, Norm
from impasto.studio.networks.superres import build_super_network
from impasto.studio.networks.superres_config import SuperNetworkConfig
from impasto.studio.train.export import OPSET, export_onnx

Bytes = NDArray[np.uint8]

NAMES: tuple[NetworkName, ...] = get_args(NetworkName)
SIZES = ((17, 31), (1000, 1), (81, 45), (1, 1), (3, 2), (64, 96))
CARD = Card(name="wave", title="The Great Wave", artist="Hokusai", recipe={"steps": 3})
OPTIONS: list[dict[str, Any]] = [
    *({"name": name, "norm": norm} for name in NAMES for norm in get_args(Norm)),
    *({"name": "johnson", "upsampling": each} for each in ("transposed", "shuffle")),
    *({"name": "johnson", "output": each} for each in ("sigmoid", "clamp")),
    {"name": "johnson", "residual": "valid"},
    *({"name": "compact", "output": each} for each in ("sigmoid", "clamp")),
]


def make(**settings: Any) -> nn.Module:
    """A network whose every weight and statistic is drawn, so that none could be left out unseen."""
    torch.manual_seed(0)
    network = build_network(NetworkConfig(**settings))
    with torch.no_grad():
        for name, each in [*network.named_parameters(), *network.named_buffers()]:
            if name.endswith(("running_var", "running_variance")):
                each.uniform_(0.5, 2)
            elif each.dim() == 4:
                nn.init.kaiming_normal_(each)
            elif each.is_floating_point():
                each.add_(torch.randn(each.shape) * 0.2)
    return network


def picture(height: int, width: int) -> Bytes:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def in_torch(network: nn.Module, image: Bytes) -> NDArray[np.float32]:
    """What torch makes of bytes, in levels of 255, not rounded."""
    pixels = torch.from_numpy(image.astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.inference_mode():
        made: NDArray[np.float32] = network(pixels)[0].permute(1, 2, 0).numpy() * 255
    return made


def in_double(network: nn.Module, image: Bytes) -> NDArray[np.float64]:
    """The same in double precision."""
    pixels = torch.from_numpy(image / 255).permute(2, 0, 1)[None]
    with torch.no_grad():
        made = copy.deepcopy(network).double()(pixels)[0].permute(1, 2, 0).numpy() * 255
    return np.asarray(made)


def in_onnxruntime(path: Path, image: Bytes) -> Bytes:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    made: Bytes = session.run(["stylized"], {"image": image[None]})[0][0]
    return made


def in_openvino(path: Path, image: Bytes) -> Bytes:
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    made: Bytes = openvino.Core().compile_model(str(path), "CPU", settings)({"image": image[None]})[0][0]
    return made


@pytest.mark.parametrize("settings", OPTIONS, ids=lambda settings: "-".join(settings.values()))
def test_both_engines_compute_what_torch_does(settings: dict[str, Any], tmp_path: Path) -> None:
    network, path = make(**settings, channels=8, blocks=2).eval(), tmp_path / "a.onnx"
    export_onnx(network, CARD, path)
    compiled = openvino.Core().compile_model(
        str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    )
    for size in SIZES:
        image = picture(*size)
        # Of a handful of pixels a normalization blows up the last digits, torch's own too: what it makes of
        # 3 x 2 in float32 is up to 5 levels, by processor, from what it makes in double precision.
        wanted: list[NDArray[Any]] = [
            in_torch(network, image),
            *([in_double(network, image)] if min(size) < 9 else []),
        ]
        assert min(size) < 9 or wanted[0].std() > 5, "a network that paints one color shows no difference"
        for made in (in_onnxruntime(path, image), compiled({"image": image[None]})[0][0]):
            assert made.dtype == np.uint8
            assert made.shape == image.shape
            assert min(np.abs(made - each).max() for each in wanted) <= 2, size


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_network_too(name: NetworkName, tmp_path: Path) -> None:
    network, path = make(name=name).eval(), tmp_path / "a.onnx"
    export_onnx(network, CARD, path)
    image = picture(81, 45)
    wanted = in_torch(network, image)
    assert np.abs(in_openvino(path, image) - wanted).max() <= 2
    assert np.abs(in_onnxruntime(path, image) - wanted).max() <= 2


def test_the_file_keeps_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    export_onnx(make(), CARD, path)
    model = onnx.load(path)
    assert [(each.domain, each.version) for each in model.opset_import] == [("", OPSET)]
    assert {node.domain for node in model.graph.node} == {""}
    assert not model.functions
    for (port,), name in ((model.graph.input, "image"), (model.graph.output, "stylized")):
        assert port.name == name
        assert port.type.tensor_type.elem_type == onnx.TensorProto.UINT8
        sides = [each.dim_value or each.dim_param for each in port.type.tensor_type.shape.dim]
        assert sides == [1, "height", "width", 3]
    for node in model.graph.node:
        attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        assert attributes.get("auto_pad", b"NOTSET") == b"NOTSET"
        assert node.op_type != "Conv" or "pads" in attributes
    assert read_card(path) == CARD
    assert b"/impasto/" not in path.read_bytes(), "no path of the machine that it was made on"


def test_instances_are_normalized_in_one_operator(tmp_path: Path) -> None:
    # Engines have a fast one for it; means and roots, written out, take several passes over the features.
    path = tmp_path / "a.onnx"
    export_onnx(make(norm="instance"), CARD, path)
    used = collections.Counter(node.op_type for node in onnx.load(path).graph.node)
    assert used["InstanceNormalization"] > 3
    assert not {"ReduceMean", "Sqrt", "If", "Loop"} & set(used)


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    one, same, other = (tmp_path / f"{name}.onnx" for name in ("one", "same", "other"))
    network = make()
    for path in (one, same):
        export_onnx(network, CARD, path)
    with torch.no_grad():
        next(network.parameters()).mul_(2)
    export_onnx(network, CARD, other)
    assert one.read_bytes() == same.read_bytes() != other.read_bytes()


def test_the_network_is_left_as_it_was(tmp_path: Path) -> None:
    network = make(norm="batch").train()
    before = {name: each.clone() for name, each in network.state_dict().items()}
    export_onnx(network, CARD, tmp_path / "a.onnx")
    assert all(module.training for module in network.modules())
    assert all(torch.equal(each, before[name]) for name, each in network.state_dict().items())
    # What is written is the network as it evaluates, whatever its mode was.
    image = picture(24, 40)
    assert np.abs(in_onnxruntime(tmp_path / "a.onnx", image) - in_torch(network.eval(), image)).max() <= 2


def test_a_module_of_ones_own(tmp_path: Path) -> None:
    class Negative(nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return 1 - image

    export_onnx(Negative(), CARD, tmp_path / "a.onnx")
    image = picture(9, 5)
    assert np.array_equal(in_openvino(tmp_path / "a.onnx", image), 255 - image)
    assert np.array_equal(in_onnxruntime(tmp_path / "a.onnx", image), 255 - image)


def test_values_out_of_range_are_held_in_it(tmp_path: Path) -> None:
    class Stretch(nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return image * 4 - 1.5

    export_onnx(Stretch(), CARD, tmp_path / "a.onnx")
    image = picture(20, 30)
    wanted = np.clip(image / 255 * 4 - 1.5, 0, 1) * 255
    for made in (in_openvino(tmp_path / "a.onnx", image), in_onnxruntime(tmp_path / "a.onnx", image)):
        assert np.abs(made - wanted).max() <= 0.51


def test_weights_that_diverged_are_not_written(tmp_path: Path) -> None:
    network = make()
    with torch.no_grad():
        next(network.parameters()).flatten()[0] = torch.nan
    with pytest.raises(ArtifactError, match=r"has values that are not finite; train again"):
        export_onnx(network, CARD, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "none" / "a.onnx"
    with pytest.raises(ArtifactError, match=r"a\.onnx' cannot be written \(No such file or directory\)"):
        export_onnx(make(channels=8, blocks=0), CARD, path)


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize(
    "settings",
    [
        {"name": "compact"},
        {"name": "compact", "shuffle": "free"},
        {"name": "johnson"},
        {"name": "johnson", "norm": "batch", "upsampling": "transposed", "base": "none"},
    ],
    ids=lambda settings: "-".join(settings.values()),
)
def test_what_makes_pictures_larger_is_the_same_in_both_engines(
    settings: dict[str, Any], factor: int, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = build_super_network(SuperNetworkConfig(factor=factor, channels=8, blocks=1, **settings)).eval()
    with torch.no_grad():
        for each in network.parameters():
            each.add_(torch.randn(each.shape) * 0.05)
    path = tmp_path / "a.onnx"
    export_onnx(network, Card(kind="superres", name="a", recipe={"factor": factor}), path)
    for engine in ("openvino", "onnxruntime"):
        session = open_session(read_artifact(path), engine=engine, threads=1)
        for size in ((17, 31), (40, 1), (1, 1), (3, 2)):
            made = session.run(picture(*size))
            assert made.shape == (factor * size[0], factor * size[1], 3)
            assert np.abs(made - in_torch(network, picture(*size))).max() <= 1


def test_the_file_of_what_makes_pictures_larger_keeps_its_contract(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    card = Card(kind="superres", name="a", recipe={"factor": 4})
    export_onnx(build_super_network(SuperNetworkConfig()), card, path)
    model = onnx.load(path)
    assert path.stat().st_size < 2e6
    assert {node.domain for node in model.graph.node} == {""}
    (taken,), (given,) = model.graph.input, model.graph.output
    assert (taken.name, given.name) == ("image", "upscaled")
    sides = [
        [each.dim_value or each.dim_param for each in port.type.tensor_type.shape.dim]
        for port in (taken, given)
    ]
    assert sides == [[1, "height", "width", 3], [1, "larger_height", "larger_width", 3]]
    assert given.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert read_card(path) == card


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("name", ["compact", "johnson"])
def test_tiles_of_a_whole_network_have_no_seam(name: Any, engine: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build_super_network(SuperNetworkConfig(name=name, factor=2, channels=8)).eval()
    with torch.no_grad():
        for each in network.parameters():
            each.add_(torch.randn(each.shape) * 0.1)
    path = tmp_path / "a.onnx"
    recipe = {"factor": 2, "reach": network.reach, "width": network.width}
    export_onnx(network, Card(kind="superres", name="a", recipe=recipe), path)
    upscale = Upscaler(path, engine=engine, threads=1)
    image = picture(150, 190)
    whole = upscale.frame(image)
    assert whole.std() > 20
    assert np.abs(upscale.frame(image, area=1).astype(int) - whole).max() <= 1
    assert np.abs(upscale.frame(image, area=10_000).astype(int) - whole).max() <= 1
