"""Three-way marginals: how alike the joint tables of three columns are, which pairs alone cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice
from math import comb
from typing import Any

import numpy as np

from core.errors import NotApplicable
from core.evaluation.coded import CodedColumn, CodedTable, coded
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.redrawing import METHOD, Redraws, interval
from core.evaluation.shapes import UNIT, more_anchors, noise_floor
from core.records import Direction, MetricResult

MAX_TRIPLES = 60
"""Triples that are measured; of more, as many at random."""

Triple = tuple[CodedColumn, CodedColumn, CodedColumn]


class ThreeWayMarginals:
    """Mean TV complement of the joint tables of triples of columns, on the bins of pair trends."""

    names = ("three_way_marginals",)
    part = Part.FIDELITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """One result.

        Raises
        ------
        NotApplicable
            Without synthetic rows or with fewer than three columns.
        """
        tables.need_synthetic()
        data = coded(tables)
        if len(data.columns) < 3:
            raise NotApplicable("It needs at least three columns.")
        triples = chosen_triples(data.columns, tables.generator("triples"))
        redraws = Redraws.of(data.synthetic.n_rows, tables.generator("redraws"))
        value, redrawn = three_way(triples, data.train, data.synthetic, redraws)
        low, high = interval(value, redrawn, redraws)
        anchors = more_anchors(tables, self.names[0], lambda table: three_way(triples, data.train, table)[0])
        if data.control is not None:
            again = Redraws.of(data.control.n_rows, tables.generator("redraws of control"))
            anchors |= noise_floor(*three_way(triples, data.train, data.control, again), again)
        yield MetricResult(
            metric=self.names[0],
            value=value,
            low=low,
            high=high,
            interval=METHOD if low is not None else "",
            direction=Direction.HIGHER,
            unit=UNIT,
            anchors=anchors,
            counts={"triples": len(triples), "possible triples": comb(len(data.columns), 3)},
            explanation="How alike three columns are together, averaged over triples: 1 means the same joint tables.",
            n_rows=data.synthetic.n_rows,
        )


def chosen_triples(columns: tuple[CodedColumn, ...], generator: np.random.Generator) -> list[Triple]:
    """All triples, or `MAX_TRIPLES` different ones at random."""
    n = len(columns)
    if comb(n, 3) <= MAX_TRIPLES:
        return list(combinations(columns, 3))
    drawn = (tuple(sorted(generator.choice(n, 3, replace=False))) for _ in iter(int, 1))
    seen: dict[tuple[int, ...], None] = {}
    for triple in islice(drawn, 100 * MAX_TRIPLES):
        seen[triple] = None
        if len(seen) == MAX_TRIPLES:
            break
    return [tuple(columns[place] for place in triple) for triple in sorted(seen)]


def three_way(
    triples: list[Triple], real: CodedTable, other: CodedTable, redraws: Redraws | None = None
) -> tuple[float, np.ndarray | None]:
    """Mean over triples of the TV complement, and that of every redrawn table, shape (n_redraws,)."""
    values, redrawn = [], []
    for triple in triples:
        real_cells, real_counts = np.unique(_cells(triple, real), return_counts=True)
        cells, place, counts = np.unique(_cells(triple, other), return_inverse=True, return_counts=True)
        at = np.minimum(np.searchsorted(real_cells, cells), len(real_cells) - 1)
        shares = np.where(real_cells[at] == cells, real_counts[at] / real.n_rows, 0.0)
        values.append(float(np.minimum(counts / other.n_rows, shares).sum()))
        if redraws is not None:
            redrawn.append(np.minimum(redraws.shares(place, len(cells)), shares).sum(axis=1))
    return float(np.mean(values)), np.mean(redrawn, axis=0) if redrawn else None


def _cells(triple: Triple, table: CodedTable) -> np.ndarray:
    first, second, third = (table.codes[column.name].astype(np.int64) for column in triple)
    return (first * triple[1].n_codes + second) * triple[2].n_codes + third


THREE_WAY_MARGINALS = ThreeWayMarginals()
