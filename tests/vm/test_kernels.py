#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The kernel matrix: the sensors' own tests inside virtual machines with Debian's kernels, on each back end.

Both guests run at the same time. STIGWATCH_KERNEL=6.1 runs one kernel; the guests' consoles and everything that the steps
printed stay in BUILD/vm/run-VERSION.
"""
import concurrent.futures
import os
import pathlib
import re
import sys

import vm

BUILD = pathlib.Path(os.environ.get("BUILD", vm.ROOT / "build")).resolve()
DEADLINE = 540  # seconds for everything that one guest does; half of that on a machine with nothing else to do
LIVE = "tests/unit/userspace/loader/test_live"
TAP_LINE = re.compile(r"^(not )?ok\b\s*\d*\s*(?:-\s*)?(.*)$")


BACK_ENDS = ("lsm", "tracepoint")
# on the guest's root file system, where the tests' own objects are (see init.sh): the program and what it loads
LIVE_SCRIPT = """
mkdir -p /var/tmp/bin/lib && cp "$1" /var/tmp/bin/ &&
cp $(ldd "$1" | sed -n 's/.*=> \\(\\/[^ ]*\\).*/\\1/p') /var/tmp/bin/lib/ &&
LD_LIBRARY_PATH=/var/tmp/bin/lib exec /var/tmp/bin/test_live"""


def steps():
    """What each guest does, in this order."""
    todo = []
    for back_end in BACK_ENDS:
        todo.append({"name": "live-" + back_end, "argv": ["sh", "-c", LIVE_SCRIPT, "sh", str(BUILD / LIVE)],
                     "env": {"CMOCKA_MESSAGE_OUTPUT": "TAP", "STIGWATCH_BACK_END": back_end}, "limit": 300})
    for back_end in BACK_ENDS:
        todo.append({"name": "scenarios-" + back_end, "argv": [str(vm.ROOT / "tests/e2e/test_scenarios.py")],
                     "env": {"BUILD": str(BUILD), "STIGWATCH": str(BUILD / "stigwatch"), "STIGWATCH_VM": "1",
                             "STIGWATCH_BACK_END": back_end, "STIGWATCH_DEADLINE": "200",
                             "PYTHONDONTWRITEBYTECODE": "1"},
                     "limit": 300, "docker": True})
    return todo


def lines_of(version, step, record, text):
    """The step's TAP as (good, name, skipped) with the kernel's name in front; what it lacks is a failed test."""
    found, planned = [], 0
    for line in text.splitlines():
        plan = re.match(r"^1\.\.(\d+)", line)
        planned += int(plan[1]) if plan else 0
        test = TAP_LINE.match(line)
        if test and not line.startswith("#"):
            name, _, skip = test[2].partition(" # SKIP")
            # cmocka says "not ok N # SKIP name" for a skipped one
            skipped = "# SKIP" in line
            found.append((not test[1] or skipped, "%s %s: %s" % (version, step, name or skip.strip()),
                          (skip.strip() or "by the test") if skipped else None))
    name = "%s %s: done in time, with a plan that holds" % (version, step)
    whole = not record.get("late") and planned == len(found) and planned > 0 and "error" not in record
    whole = whole and (record.get("status") == 0) == all(good for good, _, _ in found)
    return found + [(whole, name, None)]


def run_kernel(version):
    """Boots one kernel and runs the steps; returns (tests, what to show when one failed)."""
    todo = steps()
    krn = vm.kernel(version, BUILD / "vm")
    guest = vm.Guest(krn, BUILD / "vm" / ("run-" + version), todo).start()
    try:
        records, complaint = guest.end(DEADLINE)
    finally:
        guest.kill()
    by_step = {r["step"]: r for r in records if "step" in r}
    boot = next((r for r in records if "boot" in r), {})
    tests = [(not complaint, "%s: the guest did its job" % version, None),
             (boot.get("release") == krn.release and "bpf" in boot.get("lsm", ""),
              "%s: runs %s with the BPF LSM" % (version, krn.release), None)]
    show = [complaint] if complaint else []
    for step in todo:
        record = by_step.get(step["name"], {"late": True, "status": None})
        text = guest.output(step["name"])
        found = lines_of(version, step["name"], record, text)
        tests += found
        if not all(good for good, _, _ in found):
            show += ["%s %s: %s" % (version, step["name"], record), text[-6000:]]
    return tests, show


def main():
    if os.environ.get("STIGWATCH_FAST"):
        print("1..0 # SKIP boots virtual machines")
        return 0
    only = os.environ.get("STIGWATCH_KERNEL")
    versions = [v for v in vm.PACKAGES if only in (None, "", v)]
    n = bad = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        jobs = {v: pool.submit(run_kernel, v) for v in versions}
        for version, job in jobs.items():
            try:
                tests, show = job.result()
            except vm.Missing as missing:
                tests, show = [(True, "%s boots" % version, "REQUIRED: %s" % missing)], []
            for good, name, skip in tests:
                n += 1
                bad += not good
                print("%sok %d - %s%s" % ("" if good else "not ", n, name, " # SKIP %s" % skip if skip else ""))
            for text in show:
                print("".join("# %s\n" % line for line in text.splitlines()), end="")
    print("1..%d" % n)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
