"""Occlusion: where the fall is found, what the squares cover, and what is measured."""

import pytest
import torch
from torch import Tensor

from impasto.errors import ConfigError, ImageTooSmallError
from impasto.studio.encoders import VGG, tiny_encoder
from impasto.studio.encoders.vgg import TORCHVISION
from impasto.studio.reveal.color import mean_color
from impasto.studio.reveal.occlusion import OcclusionConfig, OcclusionMap, OcclusionProgress, occlude


def picture(height: int = 21, width: int = 26) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(2))


def scan(encoder: VGG, image: Tensor, layer: str, config: OcclusionConfig) -> OcclusionMap:
    *_, found = occlude(encoder, image, layer, config)
    assert isinstance(found, OcclusionMap)
    return found


def brightness_encoder() -> VGG:
    """Channel 0 of each layer is the picture's red, and channel 1 half of it; all else is 0."""
    state = {}
    for key, tensor in tiny_encoder().state_dict().items():
        name = key.removeprefix("convs.")
        state[name] = torch.zeros_like(tensor)
        if name.endswith("weight"):
            state[name][0, 0, 1, 1] = 1.0
            state[name][1, 0, 1, 1] = 0.5
    return VGG("tiny", state, TORCHVISION, centered=False)


def scene() -> Tensor:
    """A bright object on black: rows 8 to 11, columns 20 to 23."""
    image = torch.zeros(1, 3, 20, 28)
    image[0, 0, 8:12, 20:24] = 1.0
    return image


BLACK = (0.0, 0.0, 0.0)


def test_the_fall_is_where_the_object_is_by_hand() -> None:
    found = scan(brightness_encoder(), scene(), "relu1_1", OcclusionConfig(size=4, stride=4, color=BLACK))
    assert (found.channel, found.unit, found.activation) == (0, None, 16.0)
    assert (found.rows, found.columns) == ((0, 4, 8, 12, 16), (0, 4, 8, 12, 16, 20, 24))
    expected = torch.zeros(5, 7).double()
    expected[2, 5] = 16.0
    assert torch.equal(found.fall, expected)
    assert found.resized.shape == (20, 28)
    places = (found.resized > 12).nonzero()
    assert places.amin(0).tolist() == [9, 21]
    assert places.amax(0).tolist() == [10, 22]


@pytest.mark.parametrize("measure", ["sum", "peak"])
def test_the_largest_fall_lies_over_the_object_in_a_deep_layer(measure: str) -> None:
    encoder = tiny_encoder(seed=3)
    image = mean_color(encoder).expand(1, 3, 64, 64).clone()
    image[:, :, 40:52, 8:20] = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(4))
    config = OcclusionConfig(size=12, stride=4, measure=measure)  # type: ignore[arg-type]
    found = scan(encoder, image, "relu3_1", config)
    row, column = divmod(int(found.fall.argmax()), len(found.columns))
    assert (found.rows[row], found.columns[column]) == (40, 8)
    # With all of it covered by the color of its surroundings, nothing is left to see.
    assert float(found.fall[row, column]) == pytest.approx(found.activation, abs=1e-4)
    assert found.fall[0, -1].abs() < 1e-4


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_the_batch_size_changes_nothing_but_the_steps(batch: int) -> None:
    encoder, image = tiny_encoder().double(), picture().double()
    expected = scan(encoder, image, "relu2_1", OcclusionConfig(size=6, stride=5, batch=7))
    events = list(occlude(encoder, image, "relu2_1", OcclusionConfig(size=6, stride=5, batch=batch)))
    *progress, found = events
    assert isinstance(found, OcclusionMap)
    torch.testing.assert_close(found.fall, expected.fall)
    positions = len(found.rows) * len(found.columns)
    assert positions == 4 * 5
    done = [*range(batch, positions, batch), positions]
    assert progress == [OcclusionProgress(position=each, positions=positions) for each in done]


@pytest.mark.parametrize(("size", "stride"), [(1, 1), (5, 5), (7, 3), (21, 4), (4, 4)])
def test_the_squares_cover_the_picture_and_stay_within(size: int, stride: int) -> None:
    found = scan(tiny_encoder(), picture(), "relu1_1", OcclusionConfig(size=size, stride=stride))
    for starts, length in ((found.rows, 21), (found.columns, 26)):
        assert len(set(starts)) == len(starts)
        assert set().union(*(range(start, start + size) for start in starts)) == set(range(length))
    assert found.fall.shape == (len(found.rows), len(found.columns))


def test_each_position_is_that_of_one_covered_picture() -> None:
    encoder, image, color = tiny_encoder(), picture(), (0.2, 0.5, 0.9)
    config = OcclusionConfig(size=6, stride=4, color=color, channel=5)
    found = scan(encoder, image, "conv2_2", config)
    for i, row in enumerate(found.rows):
        for j, column in enumerate(found.columns):
            covered = image.clone()
            covered[:, :, row : row + 6, column : column + 6] = torch.tensor(color).view(3, 1, 1)
            maps = encoder(covered, ["conv2_2"])["conv2_2"][0, 5]
            assert float(found.fall[i, j]) == pytest.approx(found.activation - float(maps.sum()), abs=1e-3)
    assert found.channel == 5


