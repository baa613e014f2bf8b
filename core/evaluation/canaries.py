"""Canaries: unlikely rows planted before training, whose traces bound from below what a generator gives away.

Candidates are made in one way, and a coin decides for each whether it is planted among the train rows. What a trained
generator knows of the planted ones beyond the others it can only have from training. Three numbers come of it:

* exposure (Carlini et al., USENIX Security 2019, arXiv 1802.08232): log2 of how far up a planted candidate ranks among
  those that were not planted, by how near a drawn row comes;
* the area under the curve of planted against others;
* a lower bound on epsilon from one training (Steinke, Nasr and Jagielski, NeurIPS 2023, arXiv 2305.08846): with pure
  differential privacy each of r guesses is right with a chance of at most e^eps / (1 + e^eps), so the chance of v right
  ones is at most that of a binomial. Rows planted k times are k changes of the table, and the bound is divided by k.

Canaries are made-up rows: nobody's data, and no part of the stored train rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from core.errors import InvalidConfig, NotApplicable
from core.evaluation import rates
from core.evaluation.distance import encode_frames
from core.evaluation.neighbours import build_index, find_nearest
from core.limits import CANARIES, CANARY_COPIES
from core.records import Direction, MetricResult, Scope
from core.schema import Schema

TAIL = 0.05
"""Numbers of canaries come from the lowest and highest twentieth of the train values, each value one that occurs."""

GUESSED = 2 / 3
"""Share of the candidates that are guessed about: those that rank highest are called planted, the lowest not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """Candidates and which of them are planted.

    Parameters
    ----------
    rows : work frame of the candidates
    planted : bool array of shape (n_candidates,)
    copies : int
        How often each planted row is put among the train rows.
    """

    rows: pd.DataFrame
    planted: np.ndarray
    copies: int

    def keeping(self, wanted: np.ndarray) -> Canaries:
        """Some of the candidates, each with its coin."""
        rows = self.rows[wanted].reset_index(drop=True)
        return Canaries(rows=rows, planted=self.planted[wanted], copies=self.copies)

    def joined(self, others: Canaries) -> Canaries:
        """These candidates and others that were made from the same train rows."""
        rows = pd.concat([self.rows, others.rows], ignore_index=True)
        return Canaries(rows=rows, planted=np.concatenate([self.planted, others.planted]), copies=self.copies)

    def put_among(self, train: pd.DataFrame) -> pd.DataFrame:
        """The train rows with the planted candidates after them."""
        extra = self.rows[self.planted]
        columns = {}
        for name in train:
            parts = [train[name], *([extra[name]] * self.copies)]
            if isinstance(train[name].dtype, pd.CategoricalDtype):
                columns[name] = pd.Series(pd.api.types.union_categoricals(parts))
            else:
                columns[name] = pd.concat(parts, ignore_index=True)
        return pd.DataFrame(columns)


def make_canaries(train: pd.DataFrame, schema: Schema, *, n_candidates: int, copies: int, seed: int) -> Canaries:
    """Candidates whose cells all occur in the train rows, but hardly together; the same for the same rows and seed.

    Every cell is drawn for itself: levels with a chance of 1 / their count, numbers from both tails. So no level list
    and no bound of the encoder moves, and an unlikely row is all that training could notice.

    Raises
    ------
    InvalidConfig
        If the numbers are out of range.
    NotApplicable
        If nothing is modelled.
    """
    fewest, most = CANARIES
    if not fewest <= n_candidates <= most or not 1 <= copies <= CANARY_COPIES:
        raise InvalidConfig(
            f"{n_candidates} canaries of {copies} copies cannot be planted.",
            f"Choose {fewest} to {most} canaries and 1 to {CANARY_COPIES} copies.",
            field="canaries",
        )
    if not schema.modelled:
        raise NotApplicable("There is no modelled column to make canaries of.")
    generator = np.random.default_rng([seed, *b"canaries"])
    columns = {}
    for name in train:
        source = train[name]
        modelled = name in schema and any(column.name == name for column in schema.modelled)
        chosen = (
            _unlikely(source, n_candidates, generator)
            if modelled
            else generator.integers(len(train), size=n_candidates)
        )
        columns[name] = source.iloc[chosen].reset_index(drop=True)
    return Canaries(rows=pd.DataFrame(columns), planted=generator.random(n_candidates) < 0.5, copies=copies)


