# SPDX-License-Identifier: Apache-2.0
"""Databases of rpm in its three formats, made from packages that are built here."""
import contextlib
import os
import shutil
import sqlite3
import struct
import subprocess

import scaplib

TOOLS = ("rpm", "rpmbuild", "rpmsign", "gpg", "db5.3_load")
FILLERS = 400
FILES = 3000

SPEC = """
Name: alpha
Epoch: 2
Version: 1.4
Release: 3.el9
Summary: s
License: x
BuildArch: noarch
%description
d
%package -n many
Summary: many files
%description -n many
d
%install
mkdir -p %{buildroot}/usr/share/alpha %{buildroot}/usr/share/many %{buildroot}/etc
echo hi >%{buildroot}/usr/share/alpha/data
echo hi >%{buildroot}/etc/alpha.conf
for i in `seq FILES`; do : >%{buildroot}/usr/share/many/file-$i; done
%files
/usr/share/alpha
/etc/alpha.conf
%files -n many
/usr/share/many
"""


def small(name, version="1", release="1"):
    return f"Name: {name}\nVersion: {version}\nRelease: {release}\nSummary: s\nLicense: x\nBuildArch: noarch\n" \
           "%description\nd\n%files\n"


def fillers():
    return small("main") + "".join(f"%package -n filler-{i}\nSummary: s\n%description -n filler-{i}\n{'text ' * 40}\n"
                                   f"%files -n filler-{i}\n" for i in range(1, FILLERS + 1))


def specs():
    return {"alpha": SPEC.replace("FILES", str(FILES)), "beta": small("beta", "0.9~rc1"), "twin1": small("twin"),
            "twin2": small("twin", "2"), "signed": small("signed"), "newer": small("newer"), "fillers": fillers()}


def missing():
    """Why no database can be made here, or None."""
    absent = [t for t in TOOLS if not shutil.which(t)]
    return f"{', '.join(absent)} not installed" if absent else None


@contextlib.contextmanager
def oscap_home(work, place):
    """oscap's rpm looks for its database there, as the scanner of such a system would."""
    home, saved = os.path.join(work, "home"), os.environ.get("HOME")
    os.makedirs(home, exist_ok=True)
    with open(os.path.join(home, ".rpmmacros"), "w", encoding="utf-8") as f:
        f.write(f"%_dbpath {place}\n")
    os.environ["HOME"] = home
    try:
        yield
    finally:
        os.environ["HOME"] = saved or "/"


def build_specs(top, texts):
    for name, text in texts.items():
        spec = os.path.join(top, name + ".spec")
        with open(spec, "w", encoding="utf-8") as f:
            f.write(text)
        scaplib.sh('rpmbuild -bb --define "_topdir $T" --define "_build_name_fmt %%{NAME}-%%{VERSION}.rpm" '
                   '--define "_binary_payload w1.gzdio" $S >$T/log 2>&1 || { tail $T/log >&2; exit 1; }', T=top, S=spec)


def build_small(work, names, version="100"):
    """The directory of packages with these names, without files."""
    top = os.path.join(work, "rpmbuild-" + names[0])
    os.makedirs(top)
    build_specs(top, {name: small(name, version) for name in names})
    return top


def build(work):
    """The packages' directory and the id of the key that signed two of them."""
    top = os.path.join(work, "rpmbuild")
    os.makedirs(top)
    build_specs(top, specs())
    scaplib.sh(r"""
        mkdir -m 700 $T/gpg; export GNUPGHOME=$T/gpg
        gpg --batch --quiet --passphrase '' --quick-gen-key 'Test <test@example.org>' rsa2048 sign never
        gpg --batch --export --armor >$T/key
        rpmsign --addsign --rpmv3 --define '_gpg_name Test' --define '__gpg /usr/bin/gpg' $T/RPMS/signed-1.rpm
        rpmsign --addsign --define '_gpg_name Test' --define '__gpg /usr/bin/gpg' $T/RPMS/newer-1.rpm
        gpgconf --kill gpg-agent
    """, T=top)
    keys = subprocess.run(["gpg", "--batch", "--with-colons", "--list-keys"], env={**os.environ, "GNUPGHOME": top + "/gpg"},
                          capture_output=True, text=True, check=True).stdout
    return top, next(line.split(":")[4] for line in keys.splitlines() if line.startswith("pub:")).lower()


