"""Support: whether synthetic rows lie where real rows are typical (alpha-precision), and cover them (beta-recall).

Alpha-precision asks, for every share alpha, how many synthetic rows lie in the ball that holds that share of the real
rows; beta-recall, how many real rows have a synthetic neighbour among the beta most typical synthetic rows. Both
curves should follow the diagonal; the integrated value is 1 - sum |curve - diagonal| / sum diagonal.

Beta-recall of fresh real rows is about a half, not 1: a real row's nearest synthetic row beats its nearest real row in
half of the cases. Read it beside the anchor of control rows, and only at equal numbers of rows.

Source: Alaa, van Breugel, Saveliev and van der Schaar (2022), "How faithful is your synthetic data?", ICML. Here rows
are embedded by `FeatureSpace.vectors`, without a trained one-class network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn.metrics import pairwise_distances_argmin_min
from threadpoolctl import threadpool_limits

from core.errors import NotApplicable
from core.evaluation.anchors import BOOTSTRAP, anchors_of
from core.evaluation.coded import Coded, CodedTable, coded
from core.evaluation.features import FeatureSpace
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.redrawing import N_GROUPS, Redraws
from core.records import Direction, MetricResult

N_STEPS = 30
BLOCK_ROWS = 2_000
"""Synthetic rows in a block, and real rows they are compared with."""

MAX_BLOCKS = 6
MIN_SUPPORT_ROWS = 20
MEANINGS = {
    "alpha_precision": "Whether synthetic rows lie where real rows are typical: 1 means just as typical.",
    "beta_recall": "Whether synthetic rows cover the real ones; fresh real rows do not reach 1 either: see the anchor.",
}
METHODS = {
    "alpha_precision": "95 % over drawing the synthetic rows again; real rows fixed (bootstrap within {n} blocks)",
    "beta_recall": "95 % over drawing the synthetic rows again; real rows fixed (Student's t over {n} disjoint blocks)",
}
"""The curve of alpha-precision is made of shares of rows, which can be redrawn: four blocks by themselves covered 90 %.

