"""Sentences that somebody who decides about a release can quote: what was tested, what was found, what it cannot say.

Each carries its counts, its interval and its power. None says that a table is free of risk; there is no such test.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.agreement import Answer, answer
from core.evaluation.power import visible
from core.records import MetricResult, Scope, Status, Verdict

LIMITS = (
    "These are tests that were run, not a proof: an attack that nobody tried, or an attacker who knows more, may "
    "succeed.",
    "The numbers hold for these rows. Drawing more rows, or releasing the trained model, gives more away.",
    "Whether a person is identifiable in the sense of the law depends on context and purpose, and is a judgement of "
    "people.",
    "No differential privacy was used in training unless the run says so; without it nothing bounds what can leak.",
)


def quotes(results: Sequence[MetricResult]) -> tuple[str, ...]:
    """One sentence per kind of test that was measured, then how many were too weak or not measured."""
    table = {result.metric: result for result in results if result.scope is Scope.TABLE}
    made = [sentence for make in (_copies, _memorised, _attacks, _membership, _disclosure) for sentence in make(table)]
    tested = [result for result in table.values() if result.verdict is not Verdict.NOT_MEASURED]
    weak = [result for result in tested if result.verdict is Verdict.TOO_WEAK]
    absent = [result for result in table.values() if result.status is not Status.MEASURED]
    if weak:
        made.append(f"{_count(len(weak), 'test was', 'tests were')} too weak to say anything: {_names(weak)}.")
    if absent:
        made.append(f"{_count(len(absent), 'number was', 'numbers were')} not measured: {_names(absent)}.")
    return tuple(made)


def _copies(table: dict[str, MetricResult]) -> list[str]:
    one = table.get("exact_copies")
    if one is None or one.status is not Status.MEASURED:
        return []
    copies, chance = one.counts.get("copies of train rows", 0), one.counts.get("copies of control rows")
    beside = "" if chance is None else f"; {chance:,} equal a row that the generator never saw"
    return [f"{copies:,} of {one.n_rows:,} synthetic rows equal a real train row in every modelled column{beside}."]


def _memorised(table: dict[str, MetricResult]) -> list[str]:
    one = table.get("memorised_share")
    if one is None or one.status is not Status.MEASURED:
        return []
    seen = visible(one)
    power = "" if seen is None else f"; a share of {seen:.1%} would have shown in four tests of five"
    return [
        f"{one.value:+.1%} of the synthetic rows lie nearer to train rows than chance explains (95 % interval "
        f"{one.low:+.1%} to {one.high:+.1%}{power})."
    ]


def _attacks(table: dict[str, MetricResult]) -> list[str]:
    words = {
        "singling_out_univariate": "singling a person out by one column",
        "singling_out_multivariate": "singling a person out by several columns",
        "linkability": "linking two parts of a person's record",
        "inference": "inferring one column from the others (the largest of the columns tried)",
    }
    out = []
    for metric, what in words.items():
        one = table.get(metric)
        if one is None or one.status is not Status.MEASURED:
            continue
        n = one.counts.get("guesses at train rows", 0)
        if one.verdict is Verdict.TOO_WEAK:
            continue
        found = "" if answer(one) is Answer.FOUND else ", which includes none"
        out.append(
            f"In {n:,} attempts at {what}, the synthetic rows gave an attacker a residual risk of {one.value:.1%} over "
            f"control rows (95 % interval {one.low:.1%} to {one.high:.1%}{found})."
        )
    return out


def _membership(table: dict[str, MetricResult]) -> list[str]:
    one = table.get("membership_auc")
    if one is None or one.status is not Status.MEASURED or one.verdict is Verdict.TOO_WEAK:
        return []
    chance = "better than guessing" if answer(one) is Answer.FOUND else "no better than guessing could"
    seen = visible(one)
    power = "" if seen is None else f"; {seen:.3f} would have shown in four tests of five"
    return [
        f"The strongest of {one.counts.get('attacks', 1)} membership attacks told train rows from rows that were never "
        f"seen {chance}: AUC {one.value:.3f} ({one.low:.3f} to {one.high:.3f}, .5 is guessing{power})."
    ]


def _disclosure(table: dict[str, MetricResult]) -> list[str]:
    one = table.get("attribute_disclosure")
    if one is None or one.status is not Status.MEASURED or one.verdict is Verdict.TOO_WEAK:
        return []
    return [
        f"Who looks a person up by {one.counts.get('key columns', 0)} known columns reads a further column off "
        f"correctly {one.value:.1%} more often (as a share of what is left) for train rows than for control rows (95 % "
        f"interval {one.low:.1%} to {one.high:.1%})."
    ]


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _names(results: Sequence[MetricResult]) -> str:
    return ", ".join(result.metric.replace("_", " ") for result in results)
