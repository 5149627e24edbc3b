#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The part of make bench-icount that runs in the guest: times the bench actor's loops in a plain control group with a root
of its own and outside of it, off, with the monitor on, and off again. Prints one JSON object; judges nothing.

usage: icount_guest.py BUILD BACKEND
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
LOOPS = (("null", 60000, "-"), ("open", 6000, "{file}"), ("churn", 1500, "{tmp}/page"), ("spawn", 200, "{actors}/tiny"))
SLICES = 5
SETTLE = 3  # seconds of guest time, which cost nothing: what was started writes its first lines
READY = 900  # seconds of guest time for the monitor to load its programs


def image_root(build, root):
    """A root of two programs and a file, which the baseline is made of."""
    for folder in ("actors", "srv", "tmp", "etc", "proc"):
        (root / folder).mkdir(parents=True)
    for name in ("bench", "tiny"):
        shutil.copy(build / "actors" / name, root / "actors" / name)
    (root / "srv/file").write_text("a file that is only read\n")
    return root


class Looper:
    """The bench actor, measured on demand."""

    def __init__(self, argv, places):
        self.places = places
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self):
        """{loop: median nanoseconds per operation}."""
        return {loop: statistics.median(self._once(loop, n, arg) for _ in range(SLICES)) for loop, n, arg in LOOPS}

    def _once(self, loop, n, arg):
        self.process.stdin.write("%s %d %s\n" % (loop, n, arg.format(**self.places)))
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if '"ns"' not in line:
            raise SystemExit("the bench actor said: %r" % line)
        return json.loads(line)["ns"]


def contained(root, cgroup):
    """A looper that is the first program of a control group, in a mount namespace and a root of its own."""
    cgroup.mkdir()
    script = "echo $$ >%s/cgroup.procs && exec unshare -m -R %s /actors/bench" % (cgroup, root)
    return Looper(["sh", "-c", script], {"actors": "/actors", "tmp": "/tmp", "file": "/srv/file"})


def start_monitor(build, backend, pid, folder, baseline):
    monitor = subprocess.Popen(
        [str(build / "stigwatch"), "monitor", "--backend", backend, "pid:%d" % pid, "--baseline", str(baseline), "--evidence",
         str(folder / "evidence")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = []
    for line in monitor.stderr:
        said.append(line)
        if line.startswith("stigwatch: ready: "):
            time.sleep(SETTLE)
            return monitor
    raise SystemExit("the monitor ended before it was ready: " + "".join(said)[-1000:])


def per_run(loopers):
    """{where: {program: [runs, instructions per run]}} by the kernel's own accounts, which cost a little themselves."""
    knob = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")

    def accounts():
        show = subprocess.run(["bpftool", "-j", "prog", "show"], stdout=subprocess.PIPE, text=True, check=True).stdout
        return {p["name"]: (p.get("run_cnt", 0), p.get("run_time_ns", 0)) for p in json.loads(show) if "name" in p}

    found = {}
    knob.write_text("1")
    for where, looper in loopers.items():
        before = accounts()
        looper.measure()
        found[where] = {}
        for name, (runs, ns) in accounts().items():
            n = runs - before.get(name, (0, 0))[0]
            if n >= 100:
                found[where][name] = [n, round((ns - before.get(name, (0, 0))[1]) / n)]
    knob.write_text("0")
    return found


def main():
    build, backend = pathlib.Path(sys.argv[1]), sys.argv[2]
    folder = pathlib.Path("/var/tmp/icount")
    folder.mkdir(parents=True)
    # memory: waiting for a disk would count as instructions
    subprocess.run(["mount", "-t", "tmpfs", "icount", str(folder)], check=True)
    root = image_root(build, folder / "root")
    baseline = folder / "baseline.jsonl"
    content = HERE.parent / "fixtures/mini-ds.xml"
    scan = subprocess.run([str(build / "stigwatch"), "scan", "dir:%s" % root, "--content", str(content),
                           "--sce=off", "--baseline", str(baseline), "-o", "json=%s" % (folder / "scan.json")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if scan.returncode not in (0, 2, 3) or not baseline.exists():
        raise SystemExit("scan: " + scan.stdout[-1000:])
    loopers = {
        "inside": contained(root, pathlib.Path("/sys/fs/cgroup") / ("b" * 64)),
        "outside": Looper([str(root / "actors/bench")],
                          {"actors": root / "actors", "tmp": folder, "file": root / "srv/file"}),
    }
    for looper in loopers.values():
        looper.measure()  # warm
    slices = [{where: looper.measure() for where, looper in loopers.items()}]
    begin = time.monotonic()
    monitor = start_monitor(build, backend, loopers["inside"].process.pid, folder, baseline)
    ready = time.monotonic() - begin
    slices.append({where: looper.measure() for where, looper in loopers.items()})
    programs = per_run(loopers)
    monitor.terminate()
    monitor.stderr.read()
    status = monitor.wait(READY)
    time.sleep(SETTLE)
    slices.append({where: looper.measure() for where, looper in loopers.items()})
    print(json.dumps({"release": os.uname().release, "status": status, "ready_s": ready, "off": slices[0],
                      "on": slices[1], "after": slices[2], "programs": programs}))


if __name__ == "__main__":
    main()
