"""`impasto inspect`: what a file says of how it was made."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.cli.place import Place, Switch
from impasto.errors import ArtifactError, ConfigError, ImageReadError

if TYPE_CHECKING:
    from impasto.models.files import ArtifactFile

REMEDY = "give a model, brush, base or picture of impasto"


def inspect(file: Place, /, *, json: Switch = False) -> int:
    """Print the card of a model, brush or base, or the record of a picture that impasto made.

    Args:
        file: A model, a brush, a picture, a base (its folder, or a file in it), or the name of an installed
            style.
        json: Print it as one line of JSON, with the file's size and SHA-256.
    """
    from impasto.models.base_files import TRANSFORM

    head, said = _read_base(file) if (Path(file) / TRANSFORM).is_file() else _read_file(file)
    if json:
        print(json_text.dumps({**head, **said}))
        return 0
    shown = {key: value for part in (head, *said.values()) for key, value in part.items()}
    for key, value in shown.items():
        if value not in ("", {}, None):
            print(f"{key}: {value if isinstance(value, str) else json_text.dumps(value, ensure_ascii=False)}")
    return 0


def _read_file(name: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return what is known of any file, and under `record`, `card` and `brush` what it says of itself."""
    from impasto.models.files import read_artifact
    from impasto.models.registry import find_style

    file = read_artifact(Path(name) if Path(name).suffix else find_style(name), remedy=REMEDY)
    return {"file": file.name, "bytes": len(file.data), "sha256": file.sha256}, _said(file)


def _read_base(name: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the files of a base and its hash, and its card."""
    from impasto.models.base import Base
    from impasto.models.base_files import TRANSFORM
    from impasto.models.files import read_card

    base = Base(name)
    sizes = {path.name: path.stat().st_size for path in sorted(base.folder.iterdir()) if path.is_file()}
    head = {"file": name, "bytes": sum(sizes.values()), "sha256": base.sha256, "files": sizes}
    return head, {"card": read_card(base.folder / TRANSFORM).to_dict()}


def _said(file: ArtifactFile) -> dict[str, dict[str, Any]]:
    from impasto.image.picture import HEAD, sniff
    from impasto.models.files import BRUSH_SUFFIX, MODEL_SUFFIX, WEIGHTS_SUFFIX, read_card

    try:
        sniff(file.data[:HEAD], file.name)
    except ImageReadError:
        suffix = Path(file.name).suffix.lower()
        if suffix == BRUSH_SUFFIX:
            return _brush(file)
        if suffix in (MODEL_SUFFIX, WEIGHTS_SUFFIX):
            return {"card": read_card(file.name).to_dict()}
        raise ArtifactError(f"{file.name} is neither a picture nor a model or brush; {REMEDY}") from None
    return {"record": _record(file.name)}


def _brush(file: ArtifactFile) -> dict[str, dict[str, Any]]:
    """Return the card of a brush, and which base it is for, and of how many numbers it is made."""
    from impasto.models.brush import Brush

    brush = Brush.from_artifact(file)
    rank = max((up.shape[1] for up, _ in brush.filters), default=0)
    about = {"base": brush.base, "code": brush.code.size, "rank": rank}
    return {"card": brush.card.to_dict(), "brush": about}


def _record(name: str) -> dict[str, Any]:
    from impasto.image import read_record

    text = read_record(name)
    if text is None:
        raise ConfigError(f"{name} is a picture without a record; {REMEDY}")
    record: dict[str, Any] = json_text.loads(text)
    return record
