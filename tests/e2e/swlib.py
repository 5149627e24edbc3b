# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: TAP, test images, containers, the monitor, results. It never judges a verdict."""
import atexit
import contextlib
import hashlib
import io
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import traceback
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared"
VENDOR_DS = SHARED / "data/ssg-chainguard-gpos-ds.xml"
MINI_DS = ROOT / "tests/fixtures/mini-ds.xml"
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
STIGWATCH = os.environ.get("STIGWATCH", str(BUILD / "stigwatch"))
XCCDF = "{http://checklists.nist.gov/xccdf/1.2}"
RULE_PREFIX = "xccdf_io.stigwatch_rule_"
RULES = ("no-shell", "no-package-manager", "immutable-files", "no-drift-exec", "no-new-namespaces", "no-entry",
         "no-mount", "no-privilege-gain", "no-injection", "no-kernel-change")
DEADLINE = int(os.environ.get("STIGWATCH_DEADLINE", "60"))  # seconds for any one thing to happen
BACK_END = os.environ.get("STIGWATCH_BACK_END", "auto")  # of every monitor


class Failed(AssertionError):
    """An expectation that was not met; its text is what the reader of the TAP sees."""


class Skip(Exception):
    """A capability is missing; "REQUIRED:" in the reason makes it a failure in CI."""


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(found, wanted, what):
    check(found == wanted, "%s: wanted %r, found %r" % (what, wanted, found))


# ---- TAP ----

class Tap:
    """Runs tests one by one and prints TAP; the plan comes last, so a crash leaves none."""

    def __init__(self):
        self.n = 0
        self.bad = 0

    def test(self, name, function, *args):
        self.n += 1
        try:
            function(*args)
        except Skip as skip:
            print("ok %d - %s # SKIP %s" % (self.n, name, skip))
        except Exception as error:  # pylint: disable=broad-except
            self.bad += 1
            print("not ok %d - %s" % (self.n, name))
            text = str(error) if isinstance(error, Failed) else traceback.format_exc()
            print("".join("# %s\n" % line for line in text.splitlines()), end="")
        else:
            print("ok %d - %s" % (self.n, name))
        sys.stdout.flush()

    def done(self):
        print("1..%d" % self.n)
        sys.exit(1 if self.bad else 0)


def skip_all(reason):
    print("1..0 # SKIP %s" % reason)
    sys.exit(0)


def need_program():
    if not os.access(STIGWATCH, os.X_OK):
        print("not ok 1 - the program is built\n# no executable %s\n1..1" % STIGWATCH)
        sys.exit(1)


def need_root_and_docker():
    """Ends the whole suite as skipped where it cannot run."""
    if os.environ.get("STIGWATCH_FAST"):
        skip_all("needs root, BPF and docker")
    if os.geteuid() != 0:
        skip_all("REQUIRED: root")
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        skip_all("REQUIRED: BTF of the running kernel")
    started = subprocess.run([str(HERE / "dockerd.sh"), str(BUILD)], stderr=subprocess.PIPE, text=True, check=False)
    if started.returncode:
        skip_all("REQUIRED: docker: %s" % started.stderr.strip().replace("\n", " "))


# ---- commands ----

def run(*argv, timeout=DEADLINE, **kw):
    """Runs a command to its end; returns the CompletedProcess, whatever the status."""
    return subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", timeout=timeout, check=False, **kw)


def must(*argv, status=(0,), **kw):
    done = run(*argv, **kw)
    check(done.returncode in status, "%s\nstatus %d, wanted %s\nstdout: %s\nstderr: %s" % (
        " ".join(str(a) for a in argv), done.returncode, status, done.stdout[-3000:], done.stderr[-3000:]))
    return done


def stigwatch(*argv, **kw):
    return run(STIGWATCH, *argv, **kw)


