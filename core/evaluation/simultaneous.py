"""The interval of a stored result at another level: nothing is measured again.

Choosing the last of m checkpoints that keeps a limit is choosing an extreme, so every interval is widened to the level
1 - .05 / m. Attacks and shares of copies or of recognised rows are counted again from their stored counts, since the
intervals of small counts do not grow with the quantile. The largest of several attacks or secrets is widened over these
as well. Other intervals have a half-width that is a quantile times a standard error, so the quotient of the quantiles
widens them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from scipy import stats

from core.evaluation import rates
from core.evaluation.rates import Estimate
from core.evaluation.redrawing import N_GROUPS
from core.records import MetricResult, Scope, Status

ATTACK, CONTROL = "guesses at train rows", "guesses at control rows"
RIGHT, RIGHT_CONTROL = "right at train rows", "right at control rows"
REDRAWN = ("column_shapes", "pair_trends", "correlation_difference")
"""Metrics whose interval is Student's t over groups of redrawn rows."""

BEST_OF = ("membership_auc",)
"""Metrics that are the largest of several attacks, which stand beside them at scope model."""

ATTACKS = (
    "distance", "distance difference", "density ratio", "classifier", "neighbourhood share", "local likelihood",
)  # fmt: skip
"""Names of the attacks in the maximum, as in `membership_scores`, which pages must not load. The critic and shadow
models stand beside them and take no part, since their attacker holds more than rows."""

SECRETS = ("secrets tried", "targets tried")
"""Counts of what a residual risk is the largest of."""

COPIES = "copies of train rows"
SCORED, RECOGNISED = "train rows scored", "recognised"


def at_level(result: MetricResult, others: Iterable[MetricResult], level: float) -> Estimate | None:
    """A result with its interval at `level`; None where it has no interval.

    Parameters
    ----------
    result : MetricResult at scope table, with an interval at 95 %
    others : results of the same evaluation, for metrics that are the best of several attacks
    level : float, at least .95
    """
    if result.status is not Status.MEASURED:
        return None
    if {ATTACK, CONTROL, RIGHT, RIGHT_CONTROL} <= set(result.counts):
        of = next((result.counts[name] for name in SECRETS if name in result.counts), 1)
        return residual_risk(result.counts, rates.simultaneous_level(of, level))
    if COPIES in result.counts and result.n_rows:
        return rates.wilson(result.counts[COPIES], result.n_rows, level=level)
    if RECOGNISED in result.counts and result.counts.get(SCORED):
        of = rates.simultaneous_level(len(ATTACKS), level)
        return rates.clopper_pearson(result.counts[RECOGNISED], result.counts[SCORED], level=of)
    if result.metric in BEST_OF:
        found = [one for one in others if one.metric == result.metric and _of_maximum(one)]
        if found:
            return _best(result, found, level)
    if result.low is None or result.high is None:
        return None
    return _widened(result, quantile_ratio(result.metric, level))


def _of_maximum(one: MetricResult) -> bool:
    return one.scope is Scope.MODEL and bool(one.subject) and one.subject[0] in ATTACKS


def residual_risk(counts: dict[str, int], level: float) -> Estimate:
    """Residual risk (attack - control) / (1 - control), signed, at any level.

    Source
    ------
    Giomi et al. (2023), section 3.2: rates and errors by Wilson's score interval, error of the quotient by first-order
    propagation.
    """
    z = rates.normal_quantile(level)
    (attack, attack_error), (control, control_error) = (
        _wilson(counts[right], counts[made], z) for right, made in ((RIGHT, ATTACK), (RIGHT_CONTROL, CONTROL))
    )
    value = (attack - control) / (1.0 - control)
    error = math.hypot(attack_error / (1.0 - control), control_error * (1.0 - attack) / (1.0 - control) ** 2)
    return Estimate(value=value, low=value - error, high=value + error)


def _wilson(right: int, made: int, z: float) -> tuple[float, float]:
    """Centre and half-width of Wilson's interval."""
    made = max(made, 1)
    share = right / made
    half = z / (made + z * z) * math.sqrt(made * share * (1.0 - share) + z * z / 4.0)
    return (right + z * z / 2.0) / (made + z * z), half


def quantile_ratio(metric: str, level: float) -> float:
    """How much wider an interval of `level` is than one of 95 %."""
    if metric in REDRAWN:
        quantile = stats.t(N_GROUPS - 1).ppf
        return float(quantile(0.5 + level / 2.0) / quantile(0.5 + rates.LEVEL / 2.0))
    return rates.normal_quantile(level) / rates.normal_quantile(rates.LEVEL)


def _widened(result: MetricResult, ratio: float) -> Estimate:
    return Estimate(
        value=result.value,
        low=result.value - (result.value - result.low) * ratio,
        high=result.value + (result.high - result.value) * ratio,
    )


def _best(result: MetricResult, attacks: list[MetricResult], level: float) -> Estimate:
    """The largest of several attacks, every one with an interval that holds for all together."""
    ratio = quantile_ratio(result.metric, rates.simultaneous_level(len(attacks), level))
    ends = [_widened(one, ratio) for one in attacks if one.low is not None and one.high is not None]
    if not ends:
        return _widened(result, ratio)
    return Estimate(
        value=result.value,
        low=max(0.0, max(one.low for one in ends)),
        high=min(1.0, max(one.high for one in ends)),
    )
