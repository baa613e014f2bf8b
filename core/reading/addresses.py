"""Tables behind an address (`https://`, `s3://` and the like), copied to disk through fsspec before they are read."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import UnreadableFile, UserError, listed
from core.limits import ARCHIVE_BYTES, MEGABYTE
from core.reading.result import Progress

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://\S")
CHUNK_BYTES = 1 << 22
PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "http": "aiohttp", "https": "aiohttp", "az": "adlfs",
            "abfs": "adlfs", "abfss": "adlfs"}  # fmt: skip
"""What fsspec needs beside itself for the common kinds of address."""


def is_address(text: str) -> bool:
    """Whether a text names something elsewhere and not a file of this machine.

    >>> is_address("s3://bucket/table.csv"), is_address("C:/table.csv"), is_address("table.csv")
    (True, False, False)
    """
    return bool(ADDRESS.match(text))


def check_host(address: str, hosts: Collection[str]) -> None:
    """Refuse an address whose host is not among `hosts`; only web addresses have one.

    Raises
    ------
    UserError
    """
    parts = urlsplit(address)
    allowed = {host.strip().lower() for host in hosts if host.strip()}
    if parts.scheme not in ("http", "https") or (parts.hostname or "").lower() not in allowed or "::" in address:
        raise UserError(
            f"Tables are not fetched from {parts.hostname or parts.scheme!r} here.",
            f"Allowed hosts: {listed(sorted(allowed)) or 'none'}. The command line takes any address.",
        )


def fetch(address: str, folder: Path, progress: Progress, *, follow: bool = True) -> Path:
    """Copy what an address names into `folder`; returns the copy, whose ending is that of the address.

    Parameters
    ----------
    follow : bool
        Whether a web server may send us on to another address; not where only certain hosts are allowed.

    Raises
    ------
    UnreadableFile
        If fsspec or its driver is not installed, the address cannot be reached, or the table is beyond the limit.
    """
    scheme = address.split("://", 1)[0].lower()
    try:
        import fsspec
    except ImportError:
        raise UnreadableFile(
            f"Reading from {scheme}:// needs the package fsspec, which is not installed.", "pip install fsspec"
        ) from None
    options = {} if follow or scheme not in ("http", "https") else {"allow_redirects": False}
    path = folder / _name(address)
    try:
        with fsspec.open(address, "rb", **options) as stream, path.open("xb") as file:
            _copy(stream, file, address, progress)
    except (ImportError, ValueError) as error:
        needed = PACKAGES.get(scheme)
        if isinstance(error, ImportError) and needed:
            raise UnreadableFile(
                f"Reading from {scheme}:// needs the package {needed}, which is not installed.", f"pip install {needed}"
            ) from error
        raise UnreadableFile(f"The address {_shown(address)} cannot be read: {_first(error)}.") from error
    except UnreadableFile:
        raise
    except Exception as error:  # drivers raise what they like: of botocore, aiohttp, the system
        raise UnreadableFile(
            f"The address {_shown(address)} cannot be read: {_first(error)}.",
            "Check the address and your access to it.",
        ) from error
    return path


def _copy(stream, file, address: str, progress: Progress) -> None:
    total, size = getattr(stream, "size", None), 0
    while piece := stream.read(CHUNK_BYTES):
        size += len(piece)
        if size > ARCHIVE_BYTES:
            raise UnreadableFile(
                f"The table at {_shown(address)} is larger than {ARCHIVE_BYTES // MEGABYTE:,} MB.",
                "Read a part of it.",
            )
        file.write(piece)
        share = 0.2 * min(1.0, size / total) if total else 0.1
        progress(share, f"Fetched {size / MEGABYTE:,.0f} MB")


def _name(address: str) -> str:
    """A file name of plain signs from the last part of an address."""
    last = urlsplit(address).path.rstrip("/").rsplit("/", 1)[-1]
    return re.sub(r"[^A-Za-z0-9._\-]", "_", last)[-80:].lstrip(".") or "table"


def _shown(address: str) -> str:
    """The address without what may be secret in it: user, password and query."""
    parts = urlsplit(address)
    return repr(f"{parts.scheme}://{parts.hostname or ''}{parts.path}")


def _first(error: Exception) -> str:
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return re.sub(r"[?&][^\s'\"]*", "", line)[:160].rstrip(". ")
