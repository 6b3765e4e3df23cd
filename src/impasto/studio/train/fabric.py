"""Lightning Fabric, set up from the settings: one core, one GPU, several, or several machines."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lightning_fabric import Fabric

if TYPE_CHECKING:
    import torch

    from impasto.studio.train.config import TrainConfig


def make_fabric(config: TrainConfig, device: torch.device, *, bf16: bool) -> Fabric:
    """Return a Fabric that is not launched yet.

    Args:
        config: Its devices and nodes.
        device: Where to compute.
        bf16: Run networks in bfloat16 under autocast; weights and losses stay in float32.
    """
    for name in ("lightning.fabric", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)  # the core prints nothing
    several = config.devices > 1 or config.nodes > 1
    return Fabric(
        accelerator=device.type,
        devices=config.devices,
        num_nodes=config.nodes,
        strategy="ddp" if several else "auto",
        precision="bf16-mixed" if bf16 else "32-true",
    )
