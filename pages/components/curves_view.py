"""What a run's curves look like and what they say: diagnosis, losses, and one further view at a time."""

from __future__ import annotations

import streamlit as st

from core.figures.probes import STRIP_COLUMNS, score_gap_figure, shape_strip
from core.figures.training import loss_figure, measure_figure
from core.synthesis.diagnose import Finding, Gravity
from core.workbench import training
from core.workbench.training import RunView
from pages.components import charts
from pages.components.training_form import prefill
from pages.components.words import count, labelled, text

LOOKS = {
    Gravity.BAD: (":material/error:", "red"),
    Gravity.CAUTION: (":material/warning:", "orange"),
    Gravity.INFO: (":material/info:", "blue"),
    Gravity.GOOD: (":material/check_circle:", "green"),
}
MOST_SMOOTHING = 50
VIEWS = ("Column shapes", "Critic", "Requested levels", "Gradients", "Train against control")


def show_diagnosis(run: RunView) -> None:
    """Every finding: a word, what is seen, what to change; the rule behind it in a popover."""
    with st.container(border=True, key="diagnosis-card"):
        for place, finding in enumerate(training.findings(run)):
            _finding(run, finding, place)


def _finding(run: RunView, finding: Finding, place: int) -> None:
    icon, colour = LOOKS[finding.gravity]
    with st.container(key=f"finding-{place}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.badge(finding.rule.capitalize(), icon=icon, color=colour)
            behind = st.popover("Why, and what to do", type="tertiary")
        st.markdown(text(finding.words))
        with behind:
            st.markdown(f"**Rule** {text(finding.because)}")
            st.markdown(f"**What to do** {text(finding.advice)}")
            if finding.since:
                st.caption(f"Seen since epoch {finding.since}.")
            st.caption("Curves of such training are noisy: a finding is a reason to look, not a proof.")
            if finding.settings:
                changes = ", ".join(f"{name} {value}" for name, value in finding.settings.items())
                if st.button("New run with these settings", key=f"apply-{place}", help=text(changes)):
                    prefill(run.config, finding.settings)
                    st.rerun()


def show_curves(run: RunView) -> None:
    """Losses, and below them the view that was chosen."""
    if not run.records:
        if run.job.state.is_active:
            st.skeleton(height=320)
        return
    last = run.records[-1]
    with st.container(border=True, key="loss-card"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown("**Losses** :gray[mean of each epoch, band of one standard deviation over its steps]")
            smoothing = st.slider(
                "Smoothing (epochs)", 1, MOST_SMOOTHING, 1, key="smoothing", width=220,
                help="Draws an exponential mean of so many epochs as the line; 1 draws what was measured.",
            )  # fmt: skip
        charts.show(
            loss_figure(run.records, smoothing, rollbacks=run.rollbacks, colours=charts.colours()),
            key="losses",
            alt=f"Losses until epoch {last.epoch}: generator {last.generator_loss:.3f}, critic "
            f"{last.discriminator_loss:.3f}",
        )
        st.caption(
            "Neither has to fall: the two networks move against each other. Curves that settle into a band are a good "
            "sign; a loss that runs away is not."
        )
        for one in run.rollbacks:
            st.caption(
                f":material/undo: Epoch {one.epoch}: {text(one.words)} Went back to epoch {one.to_epoch} and on with "
                f"a learning rate of {one.learning_rate:.3g}; the dotted stretch was given up."
            )
    with st.container(border=True, key="curves-card"):
        view = st.segmented_control(
            "More curves", VIEWS, default=VIEWS[0], required=True, key="curves-view", label_visibility="collapsed"
        )
        _view(run, view, smoothing)


def _view(run: RunView, view: str, smoothing: int) -> None:
    last = run.records[-1]
    if view == "Column shapes":
        _strip(run)
    elif view == "Critic":
        _measure(
            run, ("critic_gap", "gradient_penalty"), ("Critic gap", "Gradient penalty"), smoothing,
            f"Critic gap {last.critic_gap:.3f} and gradient penalty {last.gradient_penalty:.3f} in epoch {last.epoch}",
            "The gap is the mean critic score of real rows minus that of drawn ones: an estimate of how far apart they "
            "are, which falls while the generator learns. The penalty holds the critic's slope at one.",
        )  # fmt: skip
    elif view == "Requested levels":
        _measure(
            run, ("conditional_loss",), ("Conditional loss",), smoothing,
            f"Conditional loss until epoch {last.epoch}: {last.conditional_loss:.3f} nats",
            "How well requested levels are met: 0 is always, lower is better.", key="conditional",
        )  # fmt: skip
    elif view == "Gradients":
        _measure(
            run, ("generator_gradient_norm", "discriminator_gradient_norm"), ("Generator", "Critic"), smoothing,
            f"Gradient norms in epoch {last.epoch}: generator {last.generator_gradient_norm:.3g}, critic "
            f"{last.discriminator_gradient_norm:.3g}",
            "Size of each step's gradient over all weights. A generator near 0 learns nothing; sudden peaks are steps "
            "that were too large.",
        )  # fmt: skip
    else:
        _score_gap(run)


def _measure(
    run: RunView,
    measures: tuple[str, ...],
    names: tuple[str, ...],
    smoothing: int,
    alt: str,
    caption: str,
    key: str = "",
) -> None:
    figure = measure_figure(run.records, measures, smoothing, names=names, colours=charts.colours())
    charts.show(figure.update_layout(height=260), key=key or measures[0].replace("_", "-"), alt=alt)
    st.caption(caption)


def _strip(run: RunView) -> None:
    probes = [one.probe for one in run.records if one.probe is not None]
    if not probes:
        st.markdown(":gray[No probe sample was drawn yet: the first one comes with the end of an epoch.]")
        return
    n_columns = sum(shape is not None for shape in probes[-1].shapes)
    mean = probes[-1].mean_shape
    charts.show(
        shape_strip(run.records, list(labelled(run.columns, 22).values()), colours=charts.colours()),
        key="shape-strip",
        alt=f"Column shapes of {n_columns} columns over {len(probes)} probes, lowest first; their mean is {mean:.3f}",
    )
    more = f" The {STRIP_COLUMNS} lowest of {n_columns} are shown." if n_columns > STRIP_COLUMNS else ""
    st.caption(
        f"Each cell compares one column of a fixed probe sample of {count(probes[-1].n_rows, 'row')} with the train "
        "rows: 1 is the same distribution. Where the colour fades a column is being learned; colour that comes back is "
        "a collapse. This is what the networks have learned, before shares are put right in a saved model."
        f"{more}"
    )


def _score_gap(run: RunView) -> None:
    scored = [one.probe for one in run.records if one.probe is not None and one.probe.score_gap is not None]
    if not scored:
        st.markdown(":gray[Not measured: there are no control rows to score, or too few of them.]")
        return
    last = scored[-1]
    charts.show(
        score_gap_figure(run.records, colours=charts.colours()),
        key="score-gap",
        alt=f"Critic score of train rows minus control rows: {last.score_gap:.4f}, standard error "
        f"{last.score_gap_error:.4f}",
    )
    scored_rows = count(last.n_scored, "train row or pack", "train rows or packs")
    st.caption(
        f"Mean critic score of {scored_rows} minus that of as many "
        "control rows of the selection half, with its 95 % interval. Above 0 the critic has begun to know the train "
        "rows. Nothing is fitted on control rows."
    )
