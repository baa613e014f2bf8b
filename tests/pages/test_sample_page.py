"""The Sample page where something is asked for that cannot be: one sentence, before anything is drawn."""

from __future__ import annotations

import pytest

from core.clauses import Clause, Condition
from core.errors import ImpossibleCondition, InvalidConfig
from core.requests import SampleRequest
from core.tables import read_frame
from core.workbench import data, forecasting, sampling
from tests.pages.conftest import BOLD, LONG, TARGET, open_page


def asked(*clauses: tuple[str, str], n_rows: int = 50) -> SampleRequest:
    wanted = tuple(Clause(column=column, level=level) for column, level in clauses)
    return SampleRequest(n_rows=0, conditions=(Condition.of(wanted, n_rows),))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (asked((TARGET, ">50K"), (TARGET, "<=50K")), "both '>50K' and '<=50K' are asked of it"),
        (asked((TARGET, ">90K")), "The train rows have no"),
        (asked((LONG, "90..30")), "wrong way round"),
    ],
)
def test_what_no_row_can_be_is_said_by_the_forecast_already(worked, wanted, words) -> None:
    with pytest.raises(ImpossibleCondition, match=words):
        forecasting.outlook(worked.session, worked.run, wanted)


def test_a_forecast_from_few_rows_leans_on_how_common_the_rest_is(worked) -> None:
    """b train rows of the level, r of the rest, m of both, n in all: (m + 20 (r + 1/2) / (n + 1)) / (b + 20)."""
    session, schema = worked.session, data.dataset(worked.session, worked.dataset).schema
    train = read_frame(data.table_path(session, worked.dataset, "train"), schema)
    rest = (train[LONG] >= 140).to_numpy()
    level = (train[BOLD] == "*yes*").to_numpy()
    expected = ((rest & level).sum() + 20 * (rest.sum() + 0.5) / (len(train) + 1)) / (level.sum() + 20)
    part = forecasting.outlook(session, worked.run, asked((BOLD, "*yes*"), (LONG, "140.."))).parts[0]
    assert part.acceptance == pytest.approx(expected)
    alone = forecasting.outlook(session, worked.run, asked((BOLD, "*yes*"))).parts[0]
    assert alone.acceptance == 1.0
    assert alone.n_expected == 50


def test_given_rows_with_a_column_that_the_table_lacks_are_refused_by_its_name(worked, tmp_path) -> None:
    schema = data.dataset(worked.session, worked.dataset).schema
    path = tmp_path / "odd.csv"
    path.write_text(f'"{TARGET}",colour\n>50K,red\n', encoding="utf-8")
    with pytest.raises(InvalidConfig, match="columns that the table does not have: colour"):
        sampling.keep_given(worked.session, path, schema)


def test_no_rows_at_all_say_what_is_missing_and_cannot_be_drawn(worked) -> None:
    app = open_page("sample", session=worked.session.id, dataset=worked.dataset, run=worked.run)
    app.number_input(key=f"rows-{worked.run}").set_value(0).run()
    assert any("Nothing is asked for yet" in one.value for one in app.caption)
    assert app.button(key="draw").disabled
