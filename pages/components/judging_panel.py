"""Starting an evaluation, following it, and picking the one to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.dataset import Dataset
from core.errors import UserError
from core.records import Report
from core.workbench import judging
from core.workbench.judging import EvaluationView
from core.workbench.sessions import Session
from pages.components.frame import guarded, show_error
from pages.components.progress import show_failure
from pages.components.words import count, duration, labelled, name, text

PLAN_WORDS = {
    "quick": "seconds, on a part of the rows",
    "standard": "up to three minutes",
    "full": "everything, however long it takes",
}


def latest(here: Session, sample_id: str, parts: Sequence[str]) -> EvaluationView | None:
    """The newest evaluation of a sample that covers any of `parts`."""
    wanted = set(parts)
    return next((one for one in judging.evaluations(here, sample_id) if wanted & set(one.parts)), None)


def start_panel(
    here: Session,
    sample_id: str,
    parts: Sequence[str],
    *,
    label: str,
    sentence: str,
    key: str,
    more: Callable[[], Mapping[str, Any]] = dict,
) -> None:
    """The button that starts judging, with the plan it follows.

    Parameters
    ----------
    more : callable, optional
        Draws further choices above the button and gives them as settings of `judging.start_evaluation`.
    """
    with st.container(border=True, key=f"{key}-start-card"):
        st.markdown(sentence)
        settings = more()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            plan = st.segmented_control(
                "Plan",
                list(judging.PLANS),
                default="standard",
                required=True,
                format_func=str.capitalize,
                key=f"{key}-plan",
                help=" ".join(f"**{plan.capitalize()}**: {words}." for plan, words in PLAN_WORDS.items()),
            )
            if st.button(label, type="primary", icon=":material/play_arrow:", key=f"{key}-start"):
                try:
                    judging.start_evaluation(here, sample_id, parts=tuple(parts), plan=plan, **settings)
                except UserError as error:
                    show_error(error)
                    return
                st.rerun()


def more_targets(dataset: Dataset, key: str) -> dict[str, list[str]]:
    """What else is to be predicted, and by whose groups results are told apart; from the standard plan on."""
    if dataset.target is None:
        return {}
    names = [column.name for column in dataset.schema.modelled if column.name != dataset.target]
    shown = labelled(names, 60)
    with st.expander("More targets and groups", icon=":material/target:"):
        left, right = st.columns(2)
        further = left.multiselect(
            "Also predict", names, format_func=shown.get, key=f"{key}-further", placeholder="Columns",
            help=f"Predicted beside the target {name(dataset.target or '')}; each costs two models.",
        )  # fmt: skip
        sensitive = right.multiselect(
            "Sensitive columns", names, format_func=shown.get, key=f"{key}-sensitive", placeholder="Columns",
            help="Results are told apart by their groups: is a bias inherited from the real rows, or made?",
        )  # fmt: skip
    return {"further_targets": further, "sensitive": sensitive}


def running(here: Session, view: EvaluationView) -> bool:
    """Show the progress of an evaluation; whether it still runs.

    The page below is drawn again whenever the report has grown, so that numbers appear as they are found.
    """
    state = view.job.state
    if not state.is_active:
        if str(state) != "done":
            show_failure(view.job, "Judging")
        return False
    st.fragment(_bar, run_every="1s")(here, view.id, _size(view.report))
    return True


@guarded
def _bar(here: Session, evaluation_id: str, size: int) -> None:
    view = judging.evaluation(here, evaluation_id)
    status = view.job.status
    if status.state.is_over or _size(view.report) != size:
        st.rerun()
    message = f": {text(status.message.replace('_', ' '))}" if status.message else ""
    left = f" · {duration(status.eta_seconds)} left" if status.eta_seconds is not None else ""
    st.progress(min(max(status.progress, 0.0), 1.0), text=f"Judging{message}{left}")


def again(view: EvaluationView, *, key: str) -> bool:
    """A quiet line that says what is shown, with a button for judging once more; whether it was pressed."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-again-line"):
        n_results = len(view.report.results) if view.report else 0
        st.caption(f"{view.plan.capitalize()} plan · {count(n_results, 'number')} · evaluation `{view.id[-4:]}`")
        return st.button("Judge again", icon=":material/refresh:", type="tertiary", key=f"{key}-again")


def _size(report: Report | None) -> int:
    return (
        0
        if report is None
        else len(report.results)
        + len(report.columns)
        + len(report.correlations)
        + len(report.curves)
        + len(report.projections)
        + len(report.suspects)
    )
