"""Sixteen bits a channel, in and out, with pyvips and without."""

import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ImageReadError, ImageTooLargeError, ImageWriteError, MissingExtraError
from impasto.image import check_output, read_image, write_image
from impasto.image.icc import srgb_profile

SUFFIXES = [".png", ".tif", ".tiff"]
INTERPRETATIONS = {1: "grey16", 2: "grey16", 3: "rgb16", 4: "rgb16"}


def vips_image(samples: NDArray[Any], interpretation: str | None = None, **metadata: Any) -> Any:
    image = pyvips.Image.new_from_array(samples).copy(
        interpretation=interpretation or INTERPRETATIONS[np.atleast_3d(samples).shape[2]]
    )
    for key, value in metadata.items():
        kind = pyvips.GValue.gint_type if isinstance(value, int) else pyvips.GValue.blob_type
        image.set_type(kind, key.replace("_", "-"), value)
    return image


def save(image: Any, path: Path) -> Path:
    image.write_to_file(str(path))
    return path


def noise(*shape: int) -> NDArray[np.uint16]:
    return np.random.default_rng(0).integers(0, 65536, shape, dtype=np.uint16)


def levels(unit: NDArray[Any]) -> NDArray[np.float64]:
    return unit.astype(np.float64) * 65535


@pytest.mark.parametrize("suffix", SUFFIXES)
class TestRoundTrip:
    def test_color(self, suffix: str, tmp_path: Path) -> None:
        samples = noise(20, 30, 3)
        pixels = (samples / 65535).astype(np.float32)
        write_image(tmp_path / f"x{suffix}", pixels, bit_depth=16)
        picture = read_image(tmp_path / f"x{suffix}")
        assert picture.pixels.dtype == np.float32
        assert picture.alpha is None
        np.testing.assert_array_equal(np.rint(levels(picture.pixels)), samples)
        np.testing.assert_allclose(picture.pixels, pixels, atol=1e-7)

    def test_alpha(self, suffix: str, tmp_path: Path) -> None:
        samples = noise(20, 30, 4)
        unit = (samples / 65535).astype(np.float32)
        write_image(tmp_path / f"x{suffix}", unit[..., :3], alpha=unit[..., 3], bit_depth=16)
        picture = read_image(tmp_path / f"x{suffix}")
        assert picture.alpha is not None
        np.testing.assert_array_equal(np.rint(levels(picture.pixels)), samples[..., :3])
        np.testing.assert_array_equal(np.rint(levels(picture.alpha)), samples[..., 3])

    def test_any_float_to_half_a_level(self, suffix: str, tmp_path: Path) -> None:
        pixels = np.random.default_rng(1).random((30, 20, 3)).astype(np.float32)
        write_image(tmp_path / f"x{suffix}", pixels, bit_depth=16)
        assert np.abs(levels(read_image(tmp_path / f"x{suffix}").pixels) - levels(pixels)).max() < 0.51

    def test_file_is_really_deep_and_tagged(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"x{suffix}"
        write_image(path, np.full((4, 4, 3), 0.3), bit_depth=16)
        image = pyvips.Image.new_from_file(str(path))
        assert (image.format, image.interpretation, image.bands) == ("ushort", "rgb16", 3)
        assert image.get("icc-profile-data") == srgb_profile()

    def test_same_picture_same_bytes(self, suffix: str, tmp_path: Path) -> None:
        for name in "ab":
            write_image(tmp_path / f"{name}{suffix}", noise(9, 9, 3) / 65535, bit_depth=16, record='{"a":1}')
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", [".png", ".tif"])
class TestReading:
    def test_gray(self, suffix: str, tmp_path: Path) -> None:
        samples = noise(5, 6)
        pixels = read_image(save(vips_image(samples), tmp_path / f"x{suffix}")).pixels
        np.testing.assert_array_equal(np.rint(levels(pixels)), np.repeat(samples[..., None], 3, axis=2))

    def test_gray_with_alpha(self, suffix: str, tmp_path: Path) -> None:
        samples = noise(5, 6, 2)
        picture = read_image(save(vips_image(samples), tmp_path / f"x{suffix}"))
        assert picture.alpha is not None
        np.testing.assert_array_equal(np.rint(levels(picture.alpha)), samples[..., 1])
        np.testing.assert_array_equal(np.rint(levels(picture.pixels[..., 2])), samples[..., 0])

    def test_profile_at_full_depth(self, suffix: str, swapped_profile: bytes, tmp_path: Path) -> None:
        samples = np.full((4, 300, 3), [60000, 20000, 0], dtype=np.uint16)
        samples[..., 2] = np.arange(300)[None] + 30000  # about one 8-bit level in 300 steps
        pixels = read_image(
            save(vips_image(samples, icc_profile_data=swapped_profile), tmp_path / f"x{suffix}")
        ).pixels
        # Blue became red, on gamma 2.2 against sRGB's curve, and kept its fine steps.
        np.testing.assert_allclose(pixels[0, 0], [30000 / 65535, 20000 / 65535, 60000 / 65535], atol=0.02)
        assert len(np.unique(pixels[0, :, 0])) > 200

    def test_gray_profile(self, suffix: str, linear_gray_profile: bytes, tmp_path: Path) -> None:
        image = vips_image(np.full((4, 4), 32768, dtype=np.uint16), icc_profile_data=linear_gray_profile)
        np.testing.assert_allclose(
            read_image(save(image, tmp_path / f"x{suffix}")).pixels, 0.7354, atol=0.003
        )

    def test_broken_profile_is_ignored(self, suffix: str, swapped_profile: bytes, tmp_path: Path) -> None:
        samples = noise(4, 4, 3)
        image = vips_image(samples, icc_profile_data=swapped_profile[:150])
        pixels = read_image(save(image, tmp_path / f"x{suffix}")).pixels
        np.testing.assert_array_equal(np.rint(levels(pixels)), samples)

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_orientation(self, suffix: str, orientation: int, tmp_path: Path) -> None:
        samples = noise(3, 5, 3)
        image = vips_image(samples, orientation=orientation)
        # libvips undoes the orientation too: the two must agree.
        upright = image.autorot().numpy()
        pixels = read_image(save(image, tmp_path / f"x{suffix}")).pixels
        np.testing.assert_array_equal(np.rint(levels(pixels)), upright)
        assert pixels.shape[:2] == ((3, 5) if orientation < 5 else (5, 3))

    def test_limit_holds_before_decoding(self, suffix: str, tmp_path: Path) -> None:
        path = save(vips_image(noise(5, 6, 3)), tmp_path / f"x{suffix}")
        assert read_image(path, max_pixels=30).size == (5, 6)
        path.write_bytes(path.read_bytes()[:-40] if suffix == ".png" else path.read_bytes())
        with pytest.raises(ImageTooLargeError, match="6 x 5"):
            read_image(path, max_pixels=29)

    def test_truncated(self, suffix: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        path = save(vips_image(noise(60, 60, 3)), tmp_path / f"x{suffix}")
        data = path.read_bytes()
        for share in (0.3, 0.6, 0.95):
            path.write_bytes(data[: int(len(data) * share)])
            with pytest.raises(ImageReadError, match="truncated") as error:
                read_image(path)
            assert "\n" not in str(error.value)
        assert capfd.readouterr() == ("", "")

    def test_missing_pyvips(self, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = save(vips_image(noise(5, 6, 3)), tmp_path / f"x{suffix}")
        monkeypatch.setitem(sys.modules, "pyvips", None)
        with pytest.raises(MissingExtraError, match=r"pip install 'impasto\[huge\]'") as error:
            read_image(path)
        assert "\n" not in str(error.value)


class TestTiffKinds:
    def test_cmyk(self, tmp_path: Path) -> None:
        image = vips_image(np.full((4, 4, 4), [65535, 0, 0, 0], dtype=np.uint16), "cmyk")
        pixels = read_image(save(image, tmp_path / "x.tif")).pixels
        assert pixels.shape == (4, 4, 3)
        assert pixels[0, 0, 0] < 0.25 < pixels[0, 0, 1] < pixels[0, 0, 2]

    def test_float(self, tmp_path: Path) -> None:
        values = np.random.default_rng(0).random((4, 5)).astype(np.float32)
        Image.fromarray(values).save(tmp_path / "x.tif")
        np.testing.assert_array_equal(read_image(tmp_path / "x.tif").pixels[..., 0], values)

    def test_float_out_of_range(self, tmp_path: Path) -> None:
        Image.fromarray(np.full((4, 5), 7, dtype=np.float32)).save(tmp_path / "x.tif")
        with pytest.raises(ImageReadError, match="outside 0 to 1"):
            read_image(tmp_path / "x.tif")

    def test_signed(self, tmp_path: Path) -> None:
        image = pyvips.Image.new_from_array(np.zeros((4, 4), dtype=np.int16))
        with pytest.raises(ImageReadError, match="samples of type"):
            read_image(save(image, tmp_path / "x.tif"))

    def test_seven_channels(self, tmp_path: Path) -> None:
        image = pyvips.Image.new_from_array(noise(4, 4, 7)).copy(interpretation="multiband")
        with pytest.raises(ImageReadError, match="channels"):
            read_image(save(image, tmp_path / "x.tif"))

    def test_big_endian_by_hand(self, tmp_path: Path) -> None:
        # 2 x 1 gray: 1000 and 40000.
        tags = [
            (256, 3, 2),
            (257, 3, 1),
            (258, 3, 16),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, 8),
            (277, 3, 1),
            (279, 4, 4),
        ]
        data = b"MM\0*" + struct.pack(">IHHH", 12, 1000, 40000, len(tags))
        for tag, kind, value in tags:
            data += struct.pack(">HHI", tag, kind, 1) + (
                struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value)
            )
        (tmp_path / "x.tif").write_bytes(data + bytes(4))
        pixels = read_image(tmp_path / "x.tif").pixels
        assert np.rint(levels(pixels[0, :, 0])).tolist() == [1000, 40000]


class TestWriting:
    @pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif", ".bmp", ".gif"])
    def test_formats_of_eight_bits(self, suffix: str, unchanged: Path) -> None:
        with pytest.raises(ImageWriteError, match=r"use \.png, \.tif or \.tiff"):
            check_output(unchanged / f"x{suffix}", bit_depth=16)
        with pytest.raises(ImageWriteError, match=r"use \.png, \.tif or \.tiff"):
            write_image(unchanged / f"x{suffix}", np.zeros((2, 2, 3)), bit_depth=16)

    def test_missing_pyvips(self, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyvips", None)
        with pytest.raises(MissingExtraError, match=r"pip install 'impasto\[huge\]'"):
            check_output(unchanged / "x.png", bit_depth=16)
        with pytest.raises(MissingExtraError, match=r"pip install 'impasto\[huge\]'"):
            write_image(unchanged / "x.png", np.zeros((2, 2, 3)), bit_depth=16)

    def test_broken_libvips(self, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        class Broken:
            def find_spec(self, name: str, *_: object) -> None:
                if name == "pyvips":
                    raise OSError("libvips.so.42: cannot open shared object file")

        monkeypatch.delitem(sys.modules, "pyvips")
        monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
        with pytest.raises(MissingExtraError):
            check_output(unchanged / "x.png", bit_depth=16)

    def test_pyvips_is_imported_only_when_needed(self) -> None:
        code = "import sys, impasto.image; print([m for m in ('pyvips', 'torch') if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert done.stdout == "[]\n"

    def test_eight_bits_need_no_pyvips(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyvips", None)
        for suffix in SUFFIXES:
            write_image(tmp_path / f"x{suffix}", np.full((4, 4, 3), 0.2))
            assert read_image(tmp_path / f"x{suffix}").size == (4, 4)
