#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs inside the guest: every row of rows.json in a container of its own under one monitor. What came of them goes into the
share: deeds.jsonl, alerts.jsonl, messages, evidence/. It judges nothing.

usage: deeds.py SOURCE RESULTS BACK_END (of job.json: {"stigwatch", "label", "limit", "rows": [{"name", "options", "command"}],
"specs": {options: specification}}, image.tar, image.json and baseline.jsonl in SOURCE)
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

from engine import Engine

WORKERS = 2  # containers at a time: while one waits, another works
READY = 120  # seconds for the monitor to load its programs, and to stop


def start_monitor(job, source, engine, back_end, results, evidence):
    argv = [job["stigwatch"], "monitor", "--backend", back_end, "--docker-socket", str(engine.socket), "--label",
            job["label"], "--baseline", str(source / "baseline.jsonl"), "--evidence", str(evidence)]
    with open(results / "alerts.jsonl", "wb") as alerts, open(results / "messages", "wb") as messages:
        monitor = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=alerts, stderr=messages)
    end = time.monotonic() + READY
    while "stigwatch: ready: " not in (results / "messages").read_text(errors="replace"):
        if monitor.poll() is not None or time.monotonic() > end:
            monitor.kill()
            raise SystemExit("the monitor is not ready: %s" % (results / "messages").read_text(errors="replace")[-1000:])
        time.sleep(0.1)
    return monitor


def main():
    source, results, back_end = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    job = json.loads((source / "job.json").read_text())
    # on the guest's ext4 disk, as Docker's layers; evidence in memory, until it is whole
    work, evidence = pathlib.Path("/var/lib/deeds-" + back_end), pathlib.Path("/run/evidence-" + back_end)
    results.mkdir()
    begin = time.monotonic()
    engine = Engine(work, source)
    monitor = start_monitor(job, source, engine, back_end, results, evidence)
    print("ready after %.1f s" % (time.monotonic() - begin), flush=True)
    label, _, value = job["label"].partition("=")

    def act(row):
        start = time.monotonic()
        try:
            container = engine.create(row["name"], {label: value})
            status, output = engine.run(container, job["specs"][row["options"]], row["command"], job["limit"])
        except (OSError, subprocess.SubprocessError) as error:
            status, output = 125, str(error)
        return {"name": row["name"], "status": status, "output": output, "seconds": round(time.monotonic() - start, 2)}

    with open(results / "deeds.jsonl", "w") as deeds, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for done in pool.map(act, job["rows"]):
            deeds.write(json.dumps(done) + "\n")
            deeds.flush()
    print("done after %.1f s" % (time.monotonic() - begin), flush=True)
    monitor.terminate()
    status = monitor.wait(READY)
    shutil.copytree(evidence, results / "evidence")
    print("stopped after %.1f s, %d processors" % (time.monotonic() - begin, os.cpu_count()), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
