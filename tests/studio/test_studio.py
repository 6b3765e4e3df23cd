"""The studio as a package: what importing it does to the process."""

import os
import subprocess
import sys

import pytest

CODE = "import os, sys, impasto.studio; print(os.environ['MKL_CBWR'], 'torch' in sys.modules)"


@pytest.mark.parametrize(("before", "after"), [(None, "AUTO"), ("COMPATIBLE", "COMPATIBLE")])
def test_matrix_products_are_the_same_in_every_run(before: str | None, after: str) -> None:
    """Products are computed after it: a resumed training could end elsewhere on some processors."""
    environment = {name: value for name, value in os.environ.items() if name != "MKL_CBWR"}
    if before is not None:
        environment["MKL_CBWR"] = before
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, check=True, text=True
    )
    assert done.stdout.split() == [after, "False"]
