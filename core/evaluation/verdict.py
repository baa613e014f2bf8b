"""Verdicts: what a table of thresholds makes of numbers that are already there.

Nothing is measured again, so changing a threshold costs nothing. Pass needs the unfavourable end of the interval beyond
the pass line, so a number is not passed on luck; fail needs the value itself beyond the caution line; the rest is
caution. The rule that decided is kept beside the verdict in words. A test of privacy that could not have seen a failing
value, or an attack that does no better than guessing, is "too weak to say" instead (see `core.evaluation.power`).

A pass on privacy means "below this line", never "safe".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidConfig
from core.evaluation import copies
from core.evaluation.power import FRESH, VISIBLE, weakness
from core.records import Direction, MetricResult, Scope, Status, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Lines for one metric at one scope.

    Parameters
    ----------
    metric : str
    scope : Scope
    direction : Direction
        HIGHER or LOWER; a metric that has no better side has no threshold.
    pass_at, caution_at : float
        A value at or beyond `pass_at` passes; one that does not reach `caution_at` fails.
    relative_to : str
        Name of an anchor of which the lines are shares; empty for lines on the metric's own scale. With " over chance"
        behind the name they are shares of what the anchor has beyond the anchor "chance".

    Raises
    ------
    InvalidConfig
        If a line is not a number, or caution lies on the better side of pass.
    """

    metric: str
    scope: Scope = Scope.TABLE
    direction: Direction = Direction.HIGHER
    pass_at: float
    caution_at: float
    relative_to: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.pass_at) and math.isfinite(self.caution_at)):
            raise InvalidConfig(f"The thresholds of {self.metric} must be numbers.", field=self.metric)
        if self.direction is Direction.TARGET:
            raise InvalidConfig(f"{self.metric} has no better side, so it has no threshold.", field=self.metric)
        if (self.pass_at - self.caution_at) * self.sign < 0:
            raise InvalidConfig(
                f"{self.metric}: {self.direction}, so caution at {self.caution_at:g} cannot be better than pass at "
                f"{self.pass_at:g}.",
                "Exchange the two numbers.",
                field=self.metric,
            )

    @property
    def sign(self) -> int:
        """1 where higher is better, -1 where lower is."""
        return 1 if self.direction is Direction.HIGHER else -1

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Threshold:
        """Rebuild a threshold from `to_json`."""
        return cls(**{**value, "scope": Scope(value["scope"]), "direction": Direction(value["direction"])})


def _higher(metric: str, pass_at: float, caution_at: float, scope: Scope = Scope.TABLE, to: str = "") -> Threshold:
    return Threshold(metric=metric, scope=scope, pass_at=pass_at, caution_at=caution_at, relative_to=to)


def _lower(metric: str, pass_at: float, caution_at: float, scope: Scope = Scope.TABLE, to: str = "") -> Threshold:
    lines = {"pass_at": pass_at, "caution_at": caution_at, "relative_to": to}
    return Threshold(metric=metric, scope=scope, direction=Direction.LOWER, **lines)


OVER_CHANCE = " over chance"
"""Behind the name of an anchor: what it has beyond the anchor "chance"."""

SMALL_SHIFT = "small shift in every direction"
"""Anchor of the distance of the means: a tenth of a standard deviation along each direction of the real rows."""

# Pass lines are where the better published generators stand on the census table, caution lines where CTGAN does
# (shapes .876, trends .876 on shared bins, TSTR .882 of .924). Trends pass above what columns without any relation
# reach there (.926). Beta-recall and R2 are shares of what real rows reach, the AUC of what they gain over a coin. The
# reason of every line stands in
# docs/decisions/0032-default-thresholds.md.
DEFAULT_THRESHOLDS: tuple[Threshold, ...] = (
    _higher("column_shapes", 0.95, 0.87),
    _higher("column_shapes", 0.90, 0.75, Scope.COLUMN),
    _higher("pair_trends", 0.95, 0.87),
    _higher("pair_trends", 0.85, 0.70, Scope.PAIR),
    _lower("correlation_difference", 0.04, 0.08),
    _higher("conditioned_shapes", 0.90, 0.80, Scope.LEVEL),
    _higher("conditioned_trends", 0.85, 0.75, Scope.LEVEL),
    _higher("three_way_marginals", 0.95, 0.87, to="bootstrap"),
    _lower("detection_auc", 0.65, 0.90),
    _higher("alpha_precision", 0.95, 0.85),
    _higher("beta_recall", 0.80, 0.40, to="control rows"),
    _lower("mahalanobis_distance", 1.0, 2.0, to=SMALL_SHIFT),
    _higher("constraint_satisfaction", 0.99, 0.95, to="control rows"),
    _higher("tstr_auc", 0.95, 0.85, to=f"real rows{OVER_CHANCE}"),
    _higher("tstr_r2", 0.95, 0.80, to="real rows"),
    _higher("utility_kept", 0.95, 0.85),
    _lower("memorised_share", 0.01, 0.05),
    _lower("exact_copies", 0.001, 0.01),
    _lower("singling_out_univariate", 0.02, 0.10),
    _lower("singling_out_multivariate", 0.02, 0.10),
    _lower("linkability", 0.02, 0.10),
    _lower("inference", 0.05, 0.15),
    _lower("attribute_disclosure", 0.02, 0.10),
    _lower("identifiability", 0.02, 0.10),
    _lower("membership_auc", 0.52, 0.55),
)