def install(root, place, top):
    """A database in rpm's own format of today below root."""
    scaplib.sh(r"""
        mkdir -p $R$P
        rpm --root $R --dbpath $P --initdb
        rpm --root $R --dbpath $P -i --justdb --nodeps --nosignature --ignorearch $T/RPMS/*.rpm
        [ ! -e $T/key ] || rpm --root $R --dbpath $P --import $T/key
        rm -f $R$P/.rpm.lock
    """, R=root, P=place, T=top)


def headers(database):
    """[(number, header)] of an SQLite database, which is closed with all in it."""
    with sqlite3.connect(database) as db:
        rows = db.execute("SELECT hnum, blob FROM Packages ORDER BY hnum").fetchall()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return rows


def log_only(database):
    """Leaves the last changes in the write-ahead log: package beta is gone only there."""
    with open(database, "rb") as f:
        before = f.read()
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    number = db.execute("SELECT hnum FROM Name WHERE key = 'beta'").fetchone()[0]
    db.execute("DELETE FROM Packages WHERE hnum = ?", (number,))
    db.execute("DELETE FROM Name WHERE hnum = ?", (number,))
    db.execute("UPDATE Name SET key = 'filler-401' WHERE key = 'filler-400'")
    db.commit()
    with open(database + "-wal", "rb") as f:
        log = f.read()
    with open(database, "rb") as f:
        assert before == f.read(), "the change went into the database itself"
    db.close()
    for path, data in ((database, before), (database + "-wal", log)):
        with open(path, "wb") as f:
            f.write(data)
    if os.path.exists(database + "-shm"):
        os.unlink(database + "-shm")


def bdb_load(path, pairs, args=()):
    lines = ["VERSION=3", "format=bytevalue", "type=hash", *args, "HEADER=END"]
    for key, value in pairs:
        lines += [" " + key.hex(), " " + value.hex()]
    subprocess.run(["db5.3_load", path], input="\n".join(lines + ["DATA=END", ""]).encode(), check=True)


def names_of(database):
    with sqlite3.connect(database) as db:
        rows = db.execute("SELECT key, hnum, idx FROM Name").fetchall()
    db.close()
    return rows


def bdb(rows, names, directory, args=()):
    """Packages and the index of names as rpm 4.11 has them: hash tables of Berkeley DB."""
    bdb_load(os.path.join(directory, "Packages"), [(struct.pack("=I", 0), struct.pack("=I", len(rows)))] +
             [(struct.pack("=I", number), header) for number, header in rows], args)
    index = {}
    for key, number, place in names:
        index[key] = index.get(key, b"") + struct.pack("=II", number, place)
    bdb_load(os.path.join(directory, "Name"), [(k.encode(), v) for k, v in index.items()], args)


def ndb(rows, path):
    """Packages.db: slots, then the packages in blocks of 16 bytes."""
    pages = (len(rows) + 2) * 16 // 4096 + 1
    slots, blobs, at = b"", b"", pages * 256
    for number, header in rows:
        blob = struct.pack("<4sIII", b"BlbS", number, 0, len(header)) + header
        blob += b"\0" * ((-len(blob) - 12) % 16) + struct.pack("<II4s", 0, len(header), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", number, at, len(blob) // 16)
        blobs += blob
        at += len(blob) // 16
    head = struct.pack("<4sIIII", b"RpmP", 0, 1, pages, len(rows) + 1).ljust(32, b"\0") + slots
    head += struct.pack("<4sIII", b"Slot", 0, 0, 0) * ((pages * 4096 - len(head)) // 16)
    with open(path, "wb") as f:
        f.write(head + blobs)
