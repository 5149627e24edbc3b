#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The kernel matrix: inside virtual machines with Debian's kernels, on each back end, the sensors' own tests, every evasion of
tests/cases/evasions.tbl, and scenarios on Docker.

Both guests run at the same time. STIGWATCH_KERNEL=6.1 runs one kernel, STIGWATCH_STEP=TEXT[,TEXT...] the steps whose names hold
one of these, and STIGWATCH_EVASION=TEXT selects rows. The guests' consoles and everything that the steps left stay in BUILD/vm/run-VERSION.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "sensor")]
sys.dont_write_bytecode = True
import evasions  # pylint: disable=wrong-import-position
import specs  # pylint: disable=wrong-import-position
import vm  # pylint: disable=wrong-import-position
from evasions import sw  # pylint: disable=wrong-import-position

BUILD = pathlib.Path(os.environ.get("BUILD", vm.ROOT / "build")).resolve()
DEADLINE = 1140  # seconds for everything that one guest does; well below half of that when nothing else runs
LIVE = ("test_live", "test_live_files", "test_live_known", "test_live_system", "test_live_32bit")
TAP_LINE = re.compile(r"^(not )?ok\b\s*\d*\s*(?:-\s*)?(.*)$")
BACK_ENDS = ("lsm", "tracepoint")
ENFORCEMENT = "enforcement-lsm"  # a step that is done when it is asked for by its name: each docker exec takes a guest seconds
MODULE = "nls_ascii"  # of the kernel, for a test to load: nothing needs it
SHARE = "/run/share"  # in the guest
# on the guest's root file system, where the tests' own objects are (see init.sh): the program and what it loads
LIVE_SCRIPT = """
mkdir -p /var/tmp/bin/lib && cp "$1" /var/tmp/bin/ &&
cp $(ldd "$1" | sed -n 's/.*=> \\(\\/[^ ]*\\).*/\\1/p') /var/tmp/bin/lib/ &&
LD_LIBRARY_PATH=/var/tmp/bin/lib exec "/var/tmp/bin/${1##*/}" """


def live_step(program, back_end):
    path = BUILD / "tests/unit/userspace/loader" / program
    env = {"CMOCKA_MESSAGE_OUTPUT": "TAP", "STIGWATCH_BACK_END": back_end, "STIGWATCH_MODULE": "%s/%s.ko" % (SHARE, MODULE)}
    if program in LIVE:  # one load of the sensors for all of them
        env["STIGWATCH_LIVE_PINS"] = "/sys/fs/bpf/live-" + back_end
    if program == LIVE[-1]:
        env["STIGWATCH_LIVE_LAST"] = "1"
    return {"name": "%s-%s" % (program, back_end), "argv": ["sh", "-c", LIVE_SCRIPT, "sh", str(path)], "env": env, "limit": 300}


def evasions_step(back_end):
    return {"name": "evasions-" + back_end, "limit": 400, "env": {"PYTHONDONTWRITEBYTECODE": "1"},
            "argv": [str(HERE / "deeds.py"), SHARE + "/evasions", "%s/deeds-%s" % (SHARE, back_end), back_end]}


def docker_step(name, program, back_end, limit, **env):
    return {"name": name, "argv": [str(vm.ROOT / "tests/e2e" / program)],
            "env": dict(env, BUILD=str(BUILD), STIGWATCH=str(BUILD / "stigwatch"), STIGWATCH_VM="1",
                        STIGWATCH_BACK_END=back_end, STIGWATCH_DEADLINE="200", PYTHONDONTWRITEBYTECODE="1"),
            "limit": limit, "docker": True}


def steps():
    """What each guest does, in this order; Docker last, since it stays."""
    todo = [live_step(program, back_end) for back_end in BACK_ENDS for program in LIVE]
    # what is refused; the other back end's kills are tested on the running kernel
    todo.append(live_step("test_live_enforce", "lsm"))
    todo += [evasions_step(back_end) for back_end in BACK_ENDS]
    todo += [docker_step("scenarios-" + back_end, "test_scenarios.py", back_end, 300) for back_end in BACK_ENDS]
    wanted = os.environ.get("STIGWATCH_STEP", "").split(",")
    if ENFORCEMENT in wanted:
        todo.append(docker_step(ENFORCEMENT, "test_enforcement.py", "lsm", 1000, STIGWATCH_MODE="lsm"))
    return [step for step in todo if any(text in step["name"] for text in wanted)]


