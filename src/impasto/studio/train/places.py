"""Which of the processes that train together this one is, as the environment says."""

from __future__ import annotations

import os


def leads() -> bool:
    """Return whether this is the process that writes and tells, or the only one.

    Others are started by Fabric, or by torchrun or SLURM, which say so in the environment.
    """
    if "RANK" in os.environ:
        return os.environ["RANK"] == "0"
    places = ("LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")
    return all(os.environ.get(place, "0") == "0" for place in places)
