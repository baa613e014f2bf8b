"""Offsets under a condition: rows that are steered to a level get the shares that the train rows of that level have.

`core.synthesis.balance` puts shares right over all rows. A steered row sees one condition alone, and its other columns
are then as far off as one condition leaves them. So every level with enough train rows gets an offset of the last bias
of its own, found in the same way, and used for rows that are steered to it. Rows that nothing is asked of begin with a
level as well, drawn by its frequency; where that is a level of the target, they get its offsets too (`prior_of`).

What an offset tells of the train rows is a share in a table of two columns, so small counts are kept out of it:

* a level has at least `FEWEST_ROWS` train rows, and the commonest `MOST_LEVELS` levels come first;
* levels and modes of another column that fewer than `FEWEST_CELL` of these rows have are pooled. A pool moves as one,
  and inside it the shares stay as learned. A pool that still has fewer rows counts as `FEWEST_CELL`, or as what is
  drawn if that is less: its offset says no more than that there are fewer.

Counts of few rows are noisy as well: the wanted share is a posterior mean, (n_cell + a * drawn share) / (n_level + a),
with a = `PRIOR_ROWS` rows of what the generator has learned. The fewer rows a level has, the smaller are its offsets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.synthesis.balance import LARGEST_SHIFT, LARGEST_SPEED
from core.synthesis.conditional import Conditions
from core.synthesis.encode import Layout, Span
from core.synthesis.networks import Generator
from core.synthesis.setup import Training

FEWEST_ROWS = 100
"""Train rows that a level needs for offsets of its own."""
MOST_LEVELS = 200
FEWEST_CELL = 10
"""Train rows that stand behind every offset."""
PRIOR_ROWS = 20.0
COUNTED_ROWS = 16_384
"""Train rows of a level that are counted at most, evenly spaced: a share is then known to .004."""
DRAWN_ROWS, FEWEST_DRAWN = 512, 256
"""Rows drawn under every condition; fewer where there are many levels."""
MOST_TARGET_LEVELS = 50
"""A target of more levels counts as any other column: too few rows could be drawn under each of them."""
TARGET_ROWS, MOST_TARGET_ROWS = 8_192, 65_536
"""Rows drawn under every level of the target, and under all of them: many drawn rows depend on these offsets."""
DRAWN_CELLS = 16_000_000
"""Most logits in all: of wide tables only the commonest levels get offsets."""
CHUNK_ROWS = 4_096
ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Offsets:
    """What is added to the logits of steered rows.

    Parameters
    ----------
    ids : int64 array of shape (n,)
        Conditions that have offsets.
    shifts : float32 tensor of shape (n, width)
    rows : int64 array of shape (n, n_spans)
        Fewest train rows behind an offset of the condition in each span of the layout; 0 where there is none.
    """

    ids: np.ndarray
    shifts: Tensor
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def none(cls, layout: Layout) -> Offsets:
        """No condition has any."""
        return cls(
            ids=np.zeros(0, np.int64),
            shifts=torch.zeros(0, layout.width),
            rows=np.zeros((0, len(layout.spans)), np.int64),
        )

    def places(self, n_conditions: int) -> np.ndarray:
        """Row of `shifts` of every condition, -1 for one without, of shape (n_conditions,)."""
        found = np.full(n_conditions, -1, dtype=np.int64)
        found[self.ids] = np.arange(len(self))
        return found

    def to_json(self) -> dict[str, Any]:
        """All but the shifts, as plain JSON values."""
        return {"conditions": self.ids.tolist(), "rows": self.rows.tolist()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None, shifts: Tensor | None, layout: Layout) -> Offsets:
        """The inverse of `to_json`; models that were saved before there were offsets have none."""
        if value is None or shifts is None:
            return cls.none(layout)
        ids, rows = (np.array(value[name], dtype=np.int64) for name in ("conditions", "rows"))
        return cls(ids=ids, shifts=shifts, rows=rows.reshape(len(ids), len(layout.spans)))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Many small products are faster on one thread, and their sums then do not depend on how many a run has."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@_one_thread()
@torch.no_grad()
def fit_offsets(training: Training, generator: Generator) -> Offsets:
    """Offsets of every level with enough train rows.

    Parameters
    ----------
    training : Training
        Read only; its random state is left alone.
    generator : Generator
        As it will be saved: averaged, measured and balanced.
    """
    layout = training.encoder.layout
    first = target_ids(training.conditions, training.target) if training.config.target_first else np.zeros(0, int)
    ids = _chosen(training.conditions.counts, layout.width, first)
    if not len(ids):
        return Offsets.none(layout)
    own = {int(slot): at for at, span in enumerate(layout.spans) for slot in range(span.start, span.start + span.width)}
    owners = np.array([own[int(slot)] for slot in training.conditions.slots[ids]])
    counts = _counted(training, ids)
    pools, few, rows = _pooled(counts, layout.spans)
    rows[np.arange(len(ids)), owners] = 0
    n_drawn = int(np.clip(DRAWN_CELLS // (len(ids) * layout.width), FEWEST_DRAWN, DRAWN_ROWS))
    random = torch.Generator().manual_seed(training.config.seed)
    noise = torch.randn(n_drawn, training.config.noise_size, generator=random)
    shifts = torch.zeros(len(ids), layout.width)
    step, n_first = max(1, CHUNK_ROWS // n_drawn), int(np.isin(ids, first).sum())
    asked = [(slice(at, at + 1), None) for at in range(n_first)]
    asked += [(slice(at, at + step), noise) for at in range(n_first, len(ids), step)]
    for part, same in asked:
        if same is None:  # errors of levels that rows are mixed from must not be alike
            n_rows = max(n_drawn, min(TARGET_ROWS, MOST_TARGET_ROWS // n_first, DRAWN_CELLS // layout.width))
            same = torch.randn(n_rows, training.config.noise_size, generator=random)
        logits = _logits(generator, same, ids[part])
        shifts[part] = _shifted(logits, *(torch.from_numpy(one[part]) for one in (counts, pools, few)), layout)
    # nothing moves where no offset stands on enough rows, nor in the column that is asked for
    widths = [span.width for span in layout.spans]
    shifts[:, layout.n_scalars :] *= torch.from_numpy(np.repeat(rows > 0, widths, axis=1))
    return Offsets(ids=ids, shifts=shifts, rows=rows)


def target_ids(conditions: Conditions, target: str | None) -> np.ndarray:
    """Conditions on levels of the target; none where it is not a level column, or has more than a few levels."""
    first = conditions.first_ids
    for at, span in enumerate(conditions.spans):
        if span.column == target and span.width <= MOST_TARGET_LEVELS:
            return np.arange(first[at], first[at] + span.width)
    return np.zeros(0, dtype=np.int64)


def prior_of(
    conditions: Conditions, offsets: Offsets, target: str | None, share: float, *, log: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """What rows that nothing is asked of begin with.

    Parameters
    ----------
    share : float
        Extra share of the rows that begin with a level of the target. Without offsets of its levels it counts as 0:
        one condition alone leaves the shares of the other columns off.
    log : bool
        As in `Conditions.chances`.

    Returns
    -------
    chances : array of shape (n_conditions,)
    places : int64 array of shape (n_conditions,)
        Row of the offsets that such a row gets, -1 for none.
    """
    places, none = offsets.places(len(conditions)), np.full(len(conditions), -1, dtype=np.int64)
    own = target_ids(conditions, target)
    if not share or not (places[own] >= 0).any():
        return conditions.chances(log=log), none
    none[own] = places[own]
    return conditions.chances(log=log, favourite=target, favourite_share=share), none


def _logits(generator: Generator, noise: Tensor, ids: np.ndarray) -> Tensor:
    """Logits of the same noise under every condition, of shape (n_conditions, n_rows, width)."""
    asked = torch.from_numpy(ids).repeat_interleave(len(noise))
    return generator(noise.repeat(len(ids), 1), asked).view(len(ids), len(noise), -1)


def _chosen(counts: np.ndarray, width: int, first: np.ndarray) -> np.ndarray:
    """Conditions that get offsets: those in `first`, then the commonest."""
    order = np.argsort(-counts, kind="stable")
    order = np.concatenate([order[np.isin(order, first)], order[~np.isin(order, first)]])
    most = min(MOST_LEVELS, DRAWN_CELLS // (FEWEST_DRAWN * max(1, width)))
    return order[counts[order] >= FEWEST_ROWS][:most].astype(np.int64)


def _counted(training: Training, ids: np.ndarray) -> np.ndarray:
    """Train rows of every condition in each slot, of shape (n, width)."""
    found = np.zeros((len(ids), training.encoder.layout.width), dtype=np.float32)
    for at, number in enumerate(ids.tolist()):
        rows = training.row_sampler.rows_of(number, COUNTED_ROWS)
        slots = training.slots.index_select(0, rows).flatten()
        found[at] = torch.bincount(slots, minlength=found.shape[1]).cpu().numpy()
    return found


def _pooled(counts: np.ndarray, spans: Sequence[Span]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells of few rows put together.

    Returns
    -------
    pools : (n, width), the first slot of the pool that each slot belongs to
    few : (n, width), bool: slots of pools that still have fewer than `FEWEST_CELL` rows
    rows : (n, n_spans), fewest rows of the other pools; 0 where there is one pool only, which cannot move
    """
    pools = np.tile(np.arange(counts.shape[1]), (len(counts), 1))
    few = np.zeros(counts.shape, dtype=bool)
    rows = np.zeros((len(counts), len(spans)), dtype=np.int64)
    for at, span in enumerate(spans):
        part = slice(span.start, span.start + span.width)
        own = counts[:, part]
        small = own < FEWEST_CELL
        first = span.start + small.argmax(axis=1)
        pools[:, part] = np.where(small, first[:, None], pools[:, part])
        together = np.where(small, own, 0).sum(axis=1)
        few[:, part] = small & (together < FEWEST_CELL)[:, None]
        fewest = np.where(small, np.inf, own).min(axis=1)
        fewest = np.where(together >= FEWEST_CELL, np.minimum(fewest, together), fewest)
        n_pools = (~small).sum(axis=1) + small.any(axis=1)
        rows[:, at] = np.where(n_pools > 1, fewest, 0)
    return pools, few, rows


