"""A job's state on disk: back bit for bit, or refused."""

import io
import random
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch

from impasto.errors import CheckpointError
from impasto.studio.paint import checkpoint
from impasto.studio.paint.checkpoint import FORMAT, State, load_state, save_state

CPU = torch.device("cpu")
JOB: dict[str, Any] = {"recipe": {"name": "small", "betas": [0.9, 0.999]}, "size": [4, 6], "start": None}


@pytest.fixture
def state() -> State:
    variable = torch.randn(1, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    leaf = variable.clone().requires_grad_()
    optimizer: Any = torch.optim.LBFGS([leaf], max_iter=1)
    for _ in range(3):
        leaf.grad = leaf.detach() ** 3
        optimizer.step(lambda: 1.0)
    return State(
        level=1,
        step=7,
        variable=leaf.detach(),
        optimizer=optimizer.state_dict(),
        average=variable / 3,
        best=variable * 0.1,
        best_loss=1 / 3,
        first_loss=1e300,
    )


def same(one: Any, other: Any) -> bool:
    """Whether two nests of lists and dicts are equal, tensors bit for bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other) and one.dtype == other.dtype
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def test_it_comes_back_bit_for_bit(state: State, tmp_path: Path) -> None:
    save_state(tmp_path / "state", state, JOB)
    back = load_state(str(tmp_path / "state"), JOB, CPU)
    for field in fields(State):
        assert same(getattr(back, field.name), getattr(state, field.name)), field.name
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_no_average_comes_back_as_none(state: State, tmp_path: Path) -> None:
    state.average = None
    save_state(tmp_path / "state", state, JOB)
    assert load_state(tmp_path / "state", JOB, CPU).average is None


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint at .*none; leave --resume away to start anew"):
        load_state(tmp_path / "none", JOB, CPU)
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        load_state(tmp_path, JOB, CPU)


def test_what_differs_from_another_job_is_named(state: State, tmp_path: Path) -> None:
    save_state(tmp_path / "state", state, JOB)
    other = {**JOB, "size": [4, 7], "start": {"name": "a.png", "sha256": "0"}}
    with pytest.raises(CheckpointError, match="belongs to another job: size, start differ"):
        load_state(tmp_path / "state", other, CPU)
    with pytest.raises(CheckpointError, match="another job: seed differ"):
        load_state(tmp_path / "state", {**JOB, "seed": 1}, CPU)


def test_an_old_format_is_named_whatever_its_fields(state: State, tmp_path: Path) -> None:
    old = {"format": FORMAT - 1, "identity": JOB, "state": {"pixels": state.variable}}
    torch.save(old, tmp_path / "state")
    with pytest.raises(
        CheckpointError, match=f"has checkpoint format {FORMAT - 1}, this version reads {FORMAT}"
    ):
        load_state(tmp_path / "state", JOB, CPU)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        torch.zeros(3),
        {"state": {}, "format": FORMAT},
        {"state": 3, "identity": JOB, "format": FORMAT},
        {"state": {}, "identity": [1], "format": FORMAT},
    ],
)
def test_other_files_of_torch_are_refused(content: Any, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "state")
    with pytest.raises(CheckpointError, match="is not an impasto checkpoint, or is damaged"):
        load_state(tmp_path / "state", JOB, CPU)


def test_fields_that_are_not_its_own_are_refused(state: State, tmp_path: Path) -> None:
    torch.save({"format": FORMAT, "identity": JOB, "state": {"level": 1}}, tmp_path / "state")
    with pytest.raises(CheckpointError, match="is not an impasto checkpoint, or is damaged"):
        load_state(tmp_path / "state", JOB, CPU)


class Call:
    """What a pickle can be made to do."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("code ran",)


def test_a_checkpoint_runs_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"format": FORMAT, "identity": JOB, "state": Call()}, tmp_path / "state")
    with pytest.raises(CheckpointError):
        load_state(tmp_path / "state", JOB, CPU)
    assert capsys.readouterr().out == ""


def test_a_damaged_file_is_refused_or_whole(state: State, tmp_path: Path) -> None:
    save_state(tmp_path / "state", state, JOB)
    whole = (tmp_path / "state").read_bytes()
    generator = random.Random(0)
    for length in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "state").write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            load_state(tmp_path / "state", JOB, CPU)
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(8):
            damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        (tmp_path / "state").write_bytes(damaged)
        try:
            back = load_state(tmp_path / "state", JOB, CPU)
        except CheckpointError:
            refused += 1
        else:
            assert same(vars(back), vars(state))
    assert refused > 30  # the rest was hit between the parts that count


def test_a_place_that_cannot_be_written_is_named(state: State, tmp_path: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"cannot write the checkpoint .*no-folder.*; choose another place"
    ):
        save_state(tmp_path / "no-folder" / "state", state, JOB)


def test_an_old_checkpoint_stays_until_the_new_one_is_whole(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_state(tmp_path / "state", state, JOB)
    before = (tmp_path / "state").read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointError, match="No space left on device"):
        save_state(tmp_path / "state", state, JOB)
    assert (tmp_path / "state").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_file_is_what_torch_would_write(state: State, tmp_path: Path) -> None:
    """So that one who wonders can look inside with torch alone."""
    save_state(tmp_path / "state", state, JOB)
    found = torch.load(io.BytesIO((tmp_path / "state").read_bytes()), weights_only=True)
    assert found["format"] == checkpoint.FORMAT
    assert found["identity"] == JOB
