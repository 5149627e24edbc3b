#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A pass that rests on nothing stays the content's pass, as oscap gives it, but says so: in the JSON result, in the XCCDF
result's message and metadata. tests/cases/vacuous.json has every way to it, and its counterpart."""
import json
import os
import re

import imagelib
import scaplib

PATTERNS = {"pattern", "filename"}
NUMBERS = {"instance", "user_id"}
RULE = "xccdf_t_rule_r"


def entity(name, value):
    more = ' operation="pattern match"' if name in PATTERNS else ""
    more += ' datatype="int"' if name in NUMBERS else ""
    return f"<p:{name}{more}>{value}</p:{name}>"


def content(row, directory):
    family, kind = row["type"].split(":")
    state = row.get("state")
    parts = {
        "definitions": '<definition class="compliance" id="oval:t:def:1" version="1"><metadata><title>t</title><description>d</description>'
                       '</metadata><criteria><criterion test_ref="oval:t:tst:1"/></criteria></definition>',
        "tests": f'<p:{kind}_test check="all" check_existence="{row.get("existence", "none_exist")}" comment="c" id="oval:t:tst:1" '
                 'version="1"><p:object object_ref="oval:t:obj:1"/>' + ('<p:state state_ref="oval:t:ste:1"/>' if state else "")
                 + f"</p:{kind}_test>",
        "objects": f'<p:{kind}_object id="oval:t:obj:1" version="1">' + "".join(entity(*e) for e in row["object"]) + f"</p:{kind}_object>",
    }
    if state:
        parts["states"] = f'<p:{kind}_state id="oval:t:ste:1" version="1">' + "".join(entity(*e) for e in state) + f"</p:{kind}_state>"
    with open(os.path.join(directory, "t-oval.xml"), "w", encoding="utf-8") as f:
        f.write(f'<oval_definitions xmlns="{imagelib.OVAL}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" '
                f'xmlns:p="{imagelib.OVAL}#{family}"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>'
                "2020-01-01T00:00:00</oval:timestamp></generator>"
                + "".join(f"<{k}>{v}</{k}>" for k, v in parts.items()) + "</oval_definitions>\n")
    path = os.path.join(directory, "t-xccdf.xml")
    with open(path, "w", encoding="utf-8") as f:
        f.write('<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_t_benchmark_t"><status>draft</status><version>1</version>'
                f'<Group id="xccdf_t_group_g"><title>g</title><Rule id="{RULE}" selected="true"><title>t</title><check system="{imagelib.OVAL}">'
                '<check-content-ref href="t-oval.xml" name="oval:t:def:1"/></check></Rule></Group></Benchmark>\n')
    return path


def marks(xccdf):
    """Ids of rules whose rule-result carries our mark, and all messages by id."""
    with open(xccdf, encoding="utf-8") as f:
        results = re.findall(r'<rule-result idref="([^"]+)".*?</rule-result>', f.read(), re.S)
    with open(xccdf, encoding="utf-8") as f:
        bodies = re.findall(r'<rule-result idref="[^"]+"(.*?)</rule-result>', f.read(), re.S)
    return {i for i, b in zip(results, bodies) if re.search(r"<metadata>\s*<\w*:?vacuous", b)}


def run_row(tap, row, work):
    root, out = os.path.join(work, "root"), os.path.join(work, "out.xml")
    scaplib.sh("rm -rf $R; mkdir -p $R/proc", R=root)
    if row["sh"]:
        scaplib.sh(row["sh"], R=root)
    path = content(row, work)
    rule = scaplib.stigwatch(root, path, None, work, xccdf=out)["rules"][0]
    theirs = scaplib.oscap(root, path, None, work)[RULE]
    vacuous = row["says"] is not None
    good = rule["result"] == "pass" and theirs == row.get("oscap", "pass") and rule["vacuous"] == vacuous \
        and (marks(out) == {RULE}) == vacuous \
        and (not vacuous or "rests on nothing" in rule["message"] and row["says"] in rule["message"])
    tap.ok(good, row["name"], f"{rule['result']} {rule['vacuous']} {rule['message']}; oscap {theirs}; marks {marks(out)}")


def run_vendor(tap, rows, work):
    """Of the real content: how many passes become vacuous, and none of them on the whole root but what its own passes say."""
    base, archive = os.path.join(work, "base"), os.path.join(work, "a.tar")
    scaplib.sh("bash $M $B", M=scaplib.MKWOLFI, B=base)
    before = {r["id"] for r in scaplib.stigwatch(base, scaplib.VENDOR, [], work)["rules"] if r["vacuous"]}
    for row in rows:
        root = os.path.join(work, "vendor")
        scaplib.sh("rm -rf $R; cp -a $B $R", R=root, B=base)
        scaplib.sh(row["sh"], R=root)
        result = scaplib.stigwatch(root, scaplib.VENDOR, [], work)
        vacuous = {r["id"] for r in result["rules"] if r["vacuous"]}
        good = len(vacuous - before) == row["more"] and all(r["result"] == "pass" for r in result["rules"] if r["vacuous"])
        tap.ok(good, f"vendor content: {row['name']}: {row['more']} passes rest on nothing", f"{len(vacuous - before)}: {sorted(vacuous - before)[:5]}")
        imagelib.docker_archive(archive, [imagelib.layer_of(root)])
        s = imagelib.scan("docker-archive:" + archive, scaplib.VENDOR, work, baseline=False)
        tap.ok({r["id"] for r in s.result["rules"] if r["vacuous"]} >= vacuous - before, f"vendor content: {row['name']}: the same in an archive")


def main():
    tap = scaplib.Tap()
    reason = scaplib.missing()
    with open(os.path.join(scaplib.REPO, "tests", "cases", "vacuous.json"), encoding="utf-8") as f:
        cases = json.load(f)
    with scaplib.Workdir() as work:
        for row in cases["rows"]:
            if reason:
                tap.skip(row["name"], reason)
            else:
                run_row(tap, row, work)
        if reason or not (os.path.exists(scaplib.MKWOLFI) and os.path.exists(scaplib.VENDOR)):
            tap.skip("vendor content", reason or f"it is not in {scaplib.SHARED}: NOT TESTED")
        else:
            run_vendor(tap, cases["vendor"], work)
    tap.done()


if __name__ == "__main__":
    main()
