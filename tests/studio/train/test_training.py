"""Training from Python: a network, a card, an artifact."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import impasto
from impasto.models.files import read_card
from impasto.studio.train import TrainRecipe

CONFIG = impasto.TrainConfig(iterations=2, workers=0, held_out=0, device="cpu", precision="fp32")


def test_train_gives_a_network_and_writes_its_artifact(
    painting: NDArray[np.float32], photos: Path, small: TrainRecipe, tmp_path: Path
) -> None:
    path = tmp_path / "waves.onnx"
    about = {"title": "Waves", "artist": "Somebody"}
    made = impasto.train(painting, photos, path, CONFIG, recipe=small, about=about)
    assert made.network(torch.zeros(1, 3, 20, 30)).shape == (1, 3, 20, 30)
    assert (made.ended.complete, made.ended.iteration) == (True, 2)
    assert (made.card.name, made.card.title, made.card.artist) == ("waves", "Waves", "Somebody")
    assert read_card(path) == made.card
    assert impasto.Stylizer(path)(painting).shape == painting.shape


def test_without_a_place_nothing_is_written(
    painting: NDArray[np.float32], photos: Path, small: TrainRecipe, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    made = impasto.train(painting, photos, config=CONFIG, recipe=small)
    assert made.card.name == "network"
    assert sorted(tmp_path.rglob("*")) == before


def test_it_goes_on_from_a_checkpoint(
    painting: NDArray[np.float32], photos: Path, small: TrainRecipe, tmp_path: Path
) -> None:
    place = tmp_path / "a.safetensors"
    impasto.train(painting, photos, config=CONFIG, recipe=small, checkpoint=place)
    again = impasto.train(painting, photos, config=CONFIG, recipe=small, checkpoint=place, resume=True)
    assert again.ended.complete
    with pytest.raises(impasto.CheckpointError, match="no checkpoint at"):
        impasto.train(painting, photos, config=CONFIG, recipe=small, checkpoint=tmp_path / "b", resume=True)
