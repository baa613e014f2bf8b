"""Pair matching: a term of the generator's loss that holds means and pairwise products of drawn rows to the real ones.

Both kinds of moments of real rows under training-by-sampling are known beforehand, so the generator can be told how far
off it is. With x a row, scaled so that every slot counts alike and with a 1 added, W the expectation of x x' over real
rows and S that over drawn rows, the term is weight / (2 * columns) * sum (S - W)^2. It is CTAB-GAN's information loss
(Zhao et al. 2021, arXiv:2102.08369, section 3.1: first and second moments), here of the rows themselves. S is a running
average over earlier steps, which makes its gradient by a row, weight / columns * (S - W) x, free of the bias that a
batch's own products would bring.

Off by default: on census it changed column shapes, pair trends and TSTR AUC by less than two runs differ (weight .1) or
for the worse (weight 1 and above), since the critic finds these moments early by itself. It is there
against lost levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.synthesis.conditional import on_device
from core.synthesis.encode import Encoded, Layout
from core.synthesis.products import product

WIDEST = 1_200
"""Slots of a row above which pairs are no longer matched: time and memory grow with the square of the width."""
COUNTED_ROWS = 40_000
"""Rows, evenly spaced, on which the wanted products are counted."""
MEMORY = 0.95
"""Decay of the running average of drawn rows' products."""
SMALLEST_SHARE = 2e-3
"""Levels rarer than this count as if they had this share: one drawn row more or less would outweigh everything."""


@dataclass(slots=True, kw_only=True)
class PairMatch:
    """What real rows have and drawn rows had lately, both scaled: (width + 1, width + 1)."""

    wanted: Tensor
    seen: Tensor
    mask: Tensor
    scale: Tensor
    share: float

    def gradient(self, rows: Tensor, *, fast: bool = False) -> Tensor:
        """Gradient of the term by drawn rows (n, width), each counted 1 / n; then the running average takes them.

        The rows are hard, as drawing would give them: soft ones are biased towards rare levels. Their gradient goes to
        the soft ones that they were made of (straight-through).
        """
        scaled = F.pad(rows * self.scale, (0, 1), value=1.0)  # (n, w + 1)
        off = torch.sub(self.seen, self.wanted).mul_(self.mask)  # (w + 1, w + 1)
        pull = product(scaled, off, fast).narrow(1, 0, len(self.scale)) * self.scale
        self.seen.lerp_(product(scaled.T, scaled, fast).mul_(1 / len(rows)), 1 - MEMORY)
        return pull.mul_(self.share / len(rows))


def pair_match(
    encoded: Encoded, layout: Layout, row_chances: np.ndarray, weight: float, device: torch.device
) -> PairMatch | None:
    """Count the wanted products of real rows, or None where nothing is to be matched.

    Parameters
    ----------
    row_chances : array of shape (n_rows,)
        How often training-by-sampling draws each row.
    weight : float
        Weight of the term.
    """
    if not weight or layout.width > WIDEST or len(layout.spans) + layout.n_scalars < 2:
        return None
    every = max(1, len(encoded) // COUNTED_ROWS)
    slots, scalars, chances = (one[::every] for one in (encoded.slots, encoded.scalars, row_chances))
    chances = chances / chances.sum()
    width, n_scalars = layout.width, layout.n_scalars
    share = np.concatenate(
        [
            chances @ scalars.astype(np.float64) ** 2,
            np.bincount(
                slots.ravel(), weights=np.repeat(chances, slots.shape[1]), minlength=width
            )[n_scalars:],
        ]
    )  # fmt: skip
    scale = 1 / np.sqrt(np.maximum(share, SMALLEST_SHARE))
    wanted = np.zeros((width + 1, width + 1))
    for start in range(0, len(slots), 4_096):
        part = slice(start, start + 4_096)
        rows = np.zeros((len(slots[part]), width + 1), dtype=np.float32)
        rows[:, :n_scalars] = scalars[part]
        np.put_along_axis(rows, slots[part].astype(np.int64), 1.0, axis=1)
        rows[:, :width] *= scale
        rows[:, width] = 1
        wanted += rows.T @ (rows * chances[part, None].astype(np.float32))
    wanted = ((wanted + wanted.T) / 2).astype(np.float32)
    mask = np.ones_like(wanted)
    for span in layout.spans:
        # drawn levels are soft while training: their products inside a column are no fact of the table
        mask[span.start : span.start + span.width, span.start : span.start + span.width] = 0
    return PairMatch(
        wanted=on_device(wanted, device),
        seen=on_device(wanted.copy(), device),
        mask=on_device(mask, device),
        scale=on_device(scale.astype(np.float32), device),
        share=weight / (len(layout.spans) + n_scalars),
    )
