"""The training itself: a generator of events that moves a network's weights, photo after photo."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from impasto.errors import CheckpointError, DivergenceError
from impasto.studio.train.checkpoint import load_state, save_state
from impasto.studio.train.clock import Clock
from impasto.studio.train.config import TrainConfig
from impasto.studio.train.data import asks_of, make_loader, to_images
from impasto.studio.train.events import HeldOut, RolledBack, Trained, TrainProgress
from impasto.studio.train.fabric import make_fabric
from impasto.studio.train.loop import Loop
from impasto.studio.train.places import leads
from impasto.studio.train.prepare import calibration, gather
from impasto.studio.train.record import identity_of, make_record
from impasto.studio.train.schedule import crop_size, total_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor, nn

    from impasto.image import ImageSource
    from impasto.studio.train.assignment import Materials
    from impasto.studio.train.checkpoint import State
    from impasto.studio.train.prepare import Materials as StyleMaterials
    from impasto.studio.train.recipe import TrainRecipe

    Event = TrainProgress | HeldOut | RolledBack | Trained

LOOK_EVERY = 10
"""Steps between looks at the losses on a GPU, which has to be waited for each time; on a CPU, 1."""

SLOWER = 0.5
"""What the learning rate is multiplied by each time that the training diverges."""

TIMES = 3
"""How often it goes back when it diverges."""


class Job:
    """One training: materials and settings in, events out.

    Args:
        materials: What to train, on what.
        config: How.
        network: A network of your own in place of the materials': of the same inputs and outputs.
    """

    def __init__(self, materials: Materials, config: TrainConfig, network: nn.Module | None = None) -> None:
        self.config, self.materials, self.recipe = config, materials, materials.recipe
        self.network = materials.build() if network is None else network
        self.fabric = make_fabric(config, materials.device, bf16=materials.bf16)
        self.images_a_step = self.recipe.batch * config.devices * config.nodes
        self.steps = total_steps(
            self.recipe,
            photos=len(materials.stream.photos),
            images_a_step=self.images_a_step,
            max_images=config.max_images,
            iterations=config.iterations,
        )
        self.leads = leads()
        """Whether this process, of several, writes and tells."""
        self._stopped = False

    def record(self) -> dict[str, object]:
        """Return every setting of the training, as JSON has them."""
        return make_record(self.config, self.materials, steps=self.steps, world=self._world)

    def stop(self) -> None:
        """Ask the job to end after the step it is in; safe in a signal handler."""
        self._stopped = True

    def events(
        self, *, checkpoint: str | os.PathLike[str] | None = None, resume: bool = False
    ) -> Iterator[Event]:
        """Train.

        Args:
            checkpoint: File to keep the state in, every `config.checkpoint_every` steps and at the end.
            resume: Go on from that file; ends in the same weights, bit for bit, on the same machine.

        Yields:
            TrainProgress after every step (on a GPU after every few), HeldOut every `config.sheet_every`
            steps and at the end, RolledBack when it diverges, Trained at the end. The network is then
            `network`, on the CPU and in evaluation mode, also of a training that was stopped.

        Raises:
            DivergenceError: When it has diverged again after going back three times.
            CheckpointError: When a checkpoint cannot be read or written, or is of another training.
            ImageReadError: When not one photo can be used.
        """
        if resume and checkpoint is None:
            raise CheckpointError("resume needs the checkpoint to go on from; give it, or start anew")
        identity = identity_of(self.record())
        found = load_state(checkpoint, identity) if resume and checkpoint is not None else None
        self.fabric.launch()
        loop = self._begin(found)
        yield from self._train(loop, lambda state: self._save(checkpoint, state, identity))
        self.network.to("cpu", memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
        yield Trained(
            iteration=loop.step,
            images=loop.step * self.images_a_step,
            complete=loop.step == self.steps,
            seconds=loop.seconds,
            losses=loop.losses,
            weights=loop.task.weights,
            skipped=loop.skipped,
        )

    @property
    def _world(self) -> int:
        return self.config.devices * self.config.nodes

    def _begin(self, found: State | None) -> Loop:
        """Set up the loss and the loop, and go on from a state where there is one."""
        materials = self.materials
        if materials.encoder is not None:
            materials.encoder.to(self.fabric.device).to(  # type: ignore[call-overload]
                memory_format=torch.channels_last
            )
        task = materials.task(self.fabric)
        if self.recipe.calibrate and found is None:
            task.calibrate(calibration(materials.stream, self.recipe.size, self.fabric.device))
        loop = Loop(self.fabric, self.network, task, self.recipe, self.steps)
        loop.skipped = dict(materials.skipped)
        if found is None:  # in every process alike, as after resuming
            torch.manual_seed(self.config.seed)
        else:
            loop.restore(found)
        return loop

    def _train(self, loop: Loop, save: Callable[[State], None]) -> Iterator[Event]:
        clock = Clock([self._size(step) for step in range(self.steps)], self.images_a_step)
        began = time.monotonic()
        good = fresh = loop.state()
        over = self._stopped or loop.step == self.steps
        while not over:
            clock.start()
            for losses in self._looks(loop, clock):
                wrong = loop.judge(losses)
                if wrong is not None:
                    yield self._go_back(loop, good, wrong)
                    break
                good = fresh  # what came of it is sound too
                yield self._progress(loop, clock)
                over = self._is_over(loop, began)
                due = over or loop.step % self.config.checkpoint_every == 0
                if due and loop.is_sound():
                    state = loop.state()
                    save(state)
                    fresh = fresh if loop.is_astray() else state
                if over or self._wants_sheet(loop.step):
                    yield from self._sheet(loop)
                if over:
                    break
                clock.start()

    def _looks(self, loop: Loop, clock: Clock) -> Iterator[dict[str, float]]:
        """Train step by step; yield the mean losses each time that they are looked at."""
        materials, device, first = self.materials, self.fabric.device, loop.step
        asks = asks_of(
            range(loop.step, self.steps),
            self._size,
            batch=self.recipe.batch,
            rank=self.fabric.global_rank,
            world=self._world,
        )
        total: Tensor | None = None
        pin = device.type == "cuda"
        for shot in make_loader(materials.stream, asks, self.config.workers, pin=pin):
            loop.skipped.update(shot.skipped)
            losses = loop.advance(to_images(shot).to(device, non_blocking=True))
            total = losses if total is None else total + losses
            if self._wants_look(loop.step):
                mean = self.fabric.all_reduce(total / (loop.step - first), reduce_op="mean")
                assert isinstance(mean, torch.Tensor)
                values = mean.tolist()  # here a GPU is waited for
                loop.seconds += clock.lap(first, loop.step)
                total, first = None, loop.step
                yield dict(zip(loop.task.weights, values, strict=True))

    def _wants_look(self, step: int) -> bool:
        every = 1 if self.fabric.device.type == "cpu" else LOOK_EVERY
        due = step % every == 0 or step % self.config.checkpoint_every == 0 or step == self.steps
        return due or self._wants_sheet(step) or (self._stopped and self._world == 1)

    def _wants_sheet(self, step: int) -> bool:
        return bool(self.config.sheet_every) and step % self.config.sheet_every == 0

    def _is_over(self, loop: Loop, began: float) -> bool:
        """Return whether to end here; all processes agree on it."""
        minutes = self.config.max_minutes
        late = minutes is not None and time.monotonic() - began >= 60 * minutes
        wish = torch.tensor(float(self._stopped or late), device=self.fabric.device)
        wished = self.fabric.all_reduce(wish, reduce_op="sum")
        assert isinstance(wished, torch.Tensor)
        return loop.step == self.steps or bool(wished > 0)

    def _go_back(self, loop: Loop, good: State, wrong: str) -> RolledBack:
        if loop.rolled_back == TIMES:
            raise DivergenceError(
                f"{wrong} at step {loop.step}, after going back {TIMES} times; lower --learning-rate or "
                "the weight of a loss, or try --precision fp32"
            )
        step, times, factor = loop.step, loop.rolled_back + 1, loop.factor * SLOWER
        loop.restore(good)
        loop.rolled_back, loop.factor = times, factor
        return RolledBack(iteration=step, to=loop.step, reason=wrong, factor=factor)

    def _progress(self, loop: Loop, clock: Clock) -> TrainProgress:
        return TrainProgress(
            iteration=loop.step,
            iterations=self.steps,
            images=loop.step * self.images_a_step,
            size=self._size(loop.step - 1),
            learning_rate=self._rate_of(loop),
            loss=sum(loop.losses.values()),
            losses=loop.losses,
            images_per_second=clock.images_per_second,
            seconds=loop.seconds,
            eta=clock.eta(loop.step),
        )

    def _rate_of(self, loop: Loop) -> float:
        rate: float = loop.optimizer.param_groups[0]["lr"]
        return rate

    def _sheet(self, loop: Loop) -> Iterator[HeldOut]:
        """Show the held-out photos, where there are any."""
        photos = self.materials.held
        if photos is None or not self.leads:
            return
        self.network.eval()
        photos = photos.to(self.fabric.device)
        title = f"step {loop.step} of {self.steps}"
        with self.fabric.autocast():
            image = loop.task.show(self.network, photos, title)
            losses = loop.task.measure(self.network, photos)
        self.network.train()
        yield HeldOut(iteration=loop.step, image=image, losses=losses)

    def _save(
        self, checkpoint: str | os.PathLike[str] | None, state: State, identity: dict[str, object]
    ) -> None:
        if checkpoint is not None and self.leads:
            save_state(Path(checkpoint), state, identity)

    def _size(self, step: int) -> int:
        return crop_size(self.recipe, step, self.steps)


class TrainJob(Job):
    """The training of a network for one painting.

    Pictures are read and settings checked when it is made: what is wrong is said before any work is done.

    Args:
        style: The painting.
        data: Folder of photos, of any depth, or of WebDataset's tar shards; or one shard.
        config: How.
        recipe: A recipe of your own in place of the one that `config` names.
        network: A network of your own in place of the recipe's: takes and gives `(N, 3, H, W)` in [0, 1].
        max_pixels: Refuse a larger painting, before decoding it.
        on_download: Called with bytes done and bytes in all while weights are downloaded.

    Raises:
        ImpastoError: For pictures, settings or weights that cannot be used.
    """

    materials: StyleMaterials
    recipe: TrainRecipe

    def __init__(
        self,
        style: ImageSource,
        data: str | os.PathLike[str],
        config: TrainConfig | None = None,
        *,
        recipe: TrainRecipe | None = None,
        network: nn.Module | None = None,
        max_pixels: int = 200_000_000,
        on_download: Callable[[int, int], None] | None = None,
    ) -> None:
        config = config or TrainConfig()
        materials = gather(style, data, config, recipe, max_pixels=max_pixels, on_download=on_download)
        super().__init__(materials, config, network)
