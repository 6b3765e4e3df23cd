"""Make the checkpoint that the shipped base's training began with: the base before it, with an eighth put in.

A base of before `compact` worked at an eighth of the resolution (GALLERY/base of commit 09bdefb) becomes one
that paints alike, but for other noise: the new convolution back to a quarter begins as zeros, and so
does all of the encoder that tells its style. Everything else that is new begins at random.

    python bench/base_start.py OLD_BASE START.safetensors
"""

import sys
from pathlib import Path

import onnx
import torch
from safetensors.torch import load_file
from torch import Tensor

from impasto.studio.networks import ARCHITECTURES
from impasto.studio.networks.conditional import TERMS
from impasto.studio.networks.space import StyleSpace
from impasto.studio.train.checkpoint import State, save_state

CONVOLUTIONS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 11, 6: 12, 7: 13, 8: 14, 9: 15}
"""Which of the new network each of the old one is; the last makes pixels."""

NORMALIZATIONS = {0: 0, 1: 1, 2: 2, 3: 6, 4: 7}
UP = 10
"""The convolution back to a quarter."""

WIDTH = 32
COLORS = 6


def main() -> None:
    """Read the old base, write the start."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    old, out = Path(sys.argv[1]), Path(sys.argv[2])
    torch.manual_seed(0)
    space = StyleSpace(ARCHITECTURES["compact"])
    with torch.no_grad():
        transform(space, load_file(old / "weights.safetensors"))
        encoder(space, of_graph(old / "encode.onnx"))
    tensors = {f"network.{name}": value for name, value in space.state_dict().items()}
    state = State(
        tensors=tensors, step=0, seconds=0, factor=1, rolled_back=0, level=0, lowest=0, weights={}, losses={},
        skipped={}, complete=True,
    )  # fmt: skip
    save_state(out, state, {"made": "bench/base_start.py"})


def transform(space: StyleSpace, old: dict[str, Tensor]) -> None:
    """Put the old network's weights where they belong."""
    network = space.transform
    for there, here in CONVOLUTIONS.items():
        target = network.last if here == len(network.convolutions) else network.convolutions[here]
        name = "last" if here == len(network.convolutions) else f"convolutions.{there}"
        target.load_state_dict({part: old[f"{name}.{part}"] for part in ("weight", "bias")})
        network.ups[here].copy_(old[f"ups.{there}"])
        network.downs[here].copy_(old[f"downs.{there}"])
    back = network.convolutions[UP]
    for each in back.parameters():
        each.zero_()


def of_graph(path: Path) -> dict[str, Tensor]:
    """Return the weights of the old encoder; of two equal biases the exporter had kept one."""
    found = {
        each.name.removeprefix("network."): torch.from_numpy(onnx.numpy_helper.to_array(each).copy())
        for each in onnx.load(path).graph.initializer
    }
    found.setdefault("bent.bias", found["straight.bias"].clone())
    return found


def encoder(space: StyleSpace, old: dict[str, Tensor]) -> None:
    """Put the old encoder's weights where they belong; what tells the new parts begins as it is made."""
    places = torch.tensor(list(rows(space)))
    state = space.encode.state_dict()
    silent = slice(shares_at(space) + TERMS * UP, shares_at(space) + TERMS * (UP + 1))
    for name, value in state.items():
        if name.startswith(("straight", "bent")):
            value[silent] = 0
            value[places] = old[name]
        else:
            value.copy_(old[name])
    space.encode.load_state_dict(state)


def shares_at(space: StyleSpace) -> int:
    """Return where in a code the shares of the terms begin."""
    return 2 * sum(space.transform.plan.normalized)


def rows(space: StyleSpace) -> list[int]:
    """Return where in a new code each number of an old one is."""
    widths = space.transform.plan.normalized
    begins = [sum(widths[:index]) for index in range(len(widths))]
    moved = [begins[here] + channel for here in NORMALIZATIONS.values() for channel in range(WIDTH)]
    shares = [TERMS * here + term for here in CONVOLUTIONS.values() for term in range(TERMS)]
    size = space.transform.code_size
    return [
        *moved,
        *(sum(widths) + each for each in moved),
        *(shares_at(space) + each for each in shares),
        *range(size - COLORS, size),
    ]


if __name__ == "__main__":
    main()
