"""The lift study: does oversampling a rare level help to recognise it, on control rows at their true prevalence?

For every seed the train rows are cut into rows to learn from and a fold (whole entities stay on one side). Every way of
oversampling learns from the same rows, at every ratio; the fold chooses ratio and threshold; control rows, untouched,
give the numbers. Differences are paired: the same rows, seeds and bootstrap samples for all ways.

Sources: the protocol follows Elor and Averbuch-Elor 2022 (arXiv:2201.08528), who find on 73 tables that balancing does
not help strong learners; SMOTE: Chawla et al. 2002; intervals: percentile bootstrap over entities and seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from core.errors import NotApplicable
from core.evaluation.coded import TRAIN, code_frames
from core.evaluation.features import FeatureSpace
from core.evaluation.learners import L2_OF_LEAVES
from core.evaluation.lift_scores import best_threshold, row_weights, scores_of
from core.evaluation.metric import as_levels, entity_codes
from core.evaluation.oversampling import Learning, missing_rows, oversampled
from core.lift import (
    ARMS,
    BOOSTING,
    CTGAN,
    F1_RARE,
    F1_REST,
    LEARNERS,
    MEASURES,
    PR_AUC,
    REAL_ONLY,
    RECALL,
    ROC_AUC,
    LiftChoice,
    LiftPoint,
    LiftReport,
)  # fmt: skip
from core.schema import Schema

FOLD_SHARE = 0.25
LEAST_RARE_ROWS = 10
"""Rare rows that train and control rows need each, so that anything can be said."""
ITERATIONS = 100
BOOTSTRAPS = 400
CHUNK = 50
"""Bootstrap samples measured together; more would only need more memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftPlan:
    """What is studied.

    Parameters
    ----------
    target, level : str
    ratios : tuple of float
        Rare rows for each other row, after oversampling.
    seeds : tuple of int
    learners, arms : tuples of str
    precision : float
        At which recall is measured.
    group : str or None
        Entity column.
    """

    target: str
    level: str
    ratios: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5, 1.0)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    learners: tuple[str, ...] = LEARNERS
    arms: tuple[str, ...] = ARMS
    precision: float = 0.5
    group: str | None = None
    bootstraps: int = BOOTSTRAPS


@dataclass(slots=True, kw_only=True)
class _Fits:
    """What all fits of one learner, arm and ratio gave: bootstrap values and the fold's, a list entry per seed."""

    plain: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in MEASURES})
    drawn: dict[str, list[np.ndarray]] = field(default_factory=lambda: {name: [] for name in MEASURES})
    fold: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in MEASURES})


def measure_lift(
    plan: LiftPlan,
    schema: Schema,
    *,
    train: pd.DataFrame,
    control: pd.DataFrame,
    pool: pd.DataFrame,
    threads: int = 1,
    progress: Callable[[float, str], None] = lambda share, message: None,
) -> LiftReport:
    """Run the study.

    Parameters
    ----------
    plan : LiftPlan
    train, control : work frames of real rows
    pool : work frame of drawn rows of the level, at least as many as the largest ratio lacks for full effect
    progress : callable of (share 0..1, message)

    Raises
    ------
    NotApplicable
        Without enough rows of the level in train or control rows, or without a column to learn from.
    """
    study = _Study(plan, schema, train, control, pool, threads)
    fits: dict[tuple[str, str, float], _Fits] = {}
    tasks = [
        (seed, learner, arm, ratio)
        for seed in plan.seeds for learner in plan.learners for arm in plan.arms
        for ratio in ((study.true_ratio,) if arm == REAL_ONLY else study.ratios)
    ]  # fmt: skip
    for number, (seed, learner, arm, ratio) in enumerate(tasks):
        progress(number / len(tasks), f"{learner}, {arm}, seed {seed}")
        study.fit(fits.setdefault((learner, arm, ratio), _Fits()), seed, learner, arm, ratio)
    points = study.points(fits)
    choices = study.choices(fits)
    return LiftReport(
        target=plan.target,
        level=plan.level,
        points=tuple(points),
        choices=tuple(choices),
        sentences=tuple(sentence(learner, choices) for learner in plan.learners),
        settings=study.settings(),
    )


