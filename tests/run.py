#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the test suites and adds up their TAP. It never judges a test itself.

    tests/run.py --build DIR (--all | --fast) [FILTER...]

A suite is a unit test binary or an executable tests/{scap,sensor,e2e,clients,vm}/test_*.{py,sh}; a FILTER is a part of a
suite's name. One line per suite, the output of those that failed, skipped tests with their reasons, and a last line of
exactly "N passed, N failed, N skipped". With CI=1 in the environment a missing capability is a failure, and so is a
skip whose reason says "REQUIRED:".
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIDE_BY_SIDE = ("scap",)  # two at a time, as unit tests
SUITES = ("sensor", "e2e", "clients", "vm")  # these share the kernel, the daemon and the clock: one at a time
# unit tests that load programs into the kernel: not for --fast
PRIVILEGED = ("test_live", "test_live_32bit", "test_live_files", "test_live_known", "test_live_system", "test_live_enforce")
UNIT_LIMIT = 60
SUITE_LIMIT = 420
SUITE_LIMITS = {"vm": 1200}  # seconds; guests without hardware help
OUTPUT_MAX = 20000

PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*skip\b\s*(.*))?\s*$", re.I)
LINE = re.compile(r"^(not )?ok\b\s*(\d+)?\s*(?:-\s*)?(.*)$")
REASON = re.compile(r"^(?:#\s*)?skipped: (.+?)[:\s]*$")  # what a cmocka test prints before it skips
SKIP = re.compile(r"#\s*skip\b:?\s*(.*)$", re.I)


class Outcome:
    """What one suite came to."""

    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failures = []
        self.skips = []  # (test, reason)
        self.output = ""
        self.seconds = 0.0

    def fail(self, why):
        self.failures.append(why)


def failed_lines(text):
    """The tests of a TAP stream that failed, each with what was said of it: comments that follow."""
    kept, failed = [], False
    for line in text.splitlines():
        failed = line.startswith("not ok") or failed and line.startswith("#")
        if failed:
            kept.append(line + "\n")
    return "".join(kept)


def parse_tap(text, outcome):
    """Counts the lines of every TAP stream in text; several plans (one per cmocka group) add up."""
    planned, seen, reason = None, 0, "skipped by the test, which gives no reason"
    for line in text.splitlines():
        said = REASON.match(line)
        reason = said[1] if said else reason
        plan = PLAN.match(line)
        if plan:
            planned = (planned or 0) + int(plan[1])
            if int(plan[1]) == 0:
                outcome.skips.append(("all", plan[2] or "no reason given"))
            continue
        test = LINE.match(line)
        if not test:
            continue
        seen += 1
        skip = SKIP.search(test[3])
        name = SKIP.sub("", test[3]).strip()
        if skip and not name:
            # cmocka's form, which is "not ok N # SKIP name" in some versions
            outcome.skips.append((skip[1], reason))
        elif test[1]:
            outcome.fail(name or "test %d" % seen)
        elif skip:
            outcome.skips.append((name, skip[1] or "no reason given"))
        else:
            outcome.passed += 1
    if planned is None:
        outcome.fail("no plan: the suite ended before it said how many tests it has")
    elif seen != planned:
        outcome.fail("%d tests planned, %d came" % (planned, seen))


