"""Where the privacy tests of one report disagree, and what that usually means.

Every test answers one question about the same rows, so they need not agree: distances look at the synthetic rows,
membership at the train rows, attacks at statements and secrets. A disagreement is a finding, not an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.evaluation import copies
from core.evaluation.power import FRESH, visible
from core.records import MetricResult, Scope, Status, Verdict

GROUPS: dict[str, tuple[str, ...]] = {
    "Distances": ("memorised_share", "dcr_share", "exact_copies"),
    "Attacks": ("singling_out_univariate", "singling_out_multivariate", "linkability", "inference"),
    "Membership": ("membership_auc", "membership_epsilon"),
    "Disclosure": ("identifiability", "attribute_disclosure"),
}
"""Tests at scope `table`, by what they look at."""


class Answer(StrEnum):
    """What a test says about a leak."""

    FOUND = "leak found"
    NOTHING = "nothing found"
    TOO_WEAK = "too weak to say"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Tests that answer differently.

    Parameters
    ----------
    found, nothing : tuple of str
        Metrics (or groups of rows) that found a leak, and those that did not.
    why : str
        What usually makes them differ, and which one to believe.
    """

    found: tuple[str, ...]
    nothing: tuple[str, ...]
    why: str


def answer(result: MetricResult | None) -> Answer:
    """What one result says: a leak is found where its interval lies above what fresh rows give."""
    if result is None or result.status is not Status.MEASURED:
        return Answer.NOT_MEASURED
    if result.metric == "exact_copies":
        if _more_copies_than_control(result):
            return Answer.FOUND
        return Answer.TOO_WEAK if result.verdict is Verdict.TOO_WEAK else Answer.NOTHING
    low = result.anchors.get("signed low", result.low)
    if low is not None and low > result.anchors.get(FRESH, 0.0):
        return Answer.FOUND
    if result.verdict is Verdict.TOO_WEAK or (visible(result) or 0.0) >= 1.0:
        return Answer.TOO_WEAK
    return Answer.NOTHING


def _more_copies_than_control(result: MetricResult) -> bool:
    """Whether copies of train rows exceed what control rows explain by more than chance would."""
    found = copies.beyond_coincidence(result)
    return bool(result.value) if found is None else found.low > 0


def disagreements(results: Sequence[MetricResult]) -> tuple[Disagreement, ...]:
    """Every known kind of disagreement that these results show, the most serious first."""
    said = {result.metric: answer(result) for result in results if result.scope is Scope.TABLE}
    groups = {
        (result.metric, result.subject[0]): answer(result)
        for result in results
        if result.scope in (Scope.LEVEL, Scope.MODEL) and len(result.subject) == 1
    }
    rules: tuple[Callable[..., Disagreement | None], ...] = (
        _membership_without_distance,
        _few_members,
        _outliers_alone,
        _white_box_alone,
        _distance_without_membership,
        _copies_by_chance,
        _attacks_without_membership,
        _secrets_without_rows,
    )
    return tuple(one for rule in rules if (one := rule(said, groups)) is not None)


def below_control(results: Sequence[MetricResult]) -> tuple[str, ...]:
    """Attacks that did better on control rows than on train rows, more than chance explains: the split is suspect."""
    return tuple(
        result.metric
        for result in results
        if result.scope is Scope.TABLE and result.anchors.get("signed high", 0.0) < 0.0
    )


def _split(said: dict, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(tuple(name for name in names if said.get(name) is wanted) for wanted in (Answer.FOUND, Answer.NOTHING))


def _membership_without_distance(said: dict, groups: dict) -> Disagreement | None:
    found, _ = _split(said, GROUPS["Membership"])
    _, nothing = _split(said, GROUPS["Distances"])
    if not found or not nothing or any(said.get(name) is Answer.FOUND for name in GROUPS["Distances"]):
        return None
    return Disagreement(
        found=found,
        nothing=nothing,
        why="Distances see only the single nearest row, membership attacks also densities and many rows at once. Data "
        "that pass distance tests are often open to membership inference (arXiv 2312.05114, 2505.01524): believe the "
        "membership attack.",
    )


def _few_members(said: dict, groups: dict) -> Disagreement | None:
    if said.get("membership_epsilon") is not Answer.FOUND or said.get("membership_auc") is Answer.FOUND:
        return None
    return Disagreement(
        found=("membership_epsilon",),
        nothing=("membership_auc",),
        why="Few train rows can be recognised, but these with near certainty; the area averages over all rows and "
        "hides them. Members found at 1 % false alarms says how many: believe the bound.",
    )


def _outliers_alone(said: dict, groups: dict) -> Disagreement | None:
    whole = said.get("membership_auc")
    found = tuple(name for (metric, name), one in groups.items() if metric == "membership_auc" and one is Answer.FOUND)
    found = tuple(name for name in found if name in ("outliers", "rows with a rare level"))
    if not found or whole is not Answer.NOTHING:
        return None
    return Disagreement(
        found=found,
        nothing=("membership_auc",),
        why="The leak is concentrated in few rows that stand out, and a mean over all rows hides it. These people can "
        "be recognised as members although the average person cannot: believe the groups.",
    )


def _white_box_alone(said: dict, groups: dict) -> Disagreement | None:
    inside = tuple(name for (_, name), one in groups.items() if one is Answer.FOUND and name in ("critic, white box",))
    if not inside or said.get("membership_auc") is not Answer.NOTHING:
        return None
    return Disagreement(
        found=inside,
        nothing=("membership_auc",),
        why="The trained model remembers more than its rows show. Releasing the rows may be one thing; releasing the "
        "model, or drawing very many rows from it, is another.",
    )


def _distance_without_membership(said: dict, groups: dict) -> Disagreement | None:
    found, _ = _split(said, GROUPS["Distances"])
    if not found or said.get("membership_auc") is not Answer.NOTHING:
        return None
    return Disagreement(
        found=found,
        nothing=("membership_auc",),
        why="A small share of synthetic rows is tied to train rows. That moves the distances of synthetic rows, but "
        "hardly a mean over all train rows. Look at the rows themselves.",
    )


def _copies_by_chance(said: dict, groups: dict) -> Disagreement | None:
    if said.get("exact_copies") is not Answer.FOUND or said.get("memorised_share") is not Answer.NOTHING:
        return None
    return Disagreement(
        found=("exact_copies",),
        nothing=("memorised_share",),
        why="Rows of a table with few different values repeat each other without any copying. The memorised share "
        "compares with control rows and allows for that; the copies are worth a look all the same.",
    )


def _attacks_without_membership(said: dict, groups: dict) -> Disagreement | None:
    found, _ = _split(said, GROUPS["Attacks"])
    if not found or said.get("membership_auc") is not Answer.NOTHING:
        return None
    return Disagreement(
        found=found,
        nothing=("membership_auc",),
        why="Single values can be reproduced, such as the largest of a column or a rare combination, without whole "
        "rows being copied. These attacks look for just such values; membership scores do not.",
    )


def _secrets_without_rows(said: dict, groups: dict) -> Disagreement | None:
    found, _ = _split(said, ("inference", "attribute_disclosure"))
    _, nothing = _split(said, ("linkability", "memorised_share"))
    if not found or not nothing:
        return None
    return Disagreement(
        found=found,
        nothing=nothing,
        why="A secret can be told for some people although rows as a whole are not tied to them. See which secret it "
        "is: one that follows from a few others is often learned from everybody, and the control rows allow for that.",
    )