That of beta-recall rests on nearest neighbours, which must not be drawn with replacement.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Alpha-precision and beta-recall, each in 0..1, and the standard error of the first; NaN without redraws."""

    alpha_precision: float
    beta_recall: float
    precision_error: float = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSupport:
    """The real side, computed once.

    Parameters
    ----------
    vectors : float array of shape (n_real, width)
    centre : float array of shape (width,)
    radii : float array of shape (n_steps,)
        Radius that holds each share of the real rows.
    nearest : float array of shape (n_real,)
        Distance of every real row to its nearest other real row.
    """

    vectors: np.ndarray
    centre: np.ndarray
    radii: np.ndarray
    nearest: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray) -> RealSupport:
        """Centre, radii and nearest neighbours of real vectors, at least two."""
        centre = vectors.mean(axis=0)
        return cls(
            vectors=vectors,
            centre=centre,
            radii=np.quantile(np.linalg.norm(vectors - centre, axis=1), np.linspace(0, 1, N_STEPS)),
            nearest=nearest_other(vectors),
        )


def nearest_other(vectors: np.ndarray, block: int = 1_000) -> np.ndarray:
    """Euclidean distance of every row to its nearest other row, shape (n_rows,)."""
    squares = (vectors**2).sum(axis=1)
    nearest = np.empty(len(vectors))
    for start in range(0, len(vectors), block):
        part = slice(start, start + block)
        distances = squares[part, None] + squares[None, :] - 2 * vectors[part] @ vectors.T
        distances[np.arange(len(distances)), np.arange(start, start + len(distances))] = np.inf
        nearest[part] = np.sqrt(np.maximum(distances.min(axis=1), 0.0))
    return nearest


def integrated(curve: np.ndarray) -> float:
    """1 - sum |curve - diagonal| / sum diagonal over equal steps of 0..1: 1 on the diagonal, 0 for zeros."""
    diagonal = np.linspace(0, 1, len(curve))
    return 1.0 - float(np.abs(diagonal - curve).sum() / diagonal.sum())


def support(real: RealSupport, vectors: np.ndarray, redraws: Redraws | None = None) -> Support:
    """Alpha-precision and beta-recall of other vectors of shape (n_rows, width)."""
    to_centre = np.linalg.norm(vectors - real.centre, axis=1)
    precision = (to_centre[:, None] <= real.radii + 1e-9).mean(axis=0)
    error = float("nan")
    if redraws is not None:
        error = _precision_error(np.searchsorted(real.radii + 1e-9, to_centre, side="left"), precision, redraws)
    place, distance = pairwise_distances_argmin_min(real.vectors, vectors)
    own_centre = np.linalg.norm(vectors[place] - vectors.mean(axis=0), axis=1)
    own_radii = np.quantile(own_centre, np.linspace(0, 1, N_STEPS))
    covered = distance <= real.nearest + 1e-9  # rounding must not tell equal rows apart
    recall = (covered[:, None] & (own_centre[:, None] <= own_radii + 1e-9)).mean(axis=0)
    return Support(alpha_precision=integrated(precision), beta_recall=integrated(recall), precision_error=error)


def _precision_error(step: np.ndarray, precision: np.ndarray, redraws: Redraws) -> float:
    """Standard error of alpha-precision over drawing its rows again.

    Distances of the curve from the diagonal are not simply computed again from redrawn rows: one of which nothing is
    left but noise moves less in absolute value than the noise by itself, and redrawn rows hold the noise twice. What
    was found is drawn towards 0 by what noise alone adds to its square (positive-part shrinkage of James and Stein
    1961), and the noise of drawing again is added to that.

    Parameters
    ----------
    step : int array of shape (n_rows,), first radius that holds each row, `N_STEPS` for none
    precision : float array of shape (N_STEPS,), the curve
    """
    redrawn = np.cumsum(redraws.shares(step, N_STEPS + 1), axis=1)[:, :N_STEPS]
    diagonal = np.linspace(0, 1, N_STEPS)
    gap, noise = precision - diagonal, redrawn - precision
    kept = gap * np.clip(1 - noise.var(axis=0) / np.where(gap == 0, 1, gap) ** 2, 0.0, 1.0)
    return float(redraws.error(np.abs(kept + noise).sum(axis=1) / diagonal.sum()))


class AlphaPrecisionBetaRecall:
    """Both numbers for the synthetic rows in blocks, beside fresh real rows and independent columns."""

    names = ("alpha_precision", "beta_recall")
    part = Part.FIDELITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """Two results.

        Raises
        ------
        NotApplicable
            With fewer than 20 rows in either table.
        """
        tables.need_synthetic(MIN_SUPPORT_ROWS)
        data = coded(tables)
        if data.train.n_rows < MIN_SUPPORT_ROWS:
            raise NotApplicable(f"It needs at least {MIN_SUPPORT_ROWS} train rows; there are {data.train.n_rows}.")
        space = FeatureSpace.of(data)
        size = block_rows(data)
        generator, again = tables.generator("support"), tables.generator("redraws of support")

        def vectors(table: CodedTable, rows: np.ndarray) -> np.ndarray:
            return space.vectors(space.matrix(table.taking(rows)))

        with threadpool_limits(tables.threads):
            real = RealSupport.of(vectors(data.train, generator.permutation(data.train.n_rows)[:size]))
            measured: dict[int, list[Support]] = {}

            def blocks_of(table: CodedTable) -> list[Support]:
                if id(table) not in measured:
                    order = generator.permutation(table.n_rows)
                    n_blocks = max(min(table.n_rows // size, MAX_BLOCKS), 1)
                    chosen = [order[number * size : (number + 1) * size] for number in range(n_blocks)]
                    measured[id(table)] = [
                        support(real, vectors(table, rows), Redraws.of(len(rows), again)) for rows in chosen
                    ]
                return measured[id(table)]

            for name, meaning in MEANINGS.items():
                yield _result(name, meaning, tables, data, size, blocks_of)


def block_rows(data: Coded) -> int:
    """Rows of a block: the same for every table, since values compare at equal numbers only.

    At most a quarter of the synthetic rows, so that an interval over blocks can be had, unless that leaves too few.
    """
    size = min(data.train.n_rows, BLOCK_ROWS, max(data.synthetic.n_rows // 4, MIN_SUPPORT_ROWS))
    if data.control is not None and data.control.n_rows >= MIN_SUPPORT_ROWS:
        size = min(size, data.control.n_rows)
    return size


def _result(
    name: str,
    meaning: str,
    tables: Tables,
    data: Coded,
    size: int,
    blocks_of: Callable[[CodedTable], list[Support]],
) -> MetricResult:
    """One of the two numbers, with its interval over blocks and its anchors."""

    def mean(table: CodedTable) -> float:
        return float(np.mean([getattr(block, name) for block in blocks_of(table)]))

    values = np.array([getattr(block, name) for block in blocks_of(data.synthetic)])
    anchors = anchors_of(tables, name, mean, leave_out={BOOTSTRAP})  # every row of a bootstrap is a train row
    if data.control is not None and data.control.n_rows >= size:
        anchors["control rows"] = mean(data.control)
    errors = np.array([block.precision_error for block in blocks_of(data.synthetic)])
    low, high = _redrawn_interval(values, errors) if name == "alpha_precision" else _interval(values)
    return MetricResult(
        metric=name,
        value=float(values.mean()),
        low=low,
        high=high,
        interval=METHODS[name].format(n=len(values)) if low is not None else "",
        direction=Direction.HIGHER,
        unit="share 0 to 1",
        anchors=anchors,
        counts={"blocks": len(values), "rows of a block": size},
        explanation=meaning,
        n_rows=min(len(values) * size, data.synthetic.n_rows),
    )


def _interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """Student's t interval of a mean over blocks, inside 0..1; None twice with fewer than three blocks."""
    if len(values) < 3:
        return None, None
    half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return max(float(values.mean()) - half, 0.0), min(float(values.mean()) + half, 1.0)


def _redrawn_interval(values: np.ndarray, errors: np.ndarray) -> tuple[float | None, float | None]:
    """Interval of a mean over blocks, each with its own standard error; None twice where there is none."""
    if np.isnan(errors).any():
        return None, None
    half = float(stats.t.ppf(0.975, N_GROUPS - 1) * np.sqrt((errors**2).sum()) / len(errors))
    return max(float(values.mean()) - half, 0.0), min(float(values.mean()) + half, 1.0)


SUPPORT = AlphaPrecisionBetaRecall()
