"""3D max pooling by hand, over shapes, and what its switches undo."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.sparse import Pooling, max_pool_3d, unpool_3d


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_by_hand() -> None:
    maps = torch.zeros(1, 2, 2, 4)
    maps[0, 0, 0, 1] = 3
    maps[0, 1, 1, 0] = -5  # the sign stays
    maps[0, 1, 0, 3] = 2
    values, switches = max_pool_3d(maps, Pooling(maps=2, space=2))
    assert values.tolist() == [[[[-5.0, 2.0]]]]
    assert switches.tolist() == [[[[4 + 2, 4 + 1]]]]
    back = unpool_3d(values, switches, Pooling(maps=2, space=2), (2, 2, 4))
    maps[0, 0, 0, 1] = 0
    torch.testing.assert_close(back, maps)


@settings(max_examples=40)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(1, 7)),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 99),
)
def test_over_shapes(shape: tuple[int, int, int], over: int, space: int, seed: int) -> None:
    maps, pooling = noise(2, *shape, seed=seed), Pooling(maps=over, space=space)
    values, switches = max_pool_3d(maps, pooling)
    expected = torch.nn.functional.max_pool3d(
        maps.abs()[:, None], (over, space, space), ceil_mode=True
    ).squeeze(1)
    torch.testing.assert_close(values.abs(), expected)
    back = unpool_3d(values, switches, pooling, shape)
    assert back.shape == maps.shape
    kept = back != 0
    assert int(kept.sum()) == values.numel()
    torch.testing.assert_close(back[kept], maps[kept])
    again, same = max_pool_3d(back, pooling)
    torch.testing.assert_close(again, values)
    assert torch.equal(same, switches)


def test_one_set_of_switches_serves_many() -> None:
    pooling = Pooling(maps=1, space=2)
    _, switches = max_pool_3d(noise(1, 3, 4, 4), pooling)
    values = noise(5, 3, 2, 2, seed=1)
    together = unpool_3d(values, switches, pooling, (3, 4, 4))
    for one, value in zip(together, values, strict=True):
        torch.testing.assert_close(one[None], unpool_3d(value[None], switches, pooling, (3, 4, 4)))


def test_what_is_not_valid_is_refused() -> None:
    with pytest.raises(ConfigError, match="pooling over 0 maps"):
        Pooling(maps=0)
    with pytest.raises(ConfigError, match=r"maps \(3, 6, 6\); give those of \(3, 3, 3\)"):
        unpool_3d(
            torch.zeros(1, 3, 2, 2),
            torch.zeros(1, 3, 2, 2, dtype=torch.int64),
            Pooling(maps=1, space=2),
            (3, 6, 6),
        )
