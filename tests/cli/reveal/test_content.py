"""`impasto reveal content`, run for real on a small photo with the tiny encoder."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from impasto.image import read_image
from impasto.studio.paint import PaintJob

Run = Callable[..., Any]
Refused = Callable[[str, str], None]

TINY = ("--weights", "tiny", "--size", "32", "--iterations", "3")
CONTENT = ("reveal", "content", "photo.png", *TINY, "--layers", "conv1_1,conv2_1")


def test_writes_the_figure_and_prints_the_table(run: Run, folder: Path) -> None:
    done = run(*CONTENT, "-o", "out.png")
    assert done.code == 0, done.err
    header, *rows = done.out.splitlines()
    assert header.split() == ["panel", "feature", "pixel", "psnr"]
    assert [row.split()[0] for row in rows] == ["conv1_1", "conv2_1"]
    assert all(row.endswith("dB") for row in rows)
    assert done.err.startswith("impasto: wrote out.png (")
    assert done.err.count("\n") == 1
    height, width = read_image("out.png").size
    assert height > 27
    assert width > 3 * 32
    assert sorted(path.name.partition("-")[0] for path in Path("out-cells").iterdir()) == [
        "conv1_1",
        "conv2_1",
    ]


def test_json_tells_steps_panels_and_numbers(run: Run, folder: Path) -> None:
    done = run(*CONTENT, "-o", "out.png", "--json", "--cells", "mine")
    assert (done.code, done.err) == (0, "")
    kinds = [event["event"] for event in done.events]
    assert kinds == ["progress"] * 3 + ["panel"] + ["progress"] * 3 + ["panel", "done"]
    steps = [event for event in done.events if event["event"] == "progress"]
    assert [step["step"] for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step["steps"] for step in steps} == {6}
    assert steps[-1]["what"] == "2/2 conv2_1"
    last = done.events[-1]
    assert last["path"] == "out.png"
    panels = last["numbers"]["panels"]
    assert [panel["label"] for panel in panels] == ["conv1_1", "conv2_1"]
    for panel, event in zip(panels, done.events[3::4], strict=False):
        assert {"feature", "pixel", "psnr", "reused", "path"} <= set(panel)
        assert panel.items() <= event.items()
        assert Path(panel["path"]).parent == Path("mine")
        assert Path(panel["path"]).is_file()


def test_a_second_run_takes_up_what_is_there(run: Run, folder: Path) -> None:
    assert run(*CONTENT, "-o", "out.png", "--quiet").out == ""
    before = Path("out.png").read_bytes()
    again = run(*CONTENT, "-o", "out.png", "--json")
    assert [event["event"] for event in again.events] == ["panel", "panel", "done"]
    assert all(event["reused"] for event in again.events[:2])
    assert Path("out.png").read_bytes() == before
    other = run(*CONTENT, "-o", "out.png", "--json", "--seed", "1")
    assert not any(panel["reused"] for panel in other.events[-1]["numbers"]["panels"])
    assert Path("out.png").read_bytes() != before


def test_ctrl_c_keeps_the_finished_panels(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = PaintJob.events

    def interrupted(self: PaintJob, **options: Any) -> Iterator[Any]:
        for event in events(self, **options):
            if "conv2_1" in self.recipe.content_layers:
                raise KeyboardInterrupt
            yield event

    with monkeypatch.context() as patch:
        patch.setattr(PaintJob, "events", interrupted)
        done = run(*CONTENT, "-o", "out.png")
    assert (done.code, done.out) == (130, "")
    assert done.err == (
        "impasto: stopped with 1 panel finished, kept in out-cells; give the same command again to go on\n"
    )
    assert not Path("out.png").exists()
    assert len([*Path("out-cells").iterdir()]) == 1
    panels = run(*CONTENT, "-o", "out.png", "--json").events[-1]["numbers"]["panels"]
    assert [panel["reused"] for panel in panels] == [True, False]


def test_to_stdout_nothing_is_kept(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from impasto.cli import main

    before = {*folder.iterdir()}
    assert main([*CONTENT, "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"\x89PNG")
    assert {*folder.iterdir()} == before


def test_a_panel_can_be_painted_again_from_its_record(run: Run, folder: Path) -> None:
    assert run(*CONTENT, "-o", "out.png").code == 0
    path = next(Path("out-cells").glob("conv2_1-*"))
    assert run("reproduce", str(path), "-o", "again.png").code == 0
    assert (read_image("again.png").pixels == read_image(path).pixels).all()


REFUSED = {
    "content": "PHOTO requires an argument",
    "content photo.png": "say where the figure goes",
    "content none.png -o out.png": "'none.png' does not exist",
    "content photo.png -o photo.png": "would be overwritten",
    "content photo.png -o no/out.png": "does not exist",
    "content photo.png -o out.png --weights tiny --layers conv9_1": "no layer 'conv9_1'",
    "content photo.png -o out.png --weights tiny --layers conv1_1,": "no layer ''",
    "content photo.png -o out.png --layers conv1_1,conv1_1": "each once",
    "content photo.png -o out.png --weights tiny --size 15": "at least 16",
    "content photo.png -o out.png --size 0": "size is 0",
    "content photo.png -o out.png --iterations 0": "iterations is 0",
    "content photo.png -o out.png --pooling mean": "average",
    "content photo.png -o out.png --weights none": "no weights are called 'none'",
    "content photo.png -o out.png --weights tiny --cells photo.png": "is not a folder",
    "content photo.png -o - --json": "both want stdout",
}


@pytest.mark.parametrize("command", REFUSED)
def test_what_cannot_be_costs_one_line_and_writes_nothing(command: str, refused: Refused) -> None:
    refused(f"reveal {command}", REFUSED[command])


def test_numbers_are_those_of_the_record(run: Run, folder: Path) -> None:
    from impasto.image import read_record

    panels = run(*CONTENT, "-o", "out.png", "--json").events[-1]["numbers"]["panels"]
    record = json.loads(read_record(panels[0]["path"]) or "")
    assert record["numbers"] == {name: panels[0][name] for name in ("feature", "pixel", "psnr")}
