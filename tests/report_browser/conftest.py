"""One browser for all tests of reports, and the sample report as a file."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import time

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--force-prefers-reduced-motion",
)  # fmt: skip
PATIENCE_S = 30.0
REQUIRED = "DCSIM_BROWSER"
"""Variable of the environment that is ``required`` where tests without a browser are not enough, as in CI."""


class Browser:
    """A browser that shows one page at a time and remembers what the page complained of and asked for."""

    def __init__(self, driver):
        self.driver = driver
        self.run = driver.execute_script

    def open(self, path):
        self.requests()
        self.complaints()
        self.driver.get(path.as_uri())
        self.wait("return document.documentElement.dataset.charts === 'ready'")

    def look(self, width, theme):
        """Change the screen and the reader's preference; charts are drawn anew by themselves."""
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        prefers = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": prefers})
        self.wait("return [...document.querySelectorAll('.plot')].every((plot) => plot._fullLayout"
                  " && plot._fullLayout.width === Math.max(plot.clientWidth, 200))")  # fmt: skip

    def point(self, selector):
        """Rest the pointer on the middle of an element."""
        from selenium.webdriver import ActionChains

        element = self.run("const found = document.querySelector(arguments[0]);"
                           " found.scrollIntoView({block: 'center'}); return found;", selector)  # fmt: skip
        ActionChains(self.driver, duration=20).move_to_element(element).move_by_offset(9, 3).perform()

    def wait(self, script):
        end = time.monotonic() + PATIENCE_S
        while not self.run(script):
            assert time.monotonic() < end, f"never came true: {script}"
            time.sleep(0.02)

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Return the addresses that were asked for since the last time."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"]


def absent(what):
    """Skip a test for want of something, or fail it where a browser is required."""
    if os.environ.get(REQUIRED) == "required":
        pytest.fail(f"{what}, and {REQUIRED}=required", pytrace=False)
    pytest.skip(what)


def needed(module):
    """Return a module, without which there is nothing to test."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return absent(f"{module} is not installed")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    if not (CHROMIUM and CHROMEDRIVER):
        absent("Chromium and chromedriver are not installed")
    webdriver = needed("selenium.webdriver")
    needed("plotly")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
    driver.set_page_load_timeout(PATIENCE_S)
    driver.set_script_timeout(PATIENCE_S)
    try:
        yield Browser(driver)
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory):
    needed("plotly")
    from dcsim.report.frame import render
    from tests.report_browser.sample import sample_page

    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(sample_page()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def page(browser, sample_file):
    """The sample report on a wide light screen, opened once for each module: tests leave it as they find it."""
    browser.look(1280, "light")
    browser.open(sample_file)
    return browser
