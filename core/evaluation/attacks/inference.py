"""Inference: does the synthetic table tell a person's secret to somebody who knows the rest of the person's row?

The attacker looks up the synthetic row nearest to what is known and takes its value of the secret. Correct guesses
about control rows are what the synthetic table says about people in general, as any good statistic does; only what goes
beyond them is a leak.

Method, `inference_model` hook and intervals are Anonymeter's. Mended here: naive guesses are drawn from the synthetic
secrets and compared by position (aligned by index, nine in ten became missing and the baseline fell from .64 to .08);
the tolerance for numbers is relative to the size of the guess, so that negative secrets are not always guessed; whether
a secret is a number comes from the schema; targets and guesses follow a seed; missing equals missing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.evaluation import rates
from core.evaluation.attacks.adapter import WILSON, Guesses, limits_met, residual_risk, risk_result
from core.evaluation.attacks.knowledge import (
    WHOLE_RANGE,
    Targets,
    attack_space,
    chosen_secrets,
    draw_targets,
    most_telling,
    suggest_secrets,
)
from core.evaluation.distance import RANGE_PERCENTILES, Encoded, encode_frames
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.neighbours import build_index, find_nearest
from core.records import MetricResult, Scope
from core.schema import Column, ColumnType, Schema
from core.tables import as_numbers, level_codes

TOLERANCE = 0.05
"""A number counts as guessed within 5 % of the guess; a date within 5 % of the range of the dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Values of a secret in every table, and when a guess of it is right.

    Parameters
    ----------
    values : mapping of table name to float64 array
        Numbers, or codes of levels with a code for missing; NaN for a missing number.
    relative : float
        Share of the guess's size by which it may be off.
    absolute : float
        What it may be off in any case.
    """

    values: dict[str, np.ndarray]
    relative: float
    absolute: float

    @classmethod
    def of(cls, tables: Tables, column: Column) -> Secret:
        """The secret of a column, its kind taken from the schema."""
        frames = {"train": tables.train, "control": tables.need_control(), "synthetic": tables.synthetic}
        series = [frame[column.name] for frame in frames.values()]
        if not column.is_number:
            codes, _ = level_codes(*series)
            values = {name: code.astype(np.float64) for name, code in zip(frames, codes, strict=True)}
            return cls(values=values, relative=0.0, absolute=0.0)
        values = {name: as_numbers(one) for name, one in zip(frames, series, strict=True)}
        if column.type is not ColumnType.DATETIME:
            return cls(values=values, relative=TOLERANCE, absolute=0.0)
        # a share of the size of a date depends on where the calendar begins
        real = np.concatenate([values["train"], values["control"]])
        ends = np.nanpercentile(real, RANGE_PERCENTILES) if not np.isnan(real).all() else (0.0, 0.0)
        return cls(values=values, relative=0.0, absolute=TOLERANCE * float(ends[1] - ends[0]))

    def right(self, guesses: np.ndarray, secrets: np.ndarray) -> np.ndarray:
        """Whether each guess is right; missing is guessed by missing."""
        close = np.abs(guesses - secrets) <= self.relative * np.abs(guesses) + self.absolute
        return close | (np.isnan(guesses) & np.isnan(secrets))


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRowModel:
    """Guesses a secret from the nearest synthetic row, as Anonymeter's `inference_model` hook wants it.

    Parameters
    ----------
    schema : Schema
    synthetic : DataFrame, a work frame
    known : tuple of str
        Columns that the attacker knows.
    secret : str
    seed : int
        Decides among equally near rows.
    """

    schema: Schema
    synthetic: pd.DataFrame
    known: tuple[str, ...]
    secret: str
    seed: int = 0

    def predict(self, x: pd.DataFrame) -> pd.Series:
        """Guesses for the rows of a work frame, with its index."""
        frames = {"synthetic": self.synthetic, "targets": x}
        columns = [self.schema[name] for name in self.known]
        space = encode_frames(frames, columns, percentiles=WHOLE_RANGE, range_from=tuple(frames))
        index = build_index(space.tables["synthetic"], space, np.random.default_rng(self.seed))
        near = find_nearest(space.tables["targets"], index, 1).index[:, 0]
        guesses = self.synthetic[self.secret].iloc[near]
        guesses.index = x.index
        return guesses


class Inference:
    """Residual risk that a secret is inferred: for every secret tried, and the largest of them."""

    names = ("inference",)
    part = Part.PRIVACY
    plan = Plan.STANDARD
    n_attacks: ClassVar = {Plan.STANDARD: 2_000, Plan.FULL: 10_000}
    n_secrets: ClassVar = {Plan.STANDARD: 16, Plan.FULL: 60}
    n_known: ClassVar = {Plan.STANDARD: (1, 3), Plan.FULL: (1, 2, 3, 5)}

    def measure(self, tables: Tables) -> Iterator[MetricResult]:
        """Yield a result per secret, also per set of fewer known columns, then the largest risk of knowing all others.

        Fewer known columns are those that tell most of the secret, and the sets that were chosen (`tables.known`).
        """
        tables.need_synthetic()
        if len(tables.schema.modelled) < 2:
            raise NotApplicable("There is only one modelled column, so nothing is left to know about a person.")
        secrets = chosen_secrets(tables) or suggest_secrets(tables, self.n_secrets.get(tables.plan, 16))
        if not secrets:
            raise NotApplicable("No modelled column varies, so there is no secret to guess.")
        n_attacks = self.n_attacks.get(tables.plan, 2_000)
        targets = draw_targets(tables, n_attacks, tables.generator("inference targets"))
        tried: dict[str, Guesses] = {}
        for secret in secrets:
            others = tuple(column.name for column in tables.schema.modelled if column.name != secret)
            tried[secret] = attack_secret(tables, targets, secret, others, n_attacks)
            yield _of_secret(tables, secret, others, tried[secret])
            for at, known in self._fewer(tables, secret, others):
                guesses = attack_secret(tables, targets, secret, known, n_attacks)
                one = _of_secret(tables, secret, known, guesses, subject=(secret, *known))
                yield dataclasses.replace(one, counts={**one.counts, "columns known": len(known), "chosen set": at})
        yield largest_risk(tables, tried)

    def _fewer(self, tables: Tables, secret: str, others: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Sets of fewer known columns: 0 and the most telling ones, then 1, 2, ... and the chosen sets."""
        for n_known in self.n_known.get(tables.plan, ()):
            if n_known < len(others):
                yield 0, most_telling(tables, secret, others, n_known)
        for at, wanted in enumerate(tables.known, start=1):
            known = tuple(name for name in others if name in wanted)
            if 0 < len(known) < len(others):
                yield at, known


