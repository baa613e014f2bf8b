"""The part of the catalogue that knows tapes and sweeps: judged checkpoints, decisions, trials."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from core.dataset import canonical_json
from core.jobs.ids import check_id
from core.store import queries
from core.store.connection import Connection
from core.tape import Decision, TapePoint

LIST_POINTS = """
    select value
    from tape_point
    where run_id = ?
    order by created_at, epoch, anchor
"""

LIST_DECISIONS = """
    select value
    from decision
    where run_id = ?
    order by tape_id, place
"""

LIST_TRIALS = """
    select value
    from sweep_trial
    where sweep_id = ?
    order by number
"""


class TapeStore(Connection):
    """Saving the same thing twice is silent; a decision that stopped a training is audited."""

    def save_tape(
        self, tape_id: str, *, run_id: str, points: Iterable[TapePoint], decisions: Iterable[Decision]
    ) -> None:
        """Take in the points and decisions of a tape, as they stand now."""
        check_id(tape_id, "tape")
        now = self._now()
        point_rows = [
            [tape_id, run_id, one.epoch, one.anchor, one.plan, canonical_json(one.to_json()), now] for one in points
        ]
        found = list(decisions)
        decision_rows = [
            [tape_id, run_id, place, one.epoch, one.why, canonical_json(one.to_json())]
            for place, one in enumerate(found)
        ]
        columns = ("tape_id", "run_id", "epoch", "anchor", "plan", "value", "created_at")
        with self._transaction() as cursor:
            self._need(cursor, "training_run", check_id(run_id, "run"))
            known = cursor.execute("select count(*) from decision where tape_id = ?", [tape_id]).fetchone()[0]
            cursor.execute(queries.delete("tape_point", "tape_id"), [[tape_id]])  # a rollback takes points back
            self._insert_rows(cursor, "tape_point", columns, point_rows)
            columns = ("tape_id", "run_id", "place", "epoch", "why", "value")
            self._insert_rows(cursor, "decision", columns, decision_rows)
            was_stopped = any(one.why for one in found[:known])
            for one in found[known:]:
                if one.why and not was_stopped:
                    was_stopped = True
                    settings = {"rules": [str(rule) for rule in one.rules], "epoch": one.stopped_at, "why": one.why}
                    self._audit(cursor, "stop run by rule", [run_id, tape_id], settings)

    def list_points(self, run_id: str) -> list[TapePoint]:
        """Judged checkpoints and anchors of a run, as they were taken in."""
        rows = self._rows(LIST_POINTS, check_id(run_id, "run"))
        return [TapePoint.from_json(json.loads(text)) for (text,) in rows]

    def list_decisions(self, run_id: str) -> list[Decision]:
        """Decisions about a run, in order."""
        rows = self._rows(LIST_DECISIONS, check_id(run_id, "run"))
        return [Decision.from_json(json.loads(text)) for (text,) in rows]

    def save_trials(self, sweep_id: str, trials: Iterable[Mapping[str, Any]]) -> None:
        """Take in the trials of a sweep, each as last recorded."""
        check_id(sweep_id, "sweep")
        with self._transaction() as cursor:
            for one in trials:
                cursor.execute("delete from sweep_trial where sweep_id = ? and number = ?", [sweep_id, one["number"]])
                columns = ("sweep_id", "number", "state", "value")
                row = [sweep_id, one["number"], str(one["state"]), canonical_json(dict(one))]
                cursor.execute(queries.insert("sweep_trial", columns), row)

    def list_trials(self, sweep_id: str) -> list[dict[str, Any]]:
        """Trials of a sweep by number."""
        return [json.loads(text) for (text,) in self._rows(LIST_TRIALS, check_id(sweep_id, "sweep"))]
