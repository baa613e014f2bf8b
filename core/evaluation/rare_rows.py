"""What drawn rows of a rare level give away: their distances to the real rows of that level alone.

A rare level has few train rows, so a generator that repeats rows repeats these first, and distances to all train rows
would hide it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.evaluation.lift import has
from core.evaluation.metric import Plan, Tables, not_measured
from core.evaluation.privacy_levels import by_level
from core.evaluation.privacy_rows import NearestRows, ToRows, nearest_rows
from core.records import Direction, MetricResult, Scope
from core.schema import Schema

MOST_ROWS = 20_000
"""Drawn rows that are searched; of more, as many at random."""


def measure_rare_rows(
    schema: Schema,
    *,
    target: str,
    level: str,
    train: pd.DataFrame,
    control: pd.DataFrame | None,
    drawn: pd.DataFrame,
    group: str | None = None,
    seed: int = 0,
    threads: int = 1,
) -> Iterator[MetricResult]:
    """Memorised share, DCR and NNDR of drawn rows of a level against its train rows, and its control rows beside them.

    Yields
    ------
    MetricResult at scope `level`: `memorised_share`, `rare_dcr` (median distance to the nearest train row of the level,
    anchor: the same of control rows of the level) and `rare_nndr` (5th percentile of nearest / second nearest distance)
    """
    real = train[has(train, target, level)].reset_index(drop=True)
    held = None if control is None else control[has(control, target, level)].reset_index(drop=True)
    rows = drawn[has(drawn, target, level)].reset_index(drop=True)
    if len(rows) > MOST_ROWS:
        rows = rows.iloc[np.sort(np.random.default_rng(seed).permutation(len(rows))[:MOST_ROWS])].reset_index(drop=True)
    subject = (target, level)
    try:
        tables = Tables(
            schema=schema, train=real, synthetic=rows, control=held, target=target, group=group, seed=seed,
            threads=threads, plan=Plan.STANDARD,
        )  # fmt: skip
        tables.need_synthetic()
        near = nearest_rows(tables)
    except NotApplicable as reason:
        for name in ("rare_dcr", "rare_nndr"):
            yield not_measured(name, reason.message, scope=Scope.LEVEL, subject=subject)
        return
    if held is not None and len(held):
        try:
            for one in by_level(tables, target):
                # distances are no values of this scale; they follow as results of their own
                yield dataclasses.replace(one, anchors={k: v for k, v in one.anchors.items() if "distance" not in k})
        except NotApplicable as reason:
            yield not_measured("memorised_share", reason.message, scope=Scope.LEVEL, subject=subject)
    counts = {
        "drawn rows": len(rows),
        "train rows of the level": len(real),
        "control rows of the level": 0 if held is None else len(held),
        "exact copies of train rows": int(near.to_train.is_copy.sum()),
    }
    for measure in (_DCR, _NNDR):
        yield _result(measure, near, subject, counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    name: str
    of: Callable[[ToRows], np.ndarray]
    share: float
    unit: str
    words: str


_DCR = _Measure(
    name="rare_dcr",
    of=lambda one: one.first,
    share=0.5,
    unit="distance, 0 to 1",
    words="Half of the drawn rows of the level lie within {:.3f} of a train row of it",
)
_NNDR = _Measure(
    name="rare_nndr",
    of=lambda one: one.ratio,
    share=0.05,
    unit="ratio, 0 to 1",
    words="For one drawn row of the level in twenty, the nearest train row of it is at most {:.3f} times as far as the "
    "second nearest",
)


def _result(measure: _Measure, near: NearestRows, subject: tuple[str, str], counts: dict[str, int]) -> MetricResult:
    """Drawn rows and control rows are compared with equally many train rows of the level, block by block."""

    def quantile(found: tuple[ToRows, ...]) -> float:
        return float(np.mean([np.quantile(measure.of(one), measure.share) for one in found]))

    has_control = near.blocks is not None and near.control_to_blocks
    value = quantile(near.to_blocks if has_control else (near.to_train,))
    anchors = {"control rows of the level": quantile(near.control_to_blocks)} if has_control else {}
    beside = f"; for its control rows it is {anchors['control rows of the level']:.3f}" if has_control else ""
    return MetricResult(
        metric=measure.name,
        scope=Scope.LEVEL,
        subject=subject,
        value=value,
        direction=Direction.TARGET,
        unit=measure.unit,
        anchors=anchors,
        counts=counts,
        n_rows=counts["drawn rows"],
        explanation=f"{measure.words.format(value)}{beside}. Lower than for control rows would mean nearer to train "
        "rows than fresh rows are.",
    )
