"""Convolutional sparse coding: dictionaries learned from photos, layer on layer (Zeiler et al. 2010)."""

from .codes import Codes, fista, objective, sparse_codes
from .denoise import denoise
from .filters import FilterDescent, project_unit_ball, random_connections, random_filters, redraw_unused
from .layers import (
    LayerCodes,
    SparseLayer,
    encode_layers,
    layer_inputs,
    project_down,
    project_filters,
    receptive_size,
)
from .learn import DictionaryLearner, SparseConfig, SparseProgress
from .model import analyze, correlate_maps, lipschitz_bound, map_size, psnr, synthesize
from .noise import NoiseCheck, check_noise
from .normalize import Normalized, local_contrast_normalize, local_mean, read_photos
from .pooling import Pooling, max_pool_3d, unpool_3d
from .stack import Stack, StackProgress, learn_stack

__all__ = [
    "Codes",
    "DictionaryLearner",
    "FilterDescent",
    "LayerCodes",
    "NoiseCheck",
    "Normalized",
    "Pooling",
    "SparseConfig",
    "SparseLayer",
    "SparseProgress",
    "Stack",
    "StackProgress",
    "analyze",
    "check_noise",
    "correlate_maps",
    "denoise",
    "encode_layers",
    "fista",
    "layer_inputs",
    "learn_stack",
    "lipschitz_bound",
    "local_contrast_normalize",
    "local_mean",
    "map_size",
    "max_pool_3d",
    "objective",
    "project_down",
    "project_filters",
    "project_unit_ball",
    "psnr",
    "random_connections",
    "random_filters",
    "read_photos",
    "receptive_size",
    "redraw_unused",
    "sparse_codes",
    "synthesize",
    "unpool_3d",
]
