"""SDV's Gaussian copula as an anchor: marginals and relations of ranks come back, whatever the columns are called."""

import numpy as np
import pandas as pd
import pytest

from core.errors import NotApplicable
from core.schema import Column, ColumnType, Schema, Storage
from core.synthesis.peers import draw_gaussian_copula
from core.tables import as_work_frame


@pytest.fixture(scope="module")
def drawn() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    kinds = {"a b": "continuous", "$y$": "continuous", "Größe\n": "categorical", "when": "datetime", "flag": "boolean"}
    schema = Schema(
        columns=tuple(
            Column(name=name, type=ColumnType(kind), reason="made", storage=Storage.TEXT)
            for name, kind in kinds.items()
        )
    )
    real = pd.DataFrame(
        {
            "a b": np.where(rng.random(400) < 0.1, np.nan, x),
            "$y$": np.where(np.arange(400) == 7, np.inf, 2 * x + rng.normal(size=400)),
            "Größe\n": rng.choice(["p", "q", None], 400, p=[0.7, 0.2, 0.1]),
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, 400), unit="D"),
            "flag": rng.choice(["True", "False"], 400),
        }
    )
    real = as_work_frame(real, schema)
    return real, draw_gaussian_copula(real, schema, 300, seed=1)


def test_the_drawn_table_is_a_work_frame_of_the_same_columns(drawn):
    real, other = drawn
    assert list(other) == list(real)
    assert len(other) == 300
    assert other["when"].dtype == real["when"].dtype
    assert set(other["Größe\n"].cat.categories) <= {"p", "q"}
    assert other["when"].between(real["when"].min(), real["when"].max()).all()


def test_marginals_and_relations_of_ranks_come_back(drawn):
    real, other = drawn
    finite = real.replace([np.inf], np.nan)
    ours, theirs = (frame[["a b", "$y$"]].corr(method="spearman").iloc[0, 1] for frame in (finite, other))
    assert theirs == pytest.approx(ours, abs=0.15)
    assert (other["Größe\n"] == "p").mean() == pytest.approx(0.7, abs=0.1)
    assert other["a b"].isna().mean() == pytest.approx(0.1, abs=0.06)


def test_too_few_rows_are_a_reason(drawn):
    real, _ = drawn
    schema = Schema(columns=(Column(name="flag", type=ColumnType.BOOLEAN, reason="made", storage=Storage.TEXT),))
    with pytest.raises(NotApplicable, match="at least 10 train rows"):
        draw_gaussian_copula(real.iloc[:3], schema, 3)
