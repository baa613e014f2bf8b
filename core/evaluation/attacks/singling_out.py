"""Singling out: can the synthetic rows be used to say something that is true of just one person?

The attacker looks for statements that hold for exactly one synthetic row ("capital_gain >= 99,999") and claims that
just one person has that property. The claim is right if exactly one train row has it; the same claims about as many
control rows show how often that happens without any leak.

The statements, their counting and the intervals are Anonymeter's. Around it this module mends what its version 1.1.0
gets wrong: train and control rows are made equally many, before their repetitions are removed and again after it (its
correction for unequal numbers understates the control rate); rates are of the claims that were made, not of those asked
for; a seed decides the claims; columns and levels get neutral names, so that quotes and operators in them cannot break
a statement; datetimes and ordinal levels become numbers, so that "earlier than" exists; what the library logs is shown.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import polars as pl
from anonymeter.evaluators import SinglingOutEvaluator
from anonymeter.evaluators import singling_out_evaluator as library

from core.errors import NotApplicable
from core.evaluation.attacks.adapter import Guesses, library_messages, limits_met, risk_result
from core.evaluation.attacks.statements import find_statements
from core.evaluation.metric import Part, Plan, Tables
from core.records import MetricResult
from core.schema import Column, ColumnType
from core.tables import as_numbers, level_codes

MIN_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Tables as the evaluator takes them, equally many different train and control rows.

    Parameters
    ----------
    train, control, synthetic : DataFrame
        Columns c0, c1, ...: nullable floats for numbers, neutral level names for levels.
    names : tuple of str
        What c0, c1, ... are called in the table.
    """

    train: pd.DataFrame
    control: pd.DataFrame
    synthetic: pd.DataFrame
    names: tuple[str, ...]


class UnivariateSinglingOut:
    """Residual risk of being singled out by a statement about one column."""

    names = ("singling_out_univariate",)
    part = Part.PRIVACY
    plan = Plan.QUICK
    n_attacks: ClassVar = {Plan.QUICK: 2_000, Plan.STANDARD: 2_000, Plan.FULL: 10_000}

    def measure(self, tables: Tables) -> Iterator[MetricResult]:
        """Yield the residual risk, or refuse with the reason."""
        tables.need_synthetic()
        prepared = prepare(tables)
        seed = int(tables.generator("singling out").integers(2**31))
        guesses = attack_univariate(prepared, n_attacks=self.n_attacks.get(tables.plan, 2_000), seed=seed)
        yield risk_result(
            self.names[0], guesses, n_rows=len(prepared.synthetic), sentence=sentence(prepared, "one column")
        )


class MultivariateSinglingOut:
    """Residual risk of being singled out by a statement about several columns together."""

    names = ("singling_out_multivariate",)
    part = Part.PRIVACY
    plan = Plan.QUICK
    n_columns = 3
    n_attacks: ClassVar = {Plan.QUICK: 1_000, Plan.STANDARD: 2_000, Plan.FULL: 10_000}
    max_attempts: ClassVar = {Plan.QUICK: 500_000, Plan.STANDARD: 2_000_000, Plan.FULL: 20_000_000}

    def measure(self, tables: Tables) -> Iterator[MetricResult]:
        """Yield the residual risk, or refuse with the reason."""
        tables.need_synthetic()
        prepared = prepare(tables)
        if len(prepared.names) < 2:
            raise NotApplicable("It combines columns, and there is only one modelled column.")
        n_columns = min(self.n_columns, len(prepared.names))
        guesses = attack_multivariate(
            prepared,
            n_attacks=self.n_attacks.get(tables.plan, 2_000),
            n_columns=n_columns,
            max_attempts=self.max_attempts.get(tables.plan, 2_000_000),
            seed=int(tables.generator("singling out together").integers(2**31)),
        )
        said = sentence(prepared, f"{n_columns} columns together")
        yield risk_result(self.names[0], guesses, n_rows=len(prepared.synthetic), sentence=said)


UNIVARIATE = UnivariateSinglingOut()
MULTIVARIATE = MultivariateSinglingOut()