def _shifted(logits: Tensor, counts: Tensor, pools: Tensor, few: Tensor, layout: Layout) -> Tensor:
    """Iterative proportional fitting of the shares of pools, under several conditions at once.

    Parameters
    ----------
    logits : (n, rows, width)
    counts, pools, few : (n, width)
    """
    heights = _heights(logits, layout)
    shift, smallest = torch.zeros_like(counts), 1 / logits.shape[1]
    total = counts.sum(dim=1, keepdim=True) / max(1, len(layout.spans))

    def together(values: Tensor) -> Tensor:
        return torch.zeros_like(values).scatter_add_(1, pools, values).gather(1, pools)

    wanted, size = counts, together(torch.ones_like(counts))
    for number in range(ROUNDS):
        drawn, spread = (together(one) for one in _shares(heights, shift, layout))
        if not number:
            wanted = torch.where(few, (drawn * total).clamp_max(FEWEST_CELL), together(counts))
            once = wanted / size
            for span in layout.spans:
                part = slice(span.start, span.start + span.width)
                wanted[:, part] += PRIOR_ROWS * drawn[:, part]
                wanted[:, part] /= once[:, part].sum(dim=1, keepdim=True) + PRIOR_ROWS
        speed = ((drawn - drawn.square()) / spread.clamp_min(smallest**2)).clamp(1.0, LARGEST_SPEED)
        shift += torch.log((wanted + smallest) / (drawn + smallest)) * speed
        shift.clamp_(-LARGEST_SHIFT, LARGEST_SHIFT)
    return shift


