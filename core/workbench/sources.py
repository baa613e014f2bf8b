"""Where tables may come from beside an upload: a configured folder, and web addresses of configured hosts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError, listed
from core.reading.addresses import check_host
from core.reading.options import ReadOptions
from core.workbench.data import start_for, start_reading
from core.workbench.sessions import Session, mode

FOLDER = "DOPPEL_DATA"
HOSTS = "DOPPEL_HOSTS"
MAX_LISTED = 500
IGNORED_ENDINGS = (".part", ".tmp", ".lock")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFile:
    """A file of the configured folder: its path inside the folder, and its size."""

    path: str
    n_bytes: int


def data_folder() -> Path | None:
    """The folder whose files may be read from the page (`DOPPEL_DATA`), or None where none is configured."""
    value = os.environ.get(FOLDER, "").strip()
    if not value or mode() == "demo":
        return None
    folder = Path(value).expanduser().resolve()
    return folder if folder.is_dir() else None


def allowed_hosts() -> tuple[str, ...]:
    """Hosts from which the page may fetch tables (`DOPPEL_HOSTS`, separated by commas); none by default."""
    if mode() == "demo":
        return ()
    return tuple(host for part in os.environ.get(HOSTS, "").split(",") if (host := part.strip().lower()))


def folder_files() -> list[FolderFile]:
    """Files of the configured folder and its sub-folders, sorted, hidden ones left out; at most `MAX_LISTED`."""
    folder = data_folder()
    if folder is None:
        return []
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place) / name
            if name.startswith(".") or name.endswith(IGNORED_ENDINGS) or path.is_symlink() or not path.is_file():
                continue
            found.append(FolderFile(path=str(path.relative_to(folder)), n_bytes=path.stat().st_size))
            if len(found) == MAX_LISTED:
                return found
    return found


def start_reading_from_folder(session: Session, pattern: str, *, options: ReadOptions | None = None) -> str:
    """Start reading a file, or all files of a pattern such as `2024/*.csv`, of the configured folder.

    Raises
    ------
    UserError
        If no folder is configured, or the pattern leaves it.
    UnreadableFile
        If no file matches.
    """
    folder = data_folder()
    if folder is None:
        raise UserError("No folder of tables is configured.", f"Start Doppel with {FOLDER}=/path/to/folder.")
    inside = Path(pattern.strip())
    if not pattern.strip() or inside.is_absolute() or ".." in inside.parts:
        raise UserError(
            f"{pattern!r} does not lie in the folder of tables.", "Give a path inside it, such as 2024/*.csv."
        )
    matches = [folder / inside] if (folder / inside).exists() else list(folder.glob(str(inside)))
    outside = [path.name for path in matches if folder not in path.resolve().parents]
    if outside:
        raise UserError(f"Links out of the folder of tables are not followed: {listed(outside)}.")
    return start_reading(session, folder / inside, name=inside.stem.strip("*-_ ") or inside.stem, options=options)


def start_reading_from_host(session: Session, address: str, *, options: ReadOptions | None = None) -> str:
    """Start fetching and reading a table from one of the configured hosts.

    Raises
    ------
    UserError
        If the host is not among them.
    """
    address = address.strip()
    check_host(address, allowed_hosts())
    name = address.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0] or "table"
    settings = {"name": name, "options": (options or ReadOptions()).to_json(), "follow": False}
    return start_for(session, "read", {"address": address, **settings})
