"""`impasto reveal content`: what each layer holds of a photo (Gatys et al. 2015, figure 1, upper row)."""

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

NAMES = {"psnr": "PSNR", "pixel": "pixel error", "feature": "feature error"}


def content(
    photo: Place,
    /,
    *,
    layers: str | None = None,
    output: Output | None = None,
    flags: PanelFlags | None = None,
) -> int:
    """Reconstruct a photo from white noise by the features of one layer at a time (Gatys et al. 2015).

    Panels of 192 pixels, 300 evaluations each, average pooling, unless said otherwise. The table gives the
    remaining error of the features as a share of them, that of the pixels in gray levels, and the PSNR.

    Args:
        photo: The photo; - is stdin.
        layers: Layers, for instance conv1_1,relu2_2; conv1_1, conv1_2 and the first of each further block
            when left away.
        output: Where the figure goes.
        flags: How panels are painted.
    """
    output, flags = output or Output(), flags or PanelFlags()
    check_sources(output, [photo])
    from impasto.studio.reveal.reconstruct import ReconstructConfig, content_panels

    chosen: dict[str, Any] = {} if layers is None else {"layers": read_words(layers)}
    config = ReconstructConfig(**flags.typed(), **chosen)

    def draw(job: PanelJob, done: Sequence[PanelDone]) -> NDArray[np.float32]:
        from impasto.image import Cell, draw_sheet

        assert job.content is not None
        height, width = job.content.shape[:2]
        cells = [Cell(pixels=job.content, caption=f"{width} x {height}")]
        cells += [Cell(pixels=event.image, caption=caption(event, names=NAMES)) for event in done]
        labels = ["original", *(event.label for event in done)]
        return draw_sheet([cells], title=f"Content of {photo_name(photo)}, by layer", column_labels=labels)

    return paint_figure(content_panels, [photo], config, output, flags, draw)
