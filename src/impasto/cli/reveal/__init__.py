"""`impasto reveal ...`: what the loss network sees. Each command is loaded when it is run."""

from __future__ import annotations

from cyclopts import App

reveal = App(name="reveal", help="Show what the loss network sees, one labelled picture a command.")

_COMMANDS = {
    "content": (
        "PHOTO -o OUT.png",
        "Reconstruct a photo from what each layer holds of it (Gatys et al. 2015).",
    ),
    "style": (
        "PAINTING -o OUT.png",
        "Make textures of a painting from more and more layers (Gatys et al. 2015).",
    ),
    "grid": (
        "PHOTO PAINTING -o OUT.png",
        "Paint with each set of style layers at each ratio of the weights (Gatys et al. 2015).",
    ),
    "features": (
        "PHOTO -o OUT.png",
        "Project a photo's strongest channels down to its pixels (Zeiler & Fergus 2014).",
    ),
    "occlusion": (
        "PHOTO -o OUT.png",
        "Cover a photo bit by bit, and map how a channel's activation falls (Zeiler & Fergus 2014).",
    ),
    "sparse": (
        "FOLDER -o OUT.png",
        "Learn a dictionary of filters from photos, unsupervised (Zeiler et al. 2010).",
    ),
    "network": (
        "vgg16|vgg19",
        "List a network's layers: shapes, parameters, multiply-adds, receptive fields.",
    ),
    "weights": (
        "PHOTO PAINTING -o OUT.png",
        "Paint at each content weight with each size of strokes, to choose from.",
    ),
}
"""What each command takes, and what it is for."""

for _name, (_takes, _help) in _COMMANDS.items():
    reveal.command(
        f"impasto.cli.reveal.{_name}:{_name}",
        name=_name,
        help=_help,
        usage=f"Usage: impasto reveal {_name} {_takes} [OPTIONS]",
    )
