#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The HTML report as a browser shows it: a scan of 500 files, some with names
that no one should make. Environment: CVI_GST, CVI_FAKE_WORKER."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import unittest

import page

N_FILES = 500
# Names that would do something if they were taken for more than names. A
# slash is as good as any other way to write an end tag.
HOSTILE = [
    b"<img src=x onerror=hurt=1>-corrupt-timed.mp4",
    b"x</script><script>hurt=1;-corrupt-timed.mp4",
    b"<!--<script>-corrupt-timed.mp4", b"\"'&amp;&quot;-corrupt-timed.mp4",
    b"new\nline\r-corrupt-timed.mp4", b"=cmd()-corrupt-timed.mp4",
    b"latin1-\xe9-corrupt-timed.mp4", b"rtl-\xe2\x80\xae4pm-corrupt-timed.mp4",
    b"sep-\xe2\x80\xa8\xe2\x80\xa9-corrupt-timed.mp4",
    "日本-\U0001f3ac-corrupt-timed.mp4".encode(),
]
# Of all text that is shown against what is behind it (WCAG 2.1, 1.4.3).
CONTRAST = """
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((v) => {
    v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
const behind = (element) => {
  for (; element; element = element.parentElement) {
    const color = numbers(getComputedStyle(element).backgroundColor);
    if (color.length < 4 || color[3] > 0)
      return color.slice(0, 3);
  }
  return [255, 255, 255];
};
const bad = [];
for (const element of document.body.querySelectorAll('*')) {
  const own = [...element.childNodes].some(
    (n) => n.nodeType === 3 && n.data.trim());
  if (!own || element.disabled || !element.getClientRects().length)
    continue;
  const a = luminance(numbers(getComputedStyle(element).color).slice(0, 3));
  const b = luminance(behind(element));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5)
    bad.push(element.tagName + '.' + element.className + ' ' + ratio);
}
return bad;
"""


def make_hostile(root):
    for name in HOSTILE:
        path = os.path.join(os.fsencode(root), b"odd", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"xyz")


