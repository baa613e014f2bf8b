"""Tables at the edges give numbers or reasons, never an error."""

import logging

import numpy as np
import pytest

from core.evaluation.judge import judge
from core.evaluation.metric import Part
from core.records import MetricResult, Status
from tests.evaluation.made import MIXED, people, schema_of, tables_of


def first(columns: dict, n_rows: int) -> dict:
    return {name: np.asarray(values)[:n_rows] for name, values in columns.items()}


NUMBERS = schema_of(x="continuous", y="continuous", z="continuous")
LEVELS = schema_of(a="categorical", b="categorical", c="boolean")
ONE = schema_of(x="continuous")


def numbers(n_rows: int, seed: int) -> dict:
    return dict(zip("xyz", np.random.default_rng(seed).normal(size=(3, n_rows)), strict=True))


def levels(n_rows: int, seed: int) -> dict:
    rng = np.random.default_rng(seed)
    return {
        "a": rng.choice(list("pqrs"), n_rows),
        "b": rng.choice(list("uv"), n_rows),
        "c": rng.choice(["True"], n_rows),
    }


def with_empty_columns(seed: int) -> dict:
    return {**people(60, seed), "age": np.full(60, np.nan), "job": np.full(60, None)}


def with_many_levels(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    return {**people(6_000, seed), "job": [f"l{number:04}" for number in rng.integers(0, 5_000, 6_000)]}


def many_classes(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    return {**people(400, seed), "job": [f"job {number}" for number in rng.integers(0, 30, 400)]}


CASES = {
    "thirty classes": (MIXED, many_classes(0), many_classes(1), many_classes(2), "job"),
    "three rows": (MIXED, people(3, 0), people(3, 1), people(3, 2), "buys"),
    "one row": (MIXED, people(1, 0), people(1, 1), people(1, 2), "buys"),
    "one synthetic row": (MIXED, people(50, 0), people(1, 1), people(20, 2), "buys"),
    "no synthetic row": (MIXED, people(50, 0), first(people(1, 1), 0), people(20, 2), "buys"),
    "no control row": (MIXED, people(50, 0), people(50, 1), None, "buys"),
    "one column": (ONE, {"x": [1.0, 2, 3]}, {"x": [1.0, 2, 4]}, {"x": [2.0]}, "x"),
    "constant real columns": (
        NUMBERS,
        {**numbers(40, 0), "x": np.ones(40)},
        numbers(40, 1),
        numbers(20, 2),
        "x",
    ),
    "constant synthetic columns": (NUMBERS, numbers(40, 0), dict.fromkeys("xyz", np.ones(40)), numbers(20, 2), "x"),
    "every column constant": (LEVELS, *[dict.fromkeys("abc", ["True"] * 30)] * 3, "a"),
    "columns without any value": (MIXED, with_empty_columns(0), with_empty_columns(1), with_empty_columns(2), "buys"),
    "synthetic columns without any value": (MIXED, people(60, 0), with_empty_columns(1), people(30, 2), "job"),
    "all numbers": (NUMBERS, numbers(200, 0), numbers(200, 1), numbers(100, 2), "z"),
    "all levels": (LEVELS, levels(200, 0), levels(200, 1), levels(100, 2), "b"),
    "five thousand levels": (MIXED, with_many_levels(0), with_many_levels(1), with_many_levels(2), "buys"),
    "infinite numbers": (NUMBERS, numbers(50, 0), {**numbers(50, 1), "x": np.full(50, np.inf)}, numbers(20, 2), "z"),
    "huge numbers": (NUMBERS, *[{**numbers(50, seed), "x": np.full(50, 1e300) * (seed + 1)} for seed in range(3)], "z"),
    "control rows lack levels": (
        MIXED,
        people(200, 0),
        people(200, 1),
        {**people(40, 2), "job": ["clerk"] * 40},
        "job",
    ),
    "control rows have levels of their own": (
        MIXED,
        people(200, 0),
        people(200, 1),
        {**people(40, 2), "job": ["baker"] * 40},
        "buys",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_odd_tables_give_numbers_or_reasons(case, caplog):
    schema, train, synthetic, control, target = CASES[case]
    with caplog.at_level(logging.ERROR), np.errstate(over="ignore", invalid="ignore"):
        small = len(next(iter(train.values()))) <= 60
        more = {"sensitive": schema.names[:2], "further_targets": schema.names} if small else {}
        tables = tables_of(schema, train, synthetic, control, target=target, **more)
        items = list(judge(tables, {Part.FIDELITY, Part.UTILITY}))
    assert not caplog.records, caplog.text
    results = [one for one in items if isinstance(one, MetricResult)]
    assert {"column_shapes", "pair_trends", "correlation_difference", "utility_kept"} <= {one.metric for one in results}
    for one in results:
        assert one.explanation.strip().endswith("."), one
        if one.status is Status.MEASURED:
            assert one.unit, one
            assert (one.low is None) == (one.interval == ""), one
