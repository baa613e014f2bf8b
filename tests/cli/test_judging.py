"""Options of judging on the command line: what they change in the report, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from core.cli.judging import names_of
from core.cli.main import main
from core.errors import InvalidConfig
from tests.evaluation.made import people


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tables of the same population."""
    made = tmp_path_factory.mktemp("judging")
    for seed, name in enumerate(("real", "synthetic", "control")):
        pd.DataFrame(people(300, seed)).to_csv(made / f"{name}.csv", index=False)
    return made


def evaluated(folder: Path, *more: object) -> Result:
    named = [word for role in ("real", "synthetic", "control") for word in (f"--{role}", folder / f"{role}.csv")]
    return CliRunner().invoke(main, ["evaluate", *map(str, (*named, *more))])


def report_of(folder: Path, *more: object) -> dict:
    answer = evaluated(folder, "--json", folder / "report.json", *more)
    assert answer.exit_code == 0, answer.output
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def found(report: dict, metric: str, scope: str = "table") -> list[dict]:
    return [one for one in report["results"] if one["metric"] == metric and one["scope"] == scope]


@pytest.fixture(scope="module")
def chosen(folder: Path) -> dict:
    """A report for which everything was chosen."""
    lines = [
        {"metric": "column_shapes", "pass_at": 0.5, "caution_at": 0.4},
        {"metric": "column_shapes", "scope": "column", "pass_at": 1.0, "caution_at": 0.9999},
    ]
    (folder / "lines.json").write_text(json.dumps(lines), encoding="utf-8")
    return report_of(
        folder, "--target", "buys", "--also-target", "income", "--also-target", "job", "--sensitive", "sex",
        "--known", "age,sex", "--known", "age", "--secret", "job", "--secret", "buys",
        "--thresholds", folder / "lines.json", "--html", folder / "report.html",
    )  # fmt: skip


def test_further_targets_and_groups_have_results_of_their_own(chosen: dict) -> None:
    kept = {tuple(one["subject"]): one["value"] for one in found(chosen, "utility_kept", "column")}
    assert set(kept) == {("income",), ("job",)}
    assert all(value is not None for value in kept.values())
    gaps = {one["subject"][1] for one in found(chosen, "tstr_parity_gap", "model")}
    assert gaps == {"sex"}
    assert chosen["settings"]["further_targets"] == ["income", "job"]
    assert chosen["settings"]["sensitive"] == ["sex"]


def test_inference_tries_the_chosen_secrets_by_the_chosen_knowledge(chosen: dict) -> None:
    secrets = {one["subject"][0] for one in found(chosen, "inference", "secret")}
    assert secrets == {"job", "buys"}
    assert chosen["settings"]["known"] == [["age", "sex"], ["age"]]
    assert chosen["settings"]["secrets"] == ["job", "buys"]


def test_verdicts_follow_the_lines_of_the_file_and_others_their_own(folder: Path, chosen: dict) -> None:
    (shapes,) = found(chosen, "column_shapes")
    assert shapes["verdict"] == "pass"
    assert "pass at least 0.5" in shapes["rule"]
    assert {one["verdict"] for one in found(chosen, "column_shapes", "column")} == {"fail"}
    assert "pass at least 0.95" in found(chosen, "pair_trends")[0]["rule"]
    assert "pass at least 0.5" in (folder / "report.html").read_text(encoding="utf-8")


