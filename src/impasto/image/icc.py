"""Color profiles: from whatever a picture embeds to sRGB, and the sRGB profile that impasto writes."""

import functools
import io

import numpy as np
from PIL import Image, ImageCms

# The color space that a profile declares in its header, and the Pillow mode it applies to.
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}

# What Little CMS and Pillow raise for a profile that is damaged, unusable, or of another kind.
_BROKEN = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


@functools.cache
def srgb_profile() -> bytes:
    """The sRGB profile that is embedded in every picture written, the same bytes on every day."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Bytes 24 to 35 hold the moment of creation; 2000-01-01 instead, so that the same picture gives the same
    # file.
    profile[24:36] = bytes([0x07, 0xD0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
    return bytes(profile)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert a picture without alpha to 8-bit sRGB.

    A profile that is broken or made for another kind of picture is ignored, as viewers do: the picture is
    then taken as sRGB (or gray on the sRGB curve, plain CMYK, CIE Lab).

    Args:
        image: mode L, RGB, CMYK or LAB.
        profile: the embedded ICC profile, if any.

    Returns:
        A picture of mode RGB.
    """
    mode = profile_mode(profile) if profile else None
    if profile and mode == "RGB" and image.mode == "L":
        image = image.convert("RGB")  # a gray picture with the profile of a screen: seen on its gray axis
    if profile and mode == image.mode and not is_srgb(profile):
        try:
            return _transform(image, profile)
        except _BROKEN:
            pass
    return _without_profile(image)


def profile_mode(profile: bytes) -> str | None:
    """The mode that a profile applies to: L, RGB, CMYK or LAB; None for a broken one or another kind."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except _BROKEN:
        return None
    return _MODES.get(opened.profile.xcolor_space.strip())


@functools.lru_cache(maxsize=16)
def is_srgb(profile: bytes) -> bool:
    """Whether a gray or RGB profile moves no color by more than one 8-bit level on its way to sRGB.

    Asking the transform rather than the profile's name: there are dozens of sRGB profiles, and skipping them
    keeps the pixels of a picture that is read and written again exactly as they were.
    """
    mode = profile_mode(profile)
    if mode not in ("L", "RGB"):
        return False
    probe = _probe(mode)
    try:
        moved = np.asarray(_transform(probe, profile), dtype=np.int16)
    except _BROKEN:
        return False
    return bool(np.abs(moved - np.asarray(probe.convert("RGB"), dtype=np.int16)).max() <= 1)


def _probe(mode: str) -> Image.Image:
    """All 256 grays, or a lattice of 9 x 9 x 9 colors."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[np.newaxis])
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
    return Image.fromarray(lattice.reshape(1, -1, 3))


def _without_profile(image: Image.Image) -> Image.Image:
    if image.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return _transform(image, lab.tobytes())
    return image.convert("RGB")


def _transform(image: Image.Image, profile: bytes) -> Image.Image:
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile())),
        image.mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # None only where it works in place
    return converted
