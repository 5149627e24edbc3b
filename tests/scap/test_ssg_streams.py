#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SSG's Debian 10, EKS, Firefox, Chromium and RHEL 9 streams on a Debian 11 root: every verdict, and in the OVAL results every
definition, test, object and item, equals oscap's. The variants of tests/cases/ssg.json make their platforms apply."""
import json
import os
import shutil

import ovallib
import rpmlib
import scaplib
import test_oval_results
import test_ssg

FOLDER = "/usr/share/xml/scap/ssg/content"
PLACE = "/var/lib/rpm"
RULE = "xccdf_org.ssgproject.content_rule_"


def evaluate(program, content, root, work):
    """Verdicts, and the OVAL results by file name."""
    cwd = os.path.join(work, os.path.basename(program[0]))
    shutil.rmtree(cwd, ignore_errors=True)
    files = test_oval_results.evaluate(program, content, root, cwd, ["--profile", "(all)", "--results", "results.xml"])
    scaplib.sh("find $R -maxdepth 1 -type f -name '.??????' -delete", R=root)  # oscap's libapt leaves 30 MiB each time
    return scaplib.xccdf_verdicts(os.path.join(cwd, "results.xml")), files


def without_variables(path):
    """oscap tells of variables that its filters did not need, and leaves out some of objects that are not there."""
    results = ovallib.load(path)
    for kind in ("tests", "objects"):
        results[kind] = {k: v[:2] for k, v in results[kind].items()}
    return results


def evaluated(path):
    return [k for k, v in ovallib.load(path)["definitions"].items() if v[0] != "not evaluated"]


def compare_oval(tap, name, want, got):
    want = {n: p for n, p in want.items() if "openscap-cpe-oval" not in n}  # oscap's own dictionary; we have none
    for file in sorted(set(want) | set(got)):
        if file not in got and not evaluated(want[file]):
            continue  # a document of which nothing was evaluated
        if file not in want or file not in got:
            tap.ok(False, f"{name}: {file}", f"oscap {sorted(want)}, ours {sorted(got)}")
            continue
        problem = not ovallib.validates(want[file]) and ovallib.validates(got[file])  # YAML is not in the schema
        a, b = without_variables(want[file]), without_variables(got[file])
        diff = ([problem] if problem else []) + ovallib.differences(a, b)
        counts = f"{len(a['definitions'])} definitions, {len(a['tests'])} tests, {len(a['objects'])} objects"
        tap.ok(not diff, f"{name}: {file}: {counts} as oscap's", "\n".join(diff)[:6000])


def run_variant(tap, name, content, root, work, variant, rules):
    with rpmlib.oscap_home(work, PLACE):
        want, want_oval = evaluate(["oscap"], content, root, work)
    got, got_oval = evaluate([scaplib.STIGWATCH, "oscap"], content, root, work)
    for rule, verdict in variant.get("ours", {}).items():
        want[RULE + rule] = verdict
    diff = scaplib.differences(want, got)
    if len(want) != rules:
        diff.append(f"oscap gave {len(want)} verdicts, not {rules}")
    tap.ok(not diff, f"{name}: {rules} verdicts equal oscap's", "\n".join(diff))
    if "ours" not in variant:
        compare_oval(tap, name, want_oval, got_oval)
    return want


def run_stream(tap, stream, tar, work):
    content = os.path.join(FOLDER, stream["file"])
    if not os.path.exists(content):
        tap.skip(stream["file"], "package ssg-applications, ssg-debian or ssg-nondebian is not installed: NOT TESTED")
        return
    root = os.path.join(work, "root")
    scaplib.sh("mkdir $R; tar --numeric-owner -C $R -xf $T", R=root, T=tar)
    base = None
    for variant in stream["variants"]:
        name = f"{stream['file']}: {variant['name']}"
        if "rpm" in variant:
            if rpmlib.missing():
                tap.skip(name, rpmlib.missing())
                break
            rpmlib.install(root, PLACE, rpmlib.build_small(work, variant["rpm"], variant.get("version", "100")))
        scaplib.sh(variant["sh"], R=root)
        got = run_variant(tap, name, content, root, work, variant, stream["rules"])
        tap.ok(got != base or not variant.get("flips", True), f"{name}: verdicts change")
        base = got
    shutil.rmtree(root, ignore_errors=True)


def main():
    tap = scaplib.Tap()
    reason = test_ssg.missing()
    with open(os.path.join(scaplib.REPO, "tests", "cases", "ssg.json"), encoding="utf-8") as f:
        streams = json.load(f)["streams"]
    with scaplib.Workdir() as work:
        reason = reason or test_ssg.unpack("full", test_ssg.ROOTS["full"], os.path.join(work, "full"))
        shutil.rmtree(os.path.join(work, "full"), ignore_errors=True)
        for stream in streams:
            if reason:
                tap.skip(stream["file"], reason)
            else:
                run_stream(tap, stream, os.path.join(test_ssg.CACHE, "full.tar"), work)
    tap.done()


if __name__ == "__main__":
    main()