class _Study:
    """Rows as matrices, and the bootstrap samples that all comparisons share."""

    def __init__(
        self,
        plan: LiftPlan,
        schema: Schema,
        train: pd.DataFrame,
        control: pd.DataFrame,
        pool: pd.DataFrame,
        threads: int,
    ) -> None:
        data = code_frames(schema.modelled, {TRAIN: train, "control": control, "pool": pool})
        space = FeatureSpace.of(data, without=plan.target)
        self.plan, self.space, self.threads = plan, space, threads
        self.train, self.control, self.pool = (space.matrix(data.tables[name]) for name in (TRAIN, "control", "pool"))
        self.is_rare, self.truth = (has(frame, plan.target, plan.level) for frame in (train, control))
        for what, rare in (("train", self.is_rare), ("control", self.truth)):
            if rare.sum() < LEAST_RARE_ROWS or rare.all():
                raise NotApplicable(
                    f"There are {int(rare.sum())} {what} rows with {plan.target} = {plan.level} of {len(rare):,}; "
                    f"a lift study needs at least {LEAST_RARE_ROWS}, and other rows beside them."
                )
        self.whose, self.control_whose = _entities(train, control, plan.group)
        self.true_ratio = float(self.is_rare.sum() / (~self.is_rare).sum())
        self.ratios = tuple(ratio for ratio in sorted(plan.ratios) if missing_rows(self.is_rare, ratio))
        if not self.ratios:
            raise NotApplicable(
                f"The level has {self.true_ratio:.2f} rows for each other row already, no ratio of the study is larger."
            )
        rng = np.random.default_rng([len(plan.seeds), 11])
        self.weights = row_weights(self.control_whose, plan.bootstraps, rng)
        self.picks = rng.integers(0, len(plan.seeds), (plan.bootstraps, len(plan.seeds)))

    def fit(self, fits: _Fits, seed: int, learner: str, arm: str, ratio: float) -> None:
        """One fit, measured on the fold and on the control rows."""
        learn = ~_fold(self.is_rare, self.whose, seed)
        rows = oversampled(
            arm, Learning.plain(self.train[learn], self.is_rare[learn]), ratio,
            is_level=self.space.is_level, pool=self.pool, seed=seed,
        )  # fmt: skip
        predict = self._learned(learner, rows, seed)
        fold, chance = predict(self.train[~learn]), predict(self.control)
        threshold = best_threshold(fold, self.is_rare[~learn])
        how = {"threshold": threshold, "precision": self.plan.precision}
        own = scores_of(fold, self.is_rare[~learn], np.ones((1, len(fold))), **how)
        plain = scores_of(chance, self.truth, np.ones((1, len(chance))), **how)
        parts = [
            scores_of(chance, self.truth, self.weights[start : start + CHUNK], **how)
            for start in range(0, len(self.weights), CHUNK)
        ]
        for name, key in _KEYS.items():
            fits.fold[name].append(float(getattr(own, key)[0]))
            fits.plain[name].append(float(getattr(plain, key)[0]))
            fits.drawn[name].append(np.concatenate([getattr(part, key) for part in parts]))

    def _learned(self, learner: str, rows: Learning, seed: int) -> Callable[[np.ndarray], np.ndarray]:
        with threadpool_limits(self.threads):
            if learner == BOOSTING:
                used = ~np.isnan(rows.matrix).all(axis=0)
                model = HistGradientBoostingClassifier(
                    max_iter=ITERATIONS, early_stopping=False, l2_regularization=L2_OF_LEAVES,
                    categorical_features=self.space.is_level[used], random_state=seed,
                )  # fmt: skip
                model.fit(rows.matrix[:, used], rows.is_rare, sample_weight=rows.weights)
                return lambda matrix: model.predict_proba(matrix[:, used])[:, 1]
            linear = LogisticRegression(max_iter=300)
            linear.fit(self.space.vectors(rows.matrix), rows.is_rare, sample_weight=rows.weights)
            return lambda matrix: linear.predict_proba(self.space.vectors(matrix))[:, 1]

    def _replicates(self, fits: _Fits, measure: str) -> np.ndarray:
        """Bootstrap values of the mean over seeds: rows and seeds drawn again."""
        drawn = np.stack(fits.drawn[measure], axis=1)
        return np.take_along_axis(drawn, self.picks, axis=1).mean(axis=1)

    def points(self, fits: dict[tuple[str, str, float], _Fits]) -> list[LiftPoint]:
        """Every line of every chart."""
        found = []
        for (learner, arm, ratio), one in fits.items():
            base = fits[(learner, REAL_ONLY, self.true_ratio)]
            for measure in MEASURES:
                values, reference = self._replicates(one, measure), self._replicates(base, measure)
                mean = float(np.mean(one.plain[measure]))
                low, high = np.quantile(values, [0.025, 0.975])
                d_low, d_high = np.quantile(values - reference, [0.025, 0.975])
                found.append(
                    LiftPoint(
                        learner=learner,
                        arm=arm,
                        measure=measure,
                        ratio=ratio,
                        value=mean,
                        low=float(low),
                        high=float(high),
                        difference=mean - float(np.mean(base.plain[measure])),
                        difference_low=float(d_low),
                        difference_high=float(d_high),
                        fold_value=float(np.mean(one.fold[measure])),
                        n_seeds=len(one.plain[measure]),
                    )
                )
        return found

    def choices(self, fits: dict[tuple[str, str, float], _Fits]) -> list[LiftChoice]:
        """The fold's ratio for each way, judged on control rows with simultaneous intervals."""
        ways = [arm for arm in self.plan.arms if arm != REAL_ONLY]
        beside = 0.05 / max(1, len(ways)) / 2
        found = []
        for learner in self.plan.learners:
            base = fits[(learner, REAL_ONLY, self.true_ratio)]
            for arm in ways:
                ratio = max(self.ratios, key=lambda one: np.mean(fits[(learner, arm, one)].fold[PR_AUC]))
                one = fits[(learner, arm, ratio)]
                gap = self._replicates(one, PR_AUC) - self._replicates(base, PR_AUC)
                low, high = np.quantile(gap, [beside, 1 - beside])
                found.append(
                    LiftChoice(
                        learner=learner,
                        arm=arm,
                        ratio=ratio,
                        difference_low=float(low),
                        difference_high=float(high),
                        difference=float(np.mean(one.plain[PR_AUC]) - np.mean(base.plain[PR_AUC])),
                    )
                )
        return found

    def settings(self) -> dict:
        """What was studied, in numbers."""
        return {
            "n_train": len(self.train), "n_train_rare": int(self.is_rare.sum()), "n_control": len(self.truth),
            "n_control_rare": int(self.truth.sum()), "n_pool": len(self.pool), "seeds": list(self.plan.seeds),
            "ratios": list(self.ratios), "true_ratio": self.true_ratio, "precision": self.plan.precision,
            "fold_share": FOLD_SHARE, "bootstraps": self.plan.bootstraps, "group": self.plan.group,
            "n_control_entities": int(self.control_whose.max()) + 1, "iterations": ITERATIONS,
        }  # fmt: skip