# ---- what came back ----

def tap_tests(text):
    """The TAP of a step as ([(good, name, skipped)], whether its plan holds)."""
    found, planned = [], 0
    for line in text.splitlines():
        plan = re.match(r"^1\.\.(\d+)", line)
        planned += int(plan[1]) if plan else 0
        test = TAP_LINE.match(line)
        if test and not line.startswith("#"):
            name, _, skip = test[2].partition(" # SKIP")
            # cmocka says "not ok N # SKIP name" for a skipped one
            skipped = "# SKIP" in line
            found.append((not test[1] or skipped, name or skip.strip(), (skip.strip() or "by the test") if skipped else None))
    return found, planned == len(found) and planned > 0


def json_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def judge_row(row, release, wrong):
    """(good, name, skipped) of one row; what was wrong goes to the list."""
    try:
        row.judge(release)
    except sw.Skip as skip:
        return True, row.label, str(skip)
    except sw.Failed as error:
        wrong.append("%s: %s" % (row.label, error))
        return False, row.label, None
    return True, row.label, None


def evasion_tests(share, back_end, release):
    """The rows judged by what the guest brought back: (tests, whether it was all of it, what was wrong)."""
    results = share / ("deeds-" + back_end)
    alerts, wrong = json_lines(results / "alerts.jsonl"), []
    done = {record["name"]: record for record in json_lines(results / "deeds.jsonl")}
    folder = results / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    tests = []
    for row in evasions.rows():
        record = done.get(row.container)
        if record:
            row.ended(record["status"], record["output"])
            row.collect(alerts, results / "evidence", folder)
        else:
            row.error = "the guest did not come to it"
        tests.append(judge_row(row, release, wrong))
    whole = len(done) == len(tests) > 0
    return tests, whole, "\n".join(wrong)


def tests_of(step, record, guest, version):
    """The tests of one step, with the kernel's name in front, and what to show of it when one failed."""
    name, text = step["name"], guest.output(step["name"])
    if name.startswith("evasions-"):
        found, whole, wrong = evasion_tests(guest.share, name.partition("-")[2], guest.kernel.release)
        text = wrong + "\n" + text
        whole = whole and record.get("status") == 0
    else:
        found, whole = tap_tests(text)
        whole = whole and (record.get("status") == 0) == all(good for good, _, _ in found)
    whole = whole and not record.get("late") and "error" not in record
    found.append((whole, "done in time and whole", None))
    show = [] if all(good for good, _, _ in found) else ["%s %s: %s" % (version, name, record), text[-12000:]]
    return [(good, "%s %s: %s" % (version, name, test), skip) for good, test, skip in found], show


def run_kernel(version, source):
    """Boots one kernel and runs the steps; returns (tests, what to show when one failed)."""
    todo = steps()
    krn = vm.kernel(version, BUILD / "vm")
    guest = vm.Guest(krn, BUILD / "vm" / ("run-" + version), todo)
    shutil.copytree(source, guest.share / "evasions")
    name, data = vm.plain_module(krn.module_file(MODULE))
    (guest.share / name).write_bytes(data)
    try:
        records, complaint = guest.start().end(DEADLINE)
    finally:
        guest.kill()
    by_step = {r["step"]: r for r in records if "step" in r}
    boot = next((r for r in records if "boot" in r), {})
    tests = [(not complaint, "%s: the guest did its job" % version, None),
             (boot.get("release") == krn.release and "bpf" in boot.get("lsm", ""),
              "%s: runs %s with the BPF LSM" % (version, krn.release), None)]
    show = [complaint] if complaint else []
    for step in todo:
        found, wrong = tests_of(step, by_step.get(step["name"], {"late": True, "status": None}), guest, version)
        tests += found
        show += wrong
    return tests, show


def main():
    sw.need_program()
    sw.need_root_and_docker()  # the image and the containers' specifications are Docker's
    only = os.environ.get("STIGWATCH_KERNEL")
    versions = [v for v in vm.PACKAGES if only in (None, "", v)]
    source = sw.scratch() / "evasions"
    specs.put_job([row.order() for row in evasions.rows()], evasions.docker_options, source)
    n = bad = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        jobs = {v: pool.submit(run_kernel, v, source) for v in versions}
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
