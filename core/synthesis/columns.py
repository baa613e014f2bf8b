"""How one column becomes numbers for the networks, and back: three codes, each a value with a JSON form."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.schema import Column, ColumnType, Storage
from core.synthesis.mixture import Mixture, fit_mixture
from core.tables import MISSING_LABEL, as_numbers

TAIL_LABEL = "(rare levels)"
"""How the bucket of rare levels is shown."""
REACH = 4.0
"""Standard deviations of its mode that one unit of the normalised value spans (CTGAN paper, section 4.2)."""
SPIKE_SHARE = 0.03
"""A number that at least this share of the present rows has becomes a mode of its own, without spread: 0 in a
column of gains is a fact about the row, not a draw from a bell."""
FEW_VALUES = 20
"""A number column of at most this many distinct values has only such modes."""
_RESOLUTIONS = (86_400.0, 3_600.0, 60.0, 1.0, 1e-3)
"""Seconds of the steps to which drawn datetimes are rounded: the coarsest that all train rows are on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantCode:
    """A column with one value in all train rows; the networks never see it."""

    column: str
    value: float | str | None
    is_levels: bool = False
    is_datetime: bool = False

    @property
    def span_width(self) -> int:
        """Slots of the one-hot span: none."""
        return 0

    @property
    def has_scalar(self) -> bool:
        """Whether a normalised value goes with the span."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCode:
    """A level column: one slot per kept level, then the tail bucket if there is one, then missing if it occurs.

    Parameters
    ----------
    levels : tuple of str
        Kept levels, the most frequent first.
    tail : tuple of str
        Levels that share one slot.
    tail_counts : tuple of int
        Their train rows.
    has_missing : bool
    """

    column: str
    levels: tuple[str, ...]
    tail: tuple[str, ...] = ()
    tail_counts: tuple[int, ...] = ()
    has_missing: bool = False

    @property
    def has_scalar(self) -> bool:
        """Whether a normalised value goes with the span."""
        return False

    @property
    def span_width(self) -> int:
        """Slots of the one-hot span."""
        return len(self.levels) + bool(self.tail) + self.has_missing

    @property
    def labels(self) -> tuple[str, ...]:
        """What each slot stands for."""
        return (*self.levels, *([TAIL_LABEL] if self.tail else []), *([MISSING_LABEL] if self.has_missing else []))

    def slots(self) -> dict[str, int]:
        """The slot that asks for each level of the train rows."""
        found = {MISSING_LABEL: self.span_width - 1} if self.has_missing else {}
        found |= dict.fromkeys(self.tail, len(self.levels))
        return found | {level: slot for slot, level in enumerate(self.levels)}

    def slot(self, level: str) -> int | None:
        """The slot that asks for `level`, or None if no train row has it."""
        return self.slots().get(level)

    def encode(self, series: pd.Series) -> np.ndarray:
        """Slot of every row; a level that no train row has is the tail, else missing, else the first level."""
        lookup = {level: slot for slot, level in enumerate(self.levels)}
        lookup |= dict.fromkeys(self.tail, len(self.levels))
        missing = self.span_width - 1 if self.has_missing else 0
        stranger = len(self.levels) if self.tail else missing
        table = [lookup.get(str(level), stranger) for level in series.cat.categories]
        return np.array([*table, missing], dtype=np.int32)[series.cat.codes.to_numpy()]

    def decode(self, slots: np.ndarray, rng: np.random.Generator) -> pd.Categorical:
        """Levels of slots; members of the tail are redrawn from their frequencies."""
        n = len(self.levels)
        codes = slots.astype(np.int32)
        if self.has_missing:
            codes = np.where(slots == self.span_width - 1, -1, codes)
        if self.tail:
            at = np.flatnonzero(slots == n)
            edges = np.cumsum(self.tail_counts)
            codes[at] = n + np.searchsorted(edges, rng.random(len(at)) * edges[-1], side="right")
        return pd.Categorical.from_codes(codes, categories=pd.Index([*self.levels, *self.tail], dtype=object))


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberCode:
    """Mode-specific normalisation of a number column: modes, then single values, then missing if it occurs.

    Parameters
    ----------
    weights, means, scales : tuples of float
        Gaussian modes in the column's units (seconds for datetimes), less `origin`.
    spikes : tuple of float
        Values that are modes of their own.
    low, high : float
        Bounds of the train rows; drawn values are held inside.
    step : float
        Drawn values are multiples of it where it is above 0 (datetimes).
    decimals : int or None
        Digits that drawn values are rounded to.
    is_datetime : bool
    """

    column: str
    origin: float
    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    spikes: tuple[float, ...]
    low: float
    high: float
    step: float = 0.0
    decimals: int | None = None
    is_datetime: bool = False
    has_missing: bool = False

    @property
    def span_width(self) -> int:
        """Slots of the one-hot span."""
        return len(self.means) + len(self.spikes) + self.has_missing

    @property
    def has_scalar(self) -> bool:
        """Whether a normalised value goes with the span: only Gaussian modes have one."""
        return bool(self.means)

    @property
    def labels(self) -> tuple[str, ...]:
        """What each slot stands for."""
        modes = [f"around {self.origin + mean:.6g}" for mean in self.means]
        return (*modes, *[f"{spike:.12g}" for spike in self.spikes], *([MISSING_LABEL] if self.has_missing else []))

    def encode(self, series: pd.Series, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Slot and normalised value of every row; the mode is drawn from its posterior, as in the paper."""
        numbers = as_numbers(series)
        present = np.isfinite(numbers)
        values, inverse = np.unique(numbers[present], return_inverse=True)
        slots = np.full(len(numbers), max(self.span_width - 1, 0), dtype=np.int32)
        scalars = np.zeros(len(numbers), dtype=np.float32)
        n_modes = len(self.means)
        if n_modes:
            mixture = Mixture(weights=np.array(self.weights), means=np.array(self.means), scales=np.array(self.scales))
            chances = mixture.responsibilities(values - self.origin).cumsum(axis=1)
            mode = _drawn_modes(chances, inverse, rng)
            scale = REACH * mixture.scales[mode]
            slots[present] = mode
            scalars[present] = np.clip((values[inverse] - self.origin - mixture.means[mode]) / scale, -1, 1)
        if self.spikes and len(values):
            spikes = np.array(self.spikes)
            nearest = np.clip(np.searchsorted((spikes[1:] + spikes[:-1]) / 2, values), 0, len(spikes) - 1)
            hit = (spikes[nearest] == values) if n_modes else np.ones(len(values), dtype=bool)
            rows = np.flatnonzero(present)[hit[inverse]]
            slots[rows] = n_modes + nearest[inverse][hit[inverse]]
            scalars[rows] = 0
        return slots, scalars

    def decode(self, slots: np.ndarray, scalars: np.ndarray | None) -> pd.Series:
        """Values of slots and normalised values, inside the train rows' bounds, rounded as the column is."""
        n_modes = len(self.means)
        centres = np.array([*self.means, *[spike - self.origin for spike in self.spikes], *[np.nan] * self.has_missing])
        scales = np.array([*self.scales, *[0.0] * (len(centres) - n_modes)])
        numbers = centres[slots] + self.origin
        if scalars is not None:
            numbers = numbers + scalars.astype(np.float64) * REACH * scales[slots]
        is_spike = (slots >= n_modes) & (slots < n_modes + len(self.spikes))
        numbers = np.clip(self._rounded(numbers), self.low, self.high)
        if is_spike.any():
            numbers[is_spike] = np.array(self.spikes)[slots[is_spike] - n_modes]
        return _as_series(numbers, self.is_datetime)

    def _rounded(self, numbers: np.ndarray) -> np.ndarray:
        if self.step > 0:
            return np.round(numbers / self.step) * self.step
        return numbers if self.decimals is None else np.round(numbers, self.decimals)


