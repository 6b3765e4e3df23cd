"""VGG encoders and their weights: what turns a picture into the feature maps that losses compare."""

from impasto.studio.encoders.pooling import Pooling
from impasto.studio.encoders.tiny import tiny_encoder
from impasto.studio.encoders.vgg import VGG, Padding
from impasto.studio.encoders.weights import WEIGHT_SETS, load_encoder

__all__ = ["VGG", "WEIGHT_SETS", "Padding", "Pooling", "load_encoder", "tiny_encoder"]
