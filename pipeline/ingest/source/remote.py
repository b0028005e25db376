"""RAW behind a URL, such as `s3://bucket/scans`: whatever fsspec and its drivers read.

Credentials are the driver's business (its environment variables and files); a URL never holds one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline import digests
from pipeline.errors import DataError, UsageError
from pipeline.printed import setup

if TYPE_CHECKING:
    import fsspec

_VERSION_KEYS = ("ETag", "etag", "CRC", "mtime", "LastModified", "last_modified", "updated", "created")
"""What file systems call the property that changes with a file; the first that there is counts."""


def is_url(path: bytes) -> bool:
    """Whether it is a URL; no path that a folder lists has `://` in it."""
    return b"://" in path


def listing(url: bytes) -> Iterator[tuple[bytes, str, int, int, str]]:
    """URL, path under RAW, size, version (see `read`) and reason of every file, "ok" ones with "".

    Raises UsageError when a package for the URL is missing, DataError when it can't be listed.
    """
    try:
        system, root = _opened(url)
        found: dict[str, Any] = system.find(root, detail=True)
        if not found:
            system.ls(root, detail=False)  # `find` of some drivers finds nothing where nobody answers
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own
        raise DataError(
            f"The scans behind `ingest.raw` can't be listed ({type(error).__name__}). Mend the URL, or set "
            "the credentials as its driver wants them."
        ) from None
    for name, status in found.items():
        reason = "" if status["type"] == "file" else "special_file"
        relative = name.removeprefix(root).lstrip("/")
        yield (
            _url_of(url, system.unstrip_protocol(name)),
            relative,
            status["size"] or 0,
            _version(status),
            reason,
        )


def read(url: bytes) -> tuple[bytes, int, int]:
    """A file's bytes, their number, and its version: a number that changes with the file.

    Raises OSError when it can't be read, or changed meanwhile.
    """
    try:
        system, name = _opened(url)
        # Asked before and after: a file that is replaced while it is fetched would be half of each.
        before = _version(system.info(name))
        data: bytes = system.cat_file(name)
        after = _version(system.info(name))
    except (MemoryError, OSError, UsageError):
        raise
    except Exception as error:  # drivers have errors of their own
        raise OSError(type(error).__name__) from error
    if before != after:
        raise OSError("changed while it was read")
    return data, len(data), before


def _opened(url: bytes) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system behind a URL, and the path in it."""
    try:
        from fsspec.core import url_to_fs  # an extra, not needed for a folder

        system, name = url_to_fs(url.decode("utf-8", "surrogateescape"))
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"`ingest.raw` is a URL that can't be read with what is installed ({error}). "
            f"Run `{setup('dask')}`, and install the driver for the URL's protocol into .venv."
        ) from None
    return system, name


def _url_of(url: bytes, innermost: str) -> bytes:
    """The URL of one file: in a chain (`zip://scans::s3://bucket/scans.zip`) it replaces the first link."""
    links = url.decode("utf-8", "surrogateescape").split("::")
    first = next(index for index, link in enumerate(links) if "://" in link)
    return "::".join([*links[:first], innermost, *links[first + 1 :]]).encode("utf-8", "surrogateescape")


def _version(status: Mapping[str, Any]) -> int:
    version = next((status[key] for key in _VERSION_KEYS if key in status), "")
    if isinstance(version, datetime):  # listings of some drivers have it as a number
        version = version.timestamp()
    # 60 bits: the catalogue keeps it where a time would stand, as a signed number of 64.
    return int(digests.of_bytes(str(version).encode())[:15], 16)
