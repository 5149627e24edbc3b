#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On every root of tests/cases/parity.json, all verdicts of the vendor's content equal oscap's; links that lead out of a
root are resolved inside it."""
import json
import os
import re

import scaplib

FIPS = r"""
echo '[fips_sect]' >$R/etc/ssl/fipsmodule.cnf
printf 'P:openssl-config-fipshardened\n\nP:openssl-provider-fips\n\n' >>$R/usr/lib/apk/db/installed
"""


def vendor_policy_lines():
    """The lines that the content's patterns for openssl.cnf and the SSH policies want, read from the patterns themselves."""
    with open(scaplib.VENDOR, encoding="utf-8") as f:
        text = f.read()
    lines = {}
    for path, pattern in re.findall(r"<independent:filepath>(/etc/ss[hl]/[^<]+)</.*?<independent:pattern[^>]*>([^<]+)<", text, re.S):
        plain = re.sub(r"\\s[*+]", " ", pattern.strip("^$")).replace("\\", "").strip()
        lines.setdefault(path, []).append(plain)
    return lines


def setup(name, root):
    if not name:
        return
    scaplib.sh(FIPS, R=root)
    for path, lines in vendor_policy_lines().items():
        if path.startswith("/etc/ssh/") and name != "fips-ssh":
            continue
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        with open(root + path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")


def documents():
    """Rule id to the short name of its check, from the content."""
    with open(scaplib.VENDOR, encoding="utf-8") as f:
        text = f.read()
    names = {}
    for rule in re.findall(r'<ns0:Rule id="([^"]+)"(.*?)</ns0:Rule>', text, re.S):
        m = re.search(r'check-content-ref href="(?:\./)?(\w+?)(?:Test|Check|Permissions?Test|ConfiguredTest)?\.\w+"', rule[1])
        if m:
            names[rule[0]] = m.group(1)
    return names


def flipped(clean, got, names):
    return sorted({names[i] for i in got if i in names and got[i] != clean.get(i)})


def run_case(tap, case, table, base, work, clean, names):
    root = os.path.join(work, "root")
    scaplib.sh("rm -rf $R; cp -a $B $R", R=root, B=base)
    setup(case.get("setup"), root)
    scaplib.sh(case["sh"], R=root)
    env = case.get("env", table["clean_env"])
    want = scaplib.oscap(root, scaplib.VENDOR, env, work)
    got = scaplib.verdicts(scaplib.stigwatch(root, scaplib.VENDOR, env, work))
    diff = scaplib.differences(want, got)
    if len(want) != 198:
        diff.append(f"oscap gave {len(want)} verdicts, not 198")
    tap.ok(not diff, f"{case['name']}: 198 verdicts equal oscap's", "\n".join(diff))
    if clean:
        flips = flipped(clean, want, names)
        tap.ok(flips == sorted(case["flips"]), f"{case['name']}: flips {', '.join(case['flips']) or 'nothing'}", f"flipped {flips}")
    return got


def run_escape(tap, case, table, base, work, results):
    root, host = os.path.join(work, "root"), os.path.join(work, "host")
    scaplib.sh("rm -rf $R $H; cp -a $B $R; mkdir -p $H", R=root, B=base, H=host)
    scaplib.sh(case["host"], H=host)
    scaplib.sh(case["sh"], R=root, H=host)
    result = scaplib.stigwatch(root, scaplib.VENDOR, table["clean_env"], work)
    diff = scaplib.differences(results[case["like"]], scaplib.verdicts(result))
    tap.ok(not diff, f"escape {case['name']}: verdicts as for {case['like']}", "\n".join(diff))


def main():
    tap = scaplib.Tap()
    reason = scaplib.missing()
    if not reason and not (os.path.exists(scaplib.MKWOLFI) and os.path.exists(scaplib.VENDOR)):
        reason = f"vendor content and mkwolfi.sh are not in {scaplib.SHARED}: PARITY ON REAL CONTENT WAS NOT TESTED"
    if reason:
        tap.skip("parity with oscap on the vendor's content", reason)
        tap.done()
    with open(os.path.join(scaplib.REPO, "tests", "cases", "parity.json"), encoding="utf-8") as f:
        table = json.load(f)
    names = documents()
    with scaplib.Workdir() as work:
        base = os.path.join(work, "base")
        scaplib.sh("bash $M $B", M=scaplib.MKWOLFI, B=base)
        clean, results = None, {}
        for case in table["cases"]:
            try:
                results[case["name"]] = run_case(tap, case, table, base, work, clean, names)
            except (RuntimeError, OSError) as e:
                tap.ok(False, f"{case['name']}: ran", e)
            clean = clean or results.get("clean")
        for case in table["escapes"]:
            try:
                run_escape(tap, case, table, base, work, results)
            except (KeyError, RuntimeError, OSError) as e:
                tap.ok(False, f"escape {case['name']}: ran", e)
    tap.done()


if __name__ == "__main__":
    main()
