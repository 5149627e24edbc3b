#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The canary: each epoch an exec and an open of the monitor's own come back; when they do not, coverage has a hole."""
import ctypes
import mmap
import os
import pathlib
import platform
import re
import signal
import struct
import time

import swlib as sw

GROUPS = next(p for p in (pathlib.Path("/sys/fs/cgroup/unified"), pathlib.Path("/sys/fs/cgroup"),
                          pathlib.Path("/sys/fs/cgroup/memory")) if (p / "cgroup.procs").exists()) / "stigwatch"
SYS_BPF, BPF_OBJ_GET = {"x86_64": 321, "aarch64": 280}[platform.machine()], 7
SLOT_BYTES, SHARE_BYTES, SHARE_FILE = 128, 128, 2  # bpf/abi/config_abi.h
libc = ctypes.CDLL(None, use_errno=True)


class Watch(sw.Watch):
    """One whose monitor is started at once, with short epochs."""

    def __init__(self, label, image, folder, *options):
        super().__init__("canary-" + label, image, folder, "--epoch", "500ms", *options)
        self.start()

    def await_epochs(self, n):
        end = len(self.bodies("epoch")) + n
        sw.wait_until(lambda: len(self.bodies("epoch")) >= end, "%d more epochs" % n)

    def lost(self):
        return [b for b in self.bodies("hole") if "canary" in b["reason"]]

    def sent(self):
        """The canaries of the epochs that had one: the last may be over as soon as it has begun."""
        return [b["canary"] for b in self.bodies("epoch") if b["canary"]["sent"]]


def canaries(pid):
    """Children of the monitor that are canaries, by what they run."""
    children = pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()
    return [int(c) for c in children if pathlib.Path("/proc/%s/cmdline" % c).read_bytes() == b"stigwatch-canary\0"]


def group_of(pid):
    lines = pathlib.Path("/proc/%d/cgroup" % pid).read_text().splitlines()
    path = next(l.split(":", 2)[2] for l in lines if "/stigwatch/canary-" in l)
    return GROUPS / path.rsplit("/", 1)[1]


def comes_back(image, folder):
    """Each epoch it was sent and came back whole; nothing of it shows; nothing of it stays."""
    watch = Watch("back", image, folder)
    (canary,) = canaries(watch.monitor.process.pid)
    group = group_of(canary)
    watch.run_container("/bin/true")
    watch.await_epochs(4)
    records = sw.evidence_records(watch.evidence)
    result = watch.finish()
    epochs = [b for b in watch.bodies("epoch") if not b["final"]]
    sw.check(len(epochs) >= 4, "%d epochs" % len(epochs))
    for epoch in watch.bodies("epoch"):
        told = epoch["canary"]
        if epoch["final"] and not told["sent"]:  # it came right after another
            continue
        sw.check(told["sent"] >= 1, "not sent: %s" % told)
        sw.equal((told["classes"], told["returned"]), (["exec", "file"], ["exec", "file"]), "an epoch's canary")
    sw.equal([b["canary"] for b in watch.bodies("start")], [True], "start")
    sw.equal(watch.bodies("hole"), [], "holes")
    sw.equal(set(result.runtime().values()), {"pass"}, "verdicts (%s)" % result.messages)
    sw.equal(watch.monitor.alerts, [], "alerts")
    sw.equal([b["name"] for b in watch.bodies("watch")], [watch.name], "what was watched")
    others = [r for r in records if r["type"] not in ("start", "epoch") and "canary" in str(r["body"]).replace(watch.name, "")]
    sw.equal(others, [], "records that tell of it")
    sw.check(not group.exists(), "%s is still there" % group)
    sw.check(not pathlib.Path("/proc/%d" % canary).exists(), "the canary outlived the monitor")
    sw.equal(sw.stigwatch("detach", "--pin-dir", watch.pins).returncode, 0, "detach")


