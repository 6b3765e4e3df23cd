"""The house rules that no linter knows: what loads torch, how large things grow, what must be attributed."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import impasto
from impasto.studio.encoders import WEIGHT_SETS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "impasto"
FILES = sorted(SOURCE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = [PROJECT["project"]["dependencies"], *EXTRAS.values()]
REQUIREMENTS = [Requirement(line) for group in GROUPS for line in group]
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 50
SHIPPED = sorted(
    path
    for path in (PACKAGE / "gallery").rglob("*")
    if path.suffix in {".jpg", ".png", ".webp", ".onnx", ".brush", ".safetensors"}
)

LOAD_AND_LIST = """
import importlib, sys
for name in sys.argv[2:]:
    importlib.import_module(name)
    found = sorted(set(sys.argv[1].split()) & set(sys.modules))
    if found:
        sys.exit(f"importing {name} has loaded {', '.join(found)}")
"""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def label(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def gallery_modules() -> list[str]:
    """Every module of the gallery, and of the command, but for `__main__`, which runs it."""
    outside = PACKAGE / "studio"
    return [module_name(path) for path in FILES if outside not in path.parents and path.stem != "__main__"]


def load(unwanted: str, *modules: str) -> None:
    command = [sys.executable, "-c", LOAD_AND_LIST, unwanted, *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_gallery_and_the_command_load_without_torch() -> None:
    load("torch torchvision lightning_fabric onnx", *gallery_modules())


def test_the_command_loads_without_the_studio() -> None:
    """Nor what only some commands need: `impasto --help` answers at once."""
    load("impasto.studio torch onnxruntime openvino PIL numpy", "impasto", "impasto.cli", "impasto.cli.app")


def test_settings_and_recipes_load_without_torch() -> None:
    for verb in ("paint", "train"):
        load(
            "torch",
            *(f"impasto.studio.{verb}{module}" for module in ("", ".config", ".recipe", ".published")),
        )
    load("torch", *(f"impasto.studio.train.superres{module}" for module in ("", ".config", ".recipe")))


def test_every_package_has_its_place_in_the_layers() -> None:
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    placed = set(re.findall(r"[\w.]+", " ".join(layers)))
    data = {"impasto.studio", "impasto.gallery"}  # a floor and a folder of files
    rooms = [
        module_name(path / "__init__.py" if path.is_dir() else path)
        for floor in (PACKAGE, PACKAGE / "studio")
        for path in floor.iterdir()
        if (path.is_dir() or path.suffix == ".py") and not path.name.startswith("_")
    ]
    assert set(rooms) - placed - data == set()


@pytest.mark.parametrize("path", FILES, ids=label)
def test_a_file_says_what_it_is_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    first = (ast.get_docstring(tree) or "").partition("\n\n")[0]
    assert re.search(r"[.:]$", first), "a file opens with one sentence that says what it is"
    length = len(text.splitlines())
    assert length <= MAX_FILE_LINES
    assert path.stem.strip("_") not in {"utils", "util", "helpers", "helper", "misc", "common"}
    assert not [name for name in imported(tree) if name.partition(".")[0] == "torchvision"]
    for function in functions(tree):
        assert function.end_lineno is not None
        lines = function.end_lineno - function.lineno + 1
        assert lines <= MAX_FUNCTION_LINES, f"{function.name} has {lines} lines"


def test_the_version_is_the_installed_one() -> None:
    assert version("impasto") == impasto.__version__, "install again: make install"
    assert f"## [{impasto.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_a_dependency_is_bounded_pinned_and_attributed(requirement: Requirement) -> None:
    if requirement.name == "impasto":
        return
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators & {"<", "=="}, "give an upper bound: what moves fast breaks"
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    assert requirement.specifier.contains(pins[requirement.name])
    assert re.search(rf"^\| {re.escape(requirement.name)} \|", NOTICE, re.MULTILINE)


def test_the_pins_name_no_place_and_no_build() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)] == []
    assert "torch==2.13.0" in lines


@pytest.mark.parametrize("name", [*WEIGHT_SETS, *(path.name for path in SHIPPED)])
def test_what_is_shipped_or_loaded_is_attributed(name: str) -> None:
    assert f"`{name}`" in NOTICE


def test_a_wheel_carries_types_data_and_notices(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    data = {path.relative_to(SOURCE).as_posix() for path in SHIPPED}
    assert {"impasto/py.typed", *data} <= set(names)
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
