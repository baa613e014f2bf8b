"""Every page: empty, filled, with an id that leads nowhere, and with hostile names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.workbench import judging, sessions
from tests.pages.conftest import APP, EMOJI, LATEX, SCRIPT, Worked, charts, done, hostile_table, open_page, said

PAGES = ("data", "explore", "train", "sample", "evaluate", "privacy", "frontier", "export", "sessions")
LATER = {
    "train": "No dataset yet",
    "sample": "No run yet",
    "evaluate": "No sample yet",
    "privacy": "No sample yet",
    "frontier": "No dataset yet",
}


@pytest.fixture
def empty_session(home: Path):
    with sessions.create_session(home) as session:
        yield session


def ids(worked: Worked) -> dict[str, str]:
    return {"session": worked.session.id, "dataset": worked.dataset, "run": worked.run, "sample": worked.sample}


@pytest.mark.parametrize(("page", "sentence"), LATER.items())
def test_an_empty_page_says_what_to_do_first(page, sentence, empty_session):
    assert sentence in said(open_page(page, session=empty_session.id))


def test_an_empty_session_offers_a_file_and_the_demo_table(empty_session):
    app = open_page("data", session=empty_session.id)
    assert len(app.file_uploader) == 1
    assert "Make the demo table" in said(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_filled_page_shows_every_name_as_text(page, worked):
    app = open_page(page, **ids(worked))
    assert not app.error, [one.value for one in app.error]
    outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", said(app))
    unescaped = re.sub(r"\\.", "", outside_code)
    for harm in ("<script", LATEX, ":smile:", ":red[", "**bold**", "<b>"):
        assert harm not in unescaped, harm


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["dataset", "run", "sample"])
def test_an_unknown_id_is_one_sentence_and_a_way_out(page, kind, empty_session):
    needed = {"sample": "run", "evaluate": "sample", "privacy": "sample", "export": "sample"}.get(page, "dataset")
    app = open_page(page, session=empty_session.id, **{kind: f"{kind}-{'0' * 16}"})
    if kind == needed and page != "sessions":  # which speaks of the session as a whole
        assert len(app.error) == 1
        assert any("Forget" in button.label for button in app.button)
        assert "Traceback" not in said(app)


@pytest.mark.parametrize("bad", ["../../etc", "x", "0" * 31, "'; drop table dataset; --"])
def test_a_malformed_session_is_refused_with_a_way_to_a_new_one(bad, home):
    app = open_page("data", session=bad)
    assert "not the id of a session" in said(app)
    assert any("new session" in button.label for button in app.button)


def test_the_data_page_shows_split_and_columns_of_a_dataset(worked):
    app = open_page("data", session=worked.session.id, dataset=worked.dataset)
    labels = {metric.label: metric.value for metric in app.metric}
    assert labels["Rows"] == "400"
    assert int(labels["Train rows"]) + int(labels["Control rows"]) == 400
    columns = next(one for one in app.dataframe if one.key and one.key.startswith("columns-"))
    assert len(columns.value) == 6


def test_correcting_a_type_reaches_the_schema_of_the_dataset(worked):
    app = open_page("data", session=worked.session.id, reading=worked.reading)
    editor = f"types-{worked.reading}-0-"
    place = list(hostile_table().columns).index(EMOJI)
    app.session_state[editor] = {"edited_rows": {place: {"Type": "categorical"}}, "added_rows": [], "deleted_rows": []}
    app.run()
    assert "Set by you" in said(app)
    assert "categorical" in said(app)
    assert not app.error


def test_an_impossible_type_is_refused_with_a_sentence(worked):
    app = open_page("data", session=worked.session.id, reading=worked.reading)
    editor = f"types-{worked.reading}-0-"
    place = list(hostile_table().columns).index(LATEX)
    app.session_state[editor] = {"edited_rows": {place: {"Type": "continuous"}}, "added_rows": [], "deleted_rows": []}
    app.run()
    assert len(app.error) == 1
    assert not any(button.label == "Save as dataset" for button in app.button)


def test_the_training_form_shows_every_setting_with_help(worked):
    app = open_page("train", session=worked.session.id, dataset=worked.dataset)
    next(button for button in app.button if button.label == "Train another").click()
    app.run()
    labels = [one.label for kind in ("number_input", "text_input", "selectbox") for one in getattr(app, kind)]
    assert {"Epochs", "Batch size", "Seed", "Device", "Critic dropout"} <= set(labels)


def test_a_setting_outside_its_range_is_one_sentence(worked):
    app = open_page("train", session=worked.session.id, dataset=worked.dataset)
    next(button for button in app.button if button.label == "Train another").click()
    app.run()
    next(one for one in app.text_input if one.label == "Learning rate").set_value("7")
    next(button for button in app.button if button.label == "Start training").click()
    app.run()
    assert "must lie between" in app.error[0].value.replace("\\", "")


def test_the_train_page_of_an_ended_run_offers_more_epochs_and_draws_both_losses(worked):
    app = open_page("train", **ids(worked))
    assert charts(app) == ["losses", "shape-strip"]
    assert "Epoch **2** of 2" in said(app)


def test_the_sample_page_tells_asked_and_obtained_rows(worked):
    app = open_page("sample", **ids(worked))
    outcome = next(one.value for one in app.dataframe if "Asked" in one.value)
    assert outcome["Asked"].tolist() == [20]
    assert outcome["Obtained"].tolist() == [20]
    assert len(app.get("download_button")) == 2


def test_the_evaluate_page_shows_metrics_and_a_card_for_every_column(worked):
    app = open_page("evaluate", **ids(worked))
    labels = [metric.label for metric in app.metric]
    assert {"Column shapes", "Pair trends", "Correlation difference"} <= set(labels)
    assert len(charts(app, "column-")) == 6
    app.segmented_control(key="column-drawing").set_value("Quantiles").run()
    assert len(charts(app, "column-")) == 6
    app.segmented_control(key="evaluate-view").set_value("Pairs").run()
    assert len(charts(app, "pairs-")) == 3
    assert charts(app, "joint-") == ["joint-real", "joint-synthetic"]
    app.segmented_control(key="evaluate-view").set_value("Usefulness").run()
    assert {"Trained on synthetic (TSTR)", "Trained on real (TRTR)"} <= {metric.label for metric in app.metric}
    app.segmented_control(key="evaluate-view").set_value("Requested levels").run()
    assert "Columns of requested rows" in [metric.label for metric in app.metric]


def test_the_evaluate_page_shows_whole_rows_what_is_wrong_and_comparisons(worked):
    app = open_page("evaluate", **ids(worked))
    app.segmented_control(key="evaluate-view").set_value("Whole table").run()
    assert charts(app, "projection") == ["projection"]
    assert {"Alpha-precision", "Distance of the means"} <= {metric.label for metric in app.metric}
    app.segmented_control(key="evaluate-view").set_value("What is wrong").run()
    frames = [one.value for one in app.dataframe]
    assert any("Lost in all" in frame for frame in frames)
    assert any("Given away by" in frame for frame in frames)
    app.segmented_control(key="evaluate-view").set_value("Compared").run()
    compared = next(one.value for one in app.dataframe if "Table" in one.value)
    assert compared["Table"].tolist() == ["Real data", "This sample (CTGAN)", "Gaussian copula", "Independent columns"]
    assert compared["Memorised share ↓"].notna().all()
    assert not app.error


def test_two_columns_can_be_chosen_and_every_hostile_name_stays_text(worked):
    app = open_page("evaluate", **ids(worked))
    app.segmented_control(key="evaluate-view").set_value("Pairs").run()
    app.selectbox(key="joint-first").set_value(SCRIPT).run()
    app.selectbox(key="joint-second").set_value(SCRIPT).run()
    assert not app.error
    assert not app.exception
    assert charts(app, "joint-") == ["joint-real", "joint-synthetic"]


def test_a_changed_threshold_changes_the_verdict_and_a_wrong_one_is_a_sentence(worked):
    app = open_page("evaluate", **ids(worked))
    place = next(
        number
        for number, one in enumerate(judging.thresholds(worked.session))
        if (one.metric, str(one.scope)) == ("column_shapes", "table")
    )
    edits = {"edited_rows": {place: {"Pass line": 0.2, "Caution line": 0.1}}, "added_rows": [], "deleted_rows": []}
    app.session_state["thresholds-0"] = edits
    app.button(key="thresholds-save").click().run()
    report = judging.evaluations(worked.session, worked.sample)[0].report
    assert report.find("column_shapes").verdict == "pass"
    edits["edited_rows"][place] = {"Pass line": 0.1, "Caution line": 0.2}
    app.session_state["thresholds-1"] = edits
    app.button(key="thresholds-save").click().run()
    assert "cannot be better" in app.error[0].value
    app.button(key="thresholds-reset").click().run()
    assert judging.thresholds(worked.session)[place].pass_at == 0.95


def test_tables_made_elsewhere_are_uploaded_judged_and_found_again(worked):
    app = open_page("evaluate", session=worked.session.id)
    app.segmented_control(key="evaluate-what").set_value("Tables made elsewhere").run()
    assert app.button(key="elsewhere-read").disabled
    table = hostile_table(150).to_csv(index=False).encode()
    app.file_uploader(key="elsewhere-real-0").upload("real.csv", table)
    app.file_uploader(key="elsewhere-synthetic-0").upload("synthetic.csv", table)
    app.run()
    app.button(key="elsewhere-read").click().run()
    for reading in "".join(app.query_params["tables"]).split(","):
        done(worked.session, reading)
    app.run()
    app.selectbox(key="elsewhere-target").set_value(SCRIPT).run()
    app.segmented_control(key="elsewhere-plan").set_value("quick").run()
    app.button(key="elsewhere-start").click().run()
    evaluation = "".join(app.query_params["evaluation"])
    done(worked.session, evaluation)
    app.run()
    assert not app.error
    shapes = next(metric for metric in app.metric if metric.label == "Column shapes")
    assert shapes.value == "1.000"
    again = open_page("evaluate", session=worked.session.id)
    again.segmented_control(key="evaluate-what").set_value("Tables made elsewhere").run()
    assert again.selectbox(key="elsewhere-before").value == evaluation


def test_the_privacy_page_shows_distances_and_attacks_and_calls_nothing_safe(worked):
    app = open_page("privacy", **ids(worked))
    assert {"Memorised share", "Singling out, one column", "Membership AUC"} <= {metric.label for metric in app.metric}
    app.segmented_control(key="privacy-view").set_value("Distances").run()
    assert charts(app, "curve-") == ["curve-dcr", "curve-nndr"]
    assert {"DCR share", "NNDR to train rows, 5th percentile"} <= {metric.label for metric in app.metric}
    words = said(app).lower()
    assert not re.search(r"\b(safe|secure|guarantee|risk-free)\b", words)
    assert "patent" in words


def test_every_chart_and_table_has_words_for_screen_readers(worked):
    for page in PAGES:
        app = open_page(page, **ids(worked))
        for chart in [*app.get("plotly_chart"), *app.get("echarts_chart")]:
            assert chart.proto.alt, page
        for table in app.dataframe:
            assert table.proto.alt, page


def test_an_unexpected_error_shows_a_number_and_no_traceback(worked, monkeypatch, caplog):
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret value 4711")

    monkeypatch.setattr("core.workbench.data.dataset_summary", explode)
    app = open_page("data", session=worked.session.id, dataset=worked.dataset)
    assert "4711" not in said(app)
    number = re.search(r"error ([0-9a-f]{8})", app.error[0].value).group(1)
    assert number in caplog.text


def test_a_demo_visitor_gets_a_session_of_their_own_without_upload(home, monkeypatch, worked):
    monkeypatch.setenv("DOPPEL_MODE", "demo")
    first, second = open_page("data"), open_page("data")
    assert first.query_params["session"] != second.query_params["session"]
    assert worked.session.id not in (first.query_params["session"][0], second.query_params["session"][0])
    assert not first.file_uploader
    assert not [box for box in first.selectbox if box.label == "Session"]


def test_the_pages_never_import_what_belongs_into_workers(worked, tmp_path):
    program = f"""
import os, sys
os.environ["DOPPEL_HOME"] = {str(tmp_path)!r}
from streamlit.testing.v1 import AppTest
for page in {PAGES!r}:
    app = AppTest.from_file({APP!r}, default_timeout=30).run()
    app.switch_page(f"pages/{{page}}.py").run()
    assert not app.exception
heavy = ("torch", "sdv", "anonymeter", "ctgan", "sdmetrics", "sklearn.ensemble", "matplotlib")
print([name for name in heavy if name in sys.modules])
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(APP).parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert answer.stdout.strip() == "[]"


def test_script_names_are_still_there_for_the_analyst(worked):
    assert SCRIPT in str(open_page("data", **ids(worked)).dataframe[0].value["Column"].tolist())
