"""Commands that read tables: options of reading, SDV's metadata, treatments, and the treated table."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from core.cli.main import main

N = 200


@pytest.fixture
def people(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "mail": [f"ada{number}@example.org" for number in range(N)],
            "born": pd.to_datetime("1960-01-01") + pd.to_timedelta(random.integers(0, 9_000, N), "D"),
            "age": random.integers(18, 90, N),
            "state": random.choice(["?", "single", "married"], N),
        }
    )
    frame.to_csv(tmp_path / "people.csv", index=False, sep=";")
    return tmp_path / "people.csv"


def run(*arguments: object):
    return CliRunner().invoke(main, [str(one) for one in arguments])


def test_options_of_reading_are_taken_and_findings_come_with_their_remedy(people: Path) -> None:
    plain = run("profile", people)
    assert "[Read '?' as missing]" in plain.output
    told = json.loads(run("profile", people, "--read", "missing=?", "--json", "-").output)
    missing = {column["name"]: column["missing"] for column in told["columns"]}
    assert missing["state"] > 0
    assert run("profile", people, "--read", "missing").exit_code == 2
    wrong = run("profile", people, "--read", "delimeter=;")
    assert (wrong.exit_code, "no reading option 'delimeter'" in wrong.output) == (2, True)


def test_a_pattern_and_an_address_are_read_like_a_file(people: Path) -> None:
    for source in (f"file://{people}", str(people.parent / "peo*.csv")):
        answer = run("profile", source)
        assert f"{N} rows, 4 columns" in answer.output
    refused = run("profile", "s3://bucket/table.csv")
    assert refused.exit_code == 2
    assert "s3fs" in refused.output


def test_metadata_of_sdv_is_written(people: Path, tmp_path: Path) -> None:
    run("profile", people, "--sdv-metadata", tmp_path / "metadata.json")
    value = json.loads((tmp_path / "metadata.json").read_text())
    assert value["tables"]["table"]["columns"]["mail"] == {"sdtype": "email", "pii": True}


def test_the_treated_table_is_written_under_a_key_that_lies_apart(people: Path, tmp_path: Path) -> None:
    out, key = tmp_path / "treated.csv", tmp_path / "key"
    arguments = ("--out", out, "--key-file", key, "--treat", "mail=pseudonym", "--treat", "age=generalise:bands of 10")
    answer = run("deidentify", people, *arguments)
    assert answer.exit_code == 0, answer.output
    assert "still rows of real persons" in answer.output
    first = pd.read_csv(out)
    assert len(first) == N
    assert first["mail"].str.fullmatch("[0-9a-f]{16}").all()
    assert first["age"].str.fullmatch(r"\d0-\d9").all()
    assert pd.to_datetime(first["born"]).dt.day.eq(1).all()  # dates of birth are months unless somebody says otherwise
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    run("deidentify", people, *arguments)
    assert pd.read_csv(out).equals(first)
    key.unlink()
    run("deidentify", people, *arguments)
    assert not set(pd.read_csv(out)["mail"]) & set(first["mail"])


def test_a_treatment_that_does_not_fit_is_one_sentence(people: Path, tmp_path: Path) -> None:
    answer = run("deidentify", people, "--out", tmp_path / "t.csv", "--treat", "age=generalise:month")
    assert answer.exit_code == 2
    assert "holds no dates" in answer.output
    assert not (tmp_path / "t.csv").exists()
