"""Types and treatments as the analyst sets them: what a choice does to the model, and SDV's metadata in and out."""

from __future__ import annotations

import json

from core.profiling.sdv_metadata import to_sdv
from core.schema import Schema


def to_sdv_json(schema: Schema) -> str:
    """SDV's metadata of a schema as JSON text."""
    return json.dumps(to_sdv(schema), indent=2, ensure_ascii=False)
