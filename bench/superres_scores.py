"""PSNR, SSIM and distance of features of the models that ship, on Set5 and Set14, beside bicubic and nearest.

The same as `impasto score superres` prints, for every model in the gallery; the test sets are not part of the
project.

    python bench/superres_scores.py FOLDER      which holds the folders Set5 and Set14
"""

import json
import sys
from pathlib import Path

from impasto import Upscaler
from impasto.models.registry import GALLERY
from impasto.studio.encoders import load_encoder
from impasto.studio.metrics.superres import mean_scores, score_superres
from machine import machine

RESULT = Path(__file__).parent / "results" / "superres.json"
SETS = ("Set5", "Set14")


def main() -> None:
    """Score all, print the means, and write every picture's figures."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    encoder, found = load_encoder("vgg19-original"), {}
    for model in sorted((GALLERY / "superres").glob("*.onnx")):
        upscaler = Upscaler(model)
        for name in SETS:
            pictures = sorted((Path(sys.argv[1]) / name).glob("*.png"))
            scored = list(score_superres(upscaler, pictures, encoder))
            means = mean_scores(scored)
            found[f"{model.stem} {name}"] = {
                "means": {who: score._asdict() for who, score in means.items()},
                "pictures": {
                    Path(each.name).stem: {who: score._asdict() for who, score in each.scores.items()}
                    for each in scored
                },
            }
            for who, score in means.items():
                figures = f"{score.psnr:6.2f} {score.ssim:.4f} {score.distance:.4f}"
                print(f"{model.stem:11} {name:6} {who:8} {figures}")
    RESULT.write_text(json.dumps({"machine": machine(), "scores": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
