"""Ids: what is one, and what never becomes part of a path."""

from __future__ import annotations

import pytest

from core.errors import UnknownId
from core.jobs.ids import ID_KINDS, JOB_ID_KINDS, check_id, new_id
from core.jobs.protocol import JobView

MALICIOUS = [
    "", ".", "..", "../run-0123456789abcdef", "run-0123456789abcdef/..", "run-0123456789abcde", "run-0123456789abcdef0",
    "run-0123456789ABCDEF", "run-0123456789abcdef\n", "run-0123456789abcdef\0", " run-0123456789abcdef",
    "rün-0123456789abcdef", "run-０１２３４５６７８９abcdef", "run_0123456789abcdef", "' or 1=1 --",
    "queue-0123456789abcdef", "/etc/passwd", None, 7, b"run-0123456789abcdef", ["run-0123456789abcdef"],
]  # fmt: skip


@pytest.mark.parametrize("kind", ID_KINDS)
def test_a_new_id_is_an_id_of_its_kind_and_of_no_other(kind: str) -> None:
    made = new_id(kind)
    assert check_id(made) == check_id(made, kind) == made
    with pytest.raises(UnknownId):
        check_id(made, "run" if kind != "run" else "sample")


def test_new_ids_differ() -> None:
    assert len({new_id("run") for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", MALICIOUS, ids=repr)
def test_what_is_not_an_id_is_refused_whatever_it_looks_like(text: object) -> None:
    with pytest.raises(UnknownId):
        check_id(text)


def test_the_message_shows_little_of_a_long_text() -> None:
    with pytest.raises(UnknownId) as refused:
        check_id("x" * 10_000, "run")
    assert len(refused.value.message) < 100
    assert "not the id of a run" in refused.value.message


def test_every_kind_of_job_has_a_kind_of_id() -> None:
    assert set(JOB_ID_KINDS.values()) == set(ID_KINDS)
    with pytest.raises(ValueError, match="no such kind"):
        new_id("queue")


@pytest.mark.parametrize("text", ["../../etc", "run-xyz", "tables", "run-0123456789abcdef"])
def test_a_view_of_something_that_is_no_job_is_refused(session, text: str) -> None:
    with pytest.raises(UnknownId):
        JobView(session / "jobs" / text)
