"""Comparison models of SDV, drawn from the same train rows: tables to judge beside the sample, never the sample itself.

Only SDV's public interface is used. Columns travel under neutral names and with the two types that matter to a copula,
so that no name, date layout or boolean spelling of the analyst's table can stop it.
"""

from __future__ import annotations

import logging
import warnings

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.schema import Column, Schema
from core.tables import as_numbers, as_work_frame

GAUSSIAN_COPULA = "Gaussian copula"
MAX_FIT_ROWS = 50_000
"""Train rows that a comparison model is fitted on; of more, as many at random. A copula gains nothing from more."""

MAX_FIT_COLUMNS = 100
"""Widest table that is fitted: a distribution is fitted to every column, half a second each."""

MIN_FIT_ROWS = 10


def draw_gaussian_copula(train: pd.DataFrame, schema: Schema, n_rows: int, *, seed: int = 0) -> pd.DataFrame:
    """Rows of a Gaussian copula fitted to the train rows: marginals and linear relations of ranks, nothing else.

    Parameters
    ----------
    train : DataFrame
        Work frame of train rows.
    schema : Schema
    n_rows : int
    seed : int
        Chooses the rows that are fitted on where there are more than `MAX_FIT_ROWS`; SDV draws with a seed of its own.

    Returns
    -------
    DataFrame
        Work frame of the modelled columns.

    Raises
    ------
    NotApplicable
        If there are too few rows, too many columns or none, or SDV cannot fit this table.
    """
    columns = schema.modelled
    if not 1 <= len(columns) <= MAX_FIT_COLUMNS or len(train) < MIN_FIT_ROWS:
        raise NotApplicable(
            f"A Gaussian copula is fitted to 1 to {MAX_FIT_COLUMNS} modelled columns and at least {MIN_FIT_ROWS} "
            f"train rows; here are {len(columns)} and {len(train):,}."
        )
    if len(train) > MAX_FIT_ROWS:
        chosen = np.random.default_rng([seed, *b"copula"]).permutation(len(train))[:MAX_FIT_ROWS]
        train = train.iloc[np.sort(chosen)]
    names = [f"c{place}" for place in range(len(columns))]
    plain = pd.DataFrame({name: _plain(train[one.name], one) for name, one in zip(names, columns, strict=True)})
    kinds = {
        name: {"sdtype": "numerical" if one.is_number else "categorical"}
        for name, one in zip(names, columns, strict=True)
    }
    try:
        drawn = _fit_and_draw(plain, kinds, n_rows)
    except Exception as error:  # whatever stops a comparison model must not stop the judging
        logging.getLogger(__name__).warning("no Gaussian copula: %s", type(error).__name__, exc_info=True)
        raise NotApplicable(f"SDV could not fit a Gaussian copula to this table ({type(error).__name__}).") from error
    return as_work_frame(
        pd.DataFrame({one.name: _from_plain(drawn[name], one) for name, one in zip(names, columns, strict=True)}),
        Schema(columns=columns),
    )


def _fit_and_draw(plain: pd.DataFrame, kinds: dict, n_rows: int) -> pd.DataFrame:
    from sdv.metadata import Metadata
    from sdv.single_table import GaussianCopulaSynthesizer

    metadata = Metadata.load_from_dict(
        {"tables": {"table": {"columns": kinds}}, "relationships": [], "METADATA_SPEC_VERSION": "V1"}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fits of single distributions that did not converge: SDV takes its next one
        synthesizer = GaussianCopulaSynthesizer(metadata)
        synthesizer.fit({"table": plain})
        return synthesizer.sample(num_rows=n_rows)["table"]


def _plain(series: pd.Series, column: Column) -> np.ndarray:
    """Numbers (dates in seconds) or texts; infinite values, which no distribution holds, are missing."""
    if not column.is_number:
        return series.astype(object).to_numpy()
    values = as_numbers(series)
    return np.where(np.isfinite(values), values, np.nan)


def _from_plain(series: pd.Series, column: Column) -> pd.Series:
    if not column.is_number:
        return series.astype(object)
    values = series.astype(float)
    if column.type == "datetime":
        return pd.Series((values * 1e6).round().astype("Int64").astype("datetime64[us]"), index=series.index)
    return values
