"""Downloads a file of weights into the user's cache: resumable, and kept only when its SHA-256 is right."""

import logging
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from impasto.errors import WeightsError

OnProgress = Callable[[int, int], None]

CACHE_VARIABLE = "IMPASTO_CACHE"
"""Environment variable that moves the cache."""

_CHUNK = 1 << 20
_ATTEMPTS = 3
_TIMEOUT_SECONDS = 30


def weights_folder() -> Path:
    """Where downloaded weights are kept: `weights` in `$IMPASTO_CACHE`, or in the user's cache folder."""
    import pooch

    cache = Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("impasto"))
    return cache.expanduser() / "weights"


def cached(url: str) -> Path:
    """Return where the file of a URL is kept, or will be."""
    return weights_folder() / PurePosixPath(urlsplit(url).path).name


def fetch(url: str, sha256: str, *, on_progress: OnProgress | None = None) -> Path:
    """Give the cached file of a URL, downloading it first where it is not there.

    A download that breaks off leaves a `.part` file beside the final place, from which the next one goes on.

    Args:
        url: Where the file is; its last part names the file.
        sha256: What the file must hash to.
        on_progress: Called with (bytes done, bytes in all, or 0 where the server does not say).

    Raises:
        WeightsError: The file cannot be downloaded, or what came is not the right file.
    """
    import pooch

    path = cached(url)
    # pooch tells standard error about each download; what is shown is for the caller to decide.
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256}",
            fname=path.name,
            path=path.parent,
            downloader=_Resumable(path.with_name(f"{path.name}.part"), on_progress),
        )
    except ValueError as error:  # pooch's word for a wrong hash; it has deleted what came
        raise WeightsError(
            f"what {url} gave is not {path.name} (its SHA-256 is not {sha256[:16]}...) and was deleted: "
            f"try again, or put the right file at {path}"
        ) from error
    except OSError as error:  # network errors of requests are among these
        raise WeightsError(
            f"cannot download {url} ({_reason(error)}): put the file {path.name} at {path}"
        ) from error
    return path


class _Resumable:
    """A downloader for pooch that goes on where an earlier one broke off."""

    def __init__(self, part: Path, on_progress: OnProgress | None) -> None:
        self.part = part
        self.on_progress = on_progress

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            before = self._size()
            try:
                self._get_rest(url)
                break
            except OSError:
                if attempt == _ATTEMPTS or self._size() <= before:  # another try only while something comes
                    raise
        self.part.replace(output_file)  # pooch checks the hash, and moves or deletes it

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _get_rest(self, url: str) -> None:
        import requests

        done = self._size()
        headers = {"Accept-Encoding": "identity"}  # a range of compressed bytes would be of no use
        if done:
            headers["Range"] = f"bytes={done}-"
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_SECONDS) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                return  # all of it was there already, or too much, as the hash will tell
            response.raise_for_status()
            if response.status_code != requests.codes.partial_content:
                done = 0  # a server that knows no ranges sends it all again
            total = done + int(response.headers.get("Content-Length", -done))
            with self.part.open("ab" if done else "wb") as file:
                for chunk in response.iter_content(_CHUNK):
                    file.write(chunk)
                    done += len(chunk)
                    if self.on_progress:
                        self.on_progress(done, total)


def _reason(error: OSError) -> str:
    """The innermost cause in one line; requests wraps it in three layers of retry counts."""
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    return " ".join(str(cause).split()) or type(cause).__name__
