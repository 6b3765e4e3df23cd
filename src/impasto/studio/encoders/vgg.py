"""VGG-16 and VGG-19 as encoders: a picture in, the feature maps asked for out.

Simonyan & Zisserman 2015 for the network; Gatys et al. 2015 for the use made of it.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.errors import ConfigError, ImageTooSmallError, WeightsError
from impasto.studio.encoders.architecture import ARCHITECTURES, ArchitectureName, block_of, kind_of
from impasto.studio.encoders.pooling import POOLING_SCALES, POOLINGS, Pooling
from impasto.studio.encoders.winograd import Conv3x3

Padding = Literal["zero", "replicate"]

_TORCH_PADDING: dict[Padding, Literal["zeros", "replicate"]] = {"zero": "zeros", "replicate": "replicate"}


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How weights want the picture: `(image[order] * scale - mean) / std`, mean and std in that order."""

    order: Literal["RGB", "BGR"]
    scale: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


CAFFE = Preprocessing(order="BGR", scale=255.0, mean=(103.939, 116.779, 123.68), std=(1.0, 1.0, 1.0))
"""Of the weights that Simonyan & Zisserman published, made with Caffe."""

TORCHVISION = Preprocessing(order="RGB", scale=1.0, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
"""Of the weights that torchvision publishes."""


class VGG(nn.Module):
    """A frozen VGG without its head, that gives feature maps by name.

    `conv4_2` names a convolution's output before its ReLU, `relu4_2` the output after it. The network runs no
    further than the deepest layer asked for. Preprocessing is its own business: it takes sRGB in [0, 1].

    Runs under `torch.autocast` (feature maps are then in its type) and in `torch.channels_last`
    (`encoder.to(memory_format=torch.channels_last)`; the picture need not be).

    Args:
        architecture: The network's shape.
        state: `conv1_1.weight`, `conv1_1.bias`, ... from the first convolution to any depth, without a gap.
            The tensors are kept, not copied.
        preprocessing: What the weights want done to the picture.
        pooling: How feature maps are halved between blocks.
        rescale_pooling: Multiply average and L2 pooling by a factor that keeps the scale of the activations
            near that of max pooling, which the weights were trained with. False gives the plain pooling that
            the papers describe.
        padding: What surrounds a feature map before each convolution: zeros, as VGG was trained, or its
            border pixels repeated (no dark frame at the picture's edge, for one copy of each feature map).
        centered: False neither subtracts the mean nor divides by the deviation: the picture enters in the
            weights' own units and channel order (0..255 in BGR for Caffe's, [0, 1] in RGB for torchvision's).
        weights_name: What the weights are called in cards and messages.
        weights_sha256: SHA-256 of the file that the weights came from.

    Raises:
        ConfigError: An architecture, pooling or padding that does not exist.
        WeightsError: `state` has a gap, a wrong shape, or no convolution at all.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        architecture: ArchitectureName,
        state: Mapping[str, Tensor],
        preprocessing: Preprocessing,
        *,
        pooling: Pooling = "max",
        rescale_pooling: bool = True,
        padding: Padding = "zero",
        centered: bool = True,
        weights_name: str = "unnamed",
        weights_sha256: str = "",
    ) -> None:
        super().__init__()
        _check_choice("architecture", architecture, tuple(ARCHITECTURES))
        _check_choice("pooling", pooling, get_args(Pooling))
        _check_choice("padding", padding, get_args(Padding))
        self.architecture = ARCHITECTURES[architecture]
        self.preprocessing = preprocessing
        self.pooling: Pooling = pooling
        self.rescale_pooling = rescale_pooling
        self.padding: Padding = padding
        self.centered = centered
        self.weights_name = weights_name
        self.weights_sha256 = weights_sha256
        self.register_buffer("mean", torch.tensor(preprocessing.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(preprocessing.std).view(1, 3, 1, 1), persistent=False)
        self.convs = nn.ModuleDict(self._build_convs(state))
        self.requires_grad_(False)
        self.eval()

    if TYPE_CHECKING:  # nn.Module's own __call__ is typed as giving Any

        def __call__(self, image: Tensor, layers: Collection[str]) -> dict[str, Tensor]:
            """Same as `forward`."""

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of all layers that can be asked for, in depth order: `conv1_1`, `relu1_1`, `conv1_2`, ..."""
        return tuple(name for conv in self.convs for name in (conv, f"relu{conv[4:]}"))

    def channels(self, layer: str) -> int:
        """Number of channels that a layer gives.

        Raises:
            ConfigError: There is no such layer.
        """
        self._check_layers((layer,))
        return self.architecture.widths[block_of(layer) - 1]

    def stride(self, layer: str) -> int:
        """Picture pixels per feature-map pixel along a side: 1 in block 1, 16 in block 5.

        Raises:
            ConfigError: There is no such layer.
        """
        self._check_layers((layer,))
        return int(2 ** (block_of(layer) - 1))

    def min_size(self, layers: Collection[str]) -> int:
        """Least side in pixels with which every layer named has at least one pixel left.

        Raises:
            ConfigError: There is no such layer.
        """
        return max((self.stride(layer) for layer in layers), default=1)

    def forward(self, image: Tensor, layers: Collection[str]) -> dict[str, Tensor]:
        """Encode pictures.

        Args:
            image: Pictures, (N, 3, H, W), floating point, sRGB in [0, 1].
            layers: Names of layers, such as `{"relu1_1", "conv4_2"}`.

        Returns:
            One feature map (N, C, H // stride, W // stride) for each name, in depth order.

        Raises:
            ConfigError: A layer that does not exist, or an image that is not (N, 3, H, W) of floats.
            ImageTooSmallError: Nothing would be left of the picture at one of the layers.
        """
        self._check_layers(layers)
        self._check_image(image, layers)
        wanted = set(layers)
        return dict(self._walk(image, wanted)) if wanted else {}

    def preprocess(self, image: Tensor) -> Tensor:
        """Turn sRGB in [0, 1] into what the first convolution wants; shape stays (N, 3, H, W)."""
        pixels = image.flip(1) if self.preprocessing.order == "BGR" else image
        pixels = pixels * self.preprocessing.scale
        if self.centered:
            # Not folded into conv1_1's bias: its zero padding stands for the mean color only after this.
            pixels = (pixels - self.mean) / self.std
        weight = next(self.parameters())
        if not torch.is_autocast_enabled(pixels.device.type):
            pixels = pixels.to(weight.dtype)
        if weight.is_contiguous(memory_format=torch.channels_last):
            pixels = pixels.contiguous(memory_format=torch.channels_last)
        return pixels

    def _walk(self, image: Tensor, wanted: set[str]) -> Iterator[tuple[str, Tensor]]:
        """Run the layers in depth order and yield those wanted, until all are."""
        left = len(wanted)
        block = 1
        features = self.preprocess(image)
        for conv_name, conv in self.convs.items():
            if block_of(conv_name) > block:
                features = self._pool(features, block)
                block += 1
            features = conv(features)
            relu_name = f"relu{conv_name[4:]}"
            if conv_name in wanted:
                yield conv_name, features
                left -= 1
            if left == 0:
                return
            # In place where nobody looks at the convolution's own output: neither convolution nor ReLU needs
            # it for its gradient, and it would be as large as the one that is kept.
            features = F.relu(features, inplace=conv_name not in wanted)
            if relu_name in wanted:
                yield relu_name, features
                left -= 1
            if left == 0:
                return

    def _pool(self, features: Tensor, block: int) -> Tensor:
        """Halve what comes out of a block, (N, C, H, W) to (N, C, H // 2, W // 2)."""
        pooled = POOLINGS[self.pooling](features)
        scale = POOLING_SCALES[self.pooling][block - 1] if self.rescale_pooling else 1.0
        return pooled if scale == 1.0 else pooled * scale

    def _build_convs(self, state: Mapping[str, Tensor]) -> dict[str, nn.Module]:
        present = [name for name in self.architecture.conv_names if f"{name}.weight" in state]
        expected = list(self.architecture.conv_names[: max(len(present), 1)])
        if present != expected:
            missing = next(name for name in expected if name not in present)
            raise WeightsError(
                f"weights {self.weights_name!r} lack {missing}; every layer before the last is needed"
            )
        return {name: self._build_conv(name, state) for name in present}

    def _build_conv(self, name: str, state: Mapping[str, Tensor]) -> nn.Module:
        shape = self.architecture.weight_shape(name)
        tensors = {"weight": state[f"{name}.weight"], "bias": state.get(f"{name}.bias")}
        # On the meta device, so that no time goes into random values that are thrown away.
        conv = Conv3x3(shape[1], shape[0], padding_mode=_TORCH_PADDING[self.padding], device="meta")
        for part, wanted in (("weight", shape), ("bias", shape[:1])):
            tensor = tensors[part]
            found = None if tensor is None else tuple(tensor.shape)
            if tensor is None or found != wanted:
                raise WeightsError(
                    f"weights {self.weights_name!r}: {name}.{part} has shape {found}, but "
                    f"{self.architecture.name} needs {wanted}"
                )
            setattr(conv, part, nn.Parameter(tensor, requires_grad=False))
        return conv

    def _check_layers(self, layers: Collection[str]) -> None:
        if isinstance(layers, str):
            raise ConfigError(f"layers is {layers!r}, but must be a collection of names: [{layers!r}]")
        names = self.layer_names
        for layer in layers:
            if layer not in names:
                close = difflib.get_close_matches(str(layer), names, n=3, cutoff=0.75)
                hint = f"; did you mean {' or '.join(close)}?" if close else ""
                raise ConfigError(
                    f"no layer {layer!r} in {self.architecture.name} with weights {self.weights_name!r}: "
                    f"there are {_span(names, 'conv')} and {_span(names, 'relu')}{hint}"
                )

    def _check_image(self, image: Tensor, layers: Collection[str]) -> None:
        if image.ndim != 4 or image.shape[1] != 3 or not image.is_floating_point():
            raise ConfigError(
                f"an encoder takes (N, 3, H, W) floating-point pictures in [0, 1], "
                f"got {tuple(image.shape)} of {image.dtype}"
            )
        height, width = image.shape[2:]
        least = self.min_size(layers)
        if min(height, width) < least:
            deepest = max(layers, key=self.layer_names.index)
            raise ImageTooSmallError(
                f"a picture of {width} x {height} pixels is too small for layer {deepest}: "
                f"its shorter side must have at least {least}"
            )


def _span(names: Collection[str], kind: str) -> str:
    of_kind = [name for name in names if kind_of(name) == kind]
    return f"{of_kind[0]} ... {of_kind[-1]}"


def _check_choice(what: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{what} is {value!r}, but must be one of {', '.join(choices)}")
