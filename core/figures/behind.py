"""The numbers behind each chart as a plain table, for whoever wants to draw it differently."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.figures.columns import bin_shares, level_shares
from core.figures.correlations import as_matrix
from core.figures.joint import cell_texts
from core.figures.quantiles import quantiles
from core.figures.scales import Rate, as_anchors
from core.pictures import JointPicture, ProjectionPicture
from core.records import ColumnPicture, CorrelationPicture, MetricResult


def column_numbers(picture: ColumnPicture) -> pd.DataFrame:
    """Share of rows in each bin or level."""
    shares = bin_shares(picture) if picture.edges else level_shares(picture)
    return pd.DataFrame({picture.column: shares.texts, "real_share": shares.real, "synthetic_share": shares.synthetic})


def quantile_numbers(picture: ColumnPicture) -> pd.DataFrame:
    """Real and synthetic quantiles; dates as dates."""
    shares, real, synthetic = quantiles(picture)
    if picture.type == "datetime":
        real, synthetic = (pd.to_datetime(one, unit="s") for one in (real, synthetic))
    return pd.DataFrame({"share_at_or_below": shares, "real": real, "synthetic": synthetic})


def joint_numbers(picture: JointPicture) -> pd.DataFrame:
    """Rows in each cell of two columns."""
    across, upwards = cell_texts(picture.x), cell_texts(picture.y)
    real, synthetic = np.asarray(picture.real), np.asarray(picture.synthetic)
    rows, columns = np.indices(real.shape)
    return pd.DataFrame(
        {
            "first_column": picture.x.name,
            "first": np.array(across, dtype=object)[columns.ravel()],
            "second_column": picture.y.name,
            "second": np.array(upwards, dtype=object)[rows.ravel()],
            "real_rows": real.ravel(),
            "synthetic_rows": synthetic.ravel(),
        }
    )


def correlation_numbers(picture: CorrelationPicture) -> pd.DataFrame:
    """Association of every pair."""
    real, synthetic = as_matrix(picture.real), as_matrix(picture.synthetic)
    rows, columns = np.triu_indices(len(picture.columns), 1)
    names = np.array(picture.columns, dtype=object)
    return pd.DataFrame(
        {
            "first": names[rows],
            "second": names[columns],
            "real": real[rows, columns],
            "synthetic": synthetic[rows, columns],
            "difference": (synthetic - real)[rows, columns],
        }
    )


def projection_numbers(picture: ProjectionPicture) -> pd.DataFrame:
    """Rows of each table in each cell of the plane that has any."""
    counts = {name: np.asarray(one) for name, one in picture.counts.items()}
    rows, columns = np.nonzero(sum(counts.values()))
    x, y = np.asarray(picture.x_edges), np.asarray(picture.y_edges)
    return pd.DataFrame(
        {
            "first_from": x[columns],
            "first_to": x[columns + 1],
            "second_from": y[rows],
            "second_to": y[rows + 1],
        }
        | {f"{name}_rows": one[rows, columns] for name, one in counts.items()}
    )


def scale_numbers(result: MetricResult) -> pd.DataFrame:
    """The value and its anchors."""
    named = [("value", result.value, result.low, result.high)]
    named += [(one.name, one.value, one.low, one.high) for one in as_anchors(result.anchors)]
    return pd.DataFrame(named, columns=["name", "value", "low", "high"])


def rate_numbers(rates: Sequence[Rate]) -> pd.DataFrame:
    """Rates with their intervals."""
    return pd.DataFrame([(one.label, one.value, one.low, one.high) for one in rates],
                        columns=["name", "value", "low", "high"])  # fmt: skip
