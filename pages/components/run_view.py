"""A training run as it learns: where it stands, what can be asked of it, its curves and its settings."""

from __future__ import annotations

import dataclasses

import streamlit as st

from core.workbench import training
from core.workbench.sessions import Session
from core.workbench.training import RunView
from pages.components.comparison_view import show_comparison
from pages.components.curves_view import show_curves, show_diagnosis
from pages.components.frame import guarded, next_step
from pages.components.progress import badge, show_failure
from pages.components.words import count, duration, text

MORE_EPOCHS = 50
MEGABYTES = 1_000_000


def show_run(here: Session, run_id: str) -> None:
    """The run, drawn anew every second while it is active."""
    active = training.run(here, run_id).job.state.is_active
    st.fragment(_live, run_every="1s" if active else None)(here, run_id, active)
    run = training.run(here, run_id)
    show_comparison(here, run)
    _settings(run)
    if run.checkpoints:
        next_step(
            "pages/sample.py",
            "Draw rows",
            f"Rows can be drawn from {count(len(run.checkpoints), 'checkpoint')}, the last of epoch "
            f"{run.checkpoints[-1]}.",
        )


@guarded
def _live(here: Session, run_id: str, was_active: bool) -> None:
    run = training.run(here, run_id)
    if run.job.state.is_active != was_active:
        st.rerun()
    _state(run)
    _tiles(run)
    _controls(here, run)
    if run.records or run.diverged_epoch:
        show_diagnosis(run)
    show_curves(run)


def _state(run: RunView) -> None:
    status = run.job.status
    with st.container(horizontal=True, vertical_alignment="center", key="run-state"):
        badge(status.state)
        words = f"Epoch **{run.epochs_done}** of {run.target_epochs}"
        if str(status.state) == "waiting":
            words = "Waiting for its turn"
        elif not run.records and run.job.state.is_active:
            words = text(status.message) or "Preparing the table"
        st.markdown(words)
        if run.rollbacks:
            many = count(len(run.rollbacks), "time")
            st.badge(f"Went back {many}", icon=":material/undo:", color="orange")
    st.progress(min(max(status.progress, 0.0), 1.0))
    if str(status.state) in ("failed", "crashed"):
        show_failure(run.job, "Training")
    elif str(status.state) in ("paused", "stopped") and run.checkpoints:
        st.info(
            f"Everything up to epoch {max((record.epoch for record in run.records), default=0)} is kept. Resume "
            "goes on with the very numbers of a run that was never interrupted.",
            icon=":material/bookmark:",
        )
    if run.warm_start:
        st.caption(f":material/local_fire_department: {text(warm_words(run))}")


def warm_words(run: RunView) -> str:
    """Where a warm start came from and what could not be carried over."""
    told = f"Warm start from run {str(run.warm_start.get('run_id', ''))[-4:]}, epoch {run.warm_start.get('epoch')}."
    return " ".join([told, *map(str, run.warm_start.get("notes") or ())])


def _tiles(run: RunView) -> None:
    with st.container(key="facts"):
        columns = st.columns(5)
        columns[0].metric("Time left", duration(run.eta_seconds) if run.job.state.is_active else "–")
        columns[1].metric("Time spent", duration(sum(record.seconds for record in run.records)))
        rate = f"{run.rows_per_second:,.0f}" if run.rows_per_second else "–"
        columns[2].metric(
            "Rows per second", rate, help="Real rows shown to the critic per second, in the last stretch."
        )
        taken = run.device_bytes or run.memory_bytes
        where = "the accelerator" if run.device_bytes else "the worker, with its libraries"
        columns[3].metric(
            "Memory", f"{taken / MEGABYTES:,.0f} MB" if taken else "–", help=f"Most that {where} has taken so far."
        )
        device = run.device.partition(",")[0].capitalize() or "–"
        columns[4].metric("Device", device, help=f"Where the networks are: {text(run.device) or 'not known yet'}.")


def _controls(here: Session, run: RunView) -> None:
    state = str(run.job.state)
    with st.container(horizontal=True, key="run-controls", vertical_alignment="bottom"):
        if state in ("running", "waiting", "pausing"):
            waiting = state != "running"
            if st.button("Pause", icon=":material/pause:", key="pause", disabled=waiting):
                training.pause_run(here, run.id)
                st.rerun()
            if st.button("Stop", icon=":material/stop:", key="stop", help="Ends the run and keeps what was learned."):
                training.stop_run(here, run.id)
                st.rerun()
        if run.job.state.can_resume:
            epoch = run.checkpoints[-1] if run.checkpoints else 0
            label = f"Resume from epoch {epoch}" if epoch else "Start over"
            if state in ("paused", "stopped"):
                label = "Resume"
            if st.button(label, icon=":material/play_arrow:", key="resume", type="primary"):
                training.resume_run(here, run.id)
                st.rerun()
        if state in ("running", "done", "stopped", "paused"):
            if st.button(f"+{MORE_EPOCHS} epochs", icon=":material/add:", key="extend-50"):
                training.extend_run(here, run.id, MORE_EPOCHS)
                st.rerun()
            with st.popover("More epochs", icon=":material/more_time:"):
                more = st.number_input("Epochs to add", 1, 100_000, MORE_EPOCHS, key="more-epochs")
                st.caption("The result is the same, bit for bit, as if so many had been asked for at first.")
                if st.button("Add them", key="extend", type="primary"):
                    training.extend_run(here, run.id, int(more))
                    st.rerun()


def _settings(run: RunView) -> None:
    with st.expander("Settings of this run", icon=":material/tune:"):
        rows = [
            {
                "Setting": field.metadata["label"],
                "Value": training.shown(getattr(run.config, field.name)),
                "Group": field.metadata["group"],
            }
            for field in dataclasses.fields(run.config)
        ]
        st.dataframe(rows, hide_index=True, key="settings", alt="Settings of this run")
        st.caption(f"Run `{run.id}`")
