"""`impasto reveal grid`: style layers by weights of content and style (Gatys et al. 2015, figure 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impasto.cli.output import Output
from impasto.cli.place import Place
from impasto.cli.reveal.figure import photo_name
from impasto.cli.reveal.panels import (
    PanelFlags,
    caption,
    check_sources,
    paint_figure,
    read_numbers,
    read_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from impasto.studio.reveal.panels import PanelDone, PanelJob

NAMES = {"content": "content error", "style": "style error"}


def grid(
    photo: Place,
    painting: Place,
    /,
    *,
    layers: str | None = None,
    ratios: str | None = None,
    output: Output | None = None,
    flags: PanelFlags | None = None,
) -> int:
    """Paint a photo with each set of style layers at each ratio of the weights (Gatys et al. 2015).

    Panels of 192 pixels, 200 evaluations each, average pooling, unless said otherwise. Finished panels are
    kept: the same command goes on where a run was stopped, and with another ratio paints only that. The table
    gives the remaining errors of the features and the Gram matrices as shares of them.

    Args:
        photo: What to paint; - is stdin.
        painting: In whose style; - is stdin.
        layers: Style layers in the order in which the rows add them; conv1_1,conv2_1,conv3_1,conv4_1,conv5_1
            when left away.
        ratios: Weights of content against style, a column each; 1e-5,1e-4,1e-3,1e-2 when left away.
        output: Where the figure goes.
        flags: How panels are painted.
    """
    output, flags = output or Output(), flags or PanelFlags()
    check_sources(output, [photo, painting])
    from impasto.studio.reveal.grid import GridConfig, grid_panels

    chosen: dict[str, Any] = {} if layers is None else {"layers": read_words(layers)}
    if ratios is not None:
        chosen["ratios"] = read_numbers("ratios", ratios)
    config = GridConfig(**flags.typed(), **chosen)

    def draw(job: PanelJob, done: Sequence[PanelDone]) -> NDArray[np.float32]:
        title = f"{photo_name(photo)} in the style of {photo_name(painting)}"
        return draw_grid(job, done, title, config.rows, config.columns)

    return paint_figure(grid_panels, [photo, painting], config, output, flags, draw)


def draw_grid(
    job: PanelJob, done: Sequence[PanelDone], title: str, rows: Sequence[str], columns: Sequence[str]
) -> NDArray[np.float32]:
    """Lay panels out row by row, and below them what they were made of.

    Args:
        job: What painted them.
        done: The panels.
        title: Above everything.
        rows: What the rows are called.
        columns: What the columns are called.

    Returns:
        (H, W, 3) sRGB in [0, 1].
    """
    from impasto.image import Cell, draw_sheet

    assert job.content is not None
    cells = [Cell(pixels=event.image, caption=caption(event, names=NAMES)) for event in done]
    wide = len(columns)
    lines = [cells[start : start + wide] for start in range(0, len(cells), wide)]
    sources = [Cell(pixels=job.content, caption="photo"), Cell(pixels=job.style, caption="painting")]
    return draw_sheet(
        [*lines, *(sources[start : start + wide] for start in range(0, 2, wide))],
        title=title,
        row_labels=rows,
        column_labels=columns,
    )
