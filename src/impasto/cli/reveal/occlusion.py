"""`impasto reveal occlusion`: where in a photo that is which a channel responds to (Zeiler & Fergus 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from impasto.cli.output import Output
from impasto.cli.place import Place
from impasto.cli.reveal.encoding import Encoding, read_photo
from impasto.cli.reveal.figure import Watch, check_figure, deliver, photo_name, spell, watching
from impasto.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from impasto.studio.encoders import VGG
    from impasto.studio.reveal import OcclusionConfig, OcclusionMap

Positive = Annotated[int, Parameter(validator=Number(gte=1))]


def occlusion(
    photo: Place,
    /,
    *,
    layer: str = "relu5_1",
    output: Output | None = None,
    encoding: Encoding | None = None,
    size: Positive = 256,
    square: Positive | None = None,
    stride: Positive | None = None,
    channel: Annotated[int | None, Parameter(validator=Number(gte=0))] = None,
    measure: Literal["sum", "peak"] = "sum",
    batch: Positive = 8,
) -> int:
    """Cover a photo bit by bit with a gray square, and map how a channel's activation falls.

    Where it falls the most, which is where the map is the lightest, there is what the channel responds to
    (Zeiler & Fergus 2014, section 4.2).

    Args:
        photo: The photo; - is stdin.
        layer: A layer, such as relu5_1 or conv4_2.
        output: Where the figure goes.
        encoding: Through which network is looked.
        size: Longest side of the photo as it is looked at, in pixels.
        square: Side of the square in pixels; an eighth of the photo's shorter side when left away.
        stride: Pixels from one position of the square to the next; half of the square when left away.
        channel: The channel to measure; the strongest one when left away.
        measure: sum adds up the whole channel, peak stays at its strongest unit.
        batch: Pictures that go through the network at a time; decides memory.
    """
    output, encoding = output or Output(), encoding or Encoding()
    check_figure(output, [photo])
    with watching(output) as watch:
        encoder = encoding.load(watch)
        image = read_photo(photo, size, output.max_pixels, encoder)
        square = _checked_square(square, image)
        from impasto.studio.reveal import OcclusionConfig

        config = OcclusionConfig(
            size=square,
            stride=stride or max(1, square // 2),
            channel=channel,
            measure=measure,
            batch=batch,
        )
        found = _scan(encoder, image, layer, config, watch)
    return deliver(_draw(photo, image, found, config), output, _numbers(photo, found, config))


def _checked_square(square: int | None, image: Tensor) -> int:
    """Return the square's side; one that was asked for is named as the flag is, where it does not fit.

    Raises:
        ConfigError: It is larger than the photo.
    """
    shorter = min(image.shape[2:])
    if square is not None and square > shorter:
        raise ConfigError(f"square is {square}, but must be 1 to {shorter}, the photo's shorter side")
    return square or max(1, shorter // 8)


def _scan(encoder: VGG, image: Tensor, layer: str, config: OcclusionConfig, watch: Watch) -> OcclusionMap:
    from impasto.studio.reveal import OcclusionMap, occlude

    for event in occlude(encoder, image, layer, config):
        if isinstance(event, OcclusionMap):
            return event
        watch.step(event.position, event.positions, "covered")
    raise AssertionError("a scan ends with its map")


def _draw(photo: str, image: Tensor, found: OcclusionMap, config: OcclusionConfig) -> NDArray[np.float32]:
    """Show the photo, and the map on it: black where nothing falls, the lightest where the most does."""
    from impasto.image import Cell, draw_sheet, overlay
    from impasto.studio.pixels import to_pixels

    pixels, falls = to_pixels(image), found.resized.clamp(min=0).numpy()
    largest = float(found.fall.max())
    # As a share of the largest fall: what is measured has no unit that would mean something to the eye.
    shown = overlay(pixels, falls / largest if largest > 0 else falls)
    what = (
        "activation" if found.unit is None else f"activation at row {found.unit[0]}, column {found.unit[1]}"
    )
    share = f" ({largest / found.activation:.0%})" if found.activation > 0 else ""
    told = f"{found.layer}, channel {found.channel}\n{what} {spell(found.activation)}"
    told += f"\nlargest fall {spell(largest)}{share}"
    covered = f"{len(found.fall)} x {found.fall.shape[1]} positions of a square of {config.size} pixels"
    row = [
        Cell(pixels=pixels, caption=f"{pixels.shape[1]} x {pixels.shape[0]}, {covered}"),
        Cell(pixels=shown, caption=told),
    ]
    return draw_sheet(
        [row], title=f"Occlusion: {photo_name(photo)}", column_labels=["photo", "where it falls"]
    )


def _numbers(photo: str, found: OcclusionMap, config: OcclusionConfig) -> dict[str, Any]:
    return {
        "photo": photo,
        "layer": found.layer,
        "channel": found.channel,
        "unit": found.unit,
        "measure": config.measure,
        "activation": found.activation,
        "square": config.size,
        "stride": config.stride,
        "rows": found.rows,
        "columns": found.columns,
        "fall": found.fall,
    }
