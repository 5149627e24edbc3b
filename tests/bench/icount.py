#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench-icount: what the monitor costs in instructions, in a guest whose clock counts them (qemu -icount).

With one CPU and a clock of instructions the figures repeat to about 0.1 % whatever else the machine does, and the
monitor's own user space counts too. They leave out caches and inter-CPU wakeups. icount.json beside this file holds the
figures that tests/vm/test_icount.py holds the program to; --record writes them anew.

usage: icount.py --build DIR [--kernel 6.1|6.12]... [--backend tracepoint|lsm]... [--record]
"""
import argparse
import itertools
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FIGURES = HERE / "icount.json"
BACK_ENDS = ("tracepoint", "lsm")
LIMIT = 1800  # seconds of real time for one guest: with the LSM back end it loads 94 programs
sys.path.insert(0, str(HERE.parent / "vm"))
sys.dont_write_bytecode = True


class Refused(Exception):
    """The guest did not measure."""


def measure(version, backend, build, folder):
    """One guest's figures: {"release", "ready_s", "ratios": {where: {loop: on/off}}, "control": the same off/off,
    "off": instructions per operation, "programs": {where: {program: [runs, instructions per run]}}}."""
    import vm  # pylint: disable=import-outside-toplevel
    krn = vm.kernel(version, build / "vm")
    step = {"name": "icount", "argv": ["python3", str(HERE / "icount_guest.py"), str(build), backend], "limit": 100000}
    guest = vm.Guest(krn, folder, [step], icount=True)
    try:
        records, complaint = guest.start().end(LIMIT)
    finally:
        guest.kill()
    if complaint:
        raise Refused("%s; %s" % (complaint, guest.output("icount")[-500:]))
    done = next(r for r in records if r.get("step") == "icount")
    if done["status"] != 0:
        raise Refused("status %d: %s" % (done["status"], guest.output("icount")[-1000:]))
    got = json.loads(guest.output("icount").splitlines()[-1])

    def over(above):
        return {where: {loop: round(got[above][where][loop] / got["off"][where][loop], 3) for loop in loops}
                for where, loops in got["off"].items()}

    return {"release": got["release"], "ready_s": round(got["ready_s"], 1), "ratios": over("on"),
            "control": over("after"), "off": got["off"], "programs": got["programs"]}


def show(backend, figures):
    print("icount on %s, %s back end: instructions per operation with the monitor / without" % (figures["release"], backend))
    loops = list(figures["ratios"]["inside"])
    print("  %-18s %s" % ("", " ".join("%-8s" % loop for loop in loops)))
    for name, label in (("off", "off"), ("control", "off/off"), ("ratios", "on/off")):
        for where, values in figures[name].items():
            form = "%-8.0f" if name == "off" else "%-8.3f"
            print("  %-8s %-9s %s" % (label, where, " ".join(form % values[loop] for loop in loops)))
    for where, programs in figures["programs"].items():
        print("  programs, %s: %s" % (where, ", ".join(
            "%s %d x %d" % (name, runs, each) for name, (runs, each) in sorted(programs.items()))))
    print("  ready after %.1f s of guest time" % figures["ready_s"])


def main():
    parser = argparse.ArgumentParser(description="Count instructions.")
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--kernel", action="append", choices=("6.1", "6.12"))
    parser.add_argument("--backend", action="append", choices=BACK_ENDS)
    parser.add_argument("--record", action="store_true")
    args = parser.parse_args()
    import vm  # pylint: disable=import-outside-toplevel
    kept = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for version, backend in itertools.product(args.kernel or vm.PACKAGES, args.backend or BACK_ENDS):
        folder = args.build.resolve() / "vm" / ("icount-%s-%s" % (version, backend))
        try:
            figures = measure(version, backend, args.build.resolve(), folder)
        except vm.Missing as missing:
            raise SystemExit("icount: not measured: %s" % missing) from None
        except Refused as refused:
            raise SystemExit("icount: %s %s: %s" % (version, backend, refused)) from None
        show(backend, figures)
        kept.setdefault(version, {})[backend] = figures["ratios"]
    if args.record:
        FIGURES.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
