"""Writing: every format, the preflight, and files that are whole or not there."""

import errno
import io
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ConfigError, ImageWriteError
from impasto.image import SUFFIXES, WRITERS, check_output, read_image, write_image

ALPHA = [".png", ".webp", ".tif", ".tiff", ".avif"]
LOSSLESS = [".png", ".tif", ".tiff", ".bmp"]
GRAY = np.full((4, 5, 3), 0.5, dtype=np.float32)


@pytest.fixture
def unit(corners: NDArray[np.uint8]) -> NDArray[np.float32]:
    return (corners / 255).astype(np.float32)


def noise(height: int = 40, width: int = 50) -> NDArray[np.float32]:
    return np.random.default_rng(0).random((height, width, 3)).astype(np.float32)


def one_line(error: pytest.ExceptionInfo[Any], *parts: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


class TestFormats:
    def test_suffixes(self) -> None:
        assert SUFFIXES == (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif", ".bmp", ".gif")
        assert tuple(WRITERS) == SUFFIXES

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_round_trip(self, suffix: str, unit: NDArray[np.float32], tmp_path: Path) -> None:
        path = tmp_path / f"x{suffix.upper()}"
        write_image(path, unit)
        with Image.open(path) as image:
            assert image.format == WRITERS[suffix].name
        picture = read_image(path)
        assert picture.alpha is None
        tolerance = 0 if suffix in LOSSLESS else 0.04
        for y, x in ((5, 7), (5, 25), (18, 7), (18, 25)):
            np.testing.assert_allclose(picture.pixels[y, x], unit[y, x], atol=tolerance)

    @pytest.mark.parametrize("suffix", ALPHA)
    def test_alpha(self, suffix: str, unit: NDArray[np.float32], tmp_path: Path) -> None:
        alpha = np.ones((24, 32), dtype=np.float32)
        alpha[12:] = 0.4
        write_image(tmp_path / f"x{suffix}", unit, alpha=alpha)
        picture = read_image(tmp_path / f"x{suffix}")
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha[[5, 18]], alpha[[5, 18]], atol=0.02)
        np.testing.assert_allclose(picture.pixels[18, 7], unit[18, 7], atol=0.06)

    @pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
    def test_alpha_is_laid_over_white(self, suffix: str, tmp_path: Path) -> None:
        alpha = np.linspace(0, 1, 5)[None].repeat(4, axis=0)
        write_image(tmp_path / f"x{suffix}", np.zeros((4, 5, 3)), alpha=alpha)
        picture = read_image(tmp_path / f"x{suffix}")
        assert picture.alpha is None
        np.testing.assert_allclose(picture.pixels, np.dstack([1 - alpha] * 3), atol=0.03)

    def test_gif_alpha_has_one_bit(self, unit: NDArray[np.float32], tmp_path: Path) -> None:
        alpha = np.ones((24, 32))
        alpha[:, :16] = 0.49
        write_image(tmp_path / "x.gif", unit, alpha=alpha)
        picture = read_image(tmp_path / "x.gif")
        assert picture.alpha is not None
        np.testing.assert_array_equal(picture.alpha, alpha.round())
        np.testing.assert_allclose(picture.pixels[5, 25], unit[5, 25], atol=0.02)

    def test_gif_with_more_colors_than_it_holds(self, tmp_path: Path) -> None:
        pixels = noise()
        write_image(tmp_path / "x.gif", pixels, alpha=(pixels[..., 0] > 0.5).astype(np.float32))
        picture = read_image(tmp_path / "x.gif")
        assert picture.alpha is not None
        np.testing.assert_array_equal(picture.alpha == 1, pixels[..., 0] > 0.5)

    def test_rounds_to_nearest_and_clips(self, tmp_path: Path) -> None:
        values = np.array([0, 0.49, 0.5, 0.51, 1.5, 2.5, 254.49, 254.5, 255, 300, -9]) / 255
        write_image(tmp_path / "x.png", np.dstack([values[None]] * 3))
        got = np.rint(read_image(tmp_path / "x.png").pixels[0, :, 0] * 255)
        assert got.tolist() == [0, 0, 1, 1, 2, 3, 254, 255, 255, 255, 0]

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_same_picture_same_bytes(self, suffix: str, tmp_path: Path) -> None:
        pixels = noise()
        for name in "ab":
            write_image(tmp_path / f"{name}{suffix}", pixels, alpha=pixels[..., 0], record='{"a": 1}')
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()

    @pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif"])
    def test_quality(self, suffix: str, tmp_path: Path) -> None:
        sizes, errors = [], []
        for quality in (1, 50, 89, 90, 100):
            write_image(tmp_path / f"x{suffix}", noise(), quality=quality)
            sizes.append((tmp_path / f"x{suffix}").stat().st_size)
            errors.append(np.abs(read_image(tmp_path / f"x{suffix}").pixels - noise()).mean())
        assert sizes == sorted(sizes)
        assert errors == sorted(errors, reverse=True)

    def test_jpeg_subsampling(self, tmp_path: Path) -> None:
        for quality, layer in ((89, 2), (90, 1)):
            write_image(tmp_path / "x.jpg", noise(), quality=quality)
            with Image.open(tmp_path / "x.jpg") as image:
                assert image.layer[0][1:3] == (layer, layer)  # type: ignore[attr-defined]

    @pytest.mark.parametrize("quality", [90, 95, 100])
    def test_large_noisy_jpeg(self, quality: int, tmp_path: Path) -> None:
        # Optimized coding has to fit Pillow's buffer at once; noise at high quality is the worst case.
        write_image(tmp_path / "x.jpg", noise(1000, 1000), quality=quality)
        assert read_image(tmp_path / "x.jpg").size == (1000, 1000)

    def test_one_pixel(self, tmp_path: Path) -> None:
        for suffix in SUFFIXES:
            write_image(tmp_path / f"x{suffix}", GRAY[:1, :1], alpha=GRAY[:1, :1, 0])
            assert read_image(tmp_path / f"x{suffix}").size == (1, 1)

    @pytest.mark.parametrize("bit_depth", [8, 16])
    def test_stdout_is_png(self, bit_depth: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        buffer = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=buffer))
        check_output("-", bit_depth=bit_depth)
        write_image("-", noise(), bit_depth=bit_depth, record='{"a": 1}')
        data = buffer.getvalue()
        assert data.startswith(b"\x89PNG")
        assert data[24] == bit_depth
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        np.testing.assert_allclose(read_image("-").pixels, noise(), atol=0.51 / 255)

    def test_stdout_that_nobody_reads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(_: bytes) -> int:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=SimpleNamespace(write=broken)))
        with pytest.raises(ImageWriteError) as error:
            write_image("-", GRAY)
        one_line(error, "stdout", "Broken pipe")


