"""Losses on feature maps: pure functions, and thin modules that add a registered target."""

from .content import ContentForm, ContentLoss, content_loss
from .functional import GramNormalization, blend_moments, channel_statistics, gram_matrix
from .grain import contrasts, grain_loss, quiet_contrast
from .grid import grid_loss
from .histogram import HistogramLoss, channel_quantiles, histogram_loss
from .palette import palette, palette_loss, palette_variance
from .regularize import Reduction, TotalVariationLoss, VariationForm, total_variation
from .sqrtm import SqrtmMethod, sqrtm
from .style import GramLoss, StyleForm, WassersteinLoss, gram_loss, gram_target, wasserstein_loss
from .texture import texture_loss
from .tint import tint_loss, tint_variance, tints
from .tone import tone_loss, tone_variance, tones
from .wasserstein import WassersteinMethod, covariance_factor, wasserstein2
from .weighted import PerceptualLoss, Term, weighted_sum

__all__ = [
    "ContentForm",
    "ContentLoss",
    "GramLoss",
    "GramNormalization",
    "HistogramLoss",
    "PerceptualLoss",
    "Reduction",
    "SqrtmMethod",
    "StyleForm",
    "Term",
    "TotalVariationLoss",
    "VariationForm",
    "WassersteinLoss",
    "WassersteinMethod",
    "blend_moments",
    "channel_quantiles",
    "channel_statistics",
    "content_loss",
    "contrasts",
    "covariance_factor",
    "grain_loss",
    "gram_loss",
    "gram_matrix",
    "gram_target",
    "grid_loss",
    "histogram_loss",
    "palette",
    "palette_loss",
    "palette_variance",
    "quiet_contrast",
    "sqrtm",
    "texture_loss",
    "tint_loss",
    "tint_variance",
    "tints",
    "tone_loss",
    "tone_variance",
    "tones",
    "total_variation",
    "wasserstein2",
    "wasserstein_loss",
    "weighted_sum",
]
