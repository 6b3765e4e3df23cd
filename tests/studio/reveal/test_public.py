"""What `impasto.studio.reveal` offers, each loaded when it is first used."""

import subprocess
import sys

import pytest

import impasto.studio.reveal as reveal


@pytest.mark.parametrize("name", reveal.__all__)
def test_every_name_is_there(name: str) -> None:
    found = getattr(reveal, name)
    assert getattr(found, "__module__", found.__name__).startswith("impasto.studio.reveal")


def test_every_name_is_public() -> None:
    assert set(reveal._HOMES) == set(reveal.__all__)


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'reveil'"):
        _ = reveal.reveil


@pytest.mark.parametrize("name", ["occlude", "sparse", "network_figures"])
def test_without_torch_the_extra_is_named(name: str) -> None:
    code = f"import sys; sys.modules['torch'] = None\nfrom impasto.studio.reveal import {name}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last == (
        "impasto.errors.MissingExtraError: revealing needs PyTorch: pip install 'impasto[studio]'"
    )
