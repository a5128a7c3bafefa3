# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The HTML report in a headless Chromium, and libraries to make one of.

Needs Debian's chromium, chromium-driver and python3-selenium; missing() says
what is not there. The network is out of reach of the page: no name resolves.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"


def missing():
    """What the browser tests lack here, "" if nothing."""
    try:
        import selenium.webdriver  # noqa: F401
    except ImportError:
        return f"python3-selenium ({sys.executable} has none)"
    for path in (CHROMIUM, DRIVER):
        if not shutil.which(path):
            return path
    return ""


class Folder(tempfile.TemporaryDirectory):
    """A temporary folder that can be removed although processes of a browser
    that has been closed may still write into it for a moment."""

    def cleanup(self):
        for _ in range(600):
            try:
                super().cleanup()
                return
            except OSError:
                time.sleep(0.1)
        super().cleanup()


def make_library(root, n_files):
    """Tiny files, every tenth of them damaged, for the worker that goes by
    their names (tests/cli/fake-worker.c)."""
    kinds = {0: "corrupt-timed", 3: "gap-timed", 6: "encrypted-timed"}
    for number in range(n_files):
        folder = os.path.join(root, f"folder-{number // 500:03}")
        if number % 500 == 0:
            os.makedirs(folder)
        kind = kinds.get(number // 10 % 10, "corrupt-timed") \
            if number % 10 == 0 else "fine-timed"
        suffix = "mkv" if number % 2 else "mp4"
        if number % 20 == 0:
            suffix = "mkv"
        path = os.path.join(folder, f"{number:05}-{kind}.{suffix}")
        with open(path, "wb") as file:
            file.write(b"x" * (1 + number % 97))


def scan(cvi_gst, worker, library, work, *options):
    """Scans @library into @work/report.html and @work/report.jsonl."""
    env = dict(os.environ, CVI_WORKER=worker, XDG_CONFIG_HOME=work,
               XDG_DATA_HOME=work)
    page = os.path.join(work, "report.html")
    done = subprocess.run(
        [cvi_gst, "scan", "--progress", "none", "--format", "html", "-o",
         page, *options, library], env=env, stdin=subprocess.DEVNULL,
        check=False)
    if done.returncode not in (0, 1, 3, 4):
        raise SystemExit(f"scan: exit status {done.returncode}")
    with open(os.path.join(work, "report.jsonl"), "wb") as out:
        subprocess.run([cvi_gst, "report", "--format", "jsonl"], env=env,
                       stdin=subprocess.DEVNULL, stdout=out, check=True)
    return page


class Browser:
    """One Chromium; close() ends it."""

    def __init__(self, work, size=(1280, 1000)):
        from selenium import webdriver
        from selenium.webdriver.chrome.options import Options
        from selenium.webdriver.chrome.service import Service

        options = Options()
        options.binary_location = CHROMIUM
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for argument in ("--headless=new", "--disable-gpu", "--no-first-run",
                         "--disable-dev-shm-usage", "--hide-scrollbars",
                         "--host-resolver-rules=MAP * ~NOTFOUND",
                         f"--user-data-dir={os.path.join(work, 'profile')}",
                         "--window-size=%d,%d" % size):
            options.add_argument(argument)
        # Chromium's own sandbox does not work for root, who builds run as.
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")
        self.driver = webdriver.Chrome(
            service=Service(DRIVER, log_path=os.devnull), options=options)
        self.driver.set_script_timeout(120)
        self.driver.set_page_load_timeout(120)

    def open(self, path):
        self.driver.get("file://" + path)

    def run(self, script, *arguments):
        """The value of @script, which returns one."""
        return self.driver.execute_script(script, *arguments)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def texts(self, selector):
        return self.run(
            "return [...document.querySelectorAll(arguments[0])]"
            ".map((e) => e.textContent)", selector)

    def press(self, *keys):
        """On whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def prefer(self, scheme, media="screen"):
        """What the system is said to prefer: "light" or "dark"."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": media,
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def save(self, path):
        self.driver.save_screenshot(path)

    def complaints(self):
        """What the console says since the last call."""
        return [e["message"] for e in self.driver.get_log("browser")]

    def close(self):
        self.driver.quit()
