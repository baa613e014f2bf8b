"""What an attacker is taken to know: columns suggested from the tables, and the rows that are attacked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.evaluation.distance import Space, encode_frames
from core.evaluation.metric import Tables
from core.tables import as_numbers

N_BINS = 10
MIN_TARGETS = 10
WHOLE_RANGE = (0.0, 100.0)
TELLING_ROWS = 10_000
"""Synthetic rows by which it is judged what tells most of a secret: more would not change the order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Rows whose secrets are attacked: as many train rows as control rows, drawn at random.

    Parameters
    ----------
    train, control : int64 arrays of equal length, rows of their tables
    """

    train: np.ndarray
    control: np.ndarray


def draw_targets(tables: Tables, n_attacks: int, generator: np.random.Generator) -> Targets:
    """At most `n_attacks` train rows and as many control rows; where rows belong to entities, one row of each.

    Rows of one person are no independent trials: an attack that succeeds on one of them succeeds on most.

    Raises
    ------
    NotApplicable
        If there are fewer than `MIN_TARGETS` of either.
    """
    control = tables.need_control(MIN_TARGETS)
    train_rows, control_rows = generator.permutation(len(tables.train)), generator.permutation(len(control))
    entities, kind = tables.entities(), "rows"
    if entities is not None:
        train_rows, control_rows = one_each(train_rows, entities[0]), one_each(control_rows, entities[1])
        kind = "entities"
    size = min(n_attacks, len(train_rows), len(control_rows))
    if size < MIN_TARGETS:
        raise NotApplicable(
            f"It needs at least {MIN_TARGETS} {kind} on either side; there are {len(train_rows)} train and "
            f"{len(control_rows)} control {kind}."
        )
    return Targets(train=train_rows[:size], control=control_rows[:size])


def one_each(rows: np.ndarray, entities: np.ndarray) -> np.ndarray:
    """The first of `rows` of every entity, in the order of `rows`.

    Parameters
    ----------
    rows : int64 array, rows of a table
    entities : int64 array of shape (n_rows_of_the_table,)
    """
    _, first = np.unique(entities[rows], return_index=True)
    return rows[np.sort(first)]


def attack_space(tables: Tables) -> Space:
    """The tables under Anonymeter's distance: numbers over their whole range, levels 0 or 1; missing equals missing."""
    if "attack_space" not in tables.cache:
        frames = {"train": tables.train, "synthetic": tables.synthetic, "control": tables.need_control()}
        tables.cache["attack_space"] = encode_frames(
            frames, tables.schema.modelled, percentiles=WHOLE_RANGE, range_from=tuple(frames)
        )
    return tables.cache["attack_space"]


def binned(series: pd.Series) -> np.ndarray:
    """Codes of a column: levels as they are, numbers in tenths of their distribution; missing has its own."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy().astype(np.int64) + 1
    values = as_numbers(series)
    present = np.isfinite(values)
    codes = np.zeros(len(values), dtype=np.int64)
    if present.any():
        edges = np.unique(np.quantile(values[present], np.linspace(0, 1, N_BINS + 1)[1:-1]))
        codes[present] = 1 + np.searchsorted(edges, values[present], side="right")
    return codes


def entropy(codes: np.ndarray) -> float:
    """Entropy of codes in nats."""
    shares = np.unique(codes, return_counts=True)[1] / len(codes)
    return float(-(shares * np.log(shares)).sum())


def association(first: np.ndarray, second: np.ndarray) -> float:
    """Mutual information of two codings in nats."""
    joint = first * (int(second.max()) + 1) + second
    return entropy(first) + entropy(second) - entropy(joint)


def suggest_halves(tables: Tables) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Two halves of the columns that know about equally much, for two data holders who want to link their rows.

    Columns are dealt by the entropy that their synthetic values have, most first, like two captains choosing sides.

    Raises
    ------
    NotApplicable
        If fewer than two columns vary.
    """
    known = {column.name: entropy(binned(tables.synthetic[column.name])) for column in tables.schema.modelled}
    ranked = sorted((name for name, value in known.items() if value > 0), key=lambda name: -known[name])
    if len(ranked) < 2:
        raise NotApplicable("Two data holders need a column each, and fewer than two modelled columns vary.")
    sides: tuple[list[str], list[str]] = ([], [])
    for at, name in enumerate(ranked):
        sides[(at + 1) // 2 % 2].append(name)
    return tuple(sides[0]), tuple(sides[1])


def suggest_secrets(tables: Tables, limit: int) -> tuple[str, ...]:
    """Columns worth guessing: the target first, then those that vary, levels before numbers, in file order."""
    varying = [column for column in tables.schema.modelled if len(np.unique(binned(tables.train[column.name]))) > 1]
    ranked = sorted(varying, key=lambda column: (column.name != tables.target, column.is_number))
    return tuple(column.name for column in ranked[:limit])


def chosen_secrets(tables: Tables) -> tuple[str, ...]:
    """The secrets that the analyst chose, as far as they are modelled and vary; empty where none was."""
    modelled = {column.name for column in tables.schema.modelled}
    return tuple(name for name in tables.secrets if name in modelled and len(np.unique(binned(tables.train[name]))) > 1)


def most_telling(tables: Tables, secret: str, names: Sequence[str], n: int) -> tuple[str, ...]:
    """The n columns that say most about a secret in the synthetic table, which is all that the attacker sees."""
    codes = tables.cache.setdefault("synthetic codes", {})
    for name in (secret, *names):
        if name not in codes:
            seen = binned(tables.synthetic[name].iloc[:TELLING_ROWS])
            codes[name] = np.unique(seen, return_inverse=True)[1]
    told = {name: association(codes[name], codes[secret]) for name in names}
    return tuple(sorted(told, key=lambda name: -told[name])[:n])