class Html(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = page.Folder(prefix="cvi-html-")
        cls.addClassCleanup(cls.folder.cleanup)
        work = cls.folder.name
        library = os.path.join(work, "library")
        page.make_library(library, N_FILES - len(HOSTILE))
        make_hostile(library)
        cls.page = page.scan(os.environ["CVI_GST"],
                             os.environ["CVI_FAKE_WORKER"], library, work)
        with open(os.path.join(work, "report.jsonl"), encoding="utf-8") as f:
            cls.records = [json.loads(line) for line in f]
        cls.browser = page.Browser(work)
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.prefer("light")
        self.browser.open(self.page)

    def tearDown(self):
        self.assertEqual(self.browser.complaints(), [])

    def count(self, verdict):
        return sum(r["verdict"] == verdict for r in self.records)

    def where(self):
        return self.browser.one("#where").text

    def names(self):
        return self.browser.texts("#table tr.file .name")

    def verdicts(self):
        return [t.split()[1] for t in
                self.browser.texts("#table tr.file .verdict")]

    def click(self, selector):
        self.browser.one(selector).click()

    def head(self, title):
        return next(b for b in self.browser.all("#table thead button")
                    if b.text.split(" \u25b2")[0].split(" \u25bc")[0]
                    == title)

    def choose(self, select, value):
        self.browser.run(
            "const e = document.getElementById(arguments[0]);"
            "e.value = arguments[1]; e.dispatchEvent(new Event('change'))",
            select, value)

    def show_all(self):
        self.click("#show-hidden")
        self.assertEqual(self.where(), f"1\u2013100 of {N_FILES} files")

    def open_corrupt(self):
        """Expands the first corrupt file of the usual ones."""
        search = self.browser.one("#search")
        search.send_keys("folder-000 corrupt-timed")
        self.click("#table tr.file .name")

    def test_summary(self):
        self.assertEqual(len(self.records), N_FILES)
        words = [t.split() for t in self.browser.texts("#verdicts li")]
        told = {w[-1]: int(w[0]) for w in words}
        self.assertEqual(told, {v: self.count(v) for v in
                                ("healthy", "suspicious", "corrupt",
                                 "unsupported")})
        label = self.browser.one("#bar").get_attribute("aria-label")
        self.assertIn(f"{self.count('corrupt')} corrupt", label)
        shares = self.browser.run(
            "return [...document.querySelectorAll('#bar span')]"
            ".map((e) => e.getBoundingClientRect().width)")
        self.assertEqual(len(shares), 4)
        self.assertGreater(shares[-1], 10 * min(shares[:-1]))
        facts = self.browser.one("#facts").text
        self.assertIn("Throughput", facts)
        self.assertIn(f"{N_FILES} files, ", facts)

    def test_groups(self):
        rows = {r[0]: r[1:3] for r in self.browser.run(
            "return [...document.querySelectorAll('#groups tbody tr')].map("
            "(r) => [...r.cells].map((c) => c.textContent))")}
        for container in ("matroska", "iso-bmff"):
            own = [r for r in self.records if r["container"] == container]
            bad = sum(r["verdict"] != "healthy" for r in own)
            self.assertEqual(rows[container], [str(len(own)), str(bad)])
        self.assertEqual(rows["DTS"][0], str(N_FILES))
        self.assertEqual(rows["odd"], [str(len(HOSTILE)), str(len(HOSTILE))])
        self.assertEqual(rows["folder-000"][0], str(N_FILES - len(HOSTILE)))
        self.click("#groups tbody button")
        self.assertNotIn(f" {N_FILES} ", self.where())

    def test_damaged_first_healthy_hidden(self):
        shown = self.verdicts()
        self.assertEqual(len(shown), N_FILES - self.count("healthy"))
        order = ["corrupt", "suspicious", "unsupported"]
        self.assertEqual(shown, sorted(shown, key=order.index))
        self.assertIn(f"{self.count('healthy')} healthy files",
                      self.browser.one("#hidden").text)
        self.show_all()
        self.assertEqual(self.browser.one("#hidden").text, "")
        self.click("#last")
        self.assertEqual(set(self.verdicts()), {"healthy"})
        self.assertFalse(self.browser.one("#next").is_enabled())

    def test_sort(self):
        self.show_all()
        self.browser.one("#rows").send_keys("1000")
        paths = sorted((r["path"] for r in self.records))
        self.head("File").click()
        cells = self.browser.all("#table thead th")
        states = [c.get_attribute("aria-sort") for c in cells]
        self.assertEqual(states.count("ascending"), 1)
        self.assertEqual(states[1], "ascending")
        first = self.names()
        self.assertEqual(len(first), N_FILES)
        self.assertEqual(first[0], os.path.basename(paths[0]))
        self.head("File").click()
        self.assertEqual(self.names(), first[::-1])
        self.head("Size").click()
        self.assertEqual(cells[7].get_attribute("aria-sort"), "descending")
        sizes = self.browser.run(
            "return [...document.querySelectorAll('#table tr.file')]"
            ".map((r) => parseInt(r.cells[7].textContent))")
        self.assertEqual(sizes, sorted(
            (r["size"] for r in self.records), reverse=True))

    def test_filter(self):
        search = self.browser.one("#search")
        search.send_keys("GAP-timed said")
        self.assertEqual(len(self.names()), self.count("suspicious"))
        self.assertEqual(set(self.verdicts()), {"suspicious"})
        search.send_keys(" no-such-word")
        self.assertEqual(self.names(), [])
        self.assertEqual(self.where(), "0 files")
        self.click("#clear")
        self.assertEqual(len(self.names()), N_FILES - self.count("healthy"))
        self.choose("container", "matroska")
        wanted = sum(r["container"] == "matroska" and
                     r["verdict"] != "healthy" for r in self.records)
        self.assertEqual(len(self.names()), wanted)
        self.choose("codec", "H.264")
        self.assertEqual(self.names(), [])
        self.click("#clear")
        self.choose("rule", "stream::encrypted")
        self.assertEqual(len(self.names()), self.count("unsupported"))
        self.click("#clear")
        self.click("#shown input[value=corrupt]")
        self.assertNotIn("corrupt", self.verdicts())
        self.assertIn("files are not shown", self.browser.one("#hidden").text)

    def lanes(self):
        """{label: [share of each mark in percent]} of the open file."""
        return dict(self.browser.run(
            "return [...document.querySelectorAll('.lane')].map((l) => ["
            "l.getAttribute('aria-label'), [...l.querySelectorAll('.mark')]"
            ".map((m) => Math.round(parseFloat(m.style.left)))])"))

    def test_timeline(self):
        self.open_corrupt()
        name = self.browser.one("#table .name")
        self.assertEqual(name.get_attribute("aria-expanded"), "true")
        self.assertTrue(self.browser.all(
            "#" + name.get_attribute("aria-controls")))
        lanes = self.lanes()
        unchecked = "audio/1 DTS: not checked, no decoder"
        self.assertEqual(lanes["video/0 VP9"], [25, 60])
        self.assertEqual(lanes["audio/0 AAC"], [])
        self.assertEqual(lanes[unchecked], [])
        self.assertEqual(len(lanes["bytes of the file"]), 1)
        self.assertEqual(len(lanes), 4)
        parts = self.browser.run(
            "return [...document.querySelectorAll('.lane')].map((l) => {"
            "const w = l.clientWidth; return [...l.querySelectorAll("
            "'.extent, .unchecked, .span')].map((e) => [e.classList[0], "
            "Math.round(100 * e.getBoundingClientRect().width / w)])})")
        self.assertEqual(parts, [[["extent", 100], ["span", 10]],
                                 [["extent", 50]], [["unchecked", 100]],
                                 [["extent", 100]]])
        hatch = self.browser.run(
            "return getComputedStyle(document.querySelector('.unchecked'))"
            ".backgroundImage")
        self.assertIn("repeating-linear-gradient", hatch)
        marks = self.browser.all(".lane .mark")
        shapes = {(m.value_of_css_property("color"),
                   m.find_element("css selector", "path").get_attribute("d"))
                  for m in marks}
        # Three kinds: each a colour and a shape of its own.
        self.assertEqual(len(shapes), 3)
        self.assertEqual(len({s[0] for s in shapes}), 3)
        self.assertEqual(len({s[1] for s in shapes}), 3)
        self.click("#table .name")
        self.assertEqual(self.lanes(), {})

    def test_tooltip(self):
        from selenium.webdriver import ActionChains

        self.open_corrupt()
        marks = self.browser.all(".lane .mark")
        tip = self.browser.one("#tip")
        self.assertFalse(tip.is_displayed())
        ActionChains(self.browser.driver).move_to_element(marks[1]).perform()
        self.assertTrue(tip.is_displayed())
        self.assertEqual(
            tip.text.splitlines(),
            ["warning time::gap", "00:01:00.000 to 00:01:10.000 (video/0)",
             "10 s missing"])
        ActionChains(self.browser.driver).move_to_element(marks[2]).perform()
        self.assertIn("byte 1", tip.text)
        self.assertIn("container::index", tip.text)
        for mark in marks:
            label = mark.get_attribute("aria-label")
            self.assertRegex(label, r"^(warning|error) \w+::\w+, .+, .+")
        marks[0].click()
        self.assertIn("said the file name",
                      self.browser.one(".found .chosen").text)

    def test_keyboard(self):
        from selenium.webdriver.common.keys import Keys

        focus = "return document.activeElement."
        self.browser.press("/")
        self.assertEqual(self.browser.run(focus + "id"), "search")
        self.browser.press("a/b")
        self.assertEqual(self.browser.run(focus + "value"), "a/b")
        self.click("#clear")
        names = self.browser.all("#table .name")
        # By Tab from the last head on.
        self.browser.all("#table thead button")[-1].send_keys(Keys.TAB)
        self.assertEqual(self.browser.run(focus + "textContent"),
                         names[0].text)
        self.browser.press(Keys.ARROW_DOWN)
        self.browser.press(Keys.ARROW_DOWN)
        self.assertEqual(self.browser.run(focus + "dataset.file"),
                         names[2].get_attribute("data-file"))
        self.browser.press(Keys.ARROW_UP)
        self.browser.press(Keys.ENTER)
        self.assertEqual(names[1].get_attribute("aria-expanded"), "true")
        self.browser.press(Keys.TAB)
        self.assertIn("decode::error",
                      self.browser.run(focus + "ariaLabel"))
        self.assertTrue(self.browser.one("#tip").is_displayed())
        self.browser.press(Keys.ARROW_RIGHT)
        self.assertIn("time::gap", self.browser.run(focus + "ariaLabel"))
        self.browser.press(Keys.ESCAPE)
        self.assertEqual(names[1].get_attribute("aria-expanded"), "false")
        self.assertEqual(self.browser.run(focus + "dataset.file"),
                         names[1].get_attribute("data-file"))
        self.assertFalse(self.browser.one("#tip").is_displayed())
        self.browser.press(Keys.END)
        self.assertEqual(self.browser.run(focus + "dataset.file"),
                         names[-1].get_attribute("data-file"))

    def test_labels(self):
        """All that can be used has a name, no id is there twice."""
        self.open_corrupt()
        bare = self.browser.run(
            "return [...document.querySelectorAll('button, input, select')]"
            ".filter((e) => !(e.ariaLabel || e.textContent.trim() && "
            "e.matches('button') || e.labels && e.labels.length))"
            ".map((e) => e.outerHTML)")
        self.assertEqual(bare, [])
        ids = self.browser.run(
            "return [...document.querySelectorAll('[id]')].map((e) => e.id)")
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(self.browser.run("return document.documentElement"
                                          ".lang"), "en")

    def background(self):
        return self.browser.run("return getComputedStyle("
                                "document.documentElement).backgroundColor")

    def test_light_and_dark(self):
        seen = {}
        for scheme in ("light", "dark"):
            self.browser.prefer(scheme)
            self.browser.open(self.page)
            self.open_corrupt()
            seen[scheme] = self.background()
            self.assertEqual(self.browser.run(CONTRAST), [], scheme)
        self.assertEqual(seen["light"], "rgb(255, 255, 255)")
        self.assertNotEqual(seen["dark"], seen["light"])
        # The button goes before the system: dark, light, as the system.
        self.browser.prefer("light")
        for wanted in ("dark", "light", "light"):
            self.click("#theme")
            self.assertEqual(self.background(), seen[wanted])
        self.browser.prefer("dark")
        self.assertEqual(self.background(), seen["dark"])
        self.click("#theme")
        self.click("#theme")
        self.assertEqual(self.background(), seen["light"])
        self.assertEqual(self.browser.run(CONTRAST), [])

    def test_print(self):
        self.show_all()
        self.browser.prefer("dark", "print")
        self.browser.run("window.dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(len(self.names()), N_FILES)
        self.assertEqual(self.background(), "rgb(255, 255, 255)")
        for control in ("#filters", "#pages", "#theme"):
            self.assertFalse(self.browser.one(control).is_displayed())
        # All of it fits the width of a sheet of A4.
        self.browser.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 720, "height": 1000, "deviceScaleFactor": 1,
             "mobile": False})
        self.addCleanup(self.browser.driver.execute_cdp_cmd,
                        "Emulation.clearDeviceMetricsOverride", {})
        self.browser.run("document.querySelector('#table .name').click()")
        self.assertEqual(self.browser.run(
            "return document.documentElement.scrollWidth"), 720)
        self.browser.run("window.dispatchEvent(new Event('afterprint'))")
        self.assertEqual(len(self.names()), 100)

    def test_hostile_names(self):
        self.browser.one("#search").send_keys("/odd/")
        paths = self.browser.run(
            "return [...document.querySelectorAll('#table tr.file')].map("
            "(r) => r.querySelector('.folder').textContent + '/' + "
            "r.querySelector('.name').textContent)")
        self.assertEqual(len(paths), len(HOSTILE))
        for name in HOSTILE:
            shown = name.decode("utf-8", "backslashreplace")
            for char in "\n\r\u202e\u2028\u2029":
                escape = {"\n": "\\n", "\r": "\\r"}.get(
                    char, f"\\u{ord(char):04x}")
                shown = shown.replace(char, escape)
            self.assertTrue([p for p in paths if p.endswith("/odd/" + shown)],
                            (shown, paths))
        for button in self.browser.all("#table .name"):
            button.click()
        self.assertEqual(self.browser.run("return typeof hurt"), "undefined")
        self.assertEqual(self.browser.run(
            "return [document.querySelectorAll('script').length, "
            "document.querySelectorAll('img').length, "
            "performance.getEntriesByType('resource').length]"), [4, 0, 0])

    def test_hostile_names_parse_back(self):
        text = self.browser.run(
            "return document.getElementById('records').textContent")
        paths = set()
        for record in json.loads(text):
            paths.add(base64.b64decode(record["b"]) if "b" in record
                      else record["p"].encode())
        wanted = {base64.b64decode(r["path_bytes"]) if "path_bytes" in r
                  else r["path"].encode() for r in self.records}
        self.assertEqual(paths, wanted)

    def test_policy(self):
        """Not even a script that got into the page would run."""
        self.browser.run(
            "const s = document.createElement('script');"
            "s.textContent = 'window.hurt = 1'; document.body.append(s);"
            "const i = document.createElement('img');"
            "i.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='; "
            "document.body.append(i)")
        self.assertEqual(self.browser.run("return typeof hurt"), "undefined")
        said = self.browser.complaints()
        self.assertTrue([t for t in said if "Content Security Policy" in t],
                        said)


