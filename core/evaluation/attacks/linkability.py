"""Linkability: can two holders of different columns find out through the synthetic rows that they hold one person?

One holder knows some columns of a person, the other knows others. Each looks up the k synthetic rows that resemble what
he knows most; if a synthetic row is among both lists, the two are linked. Links of train rows beyond those of control
rows come from the synthetic rows having kept persons together.

Method and intervals are Anonymeter's; the neighbours are ours (exact, and much faster). Mended here: rows at equal
distance are chosen at random and for each holder anew (its sorting leaves equal rows in one order for both, which links
rows that only share a place in the table); missing equals missing; targets follow a seed; fewer control rows than
attacks are no error; the baseline is its closed form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from scipy import stats

from core.evaluation.attacks.adapter import Guesses, limits_met, risk_result
from core.evaluation.attacks.knowledge import attack_space, draw_targets, suggest_halves
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.neighbours import build_index, find_nearest
from core.records import MetricResult

N_NEIGHBOURS = 10


class Linkability:
    """Residual risk that rows of two data holders are linked through the synthetic rows."""

    names = ("linkability",)
    part = Part.PRIVACY
    plan = Plan.STANDARD
    n_attacks: ClassVar = {Plan.STANDARD: 2_000, Plan.FULL: 10_000}

    def measure(self, tables: Tables) -> Iterator[MetricResult]:
        """Yield the residual risk for the suggested halves of the columns, or refuse with the reason."""
        tables.need_synthetic(2)
        halves = suggest_halves(tables)
        n_attacks = self.n_attacks.get(tables.plan, 2_000)
        guesses, n_neighbours = attack_links(tables, halves, n_attacks=n_attacks, n_neighbours=N_NEIGHBOURS)
        yield risk_result(
            self.names[0],
            guesses,
            n_rows=len(tables.synthetic),
            sentence=(
                f"Two data holders, one with {len(halves[0])} and one with {len(halves[1])} columns, find a common row "
                f"among the {n_neighbours} nearest synthetic rows of each for {{attack}} of {guesses.n_attack:,} train "
                f"rows and {{control}} of {guesses.n_control:,} control rows."
            ),
        )


LINKABILITY = Linkability()


def attack_links(
    tables: Tables, halves: tuple[Sequence[str], Sequence[str]], *, n_attacks: int, n_neighbours: int
) -> tuple[Guesses, int]:
    """Links found, and the number of neighbours looked at (at most half of the synthetic rows).

    Parameters
    ----------
    halves : column names that each of the two holders knows
    """
    generator = tables.generator("linkability")
    targets = draw_targets(tables, n_attacks, generator)
    space = attack_space(tables)
    n_synthetic = len(tables.synthetic)
    n_neighbours = max(1, min(n_neighbours, n_synthetic // 2))
    rows = {"train": targets.train, "control": targets.control}
    lists = {name: [] for name in rows}
    for half in halves:
        part = space.only(half)
        index = build_index(part.tables["synthetic"], part, generator)
        for name, chosen in rows.items():
            near = find_nearest(part.tables[name].rows(chosen), index, n_neighbours, threads=tables.threads)
            lists[name].append(near.index)
    linked = {name: links(*found) for name, found in lists.items()}
    n = len(targets.train)
    chance = chance_of_link(n_synthetic, n_neighbours)
    return Guesses(
        n_requested=n_attacks,
        n_attack=n,
        n_control=n,
        n_baseline=n,
        attack=int(linked["train"].sum()),
        control=int(linked["control"].sum()),
        baseline=round(chance * n),
        notes=limits_met(n, n_attacks, []),
    ), n_neighbours


def links(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """For each target, whether its two lists of neighbours have a row in common.

    Parameters
    ----------
    first, second : int64 arrays of shape (n_targets, k)
    """
    return (first[:, :, None] == second[:, None, :]).any(axis=(1, 2))


def chance_of_link(n_synthetic: int, n_neighbours: int) -> float:
    """Chance that two random lists of k among n rows meet: 1 - C(n - k, k) / C(n, k)."""
    return 1.0 - float(stats.hypergeom.pmf(0, n_synthetic, n_neighbours, n_neighbours))
