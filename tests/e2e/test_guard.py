#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The monitor under attack: tampering is told, enforcement prevents, privileges are given up, hostile loads hide nothing.

STIGWATCH_FLOOD=N and STIGWATCH_CONTAINERS=N set the size of the hostile loads (full size: 1000000 and 10000).
"""
import atexit
import os
import pathlib
import signal
import time

import swlib as sw

FLOOD = int(os.environ.get("STIGWATCH_FLOOD", "20000"))
CONTAINERS = int(os.environ.get("STIGWATCH_CONTAINERS", "500"))
BPF_FS = pathlib.Path("/sys/fs/bpf")
KEPT = {"bpf": 39, "perfmon": 38, "sys_ptrace": 19, "dac_read_search": 2, "sys_admin": 21}  # of a daemon's containers


def monitor(name, evidence, image, folder, *options):
    atexit.register(sw.stigwatch, "detach", "--pin-dir", BPF_FS / name)
    return sw.Monitor("container:" + name, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence,
                      "--epoch", "500ms", "--pin-dir", BPF_FS / name, *options).await_ready()


def await_epochs(evidence, n):
    end = len(sw.bodies(evidence, "epoch")) + n
    sw.wait_until(lambda: len(sw.bodies(evidence, "epoch")) >= end, "%d more epochs" % n)


def map_bytes(pin):
    done = sw.must("bpftool", "-j", "map", "lookup", "pinned", pin, "key", "0", "0", "0", "0")
    value = sw.json.loads(done.stdout)["value"]
    return [int(v, 16) for v in (value["bytes"] if isinstance(value, dict) else value)]


def tampering(image, folder):
    """Another process of root removes pins, edits a table, stops the monitor: each is told, and what it hid is a hole."""
    name, evidence = sw.container_name("tamper"), folder / "evidence-tamper"
    pins = BPF_FS / name
    mon = monitor(name, evidence, image, folder)
    sw.start_container(name, image, ["/bin/sleep", "600"])
    sw.wait_until(lambda: sw.bodies(evidence, "watch"), "the watch record")
    await_epochs(evidence, 2)
    sw.equal(sw.bodies(evidence, "hole"), [], "holes before anything was done")
    (pins / "map_sw_slots").unlink()
    (pins / "link_tp_btf_sched_process_exec").unlink()
    await_epochs(evidence, 2)
    told = [b["what"] for b in sw.bodies(evidence, "tamper")]
    for pin in ("sw_slots", "tp_btf/sched_process_exec"):
        sw.check(any(pin in t for t in told), "nothing tells of the pin %s: %s" % (pin, told))
    sw.check((pins / "map_sw_slots").exists() and (pins / "link_tp_btf_sched_process_exec").exists(), "pins are not back")
    sw.equal(sw.bodies(evidence, "hole"), [], "holes after pins were removed")
    value = map_bytes(pins / "map_sw_config")
    value[4] ^= 1  # flags: watch new containers
    sw.must("bpftool", "map", "update", "pinned", pins / "map_sw_config", "key", "0", "0", "0", "0", "value", *value)
    await_epochs(evidence, 2)
    holes = [b["reason"] for b in sw.bodies(evidence, "hole")]
    sw.check(any("configuration" in h for h in holes), "nothing tells of the changed table: %s" % holes)
    sw.equal(map_bytes(pins / "map_sw_config")[4] & 1, 1, "the flag that was put back")
    mon.process.send_signal(signal.SIGSTOP)
    time.sleep(3)  # the deed: it has to last
    mon.process.send_signal(signal.SIGCONT)
    await_epochs(evidence, 2)
    told = [b["what"] for b in sw.bodies(evidence, "tamper")]
    sw.check(any("did not run" in t for t in told), "nothing tells of the stop: %s; %s" % (told, mon.messages))
    sw.equal(mon.stop(), 0, "end of the monitor")
    result = sw.report(evidence, folder, name)
    sw.remove_container(name)
    sw.equal(set(result.runtime().values()), {"unknown"}, "verdicts (%s)" % result.messages)
    sw.equal([b["signal"] for b in sw.bodies(evidence, "stop")], [signal.SIGTERM], "who ended it")


def privileges(image, folder):
    """Only the named capabilities are left, and they are enough."""
    name, evidence = sw.container_name("privileges"), folder / "evidence-privileges"
    mon = monitor(name, evidence, image, folder, "--no-fanotify")
    status = pathlib.Path("/proc/%d/status" % mon.process.pid).read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    wanted = sum(1 << bit for bit in KEPT.values())
    for field in ("CapEff", "CapPrm"):
        sw.equal(int(fields[field], 16), wanted, field)
    sw.equal(int(fields["CapBnd"], 16), 0, "CapBnd")
    sw.equal(fields["NoNewPrivs"].strip(), "1", "NoNewPrivs")
    sw.start_container(name, image, ["/actors/run", "/bin/true", "--", "/actors/file", "touch", "/usr/bin/tool", "--",
                                     "/bin/true"])
    sw.await_end(name)
    await_epochs(evidence, 3)
    sw.equal(mon.stop(), 0, "end of the monitor")
    result = sw.report(evidence, folder, name)
    sw.remove_container(name)
    sw.equal(set(result.runtime().values()), {"pass"}, "verdicts (%s)" % result.messages)


def enforcement(image, folder):
    """A shell is killed before its first instruction; the evidence says that it was prevented, the verdict stays fail."""
    name, evidence = sw.container_name("enforce"), folder / "evidence-enforce"
    mon = monitor(name, evidence, image, folder, "--enforce", "no-shell")
    sw.start_container(name, image, ["/actors/run", "/actors/exec", "wait", "/tmp/go", "--", "/bin/true"])
    sw.wait_until(lambda: sw.bodies(evidence, "watch"), "the watch record")
    shell = sw.run("docker", "exec", name, "/bin/dash", "-c", ": > /tmp/ran")
    sw.check(shell.returncode in (126, 137, 255), "the shell's end: %d" % shell.returncode)
    sw.must("docker", "exec", name, "/bin/busybox", "touch", "/tmp/go")
    sw.await_end(name)
    marker = sw.run("docker", "cp", name + ":/tmp/ran", folder / "ran")
    sw.check(marker.returncode != 0, "the shell ran")
    sw.equal(mon.stop(), 0, "end of the monitor")
    result = sw.report(evidence, folder, name)
    sw.remove_container(name)
    sw.equal(result.runtime()["no-shell"], "fail", "no-shell")
    facts = [dict(b["fact"]["entities"]) for b in sw.bodies(evidence, "event")]
    shells = [f for f in facts if f.get("path") == "/bin/dash"]
    sw.equal([f.get("outcome") for f in shells], ["prevented"], "outcomes of the shell")
    others = [f for f in facts if f.get("path") != "/bin/dash"]
    sw.check(all(f.get("outcome") != "prevented" for f in others), "prevented: %s" % others)


def neighbour_flood(image, folder):
    """A neighbour executes and opens without end while the watched container commits one violation."""
    name, evidence = sw.container_name("watched"), folder / "evidence-flood"
    noisy = sw.container_name("neighbour")
    mon = monitor(name, evidence, image, folder, "--ring-bytes", "1048576")
    sw.start_container(noisy, image, ["/actors/run", "@bg", "/actors/exec", "spawn", str(FLOOD), "/actors/noop", "--",
                                      "/actors/file", "flood", str(FLOOD), "/tmp"])
    sw.start_container(name, image, ["/actors/run", "/bin/true", "--", "/bin/dash", "-c", "exit 0", "--", "/bin/true"])
    sw.await_end(name)
    sw.await_end(noisy, 3000)
    sw.equal(mon.stop(), 0, "end of the monitor")
    result = sw.report(evidence, folder, name)
    sw.remove_container(name)
    sw.remove_container(noisy)
    sw.equal(result.runtime()["no-shell"], "fail", "no-shell")
    sw.check("/bin/dash" in result.message("no-shell"), "the violator: %s" % result.message("no-shell"))


def many_containers(image, folder):
    """Short-lived control groups with containers' names beside a real one: its coverage is whole, or the hole is named."""
    name, evidence = sw.container_name("among-many"), folder / "evidence-many"
    mon = monitor(name, evidence, image, folder)
    root = next(p for p in (pathlib.Path("/sys/fs/cgroup/unified"), pathlib.Path("/sys/fs/cgroup")) if
                (p / "cgroup.procs").exists())
    parent = root / ("sw-many-%d" % os.getpid())
    parent.mkdir()
    atexit.register(lambda: parent.exists() and parent.rmdir())
    sw.start_container(name, image, ["/bin/sleep", "600"])
    for i in range(CONTAINERS):
        group = parent / ("%064x" % (0xabc0000 + i))
        group.mkdir()
        pid = os.fork()
        if not pid:
            (group / "cgroup.procs").write_text("0")
            os.execv("/bin/true", ["true"])
        os.waitpid(pid, 0)
        group.rmdir()
    parent.rmdir()
    await_epochs(evidence, 2)
    sw.kill_container(name)
    sw.equal(mon.stop(), 0, "end of the monitor")
    result = sw.report(evidence, folder, name)
    sw.remove_container(name)
    holes = [b["reason"] for b in sw.bodies(evidence, "hole")]
    sw.equal(set(result.runtime().values()), {"unknown" if holes else "pass"}, "verdicts (holes: %s)" % holes)
    sw.equal(holes, [], "holes after %d containers" % CONTAINERS)


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    image = sw.service_image()
    tap = sw.Tap()
    tap.test("tampering is told, and what it may have hidden is a hole", tampering, image, folder)
    tap.test("no more privileges than named, and they are enough", privileges, image, folder)
    tap.test("enforcement: killed before it runs, and on record as prevented", enforcement, image, folder)
    tap.test("one violation beside a neighbour's flood", neighbour_flood, image, folder)
    tap.test("a container among %d short-lived ones" % CONTAINERS, many_containers, image, folder)
    tap.done()


if __name__ == "__main__":
    main()
