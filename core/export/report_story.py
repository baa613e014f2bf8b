"""Sections of the report about how rows were made and who said what: settings, cards, sign-off, audit."""

from __future__ import annotations

from core.export.facts import Facts
from core.export.report_shapes import Part, Picture, listing, plain, svg
from core.figures.static import loss_picture


def making(facts: Facts) -> Part | None:
    charts = []
    if facts.records:
        caption = "Means of each epoch with one standard deviation. Neither has to fall: curves that settle are good."
        charts.append(Picture(svg=svg(loss_picture(facts.records)), caption=caption, broad=False))
    settings = [(name, plain(value)) for name, value in facts.training.items()]
    tables = [listing("Training settings", ("Setting", "Value"), settings, text=2, long=True)] if settings else []
    for title, steps in (("Preparation", facts.recipe), ("Constraints", facts.constraints)):
        if steps:
            rows = [(str(at), plain(step)) for at, step in enumerate(steps, 1)]
            tables.append(listing(title, ("Step", "What it does"), rows, text=2))
    versions = list(facts.versions.items())
    if versions:
        tables.append(listing("Versions", ("Library", "Version"), versions, text=2, long=True))
    if not charts and not tables:
        return None
    if facts.request is None:
        return Part(id="making", title="How it was judged", sentence="The rows were made elsewhere.", tables=tables)
    device = f" on {facts.device}" if facts.device else ""
    return Part(
        id="making",
        title="How it was made",
        sentence=f"CTGAN (Xu et al. 2019), {facts.epochs_trained:,} epochs{device}; control share "
        f"{facts.control_share:.0%}"
        + (f", split by {facts.group}." if facts.group else ".")
        + (f" {facts.warm}" if facts.warm else ""),
        charts=charts,
        tables=tables,
    )


def cards(facts: Facts) -> Part:
    columns = [(one.name, str(one.type), str(one.treatment), one.personal or "–", one.reason) for one in facts.schema]
    columns += [(name, "–", "leave out", "–", "Not in the synthetic table.") for name in facts.left_out]
    model = [
        ("What it is", "A generator of rows (CTGAN) that learned the train rows; it holds weights, levels and modes."),
        ("Meant for", _purpose(facts)),
        ("Not meant for", "Decisions about single persons; statements about rare cases without their number."),
        ("Learned from", f"{facts.n_train:,} train rows; nothing was fitted on the {facts.n_control:,} control rows."),
        ("Known limits", "Levels rarer than the level limit share a bucket; relations of more than a few columns and "
         "hard rules between columns can be missed unless they were declared as constraints."),
        ("Privacy", "No differential privacy. Weights may remember single rows; see the tests above."),
    ]  # fmt: skip
    head = ("Column", "Type", "Treatment", "Personal", "Why")
    return Part(
        id="cards",
        title="Data card and model card",
        sentence="What the columns of the synthetic table represent, and what the generator is and is not for.",
        tables=[
            listing("Data card", head, columns, text=5, long=len(columns) > 40),
            listing("Model card", ("About", "Says"), model, text=2),
        ],
    )


def _purpose(facts: Facts) -> str:
    found = [str(one["purpose"]) for one in facts.sign_off if one.get("purpose")]
    return found[-1] if found else "Not recorded."


def sign_off(facts: Facts) -> Part | None:
    tables = []
    if facts.sign_off:
        keys = ("at", "purpose", "reviewer", "decision", "note")
        rows = [tuple(str(one.get(key) or "–") for key in keys) for one in facts.sign_off]
        tables.append(listing("Sign-off", ("When", "Purpose", "Reviewer", "Decision", "Note"), rows, text=5))
    if facts.checklist:
        rows = [
            tuple(str(one.get(key, "")) for key in ("area", "item", "state", "evidence")) for one in facts.checklist
        ]
        tables.append(listing("Checklist", ("Area", "Question", "State", "Evidence"), rows, text=4))
    if not tables:
        return None
    return Part(
        id="sign-off",
        title="Sign-off and checklist",
        sentence="Filled from what was measured and recorded: support for a decision, not a legal statement.",
        tables=tables,
    )


def audit(facts: Facts) -> Part | None:
    if not facts.audit:
        return None
    rows = [(str(one["number"]), str(one["at"]), str(one["action"]), ", ".join(one["ids"])) for one in facts.audit]
    return Part(
        id="audit",
        title="Audit",
        sentence="What was done with this table, in order. Every entry's digest covers the one before.",
        tables=[listing("Entries", ("No.", "When (UTC)", "Action", "Ids"), rows, text=4, long=True)],
    )
