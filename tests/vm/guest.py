#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs inside the guest: the steps of job.json one after the other, each with a deadline, what they print and how they
ended into the share. It judges nothing.

    {"steps": [{"name": "live", "argv": [...], "env": {...}, "limit": 90, "docker": true}]}
    -> NAME.out, and a line {"step", "status", "seconds", "late"} per step in results.jsonl; the last line is {"done": true}
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

DOCKERD = ["dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false"]
SINGLE = 15  # seconds for one answer of the daemon


def start_docker(share, limit):
    """Starts the daemon; its data lies on the guest's ext4 disk. Raises when it does not answer in time."""
    os.makedirs("/run/docker", exist_ok=True)
    with open(share / "dockerd.out", "wb") as log:
        daemon = subprocess.Popen(DOCKERD, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    end = time.monotonic() + limit
    while not os.path.exists("/run/docker.sock"):
        if daemon.poll() is not None or time.monotonic() > end:
            raise RuntimeError("dockerd does not start: %s" % (share / "dockerd.out").read_text()[-600:])
        time.sleep(0.1)
    subprocess.run(["docker", "version"], stdout=subprocess.DEVNULL, timeout=SINGLE + limit, check=True)


def run_step(step, share):
    begin = time.monotonic()
    result = {"step": step["name"], "late": False}
    try:
        with open(share / (step["name"] + ".out"), "wb") as out:
            with subprocess.Popen(step["argv"], env=dict(os.environ, **step.get("env", {})), stdin=subprocess.DEVNULL,
                                  stdout=out, stderr=subprocess.STDOUT, start_new_session=True) as process:
                try:
                    result["status"] = process.wait(step["limit"])
                except subprocess.TimeoutExpired:
                    result["late"] = True
                    os.killpg(process.pid, signal.SIGKILL)
                    result["status"] = process.wait()
    except OSError as error:
        result.update(status=127, error=str(error))
    result["seconds"] = round(time.monotonic() - begin, 1)
    return result


def main():
    share = pathlib.Path(sys.argv[1])
    job = json.loads((share / "job.json").read_text())
    docker = False
    with open(share / "results.jsonl", "w") as results:
        def tell(record):
            results.write(json.dumps(record) + "\n")
            results.flush()

        tell({"boot": round(time.monotonic(), 1), "release": os.uname().release,
              "lsm": pathlib.Path("/sys/kernel/security/lsm").read_text()})
        for step in job["steps"]:
            if step.get("docker") and not docker:
                begin = time.monotonic()
                try:
                    start_docker(share, 120)
                except (RuntimeError, subprocess.SubprocessError) as error:
                    tell({"step": step["name"], "status": 125, "seconds": 0, "late": False, "error": str(error)})
                    continue
                docker = True
                tell({"docker": round(time.monotonic() - begin, 1)})
            tell(run_step(step, share))
        tell({"done": True})


if __name__ == "__main__":
    main()
