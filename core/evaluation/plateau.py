"""Early stopping: when a quality has stopped growing."""

from __future__ import annotations

import math
from collections.abc import Iterable

from core.evaluation.caps import RULABLE
from core.tape import TapePoint, checkpoints_of

PLATEAU_STEPS = 500
"""Generator steps before which a quality that stands still has not begun to grow (docs/epochs-against-privacy.md)."""


def plateau(points: Iterable[TapePoint], metric: str, *, patience: int, gain: float) -> int | None:
    """The epoch at which a quality has not grown by `gain` for `patience` checkpoints; None while it still grows.

    Parameters
    ----------
    metric : str
        A quality for which higher is better, such as `utility_kept`; lower ones are turned round.
    patience : int, at least 1
        Checkpoints without a gain, of those from `PLATEAU_STEPS` generator steps on.
    gain : float
        Growth over the best value before that counts as one.
    """
    best, since = -math.inf, 0
    for point in checkpoints_of(points):
        result = point.find(metric)
        if result is None:
            continue
        value = -result.value if RULABLE[metric].at_most else result.value
        if value >= best + gain:
            best, since = value, 0
        elif point.step >= PLATEAU_STEPS:
            since += 1
        if since >= patience:
            return point.epoch
    return None
