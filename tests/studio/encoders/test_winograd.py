"""The fast convolution against PyTorch's own: values, gradients, and where it steps aside."""

from copy import deepcopy
from typing import Any, Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from impasto.studio.encoders import winograd
from impasto.studio.encoders.winograd import Conv3x3

Mode = Literal["zeros", "replicate"]
MODES: tuple[Mode, ...] = ("zeros", "replicate")


def make(before: int = 128, after: int = 256, mode: Mode = "zeros") -> Conv3x3:
    torch.manual_seed(0)
    return Conv3x3(before, after, padding_mode=mode, device="cpu").requires_grad_(False)


def maps(*size: int) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(1))


def exact(conv: Conv3x3, image: Tensor) -> Tensor:
    """The convolution in float64, by PyTorch."""
    assert conv.bias is not None
    padded = F.pad(image.double(), (1, 1, 1, 1), "constant" if conv.padding_mode == "zeros" else "replicate")
    return F.conv2d(padded, conv.weight.double(), conv.bias.double())


def assert_close(found: Tensor, wanted: Tensor) -> None:
    """As close as values around 1 are that float32 sums from a thousand products or more."""
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that the fast way was taken."""
    taken: list[int] = []
    real = winograd._convolve

    def counted(*given: Any) -> Tensor:
        taken.append(1)
        return real(*given)

    monkeypatch.setattr(winograd, "_convolve", counted)
    return taken


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(28, 28), (27, 29), (33, 40), (5, 200), (200, 5)])
def test_gives_what_a_convolution_gives(calls: list[int], mode: Mode, size: tuple[int, int]) -> None:
    conv = make(mode=mode)
    image = maps(1, 128, *size).requires_grad_()
    slope = maps(1, 256, *size)
    found, wanted = conv(image), exact(conv, image)
    (gradient,) = torch.autograd.grad(found, image, slope)
    assert len(calls) == 2
    (true,) = torch.autograd.grad(wanted, image, slope.double())
    assert_close(found.double(), wanted)
    assert_close(gradient, true)
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
    assert_close(found.double(), exact(conv, image))


def test_takes_maps_of_any_memory_order(calls: list[int]) -> None:
    conv, image = make(), maps(2, 128, 28, 30)
    assert_close(conv(image), conv(image.contiguous(memory_format=torch.channels_last)))
    assert len(calls) == 2


def test_what_comes_out_can_be_changed_in_place() -> None:
    image = maps(1, 128, 28, 30).requires_grad_()
    (gradient,) = torch.autograd.grad(F.relu(make()(image), inplace=True).sum(), image)
    assert gradient.isfinite().all()


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
    assert torch.autograd.grad(conv(image).sum(), conv.weight)[0].isfinite().all()
    assert not calls


def test_follows_its_weights(calls: list[int]) -> None:
    conv, image = make(), maps(1, 128, 28, 28)
    before = conv(image)
    twin = deepcopy(conv)
    conv.weight.mul_(2)
    assert_close(conv(image).double(), exact(conv, image))
    conv.load_state_dict(make().double().state_dict())
    conv.double().float()
    assert_close(conv(image), before)
    assert_close(twin(image), before)
    assert len(calls) == 4


def test_under_autocast_weights_are_turned_once_and_follow_changes() -> None:
    conv, image = make(), maps(1, 128, 28, 28)
    with torch.autocast("cpu", torch.bfloat16):
        made = conv(image)
        kept = conv._cast
        assert torch.equal(conv(image), made)
        assert conv._cast is kept
        conv.weight.mul_(2)
        conv.bias.mul_(2)  # type: ignore[union-attr]
        assert torch.equal(conv(image), 2 * made)  # a power of two is exact
    # In this layout, as the order of sums is the layout's on processors that have no tiles for bfloat16.
    half = image.bfloat16().contiguous(memory_format=torch.channels_last)
    expected = F.conv2d(half, conv.weight.bfloat16(), conv.bias.bfloat16(), padding=1)  # type: ignore[union-attr]
    assert torch.equal(2 * made, expected)
