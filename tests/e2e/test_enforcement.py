#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Enforcement through the built program on real containers: the deeds of tests/cases/enforcement.json are not done where the
back end can prevent them, the evidence says so, and the workload, a neighbour and the host are not disturbed. Without
--enforce nothing is prevented. What a back end cannot enforce is refused at the start.

STIGWATCH_MODE=lsm runs the deeds of that mode alone: the subset for the virtual machines.
"""
import ctypes
import json
import os
import pathlib
import time

import swlib as sw

TABLE = json.loads((sw.ROOT / "tests/cases/enforcement.json").read_text())
TRACEPOINT_ONLY_SEES = ("immutable-files", "no-new-namespaces", "no-mount", "no-injection", "no-kernel-change")
NAMES = {"off": "nothing is enforced, nothing is prevented", "signal": "killed before the first instruction",
         "gate": "refused by fanotify before it is executed", "lsm": "refused by security hooks"}
BOUND = 1.0  # seconds that an exec waits for the gate's judge


def image_with_setid():
    tar = sw.service_tar()
    tar.file("/usr/bin/setid", (sw.BUILD / "actors/file").read_bytes() + b"\n\n", 0o4755)
    return sw.import_image(tar, ("ENV PATH=/bin:/usr/bin", 'CMD ["/bin/sleep","600"]'))


def await_epochs(evidence, n):
    end = len(sw.bodies(evidence, "epoch")) + n
    sw.wait_until(lambda: len(sw.bodies(evidence, "epoch")) >= end, "%d more epochs" % n)


def there(container, path, folder):
    """Is the file in the container? Asked without executing anything in it."""
    return sw.run("docker", "cp", "%s:%s" % (container, path), folder / "copied").returncode == 0


class Watched:
    """A container under a monitor that enforces."""

    def __init__(self, label, image, folder, rules, *options):
        self.name = sw.container_name(label)
        self.folder = folder / label
        self.folder.mkdir()
        self.evidence = self.folder / "evidence"
        enforce = [word for rule in rules for word in ("--enforce", rule)]
        self.monitor = sw.Monitor("container:" + self.name, "--baseline", sw.make_baseline(image, folder), "--evidence",
                                  self.evidence, "--epoch", "300ms", "--no-pin", *enforce, *options).await_ready()
        sw.start_container(self.name, image, ["/bin/sleep", "600"], ["-v", "/data"])
        sw.wait_until(lambda: sw.bodies(self.evidence, "watch"), "the watch record")
        await_epochs(self.evidence, 2)  # its entry was judged: its mounts are known

    def exec(self, command, user="0"):
        return sw.run("docker", "exec", "-u", user, self.name, *command)

    def end(self):
        sw.kill_container(self.name)
        sw.equal(self.monitor.stop(), 0, "end of the monitor")
        result = sw.report(self.evidence, self.folder, self.name)
        sw.remove_container(self.name)
        return result

    def facts(self):
        return [(b["rules"], dict(b["fact"]["entities"])) for b in sw.bodies(self.evidence, "event")]


def check_end(done, fate, what):
    """How docker exec ends whose program was killed, or refused to the runtime."""
    if fate == "killed":
        sw.equal(done.returncode, 137, what)
    else:
        sw.check(done.returncode and "operation not permitted" in (done.stdout + done.stderr).lower(), what)


def do_deed(watched, deed, fate):
    done = watched.exec(deed["command"], deed.get("user", "0"))
    happened = there(watched.name, deed["creates"], watched.folder) if "creates" in deed else \
        deed["prints"] in done.stdout
    what = "%s: status %d, %s %s" % (deed["name"], done.returncode, done.stdout[-300:], done.stderr[-300:])
    sw.equal(happened, fate == "done", "%s; it happened" % what)
    if fate == "done":
        sw.equal(done.returncode, 0, what)
    elif deed["command"][0].startswith("/actors/"):  # what the actor met, or that it was killed
        sw.check(done.returncode != 0, what)
    else:
        check_end(done, fate, what)


def check_record(watched, result, deed, fate):
    """The deed is on record, as what became of it."""
    found = [f for rules, f in watched.facts() if sw.RULE_PREFIX + deed["rule"] in rules and
             sw.re.search(deed["path"], f.get("path", ""))]
    sw.check(found, "%s: not on record; %s" % (deed["name"], watched.facts()))
    outcomes = {f.get("outcome") == "prevented" for f in found}
    sw.equal(outcomes, {fate != "done"}, "%s: on record as prevented (%s)" % (deed["name"], found))
    sw.equal(result.runtime()[deed["rule"]], "fail", deed["name"])


def disturb_nobody(watched, image):
    """A neighbour of the same image, and the host with the container's own files, do what they like. A neighbour that
    has just begun is registered, too, until the monitor has looked whose it is."""
    for command in (["/actors/run", "/usr/bin/setid", "create", "/tmp/by-root"], ["/bin/dash", "-c", ": > /tmp/by-shell"]):
        young = sw.container_name("young")
        sw.start_container(young, image, command, ["--user", "1000"])
        status, output = sw.await_end(young)
        sw.equal(status, 0, "a young neighbour's %s: %s" % (command[1], output))
        sw.remove_container(young)
    neighbour = sw.container_name("neighbour")
    sw.start_container(neighbour, image)
    for command in (["/bin/dash", "-c", "exit 0"], ["/sbin/apk", "add"],
                    ["/actors/exec", "copy", "/actors/file", "/tmp/foreign", "create", "/tmp/x"],
                    ["/actors/file", "unlink", "/usr/bin/tool"]):
        sw.must("docker", "exec", neighbour, *command)
    sw.remove_container(neighbour)
    pid = sw.must("docker", "inspect", "-f", "{{.State.Pid}}", watched.name).stdout.strip()
    marker = watched.folder / "by-host"
    sw.must("/proc/%s/root/bin/dash" % pid, "-c", ": > %s" % marker)
    sw.check(marker.exists(), "the host's shell did not run")


def table(mode, image, folder):
    """All deeds of a mode in one container."""
    rules = TABLE["enforce"][mode]
    watched = Watched(mode, image, folder, rules, *(["--exec-permission"] if mode == "gate" else []))
    deeds = [(d, d["fate"][mode]) for d in TABLE["deeds"] if mode in d["fate"]]
    for deed, fate in deeds:
        do_deed(watched, deed, fate)
    disturb_nobody(watched, image)
    result = watched.end()
    for deed, fate in deeds:
        if "rule" in deed:
            check_record(watched, result, deed, fate)
    prevented = [f for _, f in watched.facts() if f.get("outcome") == "prevented"]
    sw.check(all(f.get("path") not in ("/bin/cat", "/actors/file") for f in prevented), "an innocent: %s" % prevented)
    for rule, verdict in result.runtime().items():
        message, alerts = result.message(rule), [a for a in watched.monitor.alerts if a["rule"] == sw.RULE_PREFIX + rule]
        if verdict != "fail":
            continue
        if rule in rules:
            sw.check(sw.re.search(r"violations?, \d+ prevented\.", message), "%s: %s" % (rule, message))
            sw.equal({a.get("enforcement") for a in alerts}, {"prevented"}, "alerts of %s" % rule)
        elif mode == "off":
            sw.check("prevented" not in message and "only seen" not in message, "%s: %s" % (rule, message))
            sw.equal({a.get("enforcement") for a in alerts}, {None}, "alerts of %s" % rule)
    if mode != "off":
        starts = sw.bodies(watched.evidence, "start")
        sw.equal(starts[0]["enforce"], [sw.RULE_PREFIX + r for r in rules], "what the evidence says is enforced")


def entry(image, folder):
    """Nobody gets in: the program of a docker exec does not run; the first program is the workload's."""
    watched = Watched("entry", image, folder, ["no-entry"])
    done = watched.exec(["/actors/file", "create", "/tmp/entered"])
    check_end(done, "refused" if lsm() else "killed", "the entry: %d %s" % (done.returncode, done.stderr))
    sw.check(not there(watched.name, "/tmp/entered", watched.folder), "the entry ran")
    running = sw.must("docker", "inspect", "-f", "{{.State.Running}}", watched.name).stdout.strip()
    sw.equal(running, "true", "the workload runs")
    result = watched.end()
    sw.equal(result.runtime()["no-entry"], "fail", "no-entry")
    sw.check("1 violation, 1 prevented." in result.message("no-entry"), result.message("no-entry"))
    sw.equal(sorted(v for k, v in result.runtime().items() if k != "no-entry"), ["pass"] * 9, result.messages)


