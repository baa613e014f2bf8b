"""Groups: how models treat the groups of a sensitive column, whether they learned from real or from synthetic rows.

Two gaps, each the largest group's value minus the smallest's. Demographic parity: the share of rows for which the model
says the positive class. Equal opportunity: that share among rows that are truly positive. Beside them the same of the
tables themselves: the share of positive rows per group. A gap that real rows have too is inherited; one that only
synthetic rows have is made by the generator.

Source: Dwork et al. (2012), "Fairness through awareness"; Hardt, Price and Srebro (2016), "Equality of opportunity in
supervised learning", NeurIPS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.coded import CodedColumn, CodedTable, coded
from core.evaluation.metric import Part, Plan, Tables, not_measured
from core.evaluation.scorer import Fitted, redrawn_weights, scoring_of, together
from core.evaluation.scoring import quantiles
from core.records import Direction, MetricResult, Scope

MIN_GROUP_ROWS = 30
"""Control rows of a group, and truly positive ones among them, below which it has no result of its own."""

MAX_GROUPS = 12
MODEL = "gradient boosting"
LEARNED = {"trtr": "real train rows", "tstr": "synthetic rows"}
METHOD = "95 %, bootstrap of the control rows{}; models fixed"
GAP_METHOD = "95 %, simultaneous over all pairs of groups, {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Groups of the rows of one column.

    Parameters
    ----------
    column : str
    labels : tuple of str
    of_train, of_synthetic, of_control : int arrays, group of every row, -1 for none
    """

    column: str
    labels: tuple[str, ...]
    of_train: np.ndarray
    of_synthetic: np.ndarray
    of_control: np.ndarray


def groups_of(column: CodedColumn, data: Any) -> Groups:
    """Levels of a level column, most frequent first; a number is split at the quartiles of the train rows."""
    tables = (data.train, data.synthetic, data.control)
    if not column.is_number:
        counts = np.bincount(data.train.codes[column.name], minlength=column.n_codes)[:-1]
        chosen = np.argsort(-counts, kind="stable")[: min(MAX_GROUPS, int((counts > 0).sum()))]
        lookup = np.full(column.n_codes, -1)
        lookup[chosen] = np.arange(len(chosen))
        labels = tuple(column.levels[code] for code in chosen)
        return _groups(column, labels, [lookup[table.codes[column.name]] for table in tables])
    present = data.train.numbers[column.name]
    present = present[~np.isnan(present)]
    cuts = np.unique(np.quantile(present, (0.25, 0.5, 0.75))) if len(present) else np.empty(0)
    ends = [f"{cut:.4g}" for cut in cuts]
    labels = tuple(
        " and ".join(([f"above {ends[place - 1]}"] if place else []) + ([f"up to {ends[place]}"] if place < len(ends)
                                                                       else []))
        for place in range(len(cuts) + 1)
    )  # fmt: skip
    found = []
    for table in tables:
        values = table.numbers[column.name]
        found.append(np.where(np.isnan(values), -1, np.searchsorted(cuts, values, side="left")))
    return _groups(column, labels, found)


def _groups(column: CodedColumn, labels: tuple[str, ...], found: list[np.ndarray]) -> Groups:
    return Groups(column=column.name, labels=labels, of_train=found[0], of_synthetic=found[1], of_control=found[2])


class GroupResults:
    """Results per group and the gaps between groups for every sensitive column, at scope `model`."""

    names = ()
    part = Part.UTILITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """Nothing without sensitive columns.

        Raises
        ------
        NotApplicable
            As `Utility`.
        """
        if not tables.sensitive:
            return
        data = coded(tables)
        fitted = Fitted.of(tables, tables.target)
        by_name = {column.name: column for column in data.columns}
        for name in tables.sensitive:
            about = {"scope": Scope.MODEL, "subject": (MODEL, name)}
            if name not in by_name or name == tables.target:
                yield not_measured("tstr_parity_gap", f"{name!r} is not a modelled column beside the target.", **about)
            elif fitted.task.is_regression:
                yield not_measured("tstr_parity_gap", "Gaps between groups are measured for classes only.", **about)
            else:
                yield from _of_column(tables, fitted, groups_of(by_name[name], data))


