"""The strongest patches: which are kept, in what order, and what is cut out around them."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from impasto.errors import ConfigError, ImageTooSmallError
from impasto.studio.encoders import tiny_encoder
from impasto.studio.reveal.color import mean_color
from impasto.studio.reveal.deconvnet import Deconvnet, isolate, strongest_unit
from impasto.studio.reveal.patches import TopPatches, top_patches
from impasto.studio.reveal.receptive import receptive_field

LAYER = "relu2_2"
FIELD = receptive_field("tiny", LAYER)


def album(count: int) -> Iterator[tuple[str, Tensor]]:
    generator = torch.Generator().manual_seed(11)
    for number in range(count):
        size = (24 + number % 3, 30 - number % 5)
        yield f"photo-{number}", torch.rand(1, 3, *size, generator=generator)


def test_keeps_the_strongest_of_all_pictures_each_once() -> None:
    net, channels, count = Deconvnet(tiny_encoder()), [7, 0, 3], 4
    best = top_patches(net, album(11), LAYER, channels, count=count)
    assert list(best) == channels
    maxima = {name: net.encoder(image, [LAYER])[LAYER].amax((0, 2, 3)) for name, image in album(11)}
    for channel, patches in best.items():
        ranked = sorted(maxima, key=lambda name: -float(maxima[name][channel]))[:count]
        assert [patch.picture for patch in patches] == ranked
        assert [patch.activation for patch in patches] == [float(maxima[name][channel]) for name in ranked]
        assert {patch.channel for patch in patches} == {channel}


def test_picture_and_pattern_are_cut_at_the_receptive_field() -> None:
    net, pictures = Deconvnet(tiny_encoder()), dict(album(6))
    leaves = set()
    for channel, patches in top_patches(net, pictures.items(), LAYER, range(6)).items():
        for patch in patches:
            image = pictures[patch.picture]
            activations = net.forward(image, LAYER)
            assert patch.unit == strongest_unit(activations.maps, channel)
            assert patch.box == FIELD.box(*patch.unit)
            projected = net.project(activations, isolate(activations.maps, channel))[0]
            gray = mean_color(net.encoder)[0].flatten()
            assert patch.image.shape == patch.pattern.shape == (3, FIELD.size, FIELD.size)
            for row in range(FIELD.size):
                for column in range(FIELD.size):
                    y, x = patch.box.top + row, patch.box.left + column
                    inside = 0 <= y < image.shape[2] and 0 <= x < image.shape[3]
                    leaves.add(not inside)
                    expected = (image[0, :, y, x], projected[:, y, x]) if inside else (gray, torch.zeros(3))
                    assert torch.equal(patch.image[:, row, column], expected[0])
                    assert torch.equal(patch.pattern[:, row, column], expected[1])
            visible = patch.pattern.abs().sum()
            torch.testing.assert_close(visible, projected.abs().sum())
            assert visible > 0
            assert patch.visible == patch.box.clipped(*image.shape[2:])
    assert leaves == {True, False}


def test_no_picture_is_held_by_its_patches() -> None:
    found = TopPatches(Deconvnet(tiny_encoder()), LAYER, [0, 1], count=2)
    seen = [found.see(name, image) for name, image in album(9)]
    assert seen[:2] == [2, 2]
    for patches in found.best.values():
        assert len(patches) == 2
        for patch in patches:
            for tensor in (patch.image, patch.pattern):
                assert tensor.untyped_storage().nbytes() == 3 * FIELD.size**2 * 4


def test_a_picture_that_does_not_excite_a_channel_gives_it_no_patch() -> None:
    encoder = tiny_encoder()
    net = Deconvnet(encoder)
    flat = mean_color(encoder).expand(1, 3, 16, 16)  # all activations are 0: the tiny encoder has no biases
    best = top_patches(net, [("flat", flat), *album(1)], "relu1_1", [2])
    assert [patch.picture for patch in best[2]] == ["photo-0"]


def test_of_equals_the_first_seen_stays() -> None:
    (_, image) = next(album(1))
    found = TopPatches(Deconvnet(tiny_encoder()), LAYER, [4], count=2)
    assert [found.see(name, image) for name in ("first", "second", "third")] == [1, 1, 0]
    assert [patch.picture for patch in found.best[4]] == ["first", "second"]


def test_reports_each_picture_as_it_is_seen() -> None:
    calls = []
    top_patches(
        Deconvnet(tiny_encoder()), album(3), LAYER, [1], on_picture=lambda *given: calls.append(given)
    )
    assert calls == [(1, "photo-0"), (2, "photo-1"), (3, "photo-2")]


@pytest.mark.parametrize("channels", [[], [12], [-1], [3, 3]])
def test_channels_that_do_not_exist_are_refused(channels: list[int]) -> None:
    with pytest.raises(ConfigError, match=r"at least one of 0 to 11, each once"):
        TopPatches(Deconvnet(tiny_encoder()), LAYER, channels)


def test_other_values_that_are_not_valid_are_refused() -> None:
    net = Deconvnet(tiny_encoder())
    with pytest.raises(ConfigError, match="count is 0"):
        TopPatches(net, LAYER, [0], count=0)
    with pytest.raises(ConfigError, match="no layer 'relu6_1'"):
        TopPatches(net, "relu6_1", [0])
    with pytest.raises(ConfigError, match="pair holds 2 pictures"):
        TopPatches(net, LAYER, [0]).see("pair", torch.zeros(2, 3, 8, 8))
    with pytest.raises(ImageTooSmallError):
        TopPatches(net, LAYER, [0]).see("dot", torch.zeros(1, 3, 1, 1))
