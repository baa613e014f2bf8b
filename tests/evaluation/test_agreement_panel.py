"""Tests that disagree: every known kind is found, explained, and not invented where all tests agree."""

from __future__ import annotations

import dataclasses

import pytest

from core.evaluation.agreement import Answer, answer, below_control, disagreements
from core.evaluation.judge import judge
from core.evaluation.metric import Part, not_measured
from core.evaluation.quotes import LIMITS, quotes
from core.records import MetricResult, Scope, Verdict
from tests.evaluation.privacy_cases import case


def risk(metric: str, low: float, *, scope: Scope = Scope.TABLE, subject: tuple[str, ...] = ()) -> MetricResult:
    null = 0.5 if metric in ("membership_auc", "dcr_share") else 0.0
    anchors = {
        "fresh rows": null,
        "signed low": null + low,
        "signed high": null + low + 0.04,
        "detectable": null + 0.05,
    }
    return MetricResult(
        metric=metric, scope=scope, subject=subject, value=null + low + 0.02, low=null + low, high=null + low + 0.04,
        anchors=anchors, counts={"train rows scored": 500, "attacks": 6}, n_rows=1000,
    )  # fmt: skip


CLEAR = tuple(
    risk(name, -0.02)
    for name in (
        "memorised_share", "dcr_share", "singling_out_univariate", "linkability", "inference", "membership_auc",
        "attribute_disclosure",
    )
)  # fmt: skip


def with_found(*found: MetricResult) -> tuple[MetricResult, ...]:
    names = {(one.metric, one.scope) for one in found}
    return (*(one for one in CLEAR if (one.metric, one.scope) not in names), *found)


def test_tests_that_agree_are_no_disagreement() -> None:
    assert disagreements(CLEAR) == ()
    assert disagreements(tuple(dataclasses.replace(risk(one.metric, 0.2)) for one in CLEAR)) == ()


@pytest.mark.parametrize(
    ("found", "names", "word"),
    [
        (risk("membership_auc", 0.1), ("membership_auc",), "2312.05114"),
        (risk("memorised_share", 0.1), ("memorised_share",), "Look at the rows"),
        (risk("singling_out_univariate", 0.1), ("singling_out_univariate",), "Single values"),
        (risk("inference", 0.1), ("inference",), "which secret"),
        (risk("membership_auc", 0.1, scope=Scope.LEVEL, subject=("outliers",)), ("outliers",), "stand out"),
        (
            risk("membership_auc", 0.1, scope=Scope.MODEL, subject=("critic, white box",)),
            ("critic, white box",),
            "model",
        ),
    ],
)
def test_each_kind_of_disagreement_is_explained(found: MetricResult, names: tuple[str, ...], word: str) -> None:
    said = disagreements(with_found(found))
    assert any(one.found == names and word in one.why for one in said), said
    for one in said:
        assert one.nothing


def test_a_test_that_is_absent_or_too_weak_disagrees_with_nobody() -> None:
    weak = dataclasses.replace(risk("membership_auc", -0.02), verdict=Verdict.TOO_WEAK)
    absent = not_measured("membership_auc", "There are no control rows.")
    assert answer(weak) is Answer.TOO_WEAK
    assert answer(absent) is Answer.NOT_MEASURED
    for one in (weak, absent):
        assert all("membership_auc" not in said.nothing for said in disagreements(with_found(one)))


def test_copies_beyond_coincidence_count_and_coincidences_do_not() -> None:
    def copies(train: float, control: float) -> MetricResult:
        anchors = {"train rows at equal number": train, "control rows": control}
        return MetricResult(metric="exact_copies", value=train, low=0.0, high=1.0, anchors=anchors, n_rows=10_000)

    assert answer(copies(0.010, 0.009)) is Answer.NOTHING  # a half-width of .0027: a difference of .001 is chance
    assert answer(copies(0.020, 0.009)) is Answer.FOUND


def test_an_attack_that_does_better_on_control_rows_is_pointed_out() -> None:
    assert below_control(CLEAR) == ()
    worse = dataclasses.replace(risk("linkability", -0.2))
    assert below_control(with_found(worse)) == ("linkability",)


def test_sentences_to_quote_carry_numbers_and_limits_and_promise_nothing() -> None:
    results = [one for one in judge(case(300, 300, 300), {Part.PRIVACY}) if isinstance(one, MetricResult)]
    said = quotes(results)
    assert len(said) >= 4
    assert any("300 synthetic rows equal" in one for one in said)
    assert any("too weak" in one for one in said)
    for one in (*said, *LIMITS):
        assert one.endswith("."), one
        assert not any(word in one.lower().split() for word in ("safe", "anonymous", "nan", "none.")), one
    without = quotes([not_measured("linkability", "There are no control rows.")])
    assert without == ("1 number was not measured: linkability.",)
