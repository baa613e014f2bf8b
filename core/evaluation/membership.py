"""Membership inference: can an attacker with the synthetic rows tell who was trained on?

No attack dominates the others (Synth-MIA, arXiv 2509.18014), so several are made and their maximum is reported, with
intervals that hold for all of them together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import stats

from core.evaluation import rates
from core.evaluation.membership_scores import Scored, score_targets
from core.evaluation.metric import Part, Plan, Tables, not_measured
from core.records import Direction, MetricResult, Scope

FALSE_POSITIVES = (0.01, 0.10)
THRESHOLDS = np.linspace(0.005, 0.995, 199)
"""Ranks that are tried as thresholds for the bound on epsilon."""

MIN_GROUP = 30
"""Members and others that a group needs to be judged on its own."""

LIMIT = "Attacks that were not tried may do better."


class Membership:
    """AUC of every membership attack and of the best, true positives at few false ones, lower bound on epsilon."""

    names = ("membership_auc", "membership_tpr_1", "membership_tpr_10", "membership_epsilon")
    part = Part.PRIVACY
    plan = Plan.QUICK
    n_targets: ClassVar = {Plan.QUICK: 5_000, Plan.STANDARD: 5_000, Plan.FULL: 50_000}

    def measure(self, tables: Tables) -> Iterator[MetricResult]:
        """Yield a result per attack and group of rows, then those of the table."""
        scored = score_targets(tables, self.n_targets.get(tables.plan, 5_000))
        n_rows = len(tables.synthetic)
        for name in scored.members:
            yield attack_result(name, scored.members[name], scored.others[name], n_rows)
        for name, (members, others) in scored.given.items():
            yield attack_result(name, members, others, n_rows)
        for group in scored.groups:
            yield group_result(scored, group, n_rows)
        yield best_result(scored, n_rows)
        for share in FALSE_POSITIVES:
            yield true_positives(scored, share, n_rows)
        yield epsilon_result(scored, tables.generator("epsilon"), n_rows)


MEMBERSHIP = Membership()


def attack_result(name: str, members: np.ndarray, others: np.ndarray, n_rows: int) -> MetricResult:
    """AUC of one attack."""
    estimate = rates.area_under_curve(members, others)
    return MetricResult(
        metric="membership_auc",
        scope=Scope.MODEL,
        subject=(name,),
        value=estimate.value,
        low=max(0.0, estimate.low),
        high=min(1.0, estimate.high),
        interval="95 % DeLong",
        direction=Direction.LOWER,
        unit="AUC, 0.5 is guessing",
        anchors={
            "fresh rows": 0.5,
            "detectable": min(
                1.0, 0.5 + rates.detectable((estimate.high - estimate.low) / 2 / rates.normal_quantile(rates.LEVEL))
            ),
            **{f"true positives at {one:.0%} false ones": _tpr(members, others, one)[0] for one in FALSE_POSITIVES},
        },
        counts={"train rows scored": len(members), "control rows scored": len(others)},
        n_rows=n_rows,
        explanation=(
            f"Scored by {name}, a train row ranks above a control row in {estimate.value:.1%} of pairs "
            f"({estimate.low:.1%} to {estimate.high:.1%}); guessing gives 50 %."
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The strongest of several attacks, with an interval that holds for all of them together."""

    name: str
    estimate: rates.Estimate
    spread: float


