"""Every digest computed again: what was changed behind the store's back is found."""

from __future__ import annotations

import pytest

from tests.store.making import make_dataset, make_evaluation, make_run, make_sample


@pytest.fixture
def filled(store):
    dataset = make_dataset(store)
    run_id = make_run(store, dataset.id)
    sample_id = make_sample(store, run_id)
    make_evaluation(store, sample_id)
    assert store.verify() == []
    return store


CHANGES = {
    "update dataset set target = null": "columns, split or target",
    "update dataset set split = replace(split, '0.2', '0.3')": "columns, split or target",
    "update dataset_column set definition = replace(definition, 'numbers', 'none')": "columns, split or target",
    "delete from dataset_column where place = 0": "columns, split or target",
    'update training_run set config = \'{"epochs":4,"seed":0}\'': "configuration",
    "update metric_result set value = .99 where metric = 'column_shapes'": "report",
    "delete from metric_result where metric = 'dcr_share'": "report",
    "update metric_result set explanation = 'Safe.'": "report",
    "update evaluation set pictures = replace(pictures, '[1,2]', '[9,9]')": "report",
    "update audit set action = 'nothing' where number = 3": "audit",
    "delete from audit where number = 2": "audit",
    "update audit set happened_at = happened_at - interval 1 day where number = 4": "audit",
}


@pytest.mark.parametrize("statement", CHANGES)
def test_a_row_that_was_changed_is_found(filled, statement) -> None:
    with filled._transaction() as cursor:
        cursor.execute(statement)
    problems = filled.verify()
    assert len(problems) == 1
    assert CHANGES[statement] in problems[0].message


def test_a_table_that_was_changed_or_is_gone_is_found(filled) -> None:
    sample, dataset = filled.list_samples()[0], filled.list_datasets()[0]
    (filled.folder / sample.path).write_bytes(b"other rows")
    (filled.folder / "tables" / f"{dataset.id}-train.parquet").unlink()
    found = {problem.id: problem.message for problem in filled.verify()}
    assert found == {
        sample.id: f"Its table {sample.path} was changed.",
        dataset.id: f"Its table tables/{dataset.id}-train.parquet is gone.",
    }


def test_a_checkpoint_that_was_changed_is_found_and_one_given_up_for_space_is_not_a_problem(filled) -> None:
    checkpoint = filled.list_checkpoints(filled.list_runs()[0].id)[0]
    meta = filled.folder / checkpoint.folder / "meta.json"
    meta.write_text('{"epoch": 9}')
    assert [problem.message for problem in filled.verify()] == ["Its checkpoint of epoch 3 was changed."]
    meta.unlink()
    meta.parent.rmdir()
    assert filled.verify() == []


def test_equal_tables_have_equal_content_ids_whatever_they_are_called(store) -> None:
    first, second = make_dataset(store), make_dataset(store)
    assert first.id != second.id
    assert first.content_hash == second.content_hash
