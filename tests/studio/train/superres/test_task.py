"""The losses of super-resolution: by hand, calibrated, and shown."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.studio.encoders import tiny_encoder
from impasto.studio.losses import texture_loss
from impasto.studio.train.superres import SuperConfig
from impasto.studio.train.superres.scale import larger, smaller
from impasto.studio.train.superres.task import SuperTask, term_weights


def photos(seed: int = 0, count: int = 2) -> Tensor:
    small = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(small, size=(32, 32), mode="bilinear") * 0.8 + 0.2 * torch.rand(count, 3, 32, 32)


def task_of(**settings: object) -> SuperTask:
    config = SuperConfig(**{"factor": 2, "size": 32, **settings})  # type: ignore[arg-type]
    return SuperTask(tiny_encoder(), config.resolve(), torch.no_grad, begins_as_bicubic=True)


class Bicubic(torch.nn.Module):
    def forward(self, small: Tensor) -> Tensor:
        return larger(small, 2)


def terms_of(task: SuperTask, made: Tensor, photos: Tensor) -> dict[str, Tensor]:
    return task.losses(lambda _: made, photos, 0)


def test_the_pixel_loss_by_hand() -> None:
    one, other = torch.full((1, 3, 4, 4), 0.5), torch.full((1, 3, 4, 4), 0.7)
    assert terms_of(task_of(), one, other)["pixel"].item() == pytest.approx(0.2)
    assert terms_of(task_of(pixel_form="mse", loss={"pixel": 3.0}), one, other)[
        "pixel"
    ].item() == pytest.approx(0.12)


def test_the_feature_loss_is_the_mean_of_squares() -> None:
    one, other = photos(0), photos(1)
    encoder = tiny_encoder()
    task = task_of(loss={"feature": 2.0}, feature_layers={"relu2_2": 1.0, "relu3_1": 0.5})
    terms = terms_of(task, one, other)
    layers = ("relu2_2", "relu3_1")
    seen, wanted = encoder(one, layers), encoder(other, layers)
    assert set(terms) == {"feature/relu2_2", "feature/relu3_1"}
    assert terms["feature/relu2_2"].item() == pytest.approx(
        2 * F.mse_loss(seen["relu2_2"], wanted["relu2_2"]).item()
    )
    assert terms["feature/relu3_1"].item() == pytest.approx(
        F.mse_loss(seen["relu3_1"], wanted["relu3_1"]).item()
    )


def test_calibrated_terms_are_their_weights_for_bicubic() -> None:
    task = task_of(loss={"pixel": 0.1, "feature": 1.0, "grid": 0.3, "texture": 0.5})
    assert task.expected == pytest.approx(1.9)
    batch = photos(3, 1)
    task.calibrate([batch])
    assert task.measure(Bicubic(), batch) == pytest.approx(
        {
            "pixel": 0.1,
            "feature/relu2_2": 1.0,
            **{f"texture/relu{block}_1": share for block, share in ((1, 0.15), (2, 0.15), (3, 0.2))},
            "grid": 0.3,
        },
        rel=1e-5,
    )


def test_the_network_sees_small_photos() -> None:
    task, batch = task_of(), photos()
    seen: list[Tensor] = []

    def model(small: Tensor) -> Tensor:
        seen.append(small)
        return larger(small, 2)

    terms = task.losses(model, batch, 0)
    assert torch.equal(seen[0], smaller(batch, 2, "bicubic"))
    assert terms["pixel"].item() == pytest.approx(F.l1_loss(larger(seen[0], 2), batch).item())


def test_features_are_seen_from_another_pixel_of_the_block_at_every_step() -> None:
    task, batch = task_of(loss={"feature": 1.0}), photos()
    made = larger(smaller(batch, 2, "bicubic"), 2)
    encoder, layer = tiny_encoder(), ("relu2_2",)
    found = [task.losses(lambda _: made, batch, step)["feature/relu2_2"].item() for step in range(5)]
    for step, (top, left) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1), (0, 0)]):
        seen, wanted = (encoder(each[..., top:, left:], layer)["relu2_2"] for each in (made, batch))
        assert found[step] == pytest.approx(F.mse_loss(seen, wanted).item()), step
    assert len(set(found)) == 4


def test_a_weave_costs_and_what_the_photo_has_does_not() -> None:
    task, batch = task_of(loss={"pixel": 1.0, "grid": 2.0}), photos()
    weave = torch.tensor([[0.4, 0.0], [0.0, 0.0]]).repeat(16, 16)
    assert terms_of(task, batch, batch)["grid"].item() == 0
    spread = 0.3**2 + 3 * 0.1**2
    assert terms_of(task, batch + weave, batch)["grid"].item() == pytest.approx(2 * spread / 4)


def test_dots_in_every_other_block_cost_as_well() -> None:
    task, batch = task_of(loss={"pixel": 1.0, "grid": 2.0}), photos()
    dots = torch.zeros(4, 4)
    dots[0, 0] = dots[2, 2] = 0.4
    dots[0, 2] = dots[2, 0] = -0.4  # the other blocks of 2 x 2: over many of these it averages out
    found = terms_of(task, batch + dots.repeat(8, 8), batch)["grid"].item()
    assert found == pytest.approx(2 * dots.square().mean().item() / 2, rel=0.01)


def test_textures_are_compared_in_patches_of_16_pixels() -> None:
    one, other = photos(0), photos(1)
    task = task_of(loss={"texture": 2.0}, texture_layers={"relu1_1": 1.0, "relu3_1": 0.5})
    terms = terms_of(task, one, other)
    assert set(terms) == {"texture/relu1_1", "texture/relu3_1"}
    for layer, weight, side in (("relu1_1", 2.0, 16), ("relu3_1", 1.0, 4)):
        seen, wanted = (tiny_encoder()(each, (layer,))[layer] for each in (one, other))
        assert terms[f"texture/{layer}"].item() == pytest.approx(
            weight * texture_loss(seen, wanted, side).item()
        )


def test_what_weighs_nothing_is_not_computed() -> None:
    assert term_weights(SuperConfig(loss={"pixel": 1.0, "feature": 0.0}).resolve()) == {"pixel": 1.0}
    recipe = SuperConfig(loss={"feature": 1.0}, feature_layers={"relu2_2": 1.0, "relu3_1": 0.0}).resolve()
    assert term_weights(recipe) == {"feature/relu2_2": 1.0}


def test_a_network_that_does_not_begin_as_bicubic_has_no_expected_loss() -> None:
    recipe = SuperConfig(recipe="johnson").resolve()
    assert SuperTask(tiny_encoder(), recipe, torch.no_grad).expected == 0


def test_three_rows_are_shown() -> None:
    task, batch = task_of(), photos(count=3)
    sheet = task.show(torch.nn.Upsample(scale_factor=2), batch, "step 3 of 4")
    assert sheet.shape[0] > 3 * 32
    assert sheet.shape[1] > 3 * 32
    one = task.measure(torch.nn.Upsample(scale_factor=2), batch[:1])["pixel"]
    other = task.measure(torch.nn.Upsample(scale_factor=2), batch[1:2])["pixel"]
    both = task.measure(torch.nn.Upsample(scale_factor=2), batch[:2])["pixel"]
    assert both == pytest.approx((one + other) / 2)
