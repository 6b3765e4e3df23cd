"""Every error that impasto raises on purpose, in one tree.

    ImpastoError
    ├── ImageError               a picture cannot be read or written
    │   ├── ImageReadError       missing, a folder, not a picture, truncated, zero-sized
    │   ├── ImageTooLargeError   more pixels than `max_pixels`
    │   ├── ImageTooSmallError   fewer pixels than the deepest layer needs
    │   └── ImageWriteError      no such folder, not writable, a suffix that no writer knows
    ├── ConfigError              a setting, recipe, layer or option that is not valid
    ├── ArtifactError            a model or brush file that is missing, damaged, foreign or unknown
    ├── WeightsError             a weight file that is missing, damaged or of the wrong shape
    ├── CheckpointError          a checkpoint that cannot be read or belongs to another job
    ├── MissingExtraError        an optional dependency that is not installed
    └── DivergenceError          an optimization that left the finite numbers

Messages name the offending value, the valid choices and the remedy, in one line.
"""


class ImpastoError(Exception):
    """Base of all errors raised by impasto; catch it to catch them all."""


class ImageError(ImpastoError):
    """A picture cannot be read or written."""


class ImageReadError(ImageError):
    """A picture is missing, is not a picture, is damaged, or has no pixels."""


class ImageTooLargeError(ImageError):
    """A picture has more pixels than `max_pixels` allows."""


class ImageTooSmallError(ImageError):
    """A picture is too small for the layers asked for."""


class ImageWriteError(ImageError):
    """A picture cannot be written where it was asked to be."""


class ConfigError(ImpastoError):
    """A setting has a value that is not valid."""


class ArtifactError(ImpastoError):
    """A model or brush file is missing, damaged, not one of impasto's, or of an unknown name."""


class WeightsError(ImpastoError):
    """A weight file is missing, damaged, or does not fit the network."""


class CheckpointError(ImpastoError):
    """A checkpoint cannot be read, or belongs to another job."""


class MissingExtraError(ImpastoError):
    """An optional dependency is not installed; the message names the extra that brings it."""


class DivergenceError(ImpastoError):
    """An optimization produced a loss or a picture that is not finite."""
