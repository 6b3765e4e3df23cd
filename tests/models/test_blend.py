"""The text of a blend."""

from pathlib import Path

import pytest

from impasto.errors import ArtifactError
from impasto.models.blend import parse_blend


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a:0.6,b:0.4", [("a", 0.6), ("b", 0.4)]),
        (" a:1 , dir/b.jpg:2 ", [("a", 1.0), ("dir/b.jpg", 2.0)]),
        ("a:1", [("a", 1.0)]),
        ("a:b:3", [("a:b", 3.0)]),
        ("a:1e-3,a:.5", [("a", 1e-3), ("a", 0.5)]),
    ],
)
def test_parts(text: str, parts: list[tuple[str, float]]) -> None:
    assert parse_blend(text) == parts


@pytest.mark.parametrize("text", ["wave", "a/b.jpg", r"C:\photos\a.jpg", "a:b", "http://a/b.jpg", "", "5"])
def test_what_is_one_style(text: str) -> None:
    assert parse_blend(text) is None


@pytest.mark.parametrize("name", ["a:0.6,b:0.4", "a,b.jpg", "a:1"])
def test_a_file_is_that_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"")
    assert parse_blend(name) is None
    assert parse_blend(str(tmp_path / name)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b:0.4", "'a,b:0.4' is no file, and as a blend 'a' in it has no share; write for instance"),
        ("a:0.6,", "'' in it has no share"),
        ("a:x,b:0.4", "'a:x' in it has no share"),
        (":0.5,b:1", "':0.5' in it has no share"),
        ("a:0,b:1", "the share of a is 0, and must be above 0"),
        ("a:-1", "the share of a is -1"),
        ("a:nan,b:1", "the share of a is nan"),
        ("a:1,b:inf", "the share of b is inf"),
    ],
)
def test_shares_are_checked(text: str, said: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        parse_blend(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
