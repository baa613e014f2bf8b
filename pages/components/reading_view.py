"""A table on its way to become a dataset: what was found in the file, what its columns represent, how it is split."""

from __future__ import annotations

import re

import streamlit as st

from core.dataset import DEFAULT_CONTROL_SHARE, suggest_group
from core.errors import UserError
from core.limits import MIN_TRAIN_ROWS
from core.schema import Schema
from core.workbench import data
from core.workbench.data import Finding, Reading, remedy_label
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.frame import header, show_error
from pages.components.progress import finished
from pages.components.reading_options import choose_part, options_form, rejected_lines, start_again
from pages.components.types_view import types_editor
from pages.components.words import count, labelled, name, text

SEVERITIES = {
    "error": (":material/error:", "red"),
    "warning": (":material/warning:", "orange"),
    "info": (":material/info:", "blue"),
}
NOTHING = "–"
LONGEST_NAME = 200
ROWS_SHOWN = 18
FINDINGS_SHOWN = 12
MOST_FINDINGS = 200
ELSEWHERE = re.compile(r"^lines? |^[^ ]+\.\w+: |^every line")
"""Places that the message does not name itself: lines of the file, files of a pattern."""


def review(here: Session, reading_id: str) -> None:
    """The whole way of one reading, down to the button that saves it as a dataset."""
    reading = data.reading(here, reading_id)
    header(f"Check {name(reading.name)}", "What was found in the file, and what each column represents.")
    if st.button("Bring another table", icon=":material/arrow_back:", type="tertiary", key="other-table"):
        selection.choose("reading", None)
        st.session_state["bring-table"] = True
        st.rerun()
    if not finished(reading.view, label="Reading the table", key="reading"):
        if reading.view.state.is_over:
            options_form(here, reading, expanded=True)
        return
    _facts(reading)
    choose_part(here, reading)
    _findings(here, reading)
    rejected_lines(here, reading)
    options_form(here, reading)
    with st.expander("First rows, as they were read", icon=":material/table_rows:"):
        st.dataframe(reading.preview, hide_index=True, height=320, key="preview", alt="The first 100 rows of the table")
    schema = types_editor(here, reading)
    if schema is not None:
        _save(here, reading, schema)


def _facts(reading: Reading) -> None:
    with st.container(key="facts"):
        columns = st.columns(4)
        columns[0].metric("Rows", f"{reading.diagnosis.n_rows:,}")
        columns[1].metric("Columns", f"{reading.diagnosis.n_columns:,}")
        missing = sum(column.n_missing for column in reading.schema)
        cells = max(reading.diagnosis.n_rows * len(reading.schema), 1)
        columns[2].metric("Missing cells", f"{100 * missing / cells:.1f} %")
        personal = sum(column.personal is not None for column in reading.schema)
        columns[3].metric(
            "Personal columns",
            personal,
            help="Names, e-mail addresses, card numbers and the like: made anew, never learned from the real values.",
        )


def _findings(here: Session, reading: Reading) -> None:
    findings = reading.diagnosis.findings
    if not findings:
        st.success("Nothing odd was found in the file.", icon=":material/check_circle:")
        return
    st.subheader("What was found in the file", anchor=False)
    for place, finding in enumerate(findings[:FINDINGS_SHOWN]):
        _finding(here, reading, place, finding)
    if len(findings) > FINDINGS_SHOWN:
        with st.expander(f"{len(findings) - FINDINGS_SHOWN:,} more", icon=":material/more_horiz:"):
            for place, finding in enumerate(findings[FINDINGS_SHOWN:MOST_FINDINGS], start=FINDINGS_SHOWN):
                _finding(here, reading, place, finding)


def _finding(here: Session, reading: Reading, place: int, finding: Finding) -> None:
    icon, colour = SEVERITIES.get(str(finding.severity), SEVERITIES["info"])
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"finding-{place}"):
        guess = f" :gray[{text(finding.guess)}]" if finding.guess else ""
        where = f" :gray[({text(finding.place)})]" if ELSEWHERE.search(finding.place) else ""
        st.markdown(f":{colour}[{icon}] {text(finding.message)}{where}{guess}")
        if finding.remedy and st.button(
            text(remedy_label(finding.remedy)), key=f"remedy-{place}", icon=":material/build:"
        ):
            start_again(here, reading, finding.remedy)


def _save(here: Session, reading: Reading, schema: Schema) -> None:
    st.subheader("Target and control rows", anchor=False)
    labels = labelled(schema.names)
    with st.container(border=True, key="split-card"):
        left, middle, right = st.columns(3, gap="medium")
        with left:
            target = st.selectbox(
                "Target",
                [None, *(column.name for column in schema.modelled)],
                format_func=lambda one: "No target" if one is None else labels[one],
                key=f"target-{reading.id}",
                help="The column that models will predict from the others. With a target the Evaluate page "
                "measures how "
                "useful the synthetic rows are, and its shares are kept among the control rows.",
            )
        with middle:
            suggestion = suggest_group(schema, reading.diagnosis.n_rows)
            choices = [None, *schema.names]
            group = st.selectbox(
                "Rows of one entity",
                choices,
                index=choices.index(suggestion) if suggestion in choices else 0,
                format_func=lambda one: "Every row stands for itself" if one is None else labels[one],
                key=f"group-{reading.id}",
                help="A column that names a person or a company with several rows. All its rows go to the same "
                "side, so "
                "that control rows are people the generator never saw.",
            )
        with right:
            share = st.slider(
                "Control rows",
                0,
                50,
                round(100 * DEFAULT_CONTROL_SHARE),
                step=5,
                format="%d %%",
                key=f"control-{reading.id}",
                help="Real rows that the generator never sees: they tell what is normal, in every comparison that "
                "follows. Without them utility and privacy cannot be measured.",
            )
        if suggestion and group == suggestion:
            st.caption(f"{name(suggestion)} repeats, so its rows are kept together.")
        n_control = round(reading.diagnosis.n_rows * share / 100)
        st.caption(
            f"About {count(reading.diagnosis.n_rows - n_control, 'train row')} and {count(n_control, 'control row')}."
        )
        title = st.text_input("Name of the dataset", value=reading.name[:120], key=f"name-{reading.id}", max_chars=120)
        too_few = reading.diagnosis.n_rows - n_control < MIN_TRAIN_ROWS
        if too_few:
            st.warning(f"Training needs at least {MIN_TRAIN_ROWS} train rows.", icon=":material/warning:")
        if st.button("Save as dataset", type="primary", icon=":material/check:", disabled=too_few, key="save-dataset"):
            try:
                dataset_id = data.save_dataset(
                    here, reading.id, schema=schema, name=title.strip() or reading.name, target=target, group=group,
                    control_share=share / 100,
                )  # fmt: skip
            except UserError as error:
                show_error(error)
                return
            selection.choose("reading", None)
            selection.choose("dataset", dataset_id)
            st.rerun()
