"""Weighted sums of losses over layers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import ConfigError
from impasto.studio.losses import (
    ContentLoss,
    GramLoss,
    PerceptualLoss,
    Term,
    TotalVariationLoss,
    gram_target,
    weighted_sum,
)


def build() -> tuple[PerceptualLoss, dict[str, torch.Tensor]]:
    features = {"a": torch.full((1, 1, 1, 2), 2.0), "image": torch.tensor([0.0, 3]).reshape(1, 1, 1, 2)}
    zero = torch.zeros(1, 1, 1, 2)
    loss = PerceptualLoss(
        [
            Term(name="content", layer="a", loss=ContentLoss(zero), weight=0.5),
            Term(name="style", layer="a", loss=GramLoss(gram_target(zero)), weight=0.25),
            Term(name="variation", layer="image", loss=TotalVariationLoss()),
        ]
    )
    return loss, features


def test_by_hand() -> None:
    total, terms = weighted_sum({"a": torch.tensor(3.0), "b": torch.tensor(5.0)}, {"b": 0.1, "a": 2})
    assert total.item() == pytest.approx(6.5)
    assert {name: term.item() for name, term in terms.items()} == pytest.approx({"a": 6, "b": 0.5})


def test_terms_by_hand() -> None:
    loss, features = build()
    values = {key: value.item() for key, value in loss(features).items()}
    # half of 2^2; a quarter of (2^2)^2; one difference of 3
    assert values == pytest.approx({"content/a": 2, "style/a": 4, "variation/image": 9})
    assert list(values) == ["content/a", "style/a", "variation/image"]
    assert loss.layers == ("a", "image")


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1))
def test_sum_over_any_terms(entries: dict[str, tuple[float, float]]) -> None:
    terms = {name: torch.tensor(value, dtype=torch.float64) for name, (value, _) in entries.items()}
    total, weighted = weighted_sum(terms, {name: weight for name, (_, weight) in entries.items()})
    assert total.item() == pytest.approx(sum(value * weight for value, weight in entries.values()))
    assert list(weighted) == list(entries)


def test_gradients() -> None:
    inputs = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (1.0, 2.0)]
    assert torch.autograd.gradcheck(lambda a, b: weighted_sum({"a": a, "b": b}, {"a": 2, "b": 3})[0], inputs)


def test_moving_the_loss_moves_the_targets() -> None:
    loss, features = build()
    doubled = {layer: feature.double() for layer, feature in features.items()}
    assert all(value.dtype == torch.float64 for value in loss.double()(doubled).values())
    assert len(list(loss.buffers())) == 2


def test_errors_name_what_is_missing() -> None:
    loss, features = build()
    with pytest.raises(ConfigError, match=r"lack the layers \['image'\]; they have \['a'\]"):
        loss({"a": features["a"]})
    with pytest.raises(ConfigError, match="its own name and layer"):
        PerceptualLoss([*loss.terms, loss.terms[0]])
    with pytest.raises(ConfigError, match="its own name and layer"):
        PerceptualLoss([])
    with pytest.raises(ConfigError, match="the names must be the same"):
        weighted_sum({"a": torch.tensor(1.0)}, {"b": 1})
