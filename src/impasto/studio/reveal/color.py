"""The gray that stands for nothing: the mean color of what an encoder's weights were trained on."""

from torch import Tensor

from impasto.studio.encoders import VGG


def mean_color(encoder: VGG) -> Tensor:
    """Give the color that preprocessing turns into zeros, which is what surrounds a picture in the network.

    Zeiler & Fergus 2014 cover parts of a picture with a gray square; this is that gray.

    Returns:
        (1, 3, 1, 1) sRGB in [0, 1], on the encoder's device.
    """
    color = encoder.mean / encoder.preprocessing.scale
    return color.flip(1) if encoder.preprocessing.order == "BGR" else color
