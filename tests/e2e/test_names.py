#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names that are hard to carry (tests/cases/names.json): paths of more than 4,096 bytes, line ends, markup, bytes that are
no UTF-8, as files, arguments, processes and control groups. Every output stays valid and says what it cut, and nothing
passes because it was cut.
"""
import html.parser
import json
import os
import pathlib

import loadlib as load
import swlib as sw

CASES = json.loads((sw.ROOT / "tests/cases/names.json").read_text())["cases"]
ODD = b"a\nb\t\x1b[31m<&\"']]>\xff\xfe\xc3(\xed\xa0\x80\\x41"  # as in tests/actors/odd.c
PART = 200
LENGTHS = {"DEEP": 3600, "LONG": 4500}
FORMATS = ("xccdf", "arf", "json", "html", "text", "lines")


def image_with_names():
    """The usual image, and two programs of its own under such names."""
    tar = sw.service_tar()
    program = (sw.BUILD / "actors/noop").read_bytes()
    deep = "/opt"
    for _ in range(0, LENGTHS["DEEP"], PART + 1):
        deep += "/" + "d" * PART
    tar.file(deep + "/tool", program + b"\n\n")
    tar.file("/opt/" + os.fsdecode(ODD), program + b"\n\n\n")
    return sw.import_image(tar, ("ENV PATH=/bin:/usr/bin",))


def canonical(value):
    """As userspace/evidence/FORMAT.md has it."""
    if isinstance(value, dict):
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in sorted(value, key=str.encode)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    sw.check(not isinstance(value, float), "a number with a fraction")
    return json.dumps(value, ensure_ascii=False)


class Page(html.parser.HTMLParser):
    """Elements of a page that are opened and not closed, and what its text holds."""
    VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append("</%s> at %s" % (tag, self.getpos()))


def printable(text, what):
    bad = sorted({c for c in text if (ord(c) < 32 and c not in "\n\t\r") or ord(c) == 127 or 0xd800 <= ord(c) < 0xe000})
    sw.check(not bad and "\ufffd" not in text, "%s holds characters that are none: %r" % (what, bad))


def valid_output(fmt, path):
    text = path.read_bytes().decode("utf-8")  # raises where it is none
    printable(text, fmt)
    if fmt in ("xccdf", "arf"):
        sw.must("xmllint", "--noout", path)
    elif fmt == "json":
        json.loads(text)
    elif fmt == "lines":  # one rule each, and nothing else: a name's line end would show
        wrong = [line for line in text.splitlines() if sw.RULE_PREFIX not in line]
        sw.check(not wrong, "lines: %s" % wrong)
    elif fmt == "html":
        page = Page()
        page.feed(text)
        sw.check(not page.wrong and not page.open, "html: %s, not closed: %s" % (page.wrong, page.open))


class Case:
    def __init__(self, row):
        self.row = row
        self.name = sw.container_name("names-" + row["name"])
        self.id, self.error = None, None

    def run(self, image):
        command = [str(LENGTHS.get(word, word)) for word in self.row["command"]]
        sw.start_container(self.name, image, command)
        self.id = load.container_id(self.name)
        status, output = sw.await_end(self.name)
        sw.equal(status, 0, "exit status of the container (%s)" % output)

    def judge(self, monitor, evidence, folder):
        if self.error:
            raise self.error
        out = {fmt: folder / ("%s.%s" % (self.name, fmt)) for fmt in FORMATS}
        done = sw.stigwatch("report", "--evidence", evidence, "--container", self.name,
                            *[word for fmt in FORMATS for word in ("-o", "%s=%s" % (fmt, out[fmt]))])
        sw.check(done.returncode in (0, 2, 3), "report: status %d\n%s" % (done.returncode, done.stderr))
        for fmt in FORMATS:
            valid_output(fmt, out[fmt])
        result = sw.Result(out["xccdf"])
        wrong = ["%s: found %s (%s)" % (rule, verdict, result.message(rule)) for rule, verdict in result.runtime().items()
                 if verdict not in self.row["expect"].get(rule, "pass").split("|")]
        sw.check(not wrong, "\n".join(wrong))
        facts = [a["fact"]["entities"] for a in monitor.alerts if a["container"]["id"] == self.id]
        for entity, pattern in self.row.get("says", []):
            sw.check(any(name == entity and sw.re.search(pattern, value) for fact in facts for name, value in fact),
                     "no alert says %s=%s: %s" % (entity, pattern, facts))


def odd_cgroups(parent):
    """Control groups with such names, the last of which ends like a container's: line ends the kernel refuses."""
    for name in (b"\xff\xfe<&>", b"\xc3(\x1b-" + b"0123456789abcdef" * 4):
        path = os.fsencode(parent) + b"/" + name
        os.mkdir(path)
        os.rmdir(path)


def run_all(cases, folder, evidence):
    image = image_with_names()
    baseline = sw.make_baseline(image, folder)
    for line in baseline.read_bytes().splitlines():
        json.loads(line.decode("utf-8"))
    monitor = sw.Monitor(*["container:" + c.name for c in cases], "--baseline", baseline, "--evidence", evidence,
                         *load.own_pins())
    monitor.await_ready()
    for number, case in enumerate(cases):
        try:
            case.run(image)
            if number == 0:
                odd_cgroups(pathlib.Path(load.docker_parent(image)))
        except sw.Failed as error:
            case.error = error
    sw.equal(monitor.stop(), 0, "end of the monitor (%s)" % monitor.messages[-3:])
    return monitor


def valid_evidence(evidence, monitor):
    for path in sorted(evidence.glob("evidence-*.jsonl")):
        for line in path.read_bytes().splitlines():
            sw.equal(canonical(json.loads(line.decode("utf-8"))).encode(), line, "the canonical form of a record")
    done = sw.stigwatch("verify", evidence)
    sw.equal(done.returncode, 0, "verify (%s%s)" % (done.stdout, done.stderr))
    sw.check(monitor.alerts, "no alert came")
    for alert in monitor.alerts:
        sw.check("not json" not in alert, "an alert that is no JSON: %s" % alert)
        printable(json.dumps(alert, ensure_ascii=False), "an alert")
    for line in monitor.messages:
        printable(line, "a message")


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    evidence = folder / "evidence"
    cases = [Case(row) for row in CASES]
    ran = []
    tap = sw.Tap()
    tap.test("one monitor lives through all names", lambda: ran.append(run_all(cases, folder, evidence)))
    for case in cases:
        tap.test(case.row["name"], lambda c=case: c.judge(ran[0], evidence, folder))
        sw.remove_container(case.name)
    tap.test("evidence, alerts and messages are valid", lambda: valid_evidence(evidence, ran[0]))
    tap.done()


if __name__ == "__main__":
    main()
