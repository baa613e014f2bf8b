"""What an evaluation found about single rows, kept beside its report: positions and distances, never values."""

from __future__ import annotations

from collections.abc import Collection

from core.errors import NotApplicable
from core.evaluation.forensics import investigate
from core.evaluation.metric import Part, Tables
from core.jobs.context import JobContext

FORENSICS = "forensics.json"


def keep_near_copies(context: JobContext, tables: Tables, parts: Collection[Part]) -> None:
    """Write the low tail of the distances, where distances were judged and exist."""
    if Part.PRIVACY not in parts:
        return
    try:
        context.write_json(FORENSICS, investigate(tables).to_json())
    except NotApplicable:
        (context.folder / FORENSICS).unlink(missing_ok=True)
