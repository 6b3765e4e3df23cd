"""Make the checkpoint that the shipped base's training began with: the base before it, with finer noise.

The noise of the base before (GALLERY/base of commit 9bf3c26) was blurred by 0, 1.5, 3 and 6 places; it is now
by 0, 1, 1.75 and 2.5. What the filters made of 1.5 and 3 they make of 1.75 and 2.5, and nothing yet of 1.

    python bench/base_start.py OLD_BASE START.safetensors
"""

import sys
from pathlib import Path

from torch import Tensor

from impasto.models.base import Base
from impasto.studio.networks.compact import PIXELS
from impasto.studio.train.checkpoint import State, save_state
from impasto.studio.train.start import read_base_start

TAKEN = {2: 1, 3: 2}
"""Which of the channels of noise each is taken for."""

EMPTY = 1

FILTERS, TERMS = "network.transform.convolutions.0.weight", "network.transform.downs.0"
"""Of the first convolution."""


def main() -> None:
    """Read the old base, write the start."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tensors = dict(read_base_start(Base(sys.argv[1])).tensors)
    tensors[FILTERS] = moved(tensors[FILTERS])
    terms = tensors[TERMS]
    tensors[TERMS] = moved(terms.view(len(terms), -1, 3, 3)).reshape(terms.shape)
    start = State(
        tensors=tensors, step=0, seconds=0, factor=1, rolled_back=0, level=0, lowest=0, weights={}, losses={},
        skipped={}, complete=True,
    )  # fmt: skip
    save_state(Path(sys.argv[2]), start, {"made": "bench/base_start.py"})


def moved(filters: Tensor) -> Tensor:
    """Return filters (out, in, 3, 3) of the first convolution for the new noise, which follows the pixels."""
    new = filters.clone()
    for here, there in TAKEN.items():
        new[:, PIXELS + here] = filters[:, PIXELS + there]
    new[:, PIXELS + EMPTY] = 0
    return new


if __name__ == "__main__":
    main()
