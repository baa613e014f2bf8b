"""A whole session as one file, and back: tables, checkpoints and results, checked by hash.

The catalogue itself never travels: a database file from elsewhere is never opened. The archive holds job folders and
tables; the catalogue is made again from them, as it is after any restart.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import InvalidConfig, StoreError, UnreadableFile
from core.jobs.files import is_locked
from core.jobs.protocol import LOCK
from core.limits import ARCHIVE_BYTES, ARCHIVE_MEMBERS, ARCHIVE_RATIO
from core.workbench import sessions
from core.workbench.absorb import absorb
from core.workbench.sessions import Session

VERSION = 1
MANIFEST = "doppel-session.json"
BLOCK = 1 << 20
_NAME = re.compile(
    r"tables/[a-z]+-[0-9a-f]{16}[a-z-]*\.parquet"
    r"|jobs/[a-z]+-[0-9a-f]{16}/(?:[A-Za-z0-9_.-]+/){0,2}[A-Za-z0-9_.-]+"
    r"|(?:thresholds|retention|queries)\.json"
)
"""Names that an archive may hold; nothing else is written anywhere."""

_LEFT = re.compile(r"(^|/)(lock|control|steer\.lock|worker\.log|reserve|\..*)$")

Tell = Callable[[float], None]


def export_session(session: Session, target: Path, *, tell: Tell = lambda share: None) -> int:
    """Write a session to a zip file; gives the number of files. It holds real rows.

    Raises
    ------
    StoreError
        If a job still works: its files would be cut in the middle.
    """
    working = [path.parent.name for path in session.folder.glob(f"jobs/*/{LOCK}") if is_locked(path)]
    if working:
        raise StoreError(f"Still at work: {', '.join(working[:5])}.", "Wait or stop it, then export.")
    files = list(_files(session.folder))
    digests: dict[str, str] = {}
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            for at, path in enumerate(files, 1):
                name = path.relative_to(session.folder).as_posix()
                digests[name] = _add(archive, name, path)
                tell(at / len(files))
            manifest = {
                "version": VERSION,
                "session": session.id,
                "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "audit": [_entry(one) for one in session.store.list_audit()],
                "files": digests,
            }
            archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False))
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
    session.store.audit("export session", settings={"n_files": len(files)})
    return len(files)


def import_session(home: Path, archive_path: Path, *, name: str = "") -> Session:
    """Make a new session of an exported one.

    Raises
    ------
    UnreadableFile
        If it is no such archive, holds names that it may not, is too large, or a file is not what its digest says.
        Nothing is left behind then.
    """
    sessions_mode = sessions.mode()
    if sessions_mode == "demo":
        raise InvalidConfig("This is a demo: sessions cannot be brought here.", "Run Doppel on your own machine.")
    session = sessions.create_session(home, name or "Imported")
    try:
        with zipfile.ZipFile(archive_path) as archive:
            manifest = _manifest(archive)
            for member, digest in manifest["files"].items():
                _take(archive, member, digest, session.folder)
        absorb(session)
        settings = {"from": str(manifest.get("session", ""))[:64], "n_files": len(manifest["files"])}
        session.store.audit("import session", settings=settings | {"n_audit": len(manifest.get("audit", ()))})
        earlier = json.dumps(manifest.get("audit", ()), ensure_ascii=False)
        (session.folder / "earlier-audit.json").write_text(earlier, encoding="utf-8")
    except BaseException as error:
        sessions.delete_session(home, session.id)
        if isinstance(error, (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError)):
            raise UnreadableFile(
                f"{archive_path.name!r} is not a whole session of Doppel: {_first(error)}.", "Export it again."
            ) from error
        raise
    return session


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and _NAME.fullmatch(name) and not _LEFT.search(name):
            yield path


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as sink:
        while block := source.read(BLOCK):
            digest.update(block)
            sink.write(block)
    return digest.hexdigest()


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    infos = archive.infolist()
    if len(infos) > 100 * ARCHIVE_MEMBERS or sum(one.file_size for one in infos) > ARCHIVE_BYTES:
        raise ValueError("it holds more than a session can")
    if any(one.file_size > ARCHIVE_RATIO * max(one.compress_size, 1024) for one in infos):
        raise ValueError("one of its files grows too much when unpacked")
    manifest = json.loads(archive.read(MANIFEST))
    if manifest.get("version") != VERSION or not isinstance(manifest.get("files"), dict):
        raise ValueError("it has no list of files that this version knows")
    bad = [name for name in manifest["files"] if not _NAME.fullmatch(name) or ".." in name]
    if bad:
        raise ValueError(f"it holds a file of the name {bad[0][:80]!r}")
    return manifest


def _take(archive: zipfile.ZipFile, name: str, digest: str, folder: Path) -> None:
    path = folder / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = hashlib.sha256()
    with archive.open(name) as source, path.open("xb") as sink:
        while block := source.read(BLOCK):
            found.update(block)
            sink.write(block)
    if found.hexdigest() != digest:
        raise ValueError(f"{name} is not what its digest says")


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "action": entry.action,
        "ids": list(entry.ids),
        "settings": dict(entry.settings),
        "hash": entry.hash,
    }


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
