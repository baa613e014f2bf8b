"""Anchors: the same metric on tables whose answer is known, so that a number can be read without a table of norms.

* control rows: fresh real rows; as good as a synthetic table can honestly get
* bootstrap: train rows drawn with replacement, as many as there are synthetic rows
* independent columns: every column drawn on its own; marginals kept, all relations lost
* tables made elsewhere, such as a Gaussian copula's, handed in as `Tables.anchors`

Anchors belong to the dataset: `Tables.known_anchors` holds those of an earlier evaluation, which are then not computed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from core.evaluation.coded import CodedTable, code_like, coded
from core.evaluation.metric import Tables

BOOTSTRAP = "bootstrap"
INDEPENDENT = "independent columns"


def bootstrap(table: CodedTable, n_rows: int, generator: np.random.Generator) -> CodedTable:
    """`n_rows` rows drawn with replacement."""
    return table.taking(generator.integers(0, table.n_rows, n_rows))


def independent_columns(table: CodedTable, n_rows: int, generator: np.random.Generator) -> CodedTable:
    """`n_rows` rows in which every column was drawn with replacement on its own."""
    rows = {name: generator.integers(0, table.n_rows, n_rows) for name in table.codes}
    return CodedTable(
        n_rows=n_rows,
        codes={name: codes[rows[name]] for name, codes in table.codes.items()},
        numbers={name: numbers[rows[name]] for name, numbers in table.numbers.items()},
    )


def anchor_names(tables: Tables) -> tuple[str, ...]:
    """Every anchor of this evaluation, in the order of the scale's construction."""
    return (BOOTSTRAP, INDEPENDENT, *tables.anchors)


def anchor_table(tables: Tables, name: str) -> CodedTable:
    """The table of one anchor, as many rows as the synthetic one where it can have them; made once per evaluation."""
    made = tables.cache.setdefault("anchor tables", {})
    if name not in made:
        data = coded(tables)
        n_rows = max(data.synthetic.n_rows, 1)
        if name in tables.anchors:
            table = code_like(data, tables.anchors[name])
            made[name] = table.taking(np.arange(n_rows)) if table.n_rows > n_rows else table
        else:
            make = bootstrap if name == BOOTSTRAP else independent_columns
            made[name] = make(data.train, n_rows, tables.generator(name))
    return made[name]


def anchor_tables(tables: Tables) -> dict[str, CodedTable]:
    """Bootstrap, independent columns and the tables made elsewhere."""
    return {name: anchor_table(tables, name) for name in anchor_names(tables)}


def anchors_of(
    tables: Tables,
    metric: str,
    compute: Callable[[CodedTable], float],
    *,
    leave_out: Collection[str] = (),
) -> dict[str, float]:
    """Values of a metric on every anchor; known ones cost nothing, not even the table.

    Parameters
    ----------
    tables : Tables
    metric : str
        Name under which known anchors are looked up.
    compute : callable
        The metric of one table against the train rows; NaN where it has none.
    leave_out : names of anchors that say nothing about this metric
    """
    known = tables.known_anchors.get(metric, {})
    found = {}
    for name in dict.fromkeys((*anchor_names(tables), *known)):
        if name not in leave_out:
            value = known[name] if name in known else compute(anchor_table(tables, name))
            if np.isfinite(value):
                found[name] = float(value)
    return found