def sentence(prepared: Prepared, about: str) -> str:
    """What was claimed and counted, for `risk_result`."""
    return (
        f"Of the statements about {about} that hold for just one of the synthetic rows, {{attack}} hold for just one "
        f"of {len(prepared.train):,} train rows and {{control}} for just one of as many control rows."
    )


def prepare(tables: Tables) -> Prepared:
    """Neutral names and numbers, train and control rows made equally many at random, then without repetitions.

    Rows are made equally many first: a larger table loses more repetitions, so what is left of it leans to rare values,
    and statements would hold more or less often there without any leak. Afterwards both are cut to the shorter one.
    """
    control = tables.need_control(MIN_ROWS)
    columns = tables.schema.modelled
    if not columns:
        raise NotApplicable("There is no modelled column to make statements about.")
    frames = _neutral({"train": tables.train, "control": control, "synthetic": tables.synthetic}, columns)
    generator = tables.generator("singling out rows")
    drawn = _equally_many([frames["train"], frames["control"]], generator)
    different = [one.drop_duplicates(ignore_index=True) for one in drawn]
    train, control = _equally_many(different, generator)
    if len(train) < MIN_ROWS:
        raise NotApplicable(
            f"It needs {MIN_ROWS} different train rows and as many control rows; there are {len(train)}."
        )
    return Prepared(
        train=train,
        control=control,
        synthetic=frames["synthetic"].drop_duplicates(ignore_index=True),
        names=tuple(column.name for column in columns),
    )


def _equally_many(frames: list[pd.DataFrame], generator: np.random.Generator) -> list[pd.DataFrame]:
    """As many random rows of each table as the shortest has, in their order."""
    size = min(len(frame) for frame in frames)
    return [frame.iloc[np.sort(generator.permutation(len(frame))[:size])].reset_index(drop=True) for frame in frames]


def _neutral(frames: dict[str, pd.DataFrame], columns: tuple[Column, ...]) -> dict[str, pd.DataFrame]:
    out: dict[str, dict[str, pd.Series]] = {name: {} for name in frames}
    for at, column in enumerate(columns):
        series = [frame[column.name] for frame in frames.values()]
        for name, one in zip(frames, _neutral_column(series, column), strict=True):
            out[name][f"c{at}"] = one
    return {name: pd.DataFrame(values) for name, values in out.items()}


def _neutral_column(series: list[pd.Series], column: Column) -> list[pd.Series]:
    if column.is_number:
        return [_nullable(as_numbers(one)) for one in series]
    codes, levels = level_codes(*series)
    last = len(levels) - 1
    if column.type is ColumnType.ORDINAL and set(levels[:-1]) <= set(column.order):
        rank = np.array([column.order.index(level) for level in levels[:-1]] + [np.nan])
        return [_nullable(rank[one]) for one in codes]
    names = np.array([f"v{code}" for code in range(last)] + [None], dtype=object)
    return [pd.Series(names[one], dtype=object) for one in codes]


def _nullable(values: np.ndarray) -> pd.Series:
    missing = ~np.isfinite(values)
    return pd.Series(pd.arrays.FloatingArray(np.where(missing, 0.0, values), missing))


