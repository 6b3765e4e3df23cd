"""Gram matrices and moments: values, gradients, layouts, precision and memory."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from impasto.errors import ConfigError
from impasto.studio.losses import GramNormalization, blend_moments, channel_statistics, gram_matrix
from impasto.studio.losses.functional import positions_last

SHAPES = st.tuples(*(st.integers(1, 5) for _ in range(4)))
BIG = (1, 8, 512, 512)  # 8 MiB of float32
MAP_BYTES = 4 * 8 * 512 * 512


def random_map(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator, dtype=dtype)


def allocations(action: Callable[[], object]) -> list[int]:
    """The sizes in bytes of the tensors' memory allocated meanwhile, largest first."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        action()
    events = record.profiler.kineto_results.events()
    return sorted((event.nbytes() for event in events if event.name() == "[memory]"), reverse=True)


@pytest.mark.parametrize(("normalize", "divisor"), [("none", 1), ("positions", 2), ("elements", 6)])
def test_gram_by_hand(normalize: GramNormalization, divisor: int) -> None:
    features = torch.tensor([[1.0, 0], [0, 2], [1, 1]]).reshape(1, 3, 1, 2)
    expected = torch.tensor([[[1.0, 0, 1], [0, 4, 2], [1, 2, 2]]]) / divisor
    torch.testing.assert_close(gram_matrix(features, normalize=normalize), expected)


def test_statistics_by_hand() -> None:
    mean, covariance = channel_statistics(torch.tensor([[1.0, 3], [2, 8]]).reshape(1, 2, 2, 1))
    torch.testing.assert_close(mean, torch.tensor([[2.0, 5]]))
    torch.testing.assert_close(covariance, torch.tensor([[[1.0, 3], [3, 9]]]))


@settings(max_examples=20, deadline=None)
@given(SHAPES)
def test_statistics_over_shapes(shape: tuple[int, int, int, int]) -> None:
    features = random_map(*shape)
    mean, covariance = channel_statistics(features)
    centered = features.flatten(2) - features.mean((2, 3)).unsqueeze(2)
    torch.testing.assert_close(mean, features.mean((2, 3)))
    torch.testing.assert_close(covariance, centered @ centered.mT / (shape[2] * shape[3]))
    flat = features.flatten(2)
    torch.testing.assert_close(gram_matrix(features, normalize="none"), flat @ flat.mT)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gradients(layout: torch.memory_format) -> None:
    features = random_map(2, 3, 2, 4).contiguous(memory_format=layout).requires_grad_()
    assert torch.autograd.gradcheck(gram_matrix, features)
    assert torch.autograd.gradgradcheck(gram_matrix, features)
    assert torch.autograd.gradcheck(channel_statistics, features)


def test_channels_last_is_the_same_and_keeps_its_layout() -> None:
    plain = random_map(2, 3, 4, 5).requires_grad_()
    last = plain.detach().contiguous(memory_format=torch.channels_last).requires_grad_()
    weights = random_map(2, 3, 3, seed=1)
    for features in (plain, last):
        torch.autograd.backward((gram_matrix(features) * weights).sum())
    torch.testing.assert_close(gram_matrix(plain), gram_matrix(last))
    assert plain.grad is not None
    assert last.grad is not None
    torch.testing.assert_close(plain.grad, last.grad)
    assert last.grad.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("statistic", [gram_matrix, channel_statistics])
def test_a_large_map_is_not_copied(
    layout: torch.memory_format, statistic: Callable[[Tensor], object]
) -> None:
    features = torch.rand(BIG).contiguous(memory_format=layout)
    assert positions_last(features).data_ptr() == features.data_ptr()
    assert max(allocations(lambda: features.clone())) == MAP_BYTES  # the gauge sees a copy when there is one
    assert max(allocations(lambda: statistic(features))) <= 1024


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_backward_allocates_one_map(layout: torch.memory_format) -> None:
    features = torch.rand(BIG).contiguous(memory_format=layout).requires_grad_()
    total = gram_matrix(features).sum()
    large = [size for size in allocations(total.backward) if size > 1024]
    assert large == [MAP_BYTES]


