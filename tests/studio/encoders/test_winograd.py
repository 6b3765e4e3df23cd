"""The fast convolution against PyTorch's own: values, gradients, and where it steps aside."""

from copy import deepcopy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from impasto.studio.encoders import winograd
from impasto.studio.encoders.winograd import Conv3x3

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
"""Of values around 1 that float32 sums from a thousand products or more."""

MODES = {"zeros": "constant", "replicate": "replicate"}


def make(before: int = 128, after: int = 256, mode: str = "zeros") -> Conv3x3:
    torch.manual_seed(0)
    return Conv3x3(before, after, padding_mode=mode, device="cpu").requires_grad_(False)


def maps(*size: int) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(1))


def exact(conv: Conv3x3, image: Tensor) -> Tensor:
    """The convolution in float64, by PyTorch."""
    assert conv.bias is not None
    padded = F.pad(image.double(), (1, 1, 1, 1), MODES[conv.padding_mode])
    return F.conv2d(padded, conv.weight.double(), conv.bias.double())


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that the fast way was taken."""
    taken: list[int] = []
    real = winograd._convolve
    monkeypatch.setattr(winograd, "_convolve", lambda *given: (taken.append(1), real(*given))[1])
    return taken


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(28, 28), (27, 29), (33, 40), (5, 200), (200, 5)])
def test_gives_what_a_convolution_gives(calls: list[int], mode: str, size: tuple[int, int]) -> None:
    conv = make(mode=mode)
    image = maps(1, 128, *size).requires_grad_()
    slope = maps(1, 256, *size)
    (found := conv(image)).backward(slope)
    assert len(calls) == 2
    gradient, image.grad = image.grad, None
    (wanted := exact(conv, image)).backward(slope.double())
    assert gradient is not None
    assert image.grad is not None
    torch.testing.assert_close(found.double(), wanted, **CLOSE)
    torch.testing.assert_close(gradient, image.grad, **CLOSE)
    assert found.is_contiguous(memory_format=torch.channels_last)


@given(
    st.integers(1, 3), st.integers(1, 30), st.integers(1, 30), st.sampled_from([(128, 256), (256, 128)]),
    st.sampled_from([1, 5, 128]),
)  # fmt: skip
@settings(max_examples=20, deadline=None)
def test_any_shape_in_any_bands(
    count: int, height: int, width: int, channels: tuple[int, int], band: int
) -> None:
    conv = make(*channels)
    image = maps(count, channels[0], height, width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "BAND", band)
        patch.setattr(winograd, "FEWEST_TILES", 1)
        found = conv(image)
    torch.testing.assert_close(found.double(), exact(conv, image), **CLOSE)


def test_takes_maps_of_any_memory_order(calls: list[int]) -> None:
    conv, image = make(), maps(2, 128, 28, 30)
    torch.testing.assert_close(conv(image), conv(image.contiguous(memory_format=torch.channels_last)))
    assert len(calls) == 2


def test_what_comes_out_can_be_changed_in_place() -> None:
    image = maps(1, 128, 28, 30).requires_grad_()
    F.relu(make()(image), inplace=True).sum().backward()
    assert image.grad is not None


def test_steps_aside_where_it_is_not_faster_or_not_able(calls: list[int]) -> None:
    conv, image = make(), maps(1, 128, 28, 28)
    conv(image[..., :20])  # few tiles
    make(64, 256)(maps(1, 64, 28, 28))
    make(128, 128)(image)
    conv.double()(image.double())
    conv.float()
    with torch.autocast("cpu", torch.bfloat16):
        assert conv(image).dtype == torch.bfloat16
    conv.requires_grad_()
    conv(image).sum().backward()
    assert conv.weight.grad is not None
    assert not calls


def test_follows_its_weights(calls: list[int]) -> None:
    conv, image = make(), maps(1, 128, 28, 28)
    before = conv(image)
    twin = deepcopy(conv)
    conv.weight.mul_(2)
    torch.testing.assert_close(conv(image).double(), exact(conv, image), **CLOSE)
    conv.load_state_dict(make().double().state_dict())
    conv.double().float()
    torch.testing.assert_close(conv(image), before, **CLOSE)
    torch.testing.assert_close(twin(image), before)
    assert len(calls) == 4
