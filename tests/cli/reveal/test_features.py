"""`impasto reveal features`: channels projected down, beside what excites them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from impasto.cli.reveal.projection import stretch
from impasto.image import read_image, write_image
from impasto.studio.encoders import load_encoder
from impasto.studio.reveal import receptive_field, strongest_channels

Run = Callable[..., Any]
QUICK = ("reveal", "features", "photo.png", "--weights", "tiny", "--size", "40", "-o", "out.png")


def photos(folder: Path, count: int) -> str:
    random = np.random.default_rng(1)
    (folder / "photos").mkdir()
    for index in range(count):
        write_image(folder / "photos" / f"{index}.png", random.random((32, 24 + index, 3)) ** (1 + index))
    (folder / "photos" / "notes.txt").write_text("not a picture")
    return "photos"


def test_the_strongest_channels_at_the_right_receptive_field(run: Run, folder: Path) -> None:
    ran = run(*QUICK, "--layer", "relu3_1", "--top", "4", "--json")
    assert ran.code == 0, ran.err
    numbers = ran.events[-1]["numbers"]
    pixels = read_image("photo.png").pixels
    from impasto.image import fit_size, resize
    from impasto.studio.pixels import to_tensor

    image = to_tensor(resize(pixels, fit_size((40, 48), 40)))
    maps = load_encoder("tiny")(image, ["relu3_1"])["relu3_1"]
    assert [each["channel"] for each in numbers["channels"]] == strongest_channels(maps, 4)
    field = receptive_field("tiny", "relu3_1")
    assert numbers["receptive_field"] == field.size == 24
    for each in numbers["channels"]:
        (patch,) = each["patches"]
        assert patch["picture"] == "photo.png"
        row, column = patch["unit"]
        assert patch["activation"] == pytest.approx(float(maps[0, each["channel"], row, column]), rel=1e-4)
        box = patch["box"]
        assert (box["top"], box["left"]) == (field.box(row, column).top, field.box(row, column).left)
    # Two columns of a pattern beside its patch, each enlarged four times.
    picture = read_image("out.png")
    assert list(picture.size) == ran.events[-1]["size"]
    assert picture.size[1] == 2 * 28 + 18 + 2 * (2 * 4 * 24 + 6)


def test_another_ranking(run: Run) -> None:
    flags = ("--layer", "relu4_1", "--top", "3", "--json")
    by = {which: run(*QUICK, *flags, "--by", which).events[-1]["numbers"] for which in ("mean", "max")}
    ranked = [each["patches"][0]["activation"] for each in by["max"]["channels"]]
    assert ranked == sorted(ranked, reverse=True)
    assert by["max"]["by"] == "max"
    assert [each["channel"] for each in by["max"]["channels"]] != [
        each["channel"] for each in by["mean"]["channels"]
    ]


def test_chosen_channels(run: Run) -> None:
    numbers = run(*QUICK, "--layer", "relu2_1", "--channels", "3, 1", "--json").events[-1]["numbers"]
    assert [each["channel"] for each in numbers["channels"]] == [3, 1]
    assert numbers["by"] is None


def test_nine_patches_of_many_photos(run: Run, folder: Path) -> None:
    flags = ("--layer", "relu2_1", "--top", "2", "--photos", photos(folder, 11), "--json")
    ran = run(*QUICK, *flags)
    assert ran.code == 0, ran.err
    *steps, done = ran.events
    assert [each["step"] for each in steps] == list(range(1, 12))
    for each in done["numbers"]["channels"]:
        found = [patch["activation"] for patch in each["patches"]]
        assert len(found) == 9
        assert found == sorted(found, reverse=True)
        assert len({patch["picture"] for patch in each["patches"]}) == 9
    side = 3 * 9 * 10 + 2 * 2  # three patches of 10 pixels, enlarged nine times, and two gaps
    assert done["size"][1] == 2 * 28 + 18 + 2 * (2 * side + 6)
    few = run(*QUICK, *flags, "--photos-limit", "2").events[-1]["numbers"]["channels"]
    assert {patch["picture"] for each in few for patch in each["patches"]} == {"0.png", "1.png"}


def test_whole_maps(run: Run, folder: Path) -> None:
    ran = run(*QUICK, "--layer", "relu2_1", "--top", "3", "--part", "map", "--json")
    assert ran.code == 0, ran.err
    *steps, done = ran.events
    assert [each["step"] for each in steps] == [1, 2, 3]
    means = [each["mean"] for each in done["numbers"]["channels"]]
    assert means == sorted(means, reverse=True)
    assert done["size"][0] > 2 * 33


def test_zero_is_middle_gray_and_contrast_is_stretched() -> None:
    pattern = torch.zeros(3, 40, 40)
    pattern[0, :20] = torch.linspace(-2, 4, 800).view(20, 40)
    shown = stretch(pattern)
    assert (shown[..., 1:] == 0.5).all()
    assert (shown[20:] == 0.5).all()
    assert shown.max() == 1
    assert 0.2 < shown.min() < 0.3  # -2 of 4
    assert 3 / 800 < (shown == 1).mean() * 6 < 6 / 800
    np.testing.assert_array_equal(stretch(torch.zeros(3, 2, 2)), 0.5)
    np.testing.assert_allclose(stretch(1000 * pattern), shown, atol=1e-6)


def test_a_small_photo_among_many_is_named(run: Run, folder: Path) -> None:
    place = photos(folder, 2)
    write_image(folder / place / "strip.png", np.zeros((2, 40, 3), np.float32))
    ran = run(*QUICK, "--layer", "relu3_1", "--photos", place)
    assert ran.code == 2
    assert "strip.png: a picture of 40 x 2 pixels is too small for layer relu3_1" in ran.err
    assert not Path("out.png").exists()
