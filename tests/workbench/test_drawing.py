"""Where rows are drawn from without a page, and with which shares a target mix begins."""

from __future__ import annotations

import json

import pytest

from core.errors import InvalidConfig, UnreadableFile, UserError
from core.schema import Column, ColumnType, Schema, Storage
from core.workbench.drawing import MODEL, PRIVATE, find_source, schema_of
from core.workbench.mixing import Cell, Prior, begin_shares, mix_of

SESSION = "0" * 32
SCHEMA = Schema(columns=(Column(name="a", type=ColumnType.CATEGORICAL, reason="t", storage=Storage.TEXT),))


@pytest.fixture
def out(tmp_path):
    """An output folder of `synthesize`, with a session and a run inside."""
    session = tmp_path / PRIVATE / SESSION
    (session / "jobs" / "run-0123456789abcdef" / "checkpoint-000002").mkdir(parents=True)
    (session / "session.json").write_text("{}")
    return tmp_path


def test_an_output_folder_a_session_and_a_run_lead_to_the_same_session(out):
    session = out / PRIVATE / SESSION
    run = session / "jobs" / "run-0123456789abcdef"
    assert find_source(str(out)).session == find_source(str(session)).session == session.resolve()
    assert find_source(str(run)).run_id == "run-0123456789abcdef"


def test_a_run_is_found_by_its_id_in_the_sessions_of_this_machine(out, monkeypatch):
    monkeypatch.setenv("DOPPEL_HOME", str(out / PRIVATE))
    assert find_source("run-0123456789abcdef").run_id == "run-0123456789abcdef"
    with pytest.raises(UserError, match="There is no run 'run-none'"):
        find_source("run-none")


def test_a_folder_with_a_model_is_a_model_and_its_schema_lies_beside_it(tmp_path):
    model = tmp_path / "exported"
    model.mkdir()
    for name in MODEL:
        (model / name).write_text("{}")
    assert find_source(str(model)).model == find_source(str(tmp_path)).model == model.resolve()
    with pytest.raises(UserError, match="comes without its schema"):
        schema_of(model)
    (model / "schema.json").write_text(json.dumps(SCHEMA.to_json()))
    assert schema_of(model).names == ("a",)


def test_anything_else_is_one_sentence(tmp_path):
    with pytest.raises(UnreadableFile, match="There is no folder"):
        find_source(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="is no session, output folder, run or exported model"):
        find_source(str(tmp_path))


CELLS = (
    Cell(levels=("common",), n_train=900, share=0.9),
    Cell(levels=("rare",), n_train=99, share=0.099),
    Cell(levels=("unique",), n_train=1, share=0.001),
)


def test_shares_begin_as_in_the_data_by_logarithm_or_equal_and_move_towards_equal_ones():
    assert begin_shares(CELLS, Prior.TRUE) == pytest.approx([0.9, 0.099, 0.001])
    assert begin_shares(CELLS, Prior.BALANCED) == pytest.approx([1 / 3] * 3)
    log = begin_shares(CELLS, Prior.LOG)
    assert 0.9 > log[0] > log[1] > log[2] > 0.001
    assert begin_shares(CELLS, Prior.TRUE, 1.0) == pytest.approx([1 / 3] * 3)
    assert begin_shares(CELLS, Prior.TRUE, 0.5)[0] == pytest.approx((0.9 + 1 / 3) / 2)
    assert begin_shares((), Prior.TRUE) == []


def test_a_mix_of_shares_that_do_not_sum_to_one_gives_every_row_away():
    mix = mix_of(("a",), CELLS, (30, 10, 20))
    assert mix.rows(7) == (4, 1, 2)  # 3.5, 1.17, 2.33: the largest remainder gets the row that is left
    assert sum(mix.rows(1_000_001)) == 1_000_001
    with pytest.raises(InvalidConfig, match="not all 0"):
        mix_of(("a",), CELLS, (0, 0, 0))
