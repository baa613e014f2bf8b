"""The pages Export and Sessions: empty, filled with hostile names, and at work."""

from __future__ import annotations

import pytest

from core.records import SampleRequest
from core.workbench import sampling, stored
from tests.pages.conftest import Worked, charts, done, open_page, said

VIEWS = ("Stored", "Versions", "Compare", "Drift", "Console", "Audit", "Keep and delete")


def ids(worked: Worked) -> dict[str, str]:
    return {
        "session": worked.session.id, "dataset": worked.dataset, "run": worked.run, "sample": worked.sample,
    }  # fmt: skip


def test_without_a_sample_the_export_page_says_what_to_do_first(worked: Worked, home):
    from core.workbench import sessions

    with sessions.create_session(home) as fresh:
        app = open_page("export", session=fresh.id)
        assert "No sample yet" in said(app)
        app = open_page("sessions", session=fresh.id)
        assert "Nothing stored yet" in said(app)


def test_the_export_page_offers_every_kind_and_records_a_purpose(worked: Worked):
    app = open_page("export", **ids(worked))
    labels = [button.label for button in app.button]
    for label in ("Make the file", "Make the report", "Make the bundle", "Make the model file"):
        assert label in labels
    app.text_input(key="sign-purpose").input("Teaching <b>x</b>")
    next(button for button in app.button if button.label == "Record").click()
    app.run()
    assert not app.exception
    assert "Teaching \\<b\\>x" in said(app)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_the_sessions_page_shows_hostile_names_as_text(worked: Worked, view: str):
    app = open_page("sessions", **ids(worked))
    app.segmented_control(key="sessions-view").set_value(view).run()
    assert not app.exception, [one.value for one in app.exception]
    assert "<script>" not in said(app).replace("`<script>hostile</script>`", "")
    if view == "Stored":
        assert charts(app, "lineage") == ["lineage"]


def test_a_refused_query_is_one_sentence_and_an_answered_one_is_a_table(worked: Worked):
    app = open_page("sessions", **ids(worked))
    app.segmented_control(key="sessions-view").set_value("Console").run()
    app.text_area(key="console-sql").input("select * from read_csv('x')").run()
    app.button(key="console-run").click().run()
    assert not app.exception
    assert any("refused" in error.value for error in app.error)
    app.text_area(key="console-sql").input("select count(*) as n from real_train").run()
    app.button(key="console-run").click().run()
    assert not app.error
    assert any("1 row" in caption.value for caption in app.caption)


def test_deleting_needs_a_word_and_a_rule_can_be_set(worked: Worked):
    app = open_page("sessions", **ids(worked))
    app.segmented_control(key="sessions-view").set_value("Keep and delete").run()
    assert app.button(key="delete-go").disabled
    app.number_input(key="retention-days").set_value(30).run()
    app.button(key="retention-set").click().run()
    assert "30 days" in said(app)
    app.button(key="retention-none").click().run()
    assert "No rule" in said(app)


def test_going_back_to_a_version_chooses_it_on_all_pages_and_is_in_the_audit(worked: Worked):
    session = worked.session
    second = done(session, sampling.start_sampling(session, worked.run, SampleRequest(n_rows=40, seed=77)))
    app = open_page("sessions", **{**ids(worked), "sample": second})
    app.segmented_control(key="sessions-view").set_value("Versions").run()
    box = app.selectbox(key="version-chosen")
    assert second not in box.options
    app.selectbox(key="version-chosen").set_value(worked.sample).run()
    app.button(key="version-back").click().run()
    assert not app.exception, [one.value for one in app.exception]
    assert worked.sample in app.query_params["sample"]
    last = session.store.list_audit()[-1]
    assert (last.action, last.ids[0], second in last.ids) == ("go back to version", worked.sample, True)
    stored.delete(session, second)