def scratch(prefix="sw-e2e-"):
    """A directory that is removed at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def wait_until(condition, what, seconds=DEADLINE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise Failed("waited %d s in vain for %s" % (seconds, what))


# ---- the image ----

def library_paths(program):
    """The files that a dynamic program of this host needs."""
    out = must("ldd", program).stdout
    return sorted(set(re.findall(r"(/\S+) \(0x", out)))


class ImageTar:
    """A tar of a root file system whose bytes depend on its content alone."""

    def __init__(self):
        self.entries = {}

    def folder(self, path, mode=0o755):
        self.entries.setdefault(path, ("d", mode, b""))

    def _parents(self, path):
        for parent in reversed(pathlib.PurePosixPath(path).parents):
            if str(parent) != "/":
                self.folder(str(parent))

    def file(self, path, data, mode=0o755):
        self._parents(path)
        self.entries[path] = ("f", mode, data)

    def link(self, path, target):
        self._parents(path)
        self.entries[path] = ("l", 0o777, target.encode())

    def bytes(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for path, (kind, mode, data) in sorted(self.entries.items()):
                info = tarfile.TarInfo(path.lstrip("/"))
                info.mode, info.mtime = mode, 1700000000
                info.type = {"d": tarfile.DIRTYPE, "f": tarfile.REGTYPE, "l": tarfile.SYMTYPE}[kind]
                if kind == "l":
                    info.linkname = data.decode()
                info.size = len(data) if kind == "f" else 0
                tar.addfile(info, io.BytesIO(data) if kind == "f" else None)
        return out.getvalue()


APPLETS = "cat echo httpd ls sh sleep timeout true wget".split()
APK_DB = b"""C:Q1synthetic0000000000000000000=
P:busybox
V:1.37.0-r46
A:x86_64
T:busybox package

