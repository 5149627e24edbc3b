#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads that are nobody's fault: a neighbour that does a million things, ten thousand containers that come and go. No
verdict is lost, no memory grows, and what was missed is told.

STIGWATCH_LOAD=N (percent, 100 by default) makes each load smaller or larger.
"""
import concurrent.futures
import json
import os
import subprocess

import loadlib as load
import swlib as sw

PERCENT = int(os.environ.get("STIGWATCH_LOAD", "100"))
REAL = 200  # containers by runc
GROWTH_KIB = 4096  # of the monitor's memory: some hundred bytes a container; its tables of bounded size fill up meanwhile


def part(n):
    return n * PERCENT // 100


def deeds(output, name):
    """Numbers that the actors told of one kind of deed."""
    return [json.loads(line)["n"] for line in output.splitlines() if '"deed":"%s"' % name in line]


# ---- the neighbour ----

def neighbour(image, folder):
    """Two other containers execute and open as fast as they can, while the watched one starts a shell."""
    name, others = sw.container_name("quiet"), [sw.container_name("neighbour-%d" % i) for i in range(2)]
    evidence, ctl = folder / "evidence-neighbour", folder / "ctl"
    ctl.mkdir()
    monitor = sw.Monitor("container:" + name, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence,
                         *load.own_pins())
    monitor.await_ready()
    sw.start_container(name, image, load.steps(["@wait", "/ctl/go"], ["/bin/dash", "-c", "exit 0"], ["@wait", "/ctl/end"]),
                       ["-v", "%s:/ctl" % ctl])
    loops = [["/actors/exec", "spawn", str(part(75000)), "/actors/tiny"],
             ["/actors/flood", "open-write", str(part(425000)), "/usr/bin/tool"]]
    before = load.cpu_seconds(monitor)
    for other in others:
        sw.start_container(other, image, load.steps(["@mark", "/ctl/" + other], *loops), ["-v", "%s:/ctl" % ctl])
    sw.wait_until(lambda: all((ctl / other).exists() for other in others), "the neighbours' first steps")
    (ctl / "go").touch()
    output = ""
    for other in others:
        status, said = sw.await_end(other, 300)
        sw.equal(status, 0, "end of a neighbour (%s)" % said)
        output += said
    used = load.cpu_seconds(monitor) - before
    (ctl / "end").touch()
    sw.await_end(name)
    sw.equal(monitor.stop(), 0, "end of the monitor (%s)" % monitor.messages[-3:])
    execs, opens = sum(deeds(output, "spawn")), sum(deeds(output, "flood"))
    print("# neighbours: %d execs, %d opens; the monitor used %.2f s of CPU" % (execs, opens, used))
    sw.equal((execs, opens), (2 * part(75000), 2 * part(425000)), "what the neighbours did")
    judge_quiet(name, evidence, folder, monitor)
    sw.remove_container(name)
    for other in others:
        sw.remove_container(other)


def judge_quiet(name, evidence, folder, monitor):
    """The verdicts, who it was, and that nothing of the neighbour's is counted here."""
    container, records = load.container_id(name), sw.evidence_records(evidence)
    load.adds_up(records, container)
    sw.equal(load.holes(records, container), [], "holes")
    seen = {cls: c["seen"] for cls, c in load.final_ledger(records, container).items()}
    sw.check(sum(seen.values()) < 200, "events that are not its own: %s" % seen)
    result = sw.report(evidence, folder, name)
    found = result.runtime()
    sw.equal(found.pop("no-shell"), "fail", "no-shell")
    sw.check("path=/bin/dash" in result.message("no-shell"), "who it was: %s" % result.message("no-shell"))
    sw.equal(set(found.values()), {"pass"}, "the other rules (%s)" % result.messages)
    alerts = [a for a in monitor.alerts if a["container"]["id"] == container]
    sw.equal([a["rule"] for a in alerts], [sw.RULE_PREFIX + "no-shell"], "alerts")
    process = alerts[0]["process"]
    sw.equal((process["path"], process["comm"]), ("/bin/dash", "dash"), "the process of the alert")
    sw.equal(process["ancestry"][0]["path"], "/actors/run", "its parent")


# ---- containers that come and go ----

