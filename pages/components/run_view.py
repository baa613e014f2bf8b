"""A training run as it learns: where it stands, both losses, and what can be asked of it."""

from __future__ import annotations

import dataclasses

import streamlit as st

from core.figures.training import conditional_figure, loss_figure
from core.workbench import training
from core.workbench.sessions import Session
from core.workbench.training import RunView
from pages.components import charts
from pages.components.frame import guarded, next_step
from pages.components.progress import badge, show_failure
from pages.components.words import count, duration, text

MORE_EPOCHS = 50


def show_run(here: Session, run_id: str) -> None:
    """The run, drawn anew every second while it is active."""
    active = training.run(here, run_id).job.state.is_active
    st.fragment(_live, run_every="1s" if active else None)(here, run_id, active)
    run = training.run(here, run_id)
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
    _curves(run)


def _state(run: RunView) -> None:
    status = run.job.status
    with st.container(horizontal=True, vertical_alignment="center", key="run-state"):
        badge(status.state)
        done = max((record.epoch for record in run.records if record.epoch_done), default=0)
        words = f"Epoch **{done}** of {run.target_epochs}"
        if str(status.state) == "waiting":
            words = "Waiting for its turn"
        elif not run.records and run.job.state.is_active:
            words = text(status.message) or "Preparing the table"
        st.markdown(words)
    st.progress(min(max(status.progress, 0.0), 1.0))
    if str(status.state) in ("failed", "crashed"):
        show_failure(run.job, "Training")
    elif str(status.state) in ("paused", "stopped") and run.checkpoints:
        st.info(
            f"Everything up to epoch {max((record.epoch for record in run.records), default=0)} is kept. Resume "
            f"goes on "
            "with the very numbers of a run that was never interrupted.",
            icon=":material/bookmark:",
        )


def _tiles(run: RunView) -> None:
    with st.container(key="facts"):
        columns = st.columns(4)
        columns[0].metric("Time left", duration(run.eta_seconds) if run.job.state.is_active else "–")
        columns[1].metric("Time spent", duration(sum(record.seconds for record in run.records)))
        rate = f"{run.rows_per_second:,.0f}" if run.rows_per_second else "–"
        columns[2].metric(
            "Rows per second", rate, help="Real rows shown to the critic per second, in the last stretch."
        )
        where = run.device.partition(",")[0].capitalize() or "–"
        columns[3].metric("Device", where, help=f"Where the networks are: {text(run.device) or 'not known yet'}.")


def _controls(here: Session, run: RunView) -> None:
    state = str(run.job.state)
    with st.container(horizontal=True, key="run-controls", vertical_alignment="bottom"):
        if state in ("running", "waiting", "pausing"):
            waiting = state != "running"
            if st.button("Pause", icon=":material/pause:", key="pause", disabled=waiting):
                training.pause_run(here, run.id)
                st.rerun()
            if st.button("Stop", icon=":material/stop:", key="stop"):
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
            with st.popover("More epochs", icon=":material/add:"):
                more = st.number_input("Epochs to add", 1, 100_000, MORE_EPOCHS, key="more-epochs")
                if st.button("Add them", key="extend", type="primary"):
                    training.extend_run(here, run.id, int(more))
                    st.rerun()


def _curves(run: RunView) -> None:
    if not run.records:
        if run.job.state.is_active:
            st.skeleton(height=320)
        return
    smoothing = 1
    last = run.records[-1]
    with st.container(border=True, key="loss-card"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown("**Losses** :gray[mean of each epoch, band of one standard deviation over its steps]")
            smoothing = st.segmented_control(
                "Smoothing",
                [1, 5, 20],
                default=1,
                required=True,
                format_func=lambda span: "As measured" if span == 1 else f"{span} epochs",
                key="smoothing",
                label_visibility="collapsed",
            )
        charts.show(
            loss_figure(run.records, smoothing, colours=charts.colours()),
            key="losses",
            alt=f"Losses until epoch {last.epoch}: generator {last.generator_loss:.3f}, critic "
            f"{last.discriminator_loss:.3f}",
        )
        st.caption(
            "Neither has to fall: the two networks move against each other. Curves that settle into a band are a good "
            "sign; a loss that runs away is not."
        )
    with st.container(border=True, key="conditional-card"):
        st.markdown("**Conditional loss** :gray[how well requested levels are met; lower is better]")
        charts.show(
            conditional_figure(run.records, smoothing, colours=charts.colours()).update_layout(height=220),
            key="conditional",
            alt=f"Conditional loss until epoch {last.epoch}: {last.conditional_loss:.3f} nats",
        )


def _settings(run: RunView) -> None:
    with st.expander("Settings of this run", icon=":material/tune:"):
        rows = [
            {
                "Setting": field.metadata["label"],
                "Value": _shown(getattr(run.config, field.name)),
                "Group": field.metadata["group"],
            }
            for field in dataclasses.fields(run.config)
        ]
        st.dataframe(rows, hide_index=True, key="settings", alt="Settings of this run")
        st.caption(f"Run `{run.id}`")


def _shown(value: object) -> str:
    return ", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