"""


def service_tar():
    """A small image: busybox, a separate shell under three names, a package manager, a library, the actors."""
    tar = ImageTar()
    for folder in ("/dev", "/proc", "/sys", "/run", "/var/log", "/ctl", "/data"):
        tar._parents(folder + "/x")
    tar.folder("/tmp", 0o1777)
    tar.file("/bin/busybox", pathlib.Path("/bin/busybox").read_bytes())
    for applet in APPLETS:
        tar.link("/bin/" + applet, "busybox")
    dash = pathlib.Path("/bin/dash").read_bytes()
    tar.file("/bin/dash", dash)
    tar.file("/usr/sbin/nginx", dash)          # a renamed shell
    tar.link("/usr/bin/web", "../../bin/dash")  # a symlinked one
    for path in library_paths("/bin/dash"):
        tar.file(path, pathlib.Path(path).read_bytes())
        libdl = pathlib.Path(path).with_name("libdl.so.2")
        if libdl.exists():
            tar.file("/usr/lib/libservice.so.1", libdl.read_bytes())
    actors = BUILD / "actors"
    for actor in sorted(p for p in actors.iterdir() if os.access(p, os.X_OK) and p.is_file()):
        tar.file("/actors/" + actor.name, actor.read_bytes())
    # the same program with one more byte, so that it is nobody's copy: the victim of changes
    tar.file("/usr/bin/tool", (actors / "noop").read_bytes() + b"\n")
    tar.file("/sbin/apk", (actors / "pkg").read_bytes() + b"\n")
    tar.file("/lib/apk/db/installed", APK_DB, 0o644)
    tar.file("/etc/apk/repositories", b"https://packages.example.dev/os\n", 0o644)
    tar.file("/srv/index.html", b"<p>a quiet service</p>\n", 0o644)
    tar.file("/srv/job", b"#!/bin/cat\n")
    tar.file("/etc/passwd", b"root:x:0:0:root:/root:/bin/false\n", 0o644)
    tar.file("/etc/group", b"root:x:0:\n", 0o644)
    tar.file("/etc/shadow", b"root:*::0:::::\n", 0o640)
    tar.file("/etc/os-release", b"ID=wolfi\nNAME=\"Wolfi\"\n", 0o644)
    return tar


def import_image(tar, changes=()):
    """docker import, once per content; returns the image's reference."""
    data = tar.bytes()
    digest = hashlib.sha256(data + "\0".join(changes).encode()).hexdigest()[:16]
    ref = "sw-e2e:" + digest
    if run("docker", "image", "inspect", ref).returncode == 0:
        return ref
    argv = ["docker", "import"]
    for change in changes:
        argv += ["--change", change]
    done = subprocess.run(argv + ["-", ref], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    check(done.returncode == 0, "docker import: %s" % done.stderr.decode("utf-8", "replace"))
    return ref


def service_image():
    return import_image(service_tar(), ("ENV PATH=/bin:/usr/bin", 'CMD ["/bin/sleep","600"]'))


# ---- containers ----

_containers = set()
_processes = set()


def _remove_leftovers():
    for process in list(_processes):
        with contextlib.suppress(OSError):
            process.kill()
    if _containers:
        run("docker", "rm", "-f", "-v", *sorted(_containers))
        _containers.clear()


atexit.register(_remove_leftovers)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def container_name(label):
    """A name of this test run alone."""
    return "sw-e2e-%d-%s" % (os.getpid(), re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-"))


def start_container(name, image, command=(), docker=()):
    """Starts in the background."""
    _containers.add(name)
    must("docker", "run", "-d", "--network", "none", "--name", name, *docker, image, *command)


def await_end(name, seconds=DEADLINE):
    """Waits for the container's own end: (exit status, output)."""
    done = must("docker", "wait", name, timeout=seconds)
    logs = run("docker", "logs", name)
    return int(done.stdout.strip()), logs.stdout + logs.stderr


def kill_container(name):
    run("docker", "kill", name)


def remove_container(name):
    run("docker", "rm", "-f", "-v", name)
    _containers.discard(name)


def cannot_be_done(output):
    """The actor's line about a deed that did not work, or None."""
    for line in output.splitlines():
        if '"deed":"failed"' in line:
            return line
    return None


# ---- scan, monitor, report ----

def content():
    """The data stream for tests that only need one."""
    return MINI_DS


def make_baseline(image, folder):
    path = pathlib.Path(folder) / "baseline.jsonl"
    if not path.exists():
        must(STIGWATCH, "scan", "docker:" + image, "--content", content(), "--sce=off", "--baseline", path,
             "-o", "json=" + str(pathlib.Path(folder) / "scan.json"), status=(0, 2))
        check(path.exists() and path.stat().st_size > 0, "scan --baseline left no baseline")
    return path


class Monitor:
    """A running "stigwatch monitor" (or run): its alerts and its messages, as they come."""

    def __init__(self, *argv, command="monitor"):
        self.argv = [STIGWATCH, command, "--backend", BACK_END] + [str(a) for a in argv]
        self.alerts = []
        self.messages = []
        self._lines = queue.Queue()
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="replace")
        _processes.add(self.process)
        self._readers = [threading.Thread(target=self._read_alerts, daemon=True),
                         threading.Thread(target=self._read_messages, daemon=True)]
        for reader in self._readers:
            reader.start()

    def _read_alerts(self):
        for line in self.process.stdout:
            try:
                self.alerts.append(json.loads(line))
            except ValueError:
                self.alerts.append({"not json": line})

    def _read_messages(self):
        for line in self.process.stderr:
            self.messages.append(line.rstrip("\n"))
            self._lines.put(line)
        self._lines.put(None)

    def await_ready(self, seconds=DEADLINE):
        end = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise Failed("no ready line in %d s; stderr: %s" % (seconds, self.messages)) from None
            if line is None:
                raise Failed("the monitor ended (status %s) before it was ready; stderr: %s" % (
                    self.process.wait(), "\n".join(self.messages)))
            if line.startswith("stigwatch: ready: "):
                return self

    def await_end(self, seconds=DEADLINE):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed("still running after %d s: %s" % (seconds, " ".join(self.argv))) from None
        for reader in self._readers:
            reader.join(seconds)
        _processes.discard(self.process)
        return status

    def stop(self, sig=signal.SIGTERM):
        with contextlib.suppress(OSError):
            self.process.send_signal(sig)
        return self.await_end()

    def alerts_of(self, container):
        """Rules (without prefix) that had an alert for this container."""
        rules = set()
        for alert in self.alerts:
            text = json.dumps(alert)
            if '"%s"' % container in text:
                rules.update(r for r in RULES if RULE_PREFIX + r in text)
        return rules


class Watch:
    """A container and the monitors of it, one after the other, over one evidence directory."""

    def __init__(self, label, image, folder, *options):
        self.name, self.image, self.folder = container_name(label), image, folder
        self.pins, self.evidence = pathlib.Path("/sys/fs/bpf") / self.name, folder / ("evidence-" + label)
        atexit.register(stigwatch, "detach", "--pin-dir", self.pins)
        self.argv = ["container:" + self.name, "--baseline", make_baseline(image, folder), "--evidence", self.evidence,
                     "--pin-dir", self.pins, *options]
        self.monitor = None

    def start(self, *options):
        self.monitor = Monitor(*self.argv, *options).await_ready()

    def stop(self):
        equal(self.monitor.stop(), 0, "end of the monitor (%s)" % self.monitor.messages[-3:])

    def run_container(self, *command):
        """Ends by a program that runs on until it is killed: the container's own end would not be awaited by an epoch."""
        start_container(self.name, self.image, ["/actors/run", *command, "--", "/bin/sleep", "600"])
        wait_until(lambda: self.bodies("watch"), "the watch record")

    def bodies(self, kind):
        return bodies(self.evidence, kind)

    def finish(self):
        """Kills the container, stops the monitor, and reports: the Result."""
        kill_container(self.name)
        self.stop()
        equal(stigwatch("verify", self.evidence).returncode, 0, "verify")
        result = report(self.evidence, self.folder, self.name)
        remove_container(self.name)
        return result


class Result:
    """An XCCDF result file as the standard defines it."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.root = ET.parse(self.path).getroot()
        results = self.root.findall(XCCDF + "TestResult")
        check(len(results) == 1, "%d TestResults in %s" % (len(results), path))
        self.test_result = results[0]
        self.verdicts, self.messages, self.overrides = {}, {}, {}
        for rule in self.test_result.findall(XCCDF + "rule-result"):
            rule_id = rule.get("idref")
            check(rule_id not in self.verdicts, "two rule-results for %s" % rule_id)
            self.verdicts[rule_id] = rule.findtext(XCCDF + "result")
            self.messages[rule_id] = "\n".join(m.text or "" for m in rule.findall(XCCDF + "message"))
            override = rule.find(XCCDF + "override")
            if override is not None:
                self.overrides[rule_id] = override

    def runtime(self):
        """Verdicts of the runtime rules, without prefix."""
        return {k[len(RULE_PREFIX):]: v for k, v in self.verdicts.items() if k.startswith(RULE_PREFIX)}

    def message(self, rule):
        return self.messages.get(RULE_PREFIX + rule, "")

    def facts(self):
        return {f.get("name"): f.text for f in self.test_result.iter(XCCDF + "fact")}


def exit_status_for(verdicts):
    """Design section 9."""
    values = set(verdicts.values())
    if "fail" in values:
        return 2
    return 3 if values & {"unknown", "error"} else 0


def report(evidence, folder, container=None, static=None, options=()):
    """Runs report; checks that its exit status fits its verdicts; returns the Result."""
    out = pathlib.Path(folder) / ("report-%s.xml" % (container or "all"))
    argv = ["report", "--evidence", evidence, "-o", "xccdf=" + str(out)]
    argv += ["--container", container] if container else []
    argv += ["--static", static] if static else []
    done = stigwatch(*argv, *options)
    check(done.returncode in (0, 2, 3), "report: status %d\n%s" % (done.returncode, done.stderr))
    result = Result(out)
    equal(done.returncode, exit_status_for(result.verdicts), "exit status of report for %s" % result.verdicts)
    return result


def evidence_records(folder):
    """Every record of an evidence directory, in file and line order."""
    records = []
    for path in sorted(p for p in pathlib.Path(folder).iterdir() if p.is_file()):
        with open(path, "rb") as lines:
            for line in lines:
                with contextlib.suppress(ValueError):
                    record = json.loads(line)
                    if isinstance(record, dict):
                        records.append(record)
    return records


def bodies(folder, kind):
    """Of the records of one type, in order."""
    return [r["body"] for r in evidence_records(folder) if r["type"] == kind]


def numbers_named(value, key):
    """Every number under a key, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == key and isinstance(item, int):
                yield item
            else:
                yield from numbers_named(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from numbers_named(item, key)
