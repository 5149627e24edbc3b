#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: ratios measured in one run. It judges nothing: numbers of a shared machine are no test.

Scan: scan.py beside this file. Monitor: monitor.py. Medians, and quartiles in brackets.
"""
import argparse
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def main():
    parser = argparse.ArgumentParser(description="Measure ratios.")
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--only", choices=("scan", "monitor"))
    parser.add_argument("--rounds", type=int, default=6, help="of a scan row; the shortest takes three times as many")
    parser.add_argument("--rows", nargs="*", help="scan rows: small, big, ssg, archive")
    parser.add_argument("--pairs", type=int, default=12, help="of monitor loops; 0: the flood alone")
    parser.add_argument("--files", type=int, default=100000, help="of the big root")
    args = parser.parse_args()
    os.environ["BUILD"] = str(args.build.resolve())
    os.environ["STIGWATCH"] = str(args.build.resolve() / "stigwatch")
    sys.path.insert(0, str(ROOT / "tests/e2e"))
    sys.dont_write_bytecode = True
    import monitor  # pylint: disable=import-outside-toplevel
    import scan  # pylint: disable=import-outside-toplevel
    import swlib as sw  # pylint: disable=import-outside-toplevel
    sw.need_program()
    folder = sw.scratch("sw-bench-")
    if args.only != "monitor":
        scan.bench(sw, folder, args)
    if args.only == "scan":
        return
    if os.geteuid() != 0 or sw.run(sw.HERE / "dockerd.sh", sw.BUILD).returncode:
        print("monitor: not measured, needs root and docker")
        return
    if args.pairs:
        monitor.bench(sw, folder, args.pairs)
    monitor.flood(sw, folder, "data", "/srv/index.html")
    monitor.flood(sw, folder, "code", "/usr/bin/tool")


if __name__ == "__main__":
    main()
