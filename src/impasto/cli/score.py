"""`impasto score ...`: how good models are, in figures. Each command is loaded when it is run."""

from __future__ import annotations

from cyclopts import App

score = App(name="score", help="Measure how good a model is.")

score.command(
    "impasto.cli.score_superres:superres",
    name="superres",
    help="Compare a model that makes pictures larger with bicubic and nearest, on pictures made small.",
    usage="Usage: impasto score superres MODEL --data FOLDER [OPTIONS]",
)
