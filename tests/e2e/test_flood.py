#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A flooded ring buffer: a violation among 200,000 events still fails, a flood without one is unknown and never passes.

The ring is shrunk, so that far more records are offered than it can hold between two drains.
"""
import swlib as sw

RING = "8192"
EVENTS_WANTED = 200000
# each turn of the flood makes, and removes, an executable file: at least two events
FLOOD = ["/actors/file", "flood", "50000", "/tmp"]
SPAWN = ["/actors/exec", "spawn", "2000", "/actors/noop"]


def steps(*commands):
    words = ["/actors/run"]
    for command in commands:
        words += command + ["--"]
    return words[:-1]


def seen_events(evidence):
    """The largest sum of "seen" over the classes in any one record."""
    return max((sum(sw.numbers_named(r, "seen")) for r in sw.evidence_records(evidence)), default=0)


def lost_events(evidence):
    return max((sum(sw.numbers_named(r, "reserve_failed")) for r in sw.evidence_records(evidence)), default=0)


def flood(label, image, folder, command):
    name = sw.container_name(label)
    evidence = folder / ("evidence-" + label)
    monitor = sw.Monitor("container:" + name, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence,
                         "--ring-bytes", RING)
    monitor.await_ready()
    sw.start_container(name, image, command)
    status, output = sw.await_end(name, 240)
    monitor.stop()
    sw.equal(status, 0, "exit status of the flood (%s)" % output)
    result = sw.report(evidence, folder, name)
    sw.remove_container(name)
    seen, lost = seen_events(evidence), lost_events(evidence)
    print("# %s: %d seen, %d lost" % (label, seen, lost))
    sw.check(seen >= EVENTS_WANTED, "the kernel saw only %d events" % seen)
    sw.check(lost > 0, "nothing was lost of %d events: this was no flood" % seen)
    return result, monitor


def with_violation(image, folder):
    result, _ = flood("flood-violation", image, folder,
                      steps(FLOOD, SPAWN, ["/bin/dash", "-c", "exit 0"], ["/actors/file", "unlink", "/usr/bin/tool"], FLOOD,
                            SPAWN))
    found = result.runtime()
    sw.equal(found["no-shell"], "fail", "no-shell (%s)" % result.message("no-shell"))
    sw.equal(found["immutable-files"], "fail", "immutable-files (%s)" % result.message("immutable-files"))
    others = {rule: found[rule] for rule in ("no-package-manager", "no-drift-exec", "no-entry")}
    sw.check("fail" not in others.values(), "rules that nothing violated: %s" % others)


def without_violation(image, folder):
    # a program that was opened for writing, but not changed: only userspace can tell, so a lost exec of it is a hole
    result, _ = flood("flood-innocent", image, folder,
                      steps(["/actors/file", "touch", "/usr/bin/tool"], ["@bg", "/actors/exec", "spawn", "1000000", "/usr/bin/tool"],
                            FLOOD, FLOOD))
    found = result.runtime()
    sw.check("fail" not in found.values(), "nothing was violated: %s %s" % (found, result.messages))
    for rule in ("no-shell", "no-package-manager", "immutable-files", "no-drift-exec"):
        said = result.message(rule)
        sw.equal(found[rule], "unknown", "%s (%s)" % (rule, said))
        sw.check(sw.re.search(r"\d+ .*lost", said), "the message of %s does not count the loss: %r" % (rule, said))


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    image = sw.service_image()
    tap = sw.Tap()
    tap.test("a violation among 200,000 events fails", with_violation, image, folder)
    tap.test("a flood without violation is unknown, with the loss counted", without_violation, image, folder)
    tap.done()


if __name__ == "__main__":
    main()
