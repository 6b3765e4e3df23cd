"""Run the models that the studio makes: the only place that knows ONNX Runtime and OpenVINO."""

from impasto.models.artifact import Card

__all__ = ["Card"]