def test_shadow_models_are_trained_for_tables_made_elsewhere(folder: Path) -> None:
    report = report_of(folder, "--plan", "quick", "--shadows", 2)
    (attack,) = [one for one in report["results"] if one["scope"] == "model" and one["subject"] == ["shadow models"]]
    assert attack["low"] <= 0.5 <= attack["high"]  # fresh rows
    assert attack["counts"]["shadow models"] == 2
    assert report["settings"]["shadows"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--known", "age,height"], "height"),
        (["--known", "age,,sex"], "--known"),
        (["--known", "age,income,job,sex,buys"], "no secret left"),
        (["--sensitive", "hair"], "hair"),
        (["--shadows", "99"], "99 shadow models"),
        (["--thresholds", "nowhere.json"], "nowhere.json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_choice_that_does_not_fit_is_one_sentence(folder: Path, arguments: list[str], words: str) -> None:
    answer = evaluated(folder, "--plan", "quick", *arguments)
    assert answer.exit_code == 2, answer.output
    assert words in answer.output
    assert "Traceback" not in answer.output


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "holds no list of thresholds"),
        ('["column_shapes"]', "holds no list of thresholds"),
        ('[{"metric": "beauty", "pass_at": 1, "caution_at": 0}]', "beauty"),
        ('[{"metric": "column_shapes", "pass_at": 1}]', "no number as caution_at"),
        ('[{"metric": "column_shapes", "pass_at": 0.5, "caution_at": 0.9}]', "Exchange the two numbers"),
        ('[{"metric": "column_shapes", "pass_at": "high", "caution_at": 0.9}]', "no number as pass_at"),
    ],
)
def test_a_wrong_file_of_thresholds_is_one_sentence(folder: Path, content: str, words: str) -> None:
    (folder / "wrong.json").write_text(content, encoding="utf-8")
    answer = evaluated(folder, "--thresholds", folder / "wrong.json")
    assert answer.exit_code == 2, answer.output
    assert words in answer.output
    assert "Traceback" not in answer.output


def test_without_control_rows_there_are_no_shadow_models(folder: Path) -> None:
    real, synthetic = (str(folder / f"{role}.csv") for role in ("real", "synthetic"))
    answer = CliRunner().invoke(main, ["evaluate", "--real", real, "--synthetic", synthetic, "--shadows", "2"])
    assert answer.exit_code == 2
    assert "there are none" in answer.output


def test_names_may_hold_commas_in_quotes() -> None:
    assert names_of('age, "town, street" ,sex') == ("age", "town, street", "sex")
    with pytest.raises(InvalidConfig):
        names_of("")


def synthesized(folder: Path, *more: object) -> Result:
    common = ["--out", folder / "out", "--epochs", 2, "--set", "batch_size=50", "--rows", 150, "--plan", "quick"]
    return CliRunner().invoke(main, ["synthesize", *map(str, (folder / "real.csv", *common, *more))])


def test_synthesize_follows_canaries_and_hands_its_choices_to_the_judges(folder: Path) -> None:
    lines = [{"metric": "column_shapes", "pass_at": 0.01, "caution_at": 0.0}]
    (folder / "low.json").write_text(json.dumps(lines), encoding="utf-8")
    answer = synthesized(
        folder, "--known", "age,sex", "--secret", "buys", "--sensitive", "sex", "--thresholds", folder / "low.json",
        "--canaries", 40, "--canary-copies", 3, "--seed", 4,
    )  # fmt: skip
    assert answer.exit_code == 0, answer.output
    assert "planted canaries rank" in answer.output
    report = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    assert found(report, "column_shapes")[0]["verdict"] == "pass"
    assert report["settings"]["canaries"] == {"n": 40, "copies": 3, "seed": 4}
    exposure = found(report, "canary_exposure", "model")
    assert exposure
    assert all(np.isfinite(one["value"]) and one["counts"]["copies of each"] == 3 for one in exposure)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--known", "age,height"], "height"),
        (["--shadows", "-1"], "-1 shadow models"),
        (["--canaries", "3"], "3 canaries"),
        (["--canaries", "20", "--canary-copies", "0"], "0 copies"),
        (["--thresholds", "nowhere.json"], "nowhere.json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_choices_are_refused_before_anything_is_trained(folder: Path, arguments: list[str], words: str) -> None:
    answer = synthesized(folder, *arguments)
    assert answer.exit_code == 2, answer.output
    assert words in answer.output
    assert "training" not in answer.output