def partly(image, folder):
    """What a back end can prevent of a rule is prevented; the rest is only seen, and the message says which."""
    watched = Watched("partly", image, folder, ["no-package-manager"])
    sw.check(any("enforcing no-package-manager: " in m and "only seen: changes of the database" in m
                 for m in watched.monitor.messages), "the start tells: %s" % watched.monitor.messages)
    sw.equal(watched.exec(["/sbin/apk", "add"]).returncode, 137, "status of the package manager")
    sw.equal(watched.exec(["/actors/file", "append", "/lib/apk/db/installed"]).returncode, 0, "a change of the database")
    result = watched.end()
    message = result.message("no-package-manager")
    sw.check(sw.re.search(r"1 prevented, \d+ only seen\.", message), message)
    told = {a["enforcement"] for a in watched.monitor.alerts if a["rule"] == sw.RULE_PREFIX + "no-package-manager"}
    sw.equal(told, {"prevented", "only seen"}, "the alerts")


def not_here(folder):
    """A rule that this back end cannot enforce ends the start, by name; so does one that is none."""
    for rule in TRACEPOINT_ONLY_SEES:
        done = sw.stigwatch("monitor", "--all", "--evidence", folder / "none", "--no-pin", "--backend", "tracepoint",
                            "--enforce", rule)
        sw.equal(done.returncode, 1, "%s: %s" % (rule, done.stderr))
        sw.check("%s cannot be enforced here: the tracepoint back end only sees" % rule in done.stderr, done.stderr)
    done = sw.stigwatch("monitor", "--all", "--evidence", folder / "none", "--enforce", "no-such-rule")
    sw.check(done.returncode == 1 and "no-such-rule" in done.stderr, done.stderr)


