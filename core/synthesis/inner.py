"""Shapes inside modes: a drawn number gets the distribution that the train rows have inside its mode.

A critic leaves the normalised values inside a mode jagged: a few heaps where the train rows are spread evenly. What is
drawn is moved by the increasing function that carries the drawn distribution to the train rows' one, the monotone
rearrangement (Villani 2003, Topics in Optimal Transportation, section 2.2; as quantile mapping in Cannon, Sobie and
Murdock 2015). Ranks inside a mode stay as they were drawn, and with them what the number has to do with other columns.

The function goes through means: both distributions are cut into as many parts of equal size, and the mean of each drawn
part goes to the mean of the train rows' part of the same rank. No part has fewer than `FEWEST_CELL` train rows, so
nothing in it is one row's value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.synthesis.encode import Encoded, Layout
from core.synthesis.networks import Generator
from core.synthesis.offsets import FEWEST_CELL, Offsets, prior_of
from core.synthesis.setup import Training

MOST_PARTS = 64
STEEPEST = 3.0
"""Largest slope beyond the outer means: a short end is not stretched to the end of the range."""
DRAWN_ROWS = 32_768
BLOCK = 8_192
COUNTED_ROWS = 262_144
"""Train rows that are measured at most, evenly spaced."""
_APART = 4.0
"""Distance between the values of neighbouring modes on one common axis; normalised values span 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerShapes:
    """An increasing function for every mode that has one.

    Parameters
    ----------
    modes : tuple of (scalar, slot, n_parts, n_rows)
        Index of the normalised value, slot of the mode in an encoded row, knots, and the fewest train rows behind one.
    drawn, wanted : float32 arrays of shape (sum of n_parts,)
        Knots, ascending inside a mode: a drawn value and what becomes of it, both from -1 to 1.
    """

    modes: tuple[tuple[int, int, int, int], ...] = ()
    drawn: np.ndarray
    wanted: np.ndarray

    def __len__(self) -> int:
        return len(self.modes)

    @classmethod
    def none(cls) -> InnerShapes:
        """Values stay as they are drawn."""
        return cls(drawn=np.zeros(0, np.float32), wanted=np.zeros(0, np.float32))

    def axes(self, layout: Layout) -> list[tuple[int, int, int, np.ndarray, np.ndarray]]:
        """For each normalised value with a function: its index, its span's index and start, and all knots of its modes
        on one axis, where mode m has the values from 4 m - 1 to 4 m + 1."""
        spans = {span.column: (at, span) for at, span in enumerate(layout.spans)}
        edges = np.cumsum([0, *(one[2] for one in self.modes)])
        knots = {mode[:2]: slice(*edges[at : at + 2]) for at, mode in enumerate(self.modes)}
        found = []
        for scalar, column in enumerate(layout.scalars):
            at, span = spans[column]
            if not any(one[0] == scalar for one in self.modes):
                continue
            x, y = [], []
            for place in range(span.width):
                part = knots.get((scalar, span.start + place))
                ends = (np.array([-1.0, 1.0]),) * 2 if part is None else with_ends(self.drawn[part], self.wanted[part])
                x.append(ends[0] + _APART * place)
                y.append(ends[1])
            found.append((scalar, at, span.start, np.concatenate(x), np.concatenate(y)))
        return found

    def to_json(self) -> list[list[int]]:
        """All but the knots, as plain JSON values."""
        return [list(one) for one in self.modes]

    @classmethod
    def from_json(cls, value: Sequence[Sequence[int]] | None, tensors: Mapping[str, Any]) -> InnerShapes:
        """The inverse of `to_json`; models that were saved before there were inner shapes have none."""
        if not value:
            return cls.none()
        modes = tuple(tuple(int(number) for number in one) for one in value)
        drawn, wanted = (np.asarray(tensors[name], dtype=np.float32) for name in ("drawn", "wanted"))
        if not len(drawn) == len(wanted) == sum(one[2] for one in modes):
            raise ValueError("knots do not fit the modes")
        return cls(modes=modes, drawn=drawn, wanted=wanted)


def reshaped(scalars: np.ndarray, slots: np.ndarray, axes: list[tuple[int, int, int, np.ndarray, np.ndarray]]) -> None:
    """Move drawn normalised values in place.

    Parameters
    ----------
    scalars : float32 array of shape (n, n_scalars)
    slots : int array of shape (n, n_spans)
    axes : of `InnerShapes.axes`
    """
    for scalar, at, start, x, y in axes:
        scalars[:, scalar] = np.interp(scalars[:, scalar] + _APART * (slots[:, at] - start), x, y)