class Runtime:
    """Containers without a daemon: control groups and processes as a runtime makes them."""

    def __init__(self, image, folder):
        self.parent = load.docker_parent(image)
        self.root = folder / "root"
        self.root.mkdir(exist_ok=True)
        tiny = self.root / "tiny"
        tiny.write_bytes((sw.BUILD / "actors/tiny").read_bytes())
        tiny.chmod(0o755)

    def real(self, n, folder):
        """n containers by runc itself, two at a time; milliseconds of each."""
        bundle = folder / "bundle"
        (bundle / "rootfs/dev").mkdir(parents=True)
        for name in ("proc", "sys"):
            (bundle / "rootfs" / name).mkdir()
        os.link(self.root / "tiny", bundle / "rootfs/tiny")
        sw.must("runc", "spec", "--bundle", bundle)
        spec = json.loads((bundle / "config.json").read_text())
        spec["process"].update(terminal=False, args=["/tiny"])
        begin = sw.time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda i: self.run_one(bundle, spec, i), range(n)))
        return 1000 * (sw.time.monotonic() - begin) / n

    def run_one(self, bundle, spec, number):
        """A bundle of its own: only the name of the control group differs."""
        name = "%032x%032x" % (os.getpid(), number)
        mount = next(m for m in map(str.split, open("/proc/self/mounts", encoding="ascii"))
                     if str(self.parent).startswith(m[1] + "/") and m[2].startswith("cgroup"))
        one = bundle.with_name(name)
        one.mkdir()
        one_spec = dict(spec, root={"path": str(bundle / "rootfs"), "readonly": True})
        one_spec["linux"] = dict(spec["linux"], cgroupsPath=str(self.parent)[len(mount[1]):] + "/" + name)
        (one / "config.json").write_text(json.dumps(one_spec))
        sw.must("runc", "run", "--bundle", one, name)

    def churn(self, n, processes=2):
        """n containers, by so many runtimes at once; milliseconds of each."""
        argv = [sw.BUILD / "actors/churn", "containers", str(n // processes), self.parent, self.root, "/tiny"]
        begin = sw.time.monotonic()
        running = [subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, text=True) for _ in range(processes)]
        said = "".join(p.communicate(timeout=300)[0] for p in running)
        sw.equal([p.returncode for p in running], [0] * processes, "end of the runtimes (%s)" % said)
        sw.equal(sum(deeds(said, "containers")), n // processes * processes, "containers")
        return 1000 * (sw.time.monotonic() - begin) / n


def ended(records):
    return {r["body"]["container"]: r["body"] for r in records if r["type"] == "end"}


def churned(selector, warm, n, image, folder, label):
    """Many containers under a selector: (monitor, evidence) after it was stopped, and what its memory did."""
    evidence = folder / ("evidence-" + label)
    monitor = sw.Monitor(*selector, "--evidence", evidence, "--epoch", "1s", *load.own_pins())
    monitor.await_ready()
    runtime = Runtime(image, folder)
    runtime.churn(warm)
    settle(monitor, evidence)
    before = load.rss_kib(monitor)
    took = runtime.churn(n)
    settle(monitor, evidence)
    after = load.rss_kib(monitor)
    print("# %s: %d containers, %.1f ms each; memory %d KiB before, %d KiB after" % (label, n, took, before, after))
    return monitor, evidence, after - before, runtime


def settle(monitor, evidence):
    """Waits until two coverage statements after now are written: what ended is dropped with the first."""
    def epochs():
        return sum(r["type"] == "epoch" for r in sw.evidence_records(evidence))
    wanted = epochs() + 2
    sw.wait_until(lambda: epochs() >= wanted, "two epochs of the monitor")


def comes_and_goes(image, folder):
    """Under --all; the daemon knows none of them. In between a real one, whose verdict counts."""
    n = part(10000)
    monitor, evidence, growth, runtime = churned(["--all"], part(1000), n, image, folder, "all")
    print("# runc: %d containers, %.0f ms each" % (part(REAL), runtime.real(part(REAL), folder)))
    name = sw.container_name("after-the-crowd")
    sw.start_container(name, image, load.steps(["/bin/dash", "-c", "exit 0"]))
    sw.await_end(name)
    container = load.container_id(name)
    sw.wait_until(lambda: "no-shell" in monitor.alerts_of(container), "the alert about the shell")
    sw.equal(monitor.stop(), 0, "end of the monitor (%s)" % monitor.messages[-3:])
    sw.check(growth < GROWTH_KIB, "its memory grew by %d KiB over %d containers" % (growth, n))
    records = sw.evidence_records(evidence)
    done = sw.stigwatch("verify", evidence)
    sw.equal(done.returncode, 0, "verify (%s%s)" % (done.stdout, done.stderr))
    told_of_each(records, n + part(1000) + part(REAL))
    result = sw.report(evidence, folder, name)
    sw.equal(result.runtime()["no-shell"], "fail", "no-shell (%s)" % result.message("no-shell"))
    sw.remove_container(name)


def told_of_each(records, n):
    """Each container has a whole history, or is missed by number."""
    watched = {r["body"]["container"] for r in records if r["type"] == "watch"}
    missed = sum(int(h["reason"].split()[0]) for h in (r["body"] for r in records if r["type"] == "hole")
                 if "found no room in the kernel's tables" in h["reason"])
    ends = ended(records)
    slots = {r["body"]["slot"] for r in records if r["type"] == "watch"}
    print("# %d watched in %d slots, %d missed and told" % (len(watched), len(slots), missed))
    sw.check(len(watched) + missed >= n, "%d containers, %d watched, %d told to be missed" % (n, len(watched), missed))
    sw.equal(watched - set(ends), set(), "containers whose watch has no end")
    for container, body in ends.items():
        for cls, c in body["ledger"]["classes"].items():
            sw.equal(c["seen"], sum(c[p] for p in load.PARTS), "sum of class %s of %s" % (cls, container))
    sw.check(all(r["body"]["from"] == "first-instruction" for r in records if r["type"] == "watch"
                 and r["body"].get("no_baseline")), "a watch that began late")


def not_selected(image, folder):
    """Under --label: looked at, found to be nobody's, and forgotten."""
    n = part(5000)
    monitor, evidence, growth, _ = churned(["--label", "sw-loads=%d" % os.getpid()], part(1000), n, image, folder, "label")
    sw.equal(monitor.stop(), 0, "end of the monitor (%s)" % monitor.messages[-3:])
    sw.check(growth < GROWTH_KIB, "its memory grew by %d KiB over %d containers" % (growth, n))
    sw.equal([r for r in sw.evidence_records(evidence) if r["type"] == "watch"], [], "watches")


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    image = sw.service_image()
    tap = sw.Tap()
    tap.test("a million execs and opens of neighbours", neighbour, image, folder)
    tap.test("ten thousand containers that come and go", comes_and_goes, image, folder)
    tap.test("thousands that nobody asked for", not_selected, image, folder)
    tap.done()


if __name__ == "__main__":
    main()
