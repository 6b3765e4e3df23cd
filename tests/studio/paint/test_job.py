"""Whole jobs, real and small: what they yield, and that they can be stopped, resumed and repeated."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from impasto.errors import CheckpointError, ConfigError, DivergenceError, ImageTooSmallError
from impasto.events import Progress
from impasto.studio.paint import RECIPES, PaintConfig, PaintJob

Pixels = NDArray[np.float32]
Make = Callable[..., PaintJob]
RunJob = Callable[..., Any]
PictureOf = Callable[[int, int, int], Pixels]

ADAM = {"optimizer": "adam", "learning_rate": 0.02, "unit": "unit", "average": 0.9}


def test_the_loss_falls_at_every_level(make: Make, run: RunJob) -> None:
    result = run(make())
    for scale, steps in ((24, 6), (48, 4)):
        losses = [event.loss for event in result.progress if event.scale == scale]
        assert len(losses) == steps
        assert losses[-1] < 0.8 * losses[0]
    assert result.done.complete
    assert result.image.shape == (40, 48, 3)
    assert result.image.dtype == np.float32
    assert 0 <= result.image.min() < result.image.max() <= 1


def test_progress_counts_over_all_levels_and_its_terms_add_up(make: Make, run: RunJob) -> None:
    progress = run(make()).progress
    assert [event.iteration for event in progress] == list(range(1, 11))
    assert {event.iterations for event in progress} == {10}
    assert [event.size for event in progress] == [(20, 24)] * 6 + [(40, 48)] * 4
    for event in progress:
        assert set(event.losses) == {"content/relu2_2", "style/relu1_1", "style/relu3_1"}
        assert sum(event.losses.values()) == pytest.approx(event.loss)
    assert progress[-1].eta == 0
    assert progress[0].eta > 0


def test_no_work_is_done_before_the_first_event_is_asked_for(make: Make) -> None:
    events = make().events()
    first = next(events)
    assert isinstance(first, Progress)
    assert first.iteration == 1


def test_the_same_seed_gives_the_same_pixels_and_another_one_does_not(make: Make, run: RunJob) -> None:
    first, again, other = (
        run(make(seed=seed, recipe={"init": "noise"}, iterations=2)).image for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_previews_come_when_asked_for_and_at_the_final_size(make: Make, run: RunJob) -> None:
    previews = run(make(preview_every=4)).previews
    assert [event.iteration for event in previews] == [4, 8]
    assert all(event.image.shape == (40, 48, 3) for event in previews)
    assert np.abs(previews[0].image - previews[1].image).max() > 0
    assert run(make()).previews == []


def test_previews_show_the_iterate_and_change_nothing(make: Make, run: RunJob) -> None:
    result = run(make(preview_every=1))
    assert np.array_equal(result.previews[-1].image, result.image)
    assert np.array_equal(result.image, run(make()).image)


@pytest.mark.parametrize("after", [1, 5, 6, 7, 9])
def test_a_job_that_is_stopped_has_the_best_picture_so_far(make: Make, run: RunJob, after: int) -> None:
    result = run(make(preview_every=1), stop_after=after)
    assert not result.done.complete
    assert len(result.progress) == after
    # Losses are of the picture before a step: the last one was taken on the picture before last.
    level = [event for event in result.progress if event.scale == result.progress[-1].scale]
    best = min(level, key=lambda event: event.loss)
    if best is not level[0]:
        shown = {event.iteration: event.image for event in result.previews}
        assert np.array_equal(result.image, shown[best.iteration - 1])
    else:
        assert result.image.shape == (40, 48, 3)


def test_the_best_picture_is_not_the_last(make: Make, run: RunJob) -> None:
    wild = {
        "optimizer": "adam",
        "learning_rate": 60.0,
        "coarsest": None,
        "style_weight": 0.0,
        "init": "content",
    }
    result = run(make(recipe=wild, iterations=9), stop_after=3)
    start = run(make(recipe=wild, iterations=9), stop_after=1)
    # Nothing can be nearer to the content than itself, and steps of 60 levels lead far away.
    assert result.progress[0].loss < 1e-9 < result.progress[-1].loss
    assert np.array_equal(result.image, start.image)


def test_stopped_before_its_first_step_it_has_no_picture(make: Make, run: RunJob, tmp_path: Path) -> None:
    job = make()
    job.stop()
    result = run(job, checkpoint=tmp_path / "state")
    assert result.done.image is None
    assert not result.done.complete
    assert result.progress == []
    assert not (tmp_path / "state").exists()


def test_stopped_at_its_last_step_it_is_complete(make: Make, run: RunJob) -> None:
    result = run(make(), stop_after=10)
    assert result.done.complete
    assert np.array_equal(result.image, run(make()).image)


@pytest.mark.parametrize(
    ("recipe", "points"),
    [
        ({}, (1, 5, 6, 7, 9, 10)),
        ({"transport": 0.5}, (2, 3, 4, 6, 8)),
        ({**ADAM, "transport": 0.5}, (1, 3, 6, 7)),
        ({"clamp": "after", "spectrum": 0.5, "bf16": True}, (6, 8)),
        ({"init": "noise", "keep_color": "luminance", "clamp": "before"}, (3, 6)),
    ],
    ids=["lbfgs", "transport", "adam", "spectrum-bf16", "noise"],
)
def test_a_resumed_job_ends_in_the_same_picture(
    make: Make, run: RunJob, tmp_path: Path, recipe: dict[str, Any], points: tuple[int, ...]
) -> None:
    recipe = dict(recipe)
    options = {"precision": "bf16"} if recipe.pop("bf16", False) else {}
    if "keep_color" in recipe:
        options["keep_color"] = recipe.pop("keep_color")
    whole = run(make(recipe=recipe, **options))
    for point in points:
        state = tmp_path / f"state-{point}"
        begun = run(make(recipe=recipe, **options), stop_after=point, checkpoint=state, checkpoint_every=100)
        resumed = run(make(recipe=recipe, **options), resume=state)
        assert np.array_equal(resumed.image, whole.image), point
        losses = [event.loss for event in begun.progress + resumed.progress]
        assert losses == [event.loss for event in whole.progress], point
        assert resumed.done.complete


def test_a_checkpoint_is_written_every_so_many_steps(make: Make, run: RunJob, tmp_path: Path) -> None:
    job, state = make(), tmp_path / "state"
    written = [
        state.read_bytes() if state.exists() else b""
        for event in job.events(checkpoint=state, checkpoint_every=4)
        if isinstance(event, Progress)
    ]
    changes = [index + 1 for index in range(1, 10) if written[index] != written[index - 1]]
    assert changes == [5, 9]  # seen one event late: the event comes first, then the file
    resumed = run(make(), resume=state)
    assert [event.iteration for event in resumed.progress] == [9, 10]
    assert np.array_equal(resumed.image, run(make()).image)


def test_a_resumed_job_that_is_stopped_at_once_still_has_its_picture(
    make: Make, run: RunJob, tmp_path: Path
) -> None:
    begun = run(make(), stop_after=8, checkpoint=tmp_path / "state")
    job = make()
    job.stop()
    stopped = run(job, resume=tmp_path / "state")
    assert np.array_equal(stopped.image, begun.image)
    assert not stopped.done.complete


def test_a_checkpoint_of_another_job_is_refused(make: Make, run: RunJob, tmp_path: Path) -> None:
    run(make(), stop_after=2, checkpoint=tmp_path / "state")
    with pytest.raises(CheckpointError, match=r"another job: .*recipe differ"):
        run(make(style_weight=3.0), resume=tmp_path / "state")
    run(make(preview_every=3), resume=tmp_path / "state")  # looking on does not make it another one


def test_checkpoints_that_never_come_are_refused(make: Make, run: RunJob) -> None:
    with pytest.raises(ConfigError, match="checkpoint_every is 0"):
        run(make(), checkpoint="state", checkpoint_every=0)


def test_alpha_is_carried_over_at_the_final_size(make: Make, run: RunJob, picture: PictureOf) -> None:
    alpha = np.linspace(0, 1, 80 * 96, dtype=np.float32).reshape(80, 96, 1)
    result = run(make(content=np.concatenate([picture(80, 96, 1), alpha], axis=2), iterations=1)).done
    assert result.alpha is not None
    assert result.alpha.shape == (40, 48)
    assert result.alpha.std() == pytest.approx(alpha.std(), rel=0.02)
    assert run(make(iterations=1)).done.alpha is None


def test_luminance_keeps_the_chroma_of_the_photo(make: Make, run: RunJob, picture: PictureOf) -> None:
    photo = 0.4 + 0.2 * picture(40, 48, 1)  # colors that no luminance pushes out of the gamut
    result = run(make(content=photo, keep_color="luminance", iterations=2)).image
    to_iq = np.array([[0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    difference = (result - photo) @ to_iq.T
    inside = (result > 0.001).all(-1) & (result < 0.999).all(-1)
    assert inside.mean() > 0.5
    assert np.abs(difference[inside]).max() < 2e-3
    assert np.abs(result - photo).mean() > 0.002


@pytest.mark.parametrize("keep", ["histogram", "linear"])
def test_recoloring_the_style_brings_the_result_nearer_to_the_photo(
    make: Make, run: RunJob, picture: PictureOf, keep: str
) -> None:
    red = picture(44, 36, 2) * np.array([1, 0.3, 0.2], dtype=np.float32)
    kept = run(make(styles=[red], keep_color=keep)).image
    plain = run(make(styles=[red])).image
    photo = picture(40, 48, 1).mean((0, 1))
    assert np.abs(kept.mean((0, 1)) - photo).max() < 0.5 * np.abs(plain.mean((0, 1)) - photo).max()


def test_a_texture_has_the_style_alone(make: Make, run: RunJob) -> None:
    result = run(make(content=None))
    assert all(not name.startswith("content") for name in result.progress[0].losses)
    assert result.image.shape == (48, 39, 3)  # the style's own proportions
    assert result.progress[-1].loss < result.progress[-4].loss
    assert result.done.record["content"] is None


def test_a_start_from_a_file(make: Make, run: RunJob, picture: PictureOf, tmp_path: Path) -> None:
    from impasto.image import write_image

    path = tmp_path / "start.png"
    write_image(str(path), picture(30, 36, 7))
    still = {"learning_rate": 1e-9, "coarsest": None}
    result = run(make(init=str(path), recipe=still, iterations=1))
    shrunk = result.image.reshape(10, 4, 12, 4, 3).mean((1, 3))
    wanted = picture(30, 36, 7).reshape(10, 3, 12, 3, 3).mean((1, 3))
    assert np.abs(shrunk - wanted).mean() < 0.02
    assert result.done.record["start"]["name"] == "start.png"
    assert str(tmp_path) not in str(result.done.record)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_runs_to_its_end(make: Make, run: RunJob, picture: PictureOf, name: str) -> None:
    config = PaintConfig(
        recipe=name, weights="tiny", size=(40, 48), iterations=5, device="cpu", precision="fp32"
    )
    result = run(PaintJob(picture(40, 48, 1), [picture(44, 36, 2)], config))
    assert result.done.complete
    assert result.image.shape == (40, 48, 3)
    assert np.isfinite(result.image).all()
    finest = [event.loss for event in result.progress if event.size == (40, 48)]
    assert min(finest[1:]) < finest[0]
    assert result.done.record["recipe"]["name"] == name


def test_a_loss_that_is_not_a_number_is_named(make: Make, run: RunJob) -> None:
    with pytest.raises(
        DivergenceError, match=r"loss \S+/relu\d_\d became (nan|inf) at step \d+ of size 24 x 20"
    ):
        run(make(recipe={"optimizer": "adam", "learning_rate": 1e30}))


def test_content_and_style_may_be_one_picture(make: Make, run: RunJob, picture: PictureOf) -> None:
    one = picture(48, 48, 1)
    result = run(
        make(content=one, styles=[one], recipe={"optimizer": "adam", "unit": "unit", "learning_rate": 0.01})
    )
    assert result.done.complete  # the first loss is next to nothing, and any other a thousand times larger
    assert result.progress[-1].loss > 1e4 * result.progress[0].loss


def test_a_last_step_out_of_the_finite_numbers_is_found(make: Make, run: RunJob) -> None:
    job = make(recipe={"learning_rate": float("inf"), "spectrum": 0.5, "coarsest": None}, iterations=1)
    with pytest.raises(DivergenceError, match="left the finite numbers"):
        run(job)


def test_a_small_style_is_seen_at_fewer_levels(make: Make, run: RunJob, picture: PictureOf) -> None:
    narrow = picture(40, 5, 2)  # at half size it has 3 pixels a side, and relu3_1 needs 4
    job = make(styles=[narrow])
    assert [level.size for level in job.levels] == [(40, 48)]
    assert run(job).done.complete
    assert [level.size for level in make(styles=[picture(40, 8, 2)]).levels] == [(20, 24), (40, 48)]


def test_pictures_too_small_for_the_layers_are_refused_before_any_work(
    make: Make, picture: PictureOf
) -> None:
    with pytest.raises(ImageTooSmallError, match=r"the result would be 48 x 3 pixels.* at least 4"):
        make(size=(3, 48))
    with pytest.raises(ImageTooSmallError, match=r"style 'array' would be 2 x 48 pixels.* at least 4"):
        make(styles=[picture(44, 36, 2), picture(96, 4, 2)])


def test_all_weights_of_zero_are_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match="all weights are 0"):
        make(content_weight=0, style_weight=0)
    with pytest.raises(ConfigError, match="all weights are 0"):
        make(content=None, style_layers={"relu1_1": 0.0})
    make(content_weight=0, style_weight=0, tv_weight=1)


def test_a_layer_that_does_not_exist_is_refused_before_any_work(make: Make) -> None:
    with pytest.raises(ConfigError, match="no layer 'relu9_1'"):
        make(style_layers={"relu9_1": 1.0})


def test_style_weights_blend(make: Make, run: RunJob, picture: PictureOf) -> None:
    first, second = picture(44, 36, 2), picture(44, 36, 5)
    alone = run(make(styles=[first], iterations=2)).image
    both = [run(make(styles=[first, second], style_weights=w, iterations=2)).image for w in ((1, 0), (3, 1))]
    assert np.abs(both[0] - alone).max() < 1e-4
    assert np.abs(both[1] - alone).max() > 1e-3


def test_transport_weighs_as_much_as_the_form_it_stands_in_for(make: Make, run: RunJob) -> None:
    plain, transported = (
        run(make(recipe={"transport": share, "coarsest": None})).progress for share in (0.0, 0.5)
    )
    # At the start picture both are the same number; the last levels, of the recipe's own form, are not moved.
    assert transported[0].losses["style/relu3_1"] == pytest.approx(plain[0].losses["style/relu3_1"], rel=1e-3)
    assert len(transported) == len(plain)


def test_the_picture_goes_on_outside_the_range_at_one_size(make: Make, run: RunJob) -> None:
    job = make(
        recipe={"transport": 0.5, "coarsest": None, "style_weight": 1e4, "init": "noise", "noise": 0.4}
    )
    seen = [float(job.stage.end().max()) for _ in job.events() if job.stage][:-1]  # the last event is Done
    assert len(seen) == 4
    assert min(seen[2:]) > 1.0  # held in the range where transport ends, it would begin at 1


@pytest.mark.parametrize(
    "changes", [{"style_weight": 0.0}, {"transport_weight": 0.0}, {"prescale": True}, {"balance": True}]
)
def test_transport_under_any_recipe(make: Make, run: RunJob, changes: dict[str, Any]) -> None:
    assert run(make(recipe={"transport": 0.5, **changes})).done.complete