def keeps_watching(image, folder):
    """A start that is refused for what it cannot enforce leaves alone the programs that an earlier monitor left."""
    pins, evidence = pathlib.Path("/sys/fs/bpf") / sw.container_name("refused"), folder / "evidence-refused"
    options = ["container:" + sw.container_name("refused"), "--baseline", sw.make_baseline(image, folder), "--evidence",
               evidence, "--pin-dir", pins]
    try:
        sw.equal(sw.Monitor(*options, "--keep").await_ready().stop(), 0, "end of the monitor")
        before = sorted(p.name for p in pins.iterdir())
        done = sw.stigwatch("monitor", *options, "--enforce", "no-mount")
        sw.equal(done.returncode, 1, done.stderr)
        sw.check("no-mount cannot be enforced here" in done.stderr, done.stderr)
        sw.equal(sorted(p.name for p in pins.iterdir()), before, "what is pinned")
        monitor = sw.Monitor(*options, "--enforce", "no-shell").await_ready()
        sw.equal(monitor.stop(), 0, "end of the next monitor")
        sw.check(sw.bodies(evidence, "resume"), "it went on with them: %s" % monitor.messages)
    finally:
        sw.stigwatch("detach", "--pin-dir", pins)


def told_of():
    """stigwatch features says of every rule what enforcing it prevents here."""
    known = {x["rule"]: x for x in json.loads(sw.must(sw.STIGWATCH, "features", "--json").stdout)["enforcement"]}
    sw.equal(sorted(known), sorted(sw.RULES), "rules")
    if not lsm():
        sw.equal(sorted(r for r, x in known.items() if not x["possible"]), sorted(TRACEPOINT_ONLY_SEES), "impossible")
    sw.check(all(bool(x["prevents"]) == x["possible"] for x in known.values()), "what is prevented: %s" % known)


