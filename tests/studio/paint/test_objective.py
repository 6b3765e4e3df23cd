"""The objective: which layers it looks at, how styles blend, what its weights mean."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from impasto.studio.encoders import VGG, tiny_encoder
from impasto.studio.encoders.vgg import TORCHVISION
from impasto.studio.paint import Recipe
from impasto.studio.paint.objective import Glance, Objective, heard, transported

FORMS = [
    "gatys",
    "johnson",
    "positions",
    "elements-mean",
    "plain-mean",
    "tutorial",
    "layer",
    "gradient-normalized",
    "wasserstein",
]


def image(seed: int, size: tuple[int, int] = (32, 40)) -> torch.Tensor:
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed))


def values(objective: Objective, seed: int = 9) -> dict[str, float]:
    return {name: term.item() for name, term in objective(image(seed)).items()}


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> tuple[VGG, list[set[str]]]:
    """An encoder, and the layers that it was asked for, call by call."""
    encoder, asked = tiny_encoder(padding="replicate"), []

    def spy(self: VGG, picture: torch.Tensor, layers: Collection[str]) -> dict[str, torch.Tensor]:
        asked.append(set(layers))
        return original(self, picture, layers)

    original = VGG.forward
    monkeypatch.setattr(VGG, "forward", spy)
    return encoder, asked


def test_layers_of_weight_zero_are_not_evaluated(small: Recipe, watched: tuple[VGG, list[set[str]]]) -> None:
    encoder, asked = watched
    recipe = replace(
        small,
        content_layers={"relu2_2": 1.0, "relu5_1": 0.0},
        style_layers={"relu1_1": 1.0, "relu5_2": 0.0},
        histogram_weight=1.0,
        histogram_layers={"relu2_1": 1.0, "relu5_3": 0.0},
    )
    objective = Objective(encoder, recipe, image(1), [(image(2), 1.0)])
    assert set(values(objective)) == {"content/relu2_2", "style/relu1_1", "histogram/relu2_1"}
    assert set.union(*asked) == {"relu1_1", "relu2_1", "relu2_2"}
    assert asked[-1] == {"relu1_1", "relu2_1", "relu2_2"}  # all at once, in one pass


@pytest.mark.parametrize("part", ["content", "style"])
def test_a_term_of_weight_zero_is_not_evaluated(
    small: Recipe, watched: tuple[VGG, list[set[str]]], part: str
) -> None:
    encoder, asked = watched
    changes: dict[str, Any] = {f"{part}_weight": 0.0}
    recipe = replace(small, **changes)
    found = values(Objective(encoder, recipe, image(1), [(image(2), 1.0)]))
    assert not any(name.startswith(part) for name in found)
    assert len(asked) == 2  # the other's targets, and the evaluation


def test_a_texture_has_no_content_term(small: Recipe) -> None:
    found = values(Objective(tiny_encoder(), small, None, [(image(2), 1.0)]))
    assert set(found) == {"style/relu1_1", "style/relu3_1"}


def test_variation_alone_needs_no_encoder(small: Recipe, watched: tuple[VGG, list[set[str]]]) -> None:
    encoder, asked = watched
    recipe = replace(small, content_weight=0.0, style_weight=0.0, tv_weight=2.0, tv_factor=3.0, tv_form="l1")
    checks = (torch.arange(4)[:, None] + torch.arange(4)).remainder(2).float().expand(1, 3, 4, 4)
    loss = Objective(encoder, recipe, image(1), [(image(2), 1.0)])(checks)
    assert {name: term.item() for name, term in loss.items()} == {"tv/image": pytest.approx(2 * 3 * 2)}
    assert all(not layers for layers in asked)


@pytest.mark.parametrize("form", FORMS)
def test_the_targets_are_where_a_loss_is_least(small: Recipe, form: Any) -> None:
    recipe = replace(small, style_form=form)
    at_both = Objective(tiny_encoder(), recipe, image(1), [(image(1), 1.0)])
    elsewhere = sum(values(at_both).values())
    assert sum(term.item() for term in at_both(image(1)).values()) == pytest.approx(0, abs=1e-4 * elsewhere)


@pytest.mark.parametrize("form", FORMS)
def test_a_blend_of_one_style_with_itself_is_that_style(small: Recipe, form: Any) -> None:
    recipe = replace(small, style_form=form, histogram_weight=1.0, histogram_layers={"relu2_1": 1.0})
    encoder, style = tiny_encoder(), image(2)
    one = values(Objective(encoder, recipe, image(1), [(style, 1.0)]))
    two = values(Objective(encoder, recipe, image(1), [(style, 0.3), (style, 0.7)]))
    assert two == pytest.approx(one, rel=1e-4)


def test_a_blend_has_the_weighted_average_of_the_grams(small: Recipe) -> None:
    recipe, encoder = replace(small, content_weight=0.0, style_layers={"relu1_1": 1.0}), tiny_encoder()
    grams = []
    for seed in (2, 3, 9):
        flat = encoder(image(seed), ["relu1_1"])["relu1_1"][0].flatten(1).double().numpy()
        grams.append(flat @ flat.T / flat.shape[1])
    wanted = 10 * ((grams[2] - (0.25 * grams[0] + 0.75 * grams[1])) ** 2).mean()
    found = values(Objective(encoder, recipe, None, [(image(2), 0.25), (image(3), 0.75)]))
    assert found == {"style/relu1_1": pytest.approx(wanted, rel=1e-4)}


def test_styles_of_other_sizes_blend(small: Recipe) -> None:
    recipe = replace(small, histogram_weight=1.0, histogram_layers={"relu2_1": 1.0})
    styles = [(image(2, (64, 80)), 0.5), (image(3, (66, 70)), 0.5)]
    assert all(
        np.isfinite(value) for value in values(Objective(tiny_encoder(), recipe, None, styles)).values()
    )


def test_small_styles_of_other_sizes_blend_their_histograms(small: Recipe) -> None:
    # Under the greatest number of quantiles, a target has as many as its style has positions.
    recipe = replace(small, histogram_weight=1.0, histogram_layers={"relu3_1": 1.0}, style_weight=0.0)
    styles = [(image(2, (32, 40)), 0.5), (image(3, (24, 28)), 0.5)]
    found = values(Objective(tiny_encoder(), recipe, None, styles))
    assert np.isfinite(found["histogram/relu3_1"])


def test_the_histogram_term_by_hand(small: Recipe) -> None:
    recipe = replace(
        small, content_weight=0.0, style_weight=0.0, histogram_weight=3.0, histogram_layers={"relu2_1": 0.5}
    )
    encoder = tiny_encoder()
    found = values(Objective(encoder, recipe, None, [(image(2), 1.0)]))
    own, wanted = (np.sort(encoder(image(s), ["relu2_1"])["relu2_1"][0].flatten(1).numpy()) for s in (9, 2))
    assert found == {"histogram/relu2_1": pytest.approx(1.5 * ((own - wanted) ** 2).mean(), rel=1e-4)}


def louder(factor: float) -> VGG:
    """The tiny encoder with all features multiplied: without biases a network is homogeneous."""
    convs = tiny_encoder().convs.items()
    state: dict[str, torch.Tensor] = {
        f"{name}.{part}": value for name, conv in convs for part, value in conv.named_parameters()
    }
    state["conv1_1.weight"] = state["conv1_1.weight"] * factor
    return VGG("tiny", state, TORCHVISION)


def test_balance_makes_the_loss_the_same_for_louder_features(small: Recipe) -> None:
    recipe = replace(small, balance=True, style_form="wasserstein")
    styles = [(image(2), 0.5), (image(3), 0.5)]
    for balance in (True, False):
        quiet, loud = (
            values(Objective(louder(factor), replace(recipe, balance=balance), image(1), styles))
            for factor in (1.0, 8.0)
        )
        expected = quiet if balance else {name: 64 * value for name, value in quiet.items()}
        assert loud == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("form", ["positions", "wasserstein"])
def test_bf16_is_close_to_fp32(small: Recipe, form: Any) -> None:
    recipe, encoder = replace(small, style_form=form), tiny_encoder()
    pictures: tuple[Any, ...] = (image(1, (48, 48)) * 0.3, [(image(2, (48, 48)), 1.0)])
    full, half = (
        Objective(encoder, recipe, *pictures, bf16=bf16)(image(9, (48, 48)) * 0.6) for bf16 in (False, True)
    )
    for name, value in half.items():
        assert value.dtype == torch.float32
        assert value.item() == pytest.approx(full[name].item(), rel=0.1), name
        assert value.item() != full[name].item()


def test_prescaled_weights_may_meet_the_wasserstein_form(small: Recipe) -> None:
    """Its weight works after the comparison: once, not squared."""
    recipe = replace(small, style_form="wasserstein")
    plain, prescaled = (
        values(Objective(tiny_encoder(), replace(recipe, prescale=p), image(1), [(image(2), 1.0)]))
        for p in (False, True)
    )
    assert prescaled == pytest.approx(plain)


def test_the_gradient_reaches_every_pixel(small: Recipe) -> None:
    picture = image(9).requires_grad_()
    loss = Objective(tiny_encoder(), small, image(1), [(image(2), 1.0)])(picture)
    (gradient,) = torch.autograd.grad(torch.stack(list(loss.values())).sum(), picture)
    assert (gradient != 0).all()


def test_targets_carry_no_graph(small: Recipe) -> None:
    content = image(1).requires_grad_()
    loss = Objective(tiny_encoder(), small, content, [(image(2), 1.0)])(image(9))
    assert not any(term.requires_grad for term in loss.values())


def test_the_deepest_layers_without_a_share_are_not_heard(small: Recipe) -> None:
    layers = {"relu1_1": 1e-12, "relu2_1": 1.0, "relu3_1": 1e-9, "relu4_1": 1e-9}
    scene = (tiny_encoder(), replace(small, style_layers=layers), image(1), [(image(2), 1.0)])
    # What is no deeper than the deepest that is heard costs next to nothing, and stays.
    assert list(heard(*scene, image(9)).style_layers) == ["relu1_1", "relu2_1"]
    loud = replace(small, style_layers={**layers, "relu4_1": 1.0})
    assert heard(scene[0], loud, *scene[2:], image(9)).style_layers == loud.style_layers
    silent = replace(small, style_weight=0.0, style_layers=layers)
    assert heard(scene[0], silent, *scene[2:], image(9)) is silent


def test_transport_has_a_weight(small: Recipe) -> None:
    scene, start = (image(1), [(image(2), 1.0)]), image(9)
    own = values(Objective(tiny_encoder(), small, *scene))
    recipe = transported(tiny_encoder(), replace(small, transport_weight=0.25), *scene, start)
    moved = values(Objective(tiny_encoder(), recipe, *scene))
    assert recipe.style_form == "wasserstein"
    for layer in small.style_layers:
        assert moved[f"style/{layer}"] == pytest.approx(own[f"style/{layer}"] / 4, rel=1e-3)
    assert moved["content/relu2_2"] == pytest.approx(own["content/relu2_2"])


def test_what_is_already_in_the_style_is_heard_in_all_layers(small: Recipe) -> None:
    same = (tiny_encoder(), small, image(1), [(image(2), 1.0)], image(2))
    assert heard(*same).style_layers == small.style_layers
    assert transported(*same).style_layers.keys() == small.style_layers.keys()


def test_a_glance_sees_each_picture_once(small: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, content, style, start = tiny_encoder(), image(1), image(2), image(9)
    scene = (content, [(style, 1.0)])
    plain = values(Objective(encoder, transported(encoder, small, *scene, start), *scene))
    looked: list[torch.Tensor] = []
    forward = encoder.forward

    def look(picture: torch.Tensor, layers: list[str]) -> dict[str, torch.Tensor]:
        looked.append(picture)
        return forward(picture, layers)

    monkeypatch.setattr(encoder, "forward", look)
    glance = Glance(encoder, small)
    recipe = transported(glance, heard(glance, small, *scene, start), *scene, start)
    objective = Objective(glance, recipe, *scene)
    assert [id(picture) for picture in looked] == [id(content), id(style), id(start)]
    assert values(objective) == plain
    with torch.enable_grad():
        glance(content, ["relu1_1"])
    assert looked[-1] is content  # under autograd it looks again


def test_a_glance_gives_what_was_asked_for(small: Recipe) -> None:
    encoder = tiny_encoder()
    glance = Glance(encoder, small)
    with torch.no_grad():
        for layers in (["relu2_1"], ["relu1_1", "relu2_1"], ["conv1_1"]):
            found, wanted = glance(image(1), layers), encoder(image(1), layers)
            assert list(found) == list(wanted)
            assert all(torch.equal(found[layer], wanted[layer]) for layer in wanted)
