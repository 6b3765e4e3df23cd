"""Total variation in its three forms."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.losses import Reduction, TotalVariationLoss, VariationForm, total_variation

FORMS: list[VariationForm] = ["l1", "l2", "nine-point"]


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(
    ("form", "reduction", "expected"),
    [
        ("l1", "sum", 3 + 6 + 1 + 4),
        ("l1", "mean", (3 + 6) / 2 + (1 + 4) / 2),
        ("l2", "sum", 9 + 36 + 1 + 16),
        ("l2", "mean", (9 + 36) / 2 + (1 + 16) / 2),
    ],
)
def test_by_hand(form: VariationForm, reduction: Reduction, expected: float) -> None:
    image = torch.tensor([[1.0, 2], [4, 8]]).reshape(1, 1, 2, 2)
    assert total_variation(image, form=form, reduction=reduction).item() == pytest.approx(expected)


def test_nine_points_by_hand() -> None:
    image = torch.zeros(1, 1, 3, 3)
    image[..., 1, 1] = 1
    # the center sees four edges and four halved corners: 6; each edge pixel sees it once, each corner by half
    total = 6 + 4 * 1 + 4 * 0.5
    assert total_variation(image, form="nine-point", reduction="sum").item() == pytest.approx(total)
    assert total_variation(image, form="nine-point").item() == pytest.approx(total / 9)


def test_nine_points_repeat_the_border() -> None:
    image = torch.tensor([0.0, 1]).reshape(1, 1, 1, 2)
    # each pixel sees the other across, and twice diagonally in the repeated rows: 1 + 1/2 + 1/2
    assert total_variation(image, form="nine-point", reduction="sum").item() == pytest.approx(4)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(FORMS), st.tuples(*(st.integers(1, 4) for _ in range(4))))
def test_over_shapes(form: VariationForm, shape: tuple[int, int, int, int]) -> None:
    image = noise(*shape)
    value = TotalVariationLoss(form=form)(image)
    assert value.shape == ()
    assert value.isfinite()
    torch.testing.assert_close(value, total_variation(image + 3, form=form))
    torch.testing.assert_close(value, total_variation(image.mT.flip(3), form=form))  # turned by 90 degrees
    assert total_variation(torch.ones(shape), form=form) == 0
    if shape[2] * shape[3] > 1:
        assert value > 0


@pytest.mark.parametrize("form", FORMS)
def test_gradients(form: VariationForm) -> None:
    loss = TotalVariationLoss(form=form, reduction="sum")
    assert torch.autograd.gradcheck(loss, noise(2, 2, 3, 4).requires_grad_())


@pytest.mark.parametrize("form", FORMS)
def test_channels_last_is_the_same(form: VariationForm) -> None:
    image = noise(2, 3, 4, 5)
    last = image.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(total_variation(last, form=form), total_variation(image, form=form))


def test_errors_name_the_choices() -> None:
    with pytest.raises(ConfigError, match="'l3'; choose one of l1, l2, nine-point"):
        total_variation(noise(1, 1, 2, 2), form="l3")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="'max'; choose one of mean, sum"):
        total_variation(noise(1, 1, 2, 2), reduction="max")  # type: ignore[arg-type]
