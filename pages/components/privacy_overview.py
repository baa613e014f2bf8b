"""Overview of the privacy tests: what each asks, what it found, what it could have seen, and where they disagree."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.figures.glossary import entry
from core.records import Direction, MetricResult, Report, Scope, Status, Verdict
from core.workbench import privacy
from core.workbench.privacy import Answer, answer
from pages.components.words import text, thousands

ORDER = (
    "exact_copies", "memorised_share", "dcr_share", "nndr_p05_train", "singling_out_univariate",
    "singling_out_multivariate", "linkability", "inference", "membership_auc", "membership_epsilon",
    "identifiability", "attribute_disclosure",
)  # fmt: skip
ROW_HEIGHT = 62
"""High enough for a question in three lines: cells break their text where rows are higher than usual."""
LOOKS = {
    Answer.FOUND: ("Leak found", ":material/warning:", "red"),
    Answer.NOTHING: ("Nothing found", ":material/search:", "blue"),
    Answer.TOO_WEAK: ("Too weak to say", ":material/help:", "gray"),
    Answer.NOT_MEASURED: ("Not measured", ":material/block:", "gray"),
}


def show_overview(report: Report) -> None:
    """The table of tests, the agreement panel, and the sentences."""
    found = [result for name in ORDER if (result := report.find(name)) is not None]
    st.subheader("What was asked, and what could have been seen", anchor=False)
    st.dataframe(
        overview_table(found),
        hide_index=True,
        key="privacy-overview",
        height="content",
        row_height=ROW_HEIGHT,
        column_config={
            "Test": st.column_config.TextColumn(width=150),
            "Verdict": st.column_config.TextColumn(width=100),
            "95 % interval": st.column_config.TextColumn(width=110),
            "Question": st.column_config.TextColumn(width=330),
            "Value": st.column_config.NumberColumn(format="%.3f", width=60),
            "Could have seen": st.column_config.TextColumn(
                width=110,
                help="The smallest value that would have shown in four tests of five. A test that could not have seen "
                "a failing value is too weak to say anything.",
            ),
            "Enough": st.column_config.TextColumn(
                width=110,
                help="Attempts that would make a test strong enough to see a failing value; empty where it was.",
            ),
        },
        alt="Every privacy test with its question, verdict, value, interval and power",
    )
    _agreement(report.results)
    _quotes(report.results)


def overview_table(results: Sequence[MetricResult]) -> pd.DataFrame:
    """A row per test, in words; what would be enough only where something was not."""
    table = pd.DataFrame(
        {
            "Test": [entry(one.metric).label for one in results],
            "Verdict": [_verdict(one) for one in results],
            "Value": [one.value for one in results],
            "95 % interval": [
                "" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}" for one in results
            ],
            "Could have seen": ["" if (seen := privacy.visible(one)) is None else f"{seen:.3f}" for one in results],
            "Enough": [_enough(one) for one in results],
            "Question": [entry(one.metric).question for one in results],
        }
    )
    return table if table["Enough"].any() else table.drop(columns="Enough")


def _verdict(result: MetricResult) -> str:
    if result.status is not Status.MEASURED:
        return "Not measured"
    if result.direction is Direction.HIGHER:
        return "No rule"  # read beside the same number of control rows
    if result.verdict is Verdict.NOT_MEASURED:
        return LOOKS[answer(result)][0]
    return str(result.verdict).capitalize()


def _enough(result: MetricResult) -> str:
    """How much the rule says would be enough, short enough for a cell."""
    if result.verdict is not Verdict.TOO_WEAK and _verdict(result) != LOOKS[Answer.TOO_WEAK][0]:
        return ""
    start = result.rule.find("about ")
    if start >= 0:
        return result.rule[start:].partition(" instead of ")[0].rstrip(".")
    return "a stronger attack" if "Blind guessing" in result.rule else "more control rows"


def _agreement(results: Sequence[MetricResult]) -> None:
    table = {one.metric: one for one in results if one.scope is Scope.TABLE}
    with st.container(border=True, key="agreement-card"):
        st.markdown("**Do the tests agree?** :gray[each looks at something else]")
        for column, (group, names) in zip(st.columns(len(privacy.GROUPS)), privacy.GROUPS.items(), strict=True):
            with column:
                st.markdown(f":gray[{group}]")
                for name in names:
                    label, icon, colour = LOOKS[answer(table.get(name))]
                    st.badge(entry(name).label, icon=icon, color=colour, help=label)
        st.caption(
            " · ".join(f"{icon} {label.lower()}" for label, icon, _ in LOOKS.values())
            + ". A leak is found where the interval lies above what fresh rows give."
        )
        differences = privacy.disagreements(results)
        for one in differences:
            found, nothing = (", ".join(_label(name) for name in names) for names in (one.found, one.nothing))
            st.warning(
                f"**{found}** found a leak, {nothing} did not. {text(one.why)}", icon=":material/compare_arrows:"
            )
        for name in privacy.below_control(results):
            st.warning(
                f"**{_label(name)}** did better on control rows than on train rows, more than chance explains: train "
                "and control rows differ by more than chance, as after a split by time or place. Its risk is too low.",
                icon=":material/balance:",
            )
        if not differences:
            st.caption("No known kind of disagreement among the tests that were measured.")


def _label(name: str) -> str:
    return text(entry(name).label if "_" in name else name.capitalize())


def _quotes(results: Sequence[MetricResult]) -> None:
    with st.expander("Sentences to quote", icon=":material/format_quote:"):
        st.caption("What was tested and found, with counts and limits, for whoever decides about a release.")
        lines = [*privacy.quotes(results), *privacy.LIMITS]
        st.code("\n".join(f"- {line}" for line in lines), language=None, wrap_lines=True)
        n_weak = sum(one.verdict is Verdict.TOO_WEAK for one in results if one.scope is Scope.TABLE)
        if n_weak:
            st.caption(
                f"{thousands(n_weak)} of these tests could not have seen a failing value; the overview says which."
            )
