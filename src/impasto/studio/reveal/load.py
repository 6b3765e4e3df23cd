"""The network that is looked through, ready where it is to run."""

import torch

from impasto.studio.device import Device, pick_device
from impasto.studio.encoders import VGG, load_encoder
from impasto.studio.encoders.download import OnProgress


def load_network(weights: str, device: Device = "auto", *, on_progress: OnProgress | None = None) -> VGG:
    """Load an encoder with the max pooling that it was trained with, in the layout that is fastest.

    Args:
        weights: The name of a set, or the path of a file, as `load_encoder` takes them.
        device: Where it is to run.
        on_progress: Called with bytes done and bytes in all while weights are downloaded.

    Raises:
        ConfigError: There is no such set or device.
        WeightsError: A file of weights cannot be used.
        MissingExtraError: The distribution that carries the weights is not installed.
    """
    where = pick_device(device)
    encoder = load_encoder(weights, on_progress=on_progress).to(where)
    encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return encoder
