"""The Explore page on a table with hostile names: every view, filled and before anything was looked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.workbench import constraining, data, exploring, preparing, sessions
from core.workbench.sessions import Session
from tests.pages.conftest import TARGET, charts, done, hostile_table, open_page, said


@dataclass(frozen=True)
class Explored:
    session: Session
    dataset: str


@pytest.fixture(scope="module")
def explored(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explored]:
    session = sessions.create_session(home)
    source = tmp_path_factory.mktemp("tables") / "hostile.csv"
    hostile_table().to_csv(source, index=False)
    reading = done(session, data.start_reading(session, source, name="<script>hostile</script>"))
    schema = data.reading(session, reading).schema
    dataset = done(session, data.save_dataset(session, reading, schema=schema, name="hostile", target=TARGET))
    done(session, exploring.start_exploring(session, dataset))
    done(session, constraining.start_suggesting(session, dataset))
    yield Explored(session=session, dataset=dataset)
    sessions.close_session(session)


def opened(explored: Explored, view: str, dataset: str | None = None):
    app = open_page("explore", session=explored.session.id, dataset=dataset or explored.dataset)
    app.segmented_control(key="explore-view").set_value(view).run()
    assert not app.exception
    assert not app.error, [one.value for one in app.error]
    return app


def test_without_a_dataset_the_page_says_where_to_bring_one(home: Path) -> None:
    session = sessions.create_session(home)
    try:
        assert "No dataset yet" in said(open_page("explore", session=session.id))
    finally:
        sessions.close_session(session)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("Findings", "Balance of the target"),
        ("Columns", "Counted in all 400 rows"),
        ("Pairs", "A pair of columns"),
        ("Missing cells", "rows are complete"),
        ("Quasi-identifiers", "an outsider may know"),
        ("Prepare", "make a **new dataset**"),
        ("Constraints", "Rules that hold in the train rows"),
    ],
)
def test_every_view_can_be_seen(explored: Explored, view: str, words: str) -> None:
    app = opened(explored, view)
    assert words in said(app)
    if view == "Pairs":
        assert {"associations", "pair-picture"} <= set(charts(app))


def test_a_step_is_added_tried_and_removed(explored: Explored) -> None:
    app = opened(explored, "Prepare")
    app.selectbox(key="step-kind").set_value("drop-duplicates").run()
    app.button(key="step-add").click().run()
    assert not app.exception
    assert "nothing changed" in said(app)
    app.button(key="step-remove-0").click().run()
    assert any("No step yet" in one.value for one in app.info)


def test_a_prepared_dataset_shows_its_steps_and_the_way_back(explored: Explored) -> None:
    recipe = preparing.make_recipe([{"kind": "drop-missing", "columns": [":smile: :red[y]"]}])
    child = done(explored.session, preparing.start_preparing(explored.session, explored.dataset, recipe))
    app = opened(explored, "Prepare", child)
    assert "Made by 1 step" in said(app)
    app.button(key="recipe-undo").click().run()
    assert not app.exception
    assert app.query_params["dataset"] in (explored.dataset, [explored.dataset])
