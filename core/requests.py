"""What is asked of a trained generator and how it went: rows, conditions, settings of drawing, outcomes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.clauses import Condition, TargetMix
from core.errors import InvalidConfig
from core.limits import DRAWS_PER_CONDITIONED_ROW


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """Settings that act while drawing; the defaults draw what the generator has learned.

    Parameters
    ----------
    temperature : float, 0.05 to 5
        Logits of levels and modes are divided by it: below 1 common values become commoner, above 1 rarer ones do.
    noise_limit : float or None, 0.1 to 10
        Noise is drawn from a normal distribution cut off at so many standard deviations; None does not cut.
    weights : "averaged" or "raw"
        Running average of the generator's weights, or the weights of the last step; raw ones need the training state.
    prior : "true" or "log"
        Levels that steer unconditioned rows are drawn by their frequency or by its logarithm (as in training). Rare
        levels come out more often under "log".
    steering : "native" or "waiting"
        Conditions on levels go through the conditional vector, with the level's own offsets where it has some, or rows
        are drawn without and waited for. Waiting costs one over the level's share, and gives the law of unconditioned
        rows of that level.
    """

    temperature: float = 1.0
    noise_limit: float | None = None
    weights: str = "averaged"
    prior: str = "true"
    steering: str = "native"

    def __post_init__(self) -> None:
        if not 0.05 <= self.temperature <= 5:
            raise InvalidConfig(f"The temperature is {self.temperature:g}; it must be 0.05 to 5.", field="temperature")
        if self.noise_limit is not None and not 0.1 <= self.noise_limit <= 10:
            raise InvalidConfig(f"The noise is cut at {self.noise_limit:g}; it must be 0.1 to 10.", field="noise_limit")
        if self.weights not in ("averaged", "raw"):
            raise InvalidConfig(f"Weights are averaged or raw, not {self.weights!r}.", field="weights")
        if self.prior not in ("true", "log"):
            raise InvalidConfig(f"The prior is true or log, not {self.prior!r}.", field="prior")
        if self.steering not in ("native", "waiting"):
            raise InvalidConfig(f"Steering is native or waiting, not {self.steering!r}.", field="steering")


@dataclass(frozen=True, slots=True, kw_only=True)
class Novelty:
    """What is done about drawn rows that equal a train row, or nearly do.

    Parameters
    ----------
    redraw_copies : bool
        Rows that equal a train row in every modelled column are drawn again.
    near : float or None, above 0 to 1
        Rows at most so far from a train row are near copies, and are counted (distance of the privacy page).
    redraw_near : bool
        Near copies are drawn again too.
    """

    redraw_copies: bool = False
    near: float | None = None
    redraw_near: bool = False

    def __post_init__(self) -> None:
        if self.near is not None and not 0 < self.near <= 1:
            raise InvalidConfig(
                f"Near copies lie within {self.near:g}; it must be above 0 and at most 1.", field="near"
            )
        if self.redraw_near and self.near is None:
            raise InvalidConfig("To draw near copies again, say how near is near.", field="near")

    @property
    def redraws(self) -> bool:
        """Whether any row is drawn again."""
        return self.redraw_copies or self.redraw_near


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """What to draw: unconditioned rows (or those of a target mix), then the rows of every condition in order.

    Parameters
    ----------
    n_rows : int
        Unconditioned rows; with a mix, rows of the mix.
    seed : int
    conditions : tuple of Condition
    mix : TargetMix, optional
    given : str, optional
        Parquet file of partly given rows, inside the session; each row of it is completed, after all other rows.
    knobs : Knobs
    novelty : Novelty
    draws_per_row : int
        Budget of draws for each row that has to be found by rejection.
    """

    n_rows: int
    seed: int = 0
    conditions: tuple[Condition, ...] = ()
    mix: TargetMix | None = None
    given: str | None = None
    knobs: Knobs = Knobs()
    novelty: Novelty = Novelty()
    draws_per_row: int = DRAWS_PER_CONDITIONED_ROW

    @property
    def n_wanted(self) -> int:
        """Rows asked for by number, without those of a file."""
        return self.n_rows + sum(condition.n_rows for condition in self.conditions)

    @property
    def n_unconditioned(self) -> int:
        """Rows that follow the real table as a whole: those of a mix do not."""
        return 0 if self.mix is not None else self.n_rows

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`. Settings at their defaults are left out."""
        value: dict[str, Any] = {
            "n_rows": self.n_rows, "seed": self.seed, "conditions": [one.to_json() for one in self.conditions],
        }  # fmt: skip
        if self.mix is not None:
            value["mix"] = self.mix.to_json()
        if self.given is not None:
            value["given"] = self.given
        if self.knobs != Knobs():
            value["knobs"] = dataclasses.asdict(self.knobs)
        if self.novelty != Novelty():
            value["novelty"] = dataclasses.asdict(self.novelty)
        if self.draws_per_row != DRAWS_PER_CONDITIONED_ROW:
            value["draws_per_row"] = self.draws_per_row
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SampleRequest:
        """Rebuild a request from `to_json`, also from one written before there was more than rows and levels."""
        return cls(
            n_rows=value["n_rows"],
            seed=value["seed"],
            conditions=tuple(Condition.from_json(one) for one in value.get("conditions", ())),
            mix=TargetMix.from_json(value["mix"]) if value.get("mix") else None,
            given=value.get("given"),
            knobs=Knobs(**value.get("knobs", {})),
            novelty=Novelty(**value.get("novelty", {})),
            draws_per_row=value.get("draws_per_row", DRAWS_PER_CONDITIONED_ROW),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionOutcome:
    """How a condition went.

    Parameters
    ----------
    condition : Condition
    n_obtained : int
        Rows delivered; every one of them meets the condition.
    n_drawn : int
        Rows drawn for it.
    n_matched_natively : int
        Of the first draw of `n_rows` rows, those that met it before any rejection.
    """

    condition: Condition
    n_obtained: int
    n_drawn: int
    n_matched_natively: int

    @property
    def shortfall(self) -> int:
        """Rows asked for and not obtained."""
        return self.condition.n_rows - self.n_obtained

    @property
    def acceptance_rate(self) -> float | None:
        """Accepted of drawn rows, 0 to 1; None where nothing was drawn."""
        return self.n_obtained / self.n_drawn if self.n_drawn else None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {
            "condition": self.condition.to_json(), "n_obtained": self.n_obtained, "n_drawn": self.n_drawn,
            "n_matched_natively": self.n_matched_natively,
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ConditionOutcome:
        """Rebuild an outcome from `to_json`."""
        return cls(**{**value, "condition": Condition.from_json(value["condition"])})
