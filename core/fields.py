"""Values of dataclasses from JSON that another version may have written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


def known_fields(cls: type, value: Mapping[str, Any]) -> Any:
    """A value of a dataclass from JSON; fields that this version does not know are left out."""
    known = {one.name for one in dataclasses.fields(cls)}
    return cls(**{name: item for name, item in value.items() if name in known})
