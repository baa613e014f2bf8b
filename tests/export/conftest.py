"""A small session that has been through every stage once, with hostile names and values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.records import Condition, SampleRequest
from core.synthesis.config import TrainingConfig
from core.workbench import data, judging, sampling, sessions, training
from core.workbench.sessions import Session

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|'/c calc'!A1"
TURNED = "\u202egnp.exe"
TARGET = 'the "target"'
LEVELS = [FORMULA, "+1 offer", "@sum", "<img src=x onerror=alert(1)>", "O'Hara; drop table x --", "😀 fine"]


@dataclass(frozen=True)
class Made:
    """Ids of a session in which everything was done once, and the file that it began with."""

    session: Session
    source: Path
    dataset: str
    run: str
    sample: str


def hostile_table(n_rows: int = 600) -> pd.DataFrame:
    random = np.random.default_rng(3)
    good = random.random(n_rows) < 0.4
    return pd.DataFrame(
        {
            SCRIPT: random.normal(0, 12, n_rows).round(2),
            "x" * 10_000: random.integers(0, 900, n_rows),
            TURNED: random.choice(LEVELS, n_rows),
            "when": (pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 300, n_rows), unit="D")).strftime(
                "%d/%m/%Y"
            ),
            TARGET: np.where(good ^ (random.random(n_rows) < 0.1), "yes", "no"),
        }
    )


def done(session: Session, job_id: str) -> str:
    for _ in sessions.follow(session, job_id):
        pass
    return job_id


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("export")
    session = sessions.create_session(folder)
    source = folder / "hostile.csv"
    hostile_table().to_csv(source, index=False)
    reading = done(session, data.start_reading(session, source, name=SCRIPT))
    schema = data.reading(session, reading).schema
    dataset = done(
        session, data.save_dataset(session, reading, schema=schema, name=SCRIPT, target=TARGET, split_seed=1)
    )
    config = TrainingConfig(epochs=3, batch_size=100, threads=1, checkpoint_every=1, seed=1)
    run = done(session, training.start_training(session, dataset, config))
    request = SampleRequest(n_rows=400, seed=2, conditions=(Condition(column=TARGET, level="yes", n_rows=30),))
    sample = done(session, sampling.start_sampling(session, run, request))
    done(session, judging.start_evaluation(session, sample, parts=("fidelity", "utility", "privacy"), plan="quick"))
    yield Made(session=session, source=source, dataset=dataset, run=run, sample=sample)
    sessions.close_session(session)