def test_half_precision_is_accumulated_in_float32_by_blocks() -> None:
    half = (torch.rand(1, 64, 300, 300) + 1).bfloat16()
    exact = gram_matrix(half.double(), normalize="none")
    gram = gram_matrix(half, normalize="none")
    assert gram.dtype == torch.float32
    torch.testing.assert_close(gram.double(), exact, rtol=1e-5, atol=0)
    mean, covariance = channel_statistics(half)
    exact_mean, exact_covariance = channel_statistics(half.double())
    torch.testing.assert_close(mean.double(), exact_mean, rtol=1e-5, atol=0)
    torch.testing.assert_close(covariance.double(), exact_covariance, rtol=0, atol=1e-4)
    assert max(allocations(lambda: gram_matrix(half))) <= 4 * (1 << 22)


@pytest.mark.parametrize("positions", [(32, 32), (40, 100), (20, 30)])
def test_rounded_sums_are_off_by_little_and_leave_no_position_out(positions: tuple[int, int]) -> None:
    """Of blocks of 1024 positions alone, with a rest, and of a rest alone."""
    half = (random_map(2, 64, *positions, dtype=torch.float32).abs() + 1).bfloat16()
    for layout in (torch.contiguous_format, torch.channels_last):
        features = half.contiguous(memory_format=layout)
        exact = gram_matrix(features.double(), normalize="none")
        gram = gram_matrix(features, normalize="none", rounded=True)
        assert gram.dtype == torch.float32
        assert float((gram - exact).norm() / exact.norm()) < 2e-3
        torch.testing.assert_close(gram.double(), exact, rtol=2**-8, atol=0)  # bfloat16's own rounding


def test_only_half_precision_is_rounded() -> None:
    features = random_map(1, 4, 40, 40, dtype=torch.float32)
    assert torch.equal(gram_matrix(features, rounded=True), gram_matrix(features))
    half = (features.abs() + 1).bfloat16()
    assert not torch.equal(gram_matrix(half, rounded=True), gram_matrix(half))


def test_a_rounded_matrix_has_the_gradient_of_the_exact_one() -> None:
    half = random_map(1, 4, 40, 40).bfloat16()
    grads = []
    for rounded in (True, False):
        features = half.clone().requires_grad_()
        torch.autograd.backward(gram_matrix(features, rounded=rounded).sum())
        assert features.grad is not None
        grads.append(features.grad)
    assert torch.equal(*grads)


def test_autocast_changes_nothing() -> None:
    features = random_map(1, 4, 9, 9, dtype=torch.float32).requires_grad_()
    expected = gram_matrix(features)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = gram_matrix(features)
    torch.testing.assert_close(actual, expected, rtol=0, atol=0)


def test_half_precision_gradient() -> None:
    half = random_map(1, 4, 6, 6).bfloat16().requires_grad_()
    exact = half.detach().double().requires_grad_()
    torch.autograd.backward(gram_matrix(half).square().sum())
    torch.autograd.backward(gram_matrix(exact).square().sum())
    assert half.grad is not None
    assert exact.grad is not None
    torch.testing.assert_close(half.grad.double(), exact.grad, rtol=2e-2, atol=1e-3)


def test_a_blend_of_moments_is_that_of_the_pooled_positions() -> None:
    one, other = random_map(1, 3, 4, 5), random_map(1, 3, 4, 5, seed=1) * 3
    pooled = channel_statistics(torch.cat([one, other], dim=2))
    blended = blend_moments([channel_statistics(one), channel_statistics(other)], [2, 2])
    torch.testing.assert_close(blended, pooled)


def test_errors_name_the_choices() -> None:
    with pytest.raises(ConfigError, match="'all'; choose one of none, positions, elements"):
        gram_matrix(random_map(1, 2, 3, 3), normalize="all")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"shape \(2, 3\)"):
        gram_matrix(random_map(2, 3))
    with pytest.raises(ConfigError, match="give one each"):
        blend_moments([], [])
