# SPDX-License-Identifier: Apache-2.0
"""The monitor's part of make bench: what watching costs, beside auditd, as ratios on/off of one run.

Loops: null (getppid), open (stat, open, close), write (open for write, 16 bytes, close), churn (create, write 4 KiB,
close, rename, unlink) and spawn (posix_spawn of a one-instruction program), inside a watched container and outside of
it. A round is off, stigwatch with every rule, off, stigwatch with the one rule that needs no hook on system calls, off, auditd,
off; a ratio is a slice with a rival against the mean of the off slices around it; the
control is one off slice against the other. Then, in a run of its own because counting costs, the kernel's own time per
run of each program. Last, ten watched containers, of which two open files for writing 1,400,000 times: data, which no rule looks
at, and in another run a program of the image, where each is a record.
"""
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import time

import loadlib as load

SLICE_NS = 40e6
SLICES = 5
LOOPS = (("null", "-"), ("open", "{file}"), ("write", "{tmp}/bench-write"), ("churn", "{tmp}/page"),
         ("spawn", "{actors}/tiny"))
FLOOD = 700000  # opens, by each of two containers
CONTAINERS = 10
# what a STIG asks of auditd on Debian: exec, and changes of names, modes, owners, and files opened for writing
AUDIT_RULES = """
-a always,exit -F arch=b64 -S execve,execveat
-a always,exit -F arch=b64 -S chmod,fchmod,fchmodat
-a always,exit -F arch=b64 -S chown,fchown,fchownat,lchown
-a always,exit -F arch=b64 -S setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr
-a always,exit -F arch=b64 -S open,openat,creat,truncate,ftruncate -F exit=-EACCES
-a always,exit -F arch=b64 -S open,openat,creat,truncate,ftruncate -F exit=-EPERM
-a always,exit -F arch=b64 -S unlink,unlinkat,rename,renameat,rmdir
-a always,exit -F arch=b64 -S mount,umount2
-a always,exit -F arch=b64 -S init_module,finit_module,delete_module
-w /etc/passwd -p wa
-w /etc/shadow -p wa
-w /etc/group -p wa
-w /etc/sudoers -p wa
-w /var/log/lastlog -p wa
"""


def ratio_text(values):
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return "%.2f [%.2f-%.2f]" % (middle, low, high)


class Looper:
    """A running bench actor that measures on demand."""

    def __init__(self, sw, argv, places):
        self.sw, self.places = sw, places
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.counts = {}
        for loop, arg in LOOPS:
            self.counts[loop] = 50
            self.counts[loop] = max(10, int(SLICE_NS / self._once(loop, arg)))

    def _once(self, loop, arg):
        """Nanoseconds per operation of one slice."""
        self.process.stdin.write("%s %d %s\n" % (loop, self.counts[loop], arg.format(**self.places)))
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        self.sw.check(line.startswith("{") and '"ns"' in line, "the bench actor said: %r" % line)
        return json.loads(line)["ns"]

    def measure(self):
        """{loop: median nanoseconds per operation}."""
        return {loop: statistics.median(self._once(loop, arg) for _ in range(SLICES)) for loop, arg in LOOPS}

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)


class Stigwatch:
    """The monitor on the benched container, with every rule or some, a baseline and evidence."""

    def __init__(self, sw, container, folder, image, name="stigwatch", options=()):
        self.sw, self.container, self.folder, self.image = sw, container, folder, image
        self.name, self.options = name, options
        self.turn = 0
        self.peak_kib, self.cpu, self.seconds = 0, 0.0, 0.0

    def start(self):
        self.turn += 1
        self.monitor = self.sw.Monitor(
            "container:" + self.container, "--baseline", self.sw.make_baseline(self.image, self.folder),
            "--evidence", self.folder / ("evidence-%s-%d" % (self.name, self.turn)), *self.options).await_ready()
        self.begin = (load.cpu_seconds(self.monitor), time.monotonic())

    def measure(self, loopers):
        return {where: looper.measure() for where, looper in loopers.items()}

    def stop(self):
        self.cpu += load.cpu_seconds(self.monitor) - self.begin[0]
        self.seconds += time.monotonic() - self.begin[1]
        self.peak_kib = max(self.peak_kib, load.rss_kib(self.monitor))
        self.monitor.stop()

    def account(self):
        return "memory %.1f MiB, CPU %.1f %% of one core while the loops ran" % (
            self.peak_kib / 1024, 100 * self.cpu / self.seconds)


