#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The mini benchmark (in the repository, each XCCDF feature once): verdicts equal oscap's under every profile, as plain
files and as a data stream; the result file is one that other tools accept."""
import json
import os
import re
import shutil
import subprocess

import scaplib

MINI = os.path.join(scaplib.FIXTURES, "mini-xccdf.xml")
SSG = "/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml"
PROFILES = (None, "xccdf_test.mini_profile_base", "xccdf_test.mini_profile_derived", "(all)")
# A script that no sandbox can run is notchecked here; everything else must be equal.
SCRIPT = "xccdf_test.mini_rule_script-pass"


def run(*args):
    p = subprocess.run(args, capture_output=True, text=True, errors="replace")
    return p.returncode, p.stdout + p.stderr


def compare(tap, name, root, content, work, profile):
    want = scaplib.oscap(root, content, None, work, profile)
    result = scaplib.stigwatch(root, content, None, work, profile)
    got = scaplib.verdicts(result)
    scripts = [r["message"] or "" for r in result["rules"] if r["id"] == SCRIPT and r["result"] == "notchecked"]
    if scripts:
        tap.skip(f"{name}: the script's verdict", scripts[0] or "script checks cannot run here")
        del want[SCRIPT], got[SCRIPT]
    diff = scaplib.differences(want, got)
    tap.ok(len(got) > 20 and not diff, f"{name}: verdicts equal oscap's", "\n".join(diff))


def rows(tap, work):
    """tests/cases/xccdf.json: one command line each, for both."""
    with open(os.path.join(scaplib.REPO, "tests", "cases", "xccdf.json"), encoding="utf-8") as f:
        table = json.load(f)
    for row in table["rows"]:
        root = os.path.join(work, "row")
        scaplib.sh("rm -rf $R; mkdir -p $R/etc $R/proc; echo word=alpha >$R/etc/present", R=root)
        if row.get("sh"):
            scaplib.sh(row["sh"], R=root)
        args = [a.replace("@", scaplib.FIXTURES + "/") for a in row["args"]]
        content = os.path.join(scaplib.FIXTURES, row["content"])
        try:
            want = scaplib.oscap(root, content, None, work, args=args)
            got = scaplib.verdicts(scaplib.stigwatch(root, content, None, work, args=args))
        except RuntimeError as e:
            tap.ok(False, f"{row['name']}: ran", e)
            continue
        for rule, pair in row.get("differs", {}).items():
            tap.ok([want.pop(rule, None), got.pop(rule, None)] == pair, f"{row['name']}: {rule} differs as said")
        if got.get(SCRIPT) == "notchecked":
            del want[SCRIPT], got[SCRIPT]
        diff = scaplib.differences(want, got)
        tap.ok(len(got) >= row.get("rules", 1) and not diff, f"{row['name']}: verdicts equal oscap's", "\n".join(diff))


def refusals(tap, work):
    """Command lines that both refuse with exit status 1."""
    with open(os.path.join(scaplib.REPO, "tests", "cases", "xccdf.json"), encoding="utf-8") as f:
        table = json.load(f)
    for row in table["refused"]:
        args = [a.replace("@", scaplib.FIXTURES + "/") for a in row["args"]]
        content = os.path.join(scaplib.FIXTURES, row["content"])
        theirs = run("oscap", "xccdf", "eval", *args, content)[0]
        p = subprocess.run([scaplib.STIGWATCH, "scan", f"dir:{work}", "--content", content, *args], capture_output=True,
                           text=True)
        tap.ok(p.returncode == 1 and row["says"] in p.stderr, f"{row['name']}: refused, and says why",
               f"exit {p.returncode}: {p.stderr}")
        tap.ok(theirs == row.get("oscap", 1), f"{row['name']}: oscap's exit status", theirs)


def ssg(tap, work):
    """The rules of SSG's Debian 11 stream that apply: the same as oscap's on Debian 11, in a container, on Debian 12."""
    if not os.path.exists(SSG):
        tap.skip("applicability of SSG's rules", f"REQUIRED: ssg-debian ({SSG})")
        return
    steps = (("Debian 11", "mkdir -p $R/etc $R/proc $R/var/lib; echo 11.11 >$R/etc/debian_version"),
             ("Debian 11 in a container", "touch $R/.dockerenv"),
             ("Debian 12", "echo 12.0 >$R/etc/debian_version"))
    root, before = os.path.join(work, "ssg"), None
    for name, script in steps:
        scaplib.sh(script, R=root)
        want = scaplib.oscap(root, SSG, None, work, "(all)")
        got = scaplib.verdicts(scaplib.stigwatch(root, SSG, None, work, "(all)"))
        theirs, ours = ({i for i, v in x.items() if v == "notapplicable"} for x in (want, got))
        tap.ok(len(got) == 355 and theirs == ours and theirs != before, f"SSG on {name}: the same rules apply",
               f"{len(theirs)} and {len(ours)} do not: {sorted(theirs ^ ours)[:5]}")
        before = theirs


def result_file(tap, root, work):
    out, again = os.path.join(work, "out.xml"), os.path.join(work, "report.html")
    scaplib.stigwatch(root, MINI, None, work, xccdf=out)
    rc, text = run("xmllint", "--noout", "--schema", scaplib.XSD, out)
    tap.ok(rc == 0, "the result file is valid by the XCCDF 1.2 schema", text)
    rc, text = run("oscap", "xccdf", "validate", out)
    errors = [line for line in text.splitlines() if "Warning:" not in line and line.strip() and "<?xml" not in line]
    tap.ok(rc == 0, "oscap xccdf validate accepts the result file (schema and schematron)", "\n".join(errors))
    rc, text = run("oscap", "xccdf", "generate", "report", "--output", again, out)
    rendered = open(again, encoding="utf-8").read() if rc == 0 else ""
    tap.ok("/etc/absent" in rendered, "oscap renders it, with a message of ours in it", text)
    with open(out, encoding="utf-8") as f:
        body = f.read()
    tap.ok(len(re.findall("<TestResult ", body)) == 1, "one TestResult")
    tap.ok('<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2"' in body, "in the default namespace")
    ids = re.findall(r'rule-result idref="([^"]+)"', body)
    rules = re.findall(r'<Rule id="([^"]+)"', body)
    tap.ok(ids == rules, "one rule-result per rule, in document order")
    tap.ok(re.search(r'test-system="cpe:/a:stigwatch:stigwatch:[^"]+"', body), "test-system is a CPE name")
    tap.ok('<check-import import-name="stdout"/>' in body, "an empty check-import of the content stays empty")


def one_result_per_rule(tap, root, work):
    """A multi-check has several definitions; our results have one rule-result for it, the worst of what oscap tells."""
    content = os.path.join(scaplib.FIXTURES, "features-xccdf.xml")
    out, arf_out = os.path.join(work, "one.xml"), os.path.join(work, "one.arf")
    want = scaplib.oscap(root, content, None, work, args=["--skip-valid"])
    scaplib.stigwatch(root, content, None, work, xccdf=out, args=["-o", f"arf={arf_out}"])
    for path in (out, arf_out):
        results = scaplib.xccdf_rule_results(path)
        rules = [rule for rule, _, _ in results]
        tap.ok(len(rules) == len(set(rules)) == len(want), f"{os.path.basename(path)}: one rule-result per rule", len(rules))
        multi = {rule: verdict for rule, _, verdict in results if "_multi" in rule}
        tap.ok(len(multi) > 4 and all(want[rule] == verdict for rule, verdict in multi.items()),
               f"{os.path.basename(path)}: of a multi-check the worst", str(multi))


def arf(tap, root, work):
    """The report collection is one that oscap takes for its own, and the content in it gives the same verdicts."""
    out, inner, result = (os.path.join(work, name) for name in ("out.arf", "inner.xml", "result.xml"))
    for name in ("mini-xccdf.xml", "platform-ds.xml", "features-xccdf.xml"):
        content = os.path.join(scaplib.FIXTURES, name)
        want = scaplib.verdicts(scaplib.stigwatch(root, content, None, work, args=["-o", f"arf={out}", "-o", f"xccdf={result}"]))
        rc, text = run("oscap", "ds", "rds-validate", out)
        tap.ok(rc == 0, f"ARF of {name}: oscap ds rds-validate accepts it", text)
        tap.ok(scaplib.xccdf_verdicts(out) == want, f"ARF of {name}: the verdicts of the scan")
        rendered = [run("oscap", "xccdf", "generate", "report", path) for path in (out, result)]
        tap.ok(rendered[0][0] == 0 and "OVAL test results details" in rendered[0][1] and len(rendered[1][1]) > 10000,
               f"ARF of {name}: oscap renders it as the XCCDF result, with the items that OVAL collected", [len(r[1]) for r in rendered])
        with open(out, encoding="utf-8") as f:
            text = f.read()
        with open(inner, "w", encoding="utf-8") as f:
            f.write(re.search("<ds:data-stream-collection.*</ds:data-stream-collection>", text, re.S).group())
        rc, text = run("oscap", "ds", "sds-validate", inner)
        tap.ok(rc == 0, f"ARF of {name}: its request is a valid source data stream", text)
        again = scaplib.verdicts(scaplib.stigwatch(root, inner, None, work))
        tap.ok(again == want, f"ARF of {name}: its request gives the same verdicts",
               "\n".join(scaplib.differences(want, again)))


def bad_input(tap, root, work):
    broken = os.path.join(work, "broken.xml")
    with open(broken, "w", encoding="utf-8") as f:
        f.write("<Benchmark>\n<x></Benchmark>\n")
    cases = (
        ("a broken document", broken, [], "broken.xml:2:"),
        ("a missing document", os.path.join(work, "none.xml"), [], "none.xml: No such file"),
        ("an unknown profile", MINI, ["--profile", "nobody"], 'no profile "nobody"; has: xccdf_test.mini_profile_base'),
    )
    for name, content, more, says in cases:
        out = os.path.join(work, "bad.json")
        p = subprocess.run([scaplib.STIGWATCH, "scan", f"dir:{root}", "--content", content, "-o", f"json={out}"] + more,
                           capture_output=True, text=True)
        good = p.returncode == 1 and says in p.stderr and len(p.stderr.strip().splitlines()) == 1
        tap.ok(good and not os.path.exists(out), f"{name}: one line, exit 1, no file", f"exit {p.returncode}: {p.stderr}")


def main():
    tap = scaplib.Tap()
    reason = scaplib.missing()
    if reason:
        tap.skip("the mini benchmark against oscap", reason)
        tap.done()
    with scaplib.Workdir() as work:
        root = os.path.join(work, "root")
        scaplib.sh("mkdir -p $R/etc $R/proc; echo word=alpha >$R/etc/present", R=root)
        for profile in PROFILES:
            compare(tap, f"plain files, profile {profile or 'none'}", root, MINI, work, profile)
        # sds-compose wants every document that is named: the missing one stays missing in a copy without that rule
        copy = os.path.join(work, "content")
        shutil.copytree(scaplib.FIXTURES, copy)
        path = os.path.join(copy, "mini-xccdf.xml")
        with open(path, encoding="utf-8") as f:
            text = re.sub(r' *<check-content-ref href="(no-such-oval|mini-ocil|mini-runtime)\.xml"[^>]*/>\n', "", f.read())
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        stream = os.path.join(work, "mini-ds.xml")
        rc, text = run("oscap", "ds", "sds-compose", path, stream)
        tap.ok(rc == 0 and os.path.exists(stream), "oscap composes a data stream of it", text)
        for profile in PROFILES:
            compare(tap, f"data stream, profile {profile or 'none'}", root, stream, work, profile)
        rows(tap, work)
        refusals(tap, work)
        ssg(tap, work)
        result_file(tap, root, work)
        one_result_per_rule(tap, root, work)
        arf(tap, root, work)
        bad_input(tap, root, work)
    tap.done()


if __name__ == "__main__":
    main()
