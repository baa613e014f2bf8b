"""Recipes and constraints from the command line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from core.cli.main import main


@pytest.fixture
def source(tmp_path):
    rng = np.random.default_rng(0)
    low = rng.integers(0, 400, 300)
    table = pd.DataFrame(
        {
            "low": low,
            "high": low + rng.integers(0, 30, 300),
            "city": rng.choice(["Bern", "bern ", "Ulm"], 300, p=[0.6, 0.1, 0.3]),
            "spare": rng.normal(0, 1, 300).round(2),
        }
    )
    table.to_csv(tmp_path / "table.csv", index=False)
    steps = [{"kind": "unify-levels", "column": "city"}, {"kind": "drop-columns", "columns": ["spare"]}]
    (tmp_path / "recipe.json").write_text(json.dumps({"version": 1, "steps": steps}), encoding="utf-8")
    rules = [{"kind": "inequality", "columns": ["low", "high"]}]
    (tmp_path / "rules.json").write_text(json.dumps(rules), encoding="utf-8")
    return tmp_path


def called(folder, *more):
    options = ["--out", str(folder / "out"), "--epochs", "1", "--set", "batch_size=50", "--no-evaluate", *more]
    return CliRunner().invoke(main, ["synthesize", str(folder / "table.csv"), *options])


def test_a_recipe_is_replayed_and_constraints_are_kept(source):
    files = ["--recipe", str(source / "recipe.json"), "--constraints", str(source / "rules.json")]
    answer = called(source, *files, "--rows", "400", "--condition", "city=Ulm:50", "--bundle")
    assert answer.exit_code == 0, answer.output
    assert "Unify levels of city" in answer.output
    drawn = pd.read_csv(source / "out" / "synthetic.csv")
    assert list(drawn.columns) == ["low", "high", "city"]
    assert len(drawn) == 450
    assert (drawn["low"] <= drawn["high"]).all()
    assert set(drawn["city"]) <= {"Bern", "Ulm"}
    report = json.loads((source / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["settings"]["constraints"] == ["low ≤ high"]
    assert [column["name"] for column in json.loads((source / "out" / "schema.json").read_text())["columns"]] == [
        "low", "high", "city",
    ]  # fmt: skip
    again = ["replay", str(source / "out" / "private-real-data" / "bundle.zip"), "--real", str(source / "table.csv")]
    answer = CliRunner().invoke(main, again)
    assert answer.exit_code == 0, answer.output


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("--recipe", None, "There is no recipe"),
        ("--recipe", "{", "is no JSON"),
        ("--recipe", '{"steps": [{"kind": "knead"}]}', "no step of the kind 'knead'"),
        ("--constraints", "{", "holds no list of constraints"),
        ("--constraints", '[{"kind": "equality", "columns": ["a", "b"]}]', "no constraint of the kind 'equality'"),
    ],
)
def test_a_wrong_file_is_answered_with_one_sentence(source, option, content, words):
    if content is not None:
        (source / "wrong.json").write_text(content, encoding="utf-8")
    answer = called(source, option, str(source / "wrong.json"))
    assert answer.exit_code == 2
    assert words in answer.output
    assert "Traceback" not in answer.output
