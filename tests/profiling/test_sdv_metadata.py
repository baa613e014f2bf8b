"""SDV metadata out and in; that SDV takes what we write is tried with SDV itself."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest

from core.demo.card_payments import make_card_payments
from core.errors import InvalidConfig, SchemaMismatch
from core.profiling.infer import infer_schema
from core.profiling.sdv_metadata import from_sdv, to_sdv


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdv")
    make_card_payments(600, seed=2).to_parquet(folder / "t.parquet")
    return folder, infer_schema(folder / "t.parquet")


def test_types_become_those_of_sdv(made):
    value = to_sdv(made[1])["tables"]["table"]
    assert value["primary_key"] == "transaction_id"
    sdtypes = {name: one["sdtype"] for name, one in value["columns"].items()}
    assert (sdtypes["amount"], sdtypes["category"], sdtypes["time"]) == ("numerical", "categorical", "datetime")
    assert (sdtypes["email"], sdtypes["iban"], sdtypes["card_present"]) == ("email", "iban", "boolean")


def test_what_is_written_and_read_again_changes_nothing(made):
    assert from_sdv(json.loads(json.dumps(to_sdv(made[1]))), made[1]) == made[1]


def test_sdv_accepts_what_is_written(made):
    folder, schema = made
    (folder / "metadata.json").write_text(json.dumps(to_sdv(schema)))
    script = (
        "import sys, pandas as pd\n"
        "from sdv.metadata import Metadata\n"
        "metadata = Metadata.load_from_json(sys.argv[1])\n"
        "metadata.validate()\n"
        "metadata.validate_data({'table': pd.read_parquet(sys.argv[2])})\n"
    )
    tried = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(folder / "metadata.json"), str(folder / "t.parquet")],
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert tried.returncode == 0, tried.stderr[-2000:]


def test_types_of_the_older_form_are_taken_over(tmp_path):
    pd.DataFrame({"grade": [1, 2, 3, 4] * 100, "n": range(400)}).to_parquet(tmp_path / "t.parquet")
    schema = infer_schema(tmp_path / "t.parquet")
    old = {
        "columns": {"grade": {"sdtype": "numerical"}, "n": {"sdtype": "id"}},
        "METADATA_SPEC_VERSION": "SINGLE_TABLE_V1",
    }
    changed = from_sdv(old, schema)
    assert (changed["grade"].type, changed["grade"].reason) == ("continuous", "Set by the analyst.")
    assert changed["n"] == schema["n"]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"tables": {"a": {"columns": {}}, "b": {"columns": {}}}}, InvalidConfig),
        ({"something": 1}, InvalidConfig),
        ({"columns": {"nowhere": {"sdtype": "id"}}}, SchemaMismatch),
        ({"columns": {"category": {"sdtype": "numerical"}}}, InvalidConfig),
    ],
)
def test_metadata_that_does_not_fit_is_refused(value, error, made):
    with pytest.raises(error):
        from_sdv(value, made[1])