class Frozen:
    """Threads of a process that wait for work, stopped as a debugger stops them: the others go on."""

    SEIZE, INTERRUPT, DETACH, ALL = 0x4206, 0x4207, 17, 0x40000000
    FUTEX = {"x86_64": "202", "aarch64": "98"}

    def __init__(self, pid):
        self.libc = ctypes.CDLL(None, use_errno=True)
        tasks = sorted(pathlib.Path("/proc/%d/task" % pid).iterdir())
        self.tids = [int(t.name) for t in tasks if
                     (t / "syscall").read_text().split()[0] == self.FUTEX[os.uname().machine]]

    def ptrace(self, request, tid):
        sw.equal(self.libc.ptrace(request, tid, None, None), 0, "ptrace %#x of %d: %s" % (
            request, tid, os.strerror(ctypes.get_errno())))

    def __enter__(self):
        sw.check(self.tids, "no thread waits")
        for tid in self.tids:
            self.ptrace(self.SEIZE, tid)
            self.ptrace(self.INTERRUPT, tid)
            os.waitpid(tid, self.ALL)
        return self

    def __exit__(self, *_):
        for tid in self.tids:
            self.ptrace(self.DETACH, tid)


def watchdog(image, folder):
    """The gate's judge does not run: a program waits a second, then runs; that is a hole, and only seen."""
    watched = Watched("watchdog", image, folder, ["no-drift-exec"], "--exec-permission")
    script = ["/actors/exec", "script", "/tmp/script", "/bin/cat"]  # which only the gate can refuse
    begin = time.monotonic()
    sw.check("#!/bin/cat" not in watched.exec(script).stdout, "a script that is refused")
    usual = time.monotonic() - begin
    with Frozen(watched.monitor.process.pid):
        begin = time.monotonic()
        done = watched.exec(script)
        took = time.monotonic() - begin
    sw.check("#!/bin/cat" in done.stdout, "let go: %s %s" % (done.stdout, done.stderr))
    sw.check(BOUND <= took < BOUND + usual + 10, "it took %.1f s, usually %.1f s" % (took, usual))
    sw.wait_until(lambda: any("were let go after" in b["reason"] for b in sw.bodies(watched.evidence, "hole")), "the hole")
    sw.check("#!/bin/cat" not in watched.exec(script).stdout, "a script that is refused again")
    result = watched.end()
    message = result.message("no-drift-exec")
    sw.equal(result.runtime()["no-drift-exec"], "fail", "no-drift-exec")
    sw.check("3 violations, 2 prevented, 1 only seen." in message and "let go" in message, message)
    sw.equal(result.runtime()["no-shell"], "unknown", "what was let go unread is not known")


def lsm():
    """Does the LSM back end serve anything here?"""
    if sw.BACK_END == "tracepoint":
        return False
    return json.loads(sw.must(sw.STIGWATCH, "features", "--json").stdout)["back_end"] == "lsm"


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    image = image_with_setid()
    tap = sw.Tap()
    only = os.environ.get("STIGWATCH_MODE")
    for mode in (only,) if only else ("off", "lsm") if lsm() else ("off", "signal", "gate"):
        tap.test("%s: %s" % (mode, NAMES[mode]), table, mode, image, folder)
    if only:
        tap.done()
    tap.test("no-entry: what comes from outside does not run", entry, image, folder)
    if not lsm():
        tap.test("a judge that hangs keeps nobody waiting, and lets nothing pass unseen", watchdog, image, folder)
        tap.test("partly prevented, partly only seen", partly, image, folder)
    tap.test("what cannot be enforced is refused at the start", not_here, folder)
    if not lsm():
        tap.test("and leaves alone what watches already", keeps_watching, image, folder)
    tap.test("features tells what can be enforced", told_of)
    tap.done()


if __name__ == "__main__":
    main()
