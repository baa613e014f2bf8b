"""Exact copies beyond coincidence: what train rows are hit more often than as many control rows.

In a table of few different rows, synthetic rows equal real ones without any copying. Control rows, which the generator
never saw, are equalled by coincidence alone, so they say which part of the copies that is.
"""

from __future__ import annotations

import math

from core.evaluation import rates
from core.records import MetricResult

METRIC = "exact_copies"
EQUAL, CONTROL = "train rows at equal number", "control rows"
"""Anchors: share of synthetic rows equal to a train row, at as many train as control rows, and to a control row."""

BLOCKS, SIZE = "blocks", "rows per block"
"""Counts: blocks of train rows, and train rows in each, which is the number of control rows."""


def beyond_coincidence(result: MetricResult) -> rates.Estimate | None:
    """Share of synthetic rows that copy train rows and would not by coincidence; None without control rows.

    Of the copies v of all train rows, the part (e - c) / e is no coincidence, where at equal numbers of real rows a
    share e equals a train row and c a control row: v - k c with k = v / e. Where no control row is hit that is v.

    Source
    ------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10: each end is as far away as the Wilson intervals of
    both shares, squared and added. Both are shares of the same synthetic rows, which makes it wide rather than narrow.
    Which rows became train or control rows adds a variance of at most c (1 + 1 / B) / (exp(1) N) for B blocks of N
    rows, where that is counted: a value of probability p is among N rows with probability h = 1 - exp(-N p), so c is
    the sum of p h and its variance that of p^2 h exp(-N p), and p exp(-N p) is at most 1 / (exp(1) N).
    """
    equal, chance = result.anchors.get(EQUAL), result.anchors.get(CONTROL)
    if equal is None or chance is None or not result.n_rows:
        return None
    scale = result.value / equal if equal > 0 else 1.0
    copies, hit = (rates.wilson(round(share * result.n_rows), result.n_rows) for share in (result.value, chance))
    of_split = _error_of_split(result.counts, chance)
    value = result.value - scale * chance
    return rates.Estimate(
        value=value,
        low=value - math.hypot(result.value - copies.low, scale * (hit.high - chance), scale * of_split),
        high=value + math.hypot(copies.high - result.value, scale * (chance - hit.low), scale * of_split),
    )


def _error_of_split(counts: dict[str, int], chance: float) -> float:
    if not {BLOCKS, SIZE} <= set(counts):
        return 0.0
    variance = chance * (1.0 + 1.0 / counts[BLOCKS]) / (math.e * counts[SIZE])
    return rates.normal_quantile(rates.LEVEL) * math.sqrt(variance)


def detectable(found: rates.Estimate) -> float:
    """Smallest share beyond coincidence that would have shown four times in five."""
    return min(1.0, rates.detectable((found.value - found.low) / rates.normal_quantile(rates.LEVEL)))
