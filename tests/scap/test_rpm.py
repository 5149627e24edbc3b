#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rpminfo on databases of rpm, in all formats and places: every row of tests/cases/rpminfo.json gives oscap's verdict."""
import json
import os

import imagelib
import rpmlib
import scaplib

LINUX = "http://oval.mitre.org/XMLSchema/oval-definitions-5#linux"


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def entity(name, value, datatype="string", operation="equals", check="all"):
    return f'<l:{name} datatype="{datatype}" operation="{operation}" entity_check="{check}">{escape(value)}</l:{name}>'


def content(rows, directory):
    """One rule for each row."""
    parts = {"definitions": "", "tests": "", "objects": "", "states": ""}
    rules = ""
    for i, row in enumerate(rows, 1):
        files = '<l:behaviors filepaths="true"/>' if row.get("files") else ""
        state = f'<l:state state_ref="oval:t:ste:{i}"/>' if "state" in row else ""
        parts["definitions"] += (
            f'<definition class="compliance" id="oval:t:def:{i}" version="1"><metadata><title>t</title><description>d'
            f'</description></metadata><criteria><criterion test_ref="oval:t:tst:{i}"/></criteria></definition>\n')
        parts["tests"] += (
            f'<l:rpminfo_test check="{row.get("check", "all")}" check_existence="{row.get("existence", "at_least_one_exists")}" '
            f'comment="c" id="oval:t:tst:{i}" version="1"><l:object object_ref="oval:t:obj:{i}"/>{state}</l:rpminfo_test>\n')
        parts["objects"] += (f'<l:rpminfo_object id="oval:t:obj:{i}" version="1">{files}<l:name operation="'
                             f'{row.get("operation", "equals")}">{escape(row["name"])}</l:name></l:rpminfo_object>\n')
        if state:
            parts["states"] += (f'<l:rpminfo_state id="oval:t:ste:{i}" version="1">'
                                + "".join(entity(*e) for e in row["state"]) + "</l:rpminfo_state>\n")
        rules += (f'<Rule id="xccdf_t_rule_{i}" selected="true"><title>{i}</title><check system="{imagelib.OVAL}">'
                  f'<check-content-ref href="t-oval.xml" name="oval:t:def:{i}"/></check></Rule>\n')
    with open(os.path.join(directory, "t-oval.xml"), "w", encoding="utf-8") as f:
        f.write(f'<oval_definitions xmlns="{imagelib.OVAL}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" '
                f'xmlns:l="{LINUX}"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>'
                "2020-01-01T00:00:00</oval:timestamp></generator>"
                + "".join(f"<{k}>\n{v}</{k}>\n" for k, v in parts.items()) + "</oval_definitions>\n")
    path = os.path.join(directory, "t-xccdf.xml")
    with open(path, "w", encoding="utf-8") as f:
        f.write('<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_t_benchmark_t"><status>draft</status>'
                f'<version>1</version><Group id="xccdf_t_group_g"><title>g</title>{rules}</Group></Benchmark>\n')
    return path


def with_key(rows, key):
    return json.loads(json.dumps(rows).replace("KEYID", key))


def oscap(root, place, path, work):
    copy = os.path.join(work, "oscap-root")  # it makes files beside the database
    scaplib.sh("rm -rf $C; cp -a $R $C", R=root, C=copy)
    with rpmlib.oscap_home(work, place):
        return scaplib.oscap(copy, path, None, work)


def compare(rows, want, got):
    lines = []
    for i, row in enumerate(rows, 1):
        rule = f"xccdf_t_rule_{i}"
        if "ours" in row and (got[rule], want[rule]) == (row["ours"], row["oscap"]):
            continue
        if got[rule] != want[rule] or "ours" in row:
            lines.append(f"{json.dumps(row)}: oscap {want[rule]}, ours {got[rule]}")
    return lines


def make_roots(work, top):
    """name: (root, place of the database, whether oscap can read it)"""
    base = os.path.join(work, "sqlite")
    place = "/var/lib/rpm"
    rpmlib.install(base, place, top)
    database = base + place + "/rpmdb.sqlite"
    rows, names = rpmlib.headers(database), rpmlib.names_of(database)
    roots = {"sqlite": (base, place, True)}
    for name, args in (("bdb", ()), ("bdb, big-endian, small pages", ("db_lorder=4321", "db_pagesize=512"))):
        root = os.path.join(work, "bdb%d" % len(args))
        os.makedirs(root + place)
        rpmlib.bdb(rows, names, root + place, args)
        roots[name] = (root, place, True)
    root = os.path.join(work, "ndb")
    os.makedirs(root + "/usr/lib/sysimage/rpm")
    rpmlib.ndb(rows, root + "/usr/lib/sysimage/rpm/Packages.db")
    roots["ndb"] = (root, "/usr/lib/sysimage/rpm", False)
    root = os.path.join(work, "sysimage")
    scaplib.sh("mkdir -p $R/usr/lib/sysimage $R/var/lib; cp -a $B$P $R/usr/lib/sysimage/rpm; "
               "ln -s ../../usr/lib/sysimage/rpm $R$P", R=root, B=base, P=place)
    roots["sqlite behind a link"] = (root, "/usr/lib/sysimage/rpm", True)
    root = os.path.join(work, "log")
    scaplib.sh("mkdir -p $R/var/lib; cp -a $B$P $R$P", R=root, B=base, P=place)
    rpmlib.log_only(root + place + "/rpmdb.sqlite")
    roots["sqlite with a write-ahead log"] = (root, place, True)
    return roots


def run(tap, work):
    top, key = rpmlib.build(work)
    with open(os.path.join(scaplib.REPO, "tests", "cases", "rpminfo.json"), encoding="utf-8") as f:
        rows = with_key(json.load(f)["rows"], key)
    path = content(rows, work)
    roots = make_roots(work, top)
    wanted = {}
    for name, (root, place, readable) in roots.items():
        wanted[name] = oscap(root, place, path, work) if readable else wanted["sqlite"]
        got = scaplib.verdicts(scaplib.stigwatch(root, path, None, work))
        lines = compare(rows, wanted[name], got)
        tap.ok(not lines, f"{name}: {len(rows)} verdicts are oscap's" + ("" if readable else ", as of sqlite"), "\n".join(lines))
    tap.ok(wanted["sqlite"] != wanted["sqlite with a write-ahead log"], "the write-ahead log changes verdicts")
    archive = imagelib.docker_archive(os.path.join(work, "a.tar"), [imagelib.layer_of(roots["sqlite"][0])])
    got = image_verdicts(archive, path, work)
    lines = compare(rows, wanted["sqlite"], got)
    tap.ok(not lines, "sqlite in an archive: the same", "\n".join(lines))


def image_verdicts(archive, path, work):
    out = os.path.join(work, "archive.json")
    scaplib.sh("$S scan docker-archive:$A --content $C -o json=$O >/dev/null || [ $? -lt 4 -a -s $O ]",
               S=scaplib.STIGWATCH, A=archive, C=path, O=out)
    with open(out, encoding="utf-8") as f:
        return scaplib.verdicts(json.load(f))


def main():
    tap = scaplib.Tap()
    reason = scaplib.missing() or rpmlib.missing()
    if reason:
        tap.skip("databases of rpm", reason)
    else:
        with scaplib.Workdir() as work:
            run(tap, work)
    tap.done()


if __name__ == "__main__":
    main()
