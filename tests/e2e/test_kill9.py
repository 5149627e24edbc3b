#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Evidence after kill -9: whole up to the last sealed record, never grounds for a pass; a flipped byte is found.

STIGWATCH_SEED=N repeats a run's random moments.
"""
import os
import random
import shutil
import signal
import time

import swlib as sw

KILLS = 5
FLIPS = 24


def verify(evidence):
    return sw.stigwatch("verify", evidence)


def lines_of(evidence):
    """(file, offset, length) of each record, in order; the length includes the newline."""
    for path in sorted(p for p in evidence.iterdir() if p.is_file()):
        offset = 0
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n") and line.startswith(b"{"):
                yield path, offset, len(line)
            offset += len(line)


def kill_at_random(image, folder, dice, turn):
    """A busy container, and a monitor killed at some moment of it."""
    name = sw.container_name("kill9-%d" % turn)
    evidence = folder / ("evidence-%d" % turn)
    monitor = sw.Monitor("container:" + name, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence)
    monitor.await_ready()
    sw.start_container(name, image, ["/actors/run", "/bin/dash", "-c", "exit 0", "--",
                                     "/actors/exec", "spawn", "100000", "/bin/dash", "-c", "exit 0"])
    time.sleep(dice.uniform(0, 1.5))  # the random moment itself, not a wait for something
    status = monitor.stop(signal.SIGKILL)
    sw.equal(status, -signal.SIGKILL, "end of the monitor")
    sw.remove_container(name)
    done = verify(evidence)
    sw.equal(done.returncode, 0, "verify after kill -9 (%s%s)" % (done.stdout, done.stderr))
    return name, evidence


def killed_then_verified(image, folder, dice, killed):
    for turn in range(KILLS):
        killed.append(kill_at_random(image, folder, dice, turn))


def a_copy(killed, folder, name):
    """The longest evidence of the killed monitors, to be damaged."""
    sw.check(killed, "no monitor was killed")
    container, evidence = max(killed, key=lambda k: len(list(lines_of(k[1]))))
    shutil.copytree(evidence, folder / name)
    return container, folder / name


def torn_tail(image, folder, dice, killed):
    """As a power loss leaves it: the last record cut in two. Verified up to the one before, and continued."""
    name, evidence = a_copy(killed, folder, "torn")
    records = list(lines_of(evidence))
    path, offset, length = records[-1]
    os.truncate(path, offset + dice.randrange(1, length - 1))
    done = verify(evidence)
    sw.equal(done.returncode, 0, "verify of a torn tail (%s%s)" % (done.stdout, done.stderr))
    sw.check(str(len(records) - 1) in done.stdout, "verify does not say %d records: %s" % (len(records) - 1, done.stdout))
    monitor = sw.Monitor("container:" + name, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence)
    monitor.await_ready()
    monitor.stop()
    done = verify(evidence)
    sw.equal(done.returncode, 0, "verify after the chain was continued (%s%s)" % (done.stdout, done.stderr))
    sw.check(len(list(lines_of(evidence))) >= len(records), "the chain was not continued")


def no_pass_after_kill(image, folder):
    """What happened after the kill nobody saw."""
    name = sw.container_name("kill9-verdict")
    evidence = folder / "evidence-verdict"
    monitor = sw.Monitor("container:" + name, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence)
    monitor.await_ready()
    sw.start_container(name, image, ["/bin/sleep", "600"])
    sw.wait_until(lambda: any(r.get("type") == "watch" for r in sw.evidence_records(evidence)), "the watch record")
    monitor.stop(signal.SIGKILL)
    sw.kill_container(name)
    result = sw.report(evidence, folder, name)
    sw.remove_container(name)
    sw.equal(set(result.runtime().values()), {"unknown"}, "verdicts after kill -9")


def flipped_bytes(folder, dice, killed):
    """One bit changed anywhere in a sealed record: verify names that record."""
    _, evidence = a_copy(killed, folder, "whole")
    records = list(lines_of(evidence))
    sw.check(len(records) >= 3, "only %d records" % len(records))
    copy = folder / "flipped"
    for _turn in range(FLIPS):
        number = dice.randrange(1, len(records) + 1)
        path, offset, length = records[number - 1]
        where = offset + dice.randrange(length - 1)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(evidence, copy)
        with open(copy / path.name, "r+b") as file:
            file.seek(where)
            byte = file.read(1)[0]
            file.seek(where)
            file.write(bytes([byte ^ 1]))
        done = verify(copy)
        what = "record %d, byte %d of its line (%r)" % (number, where - offset, chr(byte))
        sw.check(done.returncode not in (0, None) and done.returncode > 0, "%s: verify accepted it: status %s" % (
            what, done.returncode))
        text = done.stdout + done.stderr
        sw.check(sw.re.search(r"record %d\b" % number, text), "%s: verify said %r" % (what, text))


def main():
    sw.need_program()
    sw.need_root_and_docker()
    seed = int(os.environ.get("STIGWATCH_SEED", random.randrange(1 << 30)))
    print("# STIGWATCH_SEED=%d" % seed)
    dice = random.Random(seed)
    folder = sw.scratch()
    image = sw.service_image()
    killed = []
    tap = sw.Tap()
    tap.test("kill -9 at random moments: verify accepts what was sealed", killed_then_verified, image, folder, dice,
             killed)
    tap.test("a torn last record is cut off and the chain continued", torn_tail, image, folder, dice, killed)
    tap.test("a killed monitor's evidence never makes a pass", no_pass_after_kill, image, folder)
    tap.test("a flipped byte is reported with its record number", flipped_bytes, folder, dice, killed)
    tap.done()


if __name__ == "__main__":
    main()
