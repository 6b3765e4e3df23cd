"""Make the checkpoint that the shipped base's training began with: the base before it, with finer noise.

The noise of the base before (GALLERY/base of commit 9bf3c26) was blurred by 0, 1.5, 3 and 6 places; it is now
by 0, 1, 1.75 and 2.5. What the filters made of 1.5 and 3 they make of 1.75 and 2.5, and nothing yet of 1.

    python bench/base_start.py OLD_BASE START.safetensors
"""

import sys
from pathlib import Path

import onnx
import torch
from safetensors.torch import load_file
from torch import Tensor

from impasto.studio.networks import ARCHITECTURES
from impasto.studio.networks.compact import PIXELS
from impasto.studio.networks.space import StyleSpace
from impasto.studio.train.checkpoint import State, save_state

TAKEN = {2: 1, 3: 2}
"""Which of the channels of noise each is taken for."""

EMPTY = 1


def main() -> None:
    """Read the old base, write the start."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    old, out = Path(sys.argv[1]), Path(sys.argv[2])
    space = StyleSpace(ARCHITECTURES["compact"])
    state = load_file(old / "weights.safetensors")
    state["convolutions.0.weight"] = moved(state["convolutions.0.weight"])
    terms = state["downs.0"]
    state["downs.0"] = moved(terms.view(len(terms), -1, 3, 3)).reshape(terms.shape)
    space.transform.load_state_dict(state)
    space.encode.load_state_dict(of_graph(old / "encode.onnx"))
    tensors = {f"network.{name}": value for name, value in space.state_dict().items()}
    start = State(
        tensors=tensors, step=0, seconds=0, factor=1, rolled_back=0, level=0, lowest=0, weights={}, losses={},
        skipped={}, complete=True,
    )  # fmt: skip
    save_state(out, start, {"made": "bench/base_start.py"})


def moved(filters: Tensor) -> Tensor:
    """Return filters (out, in, 3, 3) of the first convolution for the new noise, which follows the pixels."""
    new = filters.clone()
    for here, there in TAKEN.items():
        new[:, PIXELS + here] = filters[:, PIXELS + there]
    new[:, PIXELS + EMPTY] = 0
    return new


def of_graph(path: Path) -> dict[str, Tensor]:
    """Return the weights of an encoder; of two equal biases the exporter had kept one."""
    found = {
        each.name.removeprefix("network."): torch.from_numpy(onnx.numpy_helper.to_array(each).copy())
        for each in onnx.load(path).graph.initializer
        if each.name.startswith("network.")
    }
    found.setdefault("bent.bias", found["straight.bias"].clone())
    return found


if __name__ == "__main__":
    main()