def _of_column(tables: Tables, fitted: Fitted, groups: Groups) -> Iterator[MetricResult]:
    test, positive = fitted.test, len(fitted.task.classes) - 1  # classes by falling count: the rarest is the last
    group = groups.of_control[fitted.tested]
    truly = test.truth == positive
    kept = [place for place in range(len(groups.labels)) if int((group == place).sum()) >= MIN_GROUP_ROWS]
    if len(kept) < 2:
        yield not_measured(
            "tstr_parity_gap",
            f"Fewer than two groups of {groups.column!r} have {MIN_GROUP_ROWS} control rows.",
            scope=Scope.MODEL,
            subject=(MODEL, groups.column),
        )
        return
    member = np.stack([group == place for place in kept])
    labels = [groups.labels[place] for place in kept]
    weights = redrawn_weights(test, tables.generator(f"groups of {groups.column}"))
    context = _Context(tables, groups.column, fitted.task.classes[positive], METHOD.format(together(test)))
    yield from _labels_in_tables(context, fitted, groups, kept, labels, positive)
    for setting, predict in (("trtr", fitted.models["trtr"]), ("tstr", fitted.models["tstr"])):
        scores = predict(test.matrix)
        says = scores.argmax(axis=1) == positive
        yield from _per_group(context, setting, fitted, scores, member, labels)
        for gap, rows in (("parity_gap", np.ones(len(test), dtype=bool)), ("opportunity_gap", truly)):
            enough = [(one & rows).sum() >= MIN_GROUP_ROWS for one in member]
            if sum(enough) < 2:
                continue
            yield context.gap(f"{setting}_{gap}", setting, says, member[enough] & rows, weights)
            for label, one in zip(np.array(labels)[enough], member[enough] & rows, strict=True):
                name = "selection_rate" if gap == "parity_gap" else "true_positive_rate"
                yield context.rate(f"{setting}_{name}", setting, str(label), says, one, weights)


class _Context:
    """What results of one column have in common."""

    def __init__(self, tables: Tables, column: str, positive: str, method: str) -> None:
        self.tables, self.column, self.positive, self.method = tables, column, positive, method

    def result(self, metric: str, more: tuple[str, ...], value: float, explanation: str, **fields: Any) -> MetricResult:
        return MetricResult(
            metric=metric,
            scope=Scope.MODEL,
            subject=(MODEL, self.column, *more),
            value=float(value),
            explanation=explanation,
            n_rows=len(self.tables.synthetic),
            **{"direction": Direction.TARGET, "unit": "share 0 to 1", **fields},
        )

    def gap(self, metric: str, setting: str, says: np.ndarray, member: np.ndarray, weights: np.ndarray) -> MetricResult:
        """Largest minus smallest share of `says` over groups."""
        value = gap_of(says, member, np.ones((1, len(says))))[0]
        low, high = gap_interval(says, member, weights)
        of = "all rows" if metric.endswith("parity_gap") else f"rows that are truly {self.positive}"
        return self.result(
            metric,
            (),
            value,
            f"Largest difference between groups of {self.column} in how often a model that learned from "
            f"{LEARNED[setting]} says {self.positive}, of {of}: 0 means equal. By chance alone the largest difference "
            "lies above 0; where the interval begins at 0, equal groups explain it.",
            low=low,
            high=high,
            interval=GAP_METHOD.format(self.method.removeprefix("95 %, ")) if low is not None else "",
            direction=Direction.LOWER,
            counts={"groups": len(member)},
        )

    def rate(
        self, metric: str, setting: str, label: str, says: np.ndarray, one: np.ndarray, weights: np.ndarray
    ) -> MetricResult:
        """Share of `says` in one group."""
        low, high = quantiles(shares_of(says, one[None, :], weights)[:, 0])
        return self.result(
            metric,
            (label,),
            says[one].mean(),
            f"How often a model that learned from {LEARNED[setting]} says {self.positive} in this group.",
            low=low,
            high=high,
            interval=self.method if low is not None else "",
            counts={"rows tested on": int(one.sum())},
        )


