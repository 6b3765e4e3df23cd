"""`impasto apply` on folders: trees, what is skipped, what fails, and Ctrl-C."""

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from impasto.cli.output import Output
from impasto.cli.plan import Task, plan
from impasto.cli.tally import JsonTally, Tally, TileTally, make_tally
from impasto.cli.tally_bar import BarTally
from impasto.errors import ConfigError
from impasto.image import Painting, read_image, write_image
from impasto.models.stylizer import Stylizer

Run = Callable[..., Any]
Make = Callable[..., Path]

PIXELS = np.linspace(0, 1, 20 * 24 * 3, dtype=np.float32).reshape(20, 24, 3)
STYLE = ("--style", "invert.onnx")


@pytest.fixture(autouse=True)
def photos(folder: Path, make_model: Make) -> Path:
    """invert.onnx, and photos/ with a.png, sub/b.JPG, sub/deep/c.webp, and what is no picture."""
    make_model(folder / "invert.onnx")
    top = folder / "photos"
    (top / "sub" / "deep").mkdir(parents=True)
    (top / ".hidden").mkdir()
    for name in ("a.png", "sub/b.jpg", "sub/deep/c.webp", ".hidden/d.png"):
        write_image(top / name, PIXELS)
    (top / "sub" / "b.jpg").rename(top / "sub" / "b.JPG")
    (top / "._a.png").write_bytes(b"what a Mac leaves")
    (top / "notes.txt").write_text("notes")
    return top


def files(top: str) -> set[str]:
    return {path.relative_to(top).as_posix() for path in Path(top).rglob("*") if path.is_file()}


TREE = {"a.png", "sub/b.JPG", "sub/deep/c.webp"}


def test_a_tree_is_kept(run: Run) -> None:
    done = run("apply", "photos", *STYLE, "-o", "out")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("impasto: wrote 3 pictures to out in 0.")
    assert files("out") == TREE
    assert read_image("out/a.png").pixels == pytest.approx(1 - read_image("photos/a.png").pixels, abs=1e-6)
    assert read_image("out/sub/deep/c.webp").pixels == pytest.approx(1 - PIXELS, abs=0.1)


def test_what_is_there_is_skipped_unless_forced(run: Run) -> None:
    Path("out").mkdir()
    Path("out/a.png").write_bytes(b"mine")
    done = run("apply", "photos", *STYLE, "-o", "out")
    assert done.code == 0
    assert "wrote 2 pictures to out" in done.err
    assert "skipped 1 already there (--force makes them again)" in done.err
    assert Path("out/a.png").read_bytes() == b"mine"
    assert run("apply", "photos", *STYLE, "-o", "out", "--force").code == 0
    assert read_image("out/a.png").size == (20, 24)


def test_a_bad_file_does_not_stop_the_others(run: Run, photos: Path) -> None:
    (photos / "sub" / "bad.png").write_bytes((photos / "a.png").read_bytes()[:200])
    (photos / "aaa.jpg").write_text("no picture at all")
    write_image(photos / "dot.png", PIXELS[:1, :1])
    done = run("apply", "photos", *STYLE, "-o", "out", "--quiet")
    assert (done.code, done.out) == (1, "")
    lines = done.err.splitlines()
    assert [line.startswith("impasto: failed: ") for line in lines] == [True] * 3
    for line, name in zip(lines, ("aaa.jpg", "dot.png", "sub/bad.png"), strict=True):
        assert f"'{Path('photos') / name}'" in line
    assert files("out") == TREE


def test_json_tells_of_every_file(run: Run, photos: Path) -> None:
    (photos / "bad.png").write_bytes(b"no")
    Path("out").mkdir()
    Path("out/a.png").write_bytes(b"mine")
    done = run("apply", "photos", *STYLE, "-o", "out", "--json")
    assert done.code == 1
    assert [(event["event"], event.get("source")) for event in done.events] == [
        ("skipped", "photos/a.png"),
        ("failed", "photos/bad.png"),
        ("made", "photos/sub/b.JPG"),
        ("made", "photos/sub/deep/c.webp"),
        ("done", None),
    ]
    end = done.events[-1]
    assert (end["made"], end["skipped"], end["failed"], end["complete"]) == (2, 1, 1, True)
    assert done.err.count("\n") == 1


def test_several_photos_and_folders(run: Run, folder: Path) -> None:
    done = run("apply", "photo.png", "photos", "photos/sub", "none.png", *STYLE, "-o", "new/out")
    assert done.code == 1
    assert "'none.png' does not exist" in done.err.splitlines()[-1]
    assert files("new/out") == {
        "photo.png", *(f"photos/{name}" for name in TREE), "sub/b.JPG", "sub/deep/c.webp"
    }  # fmt: skip


