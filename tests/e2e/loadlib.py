# SPDX-License-Identifier: Apache-2.0
"""What the load tests share: what a ledger in the evidence says, the monitor's own use of memory and CPU, steps of the
actor "run". It never judges a verdict."""
import os
import pathlib

import swlib as sw

PARTS = ("filtered", "aggregated", "submitted", "reserve_failed", "internal_error")


def steps(*commands):
    """A container's command that runs these one after the other, without a shell."""
    words = ["/actors/run"]
    for command in commands:
        words += list(command) + ["--"]
    return words[:-1]


def ledgers(records, container):
    """(is it the last one, ledger) of each statement about a container, by its id."""
    for record in records:
        body = record.get("body", {})
        if record["type"] == "end" and body["container"] == container:
            yield True, body["ledger"]
        elif record["type"] == "epoch":
            for one in body["containers"]:
                if one["container"] == container:
                    yield False, one["ledger"]


def final_ledger(records, container):
    """The classes of the ledger at the end of the container's watch."""
    found = [ledger for last, ledger in ledgers(records, container) if last]
    sw.equal(len(found), 1, "ends of the watch of %s" % container)
    return found[0]["classes"]


def adds_up(records, container):
    """Each statement's sums, per class: an event on its way is seen before it is accounted for, at the end none is."""
    for last, ledger in ledgers(records, container):
        for name, c in ledger["classes"].items():
            total = sum(c[part] for part in PARTS)
            sw.check(c["seen"] == total if last else c["seen"] >= total,
                     "the ledger of class %s does not add up: %s" % (name, c))
            if last:
                told = [h for h in holes(records, container) if "read and lost" in h["reason"]]
                sw.check(c["received"] == c["submitted"] or told, "class %s: submitted but not received: %s" % (name, c))


def lost_of(classes):
    """class -> events of which the kernel counted that they were lost."""
    return {name: c["reserve_failed"] + c["internal_error"] for name, c in classes.items()}


def holes(records, container):
    """Bodies of the holes in the coverage of a container, those of everything included."""
    return [r["body"] for r in records if r["type"] == "hole" and r["body"].get("container", container) == container]


def container_id(name):
    return sw.must("docker", "inspect", "--format", "{{.Id}}", name).stdout.strip()


def rss_kib(monitor):
    """Resident memory of a running monitor."""
    for line in pathlib.Path("/proc/%d/status" % monitor.process.pid).read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise sw.Failed("the monitor does not run any more: %s" % monitor.messages[-3:])


def cpu_seconds(monitor):
    """User and system time of a running monitor."""
    fields = pathlib.Path("/proc/%d/stat" % monitor.process.pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_pins():
    """Options of a monitor that shares nothing with another one on this machine."""
    return ["--no-pin"]


def cgroup_of(pid):
    """The control group directory of a process in the hierarchy that the monitor goes by."""
    lines = [line.split(":", 2) for line in pathlib.Path("/proc/%d/cgroup" % pid).read_text().splitlines()]
    mounts = [line.split() for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()]
    for wanted in ("", "memory", "pids"):
        for _, controllers, path in lines:
            if controllers != wanted and wanted not in controllers.split(","):
                continue
            for mount in mounts:
                if path != "/" and mount[2] == ("cgroup" if wanted else "cgroup2") and (
                        not wanted or wanted in mount[3].split(",")):
                    return pathlib.Path(mount[1] + path)
    raise sw.Failed("process %d is in no control group: %s" % (pid, lines))


def docker_parent(image):
    """The control group below which the daemon makes those of its containers: where a real one is."""
    name = sw.container_name("where")
    sw.start_container(name, image, ["/bin/sleep", "600"])
    pid = int(sw.must("docker", "inspect", "--format", "{{.State.Pid}}", name).stdout)
    parent = cgroup_of(pid).parent
    sw.remove_container(name)
    return parent
