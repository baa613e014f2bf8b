"""A bundle: data, report, evidence, and the commands that make the same rows again, in one zip file."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.errors import UnreadableFile
from core.export.facts import Facts
from core.export.pictures import write_pictures
from core.export.report import report_html
from core.export.tables import FORMATS, write_release
from core.limits import ARCHIVE_MEMBERS
from core.records import Report

VERSION = 1
MANIFEST = "manifest.json"
SETTINGS = "settings.json"
SIDES = "split/sides.npy"
BLOCK = 1 << 20

README = """\
# {title}: synthetic rows

Made {made_at} UTC. {zone}

| File | What it is |
|---|---|
| data/ | the synthetic rows as CSV and Parquet, each with a sidecar that says what it is |
| report.html | what was made, how close it is, what it gives away; opens without a network |
| report.json, metrics.csv | the same numbers for programs |
| pictures/ | every chart as PNG, SVG and CSV |
| schema.json, settings.json | columns, split, training, drawing, seeds, versions: enough to make the rows again |
| audit.jsonl | what was done, in order (inside version only) |
{sides}| manifest.json | SHA-256 of every file |
| replay.sh | {replay} |
"""
AGAIN = "makes the rows again from the real table, which is not in here"
SIDES_LINE = (
    "| split/sides.npy | whether each row of the real table was a train row (0) or a control row (1, 2), by number: "
    "the split was inherited from an older version of the table; no cell of a row |\n"
)
ZONES = {
    False: "Version for inside the trusted zone: the report shows statistics of the real table. It holds no real row.",
    True: "Version for outside the trusted zone: no real row, and no level, extreme or count with few real rows.",
}
REPLAY = """\
#!/bin/sh
# Makes the rows of this bundle again and compares them byte for byte. Run it where Doppel is, with the real table:
#   sh replay.sh path/to/real-table.csv
set -eu
test $# -ge 1 || {{ echo "Name the real table: sh replay.sh TABLE" >&2; exit 2; }}
bundle=$(cd "$(dirname "$0")" && pwd)
exec "${{PYTHON:-python}}" -m core replay "$bundle" --real "$1"
"""


def write_bundle(
    target: Path,
    facts: Facts,
    replay: Mapping[str, Any],
    sample: Path,
    *,
    folder: Path,
    sides: Path | None = None,
    tell: Callable[[float, str], None] = lambda share, message: None,
) -> dict[str, str]:
    """Write a bundle.

    Parameters
    ----------
    target : path of the zip file to write
    facts : Facts
        Already scrubbed where the bundle is for outside.
    replay : mapping
        Settings that `python -m core replay` needs.
    sample : path of the sample's Parquet file
    folder : path of a folder for files in between
    sides : path, optional
        The side of every row of the real table, where it does not follow from the key of the split.
    tell : callable
        Called with the share done and what is being written.

    Returns
    -------
    dict of file name to SHA-256
    """
    with (
        tempfile.TemporaryDirectory(prefix=".bundle-", dir=folder) as between,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        writer = _Writer(archive)
        for at, kind in enumerate(("csv", "parquet")):
            tell(0.3 * at, f"Writing the rows as {FORMATS[kind].label}")
            path = Path(between) / f"synthetic.{FORMATS[kind].ending}"
            write_release(sample, facts.schema, path, kind, stamp=facts.stamp)
            writer.file(f"data/{path.name}", path)
            writer.file(f"data/{path.name}.json", path.with_name(f"{path.name}.json"))
        tell(0.6, "Writing the report")
        about = {"title": facts.title, "made_at": facts.made_at, "zone": ZONES[facts.outside]}
        about["replay"] = f"cannot make these rows again: {reason}" if (reason := replay.get("repeatable")) else AGAIN
        writer.text("README.md", README.format(**about, sides=SIDES_LINE if sides is not None else ""))
        writer.text("report.html", report_html(facts))
        writer.json("report.json", facts.report.to_json())
        writer.text("metrics.csv", metrics_csv(facts.report))
        writer.json("schema.json", facts.schema.to_json())
        writer.json(SETTINGS, {"version": VERSION, "outside": facts.outside, **replay})
        writer.json("versions.json", dict(facts.versions))
        if sides is not None:
            writer.file(SIDES, sides)
        if facts.audit:
            writer.text("audit.jsonl", "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in facts.audit))
        writer.text("replay.sh", REPLAY.format())
        with tempfile.TemporaryFile(dir=between) as aside, zipfile.ZipFile(aside, "w") as pictures:
            write_pictures(facts, pictures, tell=lambda share: tell(0.7 + 0.28 * share, "Drawing the pictures"))
            for name in pictures.namelist():
                writer.bytes(f"pictures/{name}", pictures.read(name))
        digests = dict(sorted(writer.digests.items()))
        archive.writestr(MANIFEST, json.dumps({"version": VERSION, "files": digests}, indent=2) + "\n")
    return digests


class _Writer:
    """Adds files to an archive and remembers their digests."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.digests: dict[str, str] = {}

    def bytes(self, name: str, content: bytes) -> None:
        self.archive.writestr(name, content)
        self.digests[name] = hashlib.sha256(content).hexdigest()

    def text(self, name: str, content: str) -> None:
        self.bytes(name, content.encode())

    def json(self, name: str, value: Any) -> None:
        self.text(name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def file(self, name: str, path: Path) -> None:
        digest = hashlib.sha256()
        with path.open("rb") as source, self.archive.open(name, "w", force_zip64=True) as sink:
            while block := source.read(BLOCK):
                digest.update(block)
                sink.write(block)
        self.digests[name] = digest.hexdigest()


def metrics_csv(report: Report) -> str:
    """Every result as a line of CSV, in the columns of the report's tidy table."""
    text = io.StringIO()
    frame = report.frame()
    for name in ("subject", "anchors", "counts"):
        frame[name] = [json.dumps(value, ensure_ascii=False) for value in frame[name]]
    frame.to_csv(text, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    return text.getvalue()


def read_bundle(path: Path) -> dict[str, Any]:
    """Settings of a bundle (a zip file or the folder it was unpacked to) and the digest of its CSV.

    Returns
    -------
    dict with `settings`, `schema`, `versions`, `csv_sha256`, and `sides`: bytes of a NumPy file, or None

    Raises
    ------
    UnreadableFile
        If it is no bundle, or one of its files is not what the manifest says.
    """
    try:
        read = _folder_reader(path) if path.is_dir() else _zip_reader(path)
        manifest = json.loads(read(MANIFEST))
        names = [SETTINGS, "schema.json", "versions.json", *([SIDES] if SIDES in manifest["files"] else ())]
        found = {name: read(name) for name in names}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UnreadableFile(
            f"{path.name!r} is not a bundle of Doppel: {error}.", "Name a bundle.zip or the folder it was unpacked to."
        ) from error
    for name, content in found.items():
        if hashlib.sha256(content).hexdigest() != manifest["files"].get(name):
            raise UnreadableFile(f"{name} in {path.name!r} is not what its manifest says.", "Take an unaltered copy.")
    settings = json.loads(found[SETTINGS])
    if settings.get("version") != VERSION:
        raise UnreadableFile(f"{path.name!r} is a bundle of version {settings.get('version')}, not {VERSION}.")
    return {
        "settings": settings,
        "schema": json.loads(found["schema.json"]),
        "versions": json.loads(found["versions.json"]),
        "sides": found.get(SIDES),
        "csv_sha256": manifest["files"].get("data/synthetic.csv", ""),
    }


def _folder_reader(path: Path) -> Callable[[str], bytes]:
    return lambda name: (path / name).read_bytes()


def _zip_reader(path: Path) -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > 100 * ARCHIVE_MEMBERS:
                raise ValueError("it holds too many files")
            info = archive.getinfo(name)
            if info.file_size > 64 * BLOCK:
                raise ValueError(f"{name} is larger than a bundle's file can be")
            return archive.read(name)

    return read
