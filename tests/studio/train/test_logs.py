"""What a training leaves of its losses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto.errors import ImageWriteError
from impasto.studio.train.events import HeldOut, RolledBack, TrainProgress
from impasto.studio.train.logs import LINES, LossLog


def progress(step: int, loss: float = 2.0) -> TrainProgress:
    return TrainProgress(
        iteration=step,
        iterations=9,
        images=step,
        size=16,
        learning_rate=1e-3,
        loss=loss,
        losses={"style/relu1_1": loss},
        images_per_second=1.0,
        seconds=1.0,
        eta=1.0,
    )


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / LINES).read_text(encoding="utf-8").splitlines()]


def test_a_resumed_training_goes_on_where_it_stood(tmp_path: Path) -> None:
    with LossLog(tmp_path) as log:
        for step in (1, 2, 3):
            log.write(progress(step))
    with (tmp_path / LINES).open("a") as file:
        file.write('{"iteration": 4, "lo')  # killed here
    with LossLog(tmp_path, 2) as log:
        log.write(progress(3, 7.0))
    assert [(line["iteration"], line["loss"]) for line in lines(tmp_path)] == [(1, 2.0), (2, 2.0), (3, 7.0)]
    assert len(list(tmp_path.glob("events.*"))) >= 1
    with LossLog(tmp_path):
        assert lines(tmp_path) == []
    assert len(list(tmp_path.glob("events.*"))) == 1


def test_curves_leave_out_what_was_gone_back_from(tmp_path: Path) -> None:
    with LossLog(tmp_path) as log:
        assert log.curves("nothing yet") is None
        for step in (1, 2, 3, 4):
            log.write(progress(step))
        plain = log.curves("a")
        log.write(progress(5, 1e6))
        wild = log.curves("a")
        log.write(RolledBack(iteration=5, to=4, reason="it grew", factor=0.5))
        back = log.curves("a")
        image = np.zeros((4, 4, 3), np.float32)
        log.write(HeldOut(iteration=4, image=image, losses={"style/relu1_1": 3.0}))
        held = log.curves("a")
    assert plain is not None
    assert wild is not None
    assert back is not None
    assert held is not None
    assert np.array_equal(back, plain)
    assert not np.array_equal(wild, plain)
    assert held.shape[1] > plain.shape[1]  # its name is longer


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ImageWriteError, match=r"losses cannot be written to '.*file'"):
        LossLog(tmp_path / "file")
