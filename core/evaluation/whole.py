"""Whole rows: how far the synthetic table lies from the real one as a cloud of points, and a picture of both clouds.

Rows become vectors by `FeatureSpace.vectors` (scaled numbers, indicators of levels), fitted on the train rows.
Distances are measured in the train rows' own spread (Mahalanobis), so that a direction in which real rows hardly vary
counts for more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from core.errors import NotApplicable
from core.evaluation.anchors import anchors_of
from core.evaluation.coded import CodedTable, coded
from core.evaluation.features import FeatureSpace
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.redrawing import METHOD, Redraws, interval
from core.evaluation.shapes import noise_floor
from core.evaluation.verdict import SMALL_SHIFT
from core.pictures import Counts, ProjectionPicture
from core.records import Direction, MetricResult

MAX_CLOUD_ROWS = 20_000
"""Rows of each table that become vectors; of more, as many at random."""

MIN_CLOUD_ROWS = 20
RELATIVE_FLOOR = 1e-6
"""Directions with a smaller share of the largest variance are flat: indicators of one column always add up to one."""

TYPICAL = 0.99
SMALL = 0.1
"""Standard deviations that are a small shift of a mean: half of what Cohen (1988) calls a small effect."""

MAX_CELLS, MIN_CELLS = 40, 12
"""Cells along each side of the picture; fewer for few rows, whose counts would be noise."""

BOUNDS = (0.0, float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The train rows as a cloud.

    Parameters
    ----------
    centre : float array of shape (width,)
    directions : float array of shape (width, rank)
        Orthogonal directions by falling variance.
    spread : float array of shape (rank,)
        Standard deviation along each.
    """

    centre: np.ndarray
    directions: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray) -> Cloud:
        """Principal directions of vectors of shape (n_rows, width).

        Raises
        ------
        NotApplicable
            If all rows are equal.
        """
        centre = vectors.mean(axis=0)
        shifted = vectors - centre
        variance, directions = np.linalg.eigh(shifted.T @ shifted / len(vectors))
        order = np.argsort(-variance)
        kept = order[variance[order] > max(variance.max() * RELATIVE_FLOOR, 1e-300)]
        if not len(kept):
            raise NotApplicable("All real rows are equal, so there is no spread to measure distances by.")
        return cls(centre=centre, directions=directions[:, kept], spread=np.sqrt(variance[kept]))

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """Coordinates along the directions, shape (n_rows, rank)."""
        return (vectors - self.centre) @ self.directions

    def distances(self, vectors: np.ndarray) -> np.ndarray:
        """Mahalanobis distance of every row from the centre, shape (n_rows,).

        Source
        ------
        Mahalanobis (1936), "On the generalised distance in statistics"; the covariance's pseudo-inverse.
        """
        return np.linalg.norm(self.project(vectors) / self.spread, axis=1)


