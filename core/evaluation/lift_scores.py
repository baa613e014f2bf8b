"""Scores of a binary classifier under many weightings of the test rows at once, for paired bootstraps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Measures for every weighting, float arrays of shape (n_weightings,).

    Parameters
    ----------
    pr_auc : average precision, sum over thresholds of (recall gained) x precision
    roc_auc : area under the ROC curve, ties half
    recall : highest recall at a threshold whose precision is at least the one asked for; 0 where none has it
    f1_rare, f1_rest : F1 of either class at the threshold given
    """

    pr_auc: np.ndarray
    roc_auc: np.ndarray
    recall: np.ndarray
    f1_rare: np.ndarray
    f1_rest: np.ndarray


def scores_of(
    chance: np.ndarray, is_rare: np.ndarray, weights: np.ndarray, *, threshold: float, precision: float
) -> Scores:
    """Measure one ranking under several weightings; rows of equal chance are one threshold.

    Parameters
    ----------
    chance : float array of shape (n_rows,)
    is_rare : bool array of shape (n_rows,)
    weights : float array of shape (n_weightings, n_rows)
    threshold : float
        Rows of at least this chance are called rare in F1.
    precision : float, 0 to 1

    Source
    ------
    Davis and Goadrich 2006 for precision and recall; average precision as in scikit-learn's user guide, 3.4.
    """
    order = np.argsort(-chance, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(chance[order]) != 0, True))
    ordered = weights[:, order]
    rare = np.cumsum(ordered * is_rare[order], axis=1)[:, ends]
    everything = np.cumsum(ordered, axis=1)[:, ends]
    n_rare, n_rows = rare[:, -1:], everything[:, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        hit = np.where(everything > 0, rare / everything, 0.0)
        recall = np.where(n_rare > 0, rare / n_rare, 0.0)
        gained = np.diff(recall, axis=1, prepend=0.0)
        others = everything - rare
        false_rate = np.where(n_rows > n_rare, others / (n_rows - n_rare), 0.0)
        steps = np.diff(false_rate, axis=1, prepend=0.0)
        before = np.concatenate([np.zeros((len(weights), 1)), recall[:, :-1]], axis=1)
        called = chance >= threshold
        true_rare = (weights * (is_rare & called)).sum(axis=1)
        true_rest = (weights * (~is_rare & ~called)).sum(axis=1)
        wrong = (weights * (is_rare ^ called)).sum(axis=1)
        return Scores(
            pr_auc=(gained * hit).sum(axis=1),
            roc_auc=(steps * (recall + before) / 2).sum(axis=1),
            recall=np.where(hit >= precision, recall, 0.0).max(axis=1),
            f1_rare=_ratio(2 * true_rare, 2 * true_rare + wrong),
            f1_rest=_ratio(2 * true_rest, 2 * true_rest + wrong),
        )


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), 0.0)


def best_threshold(chance: np.ndarray, is_rare: np.ndarray) -> float:
    """The threshold with the highest F1 of the rare class on these rows."""
    order = np.argsort(-chance, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(chance[order]) != 0, True))
    rare = np.cumsum(is_rare[order])[ends]
    f1 = 2 * rare / (ends + 1 + is_rare.sum())
    return float(chance[order][ends[f1.argmax()]])


def row_weights(whose: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """How often each row occurs in `n` bootstrap samples of entities: float array of shape (n, n_rows).

    Parameters
    ----------
    whose : int array of shape (n_rows,)
        Entity of every row, 0..n_entities - 1; rows of one entity are drawn together.
    """
    n_entities = int(whose.max()) + 1
    counts = rng.multinomial(n_entities, np.full(n_entities, 1 / n_entities), size=n)
    return counts[:, whose].astype(np.float64)
