"""The settings of a job as flags: one for each field of its dataclass."""

from __future__ import annotations

from dataclasses import fields, make_dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from impasto.studio.settings import conform, field_docs, field_hints, spelling_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def make_flags(
    kind: type,
    module: str,
    *,
    helps: Mapping[str, str],
    names: Mapping[str, str] | None = None,
    kinds: Mapping[str, Any] | None = None,
    without: Collection[str] = (),
) -> type:
    """Make a dataclass with the fields of another, in which None stands for what was not typed.

    Args:
        kind: The settings, such as PaintConfig.
        module: Name of the module that the new class is made in.
        helps: What is said of fields that the command line spells in another way than Python.
        names: Flags of other names than their fields.
        kinds: Types of fields that the parser reads in another way.
        without: Fields that the command does not take.
    """
    hints, docs = field_hints(kind), field_docs(kind)
    made = []
    for field in fields(kind):
        name = field.name
        if name in without:
            continue
        hint = (kinds or {}).get(name, str if spelling_of(hints[name]) else hints[name])
        shown = field.default is not None and name not in helps
        parameter = Parameter(
            name=(names or {}).get(name),
            help=helps.get(name, docs.get(name, "")),
            show_default=str(field.default) if shown else False,
            negative=(),
        )
        made.append((name, Annotated[hint | None, parameter], None))
    # Of that module: the parser takes classes of the standard library, such as `types`, for plain values.
    return make_dataclass("Flags", made, frozen=True, kw_only=True, namespace={"__module__": module})


def typed(kind: type, flags: object) -> dict[str, Any]:
    """Return the settings that were typed, as the dataclass holds them.

    Raises:
        ConfigError: For a value that does not fit its field.
    """
    given = {field.name: getattr(flags, field.name, None) for field in fields(kind)}
    lists = {name: ",".join(value) for name, value in given.items() if isinstance(value, list)}
    return conform(kind, {name: value for name, value in {**given, **lists}.items() if value is not None})
