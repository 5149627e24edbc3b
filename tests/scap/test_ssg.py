#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On Debian 11 roots every verdict of the SSG Debian 11 data stream, all rules, equals oscap's.

The roots are made once by debootstrap and kept in BUILD/ssg-root; one that could not be made is not tried again for a day.
"""
import fcntl
import os
import shutil
import subprocess
import time

import scaplib

CONTENT = "/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml"
RULES = 355
CACHE = os.path.join(os.path.abspath(os.environ.get("BUILD") or os.path.join(scaplib.REPO, "build")), "ssg-root")
ROOTS = {"minbase": None, "full": "openssh-server,auditd,chrony,sudo,rsyslog"}
RETRY = 24 * 3600
LIMIT = 170

# Changes to the full root, one on top of the other.
VARIANTS = {
    "hardened sshd": r"""
        printf 'PermitRootLogin no\nPermitEmptyPasswords no\nX11Forwarding no\nMaxAuthTries 3\nClientAliveInterval 300\n' >$R/etc/ssh/sshd_config
        chmod 600 $R/etc/ssh/sshd_config
    """,
    "accounts": r"""
        echo 'eve:$6$x$y:1001:1001::/srv/eve:/bin/sh' >>$R/etc/passwd
        echo 'bad line' >>$R/etc/passwd
        mkdir -p $R/srv/eve && chmod 777 $R/srv/eve
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


def debootstrap(root, include):
    """Why it did not work, or None."""
    args = ["debootstrap", "--variant=minbase", *([f"--include={include}"] if include else []), "bullseye", root]
    try:
        p = subprocess.run(args, capture_output=True, text=True, errors="replace", timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return f"debootstrap of bullseye took more than {LIMIT} s"
    if p.returncode:
        return f"debootstrap of bullseye: {(p.stdout.strip().splitlines() or ['failed'])[-1]}"
    return None


def unpack(name, include, root):
    """Makes the root, from the cache if it is there. Why it did not work, or None. Another suite may be at the same root."""
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, name + ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return unpack_alone(name, include, root)


def unpack_alone(name, include, root):
    tar, failed = os.path.join(CACHE, name + ".tar"), os.path.join(CACHE, name + ".failed")
    if os.path.exists(tar):
        scaplib.sh("mkdir $R; tar --numeric-owner -C $R -xf $T", R=root, T=tar)
        return None
    if os.path.exists(failed) and time.time() - os.path.getmtime(failed) < RETRY:
        with open(failed, encoding="utf-8") as f:
            return f.read().strip()
    reason = debootstrap(root, include)
    if reason:
        with open(failed, "w", encoding="utf-8") as f:
            f.write(reason)
        return reason
    scaplib.sh("rm -f $R/var/cache/apt/archives/*.deb $R/var/cache/apt/*.bin $R/var/lib/apt/lists/*_*", R=root)
    scaplib.sh("tar --numeric-owner -C $R -cf $T.tmp .; mv $T.tmp $T", R=root, T=tar)
    return None


def compare(tap, name, root, work):
    want = scaplib.oscap(root, CONTENT, None, work, profile="(all)")
    scaplib.sh("find $R -maxdepth 1 -type f -name '.??????' -delete", R=root)  # oscap's libapt leaves 30 MiB each time
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


def run_root(tap, name, root, work):
    base = compare(tap, f"{name} root", root, work)
    for variant, script in VARIANTS.items() if name == "full" else ():
        scaplib.sh(script, R=root)
        got = compare(tap, f"{name} root, {variant}", root, work)
        tap.ok(got != base, f"{name} root, {variant}: verdicts change")
        base = got


def main():
    tap = scaplib.Tap()
    reason = missing()
    with scaplib.Workdir() as work:
        for name, include in ROOTS.items():
            root = os.path.join(work, name)
            why = reason or unpack(name, include, root)
            if why:
                tap.skip(f"{name} root", why)
                continue
            run_root(tap, name, root, work)
            shutil.rmtree(root, ignore_errors=True)
    tap.done()


if __name__ == "__main__":
    main()
