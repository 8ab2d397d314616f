"""Which stores artifacts may lie in, how they are opened, and what a store's own errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import fsspec
from fsspec.core import split_protocol

from libs.chassis.errors import UnavailableError

S3: Final = ("s3", "s3a")
FOLDERS: Final = (None, "file", "local")
# Whoever calls tries again by itself, with longer waits. The libraries' own attempts multiply: five by five would hide a frozen
# store for minutes.
S3_ATTEMPTS: Final = 2
S3FS_ATTEMPTS: Final = 1
S3_OPTIONS: Final[dict[str, Any]] = {
    "config_kwargs": {"retries": {"mode": "standard", "total_max_attempts": S3_ATTEMPTS}},
    # A file is read by one request: by several, a file that is replaced meanwhile could be half old and half new.
    "max_concurrency": 1,
}
INTERNAL_SERVER_ERROR: Final = 500
PASSING_STATUSES: Final = (409, 429)


def checked_url(url: str) -> str:
    """Return the URL if its store can be opened here, else raise ValueError with what to do.

    A store in front of another (`simplecache::…`) is none: it would show old files.
    """
    protocol, path = split_protocol(url)
    if protocol is None:
        return url
    try:
        fsspec.get_filesystem_class(protocol)
    except ValueError as error:
        message = (
            f"'{protocol}' is no kind of store; it is a folder, or begins with file://, s3:// or another that fsspec knows, such as gs://"
        )
        raise ValueError(message) from error
    except ImportError as error:
        wanted = 'run pip install "modelbourse-platform[s3]"' if protocol in S3 else f"install the package that fsspec names: {error}"
        message = f"{protocol}:// needs a library that is not installed; {wanted}"
        raise ValueError(message) from error
    if protocol in S3 and not path.partition("/")[0]:
        message = f"{protocol}:// lacks a bucket; it is {protocol}://bucket/prefix"
        raise ValueError(message)
    return url


def is_folder(url: str) -> bool:
    """Tell whether artifacts lie in a folder of the machine, which other machines do not see."""
    return split_protocol(url)[0] in FOLDERS


def open_store(url: str) -> tuple[Any, str, bool]:
    """Return the fsspec file system, the root in it, and whether folders have to be made there before files."""
    is_s3 = split_protocol(url)[0] in S3
    # Own instance, no listings kept: other processes write too, and endpoint and credentials are those of now.
    files, root = fsspec.core.url_to_fs(url, skip_instance_cache=True, use_listings_cache=False, **(S3_OPTIONS if is_s3 else {}))
    if is_s3:
        files.retries = S3FS_ATTEMPTS
    # S3 has no folders, and s3fs would make a missing bucket: a misspelt name must not become a new one.
    return files, root.rstrip("/"), not is_s3


@cache
def _no_answer() -> tuple[type[Exception], ...]:
    """Return what the libraries of S3 raise for no connection, no credentials, a frozen server, a cut off body, or something that is no S3.

    Read when something was raised: a service that keeps files in a folder starts without these libraries, which are a tenth of its imports.
    """
    try:
        from aiohttp import ClientError  # noqa: PLC0415  # see above
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415  # see above
        from botocore.parsers import ResponseParserError  # noqa: PLC0415  # see above
    except ImportError:  # The extra `s3` is not installed: nothing raises them.
        return ()
    return ClientError, BotoCoreError, ResponseParserError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Raise UnavailableError for what says nothing about the file: the store is away, refuses us or has no such bucket.

    FileNotFoundError means that the file is not there. Messages hold no address and no credential.
    """
    try:
        yield
    except _no_answer() as error:
        raise _away(type(error).__name__) from error
    except OSError as error:
        code, status = _answer(error)
        if isinstance(error, FileNotFoundError) and code != "NoSuchBucket":
            raise
        passing = status >= INTERNAL_SERVER_ERROR or status in PASSING_STATUSES
        if passing or isinstance(error, PermissionError | FileNotFoundError | TimeoutError | ConnectionError):
            raise _away(code or type(error).__name__) from error
        raise


def _away(reason: str) -> UnavailableError:
    return UnavailableError(f"The artifact store is not available right now ({reason}); try again in a moment.")


def _answer(error: OSError) -> tuple[str, int]:
    """Return the code and status that S3 answered, empty and 0 when the error is none of its answers."""
    answer = getattr(error.__cause__, "response", None)
    if not isinstance(answer, dict):
        return "", 0
    return str(answer.get("Error", {}).get("Code", "")), int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
