"""Membership inference by shadow models: an attacker who can train generators of his own learns what a leak looks like.

The attacker holds rows of the same population and knows how the generator was trained (Stadler, Oprisanu and Troncoso,
USENIX Security 2022; MIDST 2025). He trains shadow generators on random halves of his rows, sees for each which of the
rows' scores belong to rows that were inside, and uses that on the rows he asks about. The generators are trained by a
job and handed in as tables.

Control rows are dealt to three parts: a pool that shadows are trained on, a reference for the scores, and the rows that
are scored beside as many train rows. So no scored row is ever seen by a shadow, and without a leak both kinds are
scored alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from core.errors import NotApplicable
from core.evaluation.attacks.knowledge import one_each
from core.evaluation.distance import Encoded, Space, encode_frames
from core.evaluation.membership import attack_result
from core.evaluation.membership_held import Held
from core.evaluation.membership_scores import ATTACKS, ranks
from core.evaluation.metric import Part, Plan, Tables
from core.records import MetricResult

NAME = "shadow models"
MIN_PART = 50
"""Control rows that each of the three parts needs."""

MAX_SCORED = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPlan:
    """Which control rows play which part.

    Parameters
    ----------
    pool, reference, scored : int64 arrays, disjoint rows of the control table
    inside : bool array of shape (n_shadows, len(pool))
        Rows of the pool that each shadow is trained on.
    """

    pool: np.ndarray
    reference: np.ndarray
    scored: np.ndarray
    inside: np.ndarray


def plan_shadows(tables: Tables, n_shadows: int) -> ShadowPlan:
    """Deal the control rows; the same for the same tables and seed, so that the job and the attack agree.

    Rows of one entity stay together, and one row of each is scored.

    Raises
    ------
    NotApplicable
        If there are too few control or train rows.
    """
    control = tables.need_control(3 * MIN_PART)
    if len(tables.train) < MIN_PART:
        raise NotApplicable(f"It needs at least {MIN_PART} train rows; there are {len(tables.train)}.")
    generator = tables.generator("shadows")
    entities = tables.entities()
    if entities is None:
        part = generator.permutation(len(control)) % 3
    else:
        part = (generator.permutation(int(entities[1].max()) + 1) % 3)[entities[1]]
    rows = [np.flatnonzero(part == at) for at in range(3)]
    if min(map(len, rows)) < MIN_PART:
        raise NotApplicable(f"Each third of the control rows needs {MIN_PART} rows of entities of its own.")
    pool, reference, scored = rows
    # in random order, because only the first of them are used: those of a sorted table are like each other
    if entities is None:
        # a generator of its own leaves the halves of the pool as they were for shadows that are stored
        scored = tables.generator("scored rows").permutation(scored)
    else:
        scored = one_each(generator.permutation(scored), entities[1])
    inside = np.zeros((n_shadows, len(pool)), dtype=bool)
    for row in inside:
        row[generator.permutation(len(pool))[: len(pool) // 2]] = True
    return ShadowPlan(pool=pool, reference=reference, scored=scored[:MAX_SCORED], inside=inside)


class ShadowMembership:
    """AUC of the attack by shadow models, at scope `model`; nothing where no shadows were trained."""

    names = ()
    part = Part.PRIVACY
    plan = Plan.QUICK

    def measure(self, tables: Tables) -> Iterator[MetricResult]:
        """Yield one result, if shadows were handed in."""
        if not tables.shadows:
            return
        plan = plan_shadows(tables, len(tables.shadows))
        members, others = attack_by_shadows(tables, plan)
        result = attack_result(NAME, members, others, len(tables.synthetic))
        counts = {**result.counts, "shadow models": len(plan.inside), "rows per shadow": int(plan.inside[0].sum())}
        yield dataclasses.replace(result, counts=counts)


SHADOW_MEMBERSHIP = ShadowMembership()


def attack_by_shadows(tables: Tables, plan: ShadowPlan) -> tuple[np.ndarray, np.ndarray]:
    """Scores of train rows and of control rows by a classifier that learned from the shadows."""
    generator = tables.generator("shadow attack")
    control = tables.need_control()
    pool, reference = (control.iloc[rows].reset_index(drop=True) for rows in (plan.pool, plan.reference))
    learned = [
        _features(tables, shadow, reference, generator, pool) for shadow in tables.shadows
    ]  # each (len(pool), n_attacks)
    model = LogisticRegression(max_iter=200)
    model.fit(np.concatenate(learned), plan.inside.reshape(-1))
    entities = tables.entities()
    candidates = generator.permutation(len(tables.train))
    if entities is not None:
        candidates = one_each(candidates, entities[0])
    size = min(len(plan.scored), len(candidates))
    members = tables.train.iloc[candidates[:size]].reset_index(drop=True)
    others = control.iloc[plan.scored[:size]].reset_index(drop=True)
    found = _features(tables, tables.synthetic, reference, generator, members, others)
    scores = model.decision_function(found)
    return scores[:size], scores[size:]


def _features(
    tables: Tables,
    synthetic: pd.DataFrame,
    reference: pd.DataFrame,
    generator: np.random.Generator,
    *targets: pd.DataFrame,
) -> np.ndarray:
    """Ranks by every attack among these targets: shape (n_targets, n_attacks), from -1/2 to 1/2.

    Ranks, because distances to a shadow's rows and to the sample's are on scales of their own.
    """
    frames = {"synthetic": synthetic, "reference": reference} | {
        f"targets {at}": frame for at, frame in enumerate(targets)
    }
    space: Space = encode_frames(frames, tables.schema.modelled, range_from=("reference",))
    asked = Encoded.stack(*(space.tables[f"targets {at}"] for at in range(len(targets))))
    held = Held.of(space, asked, space.tables["reference"], generator, tables.threads)
    return np.stack([ranks(attack(held)) - 0.5 for attack in ATTACKS.values()], axis=1)