class Auditd:
    """A Linux audit daemon of our own with the rules above; audit is left off, as it was found."""
    name = "auditd"

    def __init__(self, folder, start_loopers):
        self.start_loopers = start_loopers
        self.dir = folder / "audit"
        self.dir.mkdir()
        (self.dir / "auditd.conf").write_text(
            "log_file = %s\nlog_format = RAW\nflush = INCREMENTAL_ASYNC\nfreq = 50\nmax_log_file = 64\nnum_logs = 2\n"
            "max_log_file_action = ROTATE\nspace_left = 75\nadmin_space_left = 50\n" % (self.dir / "audit.log"))
        os.chmod(self.dir / "auditd.conf", 0o640)
        (self.dir / "rules").write_text("-D\n-b 8192\n" + AUDIT_RULES.strip() + "\n-e 1\n")

    @staticmethod
    def reason_against():
        """Why it cannot be measured here, or None."""
        if not shutil.which("auditctl") or not shutil.which("auditd"):
            return "auditd is not installed"
        state = subprocess.run(["auditctl", "-s"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               check=False)
        if state.returncode != 0:
            return "the kernel refuses audit: " + state.stdout.strip()
        if "enabled 0" not in state.stdout.splitlines()[0] or "pid 0" not in state.stdout.splitlines():
            return "audit is in use on this machine"
        return None

    @staticmethod
    @contextlib.contextmanager
    def sparing():
        """Processes that start in here are never audited. Where auditing was ever on, others pay for it even when it is off."""
        subprocess.run(["auditctl", "-a", "never,task"], stdout=subprocess.DEVNULL, check=True)
        try:
            yield
        finally:
            subprocess.run(["auditctl", "-D"], stdout=subprocess.DEVNULL, check=True)

    def start(self):
        self.process = subprocess.Popen(["auditd", "-n", "-c", str(self.dir)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while "pid %d" % self.process.pid not in subprocess.run(
                ["auditctl", "-s"], stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines():
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit("auditd did not start")
            time.sleep(0.05)
        subprocess.run(["auditctl", "-R", str(self.dir / "rules")], stdout=subprocess.DEVNULL, check=True)

    def measure(self, _):
        """By loops of its own: a process that is older than auditing is left alone by it, and costs nothing."""
        loopers = self.start_loopers()
        slices = {where: looper.measure() for where, looper in loopers.items()}
        for looper in loopers.values():
            looper.end()
        return slices

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        for argv in (["-D"], ["-e", "0"]):
            subprocess.run(["auditctl"] + argv, stdout=subprocess.DEVNULL, check=True)

    @staticmethod
    def account():
        return "%d rules" % (len(AUDIT_RULES.strip().splitlines()))


def bench(sw, folder, pairs):
    """Prints the ratios; pairs rounds of them."""
    image = sw.service_image()
    name = sw.container_name("bench")
    actors = sw.BUILD / "actors"
    sw._containers.add(name)
    (folder / "file").write_text("a file that is only read\n")

    def start_loopers(docker=("--rm",)):
        return {
            "inside": Looper(sw, ["docker", "run", "-i", "--network", "none", *docker, image, "/actors/bench"],
                             {"actors": "/actors", "tmp": "/tmp", "file": "/srv/index.html"}),
            "outside": Looper(sw, [str(actors / "bench")],
                              {"actors": str(actors), "tmp": str(folder), "file": str(folder / "file")}),
        }

    refused = Auditd.reason_against()
    with contextlib.nullcontext() if refused else Auditd.sparing():
        loopers = start_loopers(("--name", name))
    rivals = [Stigwatch(sw, name, folder, image),
              Stigwatch(sw, name, folder, image, "no-entry", ("--runtime-rule", "no-entry"))]
    if not refused:
        rivals.append(Auditd(folder, start_loopers))
    ratios = compare(rivals, loopers, pairs)
    print("monitor: time per operation with it / without, %d rounds; median [quartiles]" % pairs)
    print("  %-20s %s" % ("", " ".join("%-18s" % loop for loop, _ in LOOPS)))
    for (rival, where), values in ratios.items():
        print("  %-10s %-9s %s" % (rival, where, " ".join("%-18s" % ratio_text(values[loop]) for loop, _ in LOOPS)))
    for rival in rivals:
        print("  %s: %s" % (rival.name, rival.account()))
    if refused:
        print("  auditd: not compared, %s" % refused)
    kernel_time(rivals[0], loopers)
    for looper in loopers.values():
        looper.end()
    sw.remove_container(name)


def compare(rivals, loopers, pairs):
    """{(rival, where): {loop: [ratio]}}, the control first."""
    ratios = {(rival, where): {loop: [] for loop, _ in LOOPS}
              for rival in ["control"] + [r.name for r in rivals] for where in loopers}
    before = {where: looper.measure() for where, looper in loopers.items()}
    for turn in range(pairs):
        for rival in rivals if turn % 2 == 0 else rivals[::-1]:
            rival.start()
            slices = rival.measure(loopers)
            rival.stop()
            after = {where: looper.measure() for where, looper in loopers.items()}
            for where in loopers:
                for loop, _ in LOOPS:
                    off = (before[where][loop] + after[where][loop]) / 2
                    ratios[rival.name, where][loop].append(slices[where][loop] / off)
                    ratios["control", where][loop].append(after[where][loop] / before[where][loop])
            before = after
    return ratios


def our_programs():
    """{name: (runs, ns)} of the loaded programs that have run."""
    done = subprocess.run(["bpftool", "-j", "prog", "show"], stdout=subprocess.PIPE, text=True, check=True)
    return {p["name"]: (p.get("run_cnt", 0), p.get("run_time_ns", 0)) for p in json.loads(done.stdout) if "name" in p}


def kernel_time(stigwatch, loopers):
    """The kernel's own accounts of each program over one measurement inside and outside."""
    knob = "/proc/sys/kernel/bpf_stats_enabled"
    was = open(knob, encoding="ascii").read()
    stigwatch.start()
    try:
        open(knob, "w", encoding="ascii").write("1")
        for looper in loopers.values():
            looper.measure()
        programs = our_programs()
    finally:
        open(knob, "w", encoding="ascii").write(was)
        stigwatch.stop()
    print("monitor: kernel time per run of a program (with statistics on, which costs)")
    for name, (runs, ns) in sorted(programs.items(), key=lambda p: -p[1][1]):
        if runs >= 100:
            print("  %-18s %9d runs  %6.0f ns" % (name, runs, ns / runs))


def flood(sw, folder, what, path):
    """1,400,000 opens for writing by two of ten watched containers."""
    image, label = sw.service_image(), "bench-flood=%d-%s" % (os.getpid(), what)
    evidence = folder / ("evidence-flood-" + what)
    monitor = sw.Monitor("--label", label, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence,
                         *load.own_pins()).await_ready()
    names = [sw.container_name("%s-%d" % (what, i)) for i in range(CONTAINERS)]
    for name in names[2:]:
        sw.start_container(name, image, load.steps(["@wait", "/ctl/end"]), ["--label", label, "-v", "%s:/ctl" % folder])
    before = load.cpu_seconds(monitor)
    for name in names[:2]:
        sw.start_container(name, image, ["/actors/flood", "open-write", str(FLOOD), path], ["--label", label])
    ended = [sw.await_end(name, 600) for name in names[:2]]
    kib = load.rss_kib(monitor)
    ids = [load.container_id(name) for name in names]
    (folder / "end").touch()
    for name in names[2:]:
        sw.await_end(name)
    used = load.cpu_seconds(monitor) - before
    monitor.stop()
    classes = [load.final_ledger(sw.evidence_records(evidence), one) for one in ids]
    seen, records, lost = (sum(c["file"][part] for c in classes) for part in ("seen", "submitted", "reserve_failed"))
    print("monitor: flood of %d opens of %s (exit statuses %s): %d seen, %d records, %d lost; %.2f s of CPU, %.1f MiB with %d containers" % (
        2 * FLOOD, what, [status for status, _ in ended], seen, records, lost, used, kib / 1024, CONTAINERS))
    for name in names:
        sw.remove_container(name)
    (folder / "end").unlink()
