"""The Pareto front: points that no other point beats in both metrics."""

from __future__ import annotations

from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[float, float]], *, higher: tuple[bool, bool]) -> list[bool]:
    """Which points are on the front, ties included.

    A point is off the front if another is at least as good in both metrics and better in one.

    Parameters
    ----------
    points : sequence of pairs
    higher : for each of the two metrics, whether higher is better

    >>> pareto_front([(1, 1), (2, 3), (3, 2), (2, 2)], higher=(True, False))
    [True, False, True, False]
    """
    signs = [1.0 if one else -1.0 for one in higher]
    good = [(signs[0] * x, signs[1] * y) for x, y in points]
    order = sorted(range(len(good)), key=lambda at: (-good[at][0], -good[at][1]))
    on = [False] * len(good)
    best, best_x = float("-inf"), None
    for at in order:
        x, y = good[at]
        # among equal first metrics only the best second ones stay, repeated points together
        if y > best:
            on[at], best, best_x = True, y, x
        elif y == best and x == best_x:
            on[at] = True
    return on
