#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs tests/cases/scenarios.json on real containers and compares the verdict of every runtime rule. It never starts a
scenario's container before the monitor says that it is ready, except where the scenario is about exactly that.

One monitor watches all scenarios of a kind, each in a container of its own: so a deed in one must also leave the
verdicts of the others alone. STIGWATCH_SCENARIO=TEXT runs those whose name holds TEXT; with STIGWATCH_VM=1 only the
rows that have the back end (STIGWATCH_BACK_END) in "vm" run: the subset for the virtual machines.
"""
import contextlib
import json
import os
import subprocess
import tempfile

import swlib as sw

TABLE = json.loads((sw.ROOT / "tests/cases/scenarios.json").read_text())
NEIGHBOUR = ["/actors/run", "/bin/dash", "-c", "exit 0", "--", "/sbin/apk", "add", "--", "/actors/exec", "memfd",
             "/actors/noop", "--", "/actors/ns", "unshare", "ipc", "--", "/actors/file", "unlink", "/usr/bin/tool",
             "--", "/actors/file", "append", "/lib/apk/db/installed", "--", "@mark", "/ctl/up", "--", "@wait", "/ctl/go"]


class Scenario:
    """One row of the table and what came of it."""

    def __init__(self, row, folder):
        self.row = row
        self.name = row["name"]
        self.watch = row.get("watch", "first")
        self.container = sw.container_name(self.name)
        self.ctl = folder / self.container
        self.ctl.mkdir()
        self.output, self.error, self.result, self.alerted = "", None, None, set()

    def docker_options(self):
        options = list(self.row.get("docker", []))
        if self.row.get("volume"):
            options += ["-v", self.row["volume"]]
        if self.watch in ("late", "late-observed", "neighbour") or "/ctl/" in json.dumps(self.row):
            options += ["-v", "%s:/ctl" % self.ctl]
        if self.watch == "label":
            options += ["--label", "sw-e2e=%d" % os.getpid()]
        return options

    def command(self):
        """HOSTPID stands for a process of the host: this one."""
        return [word.replace("HOSTPID", str(os.getpid())) for word in self.row["command"]]

    def seconds(self):
        return self.row.get("seconds", sw.DEADLINE)

    def await_mark(self, name):
        sw.wait_until((self.ctl / name).exists, "%s of %s" % (name, self.container))

    def mark(self, name):
        (self.ctl / name).touch()

    def verify_deeds(self, status, wanted):
        problem = sw.cannot_be_done(self.output)
        sw.check(not problem, "the deed could not be done: %s" % problem)
        sw.check(wanted is None or status == wanted, "exit status of the container: wanted %s, found %s\n%s" % (
            wanted, status, self.output))

    def run_in_foreground(self, image):
        sw._containers.add(self.container)
        done = sw.run("docker", "run", "--network", "none", "--name", self.container, *self.docker_options(), image,
                      *self.command(), timeout=self.seconds())
        self.output = done.stdout + done.stderr
        self.verify_deeds(done.returncode, self.row.get("status", 0))

    def run_with_entries(self, image):
        sw.start_container(self.container, image, self.command(), self.docker_options())
        waits = "@wait" in self.row["command"]
        if waits:
            self.await_mark("up")
        for command in self.row["exec"]:
            done = sw.must("docker", "exec", self.container, *command)
            self.output += done.stdout + done.stderr
        self.mark("go")
        if not waits:
            sw.kill_container(self.container)
        status, output = sw.await_end(self.container)
        self.output += output
        self.verify_deeds(status, 0 if waits else None)

    def run_until_alert(self, image, monitor):
        """The container goes on until the monitor has told of the rule: then what ran was read, too."""
        sw.start_container(self.container, image, self.command(), self.docker_options())
        sw.wait_until(lambda: self.row["until"] in monitor.alerts_of(self.container),
                      "an alert for %s" % self.row["until"])
        self.mark("go")
        status, self.output = sw.await_end(self.container)
        self.verify_deeds(status, 0)

    def run_once_watched(self, image, monitor):
        """The container does its deed when the monitor has its baseline, not while it is being prepared."""
        sw.start_container(self.container, image, self.command(), self.docker_options())
        said = "stigwatch: watching %s " % self.container
        sw.wait_until(lambda: any(line.startswith(said) for line in monitor.messages), said)
        self.mark("go")
        status, self.output = sw.await_end(self.container)
        self.verify_deeds(status, 0)

    def start_late(self, image):
        steps = [self.row["before"], ["@mark", "/ctl/up"]] if self.row.get("before") else [["@mark", "/ctl/up"]]
        steps += [["@wait", "/ctl/go"]] + ([self.row["after"]] if self.row.get("after") else [])
        command = ["/actors/run"]
        for step in steps:
            command += step + ["--"]
        sw.start_container(self.container, image, command[:-1], self.docker_options())
        self.await_mark("up")

    def end_late(self):
        self.mark("go")
        status, self.output = sw.await_end(self.container)
        self.verify_deeds(status, 0)

    def judge(self):
        """The expectations of the row; raises Failed."""
        if self.error:
            raise self.error
        wanted = dict(zip(TABLE["rules"].split(), self.row["expect"].split()))
        found = self.result.runtime()
        wrong = ["%s: wanted %s, found %s (%s)" % (rule, wanted[rule], found.get(rule), self.result.message(rule))
                 for rule in wanted if found.get(rule) not in wanted[rule].split("|")]
        wrong += ["%s: unexpected rule" % rule for rule in found if rule not in wanted]
        for rule, pattern in self.row.get("says", {}).items():
            if not sw.re.search(pattern, self.result.message(rule)):
                wrong.append("%s: message %r does not match %r" % (rule, self.result.message(rule), pattern))
        fails = {rule for rule, verdict in wanted.items() if verdict == "fail"}
        if self.alerted != fails:
            wrong.append("alerts: wanted %s, found %s" % (sorted(fails), sorted(self.alerted)))
        sw.check(not wrong, "\n".join(wrong))


@contextlib.contextmanager
def recording(scenario):
    """An error while a scenario runs is that scenario's own; the batch goes on."""
    try:
        yield
    except (sw.Failed, subprocess.SubprocessError) as error:
        scenario.error = error if isinstance(error, sw.Failed) else sw.Failed(str(error))


