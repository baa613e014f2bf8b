"""A hostile table in LibreOffice: no cell becomes a formula, nothing is fetched, and every text arrives."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from core.export.marks import Stamp
from core.export.tables import FORMATS, write_release
from core.profiling.infer import infer_schema
from core.schema import ColumnType
from tests.export.conftest import FORMULA, LEVELS, SCRIPT, TURNED

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed (libreoffice-calc)"),
]
SUM, FETCH, LINK = "=2+3*7", '=WEBSERVICE("http://127.0.0.1:9/x")', '=HYPERLINK("http://127.0.0.1:9/y","click")'
TEXTS = [*LEVELS, SUM, FETCH, LINK, "-2+3*7", "\t=2+3*7", "line\nbreak", 'say "x", y', TURNED, "=1e5", "  =2+3*7"]
CELL = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}table-cell"
FORMULA_OF = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}formula"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("office") / "hostile.parquet"
    frame = pd.DataFrame(
        {
            SCRIPT: [float(-at) - 0.5 for at in range(len(TEXTS))],
            FORMULA: TEXTS,
            "x" * 10_000: range(len(TEXTS)),
            TURNED: ["😀"] * len(TEXTS),
        }
    )
    frame.to_parquet(path, index=False)
    return path


def opened(path: Path, folder: Path, kind: str, ending: str, *, infilter: str = "") -> Path:
    """What LibreOffice makes of a file, with a profile of its own and without a window."""
    command = [SOFFICE, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
    command += [f"--infilter={infilter}"] if infilter else []
    command += ["--convert-to", kind, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / f"{path.stem}.{ending}"


def exported(table: Path, folder: Path, kind: str) -> Path:
    schema = infer_schema(table)
    schema = schema.replacing(
        *(one.__class__(name=one.name, type=ColumnType.CATEGORICAL, reason="", storage=one.storage)
          for one in schema if one.name in (FORMULA, TURNED))
    )  # fmt: skip
    target = folder / f"out-{kind}.{FORMATS[kind].ending}"
    write_release(table, schema, target, kind, stamp=Stamp(), guard=True)
    return target


EVALUATES = "CSV:44,34,76,1,,1033,false,true,false,false,false,-1,true"
"""Comma, quote, UTF-8, all cells by what they look like; the last word lets formulas run, which is the reader at its
most careless."""


@pytest.mark.parametrize(("kind", "infilter"), [("csv", ""), ("csv", EVALUATES), ("excel", "")])
def test_no_cell_of_a_hostile_table_is_a_formula_and_every_text_arrives(
    table: Path, tmp_path: Path, kind: str, infilter: str
):
    path = exported(table, tmp_path, kind)
    flat = opened(path, tmp_path, "fods", "fods", infilter=infilter)
    tree = ElementTree.parse(flat)
    cells = list(tree.iter(CELL))
    assert len(cells) > len(TEXTS)
    assert [one.get(FORMULA_OF) for one in cells if one.get(FORMULA_OF)] == []
    found = list(csv.reader(opened(path, tmp_path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true", "csv",
                                   infilter=infilter).open(encoding="utf-8", newline="")))  # fmt: skip
    assert len(found) == 1 + len(TEXTS)
    assert found[0][0] == SCRIPT
    assert found[0][1].removeprefix("'") == FORMULA
    assert len(found[0][2]) == 10_000
    for text, row in zip(TEXTS, found[1:], strict=True):
        assert row[1].strip().removeprefix("'").strip() == text.strip(), "a text did not arrive"
    assert [float(row[0]) for row in found[1:]] == [-at - 0.5 for at in range(len(TEXTS))]
    assert "23" not in {row[1] for row in found[1:]}, "a formula ran"


def test_the_check_sees_a_formula_that_runs(tmp_path: Path):
    plain = tmp_path / "plain.csv"
    plain.write_text(f"a,b\n1,{SUM}\n", encoding="utf-8")
    found = opened(plain, tmp_path, "fods", "fods", infilter=EVALUATES)
    assert [one.get(FORMULA_OF) for one in ElementTree.parse(found).iter(CELL) if one.get(FORMULA_OF)]
