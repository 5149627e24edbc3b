#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The regression gate on cost: instructions per operation with the monitor on, in an -icount guest, against the figures
kept in tests/bench/icount.json. A loop that became cheaper by more than the margin fails too: record the better figure."""
import concurrent.futures
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/bench"), str(ROOT / "tests/vm")]
sys.dont_write_bytecode = True
import icount  # pylint: disable=wrong-import-position
import vm  # pylint: disable=wrong-import-position

HELD = (("6.1", "tracepoint"),)  # the LSM back end's programs take minutes to load in such a guest: make bench-icount
MARGIN = {"null": 0.03, "open": 0.02, "churn": 0.03, "spawn": 0.04}


def judge(version, backend, build):
    """[(good, name, what is missing or None)] and what to show."""
    kept = json.loads(icount.FIGURES.read_text())[version][backend]
    rows = [(where, loop) for where, loops in sorted(kept.items()) for loop in sorted(loops)]
    names = ["%s %s, %s, %s" % (version, backend, where, loop) for where, loop in rows]
    try:
        got = icount.measure(version, backend, build, build / "vm" / ("icount-%s-%s" % (version, backend)))
    except vm.Missing as missing:
        return [(True, name, "REQUIRED: %s" % missing) for name in names], ""
    except icount.Refused as refused:
        return [(False, name, None) for name in names], str(refused)
    tests = []
    for name, (where, loop) in zip(names, rows):
        now, was, control = got["ratios"][where][loop], kept[where][loop], got["control"][where][loop]
        tests.append((abs(now - was) <= MARGIN[loop],
                      "%s: %.3f, kept %.3f, off/off %.3f" % (name, now, was, control), None))
    return tests, ""


def main():
    build = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
    n = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(HELD)) as pool:
        for tests, show in pool.map(lambda held: judge(*held, build), HELD):
            for good, name, missing in tests:
                n += 1
                failed += not good
                print("%sok %d - %s%s" % ("" if good else "not ", n, name, " # SKIP %s" % missing if missing else ""))
            for line in show.splitlines():
                print("# %s" % line)
    print("1..%d" % n)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
