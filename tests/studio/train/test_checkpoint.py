"""Checkpoints: what comes back is what went in, and what is no checkpoint is one error."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from impasto.errors import CheckpointError
from impasto.studio.train.checkpoint import State, capture, load_state, peek, restore, save_state

IDENTITY = {"recipe": {"size": 32}, "steps": 9}


def network() -> nn.Sequential:
    made = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 3, 1))
    return made.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def trained() -> tuple[nn.Sequential, torch.optim.Adam]:
    made = network()
    optimizer = torch.optim.Adam(made.parameters())
    step(made, optimizer)
    return made, optimizer


def step(made: nn.Module, optimizer: torch.optim.Adam) -> None:
    optimizer.zero_grad()
    made(torch.linspace(0, 1, 192).view(1, 3, 8, 8)).square().sum().backward()
    optimizer.step()


def state(made: nn.Module, optimizer: torch.optim.Adam) -> State:
    return State(
        tensors=capture(made, optimizer),
        step=3,
        seconds=1.5,
        factor=0.5,
        rolled_back=1,
        level=0.1 + 0.2,
        lowest=0.1 + 0.1,
        weights={"tv": 1 / 3},
        losses={"tv": 1e-30},
        skipped={"a\udcff.jpg": "damaged"},
    )


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    made, optimizer = trained()
    before = state(made, optimizer)
    save_state(tmp_path / "a", before, IDENTITY)
    after = load_state(tmp_path / "a", IDENTITY)
    assert {**vars(after), "tensors": None} == {**vars(before), "tensors": None}
    other = network()
    moving = torch.optim.Adam(other.parameters())
    torch.manual_seed(7)
    restore(other, moving, after.tensors)
    for _ in range(3):
        step(made, optimizer)
        step(other, moving)
    assert all(torch.equal(a, b) for a, b in zip(made.parameters(), other.parameters(), strict=True))
    moment = moving.state[next(other.parameters())]["exp_avg"]
    assert moment.is_contiguous(memory_format=torch.channels_last)


def test_random_numbers_go_on(tmp_path: Path) -> None:
    made, optimizer = trained()
    save_state(tmp_path / "a", state(made, optimizer), IDENTITY)
    expected = torch.rand(3)
    torch.rand(5)
    restore(made, optimizer, peek(tmp_path / "a").tensors)
    assert torch.equal(torch.rand(3), expected)


def test_a_capture_does_not_move_with_the_network() -> None:
    made, optimizer = trained()
    tensors = capture(made, optimizer)
    kept = {name: value.clone() for name, value in tensors.items()}
    step(made, optimizer)
    assert all(torch.equal(tensors[name], kept[name]) for name in kept)


@pytest.mark.parametrize("spoil", [lambda data: data[:200], lambda data: b"PK" + data, lambda _: b""])
def test_what_is_no_checkpoint_is_refused(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    save_state(tmp_path / "a", state(*trained()), IDENTITY)
    (tmp_path / "a").write_bytes(spoil((tmp_path / "a").read_bytes()))
    with pytest.raises(CheckpointError, match="is no checkpoint of a training, or is damaged"):
        load_state(tmp_path / "a", IDENTITY)
    with pytest.raises(CheckpointError, match="is no checkpoint of a training, or is damaged"):
        peek(tmp_path / "a")


def test_those_of_other_trainings_and_versions_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_state(tmp_path / "a", state(*trained()), IDENTITY)
    with pytest.raises(CheckpointError, match="another training: steps, seed differ"):
        load_state(tmp_path / "a", {"recipe": {"size": 32}, "steps": 10, "seed": 1})
    with pytest.raises(CheckpointError, match="the checkpoint is of another network"):
        restore(nn.Conv2d(3, 3, 1), trained()[1], peek(tmp_path / "a").tensors)
    monkeypatch.setattr("impasto.studio.train.checkpoint.FORMAT", 2)
    with pytest.raises(CheckpointError, match="has checkpoint format 1, this version reads 2"):
        load_state(tmp_path / "a", IDENTITY)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot write the checkpoint"):
        save_state(tmp_path / "none" / "a", state(*trained()), IDENTITY)
