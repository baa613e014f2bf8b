"""Epochs against privacy in a browser: start, watch points arrive, move the epoch, cap, promote, sample, export."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.figures.frontier import LEFT, RIGHT
from core.workbench import data, sessions
from tests.browser.conftest import PATIENCE, Server, goto, settle, shoot
from tests.real_tables import real_table

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)
N_ROWS = 1_200


@pytest.fixture
def dataset(server: Server, tmp_path: Path) -> str:
    """Query string of a session with a small part of census, split."""
    path = tmp_path / "census.csv"
    with real_table("census").open(encoding="utf-8") as source:
        path.write_text("".join(line for line, _ in zip(source, range(N_ROWS + 1), strict=False)), encoding="utf-8")
    with sessions.create_session(server.home) as session:
        reading_id = data.start_reading(session, path, name="census")
        list(sessions.follow(session, reading_id))
        schema = data.reading(session, reading_id).schema
        dataset_id = data.save_dataset(
            session, reading_id, schema=schema, name="census", target="income", control_share=0.4, split_seed=1
        )
        list(sessions.follow(session, dataset_id))
        return f"session={session.id}&dataset={dataset_id}"


def judged(page: Page, n: int) -> None:
    said = re.compile(rf"\b{n} of 3 checkpoints judged")
    expect(page.locator(".st-key-tape-states")).to_contain_text(said, timeout=4 * PATIENCE)


def painted(page: Page, key: str) -> str:
    """The pixels of a small chart."""
    return page.locator(f".st-key-{key} canvas").first.evaluate("(canvas) => canvas.toDataURL()")


def chosen_line(page: Page) -> float:
    """Where the line of the chosen epoch lies between the first and the last epoch of a chart over epochs, 0 to 1."""
    chart = page.locator(".st-key-over-epochs-card .stEChartsChart").first
    left, width = chart.evaluate("(one) => [parseFloat(getComputedStyle(one, '::after').left), one.clientWidth]")
    return (left - LEFT) / (width - LEFT - RIGHT)


def test_from_the_first_point_to_the_released_sample(server: Server, page: Page, dataset: str, tmp_path: Path):
    page.goto(f"{server.url}/frontier?{dataset}")
    settle(page)
    page.get_by_role("spinbutton", name="Epochs", exact=True).fill("60")
    page.get_by_role("spinbutton", name="Checkpoints to judge").fill("3")
    shoot(page, "frontier-1-form")
    page.get_by_role("button", name="Train and judge").click()

    # points arrive; a refresh in between loses none
    page.wait_for_selector(".st-key-frontier-card .stEChartsChart canvas", timeout=4 * PATIENCE)
    shoot(page, "frontier-2-first-points")
    page.reload()
    settle(page)
    judged(page, 3)
    settle(page)
    shoot(page, "frontier-3-all-points")

    # the epoch moves every chart
    expect(page.get_by_role("heading", name="Epoch 60")).to_be_visible()
    before, still = painted(page, "frontier"), painted(page, "over-utility_kept")
    assert chosen_line(page) == pytest.approx(1, abs=0.01)
    thumb = page.get_by_role("slider", name="Epoch")
    thumb.focus()
    thumb.press("ArrowLeft")
    thumb.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Epoch 1", exact=True)).to_be_visible()
    settle(page)
    assert painted(page, "frontier") != before, "the ring stayed where it was"
    assert painted(page, "over-utility_kept") == still, "a chart that does not change was drawn again"
    assert chosen_line(page) == pytest.approx(0, abs=0.01)
    shoot(page, "frontier-4-epoch-1")
    thumb.press("ArrowRight")
    thumb.press("ArrowRight")
    expect(page.get_by_role("heading", name="Epoch 60")).to_be_visible()

    # a cap that can be kept, and one that is no rule
    cap = page.get_by_role("textbox", name="Risk cap")
    cap.fill("exact_copies <= 90 %")
    cap.press("Enter")
    expect(page.get_by_text("Epoch 60 is the last of 3 judged")).to_be_visible()
    cap.fill("wealth <= 3")
    cap.press("Enter")
    expect(page.get_by_text("names no metric")).to_be_visible()
    shoot(page, "frontier-5-cap")

    # released: drawn again and judged again on rows that did not choose it
    page.get_by_role("button", name="Use this checkpoint").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("Download CSV")).click()
    waiting.value.save_as(tmp_path / "synthetic.csv")
    with (tmp_path / "synthetic.csv").open(encoding="utf-8") as file:
        assert len(list(csv.reader(file))) > 500
    shoot(page, "frontier-6-sample")
    goto(page, "Frontier")
    card = page.locator(".st-key-promotions-card")
    expect(card).to_contain_text("Epoch 60, chosen by eye")
    shoot(page, "frontier-7-released")
