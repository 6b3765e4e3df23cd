"""`impasto inspect`: what a file says of how it was made."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.cli.place import Place, Switch
from impasto.errors import ArtifactError, ConfigError, ImageReadError

if TYPE_CHECKING:
    from impasto.models.files import ArtifactFile

REMEDY = "give a model, brush or picture of impasto"


def inspect(file: Place, /, *, json: Switch = False) -> int:
    """Print the card of a model or brush, or the record of a picture that impasto made.

    Args:
        file: A model, brush or picture, or the name of an installed style.
        json: Print it as one line of JSON, with the file's size and SHA-256.
    """
    from impasto.models.files import read_artifact
    from impasto.models.registry import find_style

    found = read_artifact(Path(file) if Path(file).suffix else find_style(file), remedy=REMEDY)
    kind, said = _read(found)
    head = {"file": found.name, "bytes": len(found.data), "sha256": found.sha256}
    if json:
        print(json_text.dumps({**head, kind: said}))
        return 0
    for key, value in {**head, **said}.items():
        if value not in ("", {}, None):
            print(f"{key}: {value if isinstance(value, str) else json_text.dumps(value, ensure_ascii=False)}")
    return 0


def _read(file: ArtifactFile) -> tuple[str, dict[str, Any]]:
    """Return `record` or `card`, and what it says."""
    from impasto.image.picture import HEAD, sniff
    from impasto.models.files import read_card

    try:
        sniff(file.data[:HEAD], file.name)
    except ImageReadError:
        if Path(file.name).suffix.lower() in (".onnx", ".brush", ".safetensors"):
            return "card", read_card(file.name).to_dict()
        raise ArtifactError(f"{file.name} is neither a picture nor a model or brush; {REMEDY}") from None
    return "record", _record(file.name)


def _record(name: str) -> dict[str, Any]:
    from impasto.image import read_record

    text = read_record(name)
    if text is None:
        raise ConfigError(f"{name} is a picture without a record; {REMEDY}")
    record: dict[str, Any] = json_text.loads(text)
    return record
