"""The de-identified alternative through the workbench: made, exported, and judged for what it gives away."""

from __future__ import annotations

import stat
import zipfile

import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidConfig
from core.workbench import choices, data, judging, moving, sessions, treated
from core.workbench.choices import ColumnEdit

N = 300


def ended(session, job_id):
    for _ in sessions.follow(session, job_id):
        pass
    return job_id


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    random = np.random.default_rng(0)
    pd.DataFrame(
        {
            "mail": [f"ada{number}@example.org" for number in range(N)],
            "age": random.integers(18, 90, N),
            "amount": random.lognormal(3, 1, N).round(2),
            "town": random.choice(["Bern", "Basel", "Chur"], N),
            "remark": [f"words about case number {number} that nobody has written before now" for number in range(N)],
        }
    ).to_csv(home / "table.csv", index=False)
    with sessions.create_session(home) as session:
        reading = data.reading(session, ended(session, data.start_reading(session, home / "table.csv", name="t")))
        edits = {
            "age": ColumnEdit(treatment="generalise", detail="bands of 10"),
            "mail": ColumnEdit(treatment="pseudonym"),
        }
        schema = choices.chosen_schema(reading.schema, edits, ranges=choices.ranges_of(reading))
        dataset_id = ended(session, data.save_dataset(session, reading.id, schema=schema, name="t", split_seed=1))
        yield session, dataset_id, ended(session, treated.start_treating(session, dataset_id))


def test_the_treated_train_rows_hold_no_value_that_was_to_go(worked, tmp_path):
    session, dataset_id, treated_id = worked
    one = treated.treated(session, treated_id)
    assert one.n_rows == data.dataset(session, dataset_id).n_train
    assert treated.treatments(data.dataset(session, dataset_id).schema) == {
        "mail": "keyed pseudonyms", "age": "kept, made coarser", "amount": "kept as it is", "town": "kept as it is",
        "remark": "left out",
    }  # fmt: skip
    for name in ("out.csv", "out.parquet"):
        treated.export_treated(session, treated_id, tmp_path / name)
    text = (tmp_path / "out.csv").read_text()
    assert "example.org" not in text
    assert "case number" not in text
    frame = pd.read_parquet(tmp_path / "out.parquet")
    assert list(frame.columns) == ["mail", "age", "amount", "town"]
    assert frame["age"].str.fullmatch(r"\d0-\d9").all()
    assert [one.id for one in treated.treated_tables(session, dataset_id)] == [treated_id]


def test_the_key_is_for_this_user_alone_and_in_no_exported_file(worked, tmp_path):
    session, _, treated_id = worked
    path = treated.key_path(session)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = path.read_bytes()
    for kind in ("csv", "parquet"):
        content = treated.treated_file(session, treated_id, kind).read_bytes()
        assert key not in content
        assert key.hex().encode() not in content
    moving.export_session(session, tmp_path / "session.zip")
    with zipfile.ZipFile(tmp_path / "session.zip") as archive:
        assert treated.KEY not in archive.namelist()
        assert not any(key in archive.read(name) for name in archive.namelist())
    with pytest.raises(InvalidConfig, match="another key"):
        treated.use_key(session, b"x" * 32)
    with pytest.raises(InvalidConfig, match="at least 16"):
        treated.use_key(session, b"short")


def test_treated_rows_are_judged_as_the_copies_that_they_are(worked):
    session, _, treated_id = worked
    evaluation_id = ended(session, treated.start_judging_treated(session, treated_id, plan="quick"))
    assert treated.judgement(session, treated_id) == evaluation_id
    results = {one.metric: one for one in judging.evaluation_report(session, evaluation_id).results if not one.subject}
    assert results["exact_copies"].value == 1
    assert results["memorised_share"].value == pytest.approx(1, abs=0.02)


def test_all_rows_can_be_treated_but_not_judged(worked):
    session, dataset_id, _ = worked
    everything = ended(session, treated.start_treating(session, dataset_id, rows="all", locale="de_DE"))
    assert treated.treated(session, everything).n_rows == N
    with pytest.raises(InvalidConfig, match="control rows must not be in it"):
        treated.start_judging_treated(session, everything)
    with pytest.raises(InvalidConfig, match="Choose train or all"):
        treated.start_treating(session, dataset_id, rows="some")
