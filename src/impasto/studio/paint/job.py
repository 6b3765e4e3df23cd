"""The painting itself: a generator of events that optimizes pixels, size after size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from impasto.errors import ConfigError, DivergenceError, ImageTooSmallError
from impasto.events import Done, Preview, Progress
from impasto.image import resize
from impasto.studio.device import pick_device, use_bf16
from impasto.studio.encoders import load_encoder
from impasto.studio.paint.checkpoint import load_state, save_state
from impasto.studio.paint.clock import Clock
from impasto.studio.paint.config import PaintConfig
from impasto.studio.paint.objective import Glance, Objective, heard, transported
from impasto.studio.paint.pixels import enlarge
from impasto.studio.paint.prepare import gather, recolor, restore_color, start_picture, style_size
from impasto.studio.paint.published import resolve
from impasto.studio.paint.pyramid import final_size, levels
from impasto.studio.paint.record import identity_of, make_record
from impasto.studio.paint.stage import Stage
from impasto.studio.pixels import to_pixels, to_tensor

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from impasto.image import ImageSource
    from impasto.studio.paint.checkpoint import State
    from impasto.studio.paint.pyramid import Level
    from impasto.studio.paint.recipe import Recipe


class PaintJob:
    """One painting: pictures and settings in, events out.

    Pictures are read and settings checked when it is made: what is wrong is said before any work is done.

    Args:
        content: What to paint; None synthesizes a texture from the styles alone.
        styles: In whose style; several are blended.
        config: How.
        recipe: A recipe of your own in place of the one that `config` names.
        max_pixels: Refuse larger pictures, before decoding them.
        on_download: Called with bytes done and bytes in all while weights are downloaded.

    Raises:
        ImpastoError: For pictures, settings or weights that cannot be used.
    """

    def __init__(
        self,
        content: ImageSource | None,
        styles: Sequence[ImageSource],
        config: PaintConfig | None = None,
        *,
        recipe: Recipe | None = None,
        max_pixels: int = 200_000_000,
        on_download: Callable[[int, int], None] | None = None,
    ) -> None:
        self.config = config or PaintConfig()
        self.recipe = resolve(self.config, recipe, texture=content is None)
        self.materials = gather(content, styles, self.config, self.recipe, max_pixels=max_pixels)
        self.device = pick_device(self.config.device)
        self.bf16 = use_bf16(self.config.precision, self.device)
        self.encoder = load_encoder(
            self.recipe.weights,
            pooling=self.recipe.pooling,
            rescale_pooling=self.recipe.rescale_pooling,
            padding=self.recipe.padding,
            centered=self.recipe.centered,
            on_progress=on_download,
        ).to(self.device)
        self.encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.size = final_size(self.recipe, self.materials)
        self.levels = self._plan()
        self.content, self.styles = recolor(self.materials, self.config.keep_color)
        self.stage: Stage | None = None
        """The level at work, while events are taken."""
        self._stopped = False

    def record(self) -> dict[str, object]:
        """Return all that is needed to make the picture again."""
        machine = {
            "weights_sha256": self.encoder.weights_sha256,
            "torch": str(torch.__version__),  # of a class that checkpoints may not name
            "device": self.device.type,
            "precision": "bf16" if self.bf16 else "fp32",
        }
        return make_record(self.config, self.recipe, self.materials, size=self.size, machine=machine)

    def stop(self) -> None:
        """Ask the job to end after the step it is in, with its best picture; safe in a signal handler."""
        self._stopped = True

    def events(
        self,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 25,
        resume: str | os.PathLike[str] | None = None,
    ) -> Iterator[Progress | Preview | Done]:
        """Paint.

        Args:
            checkpoint: File to keep the state in, written every `checkpoint_every` steps and when stopped.
            checkpoint_every: Steps between checkpoints.
            resume: Checkpoint to go on from; ends in the same picture, bit for bit, on the same machine.

        Yields:
            Progress after every step, Preview every `config.preview_every` steps, Done at the end. A job that
            was stopped yields Done with `complete` False and the best picture so far, if it has one.

        Raises:
            DivergenceError: When a loss is not finite, or far above what it has been.
            CheckpointError: When a checkpoint cannot be read or written, or is of another job.
            ConfigError: For less than 1 step between checkpoints.
        """
        if checkpoint_every < 1:
            raise ConfigError(f"checkpoint_every is {checkpoint_every}; give a number of at least 1")
        identity = identity_of(self.record(), self.config)
        state = load_state(resume, identity, self.device) if resume is not None else None
        clock = Clock(self.levels, state)
        # A checkpoint's stage is set up even to be stopped at once: it has a picture to show.
        stage = self.stage = self._begin(state.level, None, state) if state else None
        while not self._is_over(stage):
            if stage is None or stage.step == stage.level.iterations:
                stage = self.stage = self._begin(stage.index + 1 if stage else 0, stage, None)
            losses = stage.advance()
            yield clock.tick(stage, losses)
            if self.config.preview_every and clock.iteration % self.config.preview_every == 0:
                yield Preview(iteration=clock.iteration, image=self._finish(stage.result()))
            if checkpoint is not None and clock.iteration % checkpoint_every == 0:
                save_state(checkpoint, stage.state(), identity)
        if checkpoint is not None and stage is not None and self._stopped:
            save_state(checkpoint, stage.state(), identity)
        yield self._done(stage, clock)

    def _is_over(self, stage: Stage | None) -> bool:
        """Return whether the job was stopped, or is through its last level."""
        if stage is None:
            return self._stopped
        last = stage.index == len(self.levels) - 1 and stage.step == stage.level.iterations
        return self._stopped or last

    def _plan(self) -> list[Level]:
        """Return the levels, less the coarse ones that the encoder could not see the pictures at."""
        seen = {*self.recipe.style_layers, *self.recipe.histogram_layers}
        least_style = self.encoder.min_size(seen)
        least = self.encoder.min_size(
            {*seen, *(self.recipe.content_layers if self.materials.content else ())}
        )
        found = levels(self.recipe, self.size, least)
        while len(found) > 1 and min(map(min, self._style_sizes(found[0]))) < least_style:
            del found[0]
        _check_side("the result", self.size, least)
        for style, size in zip(self.materials.styles, self._style_sizes(found[-1]), strict=True):
            _check_side(f"style {style.name!r}", size, least_style)
        return found

    def _style_sizes(self, level: Level) -> list[tuple[int, int]]:
        """Return the height and width of each style at a level."""
        return [
            style_size(self.recipe, self.config, style.size, level.size, level.ratio)
            for style in self.materials.styles
        ]

    def _begin(self, index: int, last: Stage | None, state: State | None) -> Stage:
        """Set up one level: its targets, and where it starts from."""
        level = self.levels[index]
        recipe, targets, glance = self.recipe, self.targets(level), Glance(self.encoder, self.recipe)
        if recipe.transport and recipe.style_form != "wasserstein":
            image = self._start(level).to(self.device)
            recipe = heard(glance, recipe, *targets, image, bf16=self.bf16)
            if level.transport:
                recipe = transported(glance, recipe, *targets, image, bf16=self.bf16)
        objective = Objective(glance, recipe, *targets, bf16=self.bf16)
        objective.encoder = self.encoder  # what was seen on the way takes memory
        stage = Stage(index, level, recipe, objective, self.device)
        if state is not None:
            stage.restore(state)
        elif last is not None:
            same = last.level.size == level.size  # from transport to the recipe's own form
            image = last.end() if same else enlarge(last.result(), level.size)
            weight = self.recipe.transport_weight
            stage.begin(image, last.optimizer, 1 / weight if same and weight else None)
        else:
            stage.begin(self._start(level).to(self.device), None)
        return stage

    def targets(self, level: Level) -> tuple[Tensor | None, list[tuple[Tensor, float]]]:
        """Return the content and the styles with their shares, as they are seen at a level."""
        content = (
            None if self.content is None else to_tensor(resize(self.content, level.size)).to(self.device)
        )
        sizes = self._style_sizes(level)
        styles = [
            to_tensor(resize(style, size)).to(self.device)
            for style, size in zip(self.styles, sizes, strict=True)
        ]
        return content, list(zip(styles, self.materials.weights, strict=True))

    def _start(self, level: Level) -> Tensor:
        given = self.materials.start
        pixels = start_picture(self.recipe, self.config.seed, self.content, self.styles[0], given, level.size)
        return to_tensor(pixels)

    def _finish(self, image: Tensor) -> NDArray[np.float32]:
        """Turn an image of any level into the result: final size, the photo's colors where they are kept."""
        content = self.materials.content.pixels if self.materials.content else None
        return restore_color(to_pixels(enlarge(image, self.size)), content, self.config.keep_color)

    def _done(self, stage: Stage | None, clock: Clock) -> Done:
        complete = clock.iteration == clock.iterations
        alpha = self.materials.content.alpha if self.materials.content else None
        image = None
        if stage is not None:
            image = self._finish(stage.result() if complete else stage.best())
            if not np.isfinite(image).all():
                raise DivergenceError(
                    f"the picture left the finite numbers at step {clock.iteration}; "
                    "lower --style-weight, or try --optimizer adam or --precision fp32"
                )
        return Done(
            image=image,
            alpha=None if alpha is None else resize(alpha, self.size),
            complete=complete,
            seconds=clock.seconds,
            record=self.record() if complete else {**self.record(), "stopped_after": clock.iteration},
        )


def _check_side(what: str, size: tuple[int, int], least: int) -> None:
    if min(size) < least:
        raise ImageTooSmallError(
            f"{what} would be {size[1]} x {size[0]} pixels, and the deepest layer needs a shorter side of "
            f"at least {least}; choose a larger size, or shallower layers"
        )
