"""Brushes: their files, what is refused, and their blends."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save_file

from impasto.errors import ArtifactError
from impasto.models import Card
from impasto.models.artifact import CARD_KEY
from impasto.models.base_files import BASE_KEY
from impasto.models.brush import Brush
from impasto.models.files import read_artifact, read_card

BASE = "0123456789abcdef" * 4
SHAPES = ((4, 18), (4, 36), (6, 36))
"""Filters of three convolutions: (out, in * 9)."""

Floats = NDArray[np.float32]


def numbers(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def brush(name: str = "wave", *, size: int = 20, rank: int = 2, seed: int = 0, **changes: Any) -> Brush:
    pairs = tuple(
        (numbers(out, rank, seed=seed + 3 * i), numbers(rank, inner, seed=seed + 3 * i + 1))
        for i, (out, inner) in enumerate(SHAPES)
    )
    values: dict[str, Any] = {
        "code": numbers(size, seed=seed),
        "filters": pairs if rank else (),
        "card": Card(kind="brush", name=name, title=name.title(), artist="Somebody", rights="public domain"),
        "base": BASE,
    }
    return Brush(**values | changes)


def products(one: Brush) -> Floats:
    return one.delta(sum(out * inner for out, inner in SHAPES))


def same(one: Floats, other: Floats, step: float = 1e-6) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max() <= step)


@pytest.mark.parametrize("rank", [0, 2])
def test_a_file_comes_back(rank: int, tmp_path: Path) -> None:
    made = brush(rank=rank)
    made.save(tmp_path / "wave.brush")
    back = Brush.load(str(tmp_path / "wave.brush"))
    assert np.array_equal(back.code, made.code)
    assert len(back.filters) == len(made.filters)
    for pair, kept in zip(back.filters, made.filters, strict=True):
        for one, other in zip(pair, kept, strict=True):
            assert one.dtype == np.float32
            assert np.array_equal(one, other.astype(np.float16).astype(np.float32))
    assert (back.card, back.base) == (made.card, BASE)
    assert read_card(tmp_path / "wave.brush") == made.card


def test_the_same_brush_is_the_same_bytes(tmp_path: Path) -> None:
    """The library itself writes metadata in another order each time."""
    made = brush()
    assert len({made.to_bytes() for _ in range(20)}) == 1
    made.save(tmp_path / "wave.brush")
    assert Brush.load(tmp_path / "wave.brush").to_bytes() == made.to_bytes()
    assert made.sha256 == read_artifact(tmp_path / "wave.brush").sha256
    assert made.sha256 != brush(seed=1).sha256


def test_a_learned_brush_is_under_64_kb(tmp_path: Path) -> None:
    """Of a base with 32 channels and four blocks."""
    shapes = [(32, 48 * 9), *[(32, 32 * 9)] * 8, (48, 32 * 9)]
    filters = tuple((numbers(out, 8), numbers(8, inner)) for out, inner in shapes)
    recipe = {"loss": {f"relu{n}": 0.123456789 for n in range(40)}}
    card = Card(kind="brush", name="wave", recipe=recipe)
    made = brush(code=numbers(486), filters=filters, card=card)
    assert len(made.to_bytes()) < 64_000


def test_any_length_of_header_is_read(tmp_path: Path) -> None:
    """A length of 128, 640, ... bytes begins with the byte of a pickle."""
    path = tmp_path / "a.brush"
    first = set()
    for length in range(0, 2100, 8):
        card = Card(kind="brush", name="a", title="x" * length)
        brush(rank=0, card=card).save(path)
        first.add(path.read_bytes()[0])
        assert Brush.load(path).card == card
    assert 0x80 in first


def test_an_old_file_stays_when_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "wave.brush"
    brush().save(path)
    before = path.read_bytes()
    with pytest.raises(ArtifactError, match="too large for a brush"):
        brush(filters=((np.full((4, 2), 1e6, np.float32), numbers(2, 18)),)).save(path)
    assert path.read_bytes() == before
    with pytest.raises(ArtifactError, match="cannot be written"):
        brush().save(tmp_path / "none" / "wave.brush")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": np.zeros((2, 10), np.float32)}, "do not fit together"),
        ({"code": np.zeros(0, np.float32)}, "do not fit together"),
        ({"filters": ((numbers(4, 2), numbers(3, 18)),)}, r"code \(20,\), up\.0 \(4, 2\), down\.0 \(3, 18\)"),
        ({"filters": ((numbers(4), numbers(3, 18)),)}, "do not fit together"),
        ({"filters": ((numbers(4, 0), numbers(0, 18)),)}, "do not fit together"),
        ({"code": np.full(20, np.nan, np.float32)}, "code has values that are not finite"),
        ({"code": np.zeros(20, np.int32)}, "code has values that are not finite numbers"),
        ({"filters": ((numbers(4, 2), np.full((2, 18), np.nan)),)}, r"down\.0 has values"),
        ({"base": "abc"}, "base is 'abc'; give the 64 hex digits"),
        ({"base": BASE.upper()}, "base is"),
        ({"card": Card(name="a")}, "a is a model, not a brush"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ArtifactError, match=said) as caught:
        brush(**changes)
    assert "\n" not in str(caught.value)


def write(path: Path, changes: dict[str, Any], metadata: dict[str, str] | None = None) -> None:
    tensors: dict[str, Any] = {"code": numbers(20)}
    plain = {**Card(kind="brush", name="a").to_metadata(), BASE_KEY: BASE}
    kept = {key: each for key, each in {**tensors, **changes}.items() if each is not None}
    save_file(kept, path, plain if metadata is None else metadata)


FOREIGN: dict[str, tuple[dict[str, Any], dict[str, str] | None, str]] = {
    "no code": ({"code": None, "weights": numbers(3)}, None, "holds weights; a brush holds code, and up"),
    "another array": ({"weights": numbers(3)}, None, "holds code, weights"),
    "one of a pair": ({"up.0": numbers(4, 2)}, None, r"holds code, up\.0"),
    "from one": ({"up.1": numbers(4, 2), "down.1": numbers(2, 9)}, None, r"down\.1"),
    "shapes": ({"code": numbers(2, 10)}, None, r"a\.brush is damaged: .*do not fit together"),
    "nan": ({"code": np.full(20, np.nan, np.float32)}, None, "not finite"),
    "integers": ({"code": np.zeros(20, np.int64)}, None, "not finite numbers"),
    "no card": ({}, {BASE_KEY: BASE}, "no card of impasto"),
    "no metadata": ({}, {}, "no card of impasto"),
    "bad card": ({}, {CARD_KEY: "{", BASE_KEY: BASE}, "card is damaged"),
    "no base": ({}, Card(kind="brush", name="a").to_metadata(), "base is ''"),
    "a base's": ({}, {**Card(kind="base", name="a").to_metadata(), BASE_KEY: BASE}, "is a base, not a brush"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_files_are_one_line(kind: str, tmp_path: Path) -> None:
    changes, metadata, said = FOREIGN[kind]
    path = tmp_path / "a.brush"
    write(path, changes, metadata)
    with pytest.raises(ArtifactError, match=said) as caught:
        Brush.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.path, "sprung")


def bfloat16() -> bytes:
    header = json.dumps({"code": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(4)


DAMAGED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "half": (lambda whole: whole[: len(whole) // 2], "not a safetensors file, or is damaged"),
    "short": (lambda whole: whole[:9], "not a safetensors file, or is damaged"),
    "text": (lambda whole: b"hello", "not a safetensors file, or is damaged"),
    "empty": (lambda whole: b"", "is empty"),
    "zip": (lambda whole: b"PK\x03\x04" + whole, "never loaded"),
    "bfloat16": (lambda whole: bfloat16(), "type 'BF16', which are not read"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_files_are_one_line(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.brush"
    damage, said = DAMAGED[kind]
    path.write_bytes(damage(brush().to_bytes()))
    for read in (Brush.load, read_card):
        with pytest.raises(ArtifactError, match=said) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_never_loaded(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "a.brush"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung"), protocol))
    with pytest.raises(ArtifactError):
        Brush.load(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("place", ["none.brush", "."])
def test_what_is_no_file(place: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="give a brush that `impasto learn` wrote"):
        Brush.load(tmp_path / place)


def test_a_file_with_codes_for_sizes_of_strokes_is_read(tmp_path: Path) -> None:
    """Brushes had them at first."""
    write(tmp_path / "a.brush", {"strokes": numbers(2, 20)})
    assert np.array_equal(Brush.load(tmp_path / "a.brush").code, numbers(20))


def test_filters_are_multiplied_out_in_order() -> None:
    made = brush()
    up, down = made.filters[1]
    start = SHAPES[0][0] * SHAPES[0][1]
    assert same(products(made)[start : start + 4 * 36], (up @ down).ravel())
    assert np.array_equal(brush(rank=0).delta(7), np.zeros(7, np.float32))
    with pytest.raises(ArtifactError, match="wave changes 432 weights, and the base has 7"):
        made.delta(7)


@given(st.lists(st.floats(0.01, 10), min_size=2, max_size=4))
def test_a_blend_is_the_weighted_mean(shares: list[float]) -> None:
    brushes = [brush(f"b{n}", rank=n + 1 if n != 1 else 0, seed=20 * n) for n in range(len(shares))]
    made = Brush.blend(dict(zip(brushes, shares, strict=True)))
    part = np.array(shares) / sum(shares)
    assert same(made.code, sum(p * b.code for p, b in zip(part, brushes, strict=True)))
    wanted = sum(p * products(b) for p, b in zip(part, brushes, strict=True))
    assert same(products(made), wanted, 2e-5)


def test_a_blend_says_of_what() -> None:
    one, other = brush("wave"), brush("night", seed=5)
    card = Brush.blend([(one, 3), (other, 1)]).card
    assert (card.kind, card.name, card.title) == ("brush", "wave:0.75,night:0.25", "Wave + Night")
    assert (card.artist, card.rights) == ("Somebody", "public domain")
    assert [part["sha256"] for part in card.recipe["blend"]] == [one.sha256, other.sha256]


def test_a_blend_lies_over_as_much_as_its_parts_do_on_average() -> None:
    bold = brush("bold", card=Card(kind="brush", name="bold", recipe={"recipe": {"underpainting": 0.5}}))
    assert Brush.blend([(bold, 3), (brush("night", seed=5), 1)]).card.underpainting == 0.375


def test_a_blend_of_one_is_that_one() -> None:
    one = brush()
    assert Brush.blend({one: 0.3}) is one
    made = Brush.blend([(one, 0.5), (one, 0.5)])
    assert same(made.code, one.code)
    assert same(products(made), products(one), 1e-5)


def test_a_blend_can_be_saved(tmp_path: Path) -> None:
    made = Brush.blend({brush("a"): 1, brush("b", seed=7): 1})
    made.save(tmp_path / "ab.brush")
    assert Brush.load(tmp_path / "ab.brush").filters[0][0].shape == (4, 4)


@pytest.mark.parametrize("share", [0, -1, float("nan"), float("inf"), True, "1"])
@pytest.mark.parametrize("others", [0, 1])
def test_shares_are_above_zero(share: Any, others: int) -> None:
    with pytest.raises(ArtifactError, match=r"the share of wave is .*; give a number above 0"):
        Brush.blend([(brush(), share), *[(brush("b"), 1.0)] * others])


def test_what_does_not_go_together() -> None:
    with pytest.raises(ArtifactError, match="there are 0 brushes"):
        Brush.blend({})
    other = brush("night", base="f" * 64)
    with pytest.raises(
        ArtifactError, match=r"wave was made for the base 0123456789ab, and night for ffffffffffff"
    ):
        Brush.blend({brush(): 1, other: 1})
    with pytest.raises(ArtifactError, match="wave, b are for one base and have other shapes"):
        Brush.blend({brush(): 1, brush("b", size=21): 1})
    with pytest.raises(ArtifactError, match="other shapes"):
        Brush.blend({brush(): 1, brush("b", filters=brush().filters[:2]): 1})
