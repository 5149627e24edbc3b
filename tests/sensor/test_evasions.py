#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every evasion of tests/cases/evasions.tbl, done by an actor in a container of its own under one monitor: what was seen of it,
and the verdict of each rule. STIGWATCH_EVASION selects rows by a part of their names; STIGWATCH_MONITOR adds options of the
monitor (a back end), separated by spaces."""
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import swlib as sw  # pylint: disable=wrong-import-position

TABLE = sw.ROOT / "tests/cases/evasions.tbl"
OPEN = ["--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined"]
OPTIONS = {"plain": [], "open": OPEN, "admin": OPEN + ["--cap-add=SYS_ADMIN"],
           "system": OPEN + ["--cap-add=SYS_ADMIN", "--security-opt=systempaths=unconfined"]}
WORKERS = 3  # containers at a time


def loader():
    """The dynamic loader that the image has from this host."""
    for path in sw.library_paths("/bin/dash"):
        if os.path.basename(path).startswith("ld-"):
            return path
    raise sw.Failed("/bin/dash has no loader")


class Row:
    """One technique: what is done, what must be seen, and the verdicts."""

    def __init__(self, line, number):
        fields = [f.strip() for f in (line + " ").split(" | ")] + [""]
        self.ref, self.name, options, deed, seen, rules = fields[:6]
        self.lsm = self.verdicts(fields[6]) if len(fields) > 7 else None
        self.label = "%s: %s" % (self.ref, self.name)
        self.container = sw.container_name("evasion %d" % number)
        self.docker = OPTIONS[options] if options in OPTIONS else [options]
        self.optional = deed.startswith("?")  # a call that not every kernel has
        self.command = [loader() if word == "@loader" else word for word in shlex.split(deed.lstrip("?"))]
        self.seen = [] if seen == "-" else [s.strip() for s in seen.split(" ; ")]
        self.rules = self.verdicts(rules)
        self.output, self.error, self.result, self.alerts = "", None, None, []

    @staticmethod
    def verdicts(text):
        wanted = dict.fromkeys(sw.RULES, ["pass"])
        for pair in text.split():
            rule, _, verdict = pair.partition("=")
            sw.check(rule in wanted, "no such rule: %s" % rule)
            wanted[rule] = verdict.split("|")
        return wanted

    def act(self, image, label):
        try:
            sw._containers.add(self.container)
            done = sw.run("docker", "run", "--network", "none", "--name", self.container, "--label", label, *self.docker,
                          image, *self.command)
            self.output = done.stdout + done.stderr
            if done.returncode in (125, 126, 127):
                self.error = "docker could not start it: %s" % self.output
        except (OSError, subprocess.SubprocessError) as error:
            self.error = str(error)

    def fact_seen(self, wanted):
        kind, *pairs = wanted.split()
        for alert in self.alerts:
            fact = alert.get("fact", {})
            has = {"%s=%s" % (name, value) for name, value in fact.get("entities", ())}
            if fact.get("type") == kind and has.issuperset(pairs):
                return True
        return False

    def judge(self):
        sw.check(not self.error, self.error)
        problem = sw.cannot_be_done(self.output)
        if problem and self.optional:
            raise sw.Skip("this kernel cannot: %s" % problem)
        sw.check(not problem and "usage:" not in self.output, "the deed could not be done: %s" % (problem or self.output))
        sw.check(self.result is not None, "there is no result\n%s" % self.output)
        found = self.result.runtime()
        rules = self.lsm if self.lsm and self.result.facts().get("urn:stigwatch:fact:backend") == "lsm" else self.rules
        wrong = ["%s: wanted %s, found %s (%s)" % (rule, "|".join(wanted), found.get(rule), self.result.message(rule))
                 for rule, wanted in rules.items() if found.get(rule) not in wanted]
        for wanted in self.seen:
            if wanted.startswith("hole "):
                texts = [self.result.message(rule) for rule, verdict in found.items() if verdict == "unknown"]
                if not any(re.search(wanted[5:], text) for text in texts):
                    wrong.append("no rule that is unknown says %r: %s" % (wanted[5:], texts))
            elif not self.fact_seen(wanted):
                wrong.append("no alert for %r, but for %s" % (wanted, [a.get("fact") for a in self.alerts]))
        sw.check(not wrong, "\n".join(wrong))


def rows():
    only = os.environ.get("STIGWATCH_EVASION", "")
    lines = [line for line in TABLE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return [row for row in (Row(line, n) for n, line in enumerate(lines)) if only in row.label]


def alerts_of(monitor, container):
    return [alert for alert in monitor.alerts if alert.get("container", {}).get("name") == container]


def main():
    sw.need_program()
    sw.need_root_and_docker()
    table = rows()
    folder = sw.scratch()
    image = sw.service_image()
    label = "sw-evasions=%d" % os.getpid()
    evidence = folder / "evidence"
    extra = os.environ.get("STIGWATCH_MONITOR", "").split()
    monitor = sw.Monitor("--label", label, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence, *extra)
    monitor.await_ready()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(lambda row: row.act(image, label), table):
            pass
    status = monitor.stop()
    tap = sw.Tap()
    for row in table:
        if not row.error and not sw.cannot_be_done(row.output):
            try:
                row.alerts = alerts_of(monitor, row.container)
                sw.check(status == 0, "the monitor ended with status %d: %s" % (status, monitor.messages[-3:]))
                row.result = sw.report(evidence, folder, row.container)
            except (sw.Failed, subprocess.SubprocessError) as error:
                row.error = str(error)
        tap.test(row.label, row.judge)
        sw.remove_container(row.container)
    tap.done()


if __name__ == "__main__":
    main()
