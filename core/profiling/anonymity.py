"""k-anonymity, l-diversity and t-closeness of a real table: where it gives persons away, as a locator of risk.

Rows that agree in the quasi-identifiers (what an outsider may know) form a group; the smaller, the more it says about
its members. These are properties of a table of persons; groups of synthetic rows are not people.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InvalidConfig, NotApplicable
from core.profiling.patterns import words
from core.profiling.treatment import Coarser, generalise
from core.schema import Column, ColumnType, Schema
from core.tables import read_frame

QUASI_PARTS = frozenset(("age", "sex", "gender", "zip", "postcode", "plz", "city", "town", "district", "county", "dob"))
"""Words that say so as a part of a column's name as well."""
QUASI_NAMES = QUASI_PARTS | frozenset(
    (
        "zip_code", "postal_code", "region", "state", "country", "nationality", "native_country", "birth", "birthdate",
        "date_of_birth", "year_of_birth", "race", "ethnicity", "religion", "marital_status", "marriage", "occupation",
        "job", "profession", "education", "employer", "workclass", "relationship", "height", "geschlecht", "alter",
        "wohnort", "beruf", "sexe", "ville",
    )
)  # fmt: skip
"""Names of columns that an outsider may know of a person."""
SIZES = (1, 2, 5, 10, 20, 50, 100)
"""Lower ends of the classes of group sizes that are reported."""
RANKS = 100
"""Classes of equal frequency into which ordered values are taken for t-closeness, where there are more values."""
GROUPS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymity:
    """How far quasi-identifiers tell rows apart.

    Parameters
    ----------
    quasi_identifiers : tuple of str
    n_rows, n_groups : int
    n_unique : int
        Rows that nobody shares all quasi-identifiers with.
    k : int
        Size of the smallest group.
    rows_by_size : mapping of lowest size of a class to rows in groups of that class (see `SIZES`)
    sensitive : str or None
    l_diversity : int or None
        Fewest different values of the sensitive column in a group; missing is a value.
    t_closeness : float or None
        Largest distance, 0 to 1, between a group's and the table's distribution of the sensitive column.
    n_homogeneous : int or None
        Rows in groups in which all share one sensitive value: known to whoever knows the quasi-identifiers.

    Source
    ------
    Sweeney 2002 (k); Machanavajjhala et al. 2007 (distinct l); Li, Li and Venkatasubramanian 2007 (t: total variation
    for levels, earth mover's distance over ranks for ordered values).
    """

    quasi_identifiers: tuple[str, ...]
    n_rows: int
    n_groups: int
    n_unique: int
    k: int
    rows_by_size: Mapping[int, int]
    sensitive: str | None = None
    l_diversity: int | None = None
    t_closeness: float | None = None
    n_homogeneous: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self) | {"rows_by_size": {str(size): n for size, n in self.rows_by_size.items()}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Anonymity:
        """Rebuild from `to_json`."""
        sizes = {int(size): n for size, n in value["rows_by_size"].items()}
        return cls(**{**value, "quasi_identifiers": tuple(value["quasi_identifiers"]), "rows_by_size": sizes})

    @property
    def unique_share(self) -> float:
        """Share of rows that are unique, 0 to 1."""
        return self.n_unique / self.n_rows if self.n_rows else 0.0


def suggest_quasi_identifiers(schema: Schema) -> tuple[str, ...]:
    """Columns that an outsider may know: by name, or since they are personal without naming anybody."""
    found = []
    for column in schema.modelled:
        name = words(column.name)
        known = name in QUASI_NAMES or not QUASI_PARTS.isdisjoint(name.split("_"))
        if known or column.personal in ("postcode", "date of birth", "coordinates", "address"):
            found.append(column.name)
    return tuple(found)


def measure_anonymity(
    frame: pd.DataFrame, quasi_identifiers: Sequence[str], *, sensitive: str | None = None, ordered: bool = False
) -> Anonymity:
    """Measure the groups that quasi-identifiers make.

    Parameters
    ----------
    frame : DataFrame; missing cells are a value of their own
    quasi_identifiers : names of columns, at least one
    sensitive : name of the column that should stay secret, not a quasi-identifier
    ordered : whether the sensitive values lie on a line

    Raises
    ------
    InvalidConfig
        If a column is not there, or is on both sides.
    NotApplicable
        If there is no row.
    """
    names = list(quasi_identifiers)
    lacking = [name for name in [*names, *([sensitive] if sensitive else [])] if name not in frame.columns]
    if lacking or not names:
        raise InvalidConfig(f"There is no column called {lacking[0]!r}." if lacking else "Choose at least one column.")
    if sensitive in names:
        raise InvalidConfig(f"{sensitive!r} cannot be known and secret at once.", field=sensitive)
    if frame.empty:
        raise NotApplicable("The table has no row.")
    groups = frame.groupby(names, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    sizes = np.bincount(groups)
    of_rows = sizes[groups]
    edges = [*SIZES, math.inf]
    by_size = {
        low: int(((of_rows >= low) & (of_rows < high)).sum()) for low, high in zip(SIZES, edges[1:], strict=True)
    }
    found = {}
    if sensitive is not None:
        found = _about_sensitive(groups, len(sizes), frame[sensitive], ordered=ordered)
    return Anonymity(
        quasi_identifiers=tuple(names), n_rows=len(frame), n_groups=len(sizes), n_unique=int((sizes == 1).sum()),
        k=int(sizes.min()), rows_by_size=by_size, sensitive=sensitive, **found,
    )  # fmt: skip


def measure_table(
    parquet: Path, schema: Schema, quasi_identifiers: Sequence[str], *, sensitive: str | None = None
) -> Anonymity:
    """Measure the groups of a Parquet table, reading no other columns; numbers and ordinal levels are ordered."""
    names = list(dict.fromkeys([*quasi_identifiers, *([sensitive] if sensitive else [])]))
    frame = read_frame(parquet, schema, names)
    ordered = False
    if sensitive is not None:
        column = schema[sensitive]
        ordered = column.is_number or column.type is ColumnType.ORDINAL
        if column.type is ColumnType.ORDINAL:
            frame[sensitive] = _positions(frame[sensitive], column)
    return measure_anonymity(frame, quasi_identifiers, sensitive=sensitive, ordered=ordered)


def _positions(series: pd.Series, column: Column) -> pd.Series:
    """Place of every level in the column's order, or by its number; missing stays missing."""
    order = {level: place for place, level in enumerate(column.order)}
    if not order:
        numbers = pd.to_numeric(pd.Series(series.cat.categories), errors="coerce")
        ranked = numbers.rank(method="dense") if numbers.notna().all() else pd.Series(range(len(numbers)), dtype=float)
        order = dict(zip(series.cat.categories, ranked, strict=True))
    return series.astype(object).map(order).astype(float)


def _about_sensitive(groups: np.ndarray, n_groups: int, secret: pd.Series, *, ordered: bool) -> dict:
    codes, values = pd.factorize(secret, sort=ordered, use_na_sentinel=False)
    pairs = pd.DataFrame({"group": groups, "value": codes}).value_counts().rename("rows").reset_index()
    diversity = np.bincount(pairs["group"], minlength=n_groups)
    overall = np.bincount(codes, minlength=len(values)) / len(codes)
    sizes = np.bincount(groups, minlength=n_groups)
    shares = pairs["rows"].to_numpy() / sizes[pairs["group"]]
    if ordered:
        columns = (pairs[name].to_numpy() for name in ("group", "value", "rows"))
        distance = _earth_movers(*columns, overall, n_groups)
    else:
        # total variation: sum of |p - q| / 2; values that a group lacks add their overall share
        present = np.bincount(pairs["group"], np.abs(shares - overall[pairs["value"]]), minlength=n_groups)
        lacking = 1 - np.bincount(pairs["group"], overall[pairs["value"]], minlength=n_groups)
        distance = (present + lacking) / 2
    return {
        "l_diversity": int(diversity.min()),
        "t_closeness": float(np.clip(distance.max(), 0, 1)),
        "n_homogeneous": int(sizes[diversity == 1].sum()),
    }


def _earth_movers(groups: np.ndarray, values: np.ndarray, rows: np.ndarray, overall: np.ndarray, n: int) -> np.ndarray:
    """Distance over ranks: sum over values of |cumulated difference| / (m - 1), for m values in order.

    More than `RANKS` values are taken together into so many classes of equal frequency first.
    """
    if len(overall) > RANKS:
        places = np.minimum((overall.cumsum() - overall / 2) * RANKS, RANKS - 1).astype(np.int64)
        values, overall = places[values], np.bincount(places, overall, minlength=RANKS)
    m = len(overall)
    if m < 2:
        return np.zeros(n)
    total, worst = overall.cumsum(), np.zeros(n)
    order = np.argsort(groups, kind="stable")
    groups, values, rows = groups[order], values[order], rows[order]
    for start in range(0, n, GROUPS_AT_ONCE):
        end = min(start + GROUPS_AT_ONCE, n)
        here = slice(*np.searchsorted(groups, (start, end)))
        cells = (groups[here] - start) * m + values[here]
        own = np.bincount(cells, rows[here], minlength=(end - start) * m).reshape(-1, m)
        own /= own.sum(axis=1, keepdims=True)
        worst[start:end] = np.abs(own.cumsum(axis=1) - total).sum(axis=1) / (m - 1)
    return worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Coarsening:
    """One step of a search for k: what was made coarser, what it cost, what it brought.

    Parameters
    ----------
    column, how, amount : as `generalise` takes them; `how` is `drop` where the column was taken out altogether
    k, n_unique : int
        After this step.
    information_kept : float
        Share of the quasi-identifiers' entropies that is left after this step, mean over columns, 0 to 1.
    """

    column: str
    how: str
    amount: float
    k: int
    n_unique: int
    information_kept: float


def generalise_until(
    frame: pd.DataFrame, schema: Schema, quasi_identifiers: Sequence[str], k: int, *, suppress_share: float = 0.0
) -> tuple[pd.DataFrame, list[Coarsening]]:
    """Make quasi-identifiers coarser, one step at a time, until no group is smaller than `k`.

    Each step takes the column whose next coarsening leaves the fewest rows in small groups per bit of information lost.

    Parameters
    ----------
    suppress_share : float
        Share of rows, 0 to 1, that may stay in smaller groups; they are left out of the result.

    Returns
    -------
    frame : DataFrame in which every group has at least `k` rows
    steps : list of Coarsening, in order

    Raises
    ------
    InvalidConfig
        If `k` is larger than the table.
    """
    if not 1 <= k <= len(frame):
        raise InvalidConfig(f"k is {k}, but must lie between 1 and the {len(frame):,} rows.", field="k")
    names = list(quasi_identifiers)
    original = {name: _entropy(frame[name]) for name in names}
    ladders = {name: _ladder(schema[name], frame[name]) for name in names}
    current, steps = frame.copy(), []
    while True:
        small = _small_rows(current, names, k)
        if small.sum() <= suppress_share * len(frame):
            return current[~small], steps
        best = None
        for name in names:
            if not ladders[name]:
                continue
            how, amount = ladders[name][0]
            coarser = _coarsened(frame[name], how, amount)
            lost = _entropy(current[name]) - _entropy(coarser)
            left = _small_rows(current.assign(**{name: coarser}), names, k).sum()
            gain = (small.sum() - left) / max(lost, 1e-6)
            if best is None or gain > best[0]:
                best = (gain, name, how, amount, coarser)
        if best is None:
            return current[~small], steps
        _, name, how, amount, coarser = best
        ladders[name].pop(0)
        current = current.assign(**{name: coarser})
        after = measure_anonymity(current, names)
        kept = [_entropy(current[one]) / original[one] for one in names if original[one] > 0]
        steps.append(
            Coarsening(
                column=name, how=how, amount=amount, k=after.k, n_unique=after.n_unique,
                information_kept=float(np.mean(kept)) if kept else 1.0,
            )
        )  # fmt: skip


def _small_rows(frame: pd.DataFrame, names: list[str], k: int) -> np.ndarray:
    groups = frame.groupby(names, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    return np.bincount(groups)[groups] < k


def _entropy(series: pd.Series) -> float:
    """Shannon entropy of a column's values in bits; missing is a value."""
    shares = series.value_counts(normalize=True, dropna=False).to_numpy()
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def _ladder(column: Column, series: pd.Series) -> list[tuple[str, float]]:
    """Ever coarser forms of a column, the last of which says nothing."""
    if column.type is ColumnType.DATETIME:
        return [(Coarser.MONTH, 0), (Coarser.YEAR, 0), ("drop", 0)]
    if column.type is ColumnType.CONTINUOUS:
        span = float(series.max() - series.min()) or 1.0
        first = 10 ** math.floor(math.log10(span / 10))
        return [(Coarser.BAND, first * factor) for factor in (1, 2, 5, 10, 20, 50)] + [("drop", 0)]
    lengths = series.dropna().astype(str).str.len()
    if column.personal == "postcode" and len(lengths):
        return [(Coarser.PREFIX, size) for size in range(int(lengths.max()) - 1, 0, -1)] + [("drop", 0)]
    return [("frequent", 5), ("frequent", 2), ("drop", 0)]


def _coarsened(series: pd.Series, how: str, amount: float) -> pd.Series:
    if how == "drop":
        return pd.Series("*", index=series.index, name=series.name)
    if how == "frequent":
        top = series.value_counts().index[: int(amount)]
        texts = series.astype(object)
        return texts.where(texts.isin(list(top)) | texts.isna(), "other")
    return generalise(series, Coarser(how), amount)
