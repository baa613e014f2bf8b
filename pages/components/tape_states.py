"""Where the runs of a frontier stand, and what can be done with each: stop, resume, train more."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.workbench import frontier, training
from core.workbench import frontier_view as view_of
from core.workbench.frontier import TapeView
from core.workbench.sessions import Session
from pages.components.progress import badge, show_failure
from pages.components.words import count, text

MORE_EPOCHS = 50


def show_states(here: Session, views: Sequence[TapeView]) -> None:
    """A line per run."""
    labels = view_of.labels_of(views)
    with st.container(border=True, key="tape-states"):
        for place, view in enumerate(views):
            _state(here, view, place, labels[view.run.id])


def _state(here: Session, view: TapeView, place: int, label: str) -> None:
    run, state = view.run, view.run.job.state
    with st.container(horizontal=True, vertical_alignment="center", key=f"tape-state-{place}"):
        badge(state)
        done = max((record.epoch for record in run.records if record.epoch_done), default=0)
        st.markdown(
            f"{text(label)}{' · ' if label else ''}Seed **{run.config.seed}** · "
            f"epoch **{done:,}** of {run.target_epochs:,} · "
            f"**{len(view.points)}** of {count(view.n_planned, 'checkpoint')} judged",
            width="content",
        )
        if str(state) in ("running", "waiting"):
            if st.button("Stop", key=f"tape-stop-{place}", icon=":material/stop:", type="tertiary"):
                training.stop_run(here, run.id)
                st.rerun()
        elif state.can_resume or any(job.state.can_resume for job in view.jobs):
            label = "Resume" if state.can_resume else "Resume judging"
            if st.button(label, key=f"tape-resume-{place}", icon=":material/play_arrow:", type="tertiary"):
                frontier.resume(here, run.id)
                st.rerun(scope="app")
        if str(state) == "done":
            with st.popover("Train more", icon=":material/add:", type="tertiary"):
                more = st.number_input("Epochs to add", 1, 100_000, MORE_EPOCHS, key=f"tape-more-{place}")
                if st.button("Train and judge them", key=f"tape-extend-{place}", type="primary"):
                    frontier.train_more(here, run.id, int(more))
                    st.rerun(scope="app")
    for job in (run.job, *view.jobs):
        if str(job.state) in ("failed", "crashed"):
            show_failure(job, "Training" if job is run.job else "Judging")
    if view.decision is not None and view.decision.why:
        st.info(text(view.decision.sentence), icon=":material/rule:")
