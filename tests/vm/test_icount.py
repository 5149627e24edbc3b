#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The regression gate on cost: instructions per operation with the monitor on, in an -icount guest, against the figures
kept in tests/bench/icount.json. A loop that became cheaper by more than the margin fails too: record the better figure."""
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/bench"), str(ROOT / "tests/vm")]
sys.dont_write_bytecode = True
import icount  # pylint: disable=wrong-import-position
import vm  # pylint: disable=wrong-import-position

VERSION = "6.1"
MARGIN = {"null": 0.03, "open": 0.02, "churn": 0.03, "spawn": 0.04}


def main():
    build = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
    kept = json.loads(icount.FIGURES.read_text())[VERSION]
    rows = [(where, loop) for where, loops in sorted(kept.items()) for loop in sorted(loops)]
    print("1..%d" % len(rows))
    try:
        got = icount.measure(VERSION, build, build / "vm" / "icount")
    except vm.Missing as missing:
        for i, (where, loop) in enumerate(rows, 1):
            print("ok %d - %s %s # SKIP REQUIRED: %s" % (i, where, loop, missing))
        return 0
    except icount.Refused as refused:
        for i, (where, loop) in enumerate(rows, 1):
            print("not ok %d - %s %s" % (i, where, loop))
        print("# %s" % refused)
        return 1
    failed = 0
    for i, (where, loop) in enumerate(rows, 1):
        now, was, control = got["ratios"][where][loop], kept[where][loop], got["control"][where][loop]
        bad = abs(now - was) > MARGIN[loop]
        failed += bad
        print("%sok %d - %s %s: %.3f, kept %.3f, off/off %.3f" % ("not " if bad else "", i, where, loop, now, was, control))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
