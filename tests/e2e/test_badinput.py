#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs tests/cases/badinput.json: one clear line, exit code 1, nothing half written. And, after the table, a container that
ends while it is watched, a second monitor on the same evidence, and a watch that never saw its container.
"""
import json
import os
import shutil
import subprocess

import swlib as sw

TABLE = json.loads((sw.ROOT / "tests/cases/badinput.json").read_text())
BOMB = '<!DOCTYPE b [<!ENTITY a0 "aaaaaaaaaa">%s]><b>&a9;</b>' % "".join(
    '<!ENTITY a%d "%s">' % (i, "&a%d;" % (i - 1) * 10) for i in range(1, 10))


def fill(folder):
    """The files that the table names."""
    (folder / "root/etc/apk").mkdir(parents=True)
    (folder / "root/etc/apk/repositories").write_text("https://packages.example.dev/os\n")
    (folder / "emptydir").mkdir()
    (folder / "empty.xml").write_text("")
    good = sw.MINI_DS.read_text()
    (folder / "broken.xml").write_text(good[:len(good) // 2])
    (folder / "other.xml").write_text("<html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>\n")
    rules = sw.re.compile(r"<Rule .*?</Rule>", sw.re.S)
    (folder / "norules.xml").write_text(sw.re.sub(r"<Profile .*?</Profile>", "", rules.sub("", good), flags=sw.re.S))
    (folder / "bomb.xml").write_text(BOMB)
    (folder / "deep.xml").write_text("<a>" * 100000 + "</a>" * 100000)
    (folder / "broken.json").write_text("{\"config\": {\"Env\": [\"A=")


class FullDisk:
    """A file system without any room, for as long as the tests run."""

    def __init__(self, folder):
        self.path = folder / "full"
        self.path.mkdir()
        self.mounted = os.geteuid() == 0 and sw.run("mount", "-t", "tmpfs", "-o", "size=4k", "none",
                                                    self.path).returncode == 0
        if self.mounted:
            (self.path / "filler").write_bytes(b"x" * 4096)
            sw.atexit.register(sw.run, "umount", self.path)


def snapshot(*folders):
    return sorted(str(p) for f in folders for p in f.rglob("*"))


def command_of(case, argv):
    """The argv, wrapped for another user or a hidden directory."""
    full = [sw.STIGWATCH] + argv
    if case.get("as") == "nobody":
        return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + full
    if case.get("hide"):
        return ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', case["hide"]] + full
    return full


def run_case(case, folder, disk):
    if case.get("root") and os.geteuid() != 0:
        raise sw.Skip("REQUIRED: root")
    if "{full}" in json.dumps(case) and not disk.mounted:
        raise sw.Skip("REQUIRED: mounting a tmpfs")
    if case.get("as") and sw.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sw.STIGWATCH,
                                 "--version").returncode:
        raise sw.Skip("the program's directory is closed to other users")
    argv = [a.format(dir=folder, mini=sw.MINI_DS, full=disk.path) for a in case["argv"]]
    before = snapshot(folder)
    with open(case.get("stdout", os.devnull), "w", encoding="utf-8") as out:
        done = subprocess.run(command_of(case, argv), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                              text=True, errors="replace", timeout=20, check=False)
    after = snapshot(folder)
    said = done.stderr.strip()
    sw.check(done.returncode == 1, "exit status %d, wanted 1; it said %r" % (done.returncode, said))
    sw.check(sw.re.search(case["says"], said), "%r does not match %r" % (said, case["says"]))
    lines = said.splitlines()
    sw.check(len(lines) == 1, "%d lines on stderr: %r" % (len(lines), said))
    sw.check(lines[0].startswith("stigwatch: "), "not a message of the program: %r" % lines[0])
    # an evidence directory may have been made; what is half written is a file
    left = [p for p in after if p not in before and not os.path.isdir(p)]
    left = [p for p in left if "/ev/" not in p]
    sw.check(not left, "left behind: %s" % left)
    shutil.rmtree(folder / "ev", ignore_errors=True)


def full_device(folder):
    """An output that is a device stays one."""
    node = folder / "full-device"
    if os.geteuid() != 0 or sw.run("mknod", node, "c", "1", "7").returncode:
        raise sw.Skip("REQUIRED: root (mknod)")
    done = sw.stigwatch("scan", "dir:%s/root" % folder, "--content", sw.MINI_DS, "-o", "json=%s" % node)
    device = node.is_char_device()
    node.unlink()
    sw.equal(done.returncode, 1, "exit status (%s)" % done.stderr)
    sw.check(device, "the device was replaced by a file")


def ends_while_watched(folder, image):
    """--until-exit: the monitor ends by itself, in order, and coverage is whole."""
    name = sw.container_name("ends")
    evidence = folder / "ev-ends"
    monitor = sw.Monitor("container:" + name, "--until-exit", "--baseline", sw.make_baseline(image, folder),
                         "--evidence", evidence)
    monitor.await_ready()
    sw.start_container(name, image, ["/actors/noop"])
    sw.await_end(name)
    status = monitor.await_end()
    sw.remove_container(name)
    sw.equal(status, 0, "exit status (%s)" % monitor.messages)
    result = sw.report(evidence, folder, name)
    sw.equal(set(result.runtime().values()), {"pass"}, "verdicts %s" % result.messages)
    done = sw.stigwatch("report", "--evidence", evidence, "--container", "nosuch", "-o", "json=%s" % (folder / "o"))
    sw.equal(done.returncode, 1, "report of another container")
    sw.check("nosuch" in done.stderr and not (folder / "o").exists(), "it said %r" % done.stderr)
    done = sw.stigwatch("report", "--evidence", evidence, "--static", folder / "broken.xml", "-o",
                        "json=%s" % (folder / "o"))
    sw.equal(done.returncode, 1, "report with a broken static result")
    sw.check(sw.re.search(r"broken.xml:\d+", done.stderr) and not (folder / "o").exists(), "it said %r" % done.stderr)


def two_monitors_one_evidence(folder, image):
    evidence = folder / "ev-two"
    argv = ("container:sw-e2e-nosuch", "--baseline", sw.make_baseline(image, folder), "--evidence", evidence)
    first = sw.Monitor(*argv)
    first.await_ready()
    second = sw.stigwatch("monitor", *argv, timeout=20)
    sw.check(first.process.poll() is None, "the first monitor ended too")
    first.stop()
    sw.equal(second.returncode, 1, "exit status of the second (%s)" % second.stderr)
    sw.check("ev-two" in second.stderr, "it said %r" % second.stderr)


def never_appeared(folder):
    """A watch that saw nothing is no success."""
    out = folder / "never.xml"
    done = sw.stigwatch("run", "container:sw-e2e-nosuch", "--content", sw.MINI_DS, "--for", "2s", "--evidence",
                        folder / "ev-never", "-o", "xccdf=%s" % out)
    sw.check(done.returncode in (1, 3), "exit status %d" % done.returncode)
    sw.check("sw-e2e-nosuch" in done.stderr, "it said %r" % done.stderr)
    sw.check(done.returncode == 3 or not out.exists(), "an output of nothing")


def main():
    sw.need_program()
    folder = sw.scratch()
    fill(folder)
    disk = FullDisk(folder)
    tap = sw.Tap()
    have_docker = os.geteuid() == 0 and sw.run(sw.HERE / "dockerd.sh", sw.BUILD).returncode == 0
    for case in TABLE["cases"]:
        if case.get("docker") and not have_docker:
            tap.n += 1
            print("ok %d - %s # SKIP REQUIRED: docker" % (tap.n, case["name"]))
            continue
        tap.test(case["name"], run_case, case, folder, disk)
    tap.test("an output that is a device", full_device, folder)
    if have_docker:
        image = sw.service_image()
        tap.test("a container that ends while watched", ends_while_watched, folder, image)
        tap.test("a second monitor on the same evidence", two_monitors_one_evidence, folder, image)
        tap.test("a container that never appears", never_appeared, folder)
    tap.done()


if __name__ == "__main__":
    main()
