#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""OVAL results documents: valid by the schema, each definition, criterion, test, collected object and item as in oscap's own
document on the same root, and written without keeping the items in memory."""
import os
import subprocess

import ovallib
import scaplib
import test_ssg

MINI = os.path.join(scaplib.REPO, "tests", "fixtures", "mini-ds.xml")

MANY = """<?xml version="1.0"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:unix="http://oval.mitre.org/XMLSchema/oval-definitions-5#unix">
  <generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
  <definitions><definition class="compliance" id="oval:test.many:def:1" version="1"><metadata><title>many</title><description>many</description></metadata>
    <criteria><criterion test_ref="oval:test.many:tst:1"/></criteria></definition></definitions>
  <tests><unix:file_test check="all" comment="many" id="oval:test.many:tst:1" version="1"><unix:object object_ref="oval:test.many:obj:1"/><unix:state state_ref="oval:test.many:ste:1"/></unix:file_test></tests>
  <objects><unix:file_object id="oval:test.many:obj:1" version="1"><unix:behaviors recurse="directories" recurse_direction="down" max_depth="-1"/>
    <unix:path>/many</unix:path><unix:filename operation="pattern match">.*</unix:filename></unix:file_object></objects>
  <states><unix:file_state id="oval:test.many:ste:1" version="1"><unix:user_id datatype="int">0</unix:user_id></unix:file_state></states>
</oval_definitions>
"""
BENCHMARK = """<?xml version="1.0"?>
<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_test.many_benchmark_many" resolved="true"><status>draft</status><version>1</version>
  <Group id="xccdf_test.many_group_g"><title>g</title><Rule id="xccdf_test.many_rule_r" selected="true"><title>r</title>
    <check system="http://oval.mitre.org/XMLSchema/oval-definitions-5"><check-content-ref href="many-oval.xml" name="oval:test.many:def:1"/></check></Rule></Group></Benchmark>
