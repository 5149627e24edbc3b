#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each command line of tests/cases/oscap_cli.json gives with `stigwatch oscap` what it gives with oscap: the exit code,
the verdicts of --results, the lines of --progress or all of standard output."""
import difflib
import json
import os
import shutil
import subprocess

import ovallib
import scaplib

TABLE = os.path.join(scaplib.REPO, "tests", "cases", "oscap_cli.json")
PLACES = {"OSCAP_PROBE_ROOT", "OSCAP_CONTAINER_VARS", "OSCAP_EVALUATION_TARGET", "OSCAP_PROBE_IGNORE_PATHS", "OSCAP_SCHEMA_PATH"}


class Run:
    """What one program did with one row."""

    def __init__(self, program, row, places, cwd):
        os.makedirs(cwd)
        results = os.path.join(cwd, "results.xml")
        args = [a.format(**places) for a in row["args"]]
        if row.get("verdicts") is True:  # else the row names results.xml itself
            args[2:2] = ["--results", results]
        env = {k: v for k, v in os.environ.items() if k not in PLACES}
        env.update({"SEXP_VALIDATE_DISABLE": "1", "OSCAP_PROBE_ROOT": places["ROOT"]})
        env.update({k: v.format(**places) for k, v in row.get("env", {}).items()})
        p = subprocess.run(program + args, env=env, cwd=cwd, capture_output=True, text=True, errors="replace", timeout=120)
        self.exit, self.out, self.err = p.returncode, p.stdout, p.stderr
        self.verdicts = scaplib.xccdf_verdicts(results) if os.path.exists(results) else {}
        self.each = scaplib.xccdf_rule_results(results) if os.path.exists(results) else []
        self.documents = {name: os.path.join(cwd, name) for name in os.listdir(cwd) if name.endswith(".xml")}
        self.files = sorted(os.path.relpath(os.path.join(d, f), cwd) for d, _, names in os.walk(cwd) for f in names)


def compare_oval(name, want, got):
    """OVAL results: ours valid, and each definition, test and object as oscap's."""
    problem = ovallib.validates(got.documents[name]) if name in got.documents else f"no {name}"
    if problem or name not in want.documents:
        return [problem or f"oscap wrote no {name}"]
    return ovallib.differences(ovallib.load(want.documents[name]), ovallib.load(got.documents[name]))


def compare(row, want, got):
    """What differs, as lines; a row that is meant to differ says what ours gives."""
    diff = []
    want_exit = row.get("exit", want.exit)
    if got.exit != want_exit:
        diff.append(f"exit {got.exit}, expected {want_exit}: {got.err[:300]}")
    if "exit" in row and row["exit"] == want.exit:
        diff.append(f"oscap ends with {want.exit}, too: the row need not say exit")
    if row.get("verdicts") and "exit" not in row:
        expected = {**want.verdicts, **row.get("ours", {})}
        diff += scaplib.differences(expected, got.verdicts)
        if not want.verdicts and want.exit in (0, 2):
            diff.append("oscap gave no verdicts")
        stale = [rule for rule, verdict in row.get("ours", {}).items() if want.verdicts.get(rule) == verdict]
        diff += [f"{rule}: oscap says so, too" for rule in stale]
    if row.get("verdicts") == "each" and want.each != got.each:
        diff += difflib.unified_diff([str(e) for e in want.each], [str(e) for e in got.each], "oscap", "stigwatch", lineterm="", n=0)
    if row.get("oval"):
        diff += compare_oval(row["oval"], want, got)
    if row.get("files") and want.files != got.files:
        diff.append(f"files: oscap {want.files}, stigwatch {got.files}")
    if row.get("stdout") and want.out != got.out:
        diff += difflib.unified_diff(want.out.splitlines(), got.out.splitlines(), "oscap", "stigwatch", lineterm="", n=1)
    if row.get("says") and row["says"] not in got.err:
        diff.append(f"standard error lacks {row['says']!r}: {got.err[:300]}")
    return diff


def run_row(tap, row, places, work):
    name = " ".join(row["args"]) or "(nothing)"
    if row.get("env"):
        name = " ".join(f"{k}={v}" for k, v in row["env"].items()).replace("\n", " ") + " " + name
    if row.get("differs"):
        name += f" (differs: {row['differs']})"
    try:
        want = Run(["oscap"], row, places, os.path.join(work, "oscap"))
        got = Run([scaplib.STIGWATCH, "oscap"], row, places, os.path.join(work, "stigwatch"))
        diff = compare(row, want, got)
    except (OSError, subprocess.TimeoutExpired, UnicodeError) as e:
        diff = [str(e)]
    if ("exit" in row or "ours" in row) and not row.get("differs"):
        diff.append("the row differs and gives no reason")
    tap.ok(not diff, name, "\n".join(diff))
    for program in ("oscap", "stigwatch"):
        shutil.rmtree(os.path.join(work, program), ignore_errors=True)


