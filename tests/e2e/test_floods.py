#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A flood of every class of events by the watched container itself, one container each (tests/cases/floods.json): a
violation of another class is not displaced, and what was lost is never a pass. The flood from the second process always
comes to its end ("least" is what it makes), the first one's is cut off by the container's.

STIGWATCH_FLOOD=TEXT runs the rows whose name holds TEXT; STIGWATCH_FLOOD_TIMES=N makes each flood N times as long.
"""
import json
import os
import subprocess

import loadlib as load
import swlib as sw

RING = "65536"
TABLE = json.loads((sw.ROOT / "tests/cases/floods.json").read_text())
TIMES = int(os.environ.get("STIGWATCH_FLOOD_TIMES", "1"))


class Flood:
    """One row, its container, and what came of it."""

    def __init__(self, row):
        self.row = row
        self.container = sw.container_name("flood-" + row["name"])
        self.id, self.error, self.output = None, None, ""

    def flood_of(self, who):
        words = [word.replace("WHO", who) for word in self.row["flood"]]
        words[2] = str(int(words[2]) * TIMES)
        return words

    def command(self):
        if "enter" in self.row:
            return load.steps(["@mark", "/ctl/up"], ["@wait", "/ctl/go"], self.row["violation"], ["@wait", "/ctl/end"])
        return load.steps(*self.row.get("before", []), ["@bg", *self.flood_of("a")], self.row["violation"],
                          self.flood_of("b"))

    def run(self, image, folder):
        options = list(TABLE["options"].get(self.row.get("docker"), []))
        options += ["-v", self.row["volume"]] if "volume" in self.row else []
        ctl = folder / self.container
        if "enter" in self.row:
            ctl.mkdir()
            options += ["-v", "%s:/ctl" % ctl]
        sw.start_container(self.container, image, self.command(), options)
        self.id = load.container_id(self.container)
        if "enter" in self.row:
            self.enter(ctl)
        status, self.output = sw.await_end(self.container, 120)
        sw.equal(status, 0, "exit status of the container (%s)" % self.output)

    def enter(self, ctl):
        """From outside, while the container breaks its rule."""
        pid = int(sw.must("docker", "inspect", "--format", "{{.State.Pid}}", self.container).stdout)
        sw.wait_until((ctl / "up").exists, "the container's first step")
        count = str(self.row["enter"] * TIMES)
        with subprocess.Popen([sw.BUILD / "actors/churn", "enter", count, str(pid), load.cgroup_of(pid), "/actors/tiny"],
                              stdout=subprocess.PIPE, text=True) as host:
            (ctl / "go").touch()
            said = host.communicate(timeout=120)[0]
        (ctl / "end").touch()
        sw.equal(host.returncode, 0, "those who entered (%s)" % said)

    def judge(self, evidence, records, folder, losses):
        if self.error:
            raise self.error
        load.adds_up(records, self.id)
        classes = load.final_ledger(records, self.id)
        lost = load.lost_of(classes)
        losses.append(sum(lost.values()))
        seen = classes[self.row["class"]]["seen"]
        print("# %s: %d seen, %d lost of class %s; lost in all: %s" % (
            self.row["name"], seen, lost[self.row["class"]], self.row["class"],
            {name: n for name, n in lost.items() if n}))
        sw.check(seen >= self.row["least"] * TIMES, "only %d events of class %s" % (seen, self.row["class"]))
        result = sw.report(evidence, folder, self.container)
        wrong = []
        for rule, verdict in result.runtime().items():
            wanted = self.wanted(rule, lost)
            if verdict not in wanted:
                wrong.append("%s: wanted %s, found %s (%s)" % (rule, "|".join(wanted), verdict, result.message(rule)))
        said = [result.message(rule) for rule in self.row["fail"]]
        if not any(self.row["by"] in text for text in said):
            wrong.append("nothing says that it was %s: %s" % (self.row["by"], said))
        sw.check(not wrong, "\n".join(wrong))

    def wanted(self, rule, lost):
        """Never a pass where a record that could decide was lost; never less than a pass where none was."""
        if rule in self.row["fail"]:
            return ("fail",)
        if any(lost[name] for name in TABLE["decides"][rule]):
            return ("unknown",)
        return ("pass", "unknown") if rule in self.row.get("maybe", []) else ("pass",)


def run_all(floods, image, folder, evidence):
    """One monitor with a small ring, and one container after the other."""
    monitor = sw.Monitor(*["container:" + f.container for f in floods], "--baseline", sw.make_baseline(image, folder),
                         "--evidence", evidence, "--ring-bytes", RING, "--epoch", "1s", *load.own_pins())
    monitor.await_ready()
    for flood in floods:
        try:
            flood.run(image, folder)
        except (sw.Failed, subprocess.SubprocessError) as error:
            flood.error = error if isinstance(error, sw.Failed) else sw.Failed(str(error))
    sw.equal(monitor.stop(), 0, "end of the monitor (%s)" % monitor.messages[-3:])


def was_a_flood(losses):
    sw.check(sum(1 for n in losses if n) >= len(losses) // 2, "too little was lost for floods: %s" % losses)


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    image = sw.service_image()
    only = os.environ.get("STIGWATCH_FLOOD", "")
    floods = [Flood(row) for row in TABLE["floods"] if only in row["name"]]
    evidence = folder / "evidence"
    losses = []
    tap = sw.Tap()
    tap.test("one monitor lives through all floods", run_all, floods, image, folder, evidence)
    records = sw.evidence_records(evidence)
    for flood in floods:
        tap.test("a flood of %s" % flood.row["name"], flood.judge, evidence, records, folder, losses)
        sw.remove_container(flood.container)
    if not only:
        tap.test("there was more than the ring could hold", was_a_flood, losses)
    tap.done()


if __name__ == "__main__":
    main()
