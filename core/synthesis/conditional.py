"""The conditional vector and training-by-sampling, vectorised on the device.

A condition asks one level column for one of its levels. The conditional vector is one-hot over the levels of all level
columns, so a condition is one whole number, its *id*: the place of that one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.synthesis.encode import Encoded, Layout, Span


def on_device(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """An array as a tensor of the device."""
    return torch.from_numpy(array).to(device)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """All conditions there are, with the frequencies of their levels; all that a saved model keeps of them.

    Parameters
    ----------
    spans : tuple of Span
        Spans that can be asked for a level, in the order of their ids.
    counts : int64 array of shape (n_conditions,)
        Train rows of each level.
    """

    spans: tuple[Span, ...]
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def first_ids(self) -> np.ndarray:
        """Id of the first level of every span."""
        return np.cumsum([0, *[span.width for span in self.spans[:-1]]]) if self.spans else np.zeros(0, dtype=np.int64)

    @property
    def slots(self) -> np.ndarray:
        """Position of every id's level in an encoded row."""
        return np.concatenate(
            [np.arange(span.start, span.start + span.width) for span in self.spans] or [np.zeros(0, int)]
        )

    def chances(self, *, log: bool, favourite: str | None = None, favourite_share: float = 0.0) -> np.ndarray:
        """Probability of every id: a column uniformly, then a level by its (log) frequency in the train rows.

        Parameters
        ----------
        log : bool
            Logarithms of the counts instead of the counts (CTGAN paper, section 4.3).
        favourite : str, optional
            Column that gets `favourite_share` of the conditions beforehand.
        """
        if not self.spans:
            return np.zeros(0)
        weight = np.log1p(self.counts) if log else self.counts.astype(np.float64)
        names = [span.column for span in self.spans]
        share = np.full(len(names), 1.0 / len(names))
        if favourite in names:
            share *= 1 - favourite_share
            share[names.index(favourite)] += favourite_share
        parts = np.split(weight, self.first_ids[1:])
        return np.concatenate([one * part / part.sum() for one, part in zip(share, parts, strict=True)])


def row_chances(encoded: Encoded, layout: Layout, conditions: Conditions, chances: np.ndarray) -> np.ndarray:
    """How often training-by-sampling draws each row: over its levels, the level's chance shared among its rows."""
    if not len(conditions):
        return np.full(len(encoded), 1 / max(1, len(encoded)))
    each = np.zeros(layout.width)
    each[conditions.slots] = chances / np.maximum(conditions.counts, 1)
    return each[encoded.slots].sum(axis=1)


def count_conditions(encoded: Encoded, layout: Layout) -> Conditions:
    """Count the levels of every level column in the encoded train rows."""
    spans = tuple(span for span in layout.spans if span.is_levels)
    index = [at for at, span in enumerate(layout.spans) if span.is_levels]
    counts = [
        np.bincount(encoded.slots[:, at] - span.start, minlength=span.width)
        for at, span in zip(index, spans, strict=True)
    ]
    return Conditions(spans=spans, counts=np.concatenate(counts or [np.zeros(0, dtype=np.int64)]))


class ConditionSampler:
    """Draws condition ids on the device, and for each the place of its column in an encoded row."""

    def __init__(
        self, conditions: Conditions, chances: np.ndarray, device: torch.device, *, rarity: float = 0.0
    ) -> None:
        edges = np.cumsum(chances)
        owner = np.repeat(np.arange(len(conditions.spans)), [span.width for span in conditions.spans])
        starts = np.array([span.start for span in conditions.spans])[owner] if len(owner) else owner
        widths = np.array([span.width for span in conditions.spans])[owner] if len(owner) else owner
        self.n = len(conditions)
        self.widest = int(widths.max()) if self.n else 0
        # the last edge lies beyond every draw, whatever the rounding of the sum
        self.edges = on_device(np.append(edges[:-1], 2.0) if self.n else edges, device)
        self.slots = on_device(conditions.slots.astype(np.int64), device)
        self.starts = on_device(starts.astype(np.int64), device)
        self.widths = on_device(widths.astype(np.int64), device)
        self.weights = on_device(level_weights(conditions, chances, rarity), device) if rarity and self.n else None

    def draw(self, n: int, generator: torch.Generator | None) -> torch.Tensor:
        """`n` condition ids, of shape (n,)."""
        u = torch.rand(n, dtype=torch.float64, device=self.edges.device, generator=generator)
        return torch.searchsorted(self.edges, u, right=True)


def level_weights(conditions: Conditions, chances: np.ndarray, rarity: float) -> np.ndarray:
    """Weight of every condition's loss: its share of its column to the power of minus `rarity`, 1 on average."""
    total = np.add.reduceat(conditions.counts, conditions.first_ids)
    owner = np.repeat(np.arange(len(conditions.spans)), [span.width for span in conditions.spans])
    weights = (np.maximum(conditions.counts, 1) / total[owner]) ** -rarity
    return (weights / (chances @ weights)).astype(np.float32)


class RowSampler:
    """Draws real rows that meet conditions: a uniform row among those of the level, without a search.

    Row numbers are sorted by level once for every level column; the rows of one level are then a run of one flat array.
    Memory follows rows times level columns and lives only while training.
    """

    def __init__(self, encoded: Encoded, layout: Layout, conditions: Conditions, device: torch.device) -> None:
        index = [at for at, span in enumerate(layout.spans) if span.is_levels]
        orders = [np.argsort(encoded.slots[:, at], kind="stable").astype(np.int32) for at in index]
        counts = conditions.counts.astype(np.int64)
        self.n_rows = len(encoded)
        self.order = on_device(np.concatenate(orders or [np.zeros(0, np.int32)]), device)
        self.starts = on_device(np.cumsum(counts) - counts, device)
        self.counts = on_device(counts, device)

    def rows_of(self, number: int, most: int) -> torch.Tensor:
        """At most so many row numbers of one condition, evenly spaced among all of them."""
        count = int(self.counts[number])
        within = torch.arange(min(count, most), device=self.order.device) * count // max(1, min(count, most))
        return self.order.index_select(0, within + int(self.starts[number])).long()

    def draw(self, ids: torch.Tensor | None, n: int, generator: torch.Generator | None) -> torch.Tensor:
        """Row numbers of shape (n,): one that meets each of `ids`, or any rows where nothing is asked."""
        u = torch.rand(n, dtype=torch.float64, device=self.starts.device, generator=generator)
        if ids is None:
            return (u * self.n_rows).long().clamp_max(self.n_rows - 1)
        counts = self.counts.index_select(0, ids)
        within = torch.minimum((u * counts).long(), counts - 1)
        return self.order.index_select(0, self.starts.index_select(0, ids) + within).long()
