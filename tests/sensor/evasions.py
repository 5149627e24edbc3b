# SPDX-License-Identifier: Apache-2.0
"""The rows of tests/cases/evasions.tbl and their judge, which is one for every place where the deeds are done: in Docker's
containers here (test_evasions.py), in runc's on other kernels (tests/vm). It starts nothing."""
import os
import pathlib
import re
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import swlib as sw  # pylint: disable=wrong-import-position

TABLE = sw.ROOT / "tests/cases/evasions.tbl"
OPEN = ["--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined"]
OPTIONS = {"plain": [], "open": OPEN, "admin": OPEN + ["--cap-add=SYS_ADMIN"],
           "system": OPEN + ["--cap-add=SYS_ADMIN", "--security-opt=systempaths=unconfined"]}


def docker_options(name):
    """What the table's word stands for, or the one option of docker run that it is itself."""
    return OPTIONS.get(name, [name])


def loader():
    """The dynamic loader that the image has from this host."""
    for path in sw.library_paths("/bin/dash"):
        if os.path.basename(path).startswith("ld-"):
            return path
    raise sw.Failed("/bin/dash has no loader")


def seen_of(text):
    return [] if text == "-" else [s.strip() for s in text.split(" ; ")]


def version_of(release):
    """(6, 1) of "6.1.0-57-amd64"."""
    return tuple(int(n) for n in re.match(r"(\d+)(?:\.(\d+))?", release).groups("0"))


class Row:
    """One technique: what is done, what must be seen, and the verdicts; then what came of it."""

    def __init__(self, line, number):
        fields = [f.strip() for f in (line + " ").split(" | ")]
        sw.check(6 <= len(fields) <= 8, "a row of %d fields: %s" % (len(fields), line))
        self.ref, self.name, self.options, deed, seen, rules = fields[:6]
        self.seen, self.rules = seen_of(seen), self.verdicts(rules)
        lsm = fields[6:] + ["="] * (8 - len(fields))
        self.lsm = (self.rules if lsm[0] == "=" else self.verdicts(lsm[0]), self.seen if lsm[1] == "=" else seen_of(lsm[1]))
        self.label = "%s: %s" % (self.ref, self.name)
        self.container = sw.container_name("evasion %d" % number)
        optional = re.match(r"\?(?:<([0-9.]+)\s)?", deed)  # what not every kernel can do, or none before a version
        self.optional = optional and version_of(optional[1] or "999")
        self.command = [loader() if word == "@loader" else word for word in shlex.split(deed[optional.end() if optional else 0:])]
        self.output, self.error, self.result, self.alerts = "", None, None, []

    @staticmethod
    def verdicts(text):
        wanted = dict.fromkeys(sw.RULES, ["pass"])
        for pair in text.split():
            rule, _, verdict = pair.partition("=")
            sw.check(rule in wanted, "no such rule: %s" % rule)
            wanted[rule] = verdict.split("|")
        return wanted

    def order(self):
        """What somebody who does the deed elsewhere must know."""
        return {"name": self.container, "options": self.options, "command": self.command}

    def ended(self, status, output):
        """The deed's container ended; the statuses are those of docker run when it could start nothing."""
        self.output = output
        if status in (125, 126, 127):
            self.error = "the container could not be started: %s" % output

    def collect(self, alerts, evidence, folder):
        """Takes the row's own alerts and the verdicts that the evidence gives."""
        if self.error or sw.cannot_be_done(self.output):
            return
        try:
            self.alerts = [a for a in alerts if a.get("container", {}).get("name") == self.container]
            self.result = sw.report(evidence, folder, self.container)
        except (sw.Failed, sw.subprocess.SubprocessError) as error:
            self.error = str(error)

    def fact_seen(self, wanted):
        kind, *pairs = wanted.split()
        for alert in self.alerts:
            fact = alert.get("fact", {})
            has = {"%s=%s" % (name, value) for name, value in fact.get("entities", ())}
            if fact.get("type") == kind and has.issuperset(pairs):
                return True
        return False

    def judge(self, release=os.uname().release):
        """Raises Failed, or Skip when the kernel (release) cannot do the deed."""
        sw.check(not self.error, self.error)
        problem = sw.cannot_be_done(self.output)
        if problem and self.optional and version_of(release) < self.optional:
            raise sw.Skip("this kernel cannot: %s" % problem)
        sw.check(not problem and "usage:" not in self.output, "the deed could not be done: %s" % (problem or self.output))
        sw.check(self.result is not None, "there is no result\n%s" % self.output)
        found = self.result.runtime()
        rules, seen = self.rules, self.seen
        if self.result.facts().get("urn:stigwatch:fact:backend") == "lsm":
            rules, seen = self.lsm
        wrong = ["%s: wanted %s, found %s (%s)" % (rule, "|".join(wanted), found.get(rule), self.result.message(rule))
                 for rule, wanted in rules.items() if found.get(rule) not in wanted]
        for wanted in seen:
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