def _unlikely(series: pd.Series, n: int, generator: np.random.Generator) -> np.ndarray:
    """Rows whose value of this column is rare: shape (n,)."""
    present = np.flatnonzero(series.notna().to_numpy())
    if not len(present):
        return generator.integers(len(series), size=n)
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()[present]
        chances = 1.0 / np.bincount(codes)[codes]
        # by level, then any row of it: rows of a level share its chance
        chances = chances * chances
        return generator.choice(present, size=n, p=chances / chances.sum())
    order = present[np.argsort(series.to_numpy()[present], kind="stable")]
    size = max(1, math.ceil(TAIL * len(order)))
    tails = np.concatenate([order[:size], order[-size:]])
    return generator.choice(tails, size=n)


def nearness(
    canaries: Canaries, train: pd.DataFrame, drawn: pd.DataFrame, schema: Schema, *, seed: int = 0
) -> np.ndarray:
    """For every candidate, minus the distance to the nearest drawn row: shape (n_candidates,)."""
    frames = {"train": train, "drawn": drawn, "candidates": canaries.rows}
    space = encode_frames(frames, schema.modelled, range_from=("train",))
    generator = np.random.default_rng([seed, *b"nearness"])
    index = build_index(space.tables["drawn"], space, generator)
    return -find_nearest(space.tables["candidates"], index, 1).distance[:, 0]


def exposures(scores: np.ndarray, planted: np.ndarray) -> np.ndarray:
    """Exposure in bits of every planted candidate: log2((m + 1) / rank) among the m that were not planted."""
    others = np.sort(scores[~planted])
    # ties count half: a candidate that ties with all others ranks in their middle
    above = len(others) - np.searchsorted(others, scores[planted], side="right")
    tied = np.searchsorted(others, scores[planted], side="right") - np.searchsorted(
        others, scores[planted], side="left"
    )
    return np.log2((len(others) + 1) / (1.0 + above + tied / 2.0))


def exposure_by_chance(n_others: int) -> tuple[float, float]:
    """Mean and standard deviation of the exposure of a candidate that left no trace: its rank is uniform."""
    values = np.log2((n_others + 1) / np.arange(1, n_others + 2))
    return float(values.mean()), float(values.std())


def error_of_mean_exposure(n_others: int, n_planted: int) -> float:
    """Standard deviation of the mean exposure of candidates that left no trace, all ranked among the same others.

    Two ranks among m others are equal with twice the chance of any two different ones (Polya's urn: each candidate
    falls into one of m + 1 gaps, and makes a second one there likelier), so any function of them has a correlation of
    1 / (m + 2). The mean over k has the variance s^2 / k (1 + (k - 1) / (m + 2)) = s^2 / k (m + k + 1) / (m + 2).
    """
    spread = exposure_by_chance(n_others)[1]
    return spread * math.sqrt((n_others + n_planted + 1) / (n_others + 2) / n_planted)


def epsilon_bound(
    scores: np.ndarray, planted: np.ndarray, copies: int, *, level: float, seed: int = 0
) -> tuple[float, int, int]:
    """Lower bound on epsilon at this level, with the guesses made and the right ones among them."""
    n = len(scores)
    half = int(GUESSED * n / 2)
    # equal scores are put in an order by chance, which no candidate's coin has touched
    order = np.lexsort((np.random.default_rng([seed, *b"ties"]).random(n), scores))
    right = int((~planted[order[:half]]).sum() + planted[order[n - half :]].sum())
    return largest_epsilon(right, 2 * half, 1.0 - level) / copies, 2 * half, right


