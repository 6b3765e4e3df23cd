"""`impasto reveal weights`: content weight by size of strokes, for the default recipe, to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impasto.cli.output import Output
from impasto.cli.place import Place
from impasto.cli.reveal.figure import photo_name
from impasto.cli.reveal.grid import draw_grid
from impasto.cli.reveal.panels import PanelFlags, check_sources, paint_figure, read_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from impasto.studio.reveal.panels import PanelDone, PanelJob


def weights(
    photo: Place,
    painting: Place,
    /,
    *,
    content_weights: str | None = None,
    style_scales: str | None = None,
    output: Output | None = None,
    flags: PanelFlags | None = None,
) -> int:
    """Paint a photo at each content weight with each size of strokes, as `impasto paint` would.

    Panels of 192 pixels, all else as in the default recipe, unless said otherwise. What pleases is given to
    `impasto paint` as --content-weight and --style-scale.

    Args:
        photo: What to paint; - is stdin.
        painting: In whose style; - is stdin.
        content_weights: Weights of the content loss, a row each; 0.3,1,3 when left away.
        style_scales: Sizes of the style against the result, a column each; 0.5,1,2 when left away.
        output: Where the figure goes.
        flags: How panels are painted.
    """
    output, flags = output or Output(), flags or PanelFlags()
    check_sources(output, [photo, painting])
    from impasto.studio.reveal.grid import WeightsConfig, weights_panels

    chosen: dict[str, Any] = {}
    for name, text in (("content_weights", content_weights), ("style_scales", style_scales)):
        if text is not None:
            chosen[name] = read_numbers(name, text)
    config = WeightsConfig(**flags.typed(), **chosen)

    def draw(job: PanelJob, done: Sequence[PanelDone]) -> NDArray[np.float32]:
        title = f"{photo_name(photo)} in the style of {photo_name(painting)}: which weights?"
        return draw_grid(job, done, title, config.rows, config.columns)

    return paint_figure(weights_panels, [photo, painting], config, output, flags, draw)