def _heights(logits: Tensor, layout: Layout) -> list[Tensor]:
    """For each group of equal spans exp(logit - largest of its span): (n * spans, rows, width)."""
    found = []
    for start, n, width in layout.groups():
        view = logits[:, :, start : start + n * width].unflatten(2, (n, width))
        view = (view - view.amax(dim=3, keepdim=True)).exp_()
        found.append(view.transpose(1, 2).flatten(0, 1).contiguous())
    return found


def _shares(heights: list[Tensor], shift: Tensor, layout: Layout) -> tuple[Tensor, Tensor]:
    """Mean probability p of every slot, and mean of p (1 - p), both (n, width).

    With heights h and s = exp(shift), p of a row is h s / (h . s): two products instead of a softmax in each round.
    """
    mean, square = torch.zeros_like(shift), torch.zeros_like(shift)
    for (start, n, width), height in zip(layout.groups(), heights, strict=True):
        scale = shift[:, start : start + n * width].reshape(-1, width, 1).exp()
        share = (height @ scale).reciprocal_()  # (n * spans, rows, 1)
        for power, into in ((1, mean), (2, square)):
            sums = height.pow(power).transpose(1, 2) @ share.pow(power)
            value = sums * scale.pow(power) / height.shape[1]
            into[:, start : start + n * width] = value.view(len(shift), -1)
    return mean, mean - square
