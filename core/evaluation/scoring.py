"""Scores of predictions with whole-number weights, so that a bootstrap of test rows costs no new prediction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MIN_ENTITIES = 10
"""Entities below which no interval is given: a handful of persons says nothing about the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Test rows in the order of one score, ties together; made once, scored under any weights.

    Parameters
    ----------
    place : int array of shape (n_rows,)
        Rank of the row's score among the distinct scores, from the lowest.
    n_places : int
    is_positive : bool array of shape (n_rows,)
    """

    place: np.ndarray
    n_places: int
    is_positive: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, is_positive: np.ndarray) -> Ranking:
        """Rank rows by score; a higher score speaks for positive."""
        distinct, place = np.unique(scores, return_inverse=True)
        return cls(place=place, n_places=len(distinct), is_positive=is_positive.astype(bool))

    def _counts(self, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        weights = np.ones(len(self.place)) if weights is None else weights
        positive = np.bincount(self.place, weights=weights * self.is_positive, minlength=self.n_places)
        return positive, np.bincount(self.place, weights=weights, minlength=self.n_places) - positive

    def auc(self, weights: np.ndarray | None = None) -> float:
        """Area under the ROC curve: the chance that a positive row scores above a negative one, ties half.

        Returns
        -------
        float in 0..1, or NaN without positive or without negative rows

        Source
        ------
        Mann-Whitney U; equals `sklearn.metrics.roc_auc_score` with `sample_weight`.
        """
        positive, negative = self._counts(weights)
        n_positive, n_negative = positive.sum(), negative.sum()
        if not n_positive or not n_negative:
            return float("nan")
        below = np.cumsum(negative) - negative
        return float((positive * (below + negative / 2)).sum() / (n_positive * n_negative))

    def average_precision(self, weights: np.ndarray | None = None) -> float:
        """Area under the precision-recall curve as a sum of steps; NaN without positive rows.

        Source
        ------
        Equals `sklearn.metrics.average_precision_score` with `sample_weight`.
        """
        positive, negative = (each[::-1] for each in self._counts(weights))
        if not positive.sum():
            return float("nan")
        found = np.cumsum(positive)
        retrieved = found + np.cumsum(negative)
        precision = np.divide(found, retrieved, out=np.zeros_like(found), where=retrieved > 0)
        return float((positive * precision).sum() / positive.sum())


def macro_auc(rankings: list[Ranking], weights: np.ndarray | None = None) -> float:
    """Mean one-against-rest AUC over the classes that occur among the (weighted) test rows; NaN if none does."""
    values = np.array([ranking.auc(weights) for ranking in rankings])
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def r2(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Coefficient of determination: 1 perfect, 0 no better than the mean of the test rows, negative worse.

    Returns
    -------
    float, or NaN where the truth does not vary

    Source
    ------
    Equals `sklearn.metrics.r2_score` with `sample_weight`.
    """
    weights = np.ones(len(truth)) if weights is None else weights
    if not weights.sum():
        return float("nan")
    spread = float(weights @ (truth - np.average(truth, weights=weights)) ** 2)
    return 1 - float(weights @ (truth - predicted) ** 2) / spread if spread > 0 else float("nan")


def bootstrap_weights(
    n_rows: int, n_draws: int, generator: np.random.Generator, whose: np.ndarray | None = None
) -> np.ndarray:
    """Times that every row is drawn in each of `n_draws` bootstrap samples, int array of shape (n_draws, n_rows).

    Parameters
    ----------
    whose : int array of shape (n_rows,), optional
        Entity of every row: entities are drawn, each with all its rows, because rows of one person resemble each other
        and are no independent trials. With fewer than `MIN_ENTITIES` of them there are no samples.

    Source
    ------
    Davison and Hinkley (1997), "Bootstrap methods and their application", section 3.8, for drawing whole groups.
    """
    if whose is not None:
        entities, place = np.unique(whose, return_inverse=True)
        n_draws = n_draws if len(entities) >= MIN_ENTITIES else 0
        return bootstrap_weights(len(entities), n_draws, generator)[:, place]
    weights = np.empty((n_draws, n_rows), dtype=np.int32)
    for one in weights:
        one[:] = np.bincount(generator.integers(0, n_rows, n_rows), minlength=n_rows)
    return weights


def drawn_again(n_rows: int, generator: np.random.Generator, whose: np.ndarray | None = None) -> np.ndarray:
    """Rows of one bootstrap sample, each as often as it was drawn; all rows where there are too few entities."""
    weights = bootstrap_weights(n_rows, 1, generator, whose)
    return np.repeat(np.arange(n_rows), weights[0]) if len(weights) else np.arange(n_rows)


def quantiles(redrawn: np.ndarray) -> tuple[float | None, float | None]:
    """95 % percentile interval of bootstrap values; None twice when fewer than half could be computed."""
    finite = redrawn[np.isfinite(redrawn)]
    if len(finite) < max(len(redrawn) / 2, 2):
        return None, None
    low, high = np.quantile(finite, (0.025, 0.975))
    return float(low), float(high)
