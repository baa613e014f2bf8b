"""Scores by which an attacker guesses whether a row was trained on; higher means "it was".

The attacker holds the synthetic rows and reference rows of the same population. Control rows are dealt to two folds:
those of one fold are the reference by which the other fold's rows are scored, together with as many train rows. So
train and control rows are scored in exactly the same way, and without a leak their scores have one distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier

from core.errors import NotApplicable
from core.evaluation.attacks.knowledge import one_each
from core.evaluation.distance import Encoded, Space, row_space
from core.evaluation.metric import Tables
from core.evaluation.neighbours import build_index, find_nearest

MIN_FOLD = 10
N_NEIGHBOURS = 20
N_COMPONENTS = 5
DENSITY_ROWS = 4_000
CLASSIFIER_ROWS = 20_000
LEVELS_PER_COLUMN = 20


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
    """

    members: dict[str, np.ndarray]
    others: dict[str, np.ndarray]
    groups: dict[str, tuple[np.ndarray, np.ndarray]]


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
    for fold in make_folds(len(tables.train), len(control), limit, generator, tables.entities()):
        n = len(fold.members)
        rows = Encoded.stack(space.tables["train"].rows(fold.members), space.tables["control"].rows(fold.others))
        held = Held.of(space, rows, space.tables["control"].rows(fold.reference), generator, tables.threads)
        for name, attack in ATTACKS.items():
            ranks = _ranks(attack(held))
            members[name].append(ranks[:n])
            others[name].append(ranks[n:])
        for name, choose in GROUPS.items():
            chosen = choose(held)
            groups[name][0].append(chosen[:n])
            groups[name][1].append(chosen[n:])
    return Scored(
        members={name: np.concatenate(parts) for name, parts in members.items()},
        others={name: np.concatenate(parts) for name, parts in others.items()},
        groups={name: (np.concatenate(a), np.concatenate(b)) for name, (a, b) in groups.items()},
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one fold's attacker holds, and the distances that several attacks share.

    Parameters
    ----------
    targets, synthetic, reference : Encoded
    to_synthetic, to_reference : float64 arrays of shape (n_targets,)
        Distance of every target to its nearest synthetic and its nearest reference row.
    """

    space: Space
    targets: Encoded
    synthetic: Encoded
    reference: Encoded
    to_synthetic: np.ndarray
    to_reference: np.ndarray
    generator: np.random.Generator
    threads: int

    @classmethod
    def of(
        cls, space: Space, targets: Encoded, reference: Encoded, generator: np.random.Generator, threads: int
    ) -> Held:
        """Search once for all attacks."""
        synthetic = space.tables["synthetic"]
        near = [
            find_nearest(targets, build_index(rows, space, generator), 1, threads=threads).distance[:, 0]
            for rows in (synthetic, reference)
        ]
        return cls(
            space=space,
            targets=targets,
            synthetic=synthetic,
            reference=reference,
            to_synthetic=near[0],
            to_reference=near[1],
            generator=generator,
            threads=threads,
        )

    def equal_parts(self, limit: int) -> tuple[Encoded, Encoded]:
        """As many synthetic as reference rows, at most `limit`, at random."""
        size = min(limit, len(self.synthetic), len(self.reference))
        return tuple(
            rows.rows(self.generator.permutation(len(rows))[:size]) for rows in (self.synthetic, self.reference)
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


def _density_ratio(held: Held) -> np.ndarray:
    """Log ratio of kernel densities of synthetic and reference rows on principal components (DOMIAS, 2302.12580)."""
    parts = held.equal_parts(DENSITY_ROWS)
    features = Features.of(held.space, Encoded.stack(*parts))
    both = features.spread(Encoded.stack(*parts))
    centre = both.mean(axis=0)
    _, scale, axes = np.linalg.svd(both - centre, full_matrices=False)
    kept = scale > 1e-9 * max(1.0, scale[0])
    axes, scale = axes[kept][:N_COMPONENTS], scale[kept][:N_COMPONENTS]
    if not len(scale):
        return np.zeros(len(held.targets))
    whiten = axes.T / (scale / np.sqrt(len(both)))
    targets, *known = ((features.spread(one) - centre) @ whiten for one in (held.targets, *parts))
    # Scott's rule for whitened data
    bandwidth = len(known[0]) ** (-1.0 / (whiten.shape[1] + 4))
    return _log_density(targets, known[0], bandwidth) - _log_density(targets, known[1], bandwidth)


def _log_density(targets: np.ndarray, rows: np.ndarray, bandwidth: float) -> np.ndarray:
    out = np.empty(len(targets))
    squares = np.square(rows).sum(axis=1)
    for start in range(0, len(targets), 1000):
        some = targets[start : start + 1000]
        apart = np.square(some).sum(axis=1)[:, None] + squares - 2.0 * some @ rows.T
        exponent = -np.maximum(apart, 0.0) / (2.0 * bandwidth**2)
        top = exponent.max(axis=1)
        out[start : start + 1000] = top + np.log(np.exp(exponent - top[:, None]).sum(axis=1))
    return out


def _classifier(held: Held) -> np.ndarray:
    """How synthetic a classifier of synthetic against reference rows finds a row (LOGAN, arXiv 1705.07663)."""
    parts = held.equal_parts(CLASSIFIER_ROWS)
    rows = Encoded.stack(*parts)
    is_synthetic = np.arange(len(rows)) < len(parts[0])
    model = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.1, early_stopping=False, random_state=int(held.generator.integers(2**31))
    )
    model.fit(_plain(rows), is_synthetic)
    return model.predict_proba(_plain(held.targets))[:, 1]


def _plain(rows: Encoded) -> np.ndarray:
    return np.concatenate([rows.numbers, rows.levels], axis=0).T


ATTACKS: dict[str, Callable[[Held], np.ndarray]] = {
    "distance": _nearness,
    "distance difference": _difference,
    "density ratio": _density_ratio,
    "classifier": _classifier,
    "neighbourhood share": _neighbourhood,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Rows as numbers for a density: numbers in standard deviations, the commonest levels as 0 and 1.

    Parameters
    ----------
    centre, scale : float64 arrays of shape (n_number_columns,)
    limit : float64 array of the same shape
        Values are cut here, so that one extreme value is not a principal component of its own.
    kept : tuple of int64 arrays, codes per level column that get a column of their own
    """

    centre: np.ndarray
    scale: np.ndarray
    kept: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, space: Space, rows: Encoded) -> Features:
        """Learn from rows that the attacker holds."""
        low, high = np.percentile(rows.numbers, (5, 95), axis=1) if len(rows.numbers) else (np.zeros(0), np.zeros(0))
        spread = np.where(high > low, high - low, 1.0)
        kept = tuple(
            np.argsort(-np.bincount(codes, minlength=size), kind="stable")[: min(size, LEVELS_PER_COLUMN)]
            for codes, size in zip(rows.levels, space.n_levels, strict=True)
        )
        return cls(centre=(low + high) / 2, scale=spread / 3.3, kept=kept)

    def spread(self, rows: Encoded) -> np.ndarray:
        """Features of rows, shape (n_rows, n_features)."""
        numbers = np.clip((rows.numbers - self.centre[:, None]) / self.scale[:, None], -4.0, 4.0)
        levels = [codes == kept[:, None] for codes, kept in zip(rows.levels, self.kept, strict=True)]
        return np.concatenate([numbers, *levels], axis=0).T.astype(np.float64)


def _ranks(scores: np.ndarray) -> np.ndarray:
    return (stats.rankdata(scores) - 0.5) / len(scores)
