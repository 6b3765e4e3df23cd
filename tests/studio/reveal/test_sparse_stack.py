"""Layers learned one after the other: what each codes, and what it gives in pixels."""

import pytest
import torch
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.sparse import (
    DictionaryLearner,
    Pooling,
    SparseConfig,
    Stack,
    StackProgress,
    layer_inputs,
    learn_stack,
    local_contrast_normalize,
    psnr,
)

FIRST = SparseConfig(filters=4, size=5, iterations=3, code_steps=5, filter_steps=2)
SECOND = SparseConfig(filters=3, size=3, iterations=2, code_steps=5, filter_steps=2)
PHOTOS = torch.rand(2, 1, 20, 22, generator=torch.Generator().manual_seed(0))


def learned(*configs: SparseConfig, pooling: Pooling | None = None) -> tuple[list[StackProgress], Stack]:
    *events, stack = learn_stack(PHOTOS, configs, pooling)
    assert isinstance(stack, Stack)
    return [event for event in events if isinstance(event, StackProgress)], stack


def test_one_layer_is_what_a_learner_learns_from_normalized_photos() -> None:
    events, stack = learned(FIRST)
    assert [(event.layer, event.round.iteration) for event in events] == [(1, 1), (1, 2), (1, 3)]
    pictures = local_contrast_normalize(PHOTOS).values
    torch.testing.assert_close(stack.pictures, pictures, rtol=0, atol=0)
    learner = DictionaryLearner(pictures, FIRST)
    torch.testing.assert_close(stack.layers[0].filters, learner.run(), rtol=0, atol=0)
    torch.testing.assert_close(stack.reconstruction(1), learner.reconstruction)
    assert stack.psnr(1) == pytest.approx(events[-1].round.psnr, abs=1e-4)
    assert stack.sparsity(1) == pytest.approx(events[-1].round.sparsity)


@pytest.mark.parametrize("pooling", [None, Pooling()])
def test_the_second_layer_codes_the_first_ones_maps(pooling: Pooling | None) -> None:
    events, stack = learned(FIRST, SECOND, pooling=pooling)
    assert [event.layer for event in events] == [1, 1, 1, 2, 2]
    inputs, switches, scale = layer_inputs(stack.codes[0].maps, pooling)
    torch.testing.assert_close(stack.codes[1].inputs, inputs)
    assert (stack.codes[1].switches is None) == (switches is None) == (pooling is None)
    assert stack.layers[1].scale == scale
    assert stack.codes[1].below == tuple(stack.codes[0].maps.shape[1:])
    assert stack.reconstruction(2).shape == stack.pictures.shape
    # Made from the second layer alone, but not from nothing.
    assert psnr(torch.zeros_like(stack.pictures), stack.pictures) < stack.psnr(2) < stack.psnr(1)


def test_numbers_of_one_photo() -> None:
    _, stack = learned(FIRST)

    def share(maps: Tensor) -> float:
        return float((maps == 0).double().mean())

    for photo in (0, 1):
        assert stack.sparsity(1, photo) == pytest.approx(share(stack.codes[0].maps[photo]))
        assert stack.psnr(1, photo) == psnr(stack.reconstruction(1)[photo], stack.pictures[photo])


def test_filters_larger_than_the_maps_below_are_refused() -> None:
    with pytest.raises(ConfigError, match="smaller than filters of 31 x 31"):
        learned(FIRST, SparseConfig(filters=2, size=31, iterations=1))
