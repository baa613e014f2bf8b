"""What canaries are planted, if any are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import InvalidConfig
from core.limits import CANARIES, CANARY_COPIES


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryPlan:
    """Settings of the canaries of a training.

    Parameters
    ----------
    n : int, within `core.limits.CANARIES`
        Candidates; a coin plants each of them or not.
    copies : int, 1 to `core.limits.CANARY_COPIES`
        How often a planted one is put among the train rows.
    seed : int

    Raises
    ------
    InvalidConfig
        If a number lies outside its range.
    """

    n: int = 100
    copies: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        fewest, most = CANARIES
        if not fewest <= self.n <= most or not 1 <= self.copies <= CANARY_COPIES:
            raise InvalidConfig(
                f"{self.n} canaries of {self.copies} copies cannot be planted.",
                f"Choose {fewest} to {most} canaries and 1 to {CANARY_COPIES} copies.",
                field="canaries",
            )

    def to_json(self) -> dict[str, int]:
        """Settings of a training."""
        return {"n": self.n, "copies": self.copies, "seed": self.seed}
