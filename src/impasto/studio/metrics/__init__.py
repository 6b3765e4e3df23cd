"""How good a picture is: fidelity to what it stands for, and closeness as a loss network sees it."""

from impasto.studio.metrics.fidelity import luma, psnr, ssim
from impasto.studio.metrics.perceptual import DISTANCE_LAYERS, feature_distance
from impasto.studio.metrics.superres import Score, Scored, mean_scores, score_superres

__all__ = [
    "DISTANCE_LAYERS",
    "Score",
    "Scored",
    "feature_distance",
    "luma",
    "mean_scores",
    "psnr",
    "score_superres",
    "ssim",
]
