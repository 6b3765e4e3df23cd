"""Gram losses in the normalization of each published recipe."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.losses import GramLoss, StyleForm, gram_loss, gram_matrix, gram_target

FORMS: list[StyleForm] = [
    "gatys",
    "johnson",
    "positions",
    "elements-mean",
    "plain-mean",
    "tutorial",
    "layer",
    "gradient-normalized",
]


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("gatys", 31 / (4 * 3**2 * 2**2)),
        ("johnson", 31 / (3 * 2) ** 2),
        ("positions", 31 / 2**2 / 3**2),
        ("elements-mean", 31 / (3 * 2) ** 2 / 3**2),
        ("plain-mean", 31 / 3**2),
        ("tutorial", 31 / (3 * 2) ** 2 / 3**2),
        ("layer", 31 / 3**2 / (3 * 2)),
        ("gradient-normalized", (31 / 2**2) / (13 / 2)),
    ],
)
def test_by_hand(form: StyleForm, expected: float) -> None:
    # G = [[1, 0, 1], [0, 4, 2], [1, 2, 2]]: the squares sum to 31, the magnitudes to 13
    features = torch.tensor([[1.0, 0], [0, 2], [1, 1]]).reshape(1, 3, 1, 2)
    assert gram_loss(features, torch.zeros(1, 3, 3), form=form).item() == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(FORMS),
    st.tuples(*(st.integers(1, 4) for _ in range(4))),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_over_shapes(form: StyleForm, shape: tuple[int, int, int, int], style: tuple[int, int]) -> None:
    features = noise(*shape)
    loss = GramLoss(gram_target(noise(1, shape[1], *style, seed=1), form=form), form=form)
    value = loss(features)
    assert value.shape == ()
    assert value > 0
    torch.testing.assert_close(value, torch.stack([loss(sample[None]) for sample in features]).mean())
    own = gram_target(features, form=form)
    assert gram_loss(features, own, form=form) == 0


@pytest.mark.parametrize("form", FORMS)
def test_gradients(form: StyleForm) -> None:
    target = gram_target(noise(1, 3, 3, 3), form=form)
    loss = GramLoss(target, form=form, prescale=1.5)
    assert torch.autograd.gradcheck(loss, noise(2, 3, 2, 4, seed=1).requires_grad_())


def test_gatys_is_the_paper_for_pictures_of_one_size() -> None:
    features, style = noise(1, 3, 4, 5), noise(1, 3, 4, 5, seed=1)
    difference = gram_matrix(features, normalize="none") - gram_matrix(style, normalize="none")
    expected = difference.square().sum() / (4 * 3**2 * 20**2)
    actual = gram_loss(features, gram_target(style, form="gatys"), form="gatys")
    torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("layer", "plain-mean")])
def test_a_style_tiled_twice_is_the_same_style(form: StyleForm) -> None:
    style = noise(1, 3, 4, 5)
    tiled = torch.cat([style, style], dim=3)
    torch.testing.assert_close(gram_target(tiled, form=form), gram_target(style, form=form))


def test_targets_blend_linearly() -> None:
    one, other = noise(1, 3, 4, 4), noise(1, 3, 4, 4, seed=1)
    pooled = gram_target(torch.cat([one, other], dim=2))
    torch.testing.assert_close(0.5 * gram_target(one) + 0.5 * gram_target(other), pooled)


def test_prescale_weights_the_gram_matrices_themselves() -> None:
    features, target = noise(1, 2, 3, 3), gram_target(noise(1, 2, 3, 3, seed=1))
    expected = (3 * gram_matrix(features) - 3 * target).square().mean()
    torch.testing.assert_close(GramLoss(target, prescale=3)(features), expected)


def test_channels_last_is_the_same() -> None:
    features = noise(2, 3, 4, 5)
    last = features.contiguous(memory_format=torch.channels_last)
    target = gram_target(noise(1, 3, 4, 5, seed=1))
    torch.testing.assert_close(gram_loss(last, target), gram_loss(features, target))


def test_the_target_is_a_buffer_without_a_graph() -> None:
    loss = GramLoss(gram_target(noise(1, 2, 3, 3).requires_grad_()))
    assert not loss.target.requires_grad
    assert list(loss.state_dict()) == ["target"]


def test_errors_name_the_choices() -> None:
    with pytest.raises(ConfigError, match="'gram'; choose one of gatys, johnson"):
        GramLoss(torch.eye(2)[None], form="gram")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"\(1, 3, 2, 2\) and \(1, 2, 2\)"):
        gram_loss(noise(1, 3, 2, 2), torch.eye(2)[None])