_KEYS = {PR_AUC: "pr_auc", ROC_AUC: "roc_auc", RECALL: "recall", F1_RARE: "f1_rare", F1_REST: "f1_rest"}


def has(frame: pd.DataFrame, column: str, level: str) -> np.ndarray:
    """Which rows have a level."""
    return (as_levels(frame[column]) == level).to_numpy()


def _entities(train: pd.DataFrame, control: pd.DataFrame, group: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Entity of every train and every control row; every row its own where there is none."""
    if group is None or group not in train or group not in control:
        return np.arange(len(train)), np.arange(len(control))
    codes = entity_codes(train[group], control[group])
    return tuple(np.unique(one, return_inverse=True)[1] for one in codes)


def _fold(is_rare: np.ndarray, whose: np.ndarray, seed: int) -> np.ndarray:
    """Which train rows choose ratio and threshold: a quarter of the entities with rare rows, and of the others."""
    rng = np.random.default_rng([seed, 3])
    has_rare = np.bincount(whose, weights=is_rare) > 0
    chosen = np.zeros(len(has_rare), dtype=bool)
    for kind in (True, False):
        members = np.flatnonzero(has_rare == kind)
        chosen[rng.permutation(members)[: round(len(members) * FOLD_SHARE)]] = True
    return chosen[whose]


def sentence(learner: str, choices: Sequence[LiftChoice]) -> str:
    """What follows for one learner."""
    mine = [one for one in choices if one.learner == learner]
    better = [one for one in mine if one.difference_low > 0]
    worse = [one for one in mine if one.difference_high < 0]
    start = learner[:1].upper() + learner[1:]
    if better:
        best = max(better, key=lambda one: one.difference)
        also = [one.arm for one in better if one is not best]
        more = f" So do {', '.join(also)}." if len(also) > 1 else f" So does {also[0]}." if also else ""
        ours = next((one for one in mine if one.arm == CTGAN), None)
        if ours is not None and ours not in better:
            more += f" CTGAN rows show no gain ({_interval(ours)})."
        return (
            f"{start}: {best.arm} at {best.ratio:g} rare rows for each other row raises PR-AUC on control rows by "
            f"{_interval(best)}.{more}"
        )
    highest = max(mine, key=lambda one: one.difference)
    lower = f" {' and '.join(one.arm for one in worse)} lowered it." if worse else ""
    return (
        f"{start}: no gain here. No way of oversampling raises PR-AUC on control rows beyond chance; the highest, "
        f"{highest.arm}, changes it by {_interval(highest)}.{lower}"
    )


def _interval(one: LiftChoice) -> str:
    return f"{one.difference:+.3f} ({one.difference_low:+.3f} to {one.difference_high:+.3f})"
