"""Single measures of relation for every pair of columns, synthetic beside real.

Pearson's and Spearman's correlation for two numbers, the correlation ratio for a number and levels, Cramér's V for
levels (the last two corrected for chance), and mutual information for every pair, on the bins of pair trends.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

from core.errors import NotApplicable
from core.evaluation.association import correlation_ratio, cramers_v
from core.evaluation.coded import CodedColumn, CodedTable, coded
from core.evaluation.metric import Part, Plan, Tables
from core.records import Direction, MetricResult, Scope

MAX_PAIRS = 300
"""Pairs that are reported; of more, those whose mutual information moved most."""

MEANINGS = {
    "pearson": "Pearson's correlation: -1 to 1, 0 for no linear relation.",
    "spearman": "Spearman's rank correlation: -1 to 1, 0 for no monotone relation.",
    "correlation_ratio": "Share of the number's spread that the level explains, as a square root: 0 to 1.",
    "cramers_v": "Cramér's V, corrected for chance: 0 unrelated, 1 one determines the other.",
    "mutual_information": "What one column tells about the other: 0 nats for unrelated columns.",
}


class PairDetails:
    """Measures of relation of every pair, at scope `pair`; the train rows' value is the anchor."""

    names = ()
    part = Part.FIDELITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """Results pair by pair.

        Raises
        ------
        NotApplicable
            Without synthetic rows or a second column.
        """
        tables.need_synthetic()
        data = coded(tables)
        if len(data.columns) < 2:
            raise NotApplicable("A table with one column has no pairs.")
        pairs = list(combinations(data.columns, 2))
        information = [
            [mutual_information(table.codes[a.name], table.codes[b.name], b.n_codes) for table in both(data)]
            for a, b in pairs
        ]
        moved = np.array([abs(real - synthetic) for real, synthetic in information])
        for place in sorted(np.argsort(-moved, kind="stable")[:MAX_PAIRS]):
            values = {"mutual_information": information[place]} | measures(*pairs[place], *both(data))
            for metric, (real, synthetic) in values.items():
                if np.isfinite(synthetic):
                    yield _result(metric, pairs[place], real, synthetic, data.synthetic.n_rows)


def both(data) -> tuple[CodedTable, CodedTable]:
    """Train and synthetic rows."""
    return data.train, data.synthetic


def mutual_information(first: np.ndarray, second: np.ndarray, n_second: int) -> float:
    """Mutual information of two columns of codes in nats.

    Source
    ------
    Agrees with `sklearn.metrics.mutual_info_score`.
    """
    cells, counts = np.unique(first.astype(np.int64) * n_second + second, return_counts=True)
    shares = counts / counts.sum()
    rows, cols = cells // n_second, cells % n_second
    by_row = np.bincount(rows, weights=shares)
    by_col = np.bincount(cols, weights=shares)
    return max(float((shares * np.log(shares / (by_row[rows] * by_col[cols]))).sum()), 0.0)


def measures(a: CodedColumn, b: CodedColumn, real: CodedTable, synthetic: CodedTable) -> dict[str, tuple[float, float]]:
    """Measures of relation of one pair by name, in the real and the synthetic table; NaN where there is none."""
    tables = (real, synthetic)
    if a.is_number and b.is_number:
        values = [_correlations(table.numbers[a.name], table.numbers[b.name]) for table in tables]
        return {name: (values[0][place], values[1][place]) for place, name in enumerate(("pearson", "spearman"))}
    if a.is_number or b.is_number:
        number, levels = (a, b) if a.is_number else (b, a)
        return {
            "correlation_ratio": tuple(
                correlation_ratio(_scaled(table.numbers[number.name]), table.codes[levels.name], levels.n_codes)
                for table in tables
            )
        }
    return {
        "cramers_v": tuple(
            cramers_v(table.codes[a.name], table.codes[b.name], a.n_codes, b.n_codes) for table in tables
        )
    }


def _scaled(numbers: np.ndarray) -> np.ndarray:
    """Centred and scaled, since sums of squares of large numbers, such as dates in seconds, lose their digits."""
    present = numbers[~np.isnan(numbers)]
    if not len(present):
        return numbers
    with np.errstate(over="ignore", invalid="ignore"):
        return (numbers - present.mean()) / (present.std() or 1.0)


def _correlations(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Pearson's and Spearman's correlation over rows with both values; NaN for constants."""
    present = ~(np.isnan(first) | np.isnan(second))
    first, second = _scaled(first[present]), _scaled(second[present])
    if len(first) < 2 or first.min() == first.max() or second.min() == second.max():
        return float("nan"), float("nan")
    ranks = stats.rankdata(first), stats.rankdata(second)
    return float(np.corrcoef(first, second)[0, 1]), float(np.corrcoef(*ranks)[0, 1])


def _result(
    metric: str, pair: tuple[CodedColumn, CodedColumn], real: float, synthetic: float, n_rows: int
) -> MetricResult:
    return MetricResult(
        metric=metric,
        scope=Scope.PAIR,
        subject=(pair[0].name, pair[1].name),
        value=float(synthetic),
        direction=Direction.TARGET,
        unit="nats" if metric == "mutual_information" else "association, up to 1",
        anchors={"train rows": float(real)} if np.isfinite(real) else {},
        explanation=MEANINGS[metric],
        n_rows=n_rows,
    )


PAIR_DETAILS = PairDetails()