def run_names(tap, work, places):
    """Installed under oscap's name the program is oscap; the container forms ask for a container."""
    content = os.path.join(places["REPO"], "tests", "fixtures", "mini-ds.xml")
    link = os.path.join(work, "bin", "oscap")
    os.makedirs(os.path.dirname(link))
    env = {**os.environ, "OSCAP_PROBE_ROOT": places["ROOT"]}
    for name in ("oscap", "oscap-docker", "oscap-podman"):
        os.symlink(os.path.abspath(scaplib.STIGWATCH), os.path.join(work, "bin", name))
    p = subprocess.run([link, "xccdf", "eval", "--progress", content], env=env, capture_output=True, text=True)
    tap.ok(p.returncode == 2 and "mini-absent:fail" in p.stdout, "a link named oscap is oscap", p.stdout + p.stderr)
    for tool in ("docker", "podman"):
        ours, linked = [scaplib.STIGWATCH, f"oscap-{tool}"], [os.path.join(work, "bin", f"oscap-{tool}")]
        for program in (ours, linked):
            shown = os.path.basename(program[0]) + " " + " ".join(program[1:])
            p = subprocess.run(program + ["image", "no.such/image:1", "xccdf", "eval", content], env=env, capture_output=True, text=True)
            tap.ok(p.returncode == 1 and not p.stdout and p.stderr.count("\n") == 1, f"{shown} image of none: 1 and one line", p.stderr)
            p = subprocess.run(program + ["volume", "x", "xccdf", "eval", content], env=env, capture_output=True, text=True)
            bare = tool == "podman"  # its script takes a name without a kind: there is no such container or image
            tap.ok(p.returncode == (101 if bare else 100), f"{shown} volume: 100, or podman's name and no module: 101", p.stderr)
            p = subprocess.run(program + ["image"], capture_output=True, text=True)
            tap.ok(p.returncode == 100 and "usage" in p.stderr, f"{shown} image: 100 and how", p.stderr)
            p = subprocess.run(program + ["--help"], capture_output=True, text=True)
            tap.ok(p.returncode == 0 and "image|container" in p.stdout, f"{shown} --help", p.stderr)
    p = subprocess.run([os.path.join(work, "bin", "oscap-podman"), "no-such", "xccdf", "eval", content], env=env, capture_output=True, text=True)
    tap.ok(p.returncode == 1 and p.stderr.count("\n") == 1, "oscap-podman NAME: neither a container nor an image: 1 and one line", p.stderr)


def run_image(tap, work, places):
    """oscap-docker on an image gives what oscap gives on the image's files; whatever oscap can do with a target, it can do there."""
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True).returncode:
        tap.skip("oscap-docker image", "REQUIRED: docker: no daemon answers")
        return
    name = f"sw-cli:{os.getpid()}"
    scaplib.sh("tar -C $R -c . | docker import - $N", R=places["ROOT"], N=name)
    oval = os.path.join(places["F"], "features-oval.xml")
    env = {**os.environ, "OSCAP_PROBE_ROOT": places["ROOT"], "OSCAP_CONTAINER_VARS": ""}
    bare = {k: v for k, v in os.environ.items() if k not in PLACES}
    try:
        for args in (["xccdf", "eval", "--progress", places["DS"]], ["oval", "eval", oval], ["oval", "collect", oval], ["info", oval]):
            want = subprocess.run(["oscap", *args], env=env, capture_output=True, text=True)
            for script in (["image", name], ["--oscap=/usr/bin/oscap", "image", name]):
                got = subprocess.run([scaplib.STIGWATCH, "oscap-docker", *script, *args], env=bare, capture_output=True, text=True)
                shown = " ".join([*script[:-1], "IMAGE", *args[:2]])
                tap.ok(got.returncode == want.returncode and got.stdout == want.stdout != "", f"oscap-docker {shown}: as oscap", got.stdout + got.stderr)
    finally:
        subprocess.run(["docker", "rmi", "-f", name], capture_output=True)


def run_ignored(tap, work, places):
    """OSCAP_PROBE_IGNORE_PATHS, which oscap has from 1.3.8 on: files below are passed over, and the result says so."""
    content, results = os.path.join(places["F"], "mini-xccdf.xml"), os.path.join(work, "ignored.xml")
    for paths, verdict in (("/var:/etc/presently", "pass"), ("/etc/present", "fail"), ("/etc", "fail"), ("/nothing:/etc/", "fail")):
        env = {**os.environ, "OSCAP_PROBE_ROOT": os.path.join(places["W"], "present"), "OSCAP_PROBE_IGNORE_PATHS": paths}
        p = subprocess.run([scaplib.STIGWATCH, "oscap", "xccdf", "eval", "--results", results, "--rule", "xccdf_test.mini_rule_pass", content],
                           env=env, capture_output=True, text=True)
        with open(results, encoding="utf-8") as f:
            text = f.read()
        told = all(f'ignored.path" type="string">{path.rstrip("/")}<' in text for path in paths.split(":"))
        got = scaplib.xccdf_verdicts(results).get("xccdf_test.mini_rule_pass")
        tap.ok(got == verdict and told, f"OSCAP_PROBE_IGNORE_PATHS={paths}: {verdict}, and the result tells of it", f"{got} {p.stderr}")