def table(pins, name):
    """A table of the sensors as memory of ours, writable: what whoever is root may do, too."""
    path = ctypes.create_string_buffer(str(pins / ("map_" + name)).encode())
    attr = struct.pack("<QII", ctypes.addressof(path), 0, 0)
    fd = libc.syscall(SYS_BPF, BPF_OBJ_GET, attr, len(attr))
    sw.check(fd >= 0, "%s: %s" % (name, os.strerror(ctypes.get_errno())))
    info = dict(re.findall(r"(\w+):\s+(\d+)", pathlib.Path("/proc/self/fdinfo/%d" % fd).read_text()))
    return mmap.mmap(fd, -(-int(info["value_size"]) * int(info["max_entries"]) // mmap.PAGESIZE) * mmap.PAGESIZE)


def disowned(image, folder):
    """The canary's slot is edited: its hooks are attached and run, and what they tell of it is nobody's."""
    watch = Watch("disowned", image, folder)
    watch.run_container("/bin/true")
    watch.await_epochs(2)
    sw.equal(watch.bodies("hole"), [], "holes before anything was done")
    (canary,) = canaries(watch.monitor.process.pid)
    slots, ino = table(watch.pins, "sw_slots"), group_of(canary).stat().st_ino
    at = next(i for i in range(0, len(slots), SLOT_BYTES) if slots[i:i + 8] == struct.pack("<Q", ino))
    slots[at] ^= 1
    sw.wait_until(watch.lost, "the hole")
    slots[at] ^= 1
    watch.await_epochs(3)
    result = watch.finish()
    hole = watch.lost()[0]
    sw.check("neither its exec nor its open for writing was told" in hole["reason"], hole["reason"])
    sw.check(len(hole["classes"]) == 12, "every class rests on exec: %s" % hole)
    sw.equal([b for b in watch.bodies("hole") if b not in watch.lost()], [], "other holes")
    epochs = [c["returned"] for c in watch.sent()]
    sw.check([] in epochs, "no epoch without it: %s" % epochs)
    sw.equal(epochs[-1], ["exec", "file"], "the last one")
    sw.equal(set(result.runtime().values()), {"unknown"}, "verdicts (%s)" % result.messages)
    sw.check("the canary did not come back" in result.message("no-mount"), result.message("no-mount"))


def blocked(image, folder):
    """The ring takes no record of files, however often it is tried: the rules on files are unknown, others are not."""
    watch = Watch("blocked", image, folder)
    watch.run_container("/bin/true")
    watch.await_epochs(2)
    sw.equal(watch.bodies("hole"), [], "holes before anything was done")
    shares, limit = table(watch.pins, "sw_shares"), SHARE_FILE * SHARE_BYTES + 8
    def none():  # the guard puts the limit back
        shares[limit:limit + 8] = bytes(8)
        return watch.lost()
    end = time.monotonic() + sw.DEADLINE
    while not none():
        sw.check(time.monotonic() < end, "no hole in %d s" % sw.DEADLINE)
    watch.await_epochs(3)
    watch.finish()
    hole = watch.lost()[0]
    sw.equal(hole["classes"], ["file"], "classes")
    sw.check("the ring was full each time" in hole["reason"], hole["reason"])
    tries = [b["canary"]["sent"] for b in watch.bodies("epoch") if b["canary"]["returned"] == ["exec"]]
    sw.check(5 in tries, "times that it was sent: %s" % tries)
    sw.equal(watch.sent()[-1]["returned"], ["exec", "file"], "the last one")


def killed(image, folder):
    """Whoever kills it silences a witness: a hole, and another one sings from then on."""
    watch = Watch("killed", image, folder)
    watch.run_container("/bin/true")
    watch.await_epochs(2)
    (canary,) = canaries(watch.monitor.process.pid)
    os.kill(canary, signal.SIGKILL)
    sw.wait_until(watch.lost, "the hole")
    watch.await_epochs(3)
    (other,) = canaries(watch.monitor.process.pid)
    sw.check(other != canary, "it is the same")
    result = watch.finish()
    (hole,) = watch.lost()
    sw.check("it was killed" in hole["reason"], hole["reason"])
    sw.equal(watch.sent()[-1]["returned"], ["exec", "file"], "the last one")
    sw.equal(set(result.runtime().values()), {"unknown"}, "verdicts (%s)" % result.messages)


def stopped(image, folder):
    """One that does not get to run proves nothing."""
    watch = Watch("stopped", image, folder)
    watch.run_container("/bin/true")
    watch.await_epochs(1)
    (canary,) = canaries(watch.monitor.process.pid)
    os.kill(canary, signal.SIGSTOP)
    sw.wait_until(watch.lost, "the hole")
    watch.await_epochs(1)
    result = watch.finish()
    sw.check("stopped, or starved" in watch.lost()[0]["reason"], watch.lost()[0]["reason"])
    sw.equal(set(result.runtime().values()), {"unknown"}, "verdicts (%s)" % result.messages)


def restarted(image, folder):
    """kill -9, and a stop with --keep: the next monitor has a canary of its own, and coverage is whole."""
    watch = Watch("restarted", image, folder, "--keep")
    watch.run_container("/bin/true")
    watch.await_epochs(2)
    (first,) = canaries(watch.monitor.process.pid)
    group = group_of(first)
    watch.monitor.stop(signal.SIGKILL)
    sw.wait_until(lambda: not pathlib.Path("/proc/%d" % first).exists(), "the end of the canary")
    watch.start()
    sw.check(not group.exists(), "the group of the one before is still there")
    watch.await_epochs(2)
    sw.equal(watch.monitor.stop(), 0, "end under --keep")
    watch.start()
    watch.await_epochs(2)
    watch.argv.remove("--keep")
    sw.equal(watch.monitor.stop(), 0, "end under --keep")
    watch.start()
    result = watch.finish()
    sw.equal(len(watch.bodies("resume")), 3, "resumed")
    sw.equal(watch.bodies("hole"), [], "holes")
    sw.equal([b["name"] for b in watch.bodies("watch")], [watch.name], "what was watched")
    sw.check(all(b["canary"]["returned"] == ["exec", "file"] for b in watch.bodies("epoch") if b.get("canary", {}).get("sent")),
             "canaries: %s" % [b.get("canary") for b in watch.bodies("epoch")])
    sw.equal(set(result.runtime().values()), {"pass"}, "verdicts (%s)" % result.messages)


def without(image, folder):
    """--no-canary: there is none, the evidence says so, and nothing is missed."""
    watch = Watch("without", image, folder, "--no-canary")
    watch.run_container("/bin/true")
    watch.await_epochs(2)
    sw.equal(canaries(watch.monitor.process.pid), [], "canaries")
    result = watch.finish()
    sw.equal([(b["canary"], b["no_canary"]) for b in watch.bodies("start")], [(False, "it was not asked for")], "start")
    sw.check(all("canary" not in b for b in watch.bodies("epoch")), "an epoch tells of one")
    sw.equal(set(result.runtime().values()), {"pass"}, "verdicts (%s)" % result.messages)


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    image = sw.service_image()
    tap = sw.Tap()
    tap.test("each epoch it comes back, and nothing else tells of it", comes_back, image, folder)
    tap.test("hooks that run and do not tell of it are a hole", disowned, image, folder)
    tap.test("a ring that takes nothing is a hole", blocked, image, folder)
    tap.test("one that is killed is a hole, and replaced", killed, image, folder)
    tap.test("one that is stopped is a hole", stopped, image, folder)
    tap.test("a restart has its own, without a gap", restarted, image, folder)
    tap.test("it can be done without", without, image, folder)
    tap.done()


if __name__ == "__main__":
    main()
