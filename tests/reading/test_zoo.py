"""Every animal of the zoo is read as a person would read it, or refused with one sentence that names the cause."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from core.errors import UnreadableFile
from core.reading.read import Diagnosis, read_table
from tests.reading.zoo import ZOO, Animal


def put(animal: Animal, folder):
    path = folder / animal.name
    if isinstance(animal.make, bytes):
        path.write_bytes(animal.make)
    else:
        animal.make(path)
    return path


def test_the_zoo_has_at_least_forty_animals_of_different_names():
    assert len({animal.name for animal in ZOO}) == len(ZOO) >= 40


@pytest.mark.parametrize("animal", [one for one in ZOO if not one.refused], ids=lambda animal: animal.name)
def test_it_is_read_as_a_person_would_read_it(animal, tmp_path):
    target = tmp_path / "out" / "table.parquet"
    target.parent.mkdir()
    diagnosis = read_table(put(animal, tmp_path), target)
    table = pq.read_table(target)
    assert table.column_names == animal.columns
    if animal.rows:
        assert [list(row.values()) for row in table.to_pylist()] == animal.rows
    assert diagnosis.n_rows == table.num_rows == (animal.n_rows or len(animal.rows))
    assert diagnosis.n_columns == len(animal.columns)
    assert {one.code for one in diagnosis.findings} >= set(animal.codes)
    assert diagnosis.n_rejected == animal.n_rejected
    assert len(diagnosis.rejected) == animal.n_rejected
    assert Diagnosis.from_json(json.loads(json.dumps(diagnosis.to_json()))) == diagnosis
    left = {path.name for path in target.parent.iterdir()} - {"table.parquet", "table.rejected.csv"}
    assert not left, "nothing is left behind"


@pytest.mark.parametrize("animal", [one for one in ZOO if one.refused], ids=lambda animal: animal.name)
def test_it_is_refused_with_one_sentence_that_names_the_cause(animal, tmp_path):
    target = tmp_path / "out" / "table.parquet"
    target.parent.mkdir()
    with pytest.raises(UnreadableFile) as refused:
        read_table(put(animal, tmp_path), target)
    assert animal.refused in refused.value.message
    assert "\n" not in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert not list(target.parent.iterdir()), "nothing is left behind"
