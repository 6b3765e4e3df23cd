"""What an artifact says of itself: its card, and the metadata of a file that it travels in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, get_args

from impasto._version import __version__
from impasto.errors import ArtifactError

Kind = Literal["model", "brush", "base", "superres"]

CARD_KEY = "impasto.card"
"""Name of the metadata entry that holds the card."""

FORMAT = 1
"""Version of the card's fields; a reader refuses a newer one."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """Where an artifact comes from, and what may be done with it."""

    kind: Kind = "model"
    """`model`: a whole network, image in, image out; `base`: one for every style; `brush`: a style for it;
    `superres`: a network whose image out is larger, by the `factor` in its recipe."""

    name: str
    """What it is called on the command line; not empty."""

    title: str = ""
    """Of the painting."""

    artist: str = ""
    """Who painted it."""

    year: str = ""
    """When, in words: `1889`, `about 1831`."""

    rights: str = ""
    """Of the painting: `public domain`."""

    license: str = "MIT"
    """Of the artifact itself."""

    attribution: str = ""
    """Whom to name when it is passed on."""

    trained_on: str = ""
    """The photos."""

    recipe: Mapping[str, Any] = field(default_factory=dict)
    """Every setting of the training, as JSON has them."""

    loss_network: str = ""
    """The encoder that it was trained with, and the SHA-256 of its weights."""

    version: str = __version__
    """Of impasto, when it was made."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ArtifactError(f"card: kind is {self.kind!r}; choose {', '.join(get_args(Kind))}")
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name != "recipe" and not isinstance(value, str):
                raise ArtifactError(f"card: {each.name} is {value!r}; give a text")
        if not self.name.strip():
            raise ArtifactError("card: name is empty; give the artifact a name")
        if not hasattr(self.recipe, "items"):
            raise ArtifactError(f"card: recipe is {self.recipe!r}; give a table of settings")
        object.__setattr__(self, "recipe", MappingProxyType(dict(self.recipe)))
        share = self._underpainting()
        if type(share) not in (int, float) or not 0 <= share <= 1:
            raise ArtifactError(
                f"card: the underpainting of {self.name!r} is {share!r}; give a number from 0 to 1"
            )
        if self.kind == "superres" and not _is_factor(self.recipe.get("factor")):
            raise ArtifactError(
                f"card: the factor of {self.name!r} is {self.recipe.get('factor')!r}; give a whole number "
                "from 2 up"
            )

    @property
    def factor(self) -> int:
        """How many times as large on each side the picture out is: 1 for all but `superres`."""
        return int(self.recipe["factor"]) if self.kind == "superres" else 1

    @property
    def underpainting(self) -> float:
        """How much of a broad painting is laid over a photo before it is painted; 0 where nothing is said."""
        return float(self._underpainting())

    def _underpainting(self) -> Any:
        recipe = self.recipe.get("recipe")  # a blend has none, and says it beside its parts
        return (recipe if isinstance(recipe, Mapping) else self.recipe).get("underpainting", 0)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**values, "recipe": dict(self.recipe)}

    def to_metadata(self) -> dict[str, str]:
        """Return what goes into the metadata of a file: one JSON text, its keys sorted.

        Raises:
            ArtifactError: The recipe holds what JSON cannot.
        """
        try:
            text = json.dumps({"format": FORMAT, **self.to_dict()}, sort_keys=True, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ArtifactError(
                f"card: recipe cannot be written as JSON ({error}); use plain values"
            ) from None
        return {CARD_KEY: text}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Card:
        """Read a card back.

        Args:
            metadata: Of a file, all of it.

        Raises:
            ArtifactError: There is no card, or it is damaged or of a newer format.
        """
        if CARD_KEY not in metadata:
            raise ArtifactError("it has no card of impasto; export it with `impasto train`")
        values = _parse(metadata[CARD_KEY])
        known = {each.name for each in fields(cls)}
        if "name" not in values or set(values) - known:
            wrong = ", ".join(sorted(set(values) - known)) or "no name"
            raise ArtifactError(f"its card is damaged (it has {wrong}); export it again")
        return cls(**values)


def _is_factor(value: object) -> bool:
    return type(value) is int and value >= 2


def _parse(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ArtifactError(f"its card is damaged ({error}); export it again") from None
    if not isinstance(values, dict):
        raise ArtifactError("its card is damaged (not a table); export it again")
    made = values.pop("format", None)
    if made != FORMAT:
        raise ArtifactError(
            f"its card has the format {made!r}, and this is impasto {__version__}, which knows {FORMAT}; "
            "install a newer impasto"
        )
    return values
