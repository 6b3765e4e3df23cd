"""Settings from outside, as text, TOML or JSON: checked, and turned into what the dataclasses hold."""

from __future__ import annotations

import ast
import inspect
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from impasto.errors import ConfigError

if TYPE_CHECKING:
    import os


Named = TypeVar("Named")


def find_named(name: str, known: Mapping[str, Named], what: str) -> Named:
    """Return what goes by a name.

    Args:
        name: As it was given.
        known: All that there are.
        what: Such things are called: `recipe`.

    Raises:
        ConfigError: For a name that none has; it lists those that exist.
    """
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ConfigError(f"no {what} {name!r}; choose one of {', '.join(known)}{hint}")


def read_settings(
    path: str | os.PathLike[str], kind: type, aliases: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Read the fields of a dataclass from a TOML file.

    Keys are the names of the fields, with `_` or `-`; layers are tables, or as on the command line.

    Args:
        path: The file.
        kind: The dataclass, such as PaintConfig.
        aliases: Other names of fields: what a command calls them.

    Raises:
        ConfigError: For a file that cannot be read, and for a key or value that does not fit.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}); give a TOML file of settings"
        ) from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise ConfigError(f"{path} is not a TOML file of settings: {error}") from error
    keys = {key: key.replace("-", "_") for key in table}
    names = {key: (aliases or {}).get(keys[key], keys[key]) for key in table}
    return conform(kind, {names[key]: table[key] for key in table}, str(path))


def conform(kind: type, values: Mapping[str, Any], source: str = "") -> dict[str, Any]:
    """Turn plain values into those that the fields of a dataclass hold.

    Args:
        kind: The dataclass.
        values: By name of field: numbers, strings, lists and dicts, as JSON and TOML have them; sizes, layers
            and weights may also be written as on the command line.
        source: Where they come from, for messages.

    Raises:
        ConfigError: For a name that is no field, and for a value of another type than the field's.
    """
    prefix = f"{source}: " if source else ""
    hints = field_hints(kind)
    found = {}
    for name, value in values.items():
        if name not in hints:
            close = get_close_matches(name, hints, n=1)
            remedy = f"did you mean {close[0]}?" if close else f"choose from {', '.join(hints)}"
            raise ConfigError(f"{prefix}there is no setting {name!r}; {remedy}")
        spelling = spelling_of(hints[name])
        try:
            plainly = spelling.parse(value) if spelling and isinstance(value, str) else value
            found[name] = _fit(hints[name], plainly)
        except TypeError:
            wanted = spelling.wanted if spelling else _wanted(hints[name])
            raise ConfigError(f"{prefix}{name} is {value!r}; give {wanted}") from None
    return found


def field_hints(kind: type) -> dict[str, Any]:
    """Return the type of each field of a dataclass, also where `Mapping` is imported for checkers alone."""
    return get_type_hints(kind, localns={**vars(sys.modules[kind.__module__]), "Mapping": Mapping})


def _fit(hint: Any, value: Any) -> Any:
    """Return a plain value as a type hint wants it; TypeError where it cannot be."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _fit_any(args, value)
    if origin is Literal and value in args and type(value) is type(args[0]):
        return value
    if origin is tuple and isinstance(value, (list, tuple)):
        each = args[:1] * len(value) if args[-1] is Ellipsis else args
        return tuple(_fit(arg, entry) for arg, entry in zip(each, _of_length(value, len(each)), strict=True))
    if origin is Mapping and isinstance(value, Mapping):
        return {_fit(args[0], key): _fit(args[1], entry) for key, entry in value.items()}
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and type(value) is hint:  # exactly: True is no number
        return value
    raise TypeError


def _fit_any(hints: tuple[Any, ...], value: Any) -> Any:
    for hint in hints:
        try:
            return _fit(hint, value)
        except TypeError:
            continue
    raise TypeError


def _of_length(value: list[Any] | tuple[Any, ...], length: int) -> list[Any] | tuple[Any, ...]:
    if len(value) != length:
        raise TypeError
    return value


_KINDS = {int: "a whole number", float: "a number", str: "text in quotes", bool: "true or false"}


def _wanted(hint: Any) -> str:
    """Say what a type hint wants."""
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(_wanted(arg) for arg in get_args(hint) if arg is not NoneType)
    return _KINDS.get(hint, str(hint))


def _parse_size(text: str) -> int | tuple[int, int]:
    width, cross, height = text.lower().partition("x")
    return (_whole(height), _whole(width)) if cross else _whole(width)


def _parse_layers(text: str) -> dict[str, float]:
    entries = [entry.strip().partition(":") for entry in text.split(",")]
    layers = {name: _number(weight) if colon else 1.0 for name, colon, weight in entries}
    if "" in layers or len(layers) < len(entries):
        raise TypeError
    return layers


def _parse_numbers(text: str) -> tuple[float, ...]:
    return tuple(_number(entry) for entry in text.split(","))


def _whole(text: str) -> int:
    if not text.strip().isdecimal() or len(text) > 9:
        raise TypeError
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise TypeError from None


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How a value that is neither a number nor a word is written on the command line."""

    parse: Callable[[str], Any]
    """From text to the value; TypeError where it cannot be."""

    wanted: str
    """What to ask for."""


_SPELLINGS: dict[Any, Spelling] = {
    int | tuple[int, int]: Spelling(
        parse=_parse_size, wanted="the longest side, such as 512, or WIDTHxHEIGHT, such as 640x360"
    ),
    tuple[int, int, int, int]: Spelling(
        parse=lambda text: tuple(_whole(entry) for entry in text.split(",")),
        wanted="four whole numbers, LEFT,TOP,RIGHT,BOTTOM, such as 30,24,985,680",
    ),
    tuple[float, ...]: Spelling(parse=_parse_numbers, wanted="numbers with commas between them, such as 2,1"),
    Mapping[str, float]: Spelling(
        parse=_parse_layers,
        wanted="layers with their weights, such as relu4_2:1,relu3_1:0.5, each once",
    ),
}


def spelling_of(hint: Any) -> Spelling | None:
    """Return how a field of some type is written, with None or without; None for what needs no care."""
    for kind, spelling in _SPELLINGS.items():
        if hint in (kind, kind | None):
            return spelling
    return None


def plain(value: Any) -> Any:
    """Turn mappings and tuples into dicts and lists, as JSON and TOML have them."""
    if hasattr(value, "items"):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(entry) for entry in value]
    return value


def field_docs(kind: type) -> dict[str, str]:
    """Return the docstring under each field of a dataclass, by name; none where the source is not at hand."""
    try:
        (definition,) = ast.parse(inspect.getsource(kind)).body
    except OSError:
        return {}
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(doc.value.value)
        for field, doc in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(doc, ast.Expr)
        and isinstance(doc.value, ast.Constant)
        and isinstance(doc.value.value, str)
    }
