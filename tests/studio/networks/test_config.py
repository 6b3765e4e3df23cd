"""Settings of networks: what is refused, what a default stands for, and that torch is not needed for them."""

import re
import subprocess
import sys
from typing import Any

import pytest

from impasto.errors import ConfigError
from impasto.studio.networks import ARCHITECTURES, Architecture, NetworkConfig


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "jonson"}, "name is 'jonson'; choose one of johnson, transnet, compact"),
        ({"name": None}, "name is None; choose one of johnson, transnet, compact"),
        ({"norm": "instanse"}, "norm is 'instanse'; choose one of batch, instance, layer, group, switchable"),
        ({"channels": 0}, "channels is 0; give a whole number of at least 1"),
        ({"channels": 2.5}, "channels is 2.5; give a whole number of at least 1"),
        ({"blocks": -1}, "blocks is -1; give a whole number of at least 0"),
        ({"upsampling": "nearest"}, "upsampling is 'nearest'; choose one of transposed, resize, shuffle"),
        ({"output": "relu"}, "output is 'relu'; choose one of tanh, sigmoid, clamp"),
        ({"residual": "same"}, "residual is 'same'; choose one of padded, valid"),
        (
            {"name": "transnet", "output": "tanh"},
            "output is 'tanh', and transnet is built with sigmoid alone; leave it out, or choose the network",
        ),
        ({"name": "compact", "residual": "valid"}, "residual is 'valid', and compact is built with padded"),
    ],
)
def test_what_is_not_valid_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match="^" + re.escape(message)):
        NetworkConfig(**settings)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_nothing_set_is_the_networks_own(name: Any) -> None:
    assert NetworkConfig(name=name).resolve() == ARCHITECTURES[name]


def test_what_is_set_is_kept() -> None:
    config = NetworkConfig(
        name="johnson",
        norm="none",
        channels=8,
        blocks=0,
        upsampling="shuffle",
        output="clamp",
        residual="valid",
    )
    assert config.resolve() == Architecture(
        norm="none", channels=8, blocks=0, upsampling="shuffle", output="clamp", residual="valid"
    )


def test_what_a_network_is_built_with_may_be_said() -> None:
    assert NetworkConfig(name="transnet", output="sigmoid").resolve() == ARCHITECTURES["transnet"]


def test_settings_need_no_torch_and_networks_name_the_extra() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from impasto.studio.networks import NetworkConfig; NetworkConfig().resolve()\n"
        "from impasto.studio.networks import build_network"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "impasto.errors.MissingExtraError: networks need PyTorch: pip install 'impasto[studio]'"
    )


def test_another_name_is_not_there() -> None:
    import impasto.studio.networks as networks

    with pytest.raises(AttributeError, match="no attribute 'buildnetwork'"):
        _ = networks.buildnetwork