def test_an_output_inside_the_input_is_not_stylized_again(run: Run) -> None:
    for _ in range(2):
        assert run("apply", "photos", *STYLE, "-o", "photos/out").code == 0
    assert files("photos/out") == TREE


def test_inputs_are_never_overwritten_by_way_of_a_link(run: Run, folder: Path) -> None:
    Path("link").symlink_to("photos")
    before = {name: (folder / "photos" / name).read_bytes() for name in TREE}
    done = run("apply", "photos", *STYLE, "-o", "link", "--force")
    assert done.code == 2
    assert "would be overwritten" in done.err
    assert {name: (folder / "photos" / name).read_bytes() for name in TREE} == before


def test_stdin_among_others_gets_a_name(folder: Path) -> None:
    assert plan(["-", "photo.png"], Path("out"), 8) == [
        Task("-", str(Path("out/stdin.png"))),
        Task("photo.png", str(Path("out/photo.png"))),
    ]


def test_a_suffix_that_cannot_be_written_becomes_png(folder: Path) -> None:
    tasks = plan(["photo.jfif", "a.jpg", "b.tif", "plain"], Path("out"), 16)
    assert [Path(task.target).name for task in tasks] == ["photo.png", "a.png", "b.tif", "plain.png"]
    with pytest.raises(ConfigError, match=r"a\.jpg and a\.png would both become"):
        plan(["a.jpg", "a.png"], Path("out"), 16)


def test_a_folder_that_cannot_be_made_is_a_failure_of_its_files(run: Run) -> None:
    Path("out").mkdir()
    Path("out/sub").write_text("in the way")
    done = run("apply", "photos", *STYLE, "-o", "out", "--quiet")
    assert done.code == 1
    assert done.err.count("impasto: failed: ") == 2
    assert "photos/sub/b.JPG: the folder out/sub cannot be made" in done.err
    assert files("out") == {"a.png", "sub"}


def test_lack_of_memory_is_a_failure_of_one_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stylize = Stylizer.stylize

    def fail(self: Stylizer, source: Any, *rest: Any, **options: Any) -> Painting:
        if str(source).endswith("a.png"):
            raise MemoryError
        return stylize(self, source, *rest, **options)

    monkeypatch.setattr(Stylizer, "stylize", fail)
    done = run("apply", "photos", *STYLE, "-o", "out", "--quiet")
    assert (done.code, files("out")) == (1, TREE - {"a.png"})
    assert done.err == (
        "impasto: failed: photos/a.png: there is not enough memory; choose a smaller picture or --size\n"
    )


def test_ctrl_c_keeps_what_is_done_and_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stylize = Stylizer.stylize

    def interrupted(self: Stylizer, source: Any, *rest: Any, **options: Any) -> Painting:
        if str(source).endswith("c.webp"):
            os.kill(os.getpid(), signal.SIGINT)
        return stylize(self, source, *rest, **options)

    monkeypatch.setattr(Stylizer, "stylize", interrupted)
    done = run("apply", "photos", *STYLE, "-o", "out")
    assert done.code == 130
    assert done.err == "impasto: stopped after 2 of 3 pictures; the same command goes on\n"
    assert files("out") == {"a.png", "sub/b.JPG"}  # and no half of a file


def test_an_interrupted_write_leaves_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("impasto.image.atomic.os.fsync", interrupted)
    assert run("apply", "photos", *STYLE, "-o", "out").code == 130
    assert files("out") == set()
    assert run("apply", "photo.png", *STYLE, "-o", "one.png").code == 130
    assert not Path("one.png").exists()
    assert not list(Path().glob(".impasto-*"))


def test_the_bar_shows_counts_and_the_file() -> None:
    stream = io.StringIO()
    painting = Painting(pixels=PIXELS, record={}, seconds=0.1)
    with BarTally(3, Console(file=stream, force_terminal=True, width=100)) as tally:
        tally.tile(1, 3)
        assert tally.bar.tasks[0].completed == pytest.approx(1 / 4)
        tally.tile(3, 3)
        assert tally.bar.tasks[0].completed == pytest.approx(3 / 4)  # it is still to be written
        tally.made(Task("a[b].png", "x"), painting)
        assert tally.bar.tasks[0].completed == 1
        tally.skipped(Task("b.png", "x"))
        tally.failed(Task("c.png", "x"), "broken")
        tally.bar.refresh()
    shown = stream.getvalue()
    assert "3/3" in shown
    assert "c.png" in shown
    assert tally.count == 3
    assert tally.failures == ["c.png: broken"]


def test_a_bar_only_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(make_tally(Output(), 3)) is type(make_tally(Output())) is Tally
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert isinstance(make_tally(Output(), 3), BarTally)
    assert isinstance(make_tally(Output()), TileTally)
    assert type(make_tally(Output(quiet=True), 3)) is Tally
    assert isinstance(make_tally(Output(json=True), 3), JsonTally)
