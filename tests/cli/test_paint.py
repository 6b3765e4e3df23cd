"""`impasto paint`, run for real on small pictures with the tiny encoder."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from impasto import PaintConfig
from impasto.cli import main
from impasto.cli.flags import typed
from impasto.cli.paint import merge
from impasto.image import read_image, read_record

Run = Callable[..., Any]

TINY = ("--weights", "tiny", "--size", "32", "--iterations", "3")
PAIR = ("paint", "photo.png", "dots.png", *TINY)


def record(path: str) -> dict[str, object]:
    text = read_record(path)
    assert text is not None
    found: dict[str, object] = json.loads(text)
    return found


def test_writes_the_picture_and_says_so(run: Run, folder: Path) -> None:
    done = run(*PAIR, "-o", "out.png")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("impasto: wrote out.png (32 x 27) in ")
    assert read_image("out.png").size == (27, 32)
    kept = record("out.png")
    assert kept["settings"] == {"size": 32, "iterations": 3, "weights": "tiny"}
    assert {"recipe", "impasto", "torch", "weights_sha256", "content", "styles"} <= set(kept)


def test_the_process_keeps_its_memory(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr("impasto.cli.work.keep_memory", lambda: called.append(True))
    assert run(*PAIR, "-o", "out.png").code == 0
    assert called == [True]


def test_same_seed_same_bytes_and_another_seed_others(run: Run, folder: Path) -> None:
    for name, seed in (("a.png", "1"), ("b.png", "1"), ("c.png", "2")):
        assert run(*PAIR, "-o", name, "--init", "noise", "--seed", seed).code == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    assert not np.array_equal(read_image("a.png").pixels, read_image("c.png").pixels)


def test_json_lines_tell_everything(run: Run, folder: Path) -> None:
    done = run(*PAIR, "-o", "out.jpg", "--json", "--save-every", "2")
    assert (done.code, done.err) == (0, "")
    kinds = [event["event"] for event in done.events]
    assert kinds == ["progress", "progress", "preview", "progress", "done"]
    for event in done.events:
        if event["event"] == "progress":
            assert event["loss"] == pytest.approx(sum(event["losses"].values()))
            assert {"iteration", "iterations", "scale", "size", "seconds", "eta"} <= set(event)
            assert any(name.startswith("style/relu") for name in event["losses"])
    assert done.events[2] == {"event": "preview", "iteration": 2, "path": "out-0002.jpg"}
    last = done.events[-1]
    assert (last["path"], last["size"], last["complete"]) == ("out.jpg", [27, 32], True)
    assert last["record"] == record("out.jpg")


def test_previews_are_saved_beside_the_picture(run: Run, folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    assert run(*PAIR, "-o", "out.png", "--save-every", "1", "--quiet").err == ""
    names = {path.name for path in folder.iterdir()} - before
    assert names == {"out.png", "out-0001.png", "out-0002.png", "out-0003.png"}
    assert np.array_equal(read_image("out-0003.png").pixels, read_image("out.png").pixels)
    assert record("out-0002.png")["preview_at"] == 2


def test_texture_of_any_size(run: Run, folder: Path) -> None:
    flags = ("--weights", "tiny", "--iterations", "2", "--size", "56x24")
    done = run("paint", "--texture", "dots.png", "night.png", "-o", "swatch.png", *flags)
    assert done.code == 0
    assert read_image("swatch.png").size == (24, 56)
    kept = record("swatch.png")
    assert kept["content"] is None
    assert len(kept["styles"]) == 2  # type: ignore[arg-type]


def test_several_styles_are_blended_by_weight(run: Run, folder: Path) -> None:
    both = ("paint", "photo.png", "dots.png", "night.png", *TINY)
    assert run(*PAIR, "-o", "one.png").code == 0
    assert run(*both, "-o", "all.png", "--style-weights", "2,0").code == 0
    assert run(*both, "-o", "rep.png", "--style-weights", "2", "--style-weights", "0").code == 0
    assert run(*both, "-o", "half.png").code == 0
    one, everything, repeated, half = (
        read_image(f"{name}.png").pixels for name in ("one", "all", "rep", "half")
    )
    assert np.array_equal(one, everything)
    assert np.array_equal(one, repeated)
    assert not np.array_equal(one, half)


def test_stdin_and_stdout(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    class Stdin:
        buffer = io.BytesIO(Path("photo.png").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin())
    assert main(["paint", "-", "dots.png", *TINY, "-o", "-"]) == 0
    out, err = capfdbinary.readouterr()
    assert err.startswith(b"impasto: wrote stdout (32 x 27)")
    with Image.open(io.BytesIO(out)) as image:
        assert (image.format, image.size) == ("PNG", (32, 27))


def test_layers_and_size_as_they_are_typed(run: Run, folder: Path) -> None:
    layers = ("--style-layers", "relu1_1:2,relu2_1", "--content-layers", "relu2_1:0.5")
    done = run("paint", "photo.png", "dots.png", *TINY[:2], "--iterations", "1", "--size", "40x20",
               "-o", "out.png", "--json", *layers)  # fmt: skip
    assert done.code == 0
    kept = done.events[-1]["record"]
    assert kept["recipe"]["style_layers"] == {"relu1_1": 2.0, "relu2_1": 1.0}
    assert kept["recipe"]["content_layers"] == {"relu2_1": 0.5}
    assert kept["size"] == [20, 40]


def test_an_old_picture_stays_until_the_new_one_is_whole(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from impasto.image import write

    def full(name: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    Path("out.png").write_bytes(b"old")
    monkeypatch.setattr(write, "write_atomically", full)
    done = run(*PAIR, "-o", "out.png")
    assert done.code == 2
    assert "No space left" in done.err
    assert Path("out.png").read_bytes() == b"old"


def test_flags_go_before_the_file_even_where_they_say_the_default(run: Run, folder: Path) -> None:
    Path("mine.toml").write_text(
        'recipe = "gatys"\nseed = 7\niterations = 2\nsize = "32x24"\nweights = "tiny"\nstyle-scale = 0.9\n'
        'keep_color = "luminance"\nstyle_layers = {relu1_1 = 1, relu2_1 = 2}\nsave_every = 1\n'
    )
    done = run("paint", "photo.png", "dots.png", "-o", "out.png", "--config", "mine.toml", "--json",
               "--recipe", "impasto", "--seed", "0", "--save-every", "2")  # fmt: skip
    assert done.code == 0, done.err
    kept = done.events[-1]["record"]
    assert kept["recipe"]["name"] == "impasto"
    assert kept["size"] == [24, 32]
    assert kept["recipe"]["style_layers"] == {"relu1_1": 1.0, "relu2_1": 2.0}
    assert kept["settings"]["keep_color"] == "luminance"
    assert kept["settings"]["style_scale"] == 0.9
    assert "seed" not in kept["settings"]
    assert [event["path"] for event in done.events if event["event"] == "preview"] == ["out-0002.png"]


def test_a_flag_takes_the_place_of_its_rival_in_the_file() -> None:
    assert merge({"style_size": 100, "seed": 1}, {"style_scale": 2.0}) == {"seed": 1, "style_scale": 2.0}
    assert merge({"style_scale": 2.0}, {"style_size": 100}) == {"style_size": 100}


def test_nothing_typed_is_nothing_set() -> None:
    assert typed(PaintConfig, None) == {}
    assert typed(PaintConfig, PaintConfig(style_weights=None)) == typed(PaintConfig, PaintConfig())
