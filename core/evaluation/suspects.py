"""The synthetic rows that a detector finds least real, and the values that give them away.

A row's reason is found by trying: each of its values is replaced by those of real rows, and the columns whose
replacement lowers the score most are the ones that gave it away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.features import FeatureSpace
from core.evaluation.metric import Tables
from core.pictures import SuspectRow, SuspectRows
from core.schema import Schema
from core.tables import MISSING_LABEL, to_csv_frame

MAX_ROWS = 12
"""Rows that are explained in every fold."""

N_REPLACEMENTS = 25
"""Real rows whose values take the place of a suspicious one."""

MAX_COLUMNS = 100
MAX_REASONS = 3
MIN_LOSS = 0.2
"""A replacement that lowers the log-odds by less is no reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A row of the judged table.

    Parameters
    ----------
    row : int
    score : float
        Probability of being synthetic by a model that did not learn from the row.
    losses : float array of shape (n_columns,)
        Mean fall of the log-odds of being synthetic when the column's value is replaced by those of real rows. Where
        a detector is sure, probabilities hardly move and say nothing.
    """

    row: int
    score: float
    losses: np.ndarray


def least_real(
    model: Any,
    rows: np.ndarray,
    test: np.ndarray,
    label: np.ndarray,
    scores: np.ndarray,
    used: np.ndarray,
    generator: np.random.Generator,
) -> list[Suspect]:
    """Explain the synthetic test rows with the highest scores.

    Parameters
    ----------
    model : fitted classifier with `predict_proba`
    rows : float array of shape (n_rows, d), real rows first, then synthetic ones
    test : positions of the test rows, increasing
    label : 1 for synthetic rows, shape (n_rows,)
    scores : float array, one per test row
    used : bool array of shape (d,), columns that the model knows
    generator : Generator
    """
    is_synthetic = label[test] == 1
    real, synthetic = test[~is_synthetic], test[is_synthetic]
    of_synthetic = scores[is_synthetic]
    chosen = np.argsort(-of_synthetic, kind="stable")[:MAX_ROWS]
    if not len(real) or not len(chosen):
        return []
    sources = rows[generator.choice(real, N_REPLACEMENTS)]
    columns = np.flatnonzero(used)[:MAX_COLUMNS]
    suspects = []
    for place in chosen:
        row = rows[synthetic[place]]
        tried = np.repeat(row[None, :], len(columns) * N_REPLACEMENTS, axis=0)
        for number, column in enumerate(columns):
            tried[number * N_REPLACEMENTS : (number + 1) * N_REPLACEMENTS, column] = sources[:, column]
        replaced = model.decision_function(tried[:, used]).reshape(len(columns), N_REPLACEMENTS).mean(axis=1)
        losses = np.zeros(rows.shape[1])
        losses[columns] = model.decision_function(row[None, used])[0] - replaced
        n_real = int((label == 0).sum())
        suspects.append(Suspect(row=int(synthetic[place]) - n_real, score=float(of_synthetic[place]), losses=losses))
    return suspects


def suspect_rows(tables: Tables, space: FeatureSpace, found: Any) -> SuspectRows:
    """The suspects of a detection as texts, the most suspicious first, each with at most three reasons."""
    schema = Schema(columns=tuple(column for column in tables.schema.modelled))
    ranked = sorted(found.suspects, key=lambda one: -one.score)
    frame = tables.synthetic[list(schema.names)].iloc[[one.row for one in ranked]].reset_index(drop=True)
    texts = to_csv_frame(frame, schema).astype(object)
    texts = texts.where(texts.notna(), MISSING_LABEL).astype(str)
    return SuspectRows(
        columns=schema.names,
        rows=tuple(
            SuspectRow(
                place=one.row,
                score=one.score,
                values=tuple(texts.iloc[number]),
                reasons=_reasons(one, space),
            )
            for number, one in enumerate(ranked)
        ),
        n_scored=found.n_rows,
        typical=found.typical,
    )


def _reasons(one: Suspect, space: FeatureSpace) -> tuple[tuple[str, float], ...]:
    order = np.argsort(-one.losses, kind="stable")[:MAX_REASONS]
    return tuple((space.names[place], float(one.losses[place])) for place in order if one.losses[place] >= MIN_LOSS)
