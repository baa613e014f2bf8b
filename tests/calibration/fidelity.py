"""Simulated tables at three distances, and how often 95 % intervals of fidelity cover what they promise to cover.

    python -m tests.calibration.fidelity > docs/calibration/fidelity.json
    python -m tests.calibration.fidelity --distance near --part quick --repetitions 100

With `--kept FILE` every repetition is appended to a file and not made again, so a run can be cut off and taken up.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from core.evaluation.correlation import CORRELATION_DIFFERENCE
from core.evaluation.detection import DETECTION_AUC
from core.evaluation.metric import Metric, Plan
from core.evaluation.scoring import Ranking, bootstrap_weights, quantiles
from core.evaluation.shapes import COLUMN_SHAPES
from core.evaluation.support import SUPPORT
from core.evaluation.three_way import THREE_WAY_MARGINALS
from core.evaluation.trends import PAIR_TRENDS
from core.evaluation.whole import WHOLE_TABLE
from core.records import MetricResult, Scope
from tests.evaluation.made import schema_of, tables_of

SCHEMA = schema_of(x="continuous", y="continuous", z="continuous", a="categorical", b="categorical", c="boolean")
DISTANCES = ("same", "near", "far")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a simulation found.

    Parameters
    ----------
    share : float
        Repetitions whose interval contains the estimand.
    width : float
        Mean width of the intervals.
    spread : float
        Standard deviation of the value over repetitions; a width of about four spreads is the right one.
    estimand : float
    """

    share: float
    width: float
    spread: float
    estimand: float


def lowest_share(n_repetitions: int) -> float:
    """The lower .1 % quantile of the share covered when 95 % is true: .9125 at 400 repetitions."""
    return float(stats.binom.ppf(0.001, n_repetitions, 0.95)) / n_repetitions


def drawn(n_rows: int, distance: str, generator: np.random.Generator) -> dict:
    """Rows of a generator at a distance from the real one, which is "same"."""
    shift, mix = {"same": (0.0, 0.0), "near": (0.08, 0.15), "far": (0.8, 1.0)}[distance]
    x = generator.normal(shift, 1, n_rows)
    kept = generator.random(n_rows) >= mix  # the other rows have lost their relations
    y = np.where(kept, 0.7 * x, 0) + generator.normal(0, 1, n_rows)
    z = np.round(generator.exponential(1 + shift, n_rows), 1)
    a = np.digitize(np.where(kept, x, generator.normal(0, 1, n_rows)) + generator.normal(0, 1, n_rows), [-1.5, 0, 1.5])
    b = generator.choice(4, n_rows, p=[0.6 - shift / 4, 0.25, 0.1, 0.05 + shift / 4])
    c = np.where(kept, a > 1, generator.random(n_rows) < 0.5) ^ (generator.random(n_rows) < 0.1)
    return {"x": x, "y": y, "z": z, "a": [f"a{one}" for one in a], "b": [f"b{one}" for one in b], "c": c.astype(str)}


Ends = tuple[float, float, float]
"""Value, low end and high end of one result."""


def coverage(
    metrics: tuple[Metric, ...],
    distance: str,
    n_repetitions: int,
    *,
    seed: int = 0,
    n_real: int = 2_000,
    n_synthetic: int = 1_000,
    kept: Kept | None = None,
) -> dict[str, Coverage]:
    """Coverage by metric name: the real table stays, the synthetic one is drawn again in every repetition.

    The estimand of an interval over drawing again is the mean of the value over drawings, taken from all repetitions.
    """
    kept = kept or Kept()
    real = drawn(n_real, "same", np.random.default_rng([seed, *distance.encode()]))
    rows: dict[str, list[Ends]] = {}
    for number in range(n_repetitions):
        found = kept.get(
            f"{distance} {number} {' '.join(metric.names[0] for metric in metrics)}",
            lambda number=number: repetition(metrics, distance, real, number, seed=seed, n_synthetic=n_synthetic),
        )
        for name, row in found:
            rows.setdefault(name, []).append(row)
    return {name: covered(np.array(values)) for name, values in rows.items()}