def test_the_square_is_of_the_mean_color_unless_told_otherwise() -> None:
    encoder = tiny_encoder()
    red, green, blue = mean_color(encoder).flatten().tolist()
    given = OcclusionConfig(size=6, stride=6, color=(red, green, blue))
    expected = scan(encoder, picture(), "relu2_1", given).fall
    found = scan(encoder, picture(), "relu2_1", OcclusionConfig(size=6, stride=6)).fall
    assert torch.equal(found, expected)
    other = scan(encoder, picture(), "relu2_1", OcclusionConfig(size=6, stride=6, color=BLACK)).fall
    assert not torch.allclose(other, expected)


def test_the_strongest_channel_is_by_mean_for_the_sum_and_by_maximum_for_the_peak() -> None:
    encoder, image = tiny_encoder(seed=3), picture()
    maps = encoder(image, ["relu1_2"])["relu1_2"][0]
    whole = scan(encoder, image, "relu1_2", OcclusionConfig(size=9, stride=9))
    assert whole.channel == int(maps.mean((1, 2)).argmax())
    assert whole.activation == pytest.approx(float(maps[whole.channel].sum()))
    peak = scan(encoder, image, "relu1_2", OcclusionConfig(size=9, stride=9, measure="peak"))
    assert peak.channel == int(maps.amax((1, 2)).argmax())
    assert peak.unit is not None
    assert peak.activation == float(maps.amax()) == float(maps[(peak.channel, *peak.unit)])
    assert whole.channel != peak.channel


def test_the_peak_stays_at_its_unit_when_another_becomes_the_strongest() -> None:
    image = scene()
    image[0, 0, 2, 3] = 0.75
    image[0, 0, 8:12, 20:24] = 0.0
    image[0, 0, 9, 21] = 1.0
    config = OcclusionConfig(size=4, stride=4, color=BLACK, measure="peak")
    found = scan(brightness_encoder(), image, "relu1_1", config)
    assert found.unit == (9, 21)
    assert found.fall.nonzero().tolist() == [[2, 5]]
    assert float(found.fall[2, 5]) == 1.0


def test_resizing_interpolates_between_the_centers() -> None:
    image = torch.zeros(1, 3, 3, 9)
    image[0, 0, 0, 0] = 1.0
    image[0, 0, 0, 8] = 0.5
    config = OcclusionConfig(size=3, stride=2, color=BLACK)
    found = scan(brightness_encoder(), image, "relu1_1", config)
    assert found.columns == (0, 2, 4, 6)  # centers at 1, 3, 5, 7
    assert found.fall.tolist() == [[1.0, 0.0, 0.0, 0.5]]
    assert found.resized.tolist() == [[1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.25, 0.5, 0.5]] * 3


def test_a_square_as_large_as_the_picture_has_one_position() -> None:
    found = scan(tiny_encoder(), picture(10, 10), "relu1_1", OcclusionConfig(size=10, stride=10))
    assert found.fall.shape == (1, 1)
    assert found.activation > 1
    assert float(found.fall) == pytest.approx(found.activation, abs=1e-3)
    assert torch.equal(found.resized, found.fall.expand(10, 10))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (OcclusionConfig(size=0, stride=1), "size is 0, but must be 1 to 21"),
        (OcclusionConfig(size=22, stride=1), "size is 22, but must be 1 to 21"),
        (OcclusionConfig(size=4, stride=5), "stride is 5, but must be 1 to 4"),
        (OcclusionConfig(size=4, stride=0), "stride is 0, but must be 1 to 4"),
        (OcclusionConfig(size=4, stride=4, batch=0), "batch is 0"),
        (OcclusionConfig(size=4, stride=4, channel=8), "channel is 8, but the layer has 0 to 7"),
        (OcclusionConfig(size=4, stride=4, color=(0, 0, 1.5)), r"color is \(0, 0, 1.5\).* 0 to 1"),
        (OcclusionConfig(size=4, stride=4, color=(0.5, 0.5)), "three numbers"),  # type: ignore[arg-type]
        (OcclusionConfig(size=4, stride=4, measure="mean"), "'mean'.*sum, peak"),  # type: ignore[arg-type]
    ],
)
def test_settings_that_are_not_valid_are_refused_before_any_work(
    config: OcclusionConfig, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        occlude(tiny_encoder(), picture(), "relu1_1", config)


def test_pictures_and_layers_that_are_not_valid_are_refused_before_any_work() -> None:
    config = OcclusionConfig(size=4, stride=4)
    with pytest.raises(ConfigError, match=r"\(2, 3, 8, 8\)"):
        occlude(tiny_encoder(), torch.zeros(2, 3, 8, 8), "relu1_1", config)
    with pytest.raises(ConfigError, match="no layer 'relu9_1'"):
        occlude(tiny_encoder(), picture(), "relu9_1", config)
    with pytest.raises(ImageTooSmallError):
        occlude(tiny_encoder(), torch.zeros(1, 3, 8, 8), "relu5_1", config)
