#!/usr/bin/env python3
"""Makes the pictures of docs/how-to/review-requests.md: a demo employer, its pages, and Debian's Chromium.

Usage: scripts/pictures.py [FOLDER]; without a folder the pictures of the documents are made anew.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bensync.demo.pages import Opened, open_pages

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
WINDOW = {"width": 1180, "height": 760}
SWITCHES = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        open_pages(Path(place), 120) as office,
        sync_playwright() as playwright,
    ):
        serving = threading.Thread(target=office.server.run)
        serving.start()
        while not office.server.started:
            time.sleep(0.05)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)
        page = browser.new_page(viewport=WINDOW)
        try:
            take_all(page, office, folder)
        finally:
            browser.close()
            office.server.should_exit = True
            serving.join()


def take_all(page: Page, office: Opened, folder: Path) -> None:
    """The way of an administrator through the pages."""

    def keep(name: str) -> None:
        page.screenshot(path=folder / f"{name}.png")

    def go(path: str) -> None:
        page.goto(office.address + path)

    go("sign-in")
    page.get_by_label("Name").fill(office.name)
    page.get_by_label("Password").fill(office.password)
    page.get_by_label("Code").fill(office.code())
    keep("sign-in")
    page.get_by_role("button", name="Sign in").click()
    keep("overview")
    go("sites/acme/requests")
    keep("requests")
    page.get_by_role("button", name="Approve all").click()
    keep("bulk")
    go("sites/acme/requests?bucket=terminated")
    page.locator("[data-open]").first.click()
    keep("termination")
    page.get_by_role("heading", name="Effect on coverage").scroll_into_view_if_needed()
    keep("outlook")
    page.get_by_text("Decline…").click()
    page.get_by_label("Wrong in HR").scroll_into_view_if_needed()
    keep("decline")
    go("sites/acme/requests?bucket=identity")
    page.locator("[data-open]").first.click()
    keep("identity")
    go("sites/acme/synchronize")
    page.get_by_role("button", name="Preview", exact=True).click()
    keep("synchronize-working")
    page.get_by_role("heading", name="Preview", exact=True).wait_for(timeout=60_000)
    keep("synchronize")
    go("sites/acme/events")
    keep("events")
    go("sites/acme/held")
    page.get_by_role("heading", name="Allow once").scroll_into_view_if_needed()
    keep("held")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