def collect(monitor, scenarios, evidence, folder, options=()):
    """Stops the monitor and takes each scenario's result from the evidence."""
    status = monitor.stop()
    for scenario in scenarios:
        with recording(scenario):
            scenario.alerted = monitor.alerts_of(scenario.container)
            sw.check(status == 0, "the monitor ended with status %d: %s" % (status, monitor.messages[-3:]))
            scenario.result = sw.report(evidence, folder, scenario.container, options=options)
        sw.remove_container(scenario.container)


def watch_first(selector, scenarios, image, folder, options=()):
    """The monitor first, then one container after the other."""
    evidence = folder / "evidence"
    monitor = sw.Monitor(*selector, "--baseline", sw.make_baseline(image, folder.parent), "--evidence", evidence, *options)
    monitor.await_ready()
    for scenario in scenarios:
        with recording(scenario):
            if "exec" in scenario.row:
                scenario.run_with_entries(image)
            elif scenario.row.get("once") == "watched":
                scenario.run_once_watched(image, monitor)
            elif "until" in scenario.row:
                scenario.run_until_alert(image, monitor)
            else:
                scenario.run_in_foreground(image)
    collect(monitor, scenarios, evidence, folder)


def watch_late(scenarios, image, folder, window):
    """The containers first, then the monitor."""
    evidence = folder / "evidence"
    for scenario in scenarios:
        with recording(scenario):
            scenario.start_late(image)
    monitor = sw.Monitor(*["container:" + s.container for s in scenarios], "--baseline", sw.make_baseline(image, folder.parent), "--evidence", evidence)
    monitor.await_ready()
    for scenario in scenarios:
        if not scenario.error:
            with recording(scenario):
                scenario.end_late()
    collect(monitor, scenarios, evidence, folder, ("--window", window))


