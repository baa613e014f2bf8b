"""`python -m core sample`: from a run, from an output folder and from a model that was handed on, as one file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from core.requests import SampleRequest
from core.synthesis.checkpoint import load_model
from core.synthesis.config import TrainingConfig
from core.workbench import data, exporting, sampling, training
from core.workbench.sessions import close_session, create_session, follow
from tests.cli.test_commands import doppel, make_table

WANTED = (
    "--rows", 400, "--mix", "income=>50K:0.4,<=50K:0.4", "--condition", "income=>50K & age=30..60:12",
    "--condition", "zip=00123:8", "--seed", 5,
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path]:
    """A run by its id, the folder of its session, and its model as it is exported, unpacked."""
    folder = tmp_path_factory.mktemp("sample")
    session = create_session(folder)

    def done(job: str) -> str:
        for _ in follow(session, job):
            pass
        return job

    reading = done(data.start_reading(session, make_table(folder / "people.csv"), name="people"))
    dataset = done(
        data.save_dataset(
            session, reading, schema=data.reading(session, reading).schema, name="people", target="income", split_seed=1
        )
    )
    config = TrainingConfig(epochs=2, batch_size=100, threads=1, seed=1)
    run = done(training.start_training(session, dataset, config))
    sample = done(sampling.start_sampling(session, run, SampleRequest(n_rows=20)))
    export = done(exporting.start_export(session, "model", sample, scrub=False))
    with zipfile.ZipFile(exporting.export(session, export).path) as archive:
        archive.extractall(folder)
    close_session(session)
    return run, session.folder, folder / "model"


def _drawn(where: object, path: Path) -> tuple[pd.DataFrame, str]:
    answer = doppel("sample", where, *WANTED, "--out", path, timeout=900)
    assert answer.returncode == 0, answer.stderr
    read = pd.read_parquet if path.suffix == ".parquet" else pd.read_csv
    return read(path), answer.stderr


def test_a_session_and_a_model_handed_on_give_the_same_rows_as_csv_and_as_parquet(made, tmp_path: Path) -> None:
    _, session, model = made
    frame, said = _drawn(session, tmp_path / "rows.csv")
    assert len(frame) == 400 + 12 + 8
    assert frame["income"].iloc[:400].value_counts().tolist() == [200, 200]
    both = frame.iloc[400:412]
    assert (both["income"] == ">50K").all()
    assert both["age"].between(30, 60).all()
    assert (frame["zip"].iloc[412:] == 123).all()
    assert "sum to 0.8; they are scaled to 1" in said
    assert "12 of 12 rows" in said
    assert "8 of 8 rows" in said

    assert len(load_model(model).offsets)
    stored, _ = _drawn(model, tmp_path / "rows.parquet")
    assert stored["age"].dtype.kind == "i"
    assert stored["zip"].iloc[412:].tolist() == ["00123"] * 8
    for name in ("age", "balance", "income"):
        assert stored[name].tolist() == pytest.approx(frame[name].tolist(), nan_ok=True), name


def test_what_cannot_be_drawn_is_one_sentence_and_leaves_no_file(made, tmp_path: Path) -> None:
    run, session, _ = made
    odd = tmp_path / "odd.csv"
    odd.write_text("income,colour\n>50K,red\n", encoding="utf-8")
    for where, arguments, words in (
        (session / "jobs" / run, ("--condition", "income=>90K:5"), "no income = >90K"),
        (session, ("--condition", "income=>50K & income=<=50K:5"), "both"),
        (session, ("--given", odd), "columns that the table does not have: colour."),
        (session, (), "No rows are asked for"),
    ):
        answer = doppel("sample", where, *arguments, "--out", tmp_path / "rows.csv", timeout=900)
        assert answer.returncode == 2, answer.stderr
        assert words in answer.stderr
        assert "Traceback" not in answer.stderr
    assert list(tmp_path.iterdir()) == [odd]
