"""The stream of photos: where they are found, their order, their squares, and those that cannot be used."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.errors import ImageReadError
from impasto.image import Square, read_image
from impasto.studio.train.augment import Augment
from impasto.studio.train.data import Ask, PhotoStream, Shot, asks_of, make_loader, stack, to_images
from impasto.studio.train.photos import find_photos, fingerprint

PLAIN = Augment(scale=32, zoom=1.5, center=False, small="upscale", seed=0)


def shards(photos: Path, folder: Path) -> Path:
    """The same photos, in two shards with their captions, as WebDataset has them."""
    folder.mkdir()
    files = sorted(photos.rglob("*.png")) + sorted(photos.rglob("*.jpg"))
    for number in (0, 1):
        with tarfile.open(folder / f"{number:05}.tar", "w") as archive:
            for file in files[number::2]:
                archive.add(file, file.name)
                caption = tarfile.TarInfo(f"{file.stem}.txt")
                caption.size = 3
                archive.addfile(caption, io.BytesIO(b"cat"))
    return folder


def test_photos_are_found_in_folders_of_folders(photos: Path) -> None:
    (photos / "labels.json").write_text("{}")
    (photos / ".hidden.jpg").write_bytes(b"")
    names = [photo.name for photo in find_photos(photos)]
    assert names == ["0.jpg", *(f"{i}.jpg" for i in range(1, 7)), "more/7.jpg", "more/8.jpg"]


def test_photos_in_shards_are_the_same_photos(photos: Path, tmp_path: Path) -> None:
    files = {Path(photo.name).name: photo.read() for photo in find_photos(photos)}
    folder = shards(photos, tmp_path / "shards")
    inside = find_photos(folder)
    assert inside[0].name == "00000.tar/0.jpg"
    assert {Path(photo.name).name: photo.read() for photo in inside} == files
    assert len(find_photos(folder / "00001.tar")) == 4
    assert fingerprint(inside) != fingerprint(find_photos(photos))
    shot = PhotoStream(inside, PLAIN)[Ask(3, 32)]
    assert shot.pixels is not None
    assert shot.skipped == {}


def test_a_shard_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(ImageReadError, match=r"a\.tar' cannot be read"):
        find_photos(tmp_path)


def test_each_pass_shows_every_photo_once_in_an_order_of_its_own(photos: Path) -> None:
    stream = PhotoStream(find_photos(photos), replace(PLAIN, center=True, zoom=1.0))

    def shown(first: int) -> list[bytes]:
        pixels = [stream[Ask(number, 32)].pixels for number in range(first, first + 9)]
        return [each.numpy().tobytes() for each in pixels if each is not None]

    one, two = shown(0), shown(9)
    assert len(set(one)) == 9
    assert set(one) == set(two)
    assert one != two
    assert shown(0) == one


def test_squares_and_flips_go_by_the_number(photos: Path) -> None:
    (photo, *_) = find_photos(photos)
    stream = PhotoStream([photo], PLAIN)
    shots = [stream[Ask(number, 32)].pixels for number in range(12)]
    assert len({each.numpy().tobytes() for each in shots if each is not None}) == 12
    fresh = PhotoStream([photo], PLAIN)[Ask(7, 32)].pixels
    assert fresh is not None
    assert torch.equal(fresh, shots[7])  # type: ignore[arg-type]


def test_squares_stay_inside_and_are_of_the_right_scale() -> None:
    for number in range(200):
        chosen = PLAIN.choose((60, 90), 16, number)
        assert chosen is not None
        square, _ = chosen
        assert 16 * 60 / 48 - 1e-9 <= square.side <= 16 * 60 / 32 + 1e-9  # scaled to 32 to 48 pixels
        assert 0 <= square.top <= 60 - square.side + 1e-9
        assert 0 <= square.left <= 90 - square.side + 1e-9
    flips = [chosen[1] for number in range(200) if (chosen := PLAIN.choose((60, 90), 16, number))]
    assert 60 < sum(flips) < 140
    middle = replace(PLAIN, center=True).choose((60, 90), 32, 5)
    assert middle == (Square(top=0, left=15, side=60), False)


def test_small_photos_are_enlarged_or_left_out() -> None:
    chosen = PLAIN.choose((20, 30), 32, 0)
    assert chosen is not None
    assert chosen[0].side == 20
    assert chosen[0].top == 0
    assert replace(PLAIN, small="skip").choose((20, 30), 32, 0) is None
    assert replace(PLAIN, small="skip").choose((20, 30), 16, 0) is None  # also while squares are smaller
    assert replace(PLAIN, small="skip").choose((32, 32), 32, 0) is not None


def test_zoom_never_enlarges() -> None:
    sides = [chosen[0].side for n in range(50) if (chosen := PLAIN.choose((36, 36), 32, n))]
    assert min(sides) == pytest.approx(32)


def test_a_damaged_photo_is_replaced_by_the_next_and_named(photos: Path) -> None:
    (photos / "0.jpg").write_bytes(b"\xff\xd8\xff damaged")
    (photos / "more" / "8.jpg").unlink()
    (photos / "more" / "8.jpg").write_bytes(b"")
    found = find_photos(photos)
    stream = PhotoStream(found, PLAIN)
    shots = [stream[Ask(number, 16)] for number in range(9)]
    assert all(shot.pixels is not None for shot in shots)
    skipped = {name: why for shot in shots for name, why in shot.skipped.items()}
    assert set(skipped) == {"0.jpg", "more/8.jpg"}
    assert "is empty" in skipped["more/8.jpg"]
    again = PhotoStream(found, PLAIN)  # knowing nothing of the damage yet
    for number in (8, 3, 0):
        assert torch.equal(again[Ask(number, 16)].pixels, shots[number].pixels)  # type: ignore[arg-type]


def test_nothing_that_can_be_read_is_one_error(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(b"no picture")
    shot = stack([PhotoStream(find_photos(tmp_path), PLAIN)[Ask(0, 16)]])
    with pytest.raises(ImageReadError, match=r"none of the 2 photos can be used; of '[ab]\.png' it was said"):
        to_images(shot)


def test_processes_share_a_step_out() -> None:
    alone = list(asks_of(range(2, 4), lambda step: 16 * step, batch=4))
    assert alone == [[Ask(n, 32) for n in range(8, 12)], [Ask(n, 48) for n in range(12, 16)]]
    shares = [list(asks_of(range(2, 4), lambda step: 16 * step, batch=2, rank=r, world=2)) for r in (0, 1)]
    for whole, first, second in zip(alone, *shares, strict=True):
        assert sorted([*first, *second]) == whole
        assert len(first) == len(second) == 2


def test_batches_are_pictures_in_the_studios_form(photos: Path) -> None:
    stream = PhotoStream(find_photos(photos), PLAIN)
    asks = asks_of(range(2), lambda _: 16, batch=3)
    shots = list(make_loader(stream, asks, 0))
    images = to_images(shots[1])
    assert images.shape == (3, 3, 16, 16)
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert shots[1].pixels is not None
    torch.testing.assert_close(images[2].permute(1, 2, 0) * 255, shots[1].pixels[2].float())


def test_stacking_keeps_who_was_skipped() -> None:
    pixels = torch.zeros(4, 4, 3, dtype=torch.uint8)
    stacked = stack([Shot(pixels=pixels, skipped={"a": "1"}), Shot(pixels=pixels, skipped={"b": "2"})])
    assert stacked.skipped == {"a": "1", "b": "2"}
    assert stacked.pixels is not None
    assert stacked.pixels.shape == (2, 4, 4, 3)


def test_a_whole_photo_comes_out_as_it_is(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    whole = replace(PLAIN, center=True, zoom=1.0)
    shot = PhotoStream(find_photos(tmp_path), whole)[Ask(0, 32)]
    assert shot.pixels is not None
    assert np.array_equal(shot.pixels.numpy(), pixels)
    assert read_image(tmp_path / "a.png").size == (32, 32)
