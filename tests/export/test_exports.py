"""Exports of a session whose names and values are scripts, formulas and quotes: harmless, complete, repeatable."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile

import duckdb
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.errors import InvalidConfig
from core.export.tables import FORMATS
from core.workbench import exporting, signing
from tests.export.conftest import FORMULA, LEVELS, SCRIPT, TARGET, TURNED, Made, done


def exported(made: Made, what: str, **settings):
    export_id = exporting.start_export(made.session, what, made.sample, **settings)
    done(made.session, export_id)
    found = exporting.export(made.session, export_id)
    assert found.path is not None
    return found


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_holds_every_row_and_says_that_it_is_synthetic(made: Made, kind: str):
    found = exported(made, "data", format=kind, guard=FORMATS[kind].for_spreadsheets)
    beside = json.loads(found.path.with_name(f"{found.path.name}.json").read_text())
    assert "synthetic" in beside["synthetic"]
    assert beside["sha256"] == "sha256:" + hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert (beside["n_rows"], beside["seed"], beside["sample"]) == (430, 2, made.sample)
    if kind == "csv":
        frame = pd.read_csv(found.path, dtype=str, keep_default_na=False)
    elif kind == "parquet":
        assert b"synthetic" in pq.read_schema(found.path).metadata[b"doppel"]
        frame = pd.read_parquet(found.path)
    elif kind == "jsonl":
        frame = pd.DataFrame(json.loads(line) for line in found.path.read_text().splitlines())
    elif kind == "excel":
        rows = list(openpyxl.load_workbook(found.path)["synthetic"].values)
        frame = pd.DataFrame(rows[1:], columns=rows[0])
    elif kind == "duckdb":
        with duckdb.connect(str(found.path), read_only=True) as connection:
            frame = connection.execute("select * from synthetic").df()
    else:
        with duckdb.connect() as connection:
            connection.execute(found.path.read_text())
            frame = connection.execute('select * from "synthetic"').df()
    assert len(frame) == 430
    assert len(frame.columns) == 5
    assert set(frame.iloc[:, 4]) <= {"yes", "no"}
    assert (frame.iloc[-30:, 4] == "yes").all()


def test_cells_that_a_spreadsheet_would_run_are_guarded_and_numbers_are_not(made: Made):
    guarded = list(csv.reader(exported(made, "data", format="csv", guard=True).path.open(encoding="utf-8")))
    plain = list(csv.reader(exported(made, "data", format="csv").path.open(encoding="utf-8")))
    assert guarded[0][0] == SCRIPT
    assert {row[2] for row in plain[1:]} <= set(LEVELS)
    for before, after in zip(plain[1:], guarded[1:], strict=True):
        runs = before[2][0] in "=+@"
        assert after[2] == ("'" + before[2] if runs else before[2])
        assert after[0] == before[0]  # negative numbers are as drawn
    assert any(row[0].startswith("-") for row in guarded[1:])
    book = openpyxl.load_workbook(exported(made, "data", format="excel", guard=False).path)
    kinds = {cell.data_type for row in book["synthetic"].iter_rows(min_row=2) for cell in row}
    assert "f" not in kinds, "a formula reached a cell"


def test_the_report_is_one_file_without_scripts_whose_names_are_text(made: Made):
    signing.sign_off(made.session, made.sample, purpose="A <b>demo</b> for colleagues")
    signing.sign_off(made.session, made.sample, reviewer="R. Viewer", decision="look again", note="'; --")
    html = exported(made, "report").path.read_text()
    assert "default-src 'none'" in html
    for bad in ("<script", "<img", "onerror=alert(1)>", 'http-equiv="refresh"', TURNED):
        assert bad not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert not re.search(r"(?:src|href)=\"(?!#|data:image/png)", html), "something is fetched"
    assert "A &lt;b&gt;demo&lt;/b&gt; for colleagues" in html
    assert "look again by R. Viewer" in html
    assert len(html) < 2_000_000
    for word in ("Fidelity", "Utility", "Privacy", "Data card", "Model card", "Checklist", "Audit", "Glossary"):
        assert word in html


def test_outside_nothing_with_few_real_rows_is_shown(made: Made):
    inside, outside = (exported(made, "report", outside=one).path.read_text() for one in (False, True))
    assert "version for outside" in outside
    assert "Entries" in inside
    assert 'id="audit"' not in outside
    assert 'id="levels"' not in outside
    assert made.source.name not in outside


def test_pictures_come_in_three_kinds_and_say_where_they_are_from(made: Made):
    with zipfile.ZipFile(exported(made, "pictures").path) as archive:
        names = archive.namelist()
        stems = {kind: {name.split("/")[1].rsplit(".", 1)[0] for name in names if name.startswith(kind)}
                 for kind in ("png", "svg", "csv")}  # fmt: skip
        assert stems["png"] == stems["svg"] == stems["csv"]
        assert len([name for name in stems["png"] if name.startswith("column-")]) == 5
        assert {"metrics", "losses", "correlations-1"} <= stems["png"]
        assert archive.read("png/metrics.png")[:4] == b"\x89PNG"
        rows = list(csv.reader(io.StringIO(archive.read("csv/losses.csv").decode())))
        assert len(rows) == 1 + 3
        assert all(re.fullmatch(r"[a-z]+/[a-z0-9-]+\.[a-z]+", name) for name in names)


def test_a_bundle_says_what_every_file_is_and_replays_to_the_very_bytes(made: Made, tmp_path):
    from core.workbench.replaying import replay

    path = exported(made, "bundle").path
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        for name, digest in manifest["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest, name
        assert set(archive.namelist()) == {*manifest["files"], "manifest.json"}
        assert {"data/synthetic.csv", "report.html", "audit.jsonl", "settings.json", "replay.sh"} <= set(
            manifest["files"]
        )
    outcome = replay(path, made.source, folder=tmp_path / "again")
    assert outcome.identical, outcome.differences
    assert outcome.n_rows == 430


def test_an_outside_bundle_holds_no_real_row(made: Made):
    path = exported(made, "bundle", outside=True).path
    with zipfile.ZipFile(path) as archive:
        settings = json.loads(archive.read("settings.json"))
        assert "sha256" not in settings["table"]
        assert all(not column["reason"] and not column["n_levels"] for column in settings["schema"]["columns"])
        assert "audit.jsonl" not in archive.namelist()


@pytest.mark.slow
def test_an_outside_bundle_replays_too(made: Made, tmp_path):
    from core.workbench.replaying import replay

    outcome = replay(exported(made, "bundle", outside=True).path, made.source, folder=tmp_path / "again")
    assert outcome.identical, outcome.differences


@pytest.mark.slow
def test_a_replay_with_another_table_says_what_differs(made: Made, tmp_path):
    from core.workbench.replaying import replay

    other = tmp_path / "other.csv"
    pd.read_csv(made.source).iloc[:-40].to_csv(other, index=False)
    outcome = replay(exported(made, "bundle").path, other, folder=tmp_path / "again")
    assert not outcome.identical
    assert any("another file" in one for one in outcome.differences)


def test_a_model_is_scanned_and_scrubbed(made: Made, tmp_path):
    found = exported(made, "model", scrub=True)
    scan = found.about["scan"]
    assert scan["no_array_as_long_as_the_table"] == (scan["longest_array"] < scan["n_train"])
    low = next(one for one in scan["taken"] if one["column"] == SCRIPT and one["what"] == "lowest value")
    assert low["flagged"]
    assert low["n_rows"] == 1
    with zipfile.ZipFile(found.path) as archive:
        archive.extractall(tmp_path)
        assert {name.split("/")[1] for name in archive.namelist()} == {
            "model.safetensors", "meta.json", "schema.json", "scan.json", "README.md",
        }  # fmt: skip
    meta = json.loads((tmp_path / "model" / "meta.json").read_text())
    code = next(one for one in meta["columns"] if one["column"] == SCRIPT)
    assert code["low"] < low["value"]
    assert float(f"{code['low']:.2g}") == code["low"]
    assert repr(low["value"]) not in (tmp_path / "model" / "scan.json").read_text()


def test_an_exported_model_is_called_as_sdv_users_call_theirs(made: Made, tmp_path):
    from sdv.sampling import Condition

    from core.synthesis.synthesizer import Synthesizer

    with zipfile.ZipFile(exported(made, "model", scrub=False).path) as archive:
        archive.extractall(tmp_path)
    synthesizer = Synthesizer.load(tmp_path / "model")
    rows = synthesizer.sample(num_rows=400, seed=2)
    told = pd.read_csv(exported(made, "data", format="csv").path)
    assert list(rows.columns) == list(told.columns) == synthesizer.get_column_names()
    assert rows[SCRIPT].round(2).tolist() == told[SCRIPT].iloc[:400].tolist()
    wanted = synthesizer.sample_from_conditions([Condition(num_rows=25, column_values={TARGET: "yes"})])
    assert wanted[TARGET].tolist() == ["yes"] * 25
    assert synthesizer.get_parameters()["epochs_trained"] == 3


def test_what_cannot_be_exported_is_one_sentence(made: Made):
    for bad in ({"what": "poster"}, {"what": "data", "format": "docx"}):
        with pytest.raises(InvalidConfig) as error:
            exporting.start_export(made.session, bad.pop("what"), made.sample, **bad)
        assert "Choose of" in str(error.value)
    assert FORMULA not in str(error.value)
    assert TARGET not in str(error.value)
