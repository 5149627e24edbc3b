# SPDX-License-Identifier: Apache-2.0
"""The static rows of make bench: time, processor time and peak memory of stigwatch against another program on the same
input, in turns. Ratios are stigwatch's share; medians, and quartiles in brackets; the aim stands beside them."""
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/scap"))
ENV = "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"
ARCHIVE_BYTES = 400 << 20


def ratio_text(values):
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return "%.3f [%.3f-%.3f]" % (middle, low, high)


class Bench:
    def __init__(self, sw, folder, rounds):
        self.sw, self.folder, self.rounds = sw, folder, rounds

    def measure(self, argv, env=None):
        """What the kernel accounted for one run, through a parent that is small itself."""
        out = subprocess.run([self.sw.BUILD / "actors/measure", *map(str, argv)], stdout=subprocess.PIPE, check=True,
                             env=dict(os.environ, **(env or {}))).stdout
        found = json.loads(out)
        if found["status"] not in (0, 2):
            raise SystemExit("%s: exit status %d" % (" ".join(map(str, argv)), found["status"]))
        return found

    def row(self, title, ours, theirs, aims, rounds=None, after=None):
        """ours, theirs: functions that measure one run. aims: by "time" and "memory", a ratio or an amount."""
        print("scan: %s" % title)
        pairs = []
        for turn in range((rounds or self.rounds) + 1):
            pair = ours(), theirs()
            if after:
                after()
            if turn:  # the first fills the page cache for both
                pairs.append(pair)
        for name, key, unit, scale in (("time", "seconds", "s", 1), ("cpu", "cpu", "s", 1),
                                       ("memory", "peak_kib", "MiB", 1024)):
            mine, other = ([p[i][key] / scale for p in pairs] for i in (0, 1))
            aim = aims.get(name, aims["time"] if name == "cpu" else None)
            print("  %-7s %s%s   (%.3f %s against %.3f %s)" % (
                name, ratio_text([a / b for a, b in zip(mine, other)]), "  aim %s" % aim if aim else "",
                statistics.median(mine), unit, statistics.median(other), unit), flush=True)

    # ---- programs ----

    def ours(self, target, content, *more):
        return lambda: self.measure([self.sw.STIGWATCH, "scan", target, "--content", content, "-o",
                                     "xccdf=%s" % (self.folder / "ours.xml"), *more])

    def oscap(self, root, content, *more, vars_=None):
        env = {"OSCAP_PROBE_ROOT": str(root), "SEXP_VALIDATE_DISABLE": "1"}
        if vars_:
            env["OSCAP_CONTAINER_VARS"] = vars_
        return lambda: self.measure(["oscap", "xccdf", "eval", "--results", self.folder / "oscap.xml", *more, content], env)

    # ---- inputs ----

    def small_root(self, n_files):
        """The mini root of the tests, and so many small libraries."""
        root = self.folder / ("root%d" % n_files)
        script = self.sw.SHARED / "tools/mkwolfi.sh"
        if script.exists():
            self.sw.must("bash", script, root, n_files, timeout=600)
            return root
        (root / "etc/apk").mkdir(parents=True)
        (root / "etc/apk/repositories").write_text("https://packages.example.dev/os\n")
        for i in range(n_files):
            path = root / "usr/lib" / ("d%d" % (i // 200)) / ("f%d.so" % i)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return root

    def archive(self):
        """A docker-archive of one layer with files of many sizes."""
        import imagelib  # pylint: disable=import-outside-toplevel
        rnd = random.Random(1)
        layer, done, n = imagelib.Layer(), 0, 0
        while done < ARCHIVE_BYTES:
            data = rnd.randbytes(rnd.choice((500, 5000, 20000, 60000, 200000, 900000)))
            layer.file("usr/lib/d%d/f%d.so" % (n // 100, n), data, mode=0o755)
            done += len(data)
            n += 1
        return imagelib.docker_archive(self.folder / "archive.tar", [layer.bytes()])

    # ---- rows ----

    def chainguard(self, n_files, rounds, aims):
        sw = self.sw
        content = sw.VENDOR_DS if sw.VENDOR_DS.exists() else sw.MINI_DS
        root = self.small_root(n_files)
        count = sum(len(files) for _, _, files in os.walk(root))
        self.row("%s over %d files, against oscap" % (content.name, count),
                 self.ours("dir:%s" % root, content, "--env", ENV), self.oscap(root, content, vars_=ENV), aims, rounds)
        shutil.rmtree(root)

    def ssg(self):
        import scaplib  # pylint: disable=import-outside-toplevel
        import test_ssg  # pylint: disable=import-outside-toplevel
        root = self.folder / "ssg"
        why = test_ssg.missing() or test_ssg.unpack("full", test_ssg.ROOTS["full"], str(root))
        if why:
            print("scan: SSG content: not measured, %s" % why)
            return
        self.row("%s, all rules, on a Debian 11 root, against oscap" % os.path.basename(test_ssg.CONTENT),
                 self.ours("dir:%s" % root, test_ssg.CONTENT, "--profile", "(all)"),
                 self.oscap(root, test_ssg.CONTENT, "--profile", "(all)"), {"time": 0.2},
                 after=lambda: scaplib.sh("find $R -maxdepth 1 -type f -name '.??????' -delete", R=str(root)))
        shutil.rmtree(root)

    def digests(self):
        content = self.sw.VENDOR_DS if self.sw.VENDOR_DS.exists() else self.sw.MINI_DS
        path = self.archive()
        self.row("docker-archive of %d MiB with the baseline's digests, against sha256sum of it" % (os.path.getsize(path) >> 20),
                 self.ours("docker-archive:%s" % path, content, "--baseline", self.folder / "baseline"),
                 lambda: self.measure(["sha256sum", path]), {"time": 1})
        os.unlink(path)


def bench(sw, folder, args):
    b = Bench(sw, folder, args.rounds)
    rows = {
        "small": lambda: b.chainguard(0, 3 * args.rounds, {"time": 0.1, "memory": 0.25}),
        "big": lambda: b.chainguard(args.files, max(3, args.rounds // 2), {"time": 0.1, "memory": "64 MiB"}),
        "ssg": b.ssg,
        "archive": b.digests,
    }
    for name in args.rows or rows:
        if name != "archive" and not shutil.which("oscap"):
            print("scan: %s: not measured, oscap is not installed" % name)
        else:
            rows[name]()
