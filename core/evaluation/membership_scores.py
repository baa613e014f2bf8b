"""Scores by which an attacker guesses whether a row was trained on; higher means "it was".

The attacker holds the synthetic rows and reference rows of the same population. Control rows are dealt to two folds:
those of one fold are the reference by which the other fold's rows are scored, together with as many train rows. So
train and control rows are scored in exactly the same way, and without a leak their scores have one distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from core.errors import NotApplicable
from core.evaluation.attacks.knowledge import one_each
from core.evaluation.distance import Encoded, row_space
from core.evaluation.learners import useful_threads
from core.evaluation.membership_densities import density_ratio, local_likelihood
from core.evaluation.membership_held import Held
from core.evaluation.metric import Tables
from core.evaluation.neighbours import build_index, find_nearest

MIN_FOLD = 10
N_NEIGHBOURS = 20
CLASSIFIER_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One half of the attack.

    Parameters
    ----------
    members, others : int64 arrays of equal length
        Train rows and control rows that are scored.
    reference : int64 array
        Control rows that the attacker holds.
    """

    members: np.ndarray
    others: np.ndarray
    reference: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Scores of both folds, as ranks within the fold from 0 to 1, so that folds can be put together.

    Parameters
    ----------
    members, others : mapping of attack to float64 array of shape (n_targets,)
    groups : mapping of group to two bool arrays, members and others
        Rows that are judged on their own.
    given : mapping of attack to two float64 arrays, members and others
        Scores made elsewhere (`Tables.scores`) of the same rows; they are no part of the maximum, since their attacker
        holds more than rows.
    """

    members: dict[str, np.ndarray]
    others: dict[str, np.ndarray]
    groups: dict[str, tuple[np.ndarray, np.ndarray]]
    given: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)


def score_targets(tables: Tables, limit: int) -> Scored:
    """Score at most `limit` train rows and as many control rows with every attack.

    Raises
    ------
    NotApplicable
        If there are too few rows for two folds.
    """
    control = tables.need_control(2 * MIN_FOLD)
    tables.need_synthetic(MIN_FOLD)
    if len(tables.train) < 2 * MIN_FOLD:
        raise NotApplicable(f"It needs at least {2 * MIN_FOLD} train rows; there are {len(tables.train)}.")
    generator = tables.generator("membership")
    space = row_space(tables)
    members: dict[str, list] = {name: [] for name in ATTACKS}
    others: dict[str, list] = {name: [] for name in ATTACKS}
    groups: dict[str, tuple[list, list]] = {name: ([], []) for name in GROUPS}
    given: dict[str, tuple[list, list]] = {name: ([], []) for name in tables.scores}
    for fold in make_folds(len(tables.train), len(control), limit, generator, tables.entities()):
        n = len(fold.members)
        rows = Encoded.stack(space.tables["train"].rows(fold.members), space.tables["control"].rows(fold.others))
        held = Held.of(space, rows, space.tables["control"].rows(fold.reference), generator, tables.threads)
        for name, attack in ATTACKS.items():
            found = ranks(attack(held))
            members[name].append(found[:n])
            others[name].append(found[n:])
        for name, choose in GROUPS.items():
            chosen = choose(held)
            groups[name][0].append(chosen[:n])
            groups[name][1].append(chosen[n:])
        for name, (of_train, of_control) in tables.scores.items():
            given[name][0].append(of_train[fold.members])
            given[name][1].append(of_control[fold.others])
    return Scored(
        members={name: np.concatenate(parts) for name, parts in members.items()},
        others={name: np.concatenate(parts) for name, parts in others.items()},
        groups={name: (np.concatenate(a), np.concatenate(b)) for name, (a, b) in groups.items()},
        given={name: (np.concatenate(a), np.concatenate(b)) for name, (a, b) in given.items()},
    )


def make_folds(
    n_train: int,
    n_control: int,
    limit: int,
    generator: np.random.Generator,
    entities: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[Fold, Fold]:
    """Two folds; no row is scored twice, and no scored row is held by the attacker who scores it.

    With entities, codes of those of the train and of the control rows, both folds have their own, and one row of each
    is scored: an attacker who holds other rows of the same person would know control rows without any leak, and rows
    of one person are no independent trials.

    Raises
    ------
    NotApplicable
        If there are too few entities for two folds.
    """
    control, train = generator.permutation(n_control), generator.permutation(n_train)
    half = n_control // 2
    sides = scored = (control[:half], control[half : 2 * half])
    if entities is not None:
        of_train, of_control = entities
        train, each = one_each(train, of_train), one_each(control, of_control)
        half = len(each) // 2
        if half < MIN_FOLD or len(train) < 2 * MIN_FOLD:
            raise NotApplicable(
                f"It needs train and control rows of at least {2 * MIN_FOLD} entities each; "
                f"there are {len(train)} and {len(each)}."
            )
        in_first = np.isin(of_control[control], of_control[each[:half]])
        sides, scored = (control[in_first], control[~in_first]), (each[:half], each[half:])
    size = max(1, min(half, len(train) // 2, limit // 2))
    return tuple(
        Fold(members=train[at * size : (at + 1) * size], others=scored[at][:size], reference=sides[1 - at])
        for at in range(2)
    )


def _nearness(held: Held) -> np.ndarray:
    return -held.to_synthetic


def _difference(held: Held) -> np.ndarray:
    return held.to_reference - held.to_synthetic


def _neighbourhood(held: Held) -> np.ndarray:
    """Share of synthetic rows among the nearest rows of an equal mixture (Ward et al., DPI, arXiv 2406.13012)."""
    synthetic, reference = held.equal_parts(len(held.reference))
    index = build_index(Encoded.stack(synthetic, reference), held.space, held.generator)
    k = min(N_NEIGHBOURS, len(synthetic))
    near = find_nearest(held.targets, index, k, threads=held.threads)
    return (near.index < len(synthetic)).mean(axis=1)


def _classifier(held: Held) -> np.ndarray:
    """How synthetic a classifier of synthetic against reference rows finds a row (LOGAN, arXiv 1705.07663)."""
    parts = held.equal_parts(CLASSIFIER_ROWS)
    rows = Encoded.stack(*parts)
    is_synthetic = np.arange(len(rows)) < len(parts[0])
    model = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.1, early_stopping=False, random_state=int(held.generator.integers(2**31))
    )
    # its own threads spin at every barrier, which on a busy machine costs many times the work itself
    with threadpool_limits(useful_threads(held.threads, len(rows)), user_api="openmp"):
        model.fit(_plain(rows), is_synthetic)
        return model.predict_proba(_plain(held.targets))[:, 1]


def _plain(rows: Encoded) -> np.ndarray:
    return np.concatenate([rows.numbers, rows.levels], axis=0).T


ATTACKS: dict[str, Callable[[Held], np.ndarray]] = {
    "distance": _nearness,
    "distance difference": _difference,
    "density ratio": density_ratio,
    "classifier": _classifier,
    "neighbourhood share": _neighbourhood,
    "local likelihood": local_likelihood,
}

OUTLIER_SHARE = 0.05
RARE_SHARE = 0.01


def _outliers(held: Held) -> np.ndarray:
    return held.to_reference >= np.quantile(held.to_reference, 1.0 - OUTLIER_SHARE)


def _rare(held: Held) -> np.ndarray:
    found = np.zeros(len(held.targets), dtype=bool)
    for at, size in enumerate(held.space.n_levels):
        shares = np.bincount(held.reference.levels[at], minlength=size) / len(held.reference)
        found |= shares[held.targets.levels[at]] < RARE_SHARE
    return found


GROUPS: dict[str, Callable[[Held], np.ndarray]] = {"outliers": _outliers, "rows with a rare level": _rare}


def ranks(scores: np.ndarray) -> np.ndarray:
    """Scores as ranks, 0 to 1, ties sharing theirs."""
    return (stats.rankdata(scores) - 0.5) / len(scores)