def with_ends(drawn: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots with ends at -1 and 1, in the direction of the outer knots but never steeper than `STEEPEST`.

    Parameters
    ----------
    drawn, wanted : arrays of shape (n,), ascending, n >= 1
    """
    x, y = drawn.astype(np.float64), wanted.astype(np.float64)

    def slope(a: int, b: int) -> float:
        return min((y[b] - y[a]) / max(x[b] - x[a], 1e-9), STEEPEST) if len(x) > 1 else 1.0

    low = max(-1.0, y[0] - (x[0] + 1) * slope(0, 1)) if x[0] > -1 else None
    high = min(1.0, y[-1] + (1 - x[-1]) * slope(-2, -1)) if x[-1] < 1 else None
    x = np.concatenate([[-1.0] if low is not None else [], x, [1.0] if high is not None else []])
    y = np.concatenate([[low] if low is not None else [], y, [high] if high is not None else []])
    return x, y


def knots_of(drawn: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Means of equally many parts of two distributions, and the fewest values behind a wanted one.

    Parameters
    ----------
    drawn, wanted : arrays of shape (n,) and (m,), in any order

    Returns
    -------
    drawn, wanted : float32 arrays of equal shape; empty where there are too few values for two parts
    n_rows : int

    Examples
    --------
    >>> knots_of(np.arange(40.0), np.arange(20.0) * 10)
    (array([ 9.5, 29.5], dtype=float32), array([ 45., 145.], dtype=float32), 10)
    """
    n_parts = min(MOST_PARTS, len(drawn) // FEWEST_CELL, len(wanted) // FEWEST_CELL)
    if n_parts < 2:
        return np.zeros(0, np.float32), np.zeros(0, np.float32), 0
    x, y = (_means(np.sort(values.astype(np.float64)), n_parts) for values in (drawn, wanted))
    # parts that are drawn alike become one, with the mean of what they should be
    first = np.flatnonzero(np.append(True, np.diff(x.astype(np.float32)) > 0))
    size = np.diff(np.append(first, n_parts))
    x, y = (np.add.reduceat(values, first) / size for values in (x, y))
    return x.astype(np.float32), y.astype(np.float32), len(wanted) // n_parts


def _means(ordered: np.ndarray, n_parts: int) -> np.ndarray:
    edges = np.arange(n_parts + 1) * len(ordered) // n_parts
    return np.add.reduceat(ordered, edges[:-1]) / np.diff(edges)


@torch.no_grad()
def fit_inner_shapes(training: Training, generator: Generator, offsets: Offsets) -> InnerShapes:
    """Measure on one large draw, and on the train rows.

    Parameters
    ----------
    training : Training
        Read only; its random state is left alone.
    generator : Generator
        As it will be saved.
    offsets : Offsets
        Of the model.
    """
    layout = training.encoder.layout
    owners = [next(at for at, span in enumerate(layout.spans) if span.column == name) for name in layout.scalars]
    if not owners:
        return InnerShapes.none()
    rows = np.unique(np.linspace(0, training.n_rows - 1, min(training.n_rows, COUNTED_ROWS)).astype(np.int64))
    at = torch.from_numpy(rows).to(training.scalars.device)
    real = Encoded(
        scalars=training.scalars.index_select(0, at).cpu().numpy(),
        slots=training.slots.index_select(0, at).cpu().numpy()[:, owners],
    )
    drawn = _drawn(training, generator, offsets, owners)
    modes, xs, ys = [], [], []
    for scalar, owner in enumerate(owners):
        span = layout.spans[owner]
        for slot in range(span.start, span.start + len(training.encoder.by_column[span.column].means)):
            values = (one.scalars[one.slots[:, scalar] == slot, scalar] for one in (drawn, real))
            x, y, n_rows = knots_of(*values)
            if len(x):
                modes.append((scalar, slot, len(x), n_rows))
                xs.append(x)
                ys.append(y)
    none = [np.zeros(0, np.float32)]
    return InnerShapes(modes=tuple(modes), drawn=np.concatenate(xs or none), wanted=np.concatenate(ys or none))


def _drawn(training: Training, generator: Generator, offsets: Offsets, owners: list[int]) -> Encoded:
    """Normalised values of rows that nothing is asked of, with the slots of the spans that they belong to."""
    layout, random = training.encoder.layout, torch.Generator().manual_seed(training.config.seed)
    chances, own = prior_of(training.conditions, offsets, training.target, training.config.target_first)
    places = torch.from_numpy(own + 1)
    shifts = torch.cat([torch.zeros(1, layout.width), offsets.shifts])
    scalars, slots = [], []
    for _ in range(DRAWN_ROWS // BLOCK):
        ids = None
        if len(chances):
            ids = torch.multinomial(torch.from_numpy(chances), BLOCK, replacement=True, generator=random)
        logits = generator(torch.randn(BLOCK, training.config.noise_size, generator=random), ids)
        if ids is not None:
            logits += shifts.index_select(0, places.index_select(0, ids))
        scalars.append(torch.tanh(logits[:, : layout.n_scalars]).numpy())
        chosen = []
        for owner in owners:
            span = layout.spans[owner]
            heights = torch.softmax(logits[:, span.start : span.start + span.width], dim=1).cumsum_(dim=1)
            below = torch.rand(BLOCK, 1, generator=random) * heights[:, -1:]
            chosen.append(span.start + (heights <= below).sum(dim=1).clamp_max_(span.width - 1))
        slots.append(torch.stack(chosen, dim=1).numpy())
    return Encoded(scalars=np.concatenate(scalars), slots=np.concatenate(slots))