Code = ConstantCode | LevelCode | NumberCode


def _drawn_modes(chances: np.ndarray, inverse: np.ndarray, rng: np.random.Generator, block: int = 65_536) -> np.ndarray:
    """One mode per row from the cumulated chances of its value, a block of rows at a time."""
    mode = np.empty(len(inverse), dtype=np.int64)
    for start in range(0, len(inverse), block):
        rows = chances[inverse[start : start + block]]
        below = rng.random((len(rows), 1)) * rows[:, -1:]
        mode[start : start + block] = (rows < below).sum(axis=1)
    return mode


def _as_series(numbers: np.ndarray, is_datetime: bool) -> pd.Series:
    if not is_datetime:
        return pd.Series(numbers)
    missing = np.isnan(numbers)
    stamps = np.round(np.where(missing, 0, numbers) * 1e6).astype(np.int64).astype("datetime64[us]")
    stamps[missing] = np.datetime64("NaT")
    return pd.Series(stamps)


def fit_code(series: pd.Series, column: Column, *, max_modes: int, max_levels: int) -> Code:
    """The code of a column, from train rows alone."""
    if not column.is_number:
        return _fit_levels(series, column, max_levels)
    return _fit_numbers(series, column, max_modes)


def _fit_levels(series: pd.Series, column: Column, max_levels: int) -> Code:
    codes = series.cat.codes.to_numpy()
    counts = np.bincount(codes[codes >= 0], minlength=len(series.cat.categories))
    order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
    levels = [str(series.cat.categories[code]) for code in order]
    has_missing = bool((codes < 0).any())
    if len(levels) + has_missing <= 1:
        return ConstantCode(column=column.name, value=levels[0] if levels else None, is_levels=True)
    kept = len(levels) if len(levels) <= max_levels else max_levels - 1
    return LevelCode(
        column=column.name,
        levels=tuple(levels[:kept]),
        tail=tuple(levels[kept:]),
        tail_counts=tuple(int(count) for count in counts[order][kept:]),
        has_missing=has_missing,
    )


