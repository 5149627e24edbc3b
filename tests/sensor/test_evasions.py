#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every evasion of tests/cases/evasions.tbl, done by an actor in a container of its own under one monitor: what was seen of it,
and the verdict of each rule. STIGWATCH_EVASION selects rows by a part of their names; STIGWATCH_MONITOR adds options of the
monitor (a back end), separated by spaces."""
import concurrent.futures
import os
import subprocess

import evasions
from evasions import sw

WORKERS = 3  # containers at a time


def act(row, image, label):
    try:
        sw._containers.add(row.container)
        done = sw.run("docker", "run", "--network", "none", "--name", row.container, "--label", label,
                      *evasions.docker_options(row.options), image, *row.command)
        row.ended(done.returncode, done.stdout + done.stderr)
    except (OSError, subprocess.SubprocessError) as error:
        row.error = str(error)


def main():
    sw.need_program()
    sw.need_root_and_docker()
    table = evasions.rows()
    folder = sw.scratch()
    image = sw.service_image()
    label = "sw-evasions=%d" % os.getpid()
    evidence = folder / "evidence"
    extra = os.environ.get("STIGWATCH_MONITOR", "").split()
    monitor = sw.Monitor("--label", label, "--baseline", sw.make_baseline(image, folder), "--evidence", evidence, *extra)
    monitor.await_ready()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(lambda row: act(row, image, label), table):
            pass
    status = monitor.stop()
    tap = sw.Tap()
    for row in table:
        if status != 0:
            row.error = row.error or "the monitor ended with status %d: %s" % (status, monitor.messages[-3:])
        row.collect(monitor.alerts, evidence, folder)
        tap.test(row.label, row.judge)
        sw.remove_container(row.container)
    tap.done()


if __name__ == "__main__":
    main()
