"""`impasto reveal network`: the published totals, on the terminal, as a picture and as JSON."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from impasto.image import read_image

Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("name", "flags", "millions"),
    [
        ("vgg16", (), "14,714,688"),
        ("vgg19", (), "20,024,384"),
        ("vgg16", ("--classifier",), "138,357,544"),
        ("vgg19", ("--classifier",), "143,667,240"),
    ],
)
def test_totals_are_the_published_ones(run: Run, name: str, flags: tuple[str, ...], millions: str) -> None:
    ran = run("reveal", "network", name, *flags)
    assert ran.code == 0, ran.err
    assert ran.err == ""
    lines = ran.out.splitlines()
    assert lines[-1].split()[:2] == ["total", millions]
    assert any(line.split()[:6] == ["conv1_1", "64", "x", "224", "x", "224"] for line in lines)
    assert "…" not in ran.out


def test_the_size_is_width_by_height(run: Run, folder: Path) -> None:
    ran = run("reveal", "network", "vgg16", "--size", "640x480", "--json", "-o", "out.png")
    assert ran.code == 0, ran.err
    (done,) = ran.events
    assert done["path"] == "out.png"
    numbers = done["numbers"]
    assert numbers["size"] == [480, 640]
    assert numbers["parameters"] == 14_714_688 == sum(layer["parameters"] for layer in numbers["layers"])
    first = numbers["layers"][0]
    assert first["shape"] == [64, 480, 640]
    assert first["multiply_adds"] == 3 * 3 * 3 * 64 * 480 * 640
    assert (numbers["layers"][-1]["name"], numbers["layers"][-1]["receptive_field"]["size"]) == ("pool5", 212)
    picture = read_image("out.png")
    assert list(picture.size) == done["size"]
    assert picture.size[0] > 18 * 20
    assert picture.size[1] > 400


def test_without_a_place_nothing_is_written(run: Run, folder: Path) -> None:
    before = sorted(folder.iterdir())
    ran = run("reveal", "network", "vgg19", "--json")
    assert (ran.events[0]["path"], ran.events[0]["size"]) == (None, None)
    assert sorted(folder.iterdir()) == before


def test_the_table_does_not_mix_with_a_picture_on_stdout(folder: Path, capfdbinary: Any) -> None:
    from impasto.cli import main

    assert main(["reveal", "network", "vgg16", "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"\x89PNG")
