"""What a training may begin with, beside fresh weights and a checkpoint: a model, or a brush."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.studio.train.conftest import Pixels, Run, picture

from impasto import Brush, Stylizer
from impasto.errors import ArtifactError, CheckpointError
from impasto.models.artifact import Card
from impasto.models.base import Base
from impasto.studio.networks.config import NetworkConfig
from impasto.studio.pixels import to_pixels, to_tensor
from impasto.studio.train import TrainJob
from impasto.studio.train.base_weights import load_conditional
from impasto.studio.train.export import export_onnx


@pytest.fixture
def brush(own_base: Path, tmp_path: Path, painting: Pixels) -> Path:
    """A brush of the installed base with filters of its own."""
    brush, generator = Brush.from_painting(painting), np.random.default_rng(5)
    shapes = load_conditional(Base(own_base)).shapes
    made = Brush(
        code=brush.code,
        filters=tuple(
            (small(generator, out, 2), small(generator, 2, 9 * into)) for out, into, _, _ in shapes
        ),
        card=brush.card,
        base=brush.base,
    )
    made.save(tmp_path / "mine.brush")
    return tmp_path / "mine.brush"


def small(generator: np.random.Generator, *shape: int) -> Pixels:
    return generator.normal(0, 0.1, shape).astype(np.float32)


def of_base(own_base: Path) -> NetworkConfig:
    """The settings of a network as large as that of the base."""
    network = load_conditional(Base(own_base))
    return NetworkConfig(
        name="compact", channels=network.last.in_channels, blocks=network.plan.before + network.plan.after
    )


def test_it_begins_as_the_brush_paints(make: Callable[..., TrainJob], brush: Path, own_base: Path) -> None:
    job = make(start=str(brush), recipe={"network": of_base(own_base)})
    image = (np.rint(255 * picture(40, 52, 3)) / 255).astype(np.float32)
    with torch.no_grad():
        made = to_pixels(job.network.eval()(to_tensor(image)))
    painted = Stylizer(brush, engine="onnxruntime", threads=1).apply(image)
    assert np.abs(made - painted).max() < 1.5 / 255
    assert job.record()["start"] == {"name": "mine.brush", "sha256": Brush.load(brush).sha256}


def test_it_begins_with_the_weights_of_a_model(
    make: Callable[..., TrainJob], run: Callable[..., Run], tmp_path: Path
) -> None:
    path, image = tmp_path / "first.onnx", to_tensor(picture(40, 52, 3))
    first = run(make(seed=7)).job.network
    export_onnx(first, Card(name="first"), path)
    job = make(start=str(path))
    with torch.no_grad():
        torch.testing.assert_close(job.network.eval()(image), first.eval()(image))
        assert (make().network.eval()(image) - first(image)).abs().max() > 0.01
    assert job.record()["start"] == {"name": "first.onnx", "sha256": sha256(path.read_bytes()).hexdigest()}
    with pytest.raises(CheckpointError, match="another network"):
        make(start=str(path), recipe={"network": NetworkConfig(name="compact", channels=8)})
    (tmp_path / "half.onnx").write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ArtifactError, match=r"half\.onnx"):
        make(start=str(tmp_path / "half.onnx"))


def test_what_does_not_fit_is_refused(
    make: Callable[..., TrainJob], brush: Path, own_base: Path, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="another network"):
        make(start=str(brush), recipe={"network": NetworkConfig(name="compact", channels=48)})
    (tmp_path / "broken.brush").write_bytes(brush.read_bytes()[:100])
    with pytest.raises(ArtifactError, match="broken"):
        make(start=str(tmp_path / "broken.brush"))
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        make(start=str(tmp_path / "missing.brush"))
    (own_base / "transform.onnx").write_bytes((own_base / "encode.onnx").read_bytes())
    with pytest.raises(ArtifactError, match="was made for the base"):
        make(start=str(brush))