class Pictures(unittest.TestCase):
    """Pictures of a damaged clip, made by the real worker."""

    def test_pictures(self):
        with page.Folder(prefix="cvi-html-") as work, \
                contextlib.ExitStack() as stack:
            library = os.path.join(work, "library")
            os.makedirs(library)
            clip = os.path.join(os.environ["CVI_MEDIA"], "vp9-opus.webm")
            subprocess.run(
                [os.environ["CVI_DAMAGE"], "zero-32k", "1", clip,
                 os.path.join(library, "zero.webm")],
                check=True, stdout=subprocess.DEVNULL)
            path = page.scan(os.environ["CVI_GST"], "", library, work,
                             "--thumbnails", "1")
            browser = page.Browser(work)
            stack.callback(browser.close)
            browser.open(path)
            browser.one("#table .name").click()
            browser.run("return Promise.all([...document.images].map("
                        "(i) => i.decode()))")
            images = browser.run(
                "return [...document.querySelectorAll('.pair img')].map((i) =>"
                " [i.naturalWidth, i.width, i.alt.split(' at ')[0],"
                " i.src.slice(0, 23)])")
            source = "data:image/jpeg;base64,"
            self.assertEqual(images, [[160, 160, "Last good", source],
                                      [160, 160, "Damaged", source]])
            self.assertIn("found at 00:00:01",
                          browser.one(".pictures").text)
            for scheme in ("light", "dark"):
                browser.prefer(scheme)
                self.assertEqual(browser.run(CONTRAST), [], scheme)
            self.assertEqual(browser.complaints(), [])


class Large(unittest.TestCase):
    """That 20,000 files work; bench/run html says how quickly."""

    def test_20000(self):
        with page.Folder(prefix="cvi-html-") as work, \
                contextlib.ExitStack() as stack:
            library = os.path.join(work, "library")
            page.make_library(library, 20000)
            path = page.scan(os.environ["CVI_GST"],
                             os.environ["CVI_FAKE_WORKER"], library, work)
            browser = page.Browser(work)
            stack.callback(browser.close)
            browser.open(path)
            browser.one("#show-hidden").click()
            self.assertEqual(browser.one("#where").text,
                             "1\u2013100 of 20,000 files")
            browser.all("#table thead button")[1].click()
            first = browser.texts("#table .name")[0]
            self.assertTrue(first.startswith("00000-"), first)
            browser.one("#search").send_keys("19999-")
            self.assertEqual(browser.one("#where").text,
                             "1\u20131 of 1 file")
            self.assertEqual(browser.complaints(), [])


if __name__ == "__main__":
    lacking = page.missing()
    if lacking:
        print(f"skipped: no {lacking}; tests/run installs it")
        sys.exit(77)
    unittest.main()
