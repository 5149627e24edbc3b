#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A monitor that is killed, stopped, upgraded and started again, while a container commits numbered violations.

None is missing from the evidence, and coverage is whole, or names the hole. STIGWATCH_SEED=N repeats a run's random
moments, STIGWATCH_RESTARTS=N makes more of them.
"""
import atexit
import json
import os
import pathlib
import random
import signal
import stat
import time

import swlib as sw

TURNS = int(os.environ.get("STIGWATCH_RESTARTS", "100"))
EPOCH = "1s"
MS = "100"  # between two violations: fewer than the evidence keeps in full per epoch
PINS = pathlib.Path("/sys/fs/bpf/sw-restart-%d" % os.getpid())
EDITS = {"a": (4, b"\xee"), "p": (56, b"0000")}  # of struct sw_marks_head: abi, object_sha256
QUIET_RULES = ("no-package-manager", "immutable-files", "no-drift-exec", "no-new-namespaces", "no-entry")


def other_version(folder):
    """The program as another build would be: its version differs, its kernel programs do not."""
    path = folder / "stigwatch-next"
    if not path.exists():
        data = pathlib.Path(sw.STIGWATCH).read_bytes()
        sw.check(b"stigwatch 0.1.0\0" in data, "the program does not name its version")
        path.write_bytes(data.replace(b"stigwatch 0.1.0\0", b"stigwatch 0.1.9\0"))
        path.chmod(stat.S_IRWXU)
    return path


def edit_mark(offset, text):
    """Bytes of the pinned head of the marks, as a process of another build would have written them."""
    pin = str(PINS / "marks_head")
    value = json.loads(sw.must("bpftool", "-j", "map", "lookup", "pinned", pin, "key", "0", "0", "0", "0").stdout)["value"]
    value = value["bytes"] if isinstance(value, dict) else value
    value[offset:offset + len(text)] = ["0x%02x" % b for b in text]
    sw.must("bpftool", "map", "update", "pinned", pin, "key", "0", "0", "0", "0", "value",
            *[str(int(v, 16)) for v in value])


class Watch:
    """One container, one evidence directory, one monitor after the other."""

    def __init__(self, label, image, folder, *options):
        self.name = sw.container_name("restart-" + label)
        self.evidence = folder / ("evidence-" + label)
        self.folder = folder
        self.argv = ["container:" + self.name, "--baseline", sw.make_baseline(image, folder), "--evidence", self.evidence,
                     "--epoch", EPOCH, "--pin-dir", PINS, *options]
        self.monitor = None

    def start(self, program=None, keep=False):
        usual, sw.STIGWATCH = sw.STIGWATCH, str(program or sw.STIGWATCH)
        try:
            self.monitor = sw.Monitor(*self.argv, *(["--keep"] if keep else []))
        finally:
            sw.STIGWATCH = usual

    def ready(self):
        self.monitor.await_ready()
        return self

    def run_container(self, image, command):
        sw.start_container(self.name, image, command)
        sw.wait_until(lambda: any(r.get("type") == "watch" for r in self.records()), "the watch record")

    def records(self):
        return sw.evidence_records(self.evidence)

    def end_container(self):
        sw.must("docker", "kill", "--signal", "TERM", self.name)
        status, output = sw.await_end(self.name)
        sw.equal(status, 0, "end of the actor (%s)" % output[-500:])
        return output

    def finish(self):
        """The last monitor stops in good order; the result."""
        self.start()
        self.ready()
        sw.equal(self.monitor.stop(), 0, "end of the last monitor (%s)" % self.monitor.messages[-3:])
        done = sw.stigwatch("verify", self.evidence)
        sw.equal(done.returncode, 0, "verify (%s%s)" % (done.stdout, done.stderr))
        sw.check(not PINS.exists(), "%s is still there" % PINS)
        result = sw.report(self.evidence, self.folder, self.name)
        sw.remove_container(self.name)
        return result


def deeds_of(output):
    """number -> boot times between which it was committed, as the actor told it."""
    deeds = [json.loads(line) for line in output.splitlines() if '"deed":"number"' in line]
    return {d["n"]: (d["from_boot_ns"], d["boot_ns"]) for d in deeds}


def numbers_in(records):
    """Numbers whose violation has a record of its own."""
    found = set()
    for record in records:
        body = record.get("body", {})
        if record.get("type") == "event" and body.get("fact", {}).get("type") == "exec":
            for name, value in body["fact"]["entities"]:
                if name == "argv" and value.rsplit(" ", 1)[-1].isdigit():
                    found.add(int(value.rsplit(" ", 1)[-1]))
    return found


def told_by_count(records):
    """Violations that the evidence tells by number alone: from the ledger, or beyond an epoch's full records."""
    count = 0
    for record in records:
        body = record.get("body", {})
        if record.get("type") == "event":
            entities = dict(body["fact"]["entities"])
            count += int(entities["count"]) if entities.get("origin") == "ledger" else 0
        elif record.get("type") in ("epoch", "end"):
            count += sum(sum(v.values()) for v in dicts_named(body, "repeated"))
    return count


