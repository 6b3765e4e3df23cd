"""The files of a base: a folder with two graphs, and the weights that brushes are learned with."""

TRANSFORM, ENCODE, WEIGHTS = "transform.onnx", "encode.onnx", "weights.safetensors"
"""Photo and code to picture; painting and stroke to code; the weights of the first, as torch names them."""

LOOK = 256
"""Longest side of a painting, in pixels, as `encode` takes it."""

BASE_KEY = "impasto.base"
"""Metadata entry of weights and brushes: the SHA-256 of the `transform.onnx` that they are for."""
