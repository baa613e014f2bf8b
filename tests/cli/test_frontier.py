"""`python -m core frontier`: the three files that it writes, and what it refuses."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest

from tests.cli.test_commands import doppel, make_table


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("frontier")
    table = make_table(folder / "people.csv", 300)
    out = folder / "out"
    answer = doppel(
        "frontier", table, "--target", "income", "--epochs", 4, "--checkpoints", 2, "--seeds", 2,
        "--control-share", 0.4, "--rule", "membership_auc<=0.9", "--rule", "upper bound of DCR share <= 99 %",
        "--set", "batch_size=50", "--set", "threads=1", "--out", out, timeout=900,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return out, answer


def test_points_have_seed_epoch_and_metrics_and_the_decision_is_traced(run) -> None:
    out, answer = run
    value = json.loads((out / "frontier.json").read_text())
    assert sorted((one["seed"], one["epoch"]) for one in value["points"]) == [(0, 1), (0, 4), (1, 1), (1, 4)]
    for one in value["points"]:
        shapes = one["metrics"]["column_shapes"]
        assert shapes["low"] <= shapes["value"] <= shapes["high"]
        assert {"pair_trends", "detection_auc", "tstr_auc", "dcr_share", "nndr_gap"} <= set(one["metrics"])
    decision = value["decision"]
    assert decision["rules"] == ["membership_auc <= 0.9", "dcr_share <= 0.99"]
    assert decision["n_candidates"] == 4
    assert decision["level"] == pytest.approx(1 - 0.05 / 4)
    assert len(decision["checks"]) == 8
    assert {check["rule"] for check in decision["checks"]} == set(decision["rules"])
    assert [one["seed"] for one in decision["recorded"]] == [0, 1]
    assert decision["sentence"] in answer.stdout
    assert set(value["anchors"]) == {"control rows", "copied rows"}


def test_the_table_and_the_picture_are_written_and_real_rows_stay_apart(run) -> None:
    out, answer = run
    with (out / "frontier.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["metric"] for row in rows} >= {"column_shapes", "dcr_share"}
    assert {row["anchor"] for row in rows} == {"", "control rows", "copied rows"}
    assert (out / "frontier.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in out.iterdir()} == {
        "frontier.csv", "frontier.png", "frontier.json", "private-real-data",
    }  # fmt: skip
    assert stat.S_IMODE((out / "private-real-data").stat().st_mode) == 0o700
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rule", "wealth<=1"), "names no metric"),
        (("--rule", "dcr_share<=52"), "percentages need a % sign"),
        (("--plateau", "dcr_share"), "cannot be watched"),
        (("--set", "pac=0"), "must lie between"),
    ],
)
def test_what_can_be_mended_is_one_sentence_before_anything_starts(tmp_path: Path, arguments, said: str) -> None:
    table = make_table(tmp_path / "people.csv", 50)
    answer = doppel("frontier", table, "--target", "income", "--epochs", 2, "--out", tmp_path / "out", *arguments)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "out").exists()
