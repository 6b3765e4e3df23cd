"""The noise of a network: what it is made of, that it repeats, and where a training begins in it."""

import pytest
import torch

from impasto.studio.networks.noise import DEVIATION, PERIOD, SCALES, Noise


@pytest.fixture
def noise() -> Noise:
    return Noise().eval()


def test_channels_have_the_same_mean_and_deviation(noise: Noise) -> None:
    made = noise(PERIOD, PERIOD)
    assert made.shape == (1, len(SCALES), PERIOD, PERIOD)
    assert made.mean((0, 2, 3)) == pytest.approx([0] * len(SCALES), abs=0.07)
    assert made.std((0, 2, 3)) == pytest.approx([DEVIATION] * len(SCALES), rel=0.02)


def test_channels_are_of_growing_scales(noise: Noise) -> None:
    made = noise(PERIOD, PERIOD)
    steps = (made - made.roll(1, 3)).square().mean((0, 2, 3))
    # Of noise blurred by s, neighbors correlate by exp(-1 / 4s^2); of white noise not at all.
    expected = [2.0, *(2 - 2 * torch.tensor(-1 / (4 * scale**2)).exp().item() for scale in SCALES[1:])]
    assert (steps / DEVIATION**2).tolist() == pytest.approx(expected, rel=0.1, abs=0.01)
    together = torch.corrcoef(made[0].flatten(1))
    assert (together - torch.eye(len(SCALES))).abs().max() < 0.15  # the widest blurs have few places


def test_it_repeats_without_a_seam(noise: Noise) -> None:
    made = noise(2 * PERIOD, PERIOD + 5)
    assert torch.equal(made[:, :, :PERIOD], made[:, :, PERIOD:])
    assert torch.equal(made[..., :5], made[..., PERIOD:])
    smooth = made[0, 1:]
    inside = (smooth - smooth.roll(1, 1))[:, 1:].abs().amax((1, 2))
    assert ((smooth - smooth.roll(1, 1))[:, 0].abs().amax(1) <= inside).all()


def test_it_is_the_same_whenever_a_picture_is_made(noise: Noise) -> None:
    assert torch.equal(noise(20, 30), Noise().eval()(40, 50)[..., :20, :30])


def test_a_training_sees_all_of_it() -> None:
    noise = Noise().train()
    torch.manual_seed(0)
    first, second = noise(20, 30), noise(20, 30)
    assert not torch.equal(first, second)
    torch.manual_seed(0)
    assert torch.equal(noise(20, 30), first)  # as a training that is resumed needs it
    whole = Noise().eval()(PERIOD + 20, PERIOD + 30)
    assert any(
        torch.equal(whole[0, 0, top : top + 20, left : left + 30], first[0, 0])
        for top, left in torch.argwhere(whole[0, 0, :PERIOD, :PERIOD] == first[0, 0, 0, 0]).tolist()
    )


def test_weights_do_not_hold_it() -> None:
    assert not Noise().state_dict()