def dicts_named(value, key):
    if isinstance(value, dict):
        for name, item in value.items():
            if name == key and isinstance(item, dict):
                yield item
            else:
                yield from dicts_named(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from dicts_named(item, key)


def unwatched(records):
    """Spans (boot ns) between the end of one session and the container's watch in the next."""
    spans, last, began, over = [], None, None, False
    for record in records:
        if record["type"] == "start":
            began, over = last, False
        elif record["type"] == "watch" and began:
            spans.append((began, record["body"]["from_boot_ns"]))
            began = None
        if record["type"] == "end":  # the watch ends before its record is written
            last, over = record["body"]["to_boot_ns"], True
        elif not over:
            last = record["boot_ns"]
    return spans + ([(began, float("inf"))] if began else [])


def none_missing(watch, output, least=TURNS / 4):
    records = watch.records()
    deeds, found = deeds_of(output), numbers_in(records)
    sw.check(len(deeds) >= least, "only %d violations" % len(deeds))
    spans = unwatched(records)
    missing = [n for n, (begin, end) in deeds.items()
               if n not in found and not any(a <= end and begin <= b for a, b in spans)]
    print("# %d violations, %d on record, %d told by count, %d while nothing watched" % (
        len(deeds), len(found), told_by_count(records), len(deeds) - len(found) - len(missing)))
    sw.check(len(missing) <= told_by_count(records), "violations that the evidence does not know: %s" % missing)


def counted(records, result, output, exactly):
    """The kernel's own count is that of the actor, but for what came before its baseline was in the kernel, which the monitor
    judges; and the verdict tells of no fewer."""
    deeds = deeds_of(output)
    bound = next(r["boot_ns"] for r in records if r["type"] == "watch")
    early = sum(begin < bound for begin, _ in deeds.values())
    said = sw.re.match(r"(\d+) violations?\.", result.message("no-shell"))
    sw.check(said, "the verdict does not count: %r" % result.message("no-shell"))
    kernel = [r["body"]["ledger"]["violations"].get("shell", 0) for r in records if r["type"] == "end"]
    print("# %d violations, %d before the baseline, the verdict says %s, the kernel counted %s" % (
        len(deeds), early, said[1], kernel))
    if exactly:
        sw.check(len(kernel) == 1 and len(deeds) - early <= kernel[0] <= len(deeds),
                 "the kernel counted %s of %d shells, %d of them before its baseline" % (kernel, len(deeds), early))
        sw.check(int(said[1]) >= len(deeds), "%s violations in the verdict, %d committed" % (said[1], len(deeds)))
    else:  # what it counted while nothing watched is not there to be told
        sw.check(int(said[1]) >= sum(kernel), "%s violations in the verdict, the kernel counted %s" % (said[1], kernel))


def restarts(image, folder, dice, turns, ways):
    """turns times: a monitor ends in one of the ways at a random moment, and the next one starts; each way comes up.

    9: kill -9. k: stopped under --keep. u: killed, the next is another build. s: stopped for good. a: killed, what it
    leaves is of another ABI. p: killed, what it leaves are other programs.
    """
    watch = Watch("".join(sorted(set(ways))), image, folder)
    plan = list(ways) + [dice.choice(ways) for _ in range(turns - len(ways))]
    dice.shuffle(plan)
    loaded = False
    for turn, way in enumerate(plan[:turns]):
        watch.start(program=other_version(folder) if way == "u" else None, keep=way == "k")
        if not loaded or way in "sap":  # a fresh load takes seconds, and is not to be cut off each time
            watch.ready()
        loaded = way not in "sap"
        if turn == 0:
            watch.run_container(image, ["/actors/exec", "numbers", MS, "/bin/dash"])
        time.sleep(dice.uniform(0, 0.4))  # the random moment itself: it may fall into the start
        watch.monitor.stop(signal.SIGTERM if way in "sk" else signal.SIGKILL)
        time.sleep(dice.uniform(0, 0.1))
        if way in "ap":
            edit_mark(*EDITS[way])
    return watch, watch.end_container()


def without_gap(image, folder, dice):
    """kill -9, stop with --keep, another build: the same programs watch on, and coverage is whole."""
    watch, output = restarts(image, folder, dice, TURNS, "9999kku")
    result = watch.finish()
    none_missing(watch, output)
    found = result.runtime()
    sw.equal(found["no-shell"], "fail", "no-shell")
    records = watch.records()
    counted(records, result, output, True)
    sw.equal(sum(r["type"] == "start" for r in records), 1, "sessions")
    print("# %d times resumed, versions %s" % (sum(r["type"] == "resume" for r in records), sorted(
        {r["body"]["version"] for r in records if r["type"] in ("start", "resume")})))
    holes = [r["body"]["reason"] for r in records if r["type"] == "hole"]
    for rule in QUIET_RULES:
        wanted = "pass" if not holes else "unknown"
        sw.equal(found[rule], wanted, "%s (%s; holes: %s)" % (rule, result.message(rule), holes))
    sw.check(all("lost with the process" in h for h in holes), "holes: %s" % holes)


def with_gap(image, folder, dice, turns, ways, reason):
    """Restarts that cannot go on with what was there, alone or among others: a hole that says so."""
    watch, output = restarts(image, folder, dice, turns, ways)
    result = watch.finish()
    none_missing(watch, output, 5)
    counted(watch.records(), result, output, False)
    found = result.runtime()
    sw.equal(found["no-shell"], "fail", "no-shell")
    for rule in QUIET_RULES:
        sw.equal(found[rule], "unknown", "%s (%s)" % (rule, result.message(rule)))
    holes = [r["body"]["reason"] for r in watch.records() if r["type"] == "hole"]
    sw.check(any(reason in h for h in holes + list(result.messages.values())), "nothing says %r: %s %s" % (
        reason, holes, result.messages))


def lived_meanwhile(image, folder):
    """A container that began and ended while no monitor ran: registered, watched and counted by the kernel alone."""
    watch = Watch("meanwhile", image, folder)
    watch.start(keep=True)
    watch.ready()
    sw.equal(watch.monitor.stop(), 0, "end under --keep")
    sw.start_container(watch.name, image, ["/actors/run", "/bin/dash", "-c", "exit 0", "--", "/bin/true"])
    sw.await_end(watch.name)
    result = watch.finish()
    found = result.runtime()
    ends = [r["body"] for r in watch.records() if r["type"] == "end"]
    sw.equal([e["ended"] for e in ends], [True], "ends of the container")
    sw.equal(found.pop("no-shell"), "fail", "no-shell")
    sw.check("/bin/dash" in result.message("no-shell"), "who it was: %s" % result.message("no-shell"))
    sw.equal(set(found.values()), {"pass"}, "the other rules (%s)" % result.messages)


def removed_meanwhile(image, folder):
    """One that was watched, and broke a rule and was removed while no monitor ran."""
    watch = Watch("removed", image, folder)
    watch.start(keep=True)
    watch.ready()
    watch.run_container(image, ["/actors/run", "/actors/exec", "wait", "/tmp/go", "--", "/usr/bin/tool"])
    sw.equal(watch.monitor.stop(), 0, "end under --keep")
    # the end of the container's first process kills it, maybe before it has ended by itself
    sw.must("docker", "exec", watch.name, "/bin/busybox", "touch", "/tmp/go", status=(0, 137))
    sw.await_end(watch.name)
    sw.remove_container(watch.name)
    result = watch.finish()
    found = result.runtime()
    sw.equal(found.pop("no-entry"), "fail", "no-entry")
    for rule in ("no-package-manager", "immutable-files"):  # its files are nowhere to be compared
        sw.equal(found.pop(rule), "unknown", rule)
        sw.check("closing sweep" in result.message(rule), result.message(rule))
    sw.equal(set(found.values()), {"pass"}, "the other rules (%s)" % result.messages)


def other_options(image, folder, label, before, after, reason):
    """What was loaded with some options is not continued under others: it is read out and replaced, and a named hole."""
    watch = Watch(label, image, folder)
    usual = list(watch.argv)
    watch.argv = usual + before
    watch.start(keep=True)
    watch.ready()
    watch.run_container(image, ["/actors/run", "/bin/dash", "-c", "exit 0", "--", "/bin/sleep", "600"])
    sw.wait_until(lambda: watch.monitor.alerts, "the alert")
    sw.equal(watch.monitor.stop(), 0, "end under --keep")
    watch.argv = usual + after
    watch.start(keep=True)
    watch.ready()
    sw.equal(watch.monitor.stop(), 0, "end under --keep")
    starts = [r["body"] for r in watch.records() if r["type"] == "start"]
    holes = [r["body"]["reason"] for r in watch.records() if r["type"] == "hole"]
    sw.kill_container(watch.name)
    result = watch.finish()
    sw.equal(len(starts), 2 if reason else 1, "sessions (%s)" % holes)
    sw.equal(result.runtime()["no-shell"], "fail", "no-shell")
    if reason:
        sw.check(any(reason in h for h in holes), "nothing says %r: %s" % (reason, holes))
        sw.equal(result.runtime()["no-mount"], "unknown", "no-mount")
    else:
        sw.equal(holes, [], "holes")
        sw.equal(result.runtime()["no-mount"], "pass", "no-mount (%s)" % result.message("no-mount"))


def not_ours(image, folder):
    """A second monitor, an evidence that was cut, and detach."""
    watch = Watch("ours", image, folder)
    watch.start(keep=True)
    watch.ready()
    second = sw.stigwatch("monitor", *watch.argv[:-4], "--evidence", folder / "elsewhere", *watch.argv[-4:])
    sw.equal(second.returncode, 1, "status of a second monitor")
    sw.check("another monitor owns it" in second.stderr, second.stderr)
    busy = sw.stigwatch("detach", "--pin-dir", PINS)
    sw.check(busy.returncode == 1 and "another monitor owns it" in busy.stderr, "detach: %s" % busy.stderr)
    sw.equal(watch.monitor.stop(), 0, "end under --keep")
    segment = watch.evidence / "evidence-000001.jsonl"
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:-2]))
    watch.start(keep=True)
    watch.ready()
    sw.equal(watch.monitor.stop(), 0, "end under --keep")
    holes = [r["body"]["reason"] for r in watch.records() if r["type"] == "hole"]
    sw.check(any("does not hold its sealed record" in h for h in holes), "holes: %s" % holes)
    sw.check(PINS.exists(), "--keep kept nothing")
    sw.equal(sw.stigwatch("detach", "--pin-dir", PINS).returncode, 0, "detach")
    sw.check(not PINS.exists(), "detach left %s" % PINS)


