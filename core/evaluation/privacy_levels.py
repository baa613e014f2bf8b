"""Distances per level of the target: a generator that repeats rows repeats those of its rarest levels first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.evaluation import rates
from core.evaluation.metric import Part, Plan, Tables, not_measured
from core.evaluation.privacy_distances import LIMIT, PERMUTED
from core.evaluation.privacy_rows import nearest_rows, real_entities, searched_rows, weight_of_real_rows
from core.records import Direction, MetricResult, Scope

MAX_LEVELS = 20
MIN_LEVEL_ROWS = 30


class DistancesByLevel:
    """Memorised share at scope `level`, for the levels of the target."""

    names = ()
    part = Part.PRIVACY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[MetricResult]:
        """Yield a result per level; nothing without a target that has levels."""
        if tables.target is not None and tables.schema[tables.target].is_levels:
            tables.need_synthetic()
            tables.need_control()
            yield from by_level(tables, tables.target)


DISTANCES_BY_LEVEL = DistancesByLevel()


def by_level(tables: Tables, name: str) -> Iterator[MetricResult]:
    """Memorised share and distances among the synthetic rows of each of the commonest levels of a column."""
    to_train = nearest_rows(tables).to_train
    column = tables.synthetic[name].iloc[searched_rows(tables)]
    for level, n_rows in column.value_counts().head(MAX_LEVELS).items():
        if n_rows == 0:
            continue
        chosen = (column == level).to_numpy()
        subject = (name, str(level))
        weights, is_train = weight_of_real_rows(tables, chosen)
        share, expected, spread = rates.share_against_labels(weights, is_train, real_entities(tables))
        if n_rows < MIN_LEVEL_ROWS or spread == 0:
            reason = f"There are {n_rows} synthetic rows of this level; it needs {MIN_LEVEL_ROWS} that differ."
            yield not_measured("memorised_share", reason, scope=Scope.LEVEL, subject=subject)
            continue
        scaled = spread / (1.0 - expected)
        estimate = rates.around((share - expected) / (1.0 - expected), scaled)
        ends = np.quantile(to_train.first[chosen], [0.05, 0.5])
        yield MetricResult(
            metric="memorised_share",
            scope=Scope.LEVEL,
            subject=subject,
            value=estimate.value,
            low=estimate.low,
            high=min(1.0, estimate.high),
            interval=PERMUTED,
            direction=Direction.LOWER,
            unit="share, 0 for fresh rows, 1 for copies",
            anchors={
                "fresh rows": 0.0,
                "all rows copied from train": 1.0,
                "detectable share of copied rows": min(1.0, rates.detectable(scaled)),
                "5th percentile of the distance to the nearest train row": float(ends[0]),
                "median distance to the nearest train row": float(ends[1]),
            },
            counts={
                "synthetic rows of the level": int(n_rows),
                "copies of train rows": int(to_train.is_copy[chosen].sum()),
            },
            n_rows=int(n_rows),
            explanation=(
                f"Of the {n_rows:,} synthetic rows with “{level}”, {estimate.value:+.1%} lie nearer to train rows "
                f"than chance explains ({estimate.low:+.1%} to {estimate.high:+.1%}); copies would have shown, four "
                f"times in five, from a share of {min(1.0, rates.detectable(scaled)):.1%} on. {LIMIT}"
            ),
        )
