"""A checklist filled from what was measured and recorded: support for a decision, never a legal statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.figures.glossary import entry
from core.jobs.protocol import JobState
from core.records import MetricResult, Scope, Status, Verdict
from core.schema import Column, Treatment
from core.workbench import retention, signing
from core.workbench.data import dataset
from core.workbench.judging import evaluations
from core.workbench.sampling import sample
from core.workbench.sessions import Session

PRIVACY_METRICS = (
    "exact_copies",
    "memorised_share",
    "singling_out_univariate",
    "singling_out_multivariate",
    "linkability",
    "inference",
    "membership_auc",
    "identifiability",
    "attribute_disclosure",
)
CARD = ("card", "credit card", "payment card", "card number", "iban")
HEALTH = (
    "person name",
    "name",
    "phone",
    "e-mail",
    "social security",
    "date of birth",
    "address",
    "postcode",
    "url",
    "ip",
)

DISCLAIMER = "Support for a decision, filled from what was measured. It is not a legal statement."


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question of the checklist.

    Parameters
    ----------
    area : str
        The rule that asks for something like it: GDPR, CCPA, HIPAA, PCI DSS.
    item : str
        The question.
    state : str
        `met`, `look`, `not met` or `unknown`.
    evidence : str
        What the answer stands on, with numbers.
    """

    area: str
    item: str
    state: str
    evidence: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def checklist(session: Session, sample_id: str) -> list[Item]:
    """The checklist of a sample as things stand now."""
    drawn = sample(session, sample_id)
    real = dataset(session, drawn.dataset_id)
    columns = list(real.schema)
    measured = _measured(session, sample_id)
    return [
        _minimised(columns),
        _personal(columns),
        _cards(columns),
        _identifiers(columns),
        *_tests(measured),
        _retention(session),
        _purpose(session, sample_id),
        _decision(session, sample_id),
        Item(
            area="GDPR (recital 26)",
            item="Are the rows anonymous in the sense of the law?",
            state="unknown",
            evidence="No program can say that: it depends on who may get the rows and what they know. The attacks "
            "above show what was looked for.",
        ),
    ]


def _measured(session: Session, sample_id: str) -> dict[str, MetricResult]:
    found: dict[str, MetricResult] = {}
    for view in evaluations(session, sample_id)[::-1]:
        if view.job.state is JobState.DONE and view.report is not None:
            found |= {one.metric: one for one in view.report.results if one.scope is Scope.TABLE and not one.subject}
    return found


def _minimised(columns: Sequence[Column]) -> Item:
    gone = [one for one in columns if one.treatment is not Treatment.MODEL]
    evidence = f"{len(gone)} of {len(columns)} columns are left out or replaced by made-up values before training."
    state = "met" if gone else "look"
    if not gone:
        evidence += " Leave out what the purpose does not need."
    return Item(
        area="GDPR (art. 5), CCPA", item="Is the data limited to what is needed?", state=state, evidence=evidence
    )


def _personal(columns: Sequence[Column]) -> Item:
    personal = [one for one in columns if one.personal]
    kept = [one for one in personal if one.treatment is Treatment.MODEL]
    if not personal:
        return Item(
            area="GDPR, CCPA, HIPAA",
            item="Is direct personal data treated?",
            state="met",
            evidence="No column with direct personal data was found. The search has limits: look at the columns.",
        )
    evidence = f"{len(personal)} columns hold direct personal data; {len(personal) - len(kept)} never reach the model."
    if kept:
        evidence += f" Kept on purpose: {', '.join(one.name for one in kept[:10])}."
    return Item(
        area="GDPR, CCPA, HIPAA",
        item="Is direct personal data treated?",
        state="not met" if kept else "met",
        evidence=evidence,
    )


def _cards(columns: Sequence[Column]) -> Item:
    cards = [one for one in columns if one.personal and any(word in one.personal.lower() for word in CARD)]
    kept = [one for one in cards if one.treatment is Treatment.MODEL]
    evidence = (
        f"{len(cards)} columns hold card or account numbers; {len(cards) - len(kept)} of them never reach the model."
    )
    state = "not met" if kept else "met"
    return Item(
        area="PCI DSS (3)", item="Are card numbers kept out of the synthetic rows?", state=state, evidence=evidence
    )


def _identifiers(columns: Sequence[Column]) -> Item:
    kinds = [one for one in columns if one.personal and any(word in one.personal.lower() for word in HEALTH)]
    kept = [one for one in kinds if one.treatment is Treatment.MODEL]
    return Item(
        area="HIPAA (safe harbor)",
        item="Are identifiers of the kinds that safe harbor lists removed or replaced?",
        state="not met" if kept else "look",
        evidence=f"{len(kinds)} columns of such kinds were found, {len(kept)} of them are modelled. Dates, places and "
        "ages over 89 need a look of their own.",
    )


def _tests(measured: dict[str, MetricResult]) -> list[Item]:
    items = []
    for metric in PRIVACY_METRICS:
        result = measured.get(metric)
        if result is None or result.status is not Status.MEASURED:
            state, evidence = "unknown", "Not measured." if result is None else result.explanation
        else:
            state = {Verdict.PASS: "met", Verdict.FAIL: "not met"}.get(result.verdict, "look")
            evidence = result.rule or result.explanation
        question = f"Did the test “{entry(metric).label}” stay on the better side of its line?"
        items.append(Item(area="GDPR (WP 216), CCPA", item=question, state=state, evidence=evidence))
    return items


def _retention(session: Session) -> Item:
    rule = retention.rule(session)
    if rule is None:
        return Item(
            area="GDPR (art. 5), PCI DSS (3)",
            item="Is there a rule for how long the real table is kept?",
            state="not met",
            evidence="No retention rule is set for this session.",
        )
    return Item(
        area="GDPR (art. 5), PCI DSS (3)",
        item="Is there a rule for how long the real table is kept?",
        state="met",
        evidence=f"Real rows are kept for {rule.days} days, until {rule.until:%Y-%m-%d}.",
    )


def _purpose(session: Session, sample_id: str) -> Item:
    purposes = [one.purpose for one in signing.sign_offs(session, sample_id) if one.purpose]
    return Item(
        area="GDPR (art. 5)",
        item="Is the purpose recorded?",
        state="met" if purposes else "not met",
        evidence=purposes[-1] if purposes else "No purpose was recorded.",
    )


def _decision(session: Session, sample_id: str) -> Item:
    decisions = [one for one in signing.sign_offs(session, sample_id) if one.decision]
    last = decisions[-1] if decisions else None
    return Item(
        area="All",
        item="Did a reviewer decide?",
        state="unknown" if last is None else "met" if last.decision.startswith("release") else "not met",
        evidence="Nobody has decided yet." if last is None else f"{last.decision}, {last.reviewer}, {last.at} UTC.",
    )
