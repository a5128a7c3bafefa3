#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How quickly a browser shows the HTML report of many files.

A library of tiny files gets results from a worker that goes by their names, a
tenth of them not healthy; each with streams and a timeline. A headless Chromium
opens the report, sorts, filters and pages. Times are the page's own, until
what has changed is laid out; for opening, from the start of the navigation
until the page's script has made the table.
"""

import os
import statistics
import sys
import tempfile

from common import report
from common import scan

import page

# name: what is done, by the page's own controls
ACTIONS = {
    "show all": "document.getElementById('show-hidden').click()",
    "sort by name": "heads[1].click()",
    "sort by size": "heads[7].click()",
    "sort by finding": "heads[2].click()",
    "sort by verdict": "heads[0].click()",
    "search a name": "type('search', '12345-')",
    "search a message": "type('search', 'said the file')",
    "clear": "document.getElementById('clear').click()",
    "choose a codec": "type('codec', 'VP9')",
    "last page": "document.getElementById('last').click()",
}
TIMED = """
const heads = document.querySelectorAll('#table thead button');
const type = (id, value) => {
  const field = document.getElementById(id);
  field.value = value;
  field.dispatchEvent(new Event(id === 'search' ? 'input' : 'change'));
};
const began = performance.now();
%s;
document.body.getBoundingClientRect();
document.getElementById('table').offsetHeight;
return performance.now() - began;
"""
OPENED = """
return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd;
"""


def parse_arguments():
    parser = report.parser("html", __doc__, 3)
    parser.add_argument("--files", type=int, default=20000, metavar="N",
                        help="in the report (default: 20000)")
    args = parser.parse_args()
    if args.quick:
        args.files, args.rounds = 500, 1
    return args


def main():
    args = parse_arguments()
    lacking = page.missing()
    if lacking:
        raise SystemExit(f"bench/run html: no {lacking}")
    told = report.Report("html", args)
    build = os.path.abspath(args.build)
    with tempfile.TemporaryDirectory(prefix="cvi-bench-") as work:
        library = os.path.join(work, "library")
        page.make_library(library, args.files)
        path = page.scan(
            os.path.join(build, "tools", "cvi-gst"),
            os.path.join(build, "tests", "cli", "cvi-fake-worker"), library,
            work)
        _, _, peak_kib = scan.watch(
            [os.path.join(build, "tools", "cvi-gst"), "report", "--format",
             "html"], dict(os.environ, XDG_CONFIG_HOME=work,
                           XDG_DATA_HOME=work))
        size = os.path.getsize(path)
        taken = {}
        browser = page.Browser(work)
        try:
            for _ in range(args.rounds):
                browser.open(path)
                taken.setdefault("open", []).append(browser.run(OPENED))
                for name, action in ACTIONS.items():
                    taken.setdefault(name, []).append(
                        browser.run(TIMED % action))
            said = browser.complaints()
        finally:
            browser.close()
    for name, times in taken.items():
        told.add(f"page of {args.files} files", name,
                 statistics.median(times), "ms", goal=1000)
    told.add("file", "size", size / 1e6, "MB")
    told.add("peak memory of cvi-gst report", "html", peak_kib / 1024, "MiB",
             goal=40)
    for text in said:
        told.note(text)
    return told.finish()


if __name__ == "__main__":
    sys.exit(main())
