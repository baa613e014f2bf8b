"""Files that several processes share: replaced whole, appended by lines, locked."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

LOCK_SECONDS = 2.0
"""How long a worker waits for its lock: readers that try a lock hold it for microseconds."""

_CACHED_FILES = 64


def replace_file(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Give `path` new content in one step: readers see the old or the new, never a part.

    Parameters
    ----------
    path : Path
        Its folder exists.
    data : bytes
    sync : bool
        Whether the content outlives a power cut. Heartbeats do without: an fsync takes longer than the write.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with open(aside, "wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` outlive a power cut, where the system can."""
    with contextlib.suppress(OSError):  # Windows cannot open folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def dump_json(value: Any) -> bytes:
    """JSON with sorted keys in UTF-8; numbers that are not finite become null, since JSON has none."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def read_json(path: Path) -> Any | None:
    """The JSON value of a file; None when it is missing or not JSON."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock; the kernel drops it however that process dies."""
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0, thread_local=False):
            return False
    except Timeout:
        return True
    except OSError:  # the folder is being deleted
        return False


@contextlib.contextmanager
def held(path: Path, timeout: float = LOCK_SECONDS) -> Iterator[bool]:
    """Hold a lock for the length of a block; gives False, and no lock, where another holds it for `timeout` seconds."""
    lock = FileLock(path, timeout=timeout, poll_interval=0.02, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


class _Lines:
    """What has been read of one file: values of its whole lines, and where reading goes on."""

    def __init__(self) -> None:
        self.inode = -1
        self.offset = 0
        self.last = b""
        self.values: list[Any] = []


_read: dict[Path, _Lines] = {}
_reading = threading.Lock()


def whole_lines(path: Path) -> list[Any]:
    """JSON values of the whole lines of a file that may be growing.

    Bytes after the last line end are a line being written, or one cut off by a kill, and are left out, as is a line
    that is not JSON. What was read is remembered, so asking every second costs the new lines only; a file that was
    replaced or cut is read anew.
    """
    with _reading:
        known = _read.pop(path, None) or _Lines()
        try:
            with open(path, "rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                start = known.offset - len(known.last)
                file.seek(start)
                data = file.read()
        except OSError:
            return []
        if inode != known.inode or not data.startswith(known.last):
            data, known = path.read_bytes(), _Lines()
            known.inode = inode
        else:
            data = data[len(known.last) :]
        whole = data[: data.rfind(b"\n") + 1]
        if whole:
            lines = whole.splitlines(keepends=True)
            known.values.extend(_values(lines))
            known.offset += len(whole)
            known.last = lines[-1]
        _read[path] = known
        while len(_read) > _CACHED_FILES:
            _read.pop(next(iter(_read)))
        return list(known.values)


def _values(lines: list[bytes]) -> Iterator[Any]:
    for line in lines:
        with contextlib.suppress(ValueError):
            yield json.loads(line)