def run_resolved(tap, work, places):
    """A resolved benchmark is valid, extends nothing and gives the verdicts of the one it was made of."""
    content = os.path.join(work, "resolving")
    shutil.copytree(places["F"], content)
    source, resolved = os.path.join(content, "features-xccdf.xml"), os.path.join(content, "resolved.xml")
    env = {**os.environ, "OSCAP_PROBE_ROOT": places["ROOT"]}
    p = subprocess.run([scaplib.STIGWATCH, "oscap", "xccdf", "resolve", "-o", resolved, source], capture_output=True, text=True)
    tap.ok(p.returncode == 0, "xccdf resolve", p.stderr)
    p = subprocess.run(["xmllint", "--noout", "--schema", scaplib.XSD, resolved], capture_output=True, text=True)
    with open(resolved, encoding="utf-8") as f:
        tap.ok(p.returncode == 0 and " extends=" not in f.read(), "xccdf resolve: valid, and nothing extends anything", p.stderr)
    for profile in ("parent", "child", "of-abstract", "missing"):
        got = [subprocess.run([scaplib.STIGWATCH, "oscap", "xccdf", "eval", "--progress", "--profile", f"xccdf_test.mini_profile_{profile}", path],
                              env=env, capture_output=True, text=True).stdout for path in (source, resolved)]
        tap.ok(got[0] == got[1] and got[0].count(":") > 10, f"xccdf resolve: the verdicts of profile {profile} stay", got[1])


def make_root(root):
    os.makedirs(os.path.join(root, "etc"))
    scaplib.sh(r"""
        mkdir -p $R/etc/apk $R/usr/bin $R/tmp
        echo 'https://packages.wolfi.dev/os' >$R/etc/apk/repositories
        echo alpha >$R/etc/word
        printf 'NAME=Test\nID=test\n' >$R/etc/os-release
        echo 'root:x:0:0:root:/root:/bin/sh' >$R/etc/passwd
    """, R=root)


def make_documents(places):
    """Results of oscap's own, and documents that the schemas refuse."""
    env = {**os.environ, "OSCAP_PROBE_ROOT": places["ROOT"], "SEXP_VALIDATE_DISABLE": "1"}
    subprocess.run(["oscap", "xccdf", "eval", "--results-arf", os.path.join(places["W"], "arf.xml"), places["DS"]], env=env, capture_output=True)
    subprocess.run(["oscap", "oval", "eval", "--results", os.path.join(places["W"], "oval-results.xml"), os.path.join(places["F"], "mini-oval.xml")],
                   env=env, capture_output=True)
    for name, source, old, new in (("oval", "{F}/mini-oval.xml", 'check="all"', 'check="bogus"'), ("ds", "{DS}", "<ds:checks>", "<ds:bogus/><ds:checks>"),
                                   ("xccdf", "{F}/mini-xccdf.xml", "<status", "<bogus/><status")):
        with open(source.format(**places), encoding="utf-8") as f:
            text = f.read()
        with open(os.path.join(places["W"], f"invalid-{name}.xml"), "w", encoding="utf-8") as f:
            f.write(text.replace(old, new, 1))


def main():
    tap = scaplib.Tap()
    reason = scaplib.missing()
    if reason:
        tap.skip("oscap's command line", reason if shutil.which("oscap") else f"REQUIRED: oscap ({reason})")
        tap.done()
    with open(TABLE, encoding="utf-8") as f:
        rows = json.load(f)["rows"]
    shared = os.path.exists(scaplib.MKWOLFI) and os.path.exists(scaplib.VENDOR)
    with scaplib.Workdir() as work:
        places = {"F": scaplib.FIXTURES, "REPO": scaplib.REPO, "DS": os.path.join(scaplib.REPO, "tests/fixtures/mini-ds.xml"),
                  "ROOT": os.path.join(work, "root"), "W": work, "VENDOR": scaplib.VENDOR, "WOLFI": os.path.join(work, "wolfi")}
        make_root(places["ROOT"])
        scaplib.sh("cp -a $R $W/present; echo >$W/present/etc/present", R=places["ROOT"], W=work)
        with open(os.path.join(work, "bad.xml"), "w", encoding="utf-8") as f:
            f.write("<x")
        with open(os.path.join(work, "unknown.xml"), "w", encoding="utf-8") as f:
            f.write("<x/>")
        make_documents(places)
        if shared:
            scaplib.sh("bash $M $B", M=scaplib.MKWOLFI, B=places["WOLFI"])
        for row in rows:
            if row.get("vendor") and not shared:
                tap.skip(" ".join(row["args"]), f"vendor content is not in {scaplib.SHARED}: NOT TESTED")
                continue
            run_row(tap, row, places, work)
        run_names(tap, work, places)
        run_image(tap, work, places)
        run_ignored(tap, work, places)
        run_resolved(tap, work, places)
    tap.done()


if __name__ == "__main__":
    main()
