"""The noise of a network: what it is made of, that it repeats, and where a training begins in it."""

import math

import pytest
import torch

from impasto.studio.networks.noise import DEVIATION, PERIODS, SCALES, Noise

PERIOD = max(PERIODS)


@pytest.fixture
def noise() -> Noise:
    return Noise().eval()


def test_channels_have_the_same_mean_and_deviation(noise: Noise) -> None:
    assert noise(PERIOD, PERIOD).shape == (1, len(SCALES), PERIOD, PERIOD)
    for channel, period in enumerate(PERIODS):
        tile = noise(period, period)[0, channel]
        assert float(tile.mean()) == pytest.approx(0, abs=0.15)
        assert float(tile.std()) == pytest.approx(DEVIATION, rel=0.02)


def test_channels_are_of_growing_scales(noise: Noise) -> None:
    tiles = [noise(period, period)[0, channel] for channel, period in enumerate(PERIODS)]
    steps = torch.stack([(tile - tile.roll(1, 1)).square().mean() for tile in tiles])
    # Of noise blurred by s, neighbors correlate by exp(-1 / 4s^2); of white noise not at all.
    expected = [2.0, *(2 - 2 * torch.tensor(-1 / (4 * scale**2)).exp().item() for scale in SCALES[1:])]
    assert (steps / DEVIATION**2).tolist() == pytest.approx(expected, rel=0.1, abs=0.01)
    together = torch.corrcoef(noise(4 * PERIOD, 4 * PERIOD)[0].flatten(1))
    assert (together - torch.eye(len(SCALES))).abs().max() < 0.05


def test_channels_repeat_without_a_seam_and_never_together(noise: Noise) -> None:
    made = noise(2 * PERIOD, 2 * PERIOD)[0]
    for channel, period in enumerate(PERIODS):
        tile = made[channel]
        assert torch.equal(tile[:50], tile[period : period + 50])
        assert torch.equal(tile[:, :50], tile[:, period : period + 50])
        steps = (tile - tile.roll(1, 0))[1:].abs().amax(1)
        assert SCALES[channel] == 0 or steps[period - 1] <= 1.5 * steps.median()
    assert math.lcm(*PERIODS) == math.prod(PERIODS)


def test_it_is_the_same_whenever_a_picture_is_made(noise: Noise) -> None:
    assert torch.equal(noise(20, 30), Noise().eval()(40, 50)[..., :20, :30])


def test_a_training_sees_all_of_it() -> None:
    noise = Noise().train()
    torch.manual_seed(0)
    first, second = noise(20, 30), noise(20, 30)
    assert not torch.equal(first, second)
    torch.manual_seed(0)
    assert torch.equal(noise(20, 30), first)  # as a training that is resumed needs it
    period = PERIODS[0]
    whole = Noise().eval()(period + 20, period + 30)[0, 0]
    assert any(
        torch.equal(whole[top : top + 20, left : left + 30], first[0, 0])
        for top, left in torch.argwhere(whole[:period, :period] == first[0, 0, 0, 0]).tolist()
    )


def test_weights_do_not_hold_it() -> None:
    assert not Noise().state_dict()