def preflight(path: Path | str) -> None:
    check_output(path)


def write(path: Path | str) -> None:
    write_image(path, GRAY)


@pytest.mark.parametrize("act", [preflight, write])
class TestRefusals:
    """The preflight and the writer refuse the same, in the same words."""

    def refuse(self, act: Callable[[Path | str], None], path: Path | str, *parts: str) -> None:
        with pytest.raises(ImageWriteError) as error:
            act(path)
        one_line(error, *parts)

    @pytest.mark.parametrize("name", ["x.xyz", "x", "x.png.txt", ".png", "x.psd"])
    def test_unknown_suffix(self, act: Any, name: str, unchanged: Path) -> None:
        self.refuse(act, unchanged / name, name, "suffix", *SUFFIXES)

    def test_missing_folder(self, act: Any, unchanged: Path) -> None:
        self.refuse(act, unchanged / "no" / "x.png", "no/x.png", "does not exist", "create it")

    def test_folder(self, act: Any, unchanged: Path) -> None:
        self.refuse(act, unchanged / "folder.png", "is a folder")

    def test_below_a_file(self, act: Any, unchanged: Path) -> None:
        self.refuse(act, unchanged / "old.png" / "x.png", "cannot be written")

    def test_folder_of_the_system(self, act: Any) -> None:
        self.refuse(act, "/proc/x.png", "/proc/x.png", "cannot be written")

    def test_read_only_folder(self, act: Any, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.open

        def deny(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            if flags & os.O_CREAT:
                raise PermissionError(errno.EACCES, "Permission denied")  # as root no folder is read-only
            return real(path, flags, *rest, **more)

        monkeypatch.setattr(os, "open", deny)
        self.refuse(act, unchanged / "x.png", "cannot be written (Permission denied)", "another folder")

    def test_read_only_file(self, act: Any, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "access", lambda *_: False)
        self.refuse(act, unchanged / "old.png", "is read-only")

    def test_not_a_regular_file(self, act: Any, unchanged: Path) -> None:
        os.mkfifo(unchanged / "pipe.png")
        self.refuse(act, unchanged / "pipe.png", "not a regular file")
        (unchanged / "pipe.png").unlink()

    def test_nul_and_long_names(self, act: Any, unchanged: Path) -> None:
        self.refuse(act, "a\0b.png", "cannot be written")
        self.refuse(act, unchanged / f"{'x' * 300}.png", "cannot be written", "too long")

    def test_links_in_a_ring(self, act: Any, tmp_path: Path) -> None:
        (tmp_path / "a.png").symlink_to("b.png")
        (tmp_path / "b.png").symlink_to("a.png")
        self.refuse(act, tmp_path / "a.png", "cannot be written")


class TestArguments:
    @pytest.mark.parametrize("quality", [0, 101, -5])
    def test_quality(self, quality: int, unchanged: Path) -> None:
        with pytest.raises(ConfigError) as error:
            write_image(unchanged / "x.jpg", GRAY, quality=quality)
        one_line(error, f"quality {quality}", "1", "100")

    def test_bit_depth(self, unchanged: Path) -> None:
        with pytest.raises(ConfigError, match="bit depth 12 is not valid; choose 8 or 16"):
            check_output(unchanged / "x.png", bit_depth=12)

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("suffix", [".png", ".jpg"])
    def test_not_finite(self, value: float, suffix: str, unchanged: Path) -> None:
        pixels = GRAY.copy()
        pixels[1, 2, 0] = value
        with pytest.raises(ImageWriteError, match="not finite"):
            write_image(unchanged / f"x{suffix}", pixels)
        with pytest.raises(ImageWriteError, match="not finite"):
            write_image(unchanged / "old.png", GRAY, alpha=pixels[..., 0])

    @pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 4), (0, 5, 3), (4, 0, 3)])
    def test_shape(self, shape: tuple[int, ...], unchanged: Path) -> None:
        with pytest.raises(ImageWriteError, match="shape"):
            write_image(unchanged / "x.png", np.zeros(shape))

    def test_integers(self, unchanged: Path) -> None:
        integers: Any = np.zeros((4, 5, 3), dtype=np.uint8)
        with pytest.raises(ImageWriteError, match="uint8"):
            write_image(unchanged / "x.png", integers)

    def test_alpha_of_another_shape(self, unchanged: Path) -> None:
        with pytest.raises(ImageWriteError, match="alpha has the shape"):
            write_image(unchanged / "x.png", GRAY, alpha=np.ones((5, 4)))

    @pytest.mark.parametrize(("suffix", "side"), [(".webp", 16_384), (".jpg", 65_501), (".gif", 65_536)])
    def test_side_that_does_not_fit(self, suffix: str, side: int, unchanged: Path) -> None:
        with pytest.raises(ImageWriteError, match=r"use \.png or \.tif"):
            write_image(unchanged / f"x{suffix}", np.zeros((1, side, 3), dtype=np.float32))

    @pytest.mark.parametrize(("suffix", "side"), [(".webp", 16_383), (".jpg", 65_500), (".gif", 65_535)])
    def test_longest_side_fits(self, suffix: str, side: int, tmp_path: Path) -> None:
        write_image(tmp_path / f"x{suffix}", np.zeros((1, side, 3), dtype=np.float32))
        assert read_image(tmp_path / f"x{suffix}").size == (1, side)


