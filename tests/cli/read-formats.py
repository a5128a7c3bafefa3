#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""read-formats.py NAME: reads NAME.jsonl, .json, .csv, .yaml, .junit, .sarif,
.prometheus and .html and fails if they do not tell the same."""

import base64
import csv
import html.parser
import json
import re
import sys
import urllib.parse
import xml.etree.ElementTree

import yaml

# What differs from run to run.
VOLATILE = ("elapsed_s", "cpu_s", "peak_rss_bytes", "scanned_at", "mtime_ns")
VERDICTS = ["healthy", "suspicious", "corrupt", "incomplete", "unreadable",
            "unsupported", "skipped"]
LEVELS = {"info": "note", "warning": "warning", "error": "error",
          "critical": "error"}


def read(name):
    with open(name, encoding="utf-8", newline="") as file:
        return file.read()


def bytes_of(record):
    if "path_bytes" in record:
        return base64.b64decode(record["path_bytes"])
    return record["path"].encode()


def stable(records):
    return sorted(({k: v for k, v in r.items() if k not in VOLATILE}
                   for r in records), key=bytes_of)


def same(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r} instead of {wanted!r}")


def check_csv(text, records):
    rows = list(csv.DictReader(text.splitlines(keepends=True), strict=True)) \
        if text else []
    same("csv", len(rows), len(records))
    # A line end within a cell is no line of its own.
    assert re.fullmatch(r'(?:(?:"(?:[^"]|"")*"|[^",\r\n]*)[,\r]\n?)*', text)
    got = {}
    for row in rows:
        path = base64.b64decode(row["path_bytes"]) or row["path"].encode()
        got[path] = (row["verdict"], int(row["size"]), int(row["findings"]))
        for value in row.values():
            assert not re.match(r"[=+@\t\r]|-[^0-9]", value), value
    same("csv", got, {bytes_of(r): (r["verdict"], r["size"],
                                    len(r["findings"])) for r in records})


def check_junit(text, records):
    root = xml.etree.ElementTree.fromstring(text.encode())
    same("junit", root.tag, "testsuites")
    suite, = root
    element = {"corrupt": "failure", "incomplete": "error",
               "unreadable": "error", "unsupported": "skipped",
               "skipped": "skipped"}
    got = {}
    for case in suite.iter("testcase"):
        told = {p.get("name"): p.get("value") for p in case.iter("property")}
        path = base64.b64decode(told["path_bytes"]) if "path_bytes" in told \
            else case.get("name").encode()
        assert case.get("classname") and float(case.get("time")) >= 0
        outcome = {c.tag for c in case} & {"failure", "error", "skipped"}
        same("junit", outcome, {element[told["verdict"]]}
             if told["verdict"] in element else set())
        got[path] = told["verdict"]
    same("junit", got, {bytes_of(r): r["verdict"] for r in records})


def check_sarif(text, records):
    """The members that the schema requires, of the types that it says."""
    log = json.loads(text)
    same("sarif", log["version"], "2.1.0")
    run, = log["runs"]
    driver = run["tool"]["driver"]
    assert isinstance(driver["name"], str) and driver["version"]
    rules = driver["rules"]
    assert len({r["id"] for r in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"] and rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in LEVELS.values()
    assert isinstance(run["invocations"][0]["executionSuccessful"], bool)
    got = []
    for result in run["results"]:
        same("sarif", rules[result["ruleIndex"]]["id"], result["ruleId"])
        assert result["level"] in LEVELS.values() and result["message"]["text"]
        assert 0 <= result["rank"] <= 100 and result["occurrenceCount"] >= 1
        location, = result["locations"]
        place = location["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        # RFC 3986: nothing but what may be in a path.
        assert re.fullmatch(r"file://(/([A-Za-z0-9._~-]|%[0-9A-F]{2})*)+",
                            uri), uri
        offset = place.get("region", {}).get("byteOffset")
        assert offset is None or isinstance(offset, int) and offset >= 0
        got.append((urllib.parse.unquote_to_bytes(uri[7:]), result["ruleId"],
                    result["level"], result["message"]["text"],
                    offset))
    wanted = [(bytes_of(r), f["rule"], LEVELS[f["severity"]], f["message"],
               f["offset"]) for r in records for f in r["findings"]
              if r["verdict"] != "healthy"]
    key = repr
    same("sarif", sorted(got, key=key), sorted(wanted, key=key))


def check_prometheus(text, records):
    values, typed = {}, set()
    assert text.endswith("\n")
    for line in text.splitlines():
        match = re.fullmatch(
            r'# (HELP|TYPE) (cvi_\w+) (.+)|'
            r'(cvi_\w+)(\{\w+="[a-z:-]+"\})? (\d+(?:\.\d+)?)', line)
        assert match, line
        if match[1] == "TYPE":
            same("prometheus", match[3], "gauge")
            typed.add(match[2])
        elif match[4]:
            assert match[4] in typed, line
            name = match[4] + (match[5] or "")
            assert name not in values, line
            values[name] = float(match[6])
    for verdict in VERDICTS:
        own = [r for r in records if r["verdict"] == verdict]
        label = f'{{verdict="{verdict}"}}'
        same(verdict, values["cvi_files" + label], len(own))
        same(verdict, values["cvi_files_bytes" + label],
             sum(r["size"] for r in own))
    total = sum(f["count"] for r in records for f in r["findings"])
    same("prometheus", sum(v for k, v in values.items()
                           if k.startswith("cvi_findings")), total)


class Page(html.parser.HTMLParser):
    """Every start tag, and the text of each script by its id."""

    def __init__(self):
        super().__init__()
        self.tags, self.scripts, self.current = [], {}, None

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "script":
            self.current = dict(attrs).get("id", "code")
            self.scripts.setdefault(self.current, "")

    def handle_endtag(self, tag):
        if tag == "script":
            self.current = None

    def handle_data(self, data):
        if self.current:
            self.scripts[self.current] += data


def check_html(text, records):
    page = Page()
    page.feed(text)
    page.close()
    same("html", page.tags.count("script"), 4)
    assert not {"img", "iframe", "object", "link", "base"} & set(page.tags)
    # Nothing from elsewhere.
    assert not re.search(r"(?:src|href)=[\"']?[^\"'#]|@import|url\(", text)
    assert text.lower().count("</script") == 4
    got = {}
    for record in json.loads(page.scripts["records"]):
        path = base64.b64decode(record["b"]) if "b" in record \
            else record["p"].encode()
        got[path] = (VERDICTS[record["v"]], len(record.get("f", [])))
    same("html", got, {bytes_of(r): (r["verdict"], len(r["findings"]))
                       for r in records})
    fixed = len(text) - len(page.scripts["records"])
    assert fixed < 200 * 1024, fixed


def main():
    name = sys.argv[1]
    records = stable(json.loads(line)
                     for line in read(name + ".jsonl").splitlines())
    same("json", stable(json.loads(read(name + ".json"))), records)
    same("yaml", stable(yaml.safe_load(read(name + ".yaml"))), records)
    check_csv(read(name + ".csv"), records)
    check_junit(read(name + ".junit"), records)
    check_sarif(read(name + ".sarif"), records)
    check_prometheus(read(name + ".prometheus"), records)
    check_html(read(name + ".html"), records)


if __name__ == "__main__":
    main()