class SeededEvaluator(SinglingOutEvaluator):
    """Anonymeter's evaluator with statements that a seed decides, and rates of the statements that were made.

    Its own lists of statements come from unordered groups, so that a seed does not repeat them; here they are sorted
    before they are drawn. Naive statements are its own too, of the same number.
    """

    def __init__(self, prepared: Prepared, *, n_attacks: int, n_columns: int, seed: int) -> None:
        super().__init__(
            ori=prepared.train,
            syn=prepared.synthetic,
            control=prepared.control,
            n_attacks=n_attacks,
            n_cols=n_columns,
            seed=seed,
        )

    def univariate(self) -> list[pl.Expr]:
        """Statements about one column that hold for just one synthetic row."""
        every = library.univariate_singling_out_queries(df=self._syn, n_queries=None, rng=np.random.default_rng(0))
        every = sorted(every, key=str)
        return [every[at] for at in self._rng.permutation(len(every))[: self._n_attacks]]

    def multivariate(self, frame: pd.DataFrame, max_attempts: int) -> list[pl.Expr]:
        """Statements about several columns that hold for just one synthetic row, found by our search.

        Parameters
        ----------
        frame : DataFrame
            The synthetic rows that the evaluator was made with.
        """
        found = find_statements(
            frame,
            n_wanted=self._n_attacks,
            n_columns=self._n_cols,
            max_attempts=max_attempts,
            generator=self._rng,
        )
        kinds = {name: self._syn[name].dtype for name in self._syn.columns}
        medians = self._syn.median().to_dicts()[0]
        records = self._syn[found.rows].to_dicts() if len(found.rows) else []
        return [
            library._query_from_record(record, kinds, [self._syn.columns[at] for at in columns], medians, self._rng)
            for record, columns in zip(records, found.columns, strict=True)
        ]

    def test(self, statements: list[pl.Expr]) -> SeededEvaluator:
        """Count the statements, and as many naive ones, on train and control rows.

        Raises
        ------
        NotApplicable
            If there are none.
        """
        if not statements:
            raise NotApplicable("No statement tried holds for just one synthetic row, so there is no claim to test.")
        self._n_attacks = len(statements)
        self._queries = library._evaluate_queries_and_return_successful(df=self._ori, queries=statements)
        self._n_success = len(self._queries)
        self._n_control = len(library._evaluate_queries_and_return_successful(df=self._control, queries=statements))
        self._random_queries = self._naive(len(statements))
        self._n_baseline = len(
            library._evaluate_queries_and_return_successful(df=self._ori, queries=self._random_queries)
        )
        self._evaluated = True
        return self

    def _naive(self, n: int) -> list[pl.Expr]:
        kinds = {name: library._convert_polars_dtype(self._syn[name].dtype) for name in self._syn.columns}
        # missing cells become None in the lists, which the library turns into "is missing"
        values = {name: self._syn[name].unique().sort().to_list() for name in self._syn.columns}
        drawn = [self._rng.choice(self._syn.columns, size=self._n_cols, replace=False).tolist() for _ in range(n)]
        return [
            library._random_query(unique_values=values, cols=columns, column_types=kinds, rng=self._rng)
            for columns in drawn
        ]


def attack_univariate(prepared: Prepared, *, n_attacks: int, seed: int) -> Guesses:
    """Make statements about one column and count them on train and control rows.

    Raises
    ------
    NotApplicable
        If no statement holds for just one synthetic row.
    """
    with library_messages(library.__name__) as messages:
        evaluator = SeededEvaluator(prepared, n_attacks=n_attacks, n_columns=1, seed=seed)
        evaluator.test(evaluator.univariate())
    return counted(evaluator, n_attacks, messages)


def attack_multivariate(prepared: Prepared, *, n_attacks: int, n_columns: int, max_attempts: int, seed: int) -> Guesses:
    """Make statements about several columns together and count them on train and control rows.

    Raises
    ------
    NotApplicable
        If none of `max_attempts` statements holds for just one synthetic row.
    """
    with library_messages(library.__name__) as messages:
        evaluator = SeededEvaluator(prepared, n_attacks=n_attacks, n_columns=n_columns, seed=seed)
        evaluator.test(evaluator.multivariate(prepared.synthetic, max_attempts))
    return counted(evaluator, n_attacks, messages)


def counted(evaluator: SeededEvaluator, n_requested: int, messages: list[str]) -> Guesses:
    """What a tested evaluator counted."""
    with warnings.catch_warnings():
        # "as good or worse as baseline" is said again, and shown, where the risk is computed
        warnings.simplefilter("ignore")
        results = evaluator.results()
    return Guesses(
        n_requested=n_requested,
        n_attack=results.n_attacks_ori,
        n_control=results.n_attacks_control,
        n_baseline=results.n_attacks_baseline,
        attack=results.n_success,
        control=results.n_control,
        baseline=results.n_baseline,
        notes=limits_met(results.n_attacks_ori, n_requested, messages),
    )
