"""The real tables that tests use, found through `DOPPEL_REAL_TABLES`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def real_table(name: str) -> Path:
    """Path of the real table `name`, with or without `.csv`. Without it a test is skipped, or fails in CI."""
    folder = Path(os.environ.get("DOPPEL_REAL_TABLES", DEFAULT_FOLDER))
    path = folder / (name if name.endswith(".csv") else f"{name}.csv")
    if not path.is_file():
        reason = f"the real table {path.name} is not in {folder}; set DOPPEL_REAL_TABLES to its folder"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
