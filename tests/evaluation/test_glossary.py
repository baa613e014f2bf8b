"""Every metric of fidelity and utility has words and a source."""

import numpy as np

from core.evaluation.judge import judge
from core.evaluation.metric import Part
from core.figures.glossary import entry
from core.records import MetricResult
from tests.evaluation.made import people, schema_of, tables_of

SCHEMA = schema_of(
    age="continuous", income="continuous", job="categorical", sex="boolean", buys="categorical", when="datetime"
)


def with_dates(n_rows: int, seed: int) -> dict:
    columns = people(n_rows, seed)
    days = (columns["age"] * 11).astype("int64").astype("timedelta64[D]")
    return columns | {"when": (days + np.datetime64("2020-01-01")).astype("datetime64[us]")}


def test_every_metric_says_what_it_is_and_where_it_comes_from():
    names = set()
    for target, more in (("buys", {"sensitive": ("sex",), "further_targets": ("job",)}), ("income", {})):
        tables = tables_of(
            SCHEMA, with_dates(300, 0), with_dates(300, 1), with_dates(300, 2), with_dates(40, 3), target=target, **more
        )
        items = judge(tables, {Part.FIDELITY, Part.UTILITY})
        names |= {one.metric for one in items if isinstance(one, MetricResult)}
    assert len(names) > 60
    lacking = {name for name in names if not (entry(name).question and entry(name).reading and entry(name).source)}
    assert lacking == set()