def strongest(members: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> Best:
    """Maximum of the AUCs; its interval is the maximum of simultaneous intervals."""
    level = rates.simultaneous_level(len(members))
    found = {name: rates.area_under_curve(members[name], others[name], level=level) for name in members}
    best = max(found, key=lambda name: found[name].value)
    return Best(
        name=best,
        estimate=rates.Estimate(
            value=found[best].value,
            low=max(0.0, max(one.low for one in found.values())),
            high=min(1.0, max(one.high for one in found.values())),
        ),
        spread=(found[best].high - found[best].low) / 2 / rates.normal_quantile(level),
    )


def best_result(scored: Scored, n_rows: int) -> MetricResult:
    """AUC of the strongest attack."""
    best = strongest(scored.members, scored.others)
    n_attacks, n = len(scored.members), len(scored.members[best.name])
    seen = 0.5 + rates.detectable(best.spread, level=rates.simultaneous_level(n_attacks))
    at_chance = best.estimate.low <= 0.5
    return MetricResult(
        metric="membership_auc",
        value=best.estimate.value,
        low=best.estimate.low,
        high=best.estimate.high,
        interval=f"95 % DeLong, simultaneous over {n_attacks} attacks",
        direction=Direction.LOWER,
        unit="AUC, 0.5 is guessing",
        anchors={"fresh rows": 0.5, "all rows copied": 1.0, "detectable": min(1.0, seen)},
        counts={"train rows scored": n, "control rows scored": n, "attacks": n_attacks},
        n_rows=n_rows,
        explanation=(
            f"The strongest of {n_attacks} membership attacks ({best.name}) ranks a train row above a control row in "
            f"{best.estimate.value:.1%} of pairs ({best.estimate.low:.1%} to {best.estimate.high:.1%}), where guessing "
            f"gives 50 %{': at chance' if at_chance else ': more than chance'}. With {n:,} rows of each kind an AUC of "
            f"{min(1.0, seen):.3f} would have shown four times in five. {LIMIT}"
        ),
    )


def group_result(scored: Scored, group: str, n_rows: int) -> MetricResult:
    """The strongest attack on rows that stand out."""
    of_members, of_others = scored.groups[group]
    n = min(int(of_members.sum()), int(of_others.sum()))
    if n < MIN_GROUP:
        reason = f"There are {n} {group} among the rows scored; it needs {MIN_GROUP}."
        return not_measured("membership_auc", reason, scope=Scope.LEVEL, subject=(group,))
    best = strongest(
        {name: scores[of_members] for name, scores in scored.members.items()},
        {name: scores[of_others] for name, scores in scored.others.items()},
    )
    seen = 0.5 + rates.detectable(best.spread, level=rates.simultaneous_level(len(scored.members)))
    return MetricResult(
        metric="membership_auc",
        scope=Scope.LEVEL,
        subject=(group,),
        value=best.estimate.value,
        low=best.estimate.low,
        high=best.estimate.high,
        interval=f"95 % DeLong, simultaneous over {len(scored.members)} attacks",
        direction=Direction.LOWER,
        unit="AUC, 0.5 is guessing",
        anchors={"fresh rows": 0.5, "detectable": min(1.0, seen)},
        counts={"train rows scored": int(of_members.sum()), "control rows scored": int(of_others.sum())},
        n_rows=n_rows,
        explanation=(
            f"Among {group} alone, the strongest attack ({best.name}) ranks a train row above a control row in "
            f"{best.estimate.value:.1%} of pairs ({best.estimate.low:.1%} to {best.estimate.high:.1%}); guessing gives "
            f"50 %. {LIMIT}"
        ),
    )


def true_positives(scored: Scored, share: float, n_rows: int) -> MetricResult:
    """Largest share of train rows recognised while at most `share` of the control rows are taken for train rows."""
    level = rates.simultaneous_level(len(scored.members))
    found = {name: _tpr(scored.members[name], scored.others[name], share) for name in scored.members}
    n = len(next(iter(scored.members.values())))
    estimates = {name: rates.clopper_pearson(count, n, level=level) for name, (_, count) in found.items()}
    best = max(estimates, key=lambda name: estimates[name].value)
    return MetricResult(
        metric=f"membership_tpr_{round(share * 100)}",
        value=estimates[best].value,
        low=max(one.low for one in estimates.values()),
        high=max(one.high for one in estimates.values()),
        interval=f"95 % Clopper-Pearson at this threshold, simultaneous over {len(estimates)} attacks",
        direction=Direction.LOWER,
        unit="share 0 to 1",
        anchors={"fresh rows": share},
        counts={"train rows scored": n, "recognised": found[best][1]},
        n_rows=n_rows,
        explanation=(
            f"While {share:.0%} of control rows are wrongly taken for train rows, the best attack ({best}) recognises "
            f"{estimates[best].value:.1%} of train rows; guessing recognises {share:.0%}."
        ),
    )


def _tpr(members: np.ndarray, others: np.ndarray, share: float) -> tuple[float, int]:
    """Share and number of members above the threshold that at most `share` of the others exceed."""
    allowed = math.floor(share * len(others) + 1e-9)
    threshold = np.sort(others)[::-1][min(allowed, len(others) - 1)]
    count = int((members > threshold).sum())
    return count / len(members), count


def epsilon_result(scored: Scored, generator: np.random.Generator, n_rows: int) -> MetricResult:
    """Lower bound on the epsilon of differential privacy: threshold picked on one half, measured on the other."""
    n = len(next(iter(scored.members.values())))
    order = generator.permutation(n)
    first, second = order[: n // 2], order[n // 2 :]
    bounds = {
        (name, above): _epsilons(scored.members[name][first], scored.others[name][first], above)
        for name in scored.members
        for above in (True, False)
    }
    name, above = max(bounds, key=lambda key: bounds[key].max())
    threshold = THRESHOLDS[[int(bounds[name, above].argmax())]]
    members, others = scored.members[name][second], scored.others[name][second]
    value = max(0.0, float(_epsilons(members, others, above, threshold)[0]))
    most = math.log(rates.clopper_pearson(len(second), len(second)).low / rates.clopper_pearson(0, len(second)).high)
    return MetricResult(
        metric="membership_epsilon",
        value=value,
        low=value,
        interval="one-sided 95 % lower bound (Clopper-Pearson on rows not used for the threshold)",
        direction=Direction.LOWER,
        unit="nats, at least",
        anchors={"fresh rows": 0.0, "could have shown": most},
        counts={"rows for the threshold": 2 * len(first), "rows for the bound": 2 * len(second)},
        n_rows=n_rows,
        explanation=_about_epsilon(value, most, len(second)),
    )


def _about_epsilon(value: float, most: float, n_rows: int) -> str:
    power = f"with {n_rows:,} rows of each kind they could have shown at most {most:.2f}"
    if value > 0:
        return (
            f"With 95 % confidence the generator is not differentially private with an epsilon below {value:.2f}; "
            f"{power}. It may leak more than these attacks found."
        )
    return (
        f"The attacks show no lower bound on epsilon; {power}. This is no upper bound: only training with differential "
        "privacy gives one."
    )


def _epsilons(members: np.ndarray, others: np.ndarray, above: bool, thresholds: np.ndarray = THRESHOLDS) -> np.ndarray:
    """log(TPR_low / FPR_high) of guessing "member" above, or "not a member" below, each threshold."""
    n = len(members)
    over = [n - np.searchsorted(np.sort(scores), thresholds, side="right") for scores in (members, others)]
    right, wrong = over if above else (n - over[1], n - over[0])
    tail = (1.0 - rates.LEVEL) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(right > 0, stats.beta.ppf(tail, right, n - right + 1), 0.0)
        high = np.where(wrong < n, stats.beta.isf(tail, wrong + 1, n - wrong), 1.0)
        return np.log(low / high)