def host_does_everything(folder):
    actors = sw.BUILD / "actors"
    tool = folder / "tool"
    tool.write_bytes((actors / "noop").read_bytes())
    tool.chmod(0o755)
    sw.must(actors / "run", "/bin/sh", "-c", "exit 0", "--", actors / "exec", "memfd", actors / "noop",
            "--", actors / "exec", "fresh", folder / "fresh", "nothing", "--", actors / "ns", "unshare", "uts",
            "--", actors / "file", "overwrite", tool, "--", actors / "file", "unlink", tool)


def watch_neighbour(scenario, image, folder):
    """Only the quiet one is watched, while another container and the host misbehave."""
    evidence = folder / "evidence"
    monitor = sw.Monitor("container:" + scenario.container, "--baseline", sw.make_baseline(image, folder.parent),
                         "--evidence", evidence)
    monitor.await_ready()
    neighbour = Scenario({"name": "the neighbour", "watch": "neighbour"}, folder)
    with recording(scenario):
        sw.start_container(scenario.container, image,
                           ["/actors/run", "@mark", "/ctl/up", "--", "@wait", "/ctl/go"], scenario.docker_options())
        scenario.await_mark("up")
        sw.start_container(neighbour.container, image, NEIGHBOUR, neighbour.docker_options() + [
            "--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined"])
        neighbour.await_mark("up")
        sw.must("docker", "exec", neighbour.container, "/bin/dash", "-c", "exit 0")
        host_does_everything(folder)
        neighbour.mark("go")
        status, neighbour.output = sw.await_end(neighbour.container)
        neighbour.verify_deeds(status, 0)
        scenario.mark("go")
        status, scenario.output = sw.await_end(scenario.container)
        scenario.verify_deeds(status, 0)
    collect(monitor, [scenario], evidence, folder)
    sw.remove_container(neighbour.container)


def kind_of(row):
    """Scenarios of a kind share a monitor: how it watches, and its further options."""
    return (row.get("watch", "first"), *row.get("options", []))


def run_kind(kind, scenarios, image, folder):
    kind, *options = kind
    if kind == "first":
        watch_first(["container:" + s.container for s in scenarios], scenarios, image, folder, options)
    elif kind in ("late", "late-observed"):
        watch_late(scenarios, image, folder, "observed" if kind == "late-observed" else "life")
    elif kind == "neighbour":
        for scenario in scenarios:
            watch_neighbour(scenario, image, folder)
    else:
        selector = {"label": ["--label", "sw-e2e=%d" % os.getpid()], "image": ["--image", image], "all": ["--all"]}
        watch_first(selector[kind], scenarios, image, folder)


def main():
    sw.need_program()
    sw.need_root_and_docker()
    only = os.environ.get("STIGWATCH_SCENARIO", "")
    folder = sw.scratch()
    image = sw.service_image()
    rows = [row for row in TABLE["scenarios"] if only in row["name"]]
    if os.environ.get("STIGWATCH_VM"):
        rows = [row for row in rows if sw.BACK_END in row.get("vm", "").split()]
    tap = sw.Tap()
    for kind in dict.fromkeys(kind_of(row) for row in rows):
        sub = sw.pathlib.Path(tempfile.mkdtemp(prefix=kind[0] + "-", dir=folder))
        scenarios = [Scenario(row, sub) for row in rows if kind_of(row) == kind]
        try:
            run_kind(kind, scenarios, image, sub)
        except (sw.Failed, subprocess.SubprocessError) as error:
            for scenario in scenarios:
                scenario.error = scenario.error or sw.Failed(str(error))
        for scenario in scenarios:
            tap.test(scenario.name, scenario.judge)
    tap.done()


if __name__ == "__main__":
    main()