def with_verdicts(
    results: Iterable[MetricResult], thresholds: Sequence[Threshold] = DEFAULT_THRESHOLDS
) -> tuple[MetricResult, ...]:
    """The same results, each with the verdict and the rule of its threshold; without one, with none."""
    table = {(one.metric, one.scope): one for one in thresholds}
    return tuple(with_verdict(result, table.get((result.metric, result.scope))) for result in results)


def with_verdict(result: MetricResult, threshold: Threshold | None) -> MetricResult:
    """One result with its verdict; "not measured" and no rule where there is no number or no threshold."""
    nothing = dataclasses.replace(result, verdict=Verdict.NOT_MEASURED, rule="")
    if threshold is None or result.status is not Status.MEASURED:
        return nothing
    if result.metric == copies.METRIC:
        return _of_copies(result, threshold)
    return _by_lines(result, threshold)


def _of_copies(result: MetricResult, threshold: Threshold) -> MetricResult:
    """Exact copies are judged by what control rows do not explain; without control rows, by all of them."""
    found = copies.beyond_coincidence(result)
    if found is None:
        judged = _by_lines(result, threshold)
        said = "There are no control rows, so copies by coincidence count too."
        return dataclasses.replace(judged, rule=f"{judged.rule} {said}")
    beyond = {FRESH: 0.0, VISIBLE[0]: copies.detectable(found)}
    judged = _by_lines(
        dataclasses.replace(result, value=found.value, low=found.low, high=found.high, anchors=beyond), threshold
    )
    # a failing value whose interval reaches 0 is one that would not have shown: too weak to say
    rule = f"Copies beyond those that control rows explain: {judged.rule}"
    return dataclasses.replace(result, verdict=judged.verdict, rule=rule)


def _by_lines(result: MetricResult, threshold: Threshold) -> MetricResult:
    """One measured result with the verdict of its two lines."""
    nothing = dataclasses.replace(result, verdict=Verdict.NOT_MEASURED, rule="")
    floor, unit = 0.0, 1.0
    if threshold.relative_to:
        floor, unit, problem = _scale(result, threshold.relative_to)
        if problem:
            return dataclasses.replace(nothing, rule=f"No verdict: {problem}.")
    sign = threshold.sign
    pass_at, caution_at = (floor + line * unit for line in (threshold.pass_at, threshold.caution_at))
    unfavourable = result.low if sign > 0 else result.high
    end = result.value if unfavourable is None else unfavourable
    if (end - pass_at) * sign >= 0:
        verdict = Verdict.PASS
    elif (result.value - caution_at) * sign < 0:
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.CAUTION
    rule = _rule(result, threshold, end, pass_at, caution_at)
    weak = weakness(result, caution_at) if sign < 0 else ""
    if weak:
        return dataclasses.replace(result, verdict=Verdict.TOO_WEAK, rule=f"{rule} {weak}")
    return dataclasses.replace(result, verdict=verdict, rule=rule)


def _scale(result: MetricResult, relative_to: str) -> tuple[float, float, str]:
    """Where the lines begin, what they are shares of, and why they cannot be drawn (empty where they can)."""
    name = relative_to.removesuffix(OVER_CHANCE)
    floor = result.anchors.get("chance") if name != relative_to else 0.0
    whole = result.anchors.get(name)
    if whole is None or floor is None:
        return 0.0, 0.0, f"the lines are shares of {relative_to!r}, which was not measured"
    if whole <= floor:
        beside = "" if name == relative_to else f", with chance at {floor:.3f}"
        return 0.0, 0.0, f"the lines are shares of {relative_to!r}, and there is nothing to share ({whole:.3f}{beside})"
    return floor, whole - floor, ""


def _rule(result: MetricResult, threshold: Threshold, end: float, pass_at: float, caution_at: float) -> str:
    """The rule in words, with the numbers that it compared."""
    word, other = ("at least", "below") if threshold.sign > 0 else ("at most", "above")
    of = ""
    if threshold.relative_to:
        of = f" ({threshold.pass_at:g} and {threshold.caution_at:g} of {threshold.relative_to})"
    compared = f"{result.value:.3f}" if end == result.value else f"{result.value:.3f}, at worst {end:.3f}"
    return f"{compared}; pass {word} {pass_at:.3g}, fail {other} {caution_at:.3g}{of}."


def parse_thresholds(rows: Iterable[Mapping[str, Any]]) -> tuple[Threshold, ...]:
    """Thresholds from an edited table.

    Raises
    ------
    InvalidConfig
        With every problem of the table, not the first.
    """
    found, problems = [], []
    for row in rows:
        try:
            found.append(Threshold.from_json(row))
        except InvalidConfig as error:
            problems.append(error)
        except (KeyError, TypeError, ValueError) as error:
            problems.append(InvalidConfig(f"A row of the table of thresholds cannot be read: {error}."))
    if problems:
        raise InvalidConfig(" ".join(str(one) for one in problems), field=problems[0].field)
    return tuple(found)
