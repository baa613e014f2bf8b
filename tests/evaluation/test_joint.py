"""Two columns on shared cells."""

import numpy as np

from core.evaluation.joint import joint_picture
from core.tables import MISSING_LABEL
from tests.evaluation.made import schema_of, tables_of

SCHEMA = schema_of(x="continuous", c="categorical", when="datetime")


def picture(first: str, second: str, real: dict, synthetic: dict):
    tables = tables_of(SCHEMA, real, synthetic)
    frames = {"train": tables.train, "synthetic": tables.synthetic}
    return joint_picture(SCHEMA[first], SCHEMA[second], frames)


def table(x: list, c: list) -> dict:
    return {"x": x, "c": c, "when": np.array(["2024-01-01"] * len(x), dtype="datetime64[us]")}


def test_counts_by_hand_with_missing_values_in_cells_of_their_own():
    real = table([0.0, 1.0, 1.0, np.nan], ["a", "a", "b", "b"])
    synthetic = table([0.0, np.nan], ["c", None])
    found = picture("x", "c", real, synthetic)
    assert found.x.edges == (-0.5, 0.5, 1.5)
    assert found.x.labels == (MISSING_LABEL,)
    assert found.y.labels == ("a", "b", "c", MISSING_LABEL)
    assert found.real == ((1, 1, 0), (0, 1, 1), (0, 0, 0), (0, 0, 0))
    assert found.synthetic == ((0, 0, 0), (0, 0, 0), (1, 0, 0), (0, 0, 1))


def test_many_levels_share_a_cell_and_every_row_is_counted():
    rng = np.random.default_rng(0)
    real = table(rng.normal(size=3_000).tolist(), [f"l{one}" for one in rng.integers(0, 1_000, 3_000)])
    found = picture("x", "c", real, real)
    assert len(found.y.labels) == 16
    assert found.y.labels[-1].startswith("other (")
    assert np.sum(found.real) == np.sum(found.synthetic) == 3_000


def test_a_column_with_itself_and_a_constant_date():
    real = table([0.0, 1.0], ["a", "b"])
    assert picture("c", "c", real, real).real == ((1, 0), (0, 1))
    assert picture("when", "x", real, real).x.is_date