def run_suite(name, argv, env, limit):
    """Runs one suite in a session of its own, so that a timeout ends all of it."""
    outcome = Outcome(name)
    if not os.access(argv[0], os.X_OK):
        outcome.fail("%s is not there, or not executable" % argv[0])
        return outcome
    begin = time.monotonic()
    with subprocess.Popen(argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            data, _ = process.communicate(timeout=limit)
            late = False
        except subprocess.TimeoutExpired:
            # first a chance to clean up (containers), then the end
            late = True
            for sig, grace in ((signal.SIGTERM, 15), (signal.SIGKILL, 15)):
                os.killpg(process.pid, sig)
                try:
                    data, _ = process.communicate(timeout=grace)
                    break
                except subprocess.TimeoutExpired:
                    data = b""
    outcome.seconds = time.monotonic() - begin
    outcome.output = data.decode("utf-8", "replace")
    parse_tap(outcome.output, outcome)
    if late:
        outcome.fail("not done after %d s" % limit)
    elif process.returncode < 0:
        outcome.fail("ended by %s" % signal.Signals(-process.returncode).name)
    elif process.returncode and not outcome.failures:
        outcome.fail("exit status %d without a failed test" % process.returncode)
    return outcome


def unit_suites(build, env, fast):
    for source in sorted((ROOT / "tests/unit").rglob("test_*.c")):
        if fast and source.stem in PRIVILEGED:
            continue
        binary = build / source.relative_to(ROOT).with_suffix("")
        name = str(source.relative_to(ROOT / "tests").with_suffix(""))
        yield name, [str(binary)], dict(env, CMOCKA_MESSAGE_OUTPUT="TAP"), UNIT_LIMIT


def script_suites(folders, env):
    for folder in folders:
        for path in sorted((ROOT / "tests" / folder).glob("test_*")):
            if path.suffix in (".py", ".sh"):
                yield folder + "/" + path.stem, [str(path)], env, SUITE_LIMITS.get(folder, SUITE_LIMIT)


def missing_capabilities(build):
    """Capabilities the whole check needs: (name, why) of each that is not here. Starts Docker when it is not running."""
    missing = []
    if os.geteuid() != 0:
        missing.append(("root", "not running as root"))
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        missing.append(("BPF", "this kernel has no BTF (/sys/kernel/btf/vmlinux)"))
    elif os.geteuid() == 0:
        # what a run that was killed left there would be a gap in the first watch of this one
        subprocess.run([str(build / "stigwatch"), "detach"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                       timeout=120)
        probe = subprocess.run([str(build / "stigwatch"), "features"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, check=False, timeout=120)
        if probe.returncode:
            missing.append(("BPF", (probe.stderr.strip().splitlines() or ["features failed"])[-1]))
    docker = subprocess.run([str(ROOT / "tests/e2e/dockerd.sh"), str(build)], stderr=subprocess.PIPE, text=True,
                            check=False)
    if docker.returncode:
        missing.append(("docker", docker.stderr.strip().replace("\n", " ")))
    for tool in ("oscap", "xmllint"):
        if not shutil.which(tool):
            missing.append((tool, "not installed"))
    return missing


def show(outcome):
    state = "FAIL" if outcome.failures else "ok"
    counts = ["%d passed" % outcome.passed]
    counts += ["%d failed" % len(outcome.failures)] if outcome.failures else []
    counts += ["%d skipped" % len(outcome.skips)] if outcome.skips else []
    print("%-4s %-40s %s (%.1f s)" % (state, outcome.name, ", ".join(counts), outcome.seconds))
    for test, reason in outcome.skips:
        print("     skipped: %s: %s" % (test, reason))
    if outcome.failures:
        for why in outcome.failures:
            print("     failed: %s" % why)
        text = outcome.output
        if len(text) > OUTPUT_MAX:
            text = failed_lines(text)[:OUTPUT_MAX] + text[:OUTPUT_MAX // 4] + "\n[...]\n" + text[-OUTPUT_MAX * 3 // 4:]
        print("".join("     | %s\n" % line for line in text.splitlines()), end="")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description="Run the test suites.")
    parser.add_argument("--build", required=True, type=pathlib.Path)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--all", action="store_true")
    mode.add_argument("--fast", action="store_true", help="unit tests that need no root and no BPF")
    parser.add_argument("filters", nargs="*")
    args = parser.parse_args()
    build = args.build.resolve()
    in_ci = os.environ.get("CI", "") not in ("", "0")

    env = dict(os.environ, STIGWATCH=str(build / "stigwatch"), BUILD=str(build))
    env.pop("STIGWATCH_FAST", None)
    outcomes = []
    if args.fast:
        env["STIGWATCH_FAST"] = "1"
    else:
        absent = Outcome("capabilities")
        for name, why in missing_capabilities(build):
            if in_ci:
                absent.fail("%s: %s" % (name, why))
            else:
                absent.skips.append((name, why))
        if absent.failures or absent.skips:
            outcomes.append(absent)
            show(absent)

    def wanted(suite):
        return not args.filters or any(f in suite[0] for f in args.filters)

    pooled = list(unit_suites(build, env, args.fast)) + ([] if args.fast else list(script_suites(SIDE_BY_SIDE, env)))
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(lambda s: run_suite(*s), filter(wanted, pooled)):
            outcomes.append(outcome)
            show(outcome)
    for suite in filter(wanted, () if args.fast else script_suites(SUITES, env)):
        outcomes.append(run_suite(*suite))
        show(outcomes[-1])

    passed = sum(o.passed for o in outcomes)
    failed = sum(len(o.failures) for o in outcomes)
    skips = [s for o in outcomes for s in o.skips]
    if in_ci and not args.fast:
        required = [s for s in skips if "REQUIRED:" in s[1]]
        for test, reason in required:
            print("failed: %s was skipped, and CI requires it: %s" % (test, reason))
        failed += len(required)
        skips = [s for s in skips if s not in required]
    if passed + failed == 0:
        print("no test ran")
        failed = 1
    print("%d passed, %d failed, %d skipped" % (passed, failed, len(skips)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
