"""Rules of a risk cap: read from text, checked against every checkpoint, and turned into one decision."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from core.errors import InvalidConfig, listed
from core.evaluation.rates import simultaneous_level
from core.evaluation.simultaneous import at_level
from core.records import MetricResult
from core.tape import Check, Decision, Outcome, Rule, TapePoint, checkpoints_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulable:
    """A metric that rules can be made of.

    Parameters
    ----------
    at_most : bool
        Whether a limit is an upper one.
    is_privacy : bool
        Whether breaking it speaks against training on; a quality that is not reached yet does not.
    unit : str
        What more of would narrow its interval.
    counted : str
        Name of that count in the result; empty for the rows of the probe sample.
    low, high : float
        Range of sensible limits.
    """

    at_most: bool
    is_privacy: bool
    unit: str
    counted: str = ""
    low: float = 0.0
    high: float = 1.0


def _privacy(unit: str, counted: str = "", *, at_most: bool = True) -> Rulable:
    return Rulable(at_most=at_most, is_privacy=True, unit=unit, counted=counted)


def _quality(unit: str, counted: str = "", *, at_most: bool = False, low: float = 0.0, high: float = 1.0) -> Rulable:
    return Rulable(at_most=at_most, is_privacy=False, unit=unit, counted=counted, low=low, high=high)


REAL_ROWS = "control rows (and train rows in proportion)"
"""What narrows tests that ask which real row is nearest: more synthetic rows would fall to the same real ones."""

RULABLE: dict[str, Rulable] = {
    "singling_out_univariate": _privacy("attacks", "guesses at train rows"),
    "singling_out_multivariate": _privacy("attacks", "guesses at train rows"),
    "linkability": _privacy("attacks", "guesses at train rows"),
    "inference": _privacy("attacks", "guesses at train rows"),
    "membership_auc": _privacy("attacked train rows", "train rows scored"),
    "membership_tpr_1": _privacy("attacked train rows", "train rows scored"),
    "membership_tpr_10": _privacy("attacked train rows", "train rows scored"),
    "dcr_share": _privacy(REAL_ROWS, "rows per block"),
    "memorised_share": _privacy(REAL_ROWS, "control rows"),
    "exact_copies": _privacy("synthetic rows"),
    "nndr_p05_train": _privacy("synthetic rows", at_most=False),
    "column_shapes": _quality("synthetic rows"),
    "pair_trends": _quality("synthetic rows"),
    "correlation_difference": _quality("synthetic rows", at_most=True, high=2.0),
    "detection_auc": _quality("rows of each table", "rows of each table", at_most=True),
    "tstr_auc": _quality("control rows", "rows tested on"),
    "tstr_r2": _quality("control rows", "rows tested on", low=-10.0),
    "utility_kept": _quality("control rows", "rows tested on", low=-10.0, high=10.0),
}

ALIASES = {
    "singling_out": "singling_out_univariate",
    "membership": "membership_auc",
    "membership_inference": "membership_auc",
    "shapes": "column_shapes",
    "trends": "pair_trends",
    "detection": "detection_auc",
    "tstr": "tstr_auc",
    "utility": "utility_kept",
    "nndr": "nndr_p05_train",
}
BEYOND_QUICK = ("linkability", "inference")
"""Attacks that the quick plan leaves out, so that a tape judged by it cannot be capped by them."""

_RULE = re.compile(r"(?P<metric>.*?)(?P<sign><=|>=|=<|=>|≤|≥|==|=|<|>)(?P<limit>.*)", re.DOTALL)
_WORDS = re.compile(r"^(the\s+)?((upper|lower)\s+(bound|end|limit)\s+of\s+)?(the\s+)?", re.IGNORECASE)


def parse_rule(text: str, *, plan: str = "quick") -> Rule:
    """A rule from text such as `singling_out_univariate <= 0.05`, `DCR share <= 52 %` or `utility kept >= 90 %`.

    The rule always speaks of the unfavourable end of the interval, so "upper bound of" may be said or left out.

    >>> str(parse_rule("upper bound of singling out <= 5 %"))
    'singling_out_univariate <= 0.05'

    Raises
    ------
    InvalidConfig
        With one sentence about what is wrong and what to write.
    """
    shown = " ".join(str(text).split())[:80]
    found = _RULE.fullmatch(str(text).strip())
    if found is None:
        raise _refused(f"The rule {shown!r} has no limit.", "Write it like singling_out_univariate <= 0.05.")
    name = _WORDS.sub("", found["metric"].strip()).strip().lower().replace(" ", "_").replace("-", "_")
    name = ALIASES.get(name, name)
    if name not in RULABLE:
        raise _refused(
            f"The rule {shown!r} names no metric that a rule can be made of.",
            f"Metrics are: {listed(RULABLE, limit=20)}.",
        )
    kind = RULABLE[name]
    sign = "<=" if kind.at_most else ">="
    if found["sign"] not in {"<=": ("<=", "=<", "≤", "<"), ">=": (">=", "=>", "≥", ">")}[sign]:
        better = "lower" if kind.at_most else "higher"
        raise _refused(f"The rule {shown!r} does not fit: {name} is better when {better}.", f"Write {name} {sign} ….")
    if plan == "quick" and name in BEYOND_QUICK:
        raise _refused(
            f"The rule {shown!r} needs the standard plan, but checkpoints are judged by the quick one.",
            "Cap singling out or membership instead.",
        )
    limit = _limit(found["limit"], shown)
    if not kind.low <= limit <= kind.high:
        raise _refused(
            f"The limit {limit:g} of the rule {shown!r} can never decide.",
            f"It must lie between {kind.low:g} and {kind.high:g}; percentages need a % sign.",
        )
    return Rule(metric=name, at_most=kind.at_most, limit=limit)


def _limit(text: str, shown: str) -> float:
    number = text.strip()
    percent = number.endswith("%")
    try:
        value = float(number.rstrip("%").strip()) / (100.0 if percent else 1.0)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _refused(f"The limit {text.strip()[:20]!r} of the rule {shown!r} is not a number.", "Write 0.05 or 5 %.")
    return value


def _refused(message: str, hint: str) -> InvalidConfig:
    return InvalidConfig(message, hint, field="rule")


def parse_rules(texts: Iterable[str], *, plan: str = "quick") -> tuple[Rule, ...]:
    """Rules from texts, empty ones left out.

    Raises
    ------
    InvalidConfig
        With every problem, and if two rules limit one metric.
    """
    rules, problems = [], []
    for text in texts:
        if not str(text).strip():
            continue
        try:
            rules.append(parse_rule(text, plan=plan))
        except InvalidConfig as error:
            problems.append(str(error))
    names = [rule.metric for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problems.append(f"More than one rule limits {listed(twice)}; keep the stricter one.")
    if problems:
        raise InvalidConfig(" ".join(problems), field="rule")
    return tuple(rules)


def check(rule: Rule, point: TapePoint, level: float) -> Check:
    """What a rule makes of one checkpoint, with the interval at `level`."""
    result = point.find(rule.metric)
    estimate = None if result is None else at_level(result, point.results, level)
    about = {"run_id": point.run_id, "epoch": point.epoch, "rule": rule}
    if result is None or estimate is None:
        return Check(outcome=Outcome.NOT_MEASURED, **about)
    worst, best = (estimate.high, estimate.low) if rule.at_most else (estimate.low, estimate.high)
    sign = 1.0 if rule.at_most else -1.0
    if sign * (worst - rule.limit) <= 0:
        outcome = Outcome.INSIDE
    elif sign * (best - rule.limit) > 0:
        outcome = Outcome.OUTSIDE
    else:
        outcome = Outcome.UNDECIDED
    kind = RULABLE[rule.metric]
    return Check(
        outcome=outcome,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        counts=result.counts,
        enough=_enough(rule, result, estimate.value, worst, point.n_rows) if outcome is Outcome.UNDECIDED else None,
        unit=kind.unit,
        **about,
    )


def _enough(rule: Rule, result: MetricResult, value: float, worst: float, n_probe: int) -> int | None:
    """Attacks or rows with which the interval would just keep the limit, were the value to stay as it is.

    Half-widths shrink with the square root of the count. None where the value itself breaks the limit: then no number
    of attacks would put it inside.
    """
    room = (rule.limit - value) if rule.at_most else (value - rule.limit)
    counted = RULABLE[rule.metric].counted
    n = result.counts.get(counted, 0) if counted else (result.n_rows or n_probe)
    if room <= 0 or n <= 0:
        return None
    return math.ceil(n * (abs(worst - value) / room) ** 2)


def decide(points: Iterable[TapePoint], rules: Sequence[Rule], *, n_candidates: int) -> Decision:
    """The last epoch at which every rule is inside with intervals that hold for all candidates together.

    Parameters
    ----------
    points : points of one run, or of several seeds of one setting: an epoch is inside when it is for every seed
    rules : sequence of Rule
    n_candidates : int
        Checkpoints that are or will be judged, those of all seeds together; fixed beforehand, so that a verdict does
        not change as points arrive.

    Notes
    -----
    All rules have to hold at once, which needs no further correction: claiming all of several is an intersection-union
    test (Berger 1982, Technometrics 24, 295-300). Bonferroni over the checkpoints covers the choice of the last one.
    """
    judged = checkpoints_of(points)
    level = simultaneous_level(max(n_candidates, len(judged)))
    checks = tuple(check(rule, point, level) for point in judged for rule in rules)
    epochs = sorted({point.epoch for point in judged})
    runs = {point.run_id for point in judged}
    whole = [epoch for epoch in epochs if {point.run_id for point in judged if point.epoch == epoch} == runs]
    inside = [epoch for epoch in whole if _all_inside(checks, epoch)] if rules else []
    epoch = inside[-1] if inside else None
    return Decision(
        rules=tuple(rules),
        n_candidates=max(n_candidates, len(judged)),
        level=level,
        epoch=epoch,
        sentence=_sentence(rules, checks, epochs, epoch, level),
        checks=checks,
    )


def _all_inside(checks: Sequence[Check], epoch: int) -> bool:
    return all(one.outcome is Outcome.INSIDE for one in checks if one.epoch == epoch)


def broken(decision: Decision) -> Check | None:
    """The first privacy rule that is broken for certain; None while none is.

    Qualities do not count: early in a training they are not reached yet, and going on mends that.
    """
    privacy = (one for one in decision.checks if RULABLE[one.rule.metric].is_privacy)
    return next((one for one in privacy if one.outcome is Outcome.OUTSIDE), None)


def _sentence(
    rules: Sequence[Rule], checks: Sequence[Check], epochs: Collection[int], epoch: int | None, level: float
) -> str:
    if not rules:
        return "No rule was set."
    if not epochs:
        return "No checkpoint has been judged yet."
    how = f"with intervals of {level:.2%}, which hold for all checkpoints together with 95 %"
    if epoch is not None:
        after = [one for one in checks if one.epoch > epoch and one.outcome is not Outcome.INSIDE]
        return f"Epoch {epoch} is the last of {len(epochs)} judged that keeps every rule, {how}." + _first_after(after)
    none = (
        "The one judged checkpoint does not keep"
        if len(epochs) == 1
        else f"None of {len(epochs)} judged checkpoints keeps"
    )
    return f"{none} every rule, {how}." + _closest(checks)


def _first_after(after: Sequence[Check]) -> str:
    if not after:
        return ""
    one = min(after, key=lambda check: check.epoch)
    return f" At epoch {one.epoch}, {describe(one)}"


def _closest(checks: Sequence[Check]) -> str:
    undecided = [one for one in checks if one.outcome is Outcome.UNDECIDED and one.enough is not None]
    if undecided:
        one = min(undecided, key=lambda check: check.enough)
        return f" At epoch {one.epoch}, {describe(one)}"
    failing = [one for one in checks if one.outcome is not Outcome.INSIDE]
    return f" At epoch {failing[-1].epoch}, {describe(failing[-1])}" if failing else ""


def describe(one: Check) -> str:
    """A check in words, with what would decide it.

    Returns
    -------
    str
        A sentence that begins with the metric's name.
    """
    if one.outcome is Outcome.NOT_MEASURED:
        return f"{one.rule.metric} was not measured."
    numbers = f"{one.rule.metric} is {one.value:.3f} ({one.low:.3f} to {one.high:.3f}); the rule wants "
    numbers += f"{'at most' if one.rule.at_most else 'at least'} {one.rule.limit:g}"
    if one.outcome is Outcome.INSIDE:
        return f"{numbers}, and the whole interval keeps it."
    if one.outcome is Outcome.OUTSIDE:
        return f"{numbers}, and the whole interval breaks it."
    if one.enough is None:
        return f"{numbers}: the value itself breaks it, but not for certain; more {one.unit} would not put it inside."
    made = one.counts.get(RULABLE[one.rule.metric].counted, 0)
    had = f" where there were {made:,}" if made else ""
    return f"{numbers}: too small to decide; about {one.enough:,} {one.unit} would do{had}."
