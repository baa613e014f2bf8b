"""The de-identified alternative: the treated real table of a dataset, to download and to judge."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.errors import UserError
from core.figures.glossary import entry
from core.records import Scope, Status
from core.workbench import judging, treated
from core.workbench.sessions import Session
from pages.components.frame import show_error
from pages.components.progress import finished
from pages.components.tiles import split_sentences
from pages.components.words import count, short

ROW_HEIGHT = 80
"""High enough for a sentence in four lines: cells break their text where rows are higher than usual."""
NOTE = (
    ":gray[Real rows with the treatment of every column applied: left-out columns are gone, personal ones replaced by "
    "made-up values or keyed pseudonyms, coarser ones coarse. The same real value gets the same new one; the key stays "
    "in this session. **They are still rows of real persons**: judge them before you decide for them instead of "
    "synthetic rows.]"
)


def treated_card(here: Session, dataset: Dataset) -> None:
    """Make, download and judge the treated real table."""
    with st.expander("De-identified alternative", icon=":material/visibility_off:", expanded=False):
        st.markdown(NOTE)
        words = treated.treatments(dataset.schema)
        st.dataframe(
            pd.DataFrame({"Column": [short(one, 200) for one in words], "In the treated table": list(words.values())}),
            hide_index=True, key="treatments", height="content" if len(words) <= 10 else 320,
            alt="What happens to each column in the treated table",
        )  # fmt: skip
        tables = treated.treated_tables(here, dataset.id)
        if not tables:
            _make(here, dataset)
            return
        newest = tables[0]
        if not finished(newest.job, label="Treating the real rows", key="treating"):
            if newest.job.state.is_over:
                _make(here, dataset)
            return
        _downloads(here, dataset, newest)
        _judge(here, dataset, newest)
        _make(here, dataset, again=True)


def _make(here: Session, dataset: Dataset, *, again: bool = False) -> None:
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    rows = left.segmented_control(
        "Rows", ["train", "all"], default="train", key="treated-rows", required=True,
        format_func=lambda one: "Train rows (can be judged)" if one == "train" else "All rows",
    )  # fmt: skip
    locale = right.text_input(
        "Locale of made-up values", value="en_US", key="treated-locale", max_chars=10,
        help="Faker's name of a country and language, such as de_DE, where the column has none of its own.",
    )  # fmt: skip
    label = "Make it again" if again else "Make the treated table"
    if st.button(label, key="treat", icon=":material/visibility_off:"):
        try:
            treated.start_treating(here, dataset.id, rows=rows or "train", locale=locale.strip() or None)
        except UserError as error:
            show_error(error)
            return
        st.rerun()


def _downloads(here: Session, dataset: Dataset, one: treated.Treated) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count(one.n_rows, 'treated row')}** of {one.rows} rows")
        for kind, mime in (("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet")):
            st.download_button(
                kind.upper() if kind == "csv" else "Parquet",
                data=treated.treated_file(here, one.id, kind).read_bytes,
                file_name=f"{dataset.name[:60]}-deidentified.{kind}", mime=mime, icon=":material/download:",
                key=f"treated-{kind}", on_click=lambda: treated.note_export(here, one.id),
            )  # fmt: skip


def _judge(here: Session, dataset: Dataset, one: treated.Treated) -> None:
    if one.rows != "train" or dataset.n_control == 0:
        st.caption("Only a treated table of train rows can be judged, by control rows that are not in it.")
        return
    evaluation_id = treated.judgement(here, one.id)
    if evaluation_id is None:
        if st.button("Judge what it gives away", key="judge-treated", icon=":material/shield_person:", type="primary"):
            try:
                treated.start_judging_treated(here, one.id)
            except UserError as error:
                show_error(error)
                return
            st.rerun()
        return
    view = judging.evaluation(here, evaluation_id)
    if not finished(view.job, label="Attacking the treated rows", key="judging-treated"):
        return
    report = judging.evaluation_report(here, evaluation_id)
    measured = [one for one in report.results if one.scope is Scope.TABLE and one.status is Status.MEASURED]
    st.dataframe(
        pd.DataFrame(
            {
                "Metric": [entry(one.metric).label for one in measured],
                "Value": [one.value for one in measured],
                "From": [one.low for one in measured],
                "To": [one.high for one in measured],
                "Better": [str(one.direction) for one in measured],
                "Verdict": [str(one.verdict) if one.rule else "" for one in measured],
                "Meaning": [split_sentences(one.explanation)[0] for one in measured],
            }
        ),
        hide_index=True, key="treated-report", height=620, row_height=ROW_HEIGHT,
        column_config={
            **{name: st.column_config.NumberColumn(format="%.3f", width=60) for name in ("Value", "From", "To")},
            "Metric": st.column_config.TextColumn(width=150),
            "Better": st.column_config.TextColumn(width=100),
            "Verdict": st.column_config.TextColumn(width=70),
            "Meaning": st.column_config.TextColumn(width=370),
        },
        alt="What the treated rows give away, with intervals and verdicts",
    )  # fmt: skip
