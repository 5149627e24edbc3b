#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: ratios measured in one run. It judges nothing: numbers of a shared machine are no test.

Scan: wall time and peak memory of stigwatch against oscap, on the same root and content, in turns.
Monitor: monitor.py beside this file. Medians, and quartiles in brackets.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def ratio_text(values):
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return "%.2f [%.2f-%.2f]" % (middle, low, high)


# ---- scan ----

def timed(argv, env):
    """(seconds, peak KiB) of one run, by the kernel's own accounts of the child."""
    begin = time.monotonic()
    process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begin
    if process.returncode not in (0, 2):
        raise SystemExit("%s: exit status %d" % (" ".join(argv), process.returncode))
    return seconds, usage.ru_maxrss


def bench_root(sw, folder, n_files):
    """A root of a realistic size: the mini root of the tests and many small libraries."""
    root = folder / "root"
    script = sw.SHARED / "tools/mkwolfi.sh"
    if script.exists():
        sw.must("bash", script, root, n_files, timeout=300)
        return root
    (root / "etc/apk").mkdir(parents=True)
    (root / "etc/apk/repositories").write_text("https://packages.example.dev/os\n")
    for i in range(n_files):
        path = root / "usr/lib" / ("d%d" % (i // 200)) / ("f%d.so" % i)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def bench_scan(sw, folder, rounds, n_files):
    content = sw.VENDOR_DS if sw.VENDOR_DS.exists() else sw.MINI_DS
    root = bench_root(sw, folder, n_files)
    print("scan: %s over %d files" % (content.name, sum(len(f) for _, _, f in os.walk(root))))
    if not shutil.which("oscap"):
        print("  oscap is not installed: nothing to compare with")
        return
    env = dict(os.environ, OSCAP_PROBE_ROOT=str(root), SEXP_VALIDATE_DISABLE="1",
               OSCAP_CONTAINER_VARS="SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt")
    theirs = ["oscap", "xccdf", "eval", "--results", str(folder / "oscap.xml"), str(content)]
    ours = [sw.STIGWATCH, "scan", "dir:%s" % root, "--content", str(content), "--env",
            "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", "-o", "xccdf=%s" % (folder / "ours.xml")]
    timed(ours, os.environ), timed(theirs, env)  # warm the page cache for both
    pairs = [(timed(ours, os.environ), timed(theirs, env)) for _ in range(rounds)]
    print("  time    oscap / stigwatch  %s   (%.3f s against %.3f s)" % (
        ratio_text([t[0] / o[0] for o, t in pairs]), statistics.median(t[0] for _, t in pairs),
        statistics.median(o[0] for o, _ in pairs)))
    print("  memory  stigwatch / oscap  %s   (%.1f MiB against %.1f MiB)" % (
        ratio_text([o[1] / t[1] for o, t in pairs]), statistics.median(o[1] for o, _ in pairs) / 1024,
        statistics.median(t[1] for _, t in pairs) / 1024))


def main():
    parser = argparse.ArgumentParser(description="Measure ratios.")
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--files", type=int, default=5000)
    args = parser.parse_args()
    os.environ["BUILD"] = str(args.build.resolve())
    os.environ["STIGWATCH"] = str(args.build.resolve() / "stigwatch")
    sys.path.insert(0, str(ROOT / "tests/e2e"))
    sys.dont_write_bytecode = True
    import monitor  # pylint: disable=import-outside-toplevel
    import swlib as sw  # pylint: disable=import-outside-toplevel
    sw.need_program()
    folder = sw.scratch("sw-bench-")
    bench_scan(sw, folder, args.rounds, args.files)
    if os.geteuid() != 0 or sw.run(sw.HERE / "dockerd.sh", sw.BUILD).returncode:
        print("monitor: not measured, needs root and docker")
        return
    monitor.bench(sw, folder, args.pairs)


if __name__ == "__main__":
    main()
