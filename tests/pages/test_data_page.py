"""The Data page from a file to a dataset: diagnosis, remedies, reading again, types, treatments and their width."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import UserError
from core.workbench import data, sessions
from tests.pages.conftest import done, open_page, said

N = 120


@pytest.fixture(scope="module")
def brought(home, tmp_path_factory):
    """A session with a file in which much is odd."""
    folder = tmp_path_factory.mktemp("tables")
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "Name": [f"Ada Lovelace{'abcdefghij'[number % 10]}" for number in range(N)],
            "age": random.integers(18, 90, N),
            "born": pd.to_datetime("1960-01-01") + pd.to_timedelta(random.integers(0, 9_000, N), "D"),
            "state": random.choice(["?", "single", "married"], N),
            "score": np.where(random.random(N) < 0.1, 9_999, random.integers(0, 50, N)),
        }
    )
    lines = frame.to_csv(index=False).splitlines()
    lines[7] += ",too,many"
    path = folder / "people.csv"
    path.write_text("\n".join(lines) + "\n")
    with sessions.create_session(home) as session:
        yield session, done(session, data.start_reading(session, path, name="people"))


def button(app, label):
    return next(one for one in app.button if one.label.replace("\u2060", "").replace("\\", "") == label)


def reading_of(app):
    return app.session_state["selection"]["reading"]


def edit(app, reading_id, turn=0, **cells):
    """Edit cells of the table of types: row place to changes."""
    app.session_state[f"types-{reading_id}-{turn}-"] = {
        "edited_rows": {int(place[1:]): changes for place, changes in cells.items()},
        "added_rows": [], "deleted_rows": [],
    }  # fmt: skip
    app.run()
    assert not app.exception


def test_every_finding_has_its_remedy_in_words_and_rejected_lines_are_shown(brought):
    session, reading_id = brought
    app = open_page("data", session=session.id, reading=reading_id)
    labels = [one.label.replace("\u2060", "").replace("\\", "") for one in app.button]
    assert {"Read '?' as missing", "Read 9999 in 'score' as missing"} <= set(labels)
    rejected = next(one.value for one in app.dataframe if "Why" in one.value.columns and "Line" in one.value.columns)
    assert rejected["Line"].tolist() == [8]
    assert "too,many" in rejected["Text"].iloc[0]


def test_a_remedy_reads_the_file_again_that_way(brought):
    session, reading_id = brought
    app = open_page("data", session=session.id, reading=reading_id)
    button(app, "Read 9999 in 'score' as missing").click()
    app.run()
    again = reading_of(app)
    assert again != reading_id
    done(session, again)
    assert data.reading(session, again).schema["score"].n_missing > 0
    assert data.reading(session, again).schema["age"].n_missing == 0


def test_the_form_reads_again_with_every_setting(brought):
    session, reading_id = brought
    app = open_page("data", session=session.id, reading=reading_id)
    next(one for one in app.selectbox if one.label == "First line").set_value("It is a row")
    next(one for one in app.selectbox if one.label == "Cells are separated by").set_value("Comma ,")
    button(app, "Read again").click()
    app.run()
    again = done(session, reading_of(app))
    assert data.reading(session, again).asked.header is False
    assert data.reading(session, again).schema.names[0] == "column_1"


def test_a_reading_that_failed_offers_to_read_differently(brought, tmp_path):
    session, _ = brought
    (tmp_path / "torn.json").write_text('[{"a": 1}, {"a": ')
    failed = data.start_reading(session, tmp_path / "torn.json", name="torn")
    with pytest.raises(UserError, match="cannot be read"):
        done(session, failed)
    app = open_page("data", session=session.id, reading=failed)
    assert len(app.error) == 1
    assert any(one.label == "Read again" for one in app.button)


def test_the_sheet_of_a_workbook_is_chosen_on_the_page(brought, tmp_path):
    session, _ = brought
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        pd.DataFrame({"a": [1, 2]}).to_excel(book, sheet_name="One", index=False)
        pd.DataFrame({"b": [1, 2, 3]}).to_excel(book, sheet_name="Two", index=False)
    first = done(session, data.start_reading(session, tmp_path / "book.xlsx", name="book"))
    app = open_page("data", session=session.id, reading=first)
    next(one for one in app.selectbox if one.label == "Sheet").set_value("Two")
    app.run()
    second = done(session, reading_of(app))
    assert data.reading(session, second).schema.names == ("b",)


def test_a_choice_shows_at_once_what_it_does_to_the_width(brought):
    session, reading_id = brought
    app = open_page("data", session=session.id, reading=reading_id)
    before = next(one for one in app.metric if one.label == "Width of a row in the model").value
    edit(app, reading_id, r1={"Treatment": "generalise", "Detail": "bands of 20"}, r3={"Treatment": "leave out"})
    words = said(app)
    assert "ordinal, generalise" in words
    assert "3 → 0 slots" in words
    after = next(one for one in app.metric if one.label == "Width of a row in the model").value
    assert after != before
    button(app, "Take the changes back").click()
    app.run()
    assert "Nothing was changed" in said(app)


def test_an_impossible_treatment_is_one_sentence_and_stops_saving(brought):
    session, reading_id = brought
    app = open_page("data", session=session.id, reading=reading_id)
    edit(app, reading_id, r1={"Detail": "month"})
    assert len(app.error) == 1
    assert "holds no dates" in app.error[0].value.replace("\\", "")
    assert not any(one.label == "Save as dataset" for one in app.button)


def test_personal_data_is_listed_with_masked_examples(brought):
    session, reading_id = brought
    app = open_page("data", session=session.id, reading=reading_id)
    personal = next(one.value for one in app.dataframe if "Examples, masked" in one.value.columns)
    assert dict(zip(personal["Column"], personal["Kind"], strict=True)) == {"Name": "name", "born": "date of birth"}
    assert not personal["Examples, masked"].str.contains("Lovelace").any()
