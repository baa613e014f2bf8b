"""The report as a file: how light it is to open, and what it says of a run whose checkpoints were judged."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.evaluation.judge import judge
from core.evaluation.metric import Part, Plan, Tables
from core.export.facts import Facts
from core.export.marks import Stamp
from core.export.outside import for_outside
from core.export.pictures import chart_bytes, charts
from core.export.report import report_html
from core.export.report_parts import COLUMN_METRICS
from core.profiling.infer import infer_schema
from core.records import ColumnPicture, CorrelationPicture, MetricResult, Report, SampleRequest, Scope, Status
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import read_frame
from core.tape import CONTROL, COPY, Check, Decision, Outcome, Rule, TapePoint
from tests.figures.examples import curve, record

WIDE_BYTES, USUAL_BYTES = 8_000_000, 2_000_000
RULE = Rule(metric="membership_auc", at_most=True, limit=0.55)


def facts_with(report: Report, schema: Schema, **settings) -> Facts:
    records = tuple(record(epoch, 10 * epoch) for epoch in range(1, 301))
    about = {
        "title": "wide", "made_at": "2026-01-01 00:00", "stamp": Stamp(n_rows=5_000), "schema": schema,
        "n_train": 4_000, "n_control": 1_000, "target": schema.names[0], "epochs_trained": 300, "records": records,
        "report": report,
        "request": SampleRequest(n_rows=5_000, seed=1),
    }  # fmt: skip
    return Facts(**{**about, **settings})


def made_report(n_columns: int) -> tuple[Report, Schema]:
    """As many results and pictures as judging that many columns gives: every pair, every metric of a column."""
    random = np.random.default_rng(0)
    names = [f"a measured column {at}" for at in range(n_columns)]
    results, pictures = [], []
    for at, name in enumerate(names):
        results += [
            MetricResult(
                metric=metric, scope=Scope.COLUMN, subject=(name,), value=float(random.random()), low=0.1, high=0.9,
                explanation=f"Something that is said about {name} in a sentence of usual length.",
            )
            for metric in COLUMN_METRICS
        ]  # fmt: skip
        results += [
            MetricResult(metric="pair_trends", scope=Scope.PAIR, subject=(name, other), value=0.9, low=0.8, high=0.95)
            for other in names[at + 1 :]
        ]
        counts = {side: tuple(random.integers(0, 500, 40).tolist()) for side in ("real", "synthetic")}
        if at % 2:
            pictures.append(ColumnPicture(column=name, type="continuous", edges=tuple(range(41)), **counts))
        else:
            labels = tuple(f"a level of some length {level}" for level in range(40))
            pictures.append(ColumnPicture(column=name, type="categorical", labels=labels, **counts))
    values = random.uniform(-1, 1, (2, n_columns, n_columns)).tolist()
    real, synthetic = (tuple(map(tuple, one)) for one in values)
    correlations = tuple(
        CorrelationPicture(columns=tuple(names), kind=kind, real=real, synthetic=synthetic)
        for kind in ("Pearson", "Associations")
    )
    storage = {"type": ColumnType.CONTINUOUS, "storage": Storage.DECIMAL, "reason": "Its cells are numbers."}
    schema = Schema(columns=tuple(Column(name=name, **storage) for name in names))
    report = Report(
        results=tuple(results), columns=tuple(pictures), correlations=correlations, curves=(curve(), curve())
    )
    return report, schema


@pytest.mark.parametrize(("n_columns", "limit"), [(300, WIDE_BYTES), (15, USUAL_BYTES)])
def test_a_report_is_light_to_open(n_columns: int, limit: int):
    report, schema = made_report(n_columns)
    html = report_html(facts_with(report, schema))
    assert 50_000 < len(html.encode()) < limit
    assert html.count("<svg") >= min(n_columns, 60)
    for name in (schema.names[0], schema.names[-1]):
        assert name in html


@pytest.mark.slow
@pytest.mark.parametrize(("n_columns", "limit"), [(300, WIDE_BYTES), (15, USUAL_BYTES)])
def test_a_report_of_a_really_judged_table_is_light_to_open(n_columns: int, limit: int, tmp_path: Path):
    random = np.random.default_rng(1)
    hidden = random.normal(size=(6_000, 5))
    table = {}
    for at in range(n_columns):
        signal = hidden @ random.normal(size=5) + random.normal(size=6_000)
        is_number = at % 2 == 0
        table[f"column {at}"] = signal.round(4) if is_number else np.digitize(signal, range(-8, 9)).astype(str)
    table["target"] = np.where(hidden[:, 0] > 0, "yes", "no")
    pd.DataFrame(table).to_parquet(tmp_path / "wide.parquet", index=False)
    schema = infer_schema(tmp_path / "wide.parquet")
    frame = read_frame(tmp_path / "wide.parquet", schema)
    parts = [frame.iloc[start : start + 2_000].reset_index(drop=True) for start in (0, 2_000, 4_000)]
    tables = Tables(
        schema=schema, train=parts[0], synthetic=parts[1], control=parts[2], target="target", plan=Plan.STANDARD
    )
    found = list(judge(tables, set(Part)))
    report = Report(
        results=tuple(one for one in found if isinstance(one, MetricResult)),
        columns=tuple(one for one in found if isinstance(one, ColumnPicture)),
        correlations=tuple(one for one in found if isinstance(one, CorrelationPicture)),
        curves=tuple(one for one in found if type(one) is type(curve())),
    )
    html = report_html(facts_with(report, schema, target="target"))
    print(f"{n_columns} columns: {len(html.encode()) / 1e6:.2f} MB")
    assert len(html.encode()) < limit


def judged(epoch: int, kept: float, auc: float, anchor: str = "") -> TapePoint:
    results = (
        MetricResult(metric="utility_kept", value=kept, low=kept - 0.05, high=kept + 0.05),
        MetricResult(metric="membership_auc", value=auc, low=auc - 0.01, high=auc + 0.01,
                     explanation="The nearest record is that of “Ann”."),
    )  # fmt: skip
    return TapePoint(run_id="" if anchor else "run-1", epoch=epoch, results=results, anchor=anchor)


TAPE = (
    judged(1, 0.2, 0.5), judged(30, 0.7, 0.52), judged(300, 0.9, 0.61),
    judged(0, 0.97, 0.5, CONTROL), judged(0, 1.0, 0.98, COPY),
)  # fmt: skip
CHECKS = tuple(
    Check(run_id="run-1", epoch=epoch, rule=RULE, outcome=outcome)
    for epoch, outcome in ((1, Outcome.INSIDE), (30, Outcome.INSIDE), (300, Outcome.OUTSIDE))
)
DECISION = Decision(
    rules=(RULE,), n_candidates=3, level=1 - 0.05 / 3, epoch=30, sentence="Epoch 30 is the last inside.", checks=CHECKS
)


def section(html: str) -> str:
    found = re.search(r'<section id="frontier">.*?</section>', html, flags=re.DOTALL)
    return "" if found is None else found.group()


@pytest.mark.parametrize("outside", [False, True])
def test_a_run_with_a_tape_shows_utility_against_privacy_and_what_the_rules_decided(outside: bool):
    report, schema = made_report(2)
    facts = facts_with(report, schema, tape=TAPE, decision=DECISION, epochs_trained=30)
    again = Facts.from_json(facts.to_json())
    assert again == facts
    html = section(report_html(for_outside(again) if outside else again))
    assert html.count("<svg") == 2
    assert "3 checkpoints were judged" in html
    assert "membership_auc &lt;= 0.55" in html
    assert "Epoch 30 is the last inside." in html
    assert "0.983" in html  # the level of each interval, 1 - .05 / 3
    rows = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    cells = [re.findall(r"<t[dh].*?>(.*?)</t[dh]>", row) for row in rows]
    names = ["Epoch 1", "Epoch 30 (these rows, chosen by the rules)", "Epoch 300", "Control rows", "Copied rows"]
    assert [row[0] for row in cells] == ["Checkpoint", *names]
    assert [row[-1] for row in cells] == ["Rules", "inside", "inside", "outside", "–", "–"]
    assert "0.520 (0.510 to 0.530)" in cells[2]
    assert "Ann" not in html


def test_the_frontier_of_a_run_is_among_its_pictures_too():
    report, schema = made_report(2)
    found = {one.name: one for one in charts(facts_with(report, schema, tape=TAPE, decision=DECISION))}
    assert {"frontier", "frontier-epochs"} <= set(found)
    text = chart_bytes(found["frontier"], "csv", "").decode()
    assert "30,membership_auc,0.52,0.51,0.53" in text
    assert chart_bytes(found["frontier-epochs"], "png", "run-1")[:4] == b"\x89PNG"


def test_what_was_not_measured_is_grouped_by_its_reason_and_takes_no_tile():
    report, schema = made_report(2)
    reason = "Not part of the quick plan; the standard plan measures it."
    missing = [
        MetricResult(metric=metric, status=Status.NOT_MEASURED, explanation=reason)
        for metric in ("linkability", "inference", "identifiability")
    ]
    html = report_html(facts_with(dataclasses.replace(report, results=(*report.results, *missing)), schema))
    assert html.count(reason) == 1
    assert "<strong>Not measured:</strong> Linkability, Inference, Identifiability. " in html


def test_a_warm_start_and_what_it_means_for_control_rows_is_said_where_privacy_is_judged():
    report, schema = made_report(2)
    results = (*report.results, MetricResult(metric="membership_auc", value=0.5))
    said = "Training began with the weights of run run-1 after epoch 9."
    html = report_html(facts_with(dataclasses.replace(report, results=results), schema, warm=said))
    parts = re.findall(r'<section id="(\w+)">.*?</section>', html, flags=re.DOTALL)
    assert {"privacy", "making"} <= set(parts)
    assert html.count(said) == 2


def test_a_run_without_a_tape_has_no_such_section():
    report, schema = made_report(2)
    assert section(report_html(facts_with(report, schema))) == ""


def test_a_tape_without_rules_and_with_one_point_is_said_as_it_is():
    report, schema = made_report(2)
    bare = dataclasses.replace(TAPE[0], results=())
    html = section(report_html(facts_with(report, schema, tape=(bare,), epochs_trained=1)))
    assert "One checkpoint was judged" in html
    assert "No rule took part" in html
    assert "Utility or privacy could not be measured." in html
