"""Exploring a real table: everything the Explore page shows of it, found once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import NotApplicable
from core.exploration import MissingPattern
from core.profiling.associations import SAMPLE_ROWS, Associations, Measure, measure_associations
from core.profiling.checks import CheckResult, Inspected, run_checks
from core.profiling.crossed import equal_rows, missing_patterns, spread_sample
from core.profiling.summary import TableSummary
from core.schema import Schema

FACTS = "exploration.json"
MATRICES = "associations.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """What was found in a table.

    Parameters
    ----------
    n_rows : int
        Rows of the table; columns, missing cells and equal rows are counted in all of them.
    n_sample : int
        Evenly spread rows that findings looked at.
    n_equal : int
        Rows equal to an earlier one in all modelled columns.
    findings : tuple of CheckResult
        Issues first, then tips, what passed, and what does not apply.
    missing : tuple of MissingPattern
        The most frequent first; empty where no cell is missing.
    associations : Associations or None
        None where there are no two columns to associate.
    order : tuple of str
        Columns in an order that puts associated ones beside each other.
    """

    n_rows: int
    n_sample: int
    n_equal: int
    findings: tuple[CheckResult, ...]
    missing: tuple[MissingPattern, ...] = ()
    associations: Associations | None = None
    order: tuple[str, ...] = ()


def explore_table(
    parquet: Path,
    schema: Schema,
    summary: TableSummary,
    *,
    target: str | None = None,
    progress: Callable[[float, str], None] = lambda share, message: None,
) -> Exploration:
    """Explore a Parquet table of which the summary is known.

    Parameters
    ----------
    target : str, optional
        Column whose balance and givers-away are looked at.
    progress : callable, optional
        Called with the share of the work done and what comes next.
    """
    names = [column.name for column in schema.modelled]
    progress(0.05, "Taking a sample of rows")
    sample = spread_sample(parquet, schema, SAMPLE_ROWS)
    progress(0.25, "Counting equal rows and missing cells")
    n_equal = equal_rows(parquet, names) if names else 0
    with_missing = sorted((one for one in summary.columns if one.n_missing), key=lambda one: -one.n_missing)
    patterns = missing_patterns(parquet, [one.name for one in with_missing])
    progress(0.4, "Measuring how columns hang together")
    try:
        associations = measure_associations(sample, schema, n_total=summary.n_rows)
    except NotApplicable:
        associations = None
    progress(0.85, "Looking for problems")
    inspected = Inspected(
        frame=sample, schema=schema, summary=summary, associations=associations, target=target, n_equal=n_equal
    )
    return Exploration(
        n_rows=summary.n_rows,
        n_sample=len(sample),
        n_equal=n_equal,
        findings=tuple(run_checks(inspected)),
        missing=tuple(patterns),
        associations=associations,
        order=associations.order() if associations is not None else (),
    )


def exploration_to_json(found: Exploration) -> dict[str, Any]:
    """Plain JSON values of everything but the matrices."""
    associations = found.associations
    return {
        "n_rows": found.n_rows,
        "n_sample": found.n_sample,
        "n_equal": found.n_equal,
        "findings": [one.to_json() for one in found.findings],
        "missing": [{"columns": list(one.columns), "n_rows": one.n_rows} for one in found.missing],
        "associated": list(associations.names) if associations is not None else [],
        "n_associated": associations.n_rows if associations is not None else 0,
        "order": list(found.order),
    }


def save_matrices(found: Exploration, path: Path) -> None:
    """Write the matrices of associations as plain arrays."""
    if found.associations is not None:
        np.savez_compressed(path, **{one.name: matrix for one, matrix in found.associations.matrices.items()})


def exploration_from_json(value: dict[str, Any], matrices: Path) -> Exploration:
    """Rebuild what `exploration_to_json` and `save_matrices` wrote."""
    associations = None
    if value["associated"]:
        with np.load(matrices, allow_pickle=False) as arrays:
            found = {Measure[name]: arrays[name] for name in arrays.files}
        associations = Associations(
            names=tuple(value["associated"]), matrices=found, n_rows=value["n_associated"], n_total=value["n_rows"]
        )
    return Exploration(
        n_rows=value["n_rows"],
        n_sample=value["n_sample"],
        n_equal=value["n_equal"],
        findings=tuple(map(CheckResult.from_json, value["findings"])),
        missing=tuple(MissingPattern(columns=tuple(one["columns"]), n_rows=one["n_rows"]) for one in value["missing"]),
        associations=associations,
        order=tuple(value["order"]),
    )