class WholeTable:
    """Mahalanobis distance of the means, share of rows far from the centre, and the two-dimensional view."""

    names = ("mahalanobis_distance", "atypical_rows")
    part = Part.FIDELITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """Two results and a picture.

        Raises
        ------
        NotApplicable
            With fewer than 20 rows in either table, or without spread.
        """
        tables.need_synthetic(MIN_CLOUD_ROWS)
        data = coded(tables)
        if data.train.n_rows < MIN_CLOUD_ROWS:
            raise NotApplicable(f"It needs at least {MIN_CLOUD_ROWS} train rows; there are {data.train.n_rows}.")
        space = FeatureSpace.of(data)

        def vectors(table: CodedTable, purpose: str) -> np.ndarray:
            if table.n_rows > MAX_CLOUD_ROWS:
                rows = tables.generator(f"cloud of {purpose}").permutation(table.n_rows)[:MAX_CLOUD_ROWS]
                table = table.taking(np.sort(rows))
            return space.vectors(space.matrix(table))

        with threadpool_limits(tables.threads):
            real = vectors(data.train, "train")
            cloud = Cloud.of(real)
            found = vectors(data.synthetic, "synthetic")
            control = None
            if data.control is not None and data.control.n_rows >= MIN_CLOUD_ROWS:
                control = vectors(data.control, "control")
            limit = float(np.quantile(cloud.distances(real), TYPICAL))
            yield from self._results(tables, cloud, limit, found, control, vectors)
            yield projection(cloud, {"real": real, "synthetic": found, "control": control})

    def _results(self, tables, cloud, limit, found, control, vectors) -> Iterator[MetricResult]:
        measures = (
            (
                self.names[0],
                lambda one: float(np.linalg.norm(cloud.project(one).mean(axis=0) / cloud.spread)),
                lambda one, redraws: _redrawn_means(cloud, one, redraws),
                Direction.LOWER,
                "standard deviations",
                "How far the mean synthetic row lies from the mean real row, in the real rows' own spread: 0 means "
                "nowhere.",
                BOUNDS,
            ),
            (
                self.names[1],
                lambda one: float((cloud.distances(one) > limit).mean()),
                lambda one, redraws: redraws.shares((cloud.distances(one) > limit).astype(np.int64), 2)[:, 1],
                Direction.TARGET,
                "share 0 to 1",
                f"Share of synthetic rows further from the centre than {TYPICAL:.0%} of the real rows are: more means "
                "impossible rows, far fewer means that the real table's extremes are missing.",
                (0.0, 1.0),
            ),
        )
        for metric, compute, redraw, direction, unit, meaning, bounds in measures:
            value = compute(found)
            redraws = Redraws.of(len(found), tables.generator("redraws of cloud"))
            redrawn = None if redraws is None else redraw(found, redraws)
            anchors = anchors_of(tables, metric, lambda table, compute=compute: compute(vectors(table, "anchor")))
            if metric == "atypical_rows":
                anchors["train rows"] = 1 - TYPICAL
            else:  # distances add up over directions, so a wide table lies further away than a narrow one
                anchors[SMALL_SHIFT] = SMALL * float(np.sqrt(len(cloud.spread)))
            if control is not None:
                again = Redraws.of(len(control), tables.generator("redraws of control cloud"))
                anchors |= noise_floor(
                    compute(control), None if again is None else redraw(control, again), again, bounds=bounds
                )
            low, high = interval(value, redrawn, redraws, bounds=bounds)
            yield MetricResult(
                metric=metric,
                value=value,
                low=low,
                high=high,
                interval=METHOD if low is not None else "",
                direction=direction,
                unit=unit,
                anchors=anchors,
                counts={"directions": len(cloud.spread)},
                explanation=meaning,
                n_rows=len(found),
            )


def _redrawn_means(cloud: Cloud, vectors: np.ndarray, redraws: Redraws) -> np.ndarray:
    """Distance of the mean row in every redrawn table, shape (n_redraws,)."""
    scaled = cloud.project(vectors) / cloud.spread
    sums = np.zeros((redraws.n_groups, scaled.shape[1]))
    np.add.at(sums, redraws.group, scaled)
    return np.linalg.norm(redraws.weights @ sums / redraws.sizes[:, None], axis=1)


def projection(cloud: Cloud, vectors: dict[str, np.ndarray | None]) -> ProjectionPicture:
    """Rows counted along the two directions in which real rows vary most (principal components).

    The grid holds 99 % of the rows of every table; those beyond are counted in its outermost cells.
    """
    points = {name: cloud.project(one)[:, :2] for name, one in vectors.items() if one is not None and len(one)}
    points = {
        name: one if one.shape[1] == 2 else np.column_stack([one, np.zeros(len(one))]) for name, one in points.items()
    }
    n_cells = int(np.clip(np.sqrt(min(len(one) for one in points.values())) / 3, MIN_CELLS, MAX_CELLS))
    edges = []
    for side in (0, 1):
        ends = np.array([np.quantile(one[:, side], (0.005, 0.995)) for one in points.values()])
        low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
        margin = max((high - low) * 0.05, 1e-6)
        edges.append(np.linspace(low - margin, high + margin, n_cells + 1))
    variance = cloud.spread**2
    shares = [*(variance / variance.sum())[:2], 0.0][:2]
    return ProjectionPicture(
        label="Principal components of the train rows (numbers scaled, levels as indicators)",
        x_edges=tuple(edges[0].tolist()),
        y_edges=tuple(edges[1].tolist()),
        explained=(float(shares[0]), float(shares[1])),
        counts={name: _grid(one, *edges) for name, one in points.items()},
    )


def _grid(points: np.ndarray, x_edges: np.ndarray, y_edges: np.ndarray) -> Counts:
    inside = [np.clip(one, edges[0], edges[-1]) for one, edges in zip(points.T, (x_edges, y_edges), strict=True)]
    counts = np.histogram2d(inside[1], inside[0], bins=[y_edges, x_edges])[0].astype(int)
    return tuple(tuple(row) for row in counts.tolist())


WHOLE_TABLE = WholeTable()
