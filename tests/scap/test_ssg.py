#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On Debian 11 roots every verdict of the SSG Debian 11 data stream, all rules, equals oscap's.

The roots are made once by debootstrap and kept in BUILD/ssg-root; a root that could not be made is not tried again for a day.
oscap executes the root's dpkg (chroot), so it reads a root that only this test uses.
"""
import os
import shutil
import subprocess
import time

import scaplib

CONTENT = "/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml"
RULES = 355
CACHE = os.path.join(os.path.abspath(os.environ.get("BUILD") or os.path.join(scaplib.REPO, "build")), "ssg-root")
FULL = "openssh-server,auditd,chrony,sudo,rsyslog"
RETRY = 24 * 3600
LIMIT = 170

# Changes to a copy of the full root, one on top of the other.
VARIANTS = {
    "hardened sshd": r"""
        printf 'PermitRootLogin no\nPermitEmptyPasswords no\nX11Forwarding no\nMaxAuthTries 3\nClientAliveInterval 300\n' >$R/etc/ssh/sshd_config
        chmod 600 $R/etc/ssh/sshd_config
    """,
    "accounts": r"""
        echo 'eve:$6$x$y:1001:1001::/home/eve:/bin/sh' >>$R/etc/passwd
        echo 'bad line' >>$R/etc/passwd
        mkdir -p $R/home/eve && chmod 777 $R/home/eve
        sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 60/' $R/etc/login.defs
    """,
    "package states": r"""
        sed -i '/^Package: sudo$/,/^$/s/^Status: .*/Status: deinstall ok config-files/' $R/var/lib/dpkg/status
        sed -i '/^Package: chrony$/,/^$/s/^Status: .*/Status: install ok half-configured/' $R/var/lib/dpkg/status
        printf 'Package: telnetd\nStatus: install ok unpacked\nArchitecture: all\nVersion: 0.17-42\n\n' >>$R/var/lib/dpkg/status
    """,
    "mounts": r"""
        mkdir -p $R/proc $R/dev/shm $R/tmp $R/home
        printf 'tmpfs /dev/shm tmpfs rw,nosuid 0 0\n/dev/sda2 /tmp ext4 rw,nodev 0 0\n/dev/sda3 /gone ext4 rw 0 0\n' >$R/proc/mounts
    """,
}


def make_root(name, include):
    """The path of a root, or why there is none."""
    root, failed = os.path.join(CACHE, name), os.path.join(CACHE, name + ".failed")
    if os.path.exists(os.path.join(root, ".complete")):
        return root, None
    if os.path.exists(failed) and time.time() - os.path.getmtime(failed) < RETRY:
        with open(failed, encoding="utf-8") as f:
            return None, f.read().strip()
    os.makedirs(CACHE, exist_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    args = ["debootstrap", "--variant=minbase", *([f"--include={include}"] if include else []), "bullseye", root]
    try:
        p = subprocess.run(args, capture_output=True, text=True, errors="replace", timeout=LIMIT)
        reason = None if p.returncode == 0 else f"debootstrap of bullseye: {(p.stdout.strip().splitlines() or ['failed'])[-1]}"
    except subprocess.TimeoutExpired:
        reason = f"debootstrap of bullseye took more than {LIMIT} s"
    if reason:
        shutil.rmtree(root, ignore_errors=True)
        with open(failed, "w", encoding="utf-8") as f:
            f.write(reason)
        return None, reason
    scaplib.sh("rm -f $R/var/cache/apt/archives/*.deb; touch $R/.complete", R=root)
    return root, None


def compare(tap, name, root, work):
    want = scaplib.oscap(root, CONTENT, None, work, profile="(all)")
    got = scaplib.verdicts(scaplib.stigwatch(root, CONTENT, None, work, profile="(all)"))
    diff = scaplib.differences(want, got)
    if len(want) != RULES:
        diff.append(f"oscap gave {len(want)} verdicts, not {RULES}")
    tap.ok(not diff, f"{name}: {RULES} verdicts equal oscap's", "\n".join(diff))
    return want


def missing():
    if scaplib.missing():
        return scaplib.missing()
    if not os.path.exists(CONTENT):
        return "package ssg-debian is not installed: PARITY ON SSG CONTENT WAS NOT TESTED"
    if not shutil.which("debootstrap"):
        return "debootstrap is not installed: PARITY ON SSG CONTENT WAS NOT TESTED"
    return None


def run_variants(tap, full, base, work):
    root = os.path.join(work, "root")
    scaplib.sh("cp -a --reflink=auto $B $R", R=root, B=full)
    for name, script in VARIANTS.items():
        scaplib.sh(script, R=root)
        got = compare(tap, f"full root, {name}", root, work)
        tap.ok(got != base, f"full root, {name}: verdicts change")
        base = got


def main():
    tap = scaplib.Tap()
    reason = missing()
    with scaplib.Workdir() as work:
        for name, include in {"minbase": None, "full": FULL}.items():
            root, why = (None, reason) if reason else make_root(name, include)
            if not root:
                tap.skip(f"{name} root", why)
                continue
            base = compare(tap, f"{name} root", root, work)
            if name == "full":
                run_variants(tap, root, base, work)
    tap.done()


if __name__ == "__main__":
    main()