def main():
    sw.need_program()
    sw.need_root_and_docker()
    seed = int(os.environ.get("STIGWATCH_SEED", random.randrange(1 << 30)))
    print("# STIGWATCH_SEED=%d" % seed)
    dice = random.Random(seed)
    folder = sw.scratch()
    image = sw.service_image()
    atexit.register(sw.stigwatch, "detach", "--pin-dir", PINS)
    tap = sw.Tap()
    tap.test("killed, kept and upgraded: no violation is missing, coverage is whole", without_gap, image, folder, dice)
    tap.test("stopped for good, killed, kept and upgraded: the time without a monitor is a hole", with_gap, image, folder,
             dice, max(14, TURNS // 4), "s9k9uku", "after the container's start")
    few = max(2, TURNS // 30)
    tap.test("another ABI: a named hole, nothing misread", with_gap, image, folder, dice, few, "a", "ABI 238")
    tap.test("other programs: read out, then replaced, and a named hole", with_gap, image, folder, dice, few, "p",
             "of another build")
    tap.test("a container that lived while no monitor ran", lived_meanwhile, image, folder)
    tap.test("a container that was removed while no monitor ran", removed_meanwhile, image, folder)
    tap.test("another size of the ring: replaced, and a named hole", other_options, image, folder, "ring",
             ["--ring-bytes", "1048576"], [], "a ring of 1048576 bytes, not 8388608")
    tap.test("another back end: replaced, and a named hole", other_options, image, folder, "backend",
             ["--backend", "tracepoint"], ["--backend", "auto"], "back end tracepoint, not auto")
    tap.test("options of the process alone: continued", other_options, image, folder, "same", ["--no-fanotify"], [], None)
    tap.test("two monitors, cut evidence, detach", not_ours, image, folder)
    tap.done()


if __name__ == "__main__":
    main()
