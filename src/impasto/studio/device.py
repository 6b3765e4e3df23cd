"""Where and in which arithmetic to compute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from impasto.errors import ConfigError

if TYPE_CHECKING:
    import torch  # imported late: settings name their choices by the two types below

Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]
Precision: TypeAlias = Literal["auto", "fp32", "bf16"]


def pick_device(device: Device) -> torch.device:
    """Return the device asked for, or for `auto` the first of cuda, mps and cpu that is there.

    Raises:
        ConfigError: For a device that this machine or this build of torch does not have.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return torch.device(next(name for name, found in there.items() if found))
    if not there[device]:
        found = ", ".join(name for name, is_there in there.items() if is_there)
        raise ConfigError(f"device {device!r} is not available here; choose auto, {found}")
    return torch.device(device)


def use_bf16(precision: Precision, device: torch.device) -> bool:
    """Return whether the encoder runs in bfloat16: as asked, or for `auto` where that is fast."""
    import torch

    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and _cpu_has_bf16()


def _cpu_has_bf16() -> bool:
    import torch

    # Without these instructions bf16 is emulated, and a good deal slower than float32.
    if not hasattr(torch.cpu, "get_capabilities"):
        return bool(torch.cpu._is_avx512_bf16_supported())
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
