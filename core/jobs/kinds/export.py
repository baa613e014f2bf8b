"""Exports: a table in another format, all pictures, the report, the bundle, or the model, as one file of the job."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.errors import InvalidConfig, listed
from core.evaluation.verdict import Threshold, with_verdicts
from core.export.bundle import write_bundle
from core.export.facts import Facts
from core.export.marks import SYNTHETIC
from core.export.model import scan_model, write_model
from core.export.outside import for_outside
from core.export.pictures import write_pictures
from core.export.report import report_html
from core.export.tables import FORMATS, whole_file, write_release
from core.jobs.context import JobContext
from core.jobs.files import read_json
from core.jobs.protocol import JobState
from core.records import Report
from core.schema import Schema
from core.tables import read_frame

FILES = "files"


def run(context: JobContext) -> JobState:
    """Write one file into `files/` of the job, and `export.json` that names it."""
    what = context.config.get("what")
    if what not in KINDS:
        raise InvalidConfig(f"{what!r} is not a kind of export.", f"Choose of {listed(KINDS)}.", field="what")
    folder = context.folder / FILES
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    context.step(0.0, "Collecting")
    path, about = KINDS[what](context, folder)
    context.write_json("export.json", {"what": what, "file": path.name, "n_bytes": path.stat().st_size, **about})
    return JobState.DONE


def _facts(context: JobContext) -> Facts:
    """What the starter knew, with the reports of the evaluations, scrubbed where it goes outside."""
    config = context.config
    with context.reading_settings():
        facts = Facts.from_json(config["facts"])
        thresholds = [Threshold.from_json(one) for one in config.get("thresholds") or ()]
        paths = list(config.get("reports") or ())
        outside = bool(config.get("outside"))
    found = [read_json(context.existing(path, "the report of an evaluation")) for path in paths]
    report = merged([Report.from_json(one) for one in found if one is not None])
    report = dataclasses.replace(report, results=with_verdicts(report.results, thresholds))
    facts = dataclasses.replace(facts, report=report)
    return for_outside(facts) if outside else facts


def merged(reports: Sequence[Report]) -> Report:
    """Several reports of one sample as one: of a number that was measured twice, the later one stands."""
    if not reports:
        return Report()
    results = {(one.metric, one.scope, one.subject): one for report in reports for one in report.results}
    columns = {one.column: one for report in reports for one in report.columns}
    correlations = {one.kind: one for report in reports for one in report.correlations}
    curves = {one.name: one for report in reports for one in report.curves}
    return Report(
        results=tuple(results.values()),
        columns=tuple(columns.values()),
        correlations=tuple(correlations.values()),
        curves=tuple(curves.values()),
        settings=reports[-1].settings,
        versions=reports[-1].versions,
    )


def _data(context: JobContext, folder: Path) -> tuple[Path, dict[str, Any]]:
    config = context.config
    with context.reading_settings():
        schema, kind = Schema.from_json(config["schema"]), str(config["format"])
        facts = Facts.from_json(config["facts"])
        guard, note = bool(config.get("guard")), str(config.get("note") or SYNTHETIC)
        name = str(config.get("name") or "synthetic")
    if kind not in FORMATS:
        raise InvalidConfig(f"{kind!r} is not a format of tables.", f"Choose of {listed(FORMATS)}.", field="format")
    source = context.existing(config.get("table"), "the table to export")
    path = folder / f"{name}.{FORMATS[kind].ending}"
    beside = write_release(
        source, schema, path, kind, stamp=facts.stamp, guard=guard, note=note, progress=_told(context, "Writing rows")
    )
    return path, {"sidecar": beside}


def _pictures(context: JobContext, folder: Path) -> tuple[Path, dict[str, Any]]:
    facts, path = _facts(context), folder / "pictures.zip"
    with whole_file(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        n_charts = write_pictures(facts, archive, tell=_told(context, "Drawing pictures"))
    return path, {"n_charts": n_charts}


def _report(context: JobContext, folder: Path) -> tuple[Path, dict[str, Any]]:
    facts = _facts(context)
    context.step(0.2, "Writing the report")
    path = folder / ("report-outside.html" if facts.outside else "report.html")
    path.write_text(report_html(facts), encoding="utf-8")
    return path, {"outside": facts.outside}


def _bundle(context: JobContext, folder: Path) -> tuple[Path, dict[str, Any]]:
    facts = _facts(context)
    sample = context.existing(context.config.get("table"), "the synthetic rows")
    with context.reading_settings():
        replay, sides = dict(context.config["replay"]), context.config.get("sides")
    given = context.existing(sides, "the sides of the rows") if sides else None
    path = folder / ("bundle-outside.zip" if facts.outside else "bundle.zip")
    with whole_file(path) as aside:
        digests = write_bundle(aside, facts, replay, sample, folder=folder, sides=given, tell=context.step)
    return path, {"outside": facts.outside, "n_files": len(digests)}


def _model(context: JobContext, folder: Path) -> tuple[Path, dict[str, Any]]:
    config = context.config
    with context.reading_settings():
        schema, released = Schema.from_json(config["schema"]), Schema.from_json(config["released"])
        scrub, about = bool(config.get("scrub")), dict(config["about"])
    checkpoint = context.existing(config.get("checkpoint"), "the checkpoint to export")
    train = read_frame(context.existing(config.get("train"), "the train rows of this run"), schema)
    context.step(0.3, "Looking at what the model holds")
    scan = scan_model(checkpoint, train, schema)
    path = folder / "model.zip"
    with tempfile.TemporaryDirectory(prefix=".model-", dir=folder) as between, whole_file(path) as aside:
        model = Path(between) / "model"
        write_model(model, checkpoint, scan, released, scrub=scrub, about=about)
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in sorted(model.iterdir()):
                archive.write(one, f"model/{one.name}")
    return path, {"scan": scan.to_json(), "scrubbed": scrub}


def _told(context: JobContext, message: str) -> Callable[[float], None]:
    return lambda share: context.step(share, message)


KINDS: dict[str, Callable[[JobContext, Path], tuple[Path, dict[str, Any]]]] = {
    "data": _data,
    "pictures": _pictures,
    "report": _report,
    "bundle": _bundle,
    "model": _model,
}
