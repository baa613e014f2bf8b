"""The command line as its user meets it: outputs, exit codes, one sentence for what can be mended."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE_METRICS = {
    "column_shapes",
    "pair_trends",
    "correlation_difference",
    "tstr_auc",
    "trtr_auc",
    "nndr_p05_train",
    "nndr_p05_control",
    "dcr_share",
    "memorised_share",
    "singling_out_univariate",
}
ROW_FIELDS = {
    "metric", "scope", "subject", "value", "low", "high", "interval", "direction", "unit", "anchors", "counts",
    "verdict", "rule", "status", "explanation", "n_rows", "seconds",
}  # fmt: skip


def doppel(*arguments: object, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "core", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)


def make_table(path: Path, n_rows: int = 900) -> Path:
    draw = np.random.default_rng(0)
    income = draw.choice(["<=50K", ">50K"], n_rows, p=[0.75, 0.25])
    pd.DataFrame(
        {
            "id": np.arange(1, n_rows + 1),
            "joined": pd.to_datetime("2024-01-01") + pd.to_timedelta(draw.integers(0, 900, n_rows), unit="D"),
            "age": draw.integers(18, 90, n_rows),
            "balance": np.where(draw.random(n_rows) < 0.1, np.nan, draw.lognormal(5, 1, n_rows).round(2)),
            "zip": [f"{code:05d}" for code in draw.choice([123, 4567, 89012], n_rows)],
            "income": income,
        }
    ).to_csv(path, index=False, date_format="%d/%m/%Y")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("synthesize")
    table = make_table(folder / "people.csv")
    out = folder / "out"
    answer = doppel(
        "synthesize", table, "--out", out, "--target", "income", "--epochs", 3, "--seed", 1, "--rows", 300,
        "--condition", "income=>50K:25", "--condition", "zip=00123:5",
        "--set", "batch_size=100", "--type", "age=continuous",
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return out, answer


def test_what_may_leave_and_what_must_not_lie_apart(run) -> None:
    out, _ = run
    names = {path.name for path in out.iterdir()}
    assert {"synthetic.csv", "synthetic.parquet", "schema.json", "report.json", "private-real-data"} <= names
    private = out / "private-real-data"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert (private / "README.txt").read_text().startswith("This folder holds real data")
    train, control = (pd.read_parquet(private / f"{side}.parquet") for side in ("train", "control"))
    assert len(train) + len(control) == 900
    assert len(control) == 180


def test_rows_have_the_order_layout_and_numbers_of_the_real_table(run) -> None:
    out, _ = run
    real = (out.parent / "people.csv").read_text().splitlines()
    drawn = (out / "synthetic.csv").read_text().splitlines()
    assert drawn[0] == real[0]
    assert len(drawn) == 1 + 300 + 25 + 5
    frame = pd.read_csv(out / "synthetic.csv", dtype=str, keep_default_na=False)
    assert set(frame["zip"]) <= {"00123", "04567", "89012"}
    assert frame["joined"].str.fullmatch(r"\d\d/\d\d/\d{4}").all()
    assert frame["age"].str.fullmatch(r"\d+").all()
    assert frame["balance"].str.fullmatch(r"(\d+\.\d\d)?").all()
    assert frame["id"].is_unique
    stored = pd.read_parquet(out / "synthetic.parquet")
    assert len(stored) == 330
    assert stored["age"].dtype.kind == "i"


def test_conditioned_rows_follow_the_others_and_are_exact(run) -> None:
    out, _ = run
    frame = pd.read_csv(out / "synthetic.csv", dtype=str)
    assert (frame["income"].iloc[300:325] == ">50K").all()
    assert (frame["zip"].iloc[325:330] == "00123").all()


def test_the_report_has_every_metric_with_a_number_or_a_reason(run) -> None:
    out, answer = run
    report = json.loads((out / "report.json").read_text())
    assert set(report) == {"results", "settings", "versions"}
    rows = [row for row in report["results"] if row["scope"] == "table"]
    assert {row["metric"] for row in rows} >= TABLE_METRICS
    for row in report["results"]:
        assert set(row) == ROW_FIELDS
        assert (row["value"] is None) == (row["status"] == "not measured")
        assert row["explanation"]
    measured = {row["metric"]: row["value"] for row in rows if row["value"] is not None}
    assert measured.keys() >= TABLE_METRICS
    assert report["settings"]["seed"] == 1
    assert report["versions"]["torch"]
    assert "column_shapes" in answer.stdout


def test_the_released_schema_counts_nothing_of_the_real_table(run) -> None:
    out, _ = run
    columns = json.loads((out / "schema.json").read_text())["columns"]
    assert [column["name"] for column in columns] == ["id", "joined", "age", "balance", "zip", "income"]
    assert all(column["n_missing"] == column["n_levels"] == 0 for column in columns)


def test_a_trail_of_progress_reaches_standard_error(run) -> None:
    _, answer = run
    assert "epoch 3/3" in answer.stderr or "training" in answer.stderr
    assert "income = >50K: 25 of 25 rows" in answer.stderr


def test_conditions_alone_give_class_conditional_numbers(tmp_path: Path) -> None:
    table = make_table(tmp_path / "people.csv", 600)
    answer = doppel(
        "synthesize", table, "--out", tmp_path / "out", "--target", "income", "--epochs", 1, "--rows", 0,
        "--condition", "income=>50K:40", "--plan", "quick",
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    frame = pd.read_csv(tmp_path / "out" / "synthetic.csv")
    assert frame["income"].tolist() == [">50K"] * 40
    rows = json.loads((tmp_path / "out" / "report.json").read_text())["results"]
    assert {row["status"] for row in rows if row["scope"] == "table" and row["metric"] == "column_shapes"} == {
        "not measured"
    }
    assert any(row["scope"] == "level" and row["value"] is not None for row in rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "wealth"], "wealth"),
        (["--condition", "income=rich:5"], "rich"),
        (["--condition", "income"], "column=level:rows"),
        (["--condition", "balance=5:5"], "balance"),
        (["--type", "zip=colour"], "colour"),
        (["--type", "income=continuous"], "income"),
        (["--set", "pac=0"], "pac"),
        (["--set", "speed=fast"], "speed"),
        (["--set", "pac"], "name=value"),
        (["--group", "family"], "family"),
        (["--control-share", "1"], "control share"),
        (["--preset", "miracle"], "miracle"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_can_be_mended_is_one_sentence_and_exit_code_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    table = make_table(tmp_path / "people.csv", 120)
    answer = doppel("synthesize", table, "--out", tmp_path / "out", "--epochs", 1, *arguments)
    assert answer.returncode == 2, answer.stderr
    assert "Traceback" not in answer.stderr
    assert words in answer.stderr
    assert len([line for line in answer.stderr.splitlines() if words in line]) == 1


def test_a_table_that_is_not_there_or_empty_or_tiny_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "three.csv").write_text("a,b\n1,x\n2,y\n3,z\n")
    for name in ("nowhere.csv", "empty.csv", "three.csv"):
        answer = doppel("synthesize", tmp_path / name, "--out", tmp_path / "out", "--epochs", 1)
        assert answer.returncode == 2, (name, answer.stderr)
        assert "Traceback" not in answer.stderr


def test_a_profile_lists_columns_with_type_and_reason(tmp_path: Path) -> None:
    table = make_table(tmp_path / "people.csv")
    answer = doppel("profile", table, "--json", "-")
    assert answer.returncode == 0, answer.stderr
    profile = json.loads(answer.stdout)
    assert profile["n_rows"] == 900
    types = {column["name"]: column["type"] for column in profile["columns"]}
    assert types == {
        "id": "identifier",
        "joined": "datetime",
        "age": "continuous",
        "balance": "continuous",
        "zip": "categorical",
        "income": "categorical",
    }
    assert all(column["reason"] for column in profile["columns"])
    assert profile["columns"][3]["missing"] > 0


def test_tables_made_elsewhere_are_judged_without_a_run(tmp_path: Path) -> None:
    table = pd.read_csv(make_table(tmp_path / "people.csv", 1200))
    parts = {"real": table[:400], "synthetic": table[400:800], "control": table[800:]}
    for name, part in parts.items():
        part.to_csv(tmp_path / f"{name}.csv", index=False)
    answer = doppel(
        "evaluate", "--real", tmp_path / "real.csv", "--synthetic", tmp_path / "synthetic.csv",
        "--control", tmp_path / "control.csv", "--target", "income", "--json", tmp_path / "r.json", "--no-privacy",
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    rows = json.loads((tmp_path / "r.json").read_text())["results"]
    values = {row["metric"]: row["value"] for row in rows if row["scope"] == "table"}
    assert values["column_shapes"] > 0.9  # fresh rows of the same population
    assert "dcr_share" not in values


def test_the_demo_table_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        answer = doppel("demo", "--out", tmp_path / name, "--rows", 500, "--seed", 3)
        assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 501
