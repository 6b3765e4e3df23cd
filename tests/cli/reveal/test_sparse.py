"""`impasto reveal sparse`: filters learned from a folder of photos."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from impasto.cli.reveal.dictionary import _columns
from impasto.image import read_image

Run = Callable[..., Any]
QUICK = ("reveal", "sparse", ".", "-o", "out.png", "--size", "24", "--filters", "6", "--filter-size", "5")
FLAGS = ("--iterations", "3", "--photos-limit", "2", "--json")


def test_filters_psnr_and_sparsity(run: Run, folder: Path) -> None:
    ran = run(*QUICK, *FLAGS)
    assert ran.code == 0, ran.err
    *steps, done = ran.events
    assert [(each["step"], each["steps"], each["what"]) for each in steps] == [
        (step, 3, "layer 1") for step in (1, 2, 3)
    ]
    objectives = [each["objective"] for each in steps]
    assert objectives == sorted(objectives, reverse=True)
    numbers = done["numbers"]
    assert [Path(photo).name for photo in numbers["photos"]] == ["dots.png", "night.png"]
    (layer,) = numbers["layers"]
    filters = np.array(layer["filters"])
    assert filters.shape == (6, 1, 5, 5)
    assert np.linalg.norm(filters.reshape(6, -1), axis=1).max() <= 1 + 1e-5
    assert abs(layer["psnr"] - steps[-1]["psnr"]) < 1e-6
    assert abs(layer["sparsity"] - steps[-1]["sparsity"]) < 1e-9
    assert 0.3 < layer["sparsity"] < 1
    assert list(read_image("out.png").size) == done["size"]
    assert done["size"][1] > 3 * 280


def test_a_second_layer_with_pooling(run: Run, folder: Path) -> None:
    flags = ("--layers", "2", "--second-filters", "4", "--second-size", "3")
    plain = run(*QUICK, *FLAGS, *flags)
    assert plain.code == 0, plain.err
    assert [each["what"] for each in plain.events[:-1]] == ["layer 1"] * 3 + ["layer 2"] * 3
    pooled = run(*QUICK, *FLAGS, *flags, "--pool", "--connections", "2").events[-1]["numbers"]["layers"][1]
    assert np.shape(plain.events[-1]["numbers"]["layers"][1]["filters"]) == (4, 6, 3, 3)
    assert np.shape(pooled["filters"]) == (4, 3, 3, 3)  # half the maps
    assert (np.abs(pooled["filters"]).sum((2, 3)) > 0).sum() == 4 * 2


def test_denoising_is_told(run: Run, folder: Path) -> None:
    told = run(*QUICK, *FLAGS, "--denoise", "0.2").events[-1]["numbers"]["denoise"]
    assert told["sigma"] == 0.2
    assert 13 < told["before"] < 15  # -20 log10 0.2
    assert told["after"] > told["before"]


def test_same_seed_same_figure(run: Run, folder: Path) -> None:
    made = []
    for seed in ("1", "1", "2"):
        assert run(*QUICK, *FLAGS, "--seed", seed).code == 0
        made.append(Path("out.png").read_bytes())
    assert made[0] == made[1] != made[2]


def test_blocks_of_filters_have_no_gap_where_that_can_be_had() -> None:
    assert [_columns(count) for count in (1, 4, 6, 7, 16, 32, 37)] == [1, 2, 3, 3, 4, 8, 7]
