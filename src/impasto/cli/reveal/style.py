"""`impasto reveal style`: textures from growing sets of layers (Gatys et al. 2015, figure 1, lower row)."""

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
    read_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from impasto.studio.reveal.panels import PanelDone, PanelJob


def style(
    painting: Place,
    /,
    *,
    layers: str | None = None,
    output: Output | None = None,
    flags: PanelFlags | None = None,
) -> int:
    """Make textures of a painting from white noise, by more and more layers (Gatys et al. 2015).

    Panels of 256 pixels, 250 evaluations each, average pooling, unless said otherwise. The table gives the
    remaining error of the Gram matrices as a share of them.

    Args:
        painting: The painting; - is stdin.
        layers: Layers in the order in which they are added; conv1_1,conv2_1,conv3_1,conv4_1,conv5_1 when left
            away.
        output: Where the figure goes.
        flags: How panels are painted.
    """
    output, flags = output or Output(), flags or PanelFlags()
    check_sources(output, [painting])
    from impasto.studio.reveal.textures import TexturesConfig, style_panels

    chosen: dict[str, Any] = {} if layers is None else {"layers": read_words(layers)}
    config = TexturesConfig(**flags.typed(), **chosen)

    def draw(job: PanelJob, done: Sequence[PanelDone]) -> NDArray[np.float32]:
        from impasto.image import Cell, draw_sheet

        height, width = job.style.shape[:2]
        cells = [Cell(pixels=job.style, caption=f"{width} x {height}")]
        cells += [
            Cell(pixels=event.image, caption=caption(event, names={"style": "style error"})) for event in done
        ]
        labels = ["painting", *(event.label for event in done)]
        return draw_sheet(
            [cells], title=f"Style of {photo_name(painting)}, by set of layers", column_labels=labels
        )

    return paint_figure(style_panels, [painting], config, output, flags, draw)
