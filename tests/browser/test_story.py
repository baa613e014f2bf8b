"""The main job in a browser: census from upload to download, as a data scientist would do it the first time."""

from __future__ import annotations

import csv
import os
import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE, Server, goto, pick, settle, shoot
from tests.real_tables import real_table

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)
N_ROWS = 6_000
"""Rows of census that the story uses: enough to learn something in a few epochs, few enough for a test."""
ROW_HEIGHT = 33
"""Pixels of a row and of the header of a grid, at the theme's font size."""
PAGES = ("Data", "Explore", "Train", "Sample", "Evaluate", "Privacy", "Export", "Sessions")


@pytest.fixture(scope="module")
def census(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("census") / "census.csv"
    with real_table("census").open(encoding="utf-8") as source:
        path.write_text("".join(line for line, _ in zip(source, range(N_ROWS + 1), strict=False)), encoding="utf-8")
    return path


def button(page: Page, label: str):
    return page.get_by_role("button", name=re.compile(label)).first


def curve(page: Page) -> str:
    """What the chart of losses shows now."""
    return page.locator(".st-key-loss-card .js-plotly-plot .scatterlayer").first.inner_html()


def choose_type(page: Page, row: int, kind: str) -> None:
    """Correct a type in the editor with the keyboard."""
    grid = page.locator('[class*="st-key-types-"] [data-testid="stDataFrame"]')
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    page.mouse.click(box["x"] + 260, box["y"] + ROW_HEIGHT * (row + 1.5))
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    page.keyboard.type(kind, delay=40)
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    settle(page)


def test_from_upload_to_download(server: Server, browser: Browser, page: Page, census: Path, tmp_path: Path):
    page.goto(server.url)
    settle(page)
    expect(page.get_by_role("heading", name="Bring a table")).to_be_visible()
    shoot(page, "1-data-empty")

    # upload, diagnosis, a corrected type, a target
    page.locator('input[type="file"]').set_input_files(str(census))
    expect(page.get_by_text("What each column represents")).to_be_visible()
    settle(page)
    choose_type(page, row=4, kind="categorical")
    expect(page.get_by_text("Set by you")).to_be_visible()
    pick(page, "Target", "income")
    shoot(page, "2-data-check")
    button(page, "Save as dataset").click()
    expect(page.get_by_text("Train a generator")).to_be_visible()
    settle(page)
    assert re.search(r"dataset=dataset-[0-9a-f]{16}", page.url)
    shoot(page, "3-data-dataset")

    # train a few epochs and see the curve move
    goto(page, "Train")
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    epochs.fill("600")  # more than a quick machine trains before the story pauses and stops it
    every = page.get_by_role("spinbutton", name="Epochs between checkpoints")
    every.fill("5")
    shoot(page, "4-train-form")
    button(page, "Start training").click()
    page.wait_for_selector(".st-key-loss-card .js-plotly-plot .scatterlayer path")
    first = curve(page)
    page.wait_for_function(
        "before => document.querySelector('.st-key-loss-card .scatterlayer').innerHTML !== before", arg=first
    )
    shoot(page, "5-train-live")

    # refresh and a second tab find the run again
    page.reload()
    settle(page)
    page.wait_for_selector(".st-key-loss-card .js-plotly-plot")
    second = browser.new_page()
    second.goto(page.url)
    second.wait_for_selector(".st-key-loss-card .js-plotly-plot", timeout=PATIENCE)
    second.close()

    # pause, kill the server, start it again, resume
    button(page, "^.*Pause$").click()
    expect(page.locator(".st-key-run-state", has_text="Paused")).to_be_visible()
    server.end(signal.SIGKILL)
    server.start()
    page.goto(page.url)
    settle(page)
    expect(page.locator(".st-key-run-state", has_text="Paused")).to_be_visible()
    button(page, "Resume").click()
    expect(page.locator(".st-key-run-state", has_text=re.compile("Running|Done"))).to_be_visible()

    # kill the worker: the page says so and offers to go on
    page.wait_for_timeout(1500)
    if kill_worker(server):
        expect(page.locator(".st-key-run-state", has_text="Crashed")).to_be_visible()
        shoot(page, "6-train-crashed")
        button(page, "Resume from epoch").click()
        expect(page.locator(".st-key-run-state", has_text=re.compile("Running|Done"))).to_be_visible()
    if button(page, "Stop").is_visible():
        page.wait_for_timeout(4000)
        if button(page, "Stop").is_visible():
            button(page, "Stop").click()
    expect(page.locator(".st-key-run-state", has_text=re.compile("Stopped|Done"))).to_be_visible()
    settle(page)
    shoot(page, "7-train-ended")

    # draw rows, with exact numbers of a level
    goto(page, "Sample")
    page.get_by_text("Rows of chosen levels").click()
    settle(page)
    pick(page, "Column", "income")
    pick(page, "Level", ">50K")
    page.locator(".st-key-draw-card").get_by_role("button", name="Add", exact=False).last.click()
    settle(page)
    button(page, "Draw").click()
    expect(page.get_by_text("Every requested number of rows was met exactly.")).to_be_visible()
    settle(page)
    shoot(page, "8-sample")
    for kind in ("CSV", "Parquet"):
        with page.expect_download() as waiting:
            button(page, f"Download {kind}").click()
        waiting.value.save_as(tmp_path / f"synthetic.{kind.lower()}")
    with (tmp_path / "synthetic.csv").open(encoding="utf-8") as file, census.open(encoding="utf-8") as real:
        rows = list(csv.reader(file))
        assert rows[0] == next(csv.reader(real))
    assert sum(row[-1].strip() == ">50K" for row in rows[-1000:]) == 1000

    # evaluate
    goto(page, "Evaluate")
    button(page, "Evaluate this sample").click()
    expect(button(page, "Judge again")).to_be_visible()
    settle(page)
    expect(page.locator('[data-testid="stMetric"]', has_text="Column shapes")).to_be_visible()
    page.wait_for_selector(".st-key-column-0 .stEChartsChart canvas")
    shoot(page, "9-evaluate-columns")
    for view in ("Pairs", "Usefulness"):
        page.get_by_role("radio", name=view).or_(page.get_by_role("button", name=view, exact=True)).first.click()
        settle(page)
        shoot(page, f"9-evaluate-{view.lower()}")

    # privacy
    goto(page, "Privacy")
    button(page, "Attack this sample").click()
    expect(button(page, "Judge again")).to_be_visible()
    settle(page)
    expect(page.locator('[data-testid="stMetric"]', has_text="Memorised share")).to_be_visible()
    shoot(page, "10-privacy")
    looks(browser, page.url)


def kill_worker(server: Server) -> bool:
    """Kill the worker of the run, as the system would for want of memory; whether one was alive."""
    for status in server.home.glob("*/jobs/run-*/status.json"):
        found = re.search(r'"pid":\s*(\d+)', status.read_text())
        running = re.search(r'"state":\s*"running"', status.read_text())
        if found and running:
            os.kill(int(found[1]), signal.SIGKILL)
            return True
    return False


def looks(browser: Browser, url: str) -> None:
    """Every page once more, dark and narrow."""
    base, _, query = url.partition("?")
    root = base.rsplit("/", 1)[0]
    for name, scheme, width in (("dark", "dark", 1360), ("narrow", "light", 420)):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        for number, title in enumerate(PAGES, 1):
            page.goto(f"{root}/{'' if title == 'Data' else title.lower()}?{query}")
            settle(page)
            page.wait_for_timeout(800)
            shoot(page, f"{name}-{number}-{title.lower()}")
        context.close()


def test_a_demo_visitor_sees_no_upload_and_no_other_session(tmp_path: Path, page: Page):
    from tests.browser.conftest import free_port

    demo = Server(home=tmp_path / "home", port=free_port(), environment={"DOPPEL_MODE": "demo"})
    demo.home.mkdir()
    demo.start()
    try:
        page.goto(demo.url)
        settle(page)
        expect(page.get_by_text("Make the demo table")).to_be_visible()
        assert page.locator('input[type="file"]').count() == 0
        assert page.get_by_text("New session").count() == 0
        shoot(page, "demo-mode")
    finally:
        demo.end()
