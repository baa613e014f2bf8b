"""Identifiability: for how many people does the synthetic table hold a row that is nearer than any other person's?

Yoon, Drumright and van der Schaar (2020, IEEE JBHI 24, 2378-2388, ADS-GAN): the share of real rows whose nearest
synthetic row is nearer than their nearest other real row, columns weighted by 1 / entropy so that a difference in a
column that seldom varies counts more. A fresh sample of the same population reaches about one half, so the share alone
says little; reported is the share among train rows minus the share among control rows, which without a leak is 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from core.errors import NotApplicable
from core.evaluation import rates
from core.evaluation.attacks.knowledge import binned, entropy, one_each
from core.evaluation.distance import Encoded, Space, row_space
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.neighbours import Index, build_index, find_nearest
from core.records import Direction, MetricResult

MIN_ROWS = 10


class Identifiability:
    """Share of train rows that a synthetic row is nearest to, minus that of control rows."""

    names = ("identifiability",)
    part = Part.PRIVACY
    plan = Plan.STANDARD
    n_targets: ClassVar = {Plan.STANDARD: 10_000, Plan.FULL: 100_000}

    def measure(self, tables: Tables) -> Iterator[MetricResult]:
        """Yield the difference, or refuse with the reason."""
        tables.need_synthetic(2)
        control = tables.need_control(MIN_ROWS)
        if len(tables.train) < MIN_ROWS:
            raise NotApplicable(f"It needs at least {MIN_ROWS} train rows; there are {len(tables.train)}.")
        space = entropy_weighted(tables)
        generator = tables.generator("identifiability")
        people = {"train": generator.permutation(len(tables.train)), "control": generator.permutation(len(control))}
        entities = tables.entities()
        if entities is not None:
            # "any other person" must not be another row of the same one
            people = {name: one_each(rows, of) for (name, rows), of in zip(people.items(), entities, strict=True)}
        size = min(len(people["train"]), len(people["control"]), self.n_targets.get(tables.plan, 10_000))
        if size < MIN_ROWS:
            raise NotApplicable(f"It needs rows of at least {MIN_ROWS} entities on either side; there are {size}.")
        nearer = nearer_to_synthetic(space, people, size, generator, tables.threads)
        yield _result(nearer, len(tables.synthetic))


IDENTIFIABILITY = Identifiability()


def entropy_weighted(tables: Tables) -> Space:
    """The space of the evaluation with weights 1 / entropy; columns that do not vary weigh nothing.

    Raises
    ------
    NotApplicable
        If no column varies.
    """
    space = row_space(tables)
    known = {name: entropy(binned(tables.train[name])) for name in (*space.number_names, *space.level_names)}
    weights = {name: 1.0 / value if value > 1e-12 else 0.0 for name, value in known.items()}
    if not any(weights.values()):
        raise NotApplicable("No modelled column varies, so rows cannot be told apart.")
    return space.weighted(weights)


def nearer_to_synthetic(
    space: Space, people: dict[str, np.ndarray], size: int, generator: np.random.Generator, threads: int
) -> dict[str, np.ndarray]:
    """For train and control rows, whether a synthetic row is nearer than every other train row.

    Parameters
    ----------
    people : rows of "train" and of "control" that stand for a person each
    size : int
        The first so many of either are asked about.

    Returns
    -------
    mapping of "train", "control" to bool arrays of shape (size,); and "fresh": the same for the train rows with control
    rows in place of the synthetic ones
    """
    train, control = (space.tables[name].rows(people[name]) for name in ("train", "control"))
    real = build_index(train, space, generator)
    synthetic = build_index(space.tables["synthetic"], space, generator)
    asked = {"train": train.rows(np.arange(size)), "control": control.rows(np.arange(size))}
    # a train row is its own nearest, so the second distance is that to the nearest other row
    others = find_nearest(asked["train"], real, 2, threads=threads).distance[:, 1]
    strangers = find_nearest(asked["control"], real, 1, threads=threads).distance[:, 0]
    fresh = build_index(control, space, generator)
    return {
        "train": _first(asked["train"], synthetic, threads) < others,
        "control": _first(asked["control"], synthetic, threads) < strangers,
        "fresh": _first(asked["train"], fresh, threads) < others,
    }


def _first(rows: Encoded, index: Index, threads: int) -> np.ndarray:
    return find_nearest(rows, index, 1, threads=threads).distance[:, 0]


def _result(nearer: dict[str, np.ndarray], n_rows: int) -> MetricResult:
    train, control = (float(nearer[name].mean()) for name in ("train", "control"))
    n = len(nearer["train"])
    value = train - control
    # pooled, so that two shares at 0 or 1 still have an interval
    pooled = (train + control + 1.0 / n) / (2.0 + 2.0 / n)
    spread = math.sqrt(2.0 * pooled * (1.0 - pooled) / n)
    estimate = rates.around(value, spread)
    seen = rates.detectable(spread)
    return MetricResult(
        metric="identifiability",
        value=value,
        low=max(-1.0, estimate.low),
        high=min(1.0, estimate.high),
        interval="95 % normal, difference of two shares",
        direction=Direction.LOWER,
        unit="difference of shares, 0 for fresh rows, 1 for copies",
        anchors={
            "train rows": train,
            "control rows": control,
            "control rows in place of the synthetic": float(nearer["fresh"].mean()),
            "fresh rows": 0.0,
            "all rows copied": 1.0,
            "detectable": min(1.0, seen),
        },
        counts={
            "train rows": n,
            "control rows": n,
            "nearer at train rows": int(nearer["train"].sum()),
            "nearer at control rows": int(nearer["control"].sum()),
        },
        n_rows=n_rows,
        explanation=(
            f"For {train:.1%} of {n:,} train rows some synthetic row is nearer than any other train row (columns "
            f"weighted by 1 / entropy); for control rows, which the generator never saw, it is {control:.1%}. The "
            f"difference of {value:+.1%} ({estimate.low:+.1%} to {estimate.high:+.1%}) is what training adds; "
            f"{min(1.0, seen):.1%} would have shown four times in five."
        ),
    )