def shares_of(says: np.ndarray, member: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of `says` in each group under each row of weights, shape (n_weights, n_groups); NaN for an empty group."""
    inside = weights @ member.T.astype(np.float64)
    said = weights @ (member & says).T.astype(np.float64)
    return np.divide(said, inside, out=np.full_like(said, np.nan), where=inside > 0)


def gap_of(says: np.ndarray, member: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Largest minus smallest share over groups under each row of weights, shape (n_weights,)."""
    shares = shares_of(says, member, weights)
    return shares.max(axis=1) - shares.min(axis=1)


def gap_interval(says: np.ndarray, member: np.ndarray, weights: np.ndarray) -> tuple[float | None, float | None]:
    """95 % interval of the gap, cut at 0 and 1; None twice when fewer than half of the samples have every group.

    Redrawn gaps themselves lie above the gap, since redrawing adds noise to noise, and never hold 0. The interval is
    the gap plus and minus what the error of the difference of any two groups exceeds once in twenty. The errors of all
    pairs together bound that of the largest difference, so it covers for any number of groups, and for equal ones.

    Source
    ------
    Tukey's simultaneous intervals of differences (Miller 1981, Simultaneous statistical inference, section 2.1), with
    the bootstrap's distribution of the range of errors in place of the studentised range.
    """
    everyone = np.ones((1, len(says)))
    errors = shares_of(says, member, weights) - shares_of(says, member, everyone)
    spans = errors.max(axis=1) - errors.min(axis=1)
    finite = spans[np.isfinite(spans)]
    if len(finite) < max(len(spans) / 2, 2):
        return None, None
    value, half = float(gap_of(says, member, everyone)[0]), float(np.quantile(finite, 0.95))
    return max(value - half, 0.0), min(value + half, 1.0)


def _per_group(context: _Context, setting: str, fitted: Fitted, scores: np.ndarray, member, labels):
    """AUC of each group."""
    for label, one in zip(labels, member, strict=True):
        value = scoring_of(fitted.task, fitted.test.truth[one], scores[one])(None)
        if np.isfinite(value):
            yield context.result(
                f"{setting}_group_auc",
                (label,),
                value,
                f"How well a model that learned from {LEARNED[setting]} predicts control rows of this group.",
                direction=Direction.HIGHER,
                unit="AUC, 0.5 to 1",
                counts={"rows tested on": int(one.sum())},
            )


def _labels_in_tables(context: _Context, fitted: Fitted, groups: Groups, kept, labels, positive: int):
    """Share of positive rows per group in the tables themselves, and its gap."""
    data = coded(context.tables)
    for table, name, of in ((data.train, "real", groups.of_train), (data.synthetic, "synthetic", groups.of_synthetic)):
        rates = []
        for place, label in zip(kept, labels, strict=True):
            rows = (of == place) & fitted.task.known(table)
            if rows.any():
                rate = float((_truth(fitted, table)[rows] == positive).mean())
                rates.append(rate)
                yield context.result(
                    f"{name}_label_rate",
                    (label,),
                    rate,
                    f"Share of {name} rows of this group that are {context.positive}.",
                    counts={"rows": int(rows.sum())},
                )
        if len(rates) > 1:
            yield context.result(
                f"{name}_label_gap",
                (),
                max(rates) - min(rates),
                f"Largest difference between groups of {context.column} in how many {name} rows are "
                f"{context.positive}: the bias that is in the table.",
                direction=Direction.TARGET,
            )


def _truth(fitted: Fitted, table: CodedTable) -> np.ndarray:
    return fitted.task.lookup[table.codes[fitted.task.target]]


GROUPS = GroupResults()
