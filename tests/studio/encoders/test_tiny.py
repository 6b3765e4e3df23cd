"""The tiny encoder is what its seed says."""

import torch

from impasto.studio.encoders import load_encoder, tiny_encoder
from impasto.studio.encoders.architecture import ARCHITECTURES


def test_the_same_seed_gives_the_same_encoder() -> None:
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(2))
    torch.manual_seed(5)
    first = tiny_encoder(3)
    torch.manual_seed(6)
    second, other = tiny_encoder(3), tiny_encoder(4)
    assert torch.equal(first(image, ["relu5_4"])["relu5_4"], second(image, ["relu5_4"])["relu5_4"])
    assert first.weights_sha256 == second.weights_sha256 != other.weights_sha256
    assert (first.weights_name, other.weights_name) == ("tiny-3", "tiny-4")


def test_it_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    tiny_encoder()
    assert torch.equal(torch.rand(1), expected)


def test_it_has_the_layers_of_vgg19_and_no_layer_is_dead() -> None:
    encoder = tiny_encoder()
    assert tuple(encoder.convs) == ARCHITECTURES["vgg19"].conv_names
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    for name, features in encoder(image, encoder.layer_names).items():
        assert 0.05 < features.abs().mean() < 20, name


def test_it_can_be_loaded_by_name() -> None:
    encoder = load_encoder("tiny", pooling="l2", rescale_pooling=False, padding="replicate", centered=False)
    assert encoder.weights_sha256 == tiny_encoder().weights_sha256
    assert (encoder.pooling, encoder.rescale_pooling, encoder.padding) == ("l2", False, "replicate")
    assert not encoder.centered