class Kept:
    """Repetitions of earlier runs, a line of JSON each; without a file, nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.exists() else ()
        self.known = dict(json.loads(line) for line in lines)

    def get(self, key: str, make: Callable[[], list[tuple[str, Ends]]]) -> list[tuple[str, Ends]]:
        """What is known under a key, or what is made and kept now."""
        if key not in self.known:
            self.known[key] = make()
            if self.path is not None:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([key, self.known[key]]) + "\n")
        return self.known[key]


def repetition(
    metrics: tuple[Metric, ...], distance: str, real: dict, number: int, *, seed: int = 0, n_synthetic: int = 1_000
) -> list[tuple[str, Ends]]:
    """Value and interval of every table result for the synthetic table of one repetition."""
    tables = tables_of(
        SCHEMA,
        real,
        drawn(n_synthetic, distance, np.random.default_rng([seed, number, *distance.encode()])),
        seed=seed,
        plan=Plan.STANDARD,
        known_anchors={
            name: {"independent columns": 0.0, "bootstrap": 0.0} for metric in metrics for name in metric.names
        },
    )
    return [
        (one.metric, (one.value, one.low, one.high))
        for metric in metrics
        for one in metric.measure(tables)
        if isinstance(one, MetricResult) and one.scope is Scope.TABLE
    ]


def covered(rows: np.ndarray) -> Coverage:
    """Coverage of the mean by rows of (value, low, high)."""
    values, low, high = rows.T
    estimand = values.mean()
    return Coverage(
        share=float(np.mean((low <= estimand) & (estimand <= high))),
        width=float(np.mean(high - low)),
        spread=float(values.std(ddof=1)),
        estimand=float(estimand),
    )


def auc_coverage(separation: float, n_repetitions: int, n_rows: int = 400) -> Coverage:
    """Coverage of the bootstrap over test rows for a fixed model whose true AUC is known."""
    generator = np.random.default_rng([7, int(separation * 100)])
    truth = stats.norm.cdf(separation / np.sqrt(2))
    rows = []
    for _ in range(n_repetitions):
        positive = generator.random(n_rows) < 0.25
        ranking = Ranking.of(generator.normal(separation * positive, 1), positive)
        redrawn = np.array([ranking.auc(one) for one in bootstrap_weights(n_rows, 200, generator)])
        rows.append((ranking.auc(), *quantiles(redrawn)))
    values, low, high = np.array(rows).T
    return Coverage(
        share=float(np.mean((low <= truth) & (truth <= high))),
        width=float(np.mean(high - low)),
        spread=float(values.std(ddof=1)),
        estimand=float(truth),
    )


QUICK = (COLUMN_SHAPES, PAIR_TRENDS, CORRELATION_DIFFERENCE, THREE_WAY_MARGINALS, WHOLE_TABLE)
SUPPORTS = (SUPPORT,)
DETECTION = (DETECTION_AUC,)
PARTS = {"quick": QUICK, "support": SUPPORTS, "detection": DETECTION}
SEPARATIONS = (0.0, 1.0, 2.5)


def main(arguments: list[str]) -> None:
    """Print coverage of the chosen parts, or of all, as a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--distance", choices=DISTANCES, action="append")
    parser.add_argument("--part", choices=(*PARTS, "auc"), action="append")
    parser.add_argument("--kept", type=Path)
    chosen = parser.parse_args(arguments)
    kept, n = Kept(chosen.kept), chosen.repetitions
    found = {}
    for part in chosen.part or (*PARTS, "auc"):
        if part == "auc":
            found |= {f"auc of a fixed model, separation {one:g}": auc_coverage(one, n) for one in SEPARATIONS}
            continue
        for distance in chosen.distance or DISTANCES:
            for name, one in coverage(PARTS[part], distance, n, kept=kept).items():
                found[f"{name}, {distance}"] = one
    answer = {name: {key: round(getattr(one, key), 4) for key in one.__slots__} for name, one in found.items()}
    json.dump({"repetitions": n, "lowest share allowed": lowest_share(n), "coverage": answer}, sys.stdout, indent=1)


if __name__ == "__main__":
    main(sys.argv[1:])
