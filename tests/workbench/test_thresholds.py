"""Thresholds belong to a session, and changing them measures nothing again."""

from __future__ import annotations

from pathlib import Path

from core.evaluation.verdict import DEFAULT_THRESHOLDS, Threshold
from core.records import Direction
from core.workbench import judging, sessions


def test_a_session_has_the_default_thresholds_until_it_sets_its_own(tmp_path: Path) -> None:
    own = (Threshold(metric="memorised_share", direction=Direction.LOWER, pass_at=0.0, caution_at=0.01),)
    with sessions.create_session(tmp_path) as session, sessions.create_session(tmp_path) as other:
        assert judging.thresholds(session) == DEFAULT_THRESHOLDS
        judging.save_thresholds(session, own)
        found = judging.thresholds(session)
        assert own[0] in found
        assert len(found) == len(DEFAULT_THRESHOLDS)  # what was not set keeps its default line
        judging.reset_thresholds(session)
        assert judging.thresholds(session) == DEFAULT_THRESHOLDS
        judging.save_thresholds(session, own)
        assert judging.thresholds(other) == DEFAULT_THRESHOLDS
        assert "set thresholds" in [entry.action for entry in session.store.list_audit()]
