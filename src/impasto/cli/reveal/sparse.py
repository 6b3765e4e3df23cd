"""`impasto reveal sparse`: a dictionary of filters, learned from photos alone (Zeiler et al. 2010)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli.output import Output
from impasto.cli.place import Place, Switch
from impasto.cli.reveal.dictionary import draw, summary
from impasto.cli.reveal.figure import Watch, check_figure, deliver, watching
from impasto.cli.reveal.photos import photos_in
from impasto.errors import ConfigError

if TYPE_CHECKING:
    from impasto.studio.reveal.sparse import NoiseCheck, SparseConfig, Stack

Positive = Annotated[int, Parameter(validator=Number(gte=1))]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Learning:
    """How filters are learned."""

    filters: Positive = 32
    """Filters to learn."""

    filter_size: Positive = 9
    """Width and height of a filter in pixels."""

    weight: float = 1.0
    """Weight of the reconstruction against the sparsity; more keeps more of the photos."""

    iterations: Positive = 40
    """Rounds of codes and filters."""

    code_steps: Positive = 10
    """Steps on the codes in a round."""

    filter_steps: Positive = 5
    """Steps on the filters in a round."""

    batch: Positive = 2
    """Photos coded at a time; decides memory."""

    seed: int = 0
    """Seed of all randomness."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Second:
    """The second layer, over the maps of the first."""

    layers: Literal[1, 2] = 1
    """1, or 2 to learn filters over the maps of the first layer too."""

    pool: Switch = False
    """Pool the first layer's maps, 2 maps by 2 x 2 places, and keep the switches (Zeiler et al. 2011)."""

    second_filters: Positive = 32
    """Filters of the second layer."""

    second_size: Positive = 5
    """Width and height of its filters, in units of the (pooled) maps."""

    connections: Positive | None = None
    """Maps that each of its filters sees, chosen at random; all when left away."""

    def __post_init__(self) -> None:
        """Refuse what a single layer has no use for.

        Raises:
            ConfigError: Pooling without a second layer.
        """
        if self.pool and self.layers == 1:
            raise ConfigError("--pool is done between two layers; add --layers 2, or leave it away")


def sparse(
    folder: Place,
    /,
    *,
    output: Output | None = None,
    learning: Learning | None = None,
    second: Second | None = None,
    size: Positive = 150,
    photos_limit: Positive = 30,
    denoise: Annotated[float | None, Parameter(validator=Number(gt=0, lte=1))] = None,
) -> int:
    """Learn the filters that gray photos are made of, each a sparse sum of them (Zeiler et al. 2010).

    Photos are brought to gray squares of zero local mean and unit local contrast first. Of the first photo,
    the figure shows that, its reconstruction from the codes, and how good and how sparse it is.

    Args:
        folder: A folder of photos.
        output: Where the figure goes.
        learning: How filters are learned.
        second: The second layer.
        size: Side of the photos as they are learned from, in pixels.
        photos_limit: Photos to learn from, the first by name.
        denoise: Also add noise of this standard deviation (white is 1) to the first photo, and remove it.
    """
    output, learning, second = output or Output(), learning or Learning(), second or Second()
    photos = photos_in(folder, photos_limit)
    check_figure(output, photos)
    with watching(output) as watch:
        stack = _learn(photos, size, output.max_pixels, _configs(learning, second), second, watch)
        noise = None if denoise is None else _check_noise(stack, denoise)
    title = f"{len(photos)} photos as sums of {learning.filters} filters"
    pixels = draw(stack, noise, Path(photos[0]).name, title)
    return deliver(pixels, output, {"photos": photos, **summary(stack, noise)})


def _configs(learning: Learning, second: Second) -> list[SparseConfig]:
    """Return the settings of each layer.

    Raises:
        ConfigError: A value is not valid.
    """
    from impasto.studio.reveal import sparse as coding

    first = coding.SparseConfig(
        filters=learning.filters,
        size=learning.filter_size,
        weight=learning.weight,
        iterations=learning.iterations,
        code_steps=learning.code_steps,
        filter_steps=learning.filter_steps,
        batch=learning.batch,
        seed=learning.seed,
    )
    if second.layers == 1:
        return [first]
    above = replace(first, filters=second.second_filters, size=second.second_size)
    return [first, replace(above, connections=second.connections)]


def _learn(
    photos: list[str],
    size: int,
    max_pixels: int,
    configs: list[SparseConfig],
    second: Second,
    watch: Watch,
) -> Stack:
    from impasto.image import read_image
    from impasto.studio.reveal import sparse as coding

    gray = coding.read_photos((read_image(each, max_pixels=max_pixels) for each in photos), size)
    for event in coding.learn_stack(gray, configs, coding.Pooling() if second.pool else None):
        if isinstance(event, coding.Stack):
            return event
        done = event.round
        told = {"objective": done.objective, "psnr": done.psnr, "sparsity": done.sparsity}
        watch.step(done.iteration, done.iterations, f"layer {event.layer}", told)
    raise AssertionError("learning ends with its stack")


def _check_noise(stack: Stack, sigma: float) -> NoiseCheck:
    from impasto.studio.reveal import sparse as coding

    return coding.check_noise(stack.photos[:1], stack.layers[0].filters, sigma)
