"""Checkpoints by name, and what goes when the disk budget is spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.jobs.checkpoints import (
    candidates,
    checkpoint_folder,
    drop_partial,
    keep_budget,
    latest_checkpoint,
    list_checkpoints,
    partial_folder,
    surplus,
)


def make(folder: Path, size: int = 10) -> Path:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"0" * size)
    (folder / "meta.json").write_bytes(b"{}")
    return folder


def test_a_place_in_the_middle_of_an_epoch_is_newer_than_the_end_of_the_epoch_before(tmp_path: Path) -> None:
    assert latest_checkpoint(tmp_path) is None
    for epoch in (2, 10, 4):
        make(checkpoint_folder(tmp_path, epoch))
    assert list_checkpoints(tmp_path) == [2, 4, 10]
    assert latest_checkpoint(tmp_path) == checkpoint_folder(tmp_path, 10)
    middle = make(partial_folder(tmp_path, 10, 157))
    assert latest_checkpoint(tmp_path) == middle
    assert candidates(tmp_path)[1] == checkpoint_folder(tmp_path, 10)
    assert list_checkpoints(tmp_path) == [2, 4, 10]
    make(checkpoint_folder(tmp_path, 11))
    assert latest_checkpoint(tmp_path) == checkpoint_folder(tmp_path, 11)


def test_folders_that_are_not_whole_or_not_ours_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-000004").mkdir()  # no meta.json
    for name in (
        "checkpoint-4",
        "checkpoint-abc",
        ".checkpoint-000006.77.tmp",
        "rejected-checkpoint-000008",
        "partial-000001",
    ):
        make(tmp_path / name)
    assert list_checkpoints(tmp_path) == []
    assert latest_checkpoint(tmp_path) is None


def test_a_partial_checkpoint_goes_when_the_next_one_is_kept(tmp_path: Path) -> None:
    old, new = make(partial_folder(tmp_path, 1, 20)), make(partial_folder(tmp_path, 1, 25))
    drop_partial(tmp_path, keep=new)
    assert not old.exists()
    assert new.exists()
    drop_partial(tmp_path)
    assert not new.exists()


@pytest.mark.parametrize(
    ("epochs", "every", "room", "gone"),
    [
        ([], 10, 5, []),
        ([10, 20, 30], 10, 3, []),
        ([10, 20, 30, 40], 10, 3, [10, 30]),
        ([10, 20, 30, 40, 45], 10, 3, [10, 30]),
        ([10, 20, 30, 40, 45], 10, 2, [10, 20, 30]),
        ([10, 20, 30, 40, 45], 10, 1, [10, 20, 30, 40]),
        ([10, 20, 30, 40, 45], 10, 0, [10, 20, 30, 40]),  # the last one stays, whatever it costs
        ([7], 10, 0, []),
    ],
)
def test_the_last_checkpoint_stays_and_the_others_thin_out_evenly(epochs, every, room, gone) -> None:
    assert surplus(dict.fromkeys(epochs, 1), every, budget=room) == gone


def test_chosen_epochs_stay_until_nothing_else_is_left_to_give_up() -> None:
    chosen = [1, 2, 5, 12, 31, 77, 150]
    sizes = dict.fromkeys(sorted({*chosen, *range(10, 151, 10)}), 1)
    assert not set(surplus(sizes, 10, budget=10, chosen=chosen)) & set(chosen)
    few = set(sizes) - set(surplus(sizes, 10, budget=4, chosen=chosen))
    assert few == {2, 12, 77, 150}


def test_a_long_run_keeps_within_its_budget_all_the_way(tmp_path: Path) -> None:
    for epoch in range(1, 101):
        make(checkpoint_folder(tmp_path, epoch), size=98)  # 100 bytes with meta.json
        keep_budget(tmp_path, every=1, budget=1_000)
        kept = list_checkpoints(tmp_path)
        assert kept[-1] == epoch
        assert len(kept) <= 10
    assert len(kept) >= 5
    # Earlier epochs are kept more sparsely than late ones, but no gap is wider than 16.
    assert max(later - earlier for earlier, later in zip([0, *kept], kept, strict=False)) <= 16
