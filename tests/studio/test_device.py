"""Where and in which arithmetic: decided by what a machine has, which is made up here."""

from typing import Any

import pytest
import torch

from impasto.errors import ConfigError
from impasto.studio.device import pick_device, use_bf16


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`machine(cuda=True, mps=False)`: what torch says is there."""

    def machine(*, cuda: bool = False, mps: bool = False) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return machine


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_first_that_is_there(machine: Any, cuda: bool, mps: bool, expected: str) -> None:
    machine(cuda=cuda, mps=mps)
    assert pick_device("auto") == torch.device(expected)


def test_what_is_asked_for_is_taken(machine: Any) -> None:
    machine(cuda=True, mps=True)
    assert [pick_device(name).type for name in ("cpu", "cuda", "mps")] == ["cpu", "cuda", "mps"]


def test_what_is_not_there_is_refused_with_what_is(machine: Any) -> None:
    machine()
    with pytest.raises(ConfigError, match=r"device 'cuda' is not available here; choose auto, cpu$"):
        pick_device("cuda")
    machine(cuda=True)
    with pytest.raises(ConfigError, match=r"device 'mps' is not available here; choose auto, cuda, cpu$"):
        pick_device("mps")


def test_precision_is_as_asked_for() -> None:
    for name in ("cpu", "cuda", "mps"):
        assert use_bf16("bf16", torch.device(name))
        assert not use_bf16("fp32", torch.device(name))


@pytest.mark.parametrize("supported", [True, False])
def test_auto_on_cuda_asks_for_real_support(monkeypatch: pytest.MonkeyPatch, supported: bool) -> None:
    asked: list[dict[str, Any]] = []

    def answer(**options: Any) -> bool:
        asked.append(options)
        return supported

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", answer)
    assert use_bf16("auto", torch.device("cuda")) is supported
    assert asked == [{"including_emulation": False}]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True, "avx512_bf16": False}, True),
        ({"avx512_bf16": False, "amx_bf16": False, "avx2": True}, False),
        ({}, False),
    ],
)
def test_auto_on_a_processor_goes_by_its_instructions(
    monkeypatch: pytest.MonkeyPatch, found: dict[str, bool], expected: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    assert use_bf16("auto", torch.device("cpu")) is expected


@pytest.mark.parametrize("supported", [True, False])
def test_older_torch_is_asked_in_its_own_way(monkeypatch: pytest.MonkeyPatch, supported: bool) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: supported, raising=False)
    assert use_bf16("auto", torch.device("cpu")) is supported


def test_auto_on_a_mac_stays_in_full_precision() -> None:
    assert not use_bf16("auto", torch.device("mps"))