# Runs in a process of its own, which kills itself at the worst moments.
KILLED = """
    import os, signal, sys
    import numpy as np
    from impasto.image import write_image

    def die(*args):
        os.kill(os.getpid(), signal.SIGKILL)

    path, moment = sys.argv[1:]
    if moment == "before anything is written":
        os.fdopen = die
    elif moment == "before the flush":
        os.fsync = die
    else:
        os.replace = os.rename = die  # what Path.replace calls
    write_image(path, np.random.default_rng(0).random((300, 300, 3)))
"""


class TestAtomic:
    @pytest.mark.parametrize(
        "moment", ["before anything is written", "before the flush", "before the rename"]
    )
    def test_killed(self, moment: str, tmp_path: Path) -> None:
        old, new = tmp_path / "old.png", tmp_path / "new.png"
        old.write_bytes(b"the old file")
        for path in (old, new):
            command = [sys.executable, "-c", textwrap.dedent(KILLED), str(path), moment]
            assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        assert old.read_bytes() == b"the old file"
        assert not new.exists()

    def fail(self, monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
        def fail(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(os, name, fail)

    def test_full_disk(self, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fail(monkeypatch, "fsync", OSError(errno.ENOSPC, "No space left on device"))
        for name in ("old.png", "new.png"):
            with pytest.raises(ImageWriteError) as error:
                write_image(unchanged / name, GRAY)
            one_line(error, name, "No space left on device", "free space")

    def test_interrupt_leaves_nothing(self, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fail(monkeypatch, "fsync", KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            write_image(unchanged / "old.png", GRAY)

    def test_encoder_that_fails(self, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError("encoder error -2\nwhen writing")

        monkeypatch.setattr(Image.Image, "save", fail)
        with pytest.raises(ImageWriteError) as error:
            write_image(unchanged / "old.png", GRAY)
        one_line(error, "old.png", "encoder error -2 when writing")

    @pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
    def test_new_file_follows_the_umask(self, mask: int, tmp_path: Path) -> None:
        before = os.umask(mask)
        try:
            write_image(tmp_path / "x.png", GRAY)
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "x.png").stat().st_mode) == 0o666 & ~mask

    def test_replaced_file_keeps_its_permissions(self, tmp_path: Path) -> None:
        (tmp_path / "x.png").touch()
        (tmp_path / "x.png").chmod(0o640)
        write_image(tmp_path / "x.png", GRAY)
        assert stat.S_IMODE((tmp_path / "x.png").stat().st_mode) == 0o640
        assert read_image(tmp_path / "x.png").size == (4, 5)

    def test_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        for name in ("there.png", "not-yet.png"):
            (tmp_path / name).symlink_to(tmp_path / "elsewhere" / name)
        (tmp_path / "elsewhere" / "there.png").write_bytes(b"old")
        for name in ("there.png", "not-yet.png"):
            write_image(tmp_path / name, GRAY)
            assert (tmp_path / name).is_symlink()
            assert read_image(tmp_path / "elsewhere" / name).size == (4, 5)

    def test_leaves_only_the_picture(self, tmp_path: Path) -> None:
        check_output(tmp_path / "x.png")
        assert list(tmp_path.iterdir()) == []
        write_image(tmp_path / "x.png", GRAY)
        write_image(tmp_path / "x.png", GRAY)
        assert [p.name for p in tmp_path.iterdir()] == ["x.png"]

    def test_relative_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        write_image("x.png", GRAY)
        assert read_image("x.png").name == "x.png"

    def test_long_name(self, tmp_path: Path) -> None:
        write_image(tmp_path / f"{'x' * 251}.png", GRAY)