INFERENCE = Inference()


def attack_secret(tables: Tables, targets: Targets, secret: str, known: Sequence[str], n_requested: int) -> Guesses:
    """Guess one secret of every target from some known columns, and as often naively.

    Naive guesses are drawn with replacement from the synthetic secrets, so that their rate does not depend on the
    number of synthetic rows: it is the sum over values of their share among the targets and the synthetic rows.
    """
    generator = tables.generator(f"inference of {secret}")
    space = attack_space(tables).only(known)
    index = build_index(space.tables["synthetic"], space, generator)
    both = Encoded.stack(space.tables["train"].rows(targets.train), space.tables["control"].rows(targets.control))
    near = find_nearest(both, index, 1, threads=tables.threads).index[:, 0]
    n = len(targets.train)
    meant = Secret.of(tables, tables.schema[secret])
    synthetic, train = meant.values["synthetic"], meant.values["train"][targets.train]
    naive = synthetic[generator.integers(len(synthetic), size=n)]
    return Guesses(
        n_requested=n_requested,
        n_attack=n,
        n_control=n,
        n_baseline=n,
        attack=int(meant.right(synthetic[near[:n]], train).sum()),
        control=int(meant.right(synthetic[near[n:]], meant.values["control"][targets.control]).sum()),
        baseline=int(meant.right(naive, train).sum()),
        notes=limits_met(n, n_requested, []),
    )


def _of_secret(
    tables: Tables, secret: str, known: Sequence[str], guesses: Guesses, subject: tuple[str, ...] = ()
) -> MetricResult:
    return risk_result(
        "inference",
        guesses,
        scope=Scope.SECRET,
        subject=subject or (secret,),
        n_rows=len(tables.synthetic),
        sentence=_sentence(secret, len(known), guesses),
    )


def largest_risk(tables: Tables, tried: dict[str, Guesses]) -> MetricResult:
    """The largest residual risk over the secrets, with an interval that holds for all of them together."""
    level = rates.simultaneous_level(len(tried))
    risks = {secret: residual_risk(guesses, level=level).signed for secret, guesses in tried.items()}
    worst = max(risks, key=lambda secret: risks[secret].value)
    low, high = max(one.low for one in risks.values()), max(one.high for one in risks.values())
    result = risk_result(
        "inference",
        tried[worst],
        n_rows=len(tables.synthetic),
        level=level,
        interval=f"{WILSON}, simultaneous over {len(tried)} secrets",
        sentence=_sentence(worst, len(tables.schema.modelled) - 1, tried[worst])
        + f" It is the largest of {len(tried)} secrets.",
    )
    shown = rates.Estimate(value=risks[worst].value, low=low, high=high)
    return dataclasses.replace(
        result,
        low=shown.clipped.low,
        high=shown.clipped.high,
        anchors={**result.anchors, "signed low": low, "signed high": high},
        counts={**result.counts, "secrets tried": len(tried)},
    )


def _sentence(secret: str, n_known: int, guesses: Guesses) -> str:
    # braces in a column's name must survive the formatting of the rates
    name = secret.replace("{", "{{").replace("}", "}}")
    columns = "1 other column" if n_known == 1 else f"{n_known} other columns"
    return (
        f"Knowing {columns} and the synthetic rows, an attacker guesses \u201c{name}\u201d right for {{attack}} of "
        f"{guesses.n_attack:,} train rows and {{control}} of {guesses.n_control:,} control rows."
    )
