"""Pictures with more than 8 bits a channel, in and out, through pyvips (the `huge` extra)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ImageWriteError, MissingExtraError
from impasto.image.icc import is_srgb, profile_mode, srgb_profile
from impasto.image.picture import Layers

_PROFILE = "icc-profile-data"

# The value that stands for 1 in each pixel format of vips that a PNG or TIFF of more than 8 bits decodes to.
_FULL = {"ushort": 65535, "uint": 4294967295, "float": 1, "double": 1}

# The interpretation that vips gives to Pillow's modes, and to what profiles declare.
_INTERPRETATIONS = {"L": "grey16", "RGB": "rgb16", "CMYK": "cmyk"}


def load_vips(name: str) -> Any:
    """Import pyvips, which nothing but 16-bit pictures needs.

    Args:
        name: what to call the picture that needs it.

    Raises:
        MissingExtraError: pyvips, or the libvips under it, is not there.
    """
    try:
        import pyvips
    except (ImportError, OSError) as error:  # OSError: pyvips without libvips
        raise MissingExtraError(
            f"{name!r} needs pyvips, because it has 16 bits a channel; "
            "install it with: pip install 'impasto[huge]', or use 8 bits"
        ) from error
    return pyvips


def decode_deep(data: bytes, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32] | None, int]:
    """Decode a PNG or TIFF at its full depth; call it inside `reading`, which names the errors of libvips.

    Args:
        data: the whole file.
        name: what to call the picture in messages.

    Returns:
        Pixels in sRGB, alpha if any, and the EXIF orientation, which is not applied yet.

    Raises:
        MissingExtraError: pyvips is not installed.
    """
    vips = load_vips(name)
    image = vips.Image.new_from_buffer(data, "", access="sequential", fail_on="truncated")
    orientation = image.get("orientation") if image.get_typeof("orientation") else 1
    return *_layers(vips, image), orientation


def encode_deep(samples: NDArray[np.uint16], image_format: str, name: str) -> bytes:
    """Encode a 16-bit picture with the sRGB profile.

    Args:
        samples: (H, W, 3) or (H, W, 4).
        image_format: PNG or TIFF.
        name: what to call the picture in messages.

    Returns:
        The file's bytes.

    Raises:
        ImageWriteError: libvips cannot encode it.
        MissingExtraError: pyvips is not installed.
    """
    vips = load_vips(name)
    image = _from_array(vips, samples, "rgb16", srgb_profile())
    try:
        if image_format == "PNG":
            return bytes(image.pngsave_buffer(compression=6, bitdepth=16))
        return bytes(image.tiffsave_buffer(compression="deflate", predictor="horizontal"))
    except vips.Error as error:
        reason = " ".join(str(error).split())
        raise ImageWriteError(f"{name!r} cannot be encoded as 16-bit {image_format} ({reason})") from error


def _layers(vips: Any, image: Any) -> Layers:
    profile = image.get(_PROFILE) if image.get_typeof(_PROFILE) else None
    if image.interpretation in ("lab", "labs", "xyz"):
        image, profile = image.colourspace("rgb16"), None
    values = _unit(image)
    channels = values.shape[-1] - (1 if image.hasalpha() else 0)
    alpha = np.ascontiguousarray(values[..., channels]) if image.hasalpha() else None
    mode = "CMYK" if image.interpretation == "cmyk" else {1: "L", 3: "RGB"}.get(channels)
    if mode is None:
        raise ValueError(f"{channels} channels are neither gray, RGB nor CMYK")
    return _to_srgb(vips, values[..., :channels], mode, profile), alpha


def _unit(image: Any) -> NDArray[np.float32]:
    """The samples of a vips image as (H, W, bands) in [0, 1]."""
    if image.format not in _FULL:
        raise ValueError(f"samples of type {image.format} are not supported; use unsigned integers or floats")
    values = image.numpy().astype(np.float32)
    values /= _FULL[image.format]
    if not (values.min() >= 0 and values.max() <= 1):  # also catches NaN
        raise ValueError("floating-point samples outside 0 to 1")
    return np.atleast_3d(values)


def _to_srgb(vips: Any, values: NDArray[np.float32], mode: str, profile: bytes | None) -> NDArray[np.float32]:
    """Convert (H, W, 1, 3 or 4) to (H, W, 3) sRGB, in 16 bits; a profile that does not fit is ignored."""
    fits = profile is not None and profile_mode(profile) == mode and not is_srgb(profile)
    if mode != "CMYK" and not fits:
        return np.repeat(values, 3, axis=-1) if mode == "L" else np.ascontiguousarray(values)
    samples = np.rint(values * 65535).astype(np.uint16)
    image = _from_array(vips, samples, _INTERPRETATIONS[mode], profile if fits else None)
    # Without a profile CMYK is taken as vips's own generic press.
    fallback = {"input_profile": "cmyk"} if mode == "CMYK" else {}
    converted = image.icc_transform(
        "srgb", embedded=True, intent="relative", black_point_compensation=True, depth=16, **fallback
    )
    return _unit(converted)


def _from_array(vips: Any, samples: NDArray[np.uint16], interpretation: str, profile: bytes | None) -> Any:
    height, width, bands = samples.shape
    raw = np.ascontiguousarray(samples).tobytes()
    image = vips.Image.new_from_memory(raw, width, height, bands, "ushort").copy(
        interpretation=interpretation
    )
    if profile is not None:
        image.set_type(vips.GValue.blob_type, _PROFILE, profile)
    return image
