"""Mutated and random files: a table or one sentence, never a traceback, never a hang."""

from __future__ import annotations

import time

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import UserError
from core.profiling.infer import infer_schema
from core.profiling.summary import summarise_table
from core.reading.read import read_table
from tests.reading.test_zoo import put
from tests.reading.zoo import ZOO

SECONDS = 30
"""Longest reading of a small file; a tenth of this is usual even on a busy machine."""
BASES = [animal for animal in ZOO if not isinstance(animal.make, bytes) or len(animal.make) < 20_000]
BASES = [animal for animal in BASES if "bomb" not in animal.name]
TEXT = st.text(alphabet="ab,;\"'\n\r\t|019.-/ é#?%", max_size=300)


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoo")
    return [(put(animal, folder).suffix, (folder / animal.name).read_bytes()) for animal in BASES]


@st.composite
def mutations(draw):
    """Changes of a file: (kind, place 0..1, length, bytes)."""
    return draw(
        st.lists(
            st.tuples(
                st.sampled_from(["cut", "drop", "insert", "repeat", "flip"]),
                st.floats(0, 1),
                st.integers(1, 60),
                st.binary(min_size=1, max_size=30) | TEXT.map(str.encode).filter(bool),
            ),
            min_size=1,
            max_size=4,
        )
    )


def mutated(content: bytes, changes) -> bytes:
    for kind, place, length, new in changes:
        at = int(place * len(content))
        if kind == "cut":
            content = content[:at]
        elif kind == "drop":
            content = content[:at] + content[at + length :]
        elif kind == "insert":
            content = content[:at] + new + content[at:]
        elif kind == "repeat":
            content = content[:at] + content[at : at + length] * 3 + content[at + length :]
        elif at < len(content):
            content = content[:at] + bytes([content[at] ^ (length % 255 + 1)]) + content[at + 1 :]
    return content


def check(content: bytes, suffix: str, folder) -> None:
    """Read a file through to its summary; what is refused is refused as something the analyst can mend."""
    source, target = folder / f"fuzzed{suffix}", folder / "table.parquet"
    source.write_bytes(content)
    target.unlink(missing_ok=True)
    begin = time.monotonic()
    sentence, diagnosis = "", None
    try:
        diagnosis = read_table(source, target)
    except UserError as refused:
        sentence = str(refused)
    if diagnosis is None:
        assert sentence
        assert "\n" not in sentence
    else:
        schema = infer_schema(target, formats=diagnosis.formats)
        assert schema.names == tuple(pq.read_schema(target).names)
        assert summarise_table(target, schema).n_rows == diagnosis.n_rows > 0
    assert time.monotonic() - begin < SECONDS


def fuzz(contents, folder, n: int) -> None:
    quiet = settings(max_examples=n, deadline=None, database=None, suppress_health_check=list(HealthCheck))

    @quiet
    @given(base=st.integers(0, len(contents) - 1), changes=mutations())
    def changed_files(base, changes):
        suffix, content = contents[base]
        check(mutated(content, changes), suffix, folder)

    @quiet
    @given(
        content=st.binary(max_size=400) | TEXT.map(str.encode), suffix=st.sampled_from([".csv", ".json", ".xlsx", ""])
    )
    def random_files(content, suffix):
        check(content, suffix, folder)

    changed_files()
    random_files()


def test_a_hundred_changed_and_a_hundred_random_files_meet_no_traceback_and_no_hang(contents, tmp_path):
    fuzz(contents, tmp_path, 100)


@pytest.mark.slow
def test_two_thousand_files_meet_no_traceback_and_no_hang(contents, tmp_path):
    fuzz(contents, tmp_path, 1_000)