def _fit_numbers(series: pd.Series, column: Column, max_modes: int) -> Code:
    numbers = as_numbers(series)
    present = numbers[np.isfinite(numbers)]
    has_missing = len(present) < len(numbers)
    values, counts = np.unique(present, return_counts=True)
    if len(values) + has_missing <= 1:
        return ConstantCode(
            column=column.name,
            value=float(values[0]) if len(values) else None,
            is_datetime=column.type is ColumnType.DATETIME,
        )
    is_spike = counts >= SPIKE_SHARE * len(present)
    if len(values) <= FEW_VALUES:
        is_spike[:] = True
    origin = float(np.median(present)) if len(present) else 0.0
    mixture = None
    if not is_spike.all():
        mixture = fit_mixture(values[~is_spike] - origin, counts[~is_spike], max_modes=max_modes)
    is_datetime = column.type is ColumnType.DATETIME
    return NumberCode(
        column=column.name,
        origin=origin,
        weights=tuple(mixture.weights.tolist()) if mixture else (),
        means=tuple(mixture.means.tolist()) if mixture else (),
        scales=tuple(mixture.scales.tolist()) if mixture else (),
        spikes=tuple(values[is_spike].tolist()),
        low=float(values[0]) if len(values) else 0.0,
        high=float(values[-1]) if len(values) else 0.0,
        step=_resolution(values) if is_datetime else 0.0,
        decimals=0 if column.storage is Storage.INTEGER and not is_datetime else column.decimals,
        is_datetime=is_datetime,
        has_missing=has_missing,
    )


def _resolution(values: np.ndarray) -> float:
    for step in _RESOLUTIONS:
        if np.all(np.abs(values / step - np.round(values / step)) < 1e-6):
            return step
    return 1e-6


_KINDS: Mapping[str, type] = {"constant": ConstantCode, "levels": LevelCode, "numbers": NumberCode}


def code_to_json(code: Code) -> dict[str, Any]:
    """Plain JSON values; the inverse of `code_from_json`."""
    kind = next(name for name, cls in _KINDS.items() if isinstance(code, cls))
    return {"kind": kind, **dataclasses.asdict(code)}


def code_from_json(value: Mapping[str, Any]) -> Code:
    """Rebuild a code from `code_to_json`."""
    items = {name: tuple(item) if isinstance(item, list) else item for name, item in value.items() if name != "kind"}
    return _KINDS[value["kind"]](**items)