"""


def evaluate(program, content, root, cwd, args=()):
    """Runs in a directory of its own; the OVAL results by file name."""
    os.makedirs(cwd)
    env = {**os.environ, "OSCAP_PROBE_ROOT": root, "SEXP_VALIDATE_DISABLE": "1"}
    env.pop("OSCAP_CONTAINER_VARS", None)
    p = subprocess.run([*program, "xccdf", "eval", "--oval-results", *args, content], env=env, cwd=cwd, capture_output=True, text=True,
                       errors="replace", timeout=300)
    if p.returncode not in (0, 2):
        raise RuntimeError(f"{program[0]}: exit {p.returncode}: {p.stderr[:1000]}")
    return {name: os.path.join(cwd, name) for name in sorted(os.listdir(cwd)) if name.endswith(".result.xml")}


def compare(tap, name, content, root, work, args=()):
    slug = "".join(c if c.isalnum() else "-" for c in name)
    want = evaluate(["oscap"], content, root, os.path.join(work, slug, "oscap"), args)
    got = evaluate([scaplib.STIGWATCH, "oscap"], content, root, os.path.join(work, slug, "stigwatch"), args)
    want = {n: p for n, p in want.items() if "openscap-cpe-oval" not in n}  # oscap's own dictionary; we have none
    tap.ok(want and set(want) == set(got), f"{name}: the same files", f"oscap {list(want)}\nstigwatch {list(got)}")
    for file in set(want) & set(got):
        problem = ovallib.validates(got[file])
        tap.ok(not problem, f"{name}: {file} is valid", problem)
        a, b = ovallib.load(want[file]), ovallib.load(got[file])
        for kind in ("definitions", "tests") if name == "platform-ds" else ():
            a[kind] = {k: v for k, v in a[kind].items() if v[0] != "not evaluated"}
            b[kind] = {k: v for k, v in b[kind].items() if k in a[kind]}
        diff = ovallib.differences(a, b)
        counts = f"{len(a['definitions'])} definitions, {len(a['tests'])} tests, {len(a['objects'])} objects"
        tap.ok(not diff, f"{name}: {file}: {counts} as oscap's", "\n".join(diff)[:6000])


def peak(args, cwd, root):
    """KiB that a run took at most."""
    pid = os.posix_spawn(args[0], args, {**os.environ, "OSCAP_PROBE_ROOT": root, "PWD": cwd},
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 2):
        raise RuntimeError(f"{args}: {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss


def run_many(tap, work):
    """Items of 30,000 files: all in the document, none in memory."""
    root = os.path.join(work, "many-root")
    for name, text in (("many-oval.xml", MANY), ("many-xccdf.xml", BENCHMARK)):
        with open(os.path.join(work, name), "w", encoding="utf-8") as f:
            f.write(text)
    content = os.path.join(work, "many-xccdf.xml")
    peaks = []
    for count in (100, 30000):
        scaplib.sh("mkdir -p $R/many; cd $R/many; seq $N | xargs touch", R=root, N=str(count))
        os.makedirs(os.path.join(work, f"many-{count}"))
        os.chdir(os.path.join(work, f"many-{count}"))
        peaks.append(peak([scaplib.STIGWATCH, "oscap", "xccdf", "eval", "--oval-results", content], os.getcwd(), root))
        os.chdir(work)
    path = os.path.join(work, "many-30000", "many-oval.xml.result.xml")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    tap.ok(text.count("<unix-sys:file_item ") == 30000 and text.count("<tested_item ") == 30000, "30,000 files: 30,000 items, tested")
    problem = ovallib.validates(path)
    tap.ok(not problem, "30,000 files: the document is valid", problem)
    tap.ok(peaks[1] - peaks[0] < 8 << 10, f"30,000 files: {len(text) >> 20} MiB of results took {peaks[1] - peaks[0]} KiB more than 100 files'")


def run_thin(tap, work, root):
    """--thin-results and --without-syschar leave out what oscap leaves out."""
    for option, has in (("--thin-results", (False, False)), ("--without-syschar", (True, False))):
        files = {}
        for program in ("oscap", "stigwatch"):
            argv = ["oscap"] if program == "oscap" else [scaplib.STIGWATCH, "oscap"]
            files[program] = evaluate(argv, MINI, root, os.path.join(work, option, program), [option])["mini-oval.xml.result.xml"]
        problem = ovallib.validates(files["stigwatch"])
        tap.ok(not problem, f"{option}: valid", problem)
        found = {}
        for program, path in files.items():
            with open(path, encoding="utf-8") as f:
                text = f.read()
            found[program] = ("<test " in text, "collected_objects" in text or "system_data" in text, text.count('content="thin"'))
        tap.ok(found["oscap"] == found["stigwatch"] and found["stigwatch"][:2] == has, f"{option}: as oscap", str(found))


def main():
    tap = scaplib.Tap()
    reason = scaplib.missing()
    if reason:
        tap.skip("OVAL results", reason)
        tap.done()
    with scaplib.Workdir() as work:
        root = os.path.join(work, "root")
        os.makedirs(root)
        scaplib.sh(r"""
            mkdir -p $R/etc/apk $R/usr/bin
            echo 'https://packages.wolfi.dev/os' >$R/etc/apk/repositories
            printf 'word=beta\n' >$R/etc/present
            printf 'NAME=Test\nID=test\n' >$R/etc/os-release
        """, R=root)
        compare(tap, "data stream", MINI, root, work)
        for name in ("mini-xccdf", "features-xccdf", "platform-ds"):
            compare(tap, name, os.path.join(scaplib.FIXTURES, name + ".xml"), root, work, ["--skip-valid"])
        run_thin(tap, work, root)
        run_many(tap, work)
        if os.path.exists(scaplib.MKWOLFI) and os.path.exists(scaplib.VENDOR):
            wolfi = os.path.join(work, "wolfi")
            scaplib.sh("bash $M $B", M=scaplib.MKWOLFI, B=wolfi)
            compare(tap, "vendor content", scaplib.VENDOR, wolfi, work)
        else:
            tap.skip("vendor content", f"vendor content is not in {scaplib.SHARED}: NOT TESTED")
        debian = os.path.join(work, "debian")
        why = test_ssg.missing() or test_ssg.unpack("minbase", None, debian)
        if why:
            tap.skip("SSG", why)
        else:
            compare(tap, "SSG", test_ssg.CONTENT, debian, work, ["--profile", "(all)"])
    tap.done()


if __name__ == "__main__":
    main()
