"""Kinds of arguments: paths, where a lone `-` is stdin or stdout and not an option, and switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

_STDIO = " -"
"""What the parser, which takes every word that begins with a hyphen for an option, sees of a `-`."""


def encode_stdio(arguments: Sequence[str]) -> list[str]:
    """Hide each lone `-` from the parser."""
    return [_STDIO if argument == "-" else argument for argument in arguments]


def _decode(_: Any, tokens: Sequence[Any]) -> str:
    text = str(tokens[0].value)
    return "-" if text == _STDIO else text


Place: TypeAlias = Annotated[str, Parameter(converter=_decode, metavar="FILE")]
"""A path, or `-`."""

Switch: TypeAlias = Annotated[bool, Parameter(show_default=False)]
"""On when it is there."""
