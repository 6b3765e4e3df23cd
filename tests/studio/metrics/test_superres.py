"""Scores: what a network that is bicubic gets is what bicubic gets, and others are told apart."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import astronaut, chelsea

from impasto import Upscaler
from impasto.errors import ImageReadError, ImageTooSmallError
from impasto.image import cubic_resize, write_image
from impasto.models import Card
from impasto.studio.encoders import tiny_encoder
from impasto.studio.metrics import luma, mean_scores, psnr, score_superres, ssim
from impasto.studio.networks.superres import build_super_network
from impasto.studio.networks.superres_config import SuperNetworkConfig
from impasto.studio.train.export import export_onnx

Levels = NDArray[np.uint8]
PHOTOS: list[Levels] = [chelsea()[:150, 100:231], astronaut()[:120, 150:270]]  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def bicubic(tmp_path_factory: pytest.TempPathFactory) -> Upscaler:
    """A network that has learned nothing yet, which is bicubic."""
    path = tmp_path_factory.mktemp("models") / "fresh.onnx"
    network = build_super_network(SuperNetworkConfig(channels=4, blocks=1))
    export_onnx(network, Card(kind="superres", name="fresh", recipe={"factor": 4, "reach": 4}), path)
    return Upscaler(path, threads=1)


def test_a_fresh_network_scores_as_bicubic(bicubic: Upscaler) -> None:
    scored = list(score_superres(bicubic, PHOTOS, tiny_encoder()))
    assert [each.size for each in scored] == [(148, 128), (120, 120)]  # cropped to multiples of 4
    for each in scored:
        assert list(each.scores) == ["model", "bicubic", "nearest"]
        assert each.scores["model"].psnr == pytest.approx(each.scores["bicubic"].psnr, abs=1e-2)
        assert each.scores["model"].ssim == pytest.approx(each.scores["bicubic"].ssim, abs=1e-4)
        assert each.scores["bicubic"].psnr > each.scores["nearest"].psnr + 0.5
        assert each.scores["bicubic"].ssim > each.scores["nearest"].ssim
        distance = each.scores["bicubic"].distance
        assert 0 < distance == pytest.approx(each.scores["model"].distance, rel=1e-2)
    means = mean_scores(scored)
    assert means["model"].psnr == pytest.approx(np.mean([each.scores["model"].psnr for each in scored]))


def test_luma_is_compared_without_a_border_of_the_factor(bicubic: Upscaler) -> None:
    (scored,) = score_superres(bicubic, PHOTOS[1:], tiny_encoder())
    small = np.asarray(PHOTOS[1], np.float64)
    small = np.round(cubic_resize(small, (30, 30)).clip(0, 255)) / 255
    made = luma(np.round(cubic_resize(small, (120, 120)).clip(0, 1) * 255) / 255)[4:-4, 4:-4]
    wanted = luma(PHOTOS[1] / 255)[4:-4, 4:-4]
    assert scored.scores["bicubic"].psnr == pytest.approx(psnr(made, wanted), abs=1e-3)
    assert scored.scores["bicubic"].ssim == pytest.approx(ssim(made, wanted), abs=1e-4)


def test_the_degradation_counts(bicubic: Upscaler) -> None:
    (sharp,) = score_superres(bicubic, PHOTOS[:1], tiny_encoder())
    (soft,) = score_superres(bicubic, PHOTOS[:1], tiny_encoder(), degradation="blur")
    assert soft.scores["model"].psnr < sharp.scores["model"].psnr


def test_a_better_model_scores_better(
    bicubic: Upscaler, tmp_path: Path, make_upscaler: Callable[..., Path]
) -> None:
    worse = Upscaler(make_upscaler(tmp_path / "blur.onnx"))
    (one,) = score_superres(bicubic, PHOTOS[:1], tiny_encoder())
    (other,) = score_superres(worse, PHOTOS[:1], tiny_encoder())
    assert one.scores["model"].psnr > other.scores["model"].psnr + 1
    assert one.scores["bicubic"] == other.scores["bicubic"]


def test_pictures_that_cannot_be_measured(bicubic: Upscaler, tmp_path: Path) -> None:
    write_image(tmp_path / "dot.png", np.zeros((16, 40, 3), np.float32))
    with pytest.raises(ImageTooSmallError, match="32 x 8 pixels"):
        list(score_superres(bicubic, [tmp_path / "dot.png"], tiny_encoder()))
    with pytest.raises(ImageReadError, match="none"):
        list(score_superres(bicubic, [tmp_path / "none.png"], tiny_encoder()))
