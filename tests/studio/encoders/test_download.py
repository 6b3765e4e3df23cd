"""Downloads from a server on this machine: whole, resumed, broken off, wrong, and not at all."""

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from impasto.errors import WeightsError
from impasto.studio.encoders import WEIGHT_SETS, download, load_encoder
from impasto.studio.encoders.architecture import ARCHITECTURES
from impasto.studio.encoders.download import fetch
from impasto.studio.encoders.vgg import TORCHVISION

CONTENT = bytes(range(256)) * 12_000  # 3 MB: three chunks
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves one content, noting what is asked of it."""

    content = CONTENT
    cuts: list[int]
    """For each request to come, after how many bytes the line breaks."""
    knows_ranges = True
    ranges: list[str | None]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/models/some-weights.pth"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range") if self.server.knows_ranges else None
        self.server.ranges.append(self.headers.get("Range"))
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if "absent" in self.path:
            self.send_error(404)
            return
        if start >= len(self.server.content):
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(self.server.content) - start))
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else None
        self.wfile.write(self.server.content[start:][:cut])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "cache"))
    with Server(("127.0.0.1", 0), Handler) as running:
        running.cuts, running.ranges = [], []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def cached(tmp_path: Path) -> list[str]:
    folder = tmp_path / "cache" / "weights"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_downloads_once_and_shows_progress(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[tuple[int, int]] = []
    path = fetch(server.url, SHA256, on_progress=lambda done, total: steps.append((done, total)))
    assert path == tmp_path / "cache" / "weights" / "some-weights.pth"
    assert path.read_bytes() == CONTENT
    assert len(steps) >= 3
    assert steps == sorted(steps)
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert fetch(server.url, SHA256) == path
    assert server.ranges == [None]
    assert cached(tmp_path) == ["some-weights.pth"]
    assert capsys.readouterr() == ("", "")


def test_an_interrupted_download_goes_on_by_itself(server: Server, tmp_path: Path) -> None:
    server.cuts = [2_000_000]
    steps: list[tuple[int, int]] = []
    path = fetch(server.url, SHA256, on_progress=lambda done, total: steps.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert len(server.ranges) == 2
    assert server.ranges[1] is not None
    assert {total for _, total in steps} == {len(CONTENT)}
    assert cached(tmp_path) == ["some-weights.pth"]


def test_a_download_given_up_is_resumed_by_the_next_call(server: Server, tmp_path: Path) -> None:
    server.cuts = [2_000_000, 0]
    with pytest.raises(
        WeightsError, match=r"cannot download .*put the file some-weights.pth at /.*some-weights.pth"
    ):
        fetch(server.url, SHA256)
    assert cached(tmp_path) == ["some-weights.pth.part"]
    kept = (tmp_path / "cache" / "weights" / "some-weights.pth.part").stat().st_size
    assert 0 < kept < len(CONTENT)
    server.ranges.clear()
    assert fetch(server.url, SHA256).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={kept}-"]
    assert cached(tmp_path) == ["some-weights.pth"]


def write_part(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    (folder / "some-weights.pth.part").write_bytes(content)


def test_a_server_without_ranges_sends_all_again(server: Server, tmp_path: Path) -> None:
    server.knows_ranges = False
    write_part(tmp_path, CONTENT[:1000])
    assert fetch(server.url, SHA256).read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_used(server: Server, tmp_path: Path) -> None:
    write_part(tmp_path, CONTENT)
    assert fetch(server.url, SHA256).read_bytes() == CONTENT


def test_a_wrong_file_is_deleted(server: Server, tmp_path: Path) -> None:
    write_part(tmp_path, b"something else")
    with pytest.raises(WeightsError, match=r"is not some-weights.pth .* was deleted: try again"):
        fetch(server.url, SHA256)
    assert cached(tmp_path) == []
    assert fetch(server.url, SHA256).read_bytes() == CONTENT


def test_a_cached_file_that_is_damaged_is_replaced(server: Server) -> None:
    path = fetch(server.url, SHA256)
    path.write_bytes(b"damaged")
    assert fetch(server.url, SHA256).read_bytes() == CONTENT


def test_offline_says_which_file_to_put_where(server: Server, tmp_path: Path) -> None:
    url = server.url
    server.shutdown()
    server.server_close()
    with pytest.raises(WeightsError) as caught:
        fetch(url, SHA256)
    message = str(caught.value)
    path = tmp_path / "cache" / "weights" / "some-weights.pth"
    assert "\n" not in message
    assert message.startswith(f"cannot download {url} (")
    assert message.endswith(f"put the file some-weights.pth at {path}")
    path.write_bytes(CONTENT)
    assert fetch(url, SHA256) == path


def test_a_file_that_the_server_does_not_have(server: Server, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="404"):
        fetch(server.url.replace("some", "absent"), SHA256)
    assert cached(tmp_path) == []


def test_a_cache_that_cannot_be_written(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match="cannot download"):
        fetch(server.url, SHA256)


def test_the_cache_is_the_users_unless_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMPASTO_CACHE", raising=False)
    assert download.weights_folder().parts[-2:] == ("impasto", "weights")


def test_official_sets_are_downloaded_and_loaded(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = ARCHITECTURES["vgg16"]
    state = {}
    for name in shape.conv_names[:4]:
        key = f"features.{shape.torchvision_index(name)}"
        state[f"{key}.weight"] = torch.zeros(shape.weight_shape(name))
        state[f"{key}.bias"] = torch.zeros(shape.weight_shape(name)[0])
    torch.save(state, tmp_path / "made.pth")
    server.content = (tmp_path / "made.pth").read_bytes()
    sha256 = hashlib.sha256(server.content).hexdigest()
    official = dataclasses.replace(WEIGHT_SETS["vgg16-torchvision"], url=server.url, sha256=sha256)
    monkeypatch.setitem(WEIGHT_SETS, "vgg16-torchvision", official)
    steps: list[int] = []
    encoder = load_encoder("vgg16-torchvision", on_progress=lambda done, total: steps.append(done))
    assert (encoder.weights_name, encoder.weights_sha256) == ("vgg16-torchvision", sha256)
    # Up to conv2_2 VGG-16 and VGG-19 are the same: the set knows which it is.
    assert encoder.architecture.name == "vgg16"
    assert encoder.preprocessing == TORCHVISION
    assert steps[-1] == len(server.content)


@pytest.mark.parametrize("name", ["vgg16-torchvision", "vgg19-torchvision"])
def test_official_names_carry_the_first_digits_of_their_hash(name: str) -> None:
    chosen = WEIGHT_SETS[name]
    assert chosen.url is not None
    assert len(chosen.sha256) == 64
    assert chosen.url == f"https://download.pytorch.org/models/{name[:5]}-{chosen.sha256[:8]}.pth"
