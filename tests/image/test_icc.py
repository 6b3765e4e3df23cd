"""Color profiles: a known color moves the right way, and what is sRGB already does not move at all."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageCms

from impasto.image import read_image, write_image
from impasto.image.icc import is_srgb, profile_mode, srgb_profile

Encode = Callable[..., bytes]
FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]


def vips_profile(name: str) -> bytes:
    """One of the profiles that libvips brings: p3, cmyk, srgb."""
    return bytes(pyvips.Operation.call("profile_load", name))


def read(data: bytes, folder: Path) -> NDArray[np.float32]:
    (folder / "picture").write_bytes(data)
    return read_image(folder / "picture").pixels


@pytest.mark.parametrize("image_format", FORMATS)
def test_swapped_primaries_swap_red_and_blue(
    image_format: str, swapped_profile: bytes, encode: Encode, tmp_path: Path
) -> None:
    # Gamma 2.2 against the sRGB curve: 60 becomes 57, 120 becomes 121.
    image = Image.new("RGB", (16, 16), (230, 120, 60))
    pixels = read(encode(image, image_format, icc_profile=swapped_profile), tmp_path)
    np.testing.assert_allclose(pixels[8, 8] * 255, [57, 121, 230], atol=4)


def test_display_p3_red_by_hand(encode: Encode, tmp_path: Path) -> None:
    # A P3 color inside sRGB's gamut. By the two matrices, linear sRGB = M @ linear P3 with these rows.
    matrix = np.array([[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]])
    color = np.array([180, 100, 90]) / 255
    linear = matrix @ (((color + 0.055) / 1.055) ** 2.4)
    expected = 1.055 * linear ** (1 / 2.4) - 0.055
    image = Image.new("RGB", (4, 4), (180, 100, 90))
    pixels = read(encode(image, "PNG", icc_profile=vips_profile("p3")), tmp_path)
    np.testing.assert_allclose(pixels[0, 0], expected, atol=2 / 255)
    assert pixels[0, 0, 0] > 185 / 255  # more red than the number says


def test_gray_profile(linear_gray_profile: bytes, encode: Encode, tmp_path: Path) -> None:
    # Half of the light is 188 on the sRGB curve.
    pixels = read(encode(Image.new("L", (4, 4), 128), "PNG", icc_profile=linear_gray_profile), tmp_path)
    np.testing.assert_allclose(pixels * 255, 188, atol=1.5)


def test_alpha_is_not_converted(swapped_profile: bytes, encode: Encode, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(
        encode(Image.new("RGBA", (4, 4), (255, 0, 0, 51)), "PNG", icc_profile=swapped_profile)
    )
    picture = read_image(tmp_path / "x")
    np.testing.assert_allclose(picture.pixels[0, 0], [0, 0, 1], atol=0.02)
    assert picture.alpha is not None
    np.testing.assert_allclose(picture.alpha, 0.2)


def test_palette_and_gray_alpha_with_profiles(
    swapped_profile: bytes, linear_gray_profile: bytes, encode: Encode, tmp_path: Path
) -> None:
    palette = Image.new("RGB", (4, 4), (255, 0, 0)).quantize(2)
    pixels = read(encode(palette, "PNG", icc_profile=swapped_profile), tmp_path)
    np.testing.assert_allclose(pixels[0, 0], [0, 0, 1], atol=0.02)
    pixels = read(encode(Image.new("LA", (4, 4), (128, 9)), "PNG", icc_profile=linear_gray_profile), tmp_path)
    np.testing.assert_allclose(pixels * 255, 188, atol=1.5)


def test_gray_picture_with_a_screen_profile(swapped_profile: bytes, encode: Encode, tmp_path: Path) -> None:
    # Its primaries cancel out on gray, its gamma of 2.2 does not: 30 is 24 on the sRGB curve.
    pixels = read(encode(Image.new("L", (4, 4), 30), "PNG", icc_profile=swapped_profile), tmp_path)
    np.testing.assert_allclose(pixels * 255, 24, atol=1.5)


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_cmyk_profile(image_format: str, encode: Encode, tmp_path: Path) -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    plain = read(encode(image, image_format), tmp_path)
    printed = read(encode(image, image_format, icc_profile=vips_profile("cmyk")), tmp_path)
    np.testing.assert_allclose(plain[8, 8], [0, 1, 1], atol=0.02)
    # Printed cyan is a duller, bluer color than the screen's.
    assert printed[8, 8, 0] < 0.25
    assert 0.5 < printed[8, 8, 1] < 0.8
    assert printed[8, 8, 2] > printed[8, 8, 1]


@pytest.mark.parametrize("profile", [b"garbage", b"\0" * 500, b""])
def test_broken_profile_is_ignored(profile: bytes, encode: Encode, tmp_path: Path) -> None:
    for mode, color in (("RGB", (200, 100, 50)), ("L", 200), ("CMYK", (9, 9, 9, 9))):
        image = Image.new(mode, (4, 4), color)
        pixels = read(encode(image, "TIFF", icc_profile=profile), tmp_path)
        np.testing.assert_array_equal(pixels * 255, np.asarray(image.convert("RGB")))


def test_truncated_and_misplaced_profiles_are_ignored(
    swapped_profile: bytes, linear_gray_profile: bytes, encode: Encode, tmp_path: Path
) -> None:
    for profile in (swapped_profile[:200], linear_gray_profile, vips_profile("cmyk")):
        pixels = read(encode(Image.new("RGB", (4, 4), (200, 100, 50)), "PNG", icc_profile=profile), tmp_path)
        np.testing.assert_allclose(pixels[0, 0] * 255, [200, 100, 50], atol=1e-4)


def test_pil_images_are_converted_too(swapped_profile: bytes) -> None:
    image = Image.new("RGB", (4, 4), (255, 0, 0))
    image.info["icc_profile"] = swapped_profile
    np.testing.assert_allclose(read_image(image).pixels[0, 0], [0, 0, 1], atol=0.02)


def test_known_srgb_profiles_change_nothing(encode: Encode, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    for profile in (srgb_profile(), vips_profile("srgb")):
        assert is_srgb(profile)
        np.testing.assert_array_equal(
            np.rint(read(encode(noise, "PNG", icc_profile=profile), tmp_path) * 255), noise
        )


def test_is_srgb_says_no(swapped_profile: bytes, linear_gray_profile: bytes) -> None:
    for profile in (
        swapped_profile,
        linear_gray_profile,
        vips_profile("p3"),
        vips_profile("cmyk"),
        b"garbage",
    ):
        assert not is_srgb(profile)


def test_profile_mode(swapped_profile: bytes, linear_gray_profile: bytes) -> None:
    modes = [profile_mode(p) for p in (swapped_profile, linear_gray_profile, vips_profile("cmyk"), b"no")]
    assert modes == ["RGB", "L", "CMYK", None]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
@pytest.mark.parametrize("alpha", [False, True])
def test_srgb_is_written(suffix: str, alpha: bool, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    write_image(path, np.full((8, 8, 3), 0.5), alpha=np.ones((8, 8)) if alpha else None)
    with Image.open(path) as image:
        profile: Any = image.info["icc_profile"]
    assert profile == srgb_profile()
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))


def test_written_profile_has_a_fixed_date() -> None:
    assert srgb_profile()[24:36] == bytes([0x07, 0xD0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