def largest_epsilon(right: int, guesses: int, chance: float) -> float:
    """The largest epsilon for which that many right guesses have at most this chance; 0 where none is ruled out.

    P[Bin(r, q) >= v] <= a exactly for q up to the a-quantile of Beta(v, r - v + 1).
    """
    if right == 0:
        return 0.0
    q = float(stats.beta.ppf(chance, right, guesses - right + 1))
    return max(0.0, math.log(q / (1.0 - q))) if 0.0 < q < 1.0 else 0.0


def canary_results(
    canaries: Canaries, scores: np.ndarray, subject: str, *, n_looks: int, n_rows: int
) -> list[MetricResult]:
    """Exposure, area and bound for one checkpoint.

    Parameters
    ----------
    subject : str
        "epoch 10"
    n_looks : int
        Checkpoints that are looked at: intervals hold for all of them together.
    n_rows : int
        Rows drawn.

    Raises
    ------
    NotApplicable
        If the coin planted all or none.
    """
    planted = canaries.planted
    m, k = int((~planted).sum()), int(planted.sum())
    if not m or not k:
        raise NotApplicable("All canaries or none were planted, so there is nothing to compare.")
    level = rates.simultaneous_level(n_looks)
    seen = exposures(scores, planted)
    null, _ = exposure_by_chance(m)
    exposure = rates.around(float(seen.mean()), error_of_mean_exposure(m, k), level=level)
    area = rates.area_under_curve(scores[planted], scores[~planted], level=level)
    bound, guesses, right = epsilon_bound(scores, planted, canaries.copies, level=level)
    most = largest_epsilon(guesses, guesses, 1.0 - level) / canaries.copies
    common = {
        "scope": Scope.MODEL,
        "subject": (subject,),
        "direction": Direction.LOWER,
        "n_rows": n_rows,
    }
    counts = {
        "canaries planted": k,
        "canaries not planted": m,
        "copies of each": canaries.copies,
        "checkpoints": n_looks,
    }
    together = f"simultaneous over {n_looks} checkpoints" if n_looks > 1 else "one checkpoint"
    return [
        MetricResult(
            metric="canary_exposure",
            value=exposure.value,
            low=exposure.low,
            high=exposure.high,
            interval=f"95 % normal with the spread of chance, {together}",
            unit="bits",
            anchors={"fresh rows": null, "largest": math.log2(m + 1)},
            counts=counts,
            explanation=(
                f"At {subject}, planted canaries rank {exposure.value:.2f} bits up among those that were not planted; "
                f"without a trace it would be {null:.2f}, at most {math.log2(m + 1):.2f}."
            ),
            **common,
        ),
        MetricResult(
            metric="canary_auc",
            value=area.value,
            low=max(0.0, area.low),
            high=min(1.0, area.high),
            interval=f"95 % DeLong, {together}",
            unit="AUC, 0.5 is no trace",
            anchors={"fresh rows": 0.5},
            counts=counts,
            explanation=(
                f"At {subject}, a drawn row comes nearer to a planted canary than to one that was not planted in "
                f"{area.value:.1%} of pairs ({max(0.0, area.low):.1%} to {min(1.0, area.high):.1%}); 50 % is no trace."
            ),
            **common,
        ),
        MetricResult(
            metric="canary_epsilon",
            value=bound,
            low=bound,
            interval=f"one-sided 95 % lower bound (Steinke et al. 2023), {together}",
            unit="nats, at least",
            anchors={"fresh rows": 0.0, "could have shown": most},
            counts={**counts, "guesses": guesses, "right": right},
            explanation=_about_bound(subject, right, guesses, bound, most),
            **common,
        ),
    ]


def _about_bound(subject: str, right: int, guesses: int, bound: float, most: float) -> str:
    told = f"At {subject}, {right} of {guesses} guesses about canaries were right"
    if bound > 0:
        return (
            f"{told}: the training is not differentially private with an epsilon below {bound:.2f}; these canaries "
            f"could have shown {most:.2f}."
        )
    return f"{told}, which rules no epsilon out; they could have shown {most:.2f}. This is no upper bound."
