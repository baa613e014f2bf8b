"""What choices of types and treatments do to the model and to the dataset, and SDV's metadata in and out."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidConfig, SchemaMismatch
from core.schema import Treatment
from core.synthesis.encode import fit_encoder
from core.tables import read_frame
from core.workbench import choices, data, sessions
from core.workbench.choices import ColumnEdit

N = 600


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 90, N),
            "amount": random.lognormal(3, 1, N).round(2),
            "town": random.choice([f"town {number}" for number in range(40)], N),
            "dob": pd.to_datetime("1950-01-01") + pd.to_timedelta(random.integers(0, 18_000, N), "D"),
            "zip": [f"{number:05d}" for number in random.integers(1_000, 99_999, N)],
            "mail": [f"ada{number}@example.org" for number in range(N)],
            "note": [None if number % 3 else "seen" for number in range(N)],
        }
    )
    frame.to_csv(home / "table.csv", index=False)
    with sessions.create_session(home) as session:
        reading_id = data.start_reading(session, home / "table.csv", name="table")
        for _ in sessions.follow(session, reading_id):
            pass
        yield session, data.reading(session, reading_id)


def chosen(reading, **edits):
    wanted = {name: ColumnEdit(**edit) for name, edit in edits.items()}
    return choices.chosen_schema(reading.schema, wanted, ranges=choices.ranges_of(reading))


def test_the_width_that_is_foreseen_is_that_of_the_encoder(worked):
    session, reading = worked
    schema = chosen(reading, dob={"treatment": "model"}, zip={"treatment": "leave out"})
    widths = choices.encoded_widths(session, reading, schema)
    frame = read_frame(reading.view.folder / "table.parquet", schema)
    real = {code.column: code.span_width + code.has_scalar for code in fit_encoder(frame, schema).codes}
    assert widths == {name: real.get(name, 0) for name in schema.names}
    assert widths["town"] == 40
    assert widths["mail"] == widths["zip"] == 0


def test_a_choice_changes_the_width_at_once(worked):
    session, reading = worked
    before = choices.encoded_widths(session, reading, reading.schema)
    after = choices.encoded_widths(
        session, reading,
        chosen(
            reading, age={"treatment": "generalise", "detail": "bands of 10"}, town={"treatment": "leave out"},
            zip={"detail": "first 1 signs"}, amount={"type": "categorical"},
        ),
    )  # fmt: skip
    assert (after["age"], after["town"], after["zip"]) == (8, 0, 10)  # 10-19 to 80-89, and ten first digits
    assert before["zip"] > 60  # by default its first two signs
    assert after["amount"] > before["amount"]
    assert before["mail"] == 0


def test_all_impossible_choices_are_named_together(worked):
    with pytest.raises(InvalidConfig) as refused:
        chosen(worked[1], age={"treatment": "generalise", "detail": "month"}, town={"type": "continuous"})
    assert "'age'" in str(refused.value)
    assert "'town'" in str(refused.value)


def test_texts_of_the_command_line_are_the_same_choices():
    edits = choices.edits_from_texts({"age": "ordinal"}, {"zip": "generalise:first 3 signs", "mail": "leave out"})
    assert edits == {
        "age": ColumnEdit(type="ordinal"), "zip": ColumnEdit(treatment="generalise", detail="first 3 signs"),
        "mail": ColumnEdit(treatment="leave out"),
    }  # fmt: skip


def test_a_dataset_is_made_of_coarser_values_and_both_sides_have_them(worked):
    session, reading = worked
    schema = chosen(reading, age={"treatment": "generalise", "detail": "bands of 20"})
    dataset_id = data.save_dataset(session, reading.id, schema=schema, name="coarse", split_seed=1)
    for _ in sessions.follow(session, dataset_id):
        pass
    dataset = data.dataset(session, dataset_id)
    assert dataset.schema["age"].order == ("0-19", "20-39", "40-59", "60-79", "80-99")
    for path in (data.table_path(session, dataset_id, "train"), *data.control_paths(session, dataset_id)):
        frame = read_frame(path, dataset.schema)
        assert set(frame["age"].dropna()) <= set(dataset.schema["age"].order)
        assert set(frame["dob"].dt.day) == {1}
        assert frame["zip"].astype(str).str.fullmatch(r"\d\d\*").all()


def test_metadata_of_sdv_goes_out_and_comes_in_as_types(worked):
    _, reading = worked
    text = choices.to_sdv_json(reading.schema)
    assert choices.from_sdv_json(text, reading.schema) == reading.schema
    value = json.loads(text)
    value["tables"]["table"]["columns"]["age"] = {"sdtype": "categorical"}
    taken = choices.from_sdv_json(json.dumps(value), reading.schema)
    assert (taken["age"].type, taken["age"].treatment) == ("categorical", Treatment.MODEL)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("{", InvalidConfig, "not JSON"), ("[]", InvalidConfig, "no SDV metadata"),
        ("[" * 100_000, InvalidConfig, "not JSON"),
        ('{"columns": {"other": {"sdtype": "numerical"}}}', SchemaMismatch, "lacks: other"),
    ],
)  # fmt: skip
def test_what_is_no_metadata_of_this_table_is_one_sentence(worked, text, error, sentence):
    with pytest.raises(error, match=sentence):
        choices.from_sdv_json(text, worked[1].schema)


def test_finds_of_personal_data_come_with_confidence_and_masked_examples(worked):
    found = worked[1].personal
    assert {name: one.kind for name, one in found.items()} == {
        "dob": "date of birth", "zip": "postcode", "mail": "e-mail",
    }  # fmt: skip
    assert found["mail"].confidence == "high"
    assert not any("example" in one for one in found["mail"].examples)
    assert all("•" in example for one in found.values() for example in one.examples)
