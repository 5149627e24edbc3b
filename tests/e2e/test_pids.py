#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes that get the number of one that has ended (tests/cases/pids.json): an alert names the violator by number and
start, with its own program and parents, whoever has the number when the monitor looks.
"""
import hashlib
import json
import os
import pathlib
import signal

import loadlib as load
import swlib as sw

CASES = json.loads((sw.ROOT / "tests/cases/pids.json").read_text())["cases"]
INNER = 4000
OPTIONS = ["--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined"]


def free_number():
    """A pid of the host that is far from those given out now."""
    top = int(pathlib.Path("/proc/sys/kernel/pid_max").read_text()) - 2
    return next(n for n in range(top - os.getpid() % 200, 300, -1) if not os.path.exists("/proc/%d" % n))


class Case:
    """One row in a container of its own, with the monitor awake or not."""

    def __init__(self, row):
        self.row = row
        self.name = sw.container_name("pids-" + row["name"])
        self.number = free_number()
        self.ctl = self.output = self.id = None

    def command(self):
        words = ["/actors/pids", str(INNER), str(self.number)]
        for step in self.row["steps"]:
            words += step + ["++"]
        return load.steps(*self.row.get("before", []), ["@mark", "/ctl/up"], ["@wait", "/ctl/go"], words[:-1],
                          ["@mark", "/ctl/done"], ["@wait", "/ctl/end"])

    def run(self, image, folder, monitor):
        self.ctl = folder / self.name
        self.ctl.mkdir()
        sw.start_container(self.name, image, self.command(), OPTIONS + ["-v", "%s:/ctl" % self.ctl])
        self.id = load.container_id(self.name)
        sw.wait_until((self.ctl / "up").exists, "the container's first steps")
        said = "stigwatch: watching %s " % self.name
        sw.wait_until(lambda: any(line.startswith(said) for line in monitor.messages), said)
        if self.row.get("asleep"):
            monitor.process.send_signal(signal.SIGSTOP)
        try:
            (self.ctl / "go").touch()
            sw.wait_until((self.ctl / "done").exists, "the last step (%s)" % sw.run("docker", "logs", self.name).stdout)
        finally:
            monitor.process.send_signal(signal.SIGCONT)
        for rule in self.row["fail"]:
            sw.wait_until(lambda r=rule: r in monitor.alerts_of(self.name), "an alert for %s" % rule)
        (self.ctl / "end").touch()
        _, self.output = sw.await_end(self.name)

    def window(self):
        """Boot times between which the violator began."""
        steps = [json.loads(line) for line in self.output.splitlines() if '"deed":"step"' in line]
        return steps[self.row["by"]]["from_boot_ns"], steps[self.row["by"]]["boot_ns"]

    def judge(self, monitor, evidence, folder):
        result = sw.report(evidence, folder, self.name)
        found = result.runtime()
        for rule in self.row["fail"]:
            sw.equal(found[rule], "fail", "%s (%s)" % (rule, result.message(rule)))
        for rule, verdicts in self.row.get("never", {}).items():
            sw.check(found[rule] not in verdicts, "%s is %s: %s" % (rule, found[rule], result.message(rule)))
        if "expect" in self.row:
            self.judge_alert(monitor)

    def judge_alert(self, monitor):
        wanted, (begin, end) = self.row["expect"], self.window()
        alerts = [a for a in monitor.alerts if a["container"]["id"] == self.id and
                  a["rule"] == sw.RULE_PREFIX + self.row["fail"][0] and begin <= a.get("event", {}).get("boot_ns", 0) <= end]
        sw.equal(len(alerts), 1, "alerts about the step")
        process = alerts[0]["process"]
        parents = process["ancestry"]
        numbered = parents[0] if self.row.get("below") else process
        sw.equal(numbered["pid"], self.number, "the number in %s" % process)
        sw.check(begin <= process["start_boot_ns"] <= end, "not its start: %s, the step was %d to %d" % (process, begin, end))
        sw.check(begin <= numbered["start_boot_ns"] <= end, "not the start of the number's owner: %s" % process)
        sw.equal((process["path"], process["comm"]), (wanted["path"], wanted["comm"]), "who it was")
        digest = hashlib.sha256(pathlib.Path(wanted["of"]).read_bytes()).hexdigest()
        sw.equal(process["sha256"], digest, "what it executed")
        sw.equal(parents[0].get("path"), wanted["parent"], "its parent")
        if wanted["parent"] is None:
            sw.check(parents[0].get("comm", "pids") == "pids", "another's name: %s" % parents)


def run_case(row, image, folder):
    case = Case(row)
    evidence = folder / ("evidence-" + case.name)
    monitor = sw.Monitor("container:" + case.name, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence,
                         *load.own_pins())
    monitor.await_ready()
    case.run(image, folder, monitor)
    sw.equal(monitor.stop(), 0, "end of the monitor (%s)" % monitor.messages[-3:])
    case.judge(monitor, evidence, folder)
    sw.remove_container(case.name)


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    image = sw.service_image()
    tap = sw.Tap()
    for row in CASES:
        tap.test(row["name"], run_case, row, image, folder)
    tap.done()


if __name__ == "__main__":
    main()
