"""The privacy page: overview, agreement, attacker's choice, rows beside real rows, rows held back and judged again."""

from __future__ import annotations

import re

import pytest

from core.errors import InvalidConfig
from core.schema import Schema
from core.workbench import forensics, judging, sampling
from core.workbench.attacker import Attacker, check_attacker, suggest_attacker
from pages.components.rows_view import kind_of
from tests.pages.conftest import LONG, TARGET, Worked, charts, done, open_page, said


def ids(worked: Worked, **more: str) -> dict[str, str]:
    return {"session": worked.session.id, "dataset": worked.dataset, "run": worked.run, "sample": worked.sample} | more


def view(worked: Worked, name: str, **more: str):
    app = open_page("privacy", **ids(worked, **more))
    return app.segmented_control(key="privacy-view").set_value(name).run()


def evaluation_of(worked: Worked) -> str:
    return judging.evaluations(worked.session, worked.sample)[-1].id


def test_the_overview_tells_question_verdict_and_power_of_every_test(worked):
    app = open_page("privacy", **ids(worked))
    table = next(one.value for one in app.dataframe if "Could have seen" in one.value)
    assert {"Exact copies", "Linkability", "Inference", "Membership AUC"} <= set(table["Test"])
    assert set(table["Verdict"]) <= {
        "Pass", "Caution", "Fail", "Too weak to say", "Not measured", "No rule", "Leak found", "Nothing found",
    }  # fmt: skip
    # 80 control rows are few: something must be too weak, and how much would be enough is said
    weak = table[table["Verdict"] == "Too weak to say"]
    assert len(weak)
    assert weak["Enough"].str.len().gt(0).all()
    assert "Do the tests agree?" in said(app)


def test_sentences_to_quote_carry_limits(worked):
    app = open_page("privacy", **ids(worked))
    text = "\n".join(block.value for block in app.code)
    assert "These are tests that were run, not a proof" in text
    assert not re.search(r"\b(safe|anonymous|guarantee)\b", text.lower())


def test_risk_by_secret_and_knowledge_is_a_heatmap_with_its_numbers(worked):
    app = view(worked, "Attacks")
    assert "knowledge" in charts(app)
    table = next(one.value for one in app.dataframe if "Secret" in one.value)
    assert {"all others", "the most telling"} <= set(table["Known"])
    assert table["Low"].le(table["Risk"]).all()


def test_disclosure_shows_the_measures_of_official_statistics_per_column(worked):
    app = view(worked, "Disclosure")
    table = next(one.value for one in app.dataframe if "DiSCO" in one.value)
    assert {"Dorig", "repU", "CAP", "TCAP", "DiSCO of control rows"} <= set(table)
    assert table["Risk"].is_monotonic_decreasing


def test_distances_are_drawn_as_curves_or_histograms(worked):
    app = view(worked, "Distances")
    app.segmented_control(key="distance-drawn").set_value("Histograms").run()
    assert charts(app, "curve-") == ["curve-dcr", "curve-nndr"]
    assert not app.exception


def test_a_suspect_is_shown_beside_its_neighbours_and_the_look_is_audited(worked):
    before = len(worked.session.store.list_audit())
    app = view(worked, "Rows")
    tail = next(one.value for one in app.dataframe if "To second train" in one.value)
    assert tail["Ratio"].is_monotonic_increasing
    beside = next(one.value for one in app.dataframe if "nearest train row" in one.value.index)
    assert list(beside.index) == list(forensics.LABELS)
    assert beside.shape[1] == 6
    actions = [entry.action for entry in worked.session.store.list_audit()[before:]]
    assert actions.count("look at real rows") == 1
    app.run()
    assert len(worked.session.store.list_audit()) == before + len(actions)


def test_the_rows_beside_a_suspect_are_the_rows_of_the_files(worked):
    evaluation_id = evaluation_of(worked)
    found = forensics.near_copies(worked.session, evaluation_id)
    config = judging.evaluation(worked.session, evaluation_id).job.config
    schema = Schema.from_json(config["schema"])
    for suspect in found.near_copies[:3]:
        rows = forensics.side_by_side(worked.session, evaluation_id, suspect)
        same = (rows.loc["synthetic row"] == rows.loc["nearest train row"]).to_numpy()
        # columns that are equal as values are equal as texts
        assert set(suspect.equal) <= set(rows.columns[same])
        assert list(rows.columns) == [column.name for column in schema.modelled]
        assert kind_of(suspect)


def test_rows_held_back_are_a_sample_of_its_own_that_is_judged_like_the_first(worked):
    session, evaluation_id = worked.session, evaluation_of(worked)
    found = forensics.near_copies(session, evaluation_id)
    ratio = next(at for at, n in zip(found.thresholds, found.held, strict=True) if n >= 3)
    held, again = forensics.start_quarantine(session, worked.sample, ratio=ratio, judge_as=evaluation_id)
    done(session, held)
    done(session, again)
    parent, made = sampling.sample(session, worked.sample), sampling.sample(session, held)
    line = forensics.lineage(session, held)
    assert line.parent_id == worked.sample
    assert made.n_rows == parent.n_rows - line.n_held_back
    assert made.n_unconditioned == parent.n_unconditioned - found.held_below(ratio)
    assert forensics.lineage(session, worked.sample) is None
    report = judging.evaluation_report(session, again)
    assert report.settings["n_synthetic"] == made.n_unconditioned
    assert report.find("exact_copies").value == 0.0
    app = open_page("privacy", **ids(worked, sample=held))
    assert "Made from another sample" in said(app)
    change = next(one.value for one in app.dataframe if "Before" in one.value)
    assert {"Exact copies", "Column shapes"} <= set(change["Number"])


@pytest.mark.parametrize("ratio", [-0.1, 1.5])
def test_a_threshold_outside_its_range_is_one_sentence(worked, ratio):
    with pytest.raises(InvalidConfig, match="between 0 and 1"):
        forensics.start_quarantine(worked.session, worked.sample, ratio=ratio)


def test_an_attacker_who_knows_everything_or_what_is_not_there_is_refused(worked):
    schema = judging.dataset(worked.session, worked.dataset).schema
    with pytest.raises(InvalidConfig, match="no secret left"):
        check_attacker(schema, Attacker(known=((TARGET,),), secrets=(TARGET,)))
    with pytest.raises(InvalidConfig, match="Not modelled"):
        check_attacker(schema, Attacker(known=(("nobody", LONG),)))
    assert suggest_attacker(schema).known == ()
