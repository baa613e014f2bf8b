"""Files that several processes share."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.jobs.files import dump_json, held, is_locked, read_json, replace_file, whole_lines
from core.jobs.processes import ROOT


def test_whole_lines_are_read_and_a_line_being_written_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    assert whole_lines(path) == []
    path.write_bytes(b'{"step":1}\n{"step":2}\n{"st')
    assert whole_lines(path) == [{"step": 1}, {"step": 2}]
    with open(path, "ab") as file:
        file.write(b'ep":3}\n')
    assert whole_lines(path) == [{"step": 1}, {"step": 2}, {"step": 3}]


def test_a_line_that_a_kill_has_cut_off_is_never_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step":1}\n{"step":2,"generator_lo')
    assert whole_lines(path) == [{"step": 1}]


def test_a_line_that_is_not_json_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step":1}\nnonsense\n\xff\xfe\n{"step":2}\n')
    assert whole_lines(path) == [{"step": 1}, {"step": 2}]


def test_a_file_that_was_replaced_or_cut_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step":1}\n{"step":2}\n{"step":3}\n')
    assert len(whole_lines(path)) == 3
    replace_file(path, b'{"step":1}\n{"step":7}\n')
    assert whole_lines(path) == [{"step": 1}, {"step": 7}]
    path.write_bytes(b'{"step":9}\n')  # the same inode, shorter
    assert whole_lines(path) == [{"step": 9}]
    path.unlink()
    assert whole_lines(path) == []


def test_what_whole_lines_gives_can_be_changed_without_changing_the_next_answer(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step":1}\n')
    whole_lines(path).clear()
    assert whole_lines(path) == [{"step": 1}]


def test_readers_see_the_old_content_or_the_new_and_never_a_part(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    contents = [dump_json({"text": letter * 5000}) for letter in "ab"]
    replace_file(path, contents[0])
    done, seen = threading.Event(), set()

    def look() -> None:
        while not done.is_set():
            seen.add(read_json(path)["text"])

    reader = threading.Thread(target=look)
    reader.start()
    for turn in range(200):
        replace_file(path, contents[turn % 2], sync=False)
    done.set()
    reader.join()
    assert seen <= {"a" * 5000, "b" * 5000}
    assert list(tmp_path.iterdir()) == [path]


def test_a_replacement_that_fails_leaves_the_old_content_and_nothing_beside_it(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "status.json"
    replace_file(path, b"1")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"2")
    assert path.read_bytes() == b"1"
    assert list(tmp_path.iterdir()) == [path]


def test_numbers_that_are_not_finite_become_null() -> None:
    value = {"a": math.nan, "b": [math.inf, 1.5], "c": {"d": -math.inf}}
    assert json.loads(dump_json(value)) == {"a": None, "b": [None, 1.5], "c": {"d": None}}


def test_json_that_is_missing_or_damaged_reads_as_none(tmp_path: Path) -> None:
    assert read_json(tmp_path / "none.json") is None
    (tmp_path / "half.json").write_text('{"a": ')
    assert read_json(tmp_path / "half.json") is None


def test_a_lock_is_seen_by_others_and_gone_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    program = f"""
import sys, time
from pathlib import Path
from core.jobs.files import held
with held(Path({str(path)!r})) as mine:
    print(mine, flush=True)
    time.sleep(60)
"""
    holder = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline().strip() == "True"
    assert is_locked(path)
    with held(path, timeout=0.1) as mine:
        assert not mine
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert not is_locked(path)
    with held(path, timeout=0.1) as mine:
        assert mine
        assert is_locked(path)
    assert not is_locked(path)
