"""A session that has been through every stage once, on a small table with hostile names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from core.records import Condition, SampleRequest
from core.synthesis.config import TrainingConfig
from core.workbench import data, judging, sampling, sessions, training
from core.workbench.sessions import Session

APP = str(Path(__file__).resolve().parent.parent.parent / "app.py")
SCRIPT, BOLD, LATEX, EMOJI = "<script>alert(1)</script>", "**bold** [x](http://x.example)", "$x^2$", ":smile: :red[y]"
LONG = "long" * 2_500
TARGET = "`tick` <b>target</b>"
N_ROWS = 400


@dataclass(frozen=True)
class Worked:
    """Ids of a session in which everything was done once."""

    session: Session
    reading: str
    dataset: str
    run: str
    sample: str


def hostile_table(n_rows: int = N_ROWS) -> pd.DataFrame:
    random = np.random.default_rng(0)
    good = random.random(n_rows) < 0.4
    return pd.DataFrame(
        {
            SCRIPT: random.normal(40, 12, n_rows).round(1),
            BOLD: np.where(good, "*yes*", "<i>no</i>"),
            LATEX: random.choice(["$a$", "b & c", ":smile:"], n_rows),
            EMOJI: np.where(random.random(n_rows) < 0.1, np.nan, random.exponential(100, n_rows).round(2)),
            LONG: random.integers(0, 50, n_rows) * 3,
            TARGET: np.where(good ^ (random.random(n_rows) < 0.1), "<=50K", ">50K"),
        }
    )


@pytest.fixture(autouse=True)
def running_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run be that of a server that has been up: AppTest takes each for the first (see `router.page`)."""
    make = PagesManager.__init__

    def made(self: PagesManager, *args: object, **kwargs: object) -> None:
        make(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", made)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own for the session store of these tests."""
    before = os.environ.get("DOPPEL_HOME")
    folder = tmp_path_factory.mktemp("home")
    os.environ["DOPPEL_HOME"] = str(folder)
    yield folder
    if before is None:
        os.environ.pop("DOPPEL_HOME")
    else:
        os.environ["DOPPEL_HOME"] = before


def done(session: Session, job_id: str) -> str:
    for _ in sessions.follow(session, job_id):
        pass
    return job_id


@pytest.fixture(scope="session")
def worked(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worked]:
    session = sessions.create_session(home)
    source = tmp_path_factory.mktemp("tables") / "hostile.csv"
    hostile_table().to_csv(source, index=False)
    reading = done(session, data.start_reading(session, source, name="<script>hostile</script>"))
    schema = data.reading(session, reading).schema
    dataset = done(
        session, data.save_dataset(session, reading, schema=schema, name="<script>hostile</script>", target=TARGET)
    )
    config = TrainingConfig(epochs=2, batch_size=100, threads=1, checkpoint_every=1)
    run = done(session, training.start_training(session, dataset, config))
    conditions = (Condition(column=TARGET, level=">50K", n_rows=20),)
    sample = done(session, sampling.start_sampling(session, run, SampleRequest(n_rows=300, conditions=conditions)))
    evaluation = judging.start_evaluation(session, sample, parts=judging.PARTS, plan="standard")
    done(session, evaluation)
    yield Worked(session=session, reading=reading, dataset=dataset, run=run, sample=sample)
    sessions.close_session(session)


def open_page(page: str, **ids: str) -> AppTest:
    """Run the app on a page with ids in the query string; fails on anything that Streamlit calls an exception."""
    app = AppTest.from_file(APP, default_timeout=30)
    for name, value in ids.items():
        app.query_params[name] = value
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, [one.value for one in app.exception]
    return app


CHARTS = ("plotly_chart", "echarts_chart")


def charts(app: AppTest, start: str = "") -> list[str]:
    """Keys of the charts on the page that begin with `start`."""
    return [chart.key for kind in CHARTS for chart in app.get(kind) if chart.key.startswith(start)]


def said(app: AppTest) -> str:
    """Everything that the page says as Markdown."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "error", "warning", "info", "success")
    words = [element.value for kind in kinds for element in getattr(app, kind)]
    words += [metric.label for metric in app.metric] + [button.label for button in app.button]
    return "\n".join(str(word) for word in words)
