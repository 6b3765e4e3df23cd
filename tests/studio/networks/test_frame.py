"""What is put around a picture and taken off again, against NumPy's own padding."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from impasto.studio.networks.frame import crop, mirror, pack, reflect, unpack

sides = st.integers(1, 40)


@given(
    sides, sides, st.integers(0, 6), st.sampled_from([4, 8]), st.sampled_from([torch.uint8, torch.float32])
)
def test_mirror_is_numpys_reflection_at_any_size(
    height: int, width: int, margin: int, multiple: int, dtype: torch.dtype
) -> None:
    image = torch.arange(height * width * 3).reshape(1, height, width, 3).to(dtype)
    before = margin * multiple
    made = mirror(image, before, multiple)
    assert made.dtype == dtype
    after = [side - before - size for side, size in zip(made.shape[1:3], (height, width), strict=True)]
    assert all(multiple < side and side % multiple == 0 for side in made.shape[1:3])
    assert all(before <= each for each in after)
    # No more than is needed: a picture of a megapixel is not to be made much larger.
    assert all(
        each < before + multiple for each, size in zip(after, (height, width), strict=True) if size > multiple
    )
    wanted = np.pad(image.numpy(), ((0, 0), (before, after[0]), (before, after[1]), (0, 0)), "reflect")
    assert np.array_equal(made.numpy(), wanted)
    assert torch.equal(crop(made, before, height, width), image)


def test_a_block_is_packed_in_the_order_of_reading() -> None:
    image = torch.arange(2 * 4 * 6 * 3).reshape(2, 4, 6, 3)
    blocks = pack(image, 2)
    assert blocks.shape == (2, 2, 3, 12)
    assert torch.equal(blocks[1, 1, 2], image[1, 2:4, 4:6].flatten())


@pytest.mark.parametrize("side", [1, 2, 4])
def test_unpack_undoes_pack(side: int) -> None:
    image = torch.rand(2, 8, 12, 3)
    assert torch.equal(unpack(pack(image, side), side), image)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_reflect_is_numpys(dtype: torch.dtype) -> None:
    image = torch.arange(2 * 2 * 5 * 3).reshape(2, 2, 5, 3).to(dtype)
    made = reflect(image)
    assert made.dtype == dtype
    assert np.array_equal(made.numpy(), np.pad(image.numpy(), ((0, 0), (1, 1), (1, 1), (0, 0)), "reflect"))
