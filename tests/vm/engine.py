# SPDX-License-Identifier: Apache-2.0
"""A container engine as small as it can be, for a guest without hardware help, where Docker takes 15 s a container: real
containers by runc, with the layers, the files and the control group that Docker gives them, and the part of Docker's API
that the monitor asks about them. What it answers is what it did.

One image, one layer, no network. Docker's own -init layer is made once and shared.
"""
import ctypes
import json
import os
import pathlib
import secrets
import socket
import subprocess
import tarfile
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2
NEVER = "0001-01-01T00:00:00Z"
# of one runc: a collector of garbage on a second thread costs more than the garbage
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "GOGC": "off", "GOMAXPROCS": "1"}


def checked(status, what):
    if status:
        raise OSError(ctypes.get_errno(), "%s: %s" % (what, os.strerror(ctypes.get_errno())))


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Container:
    """One container: its directories, and what is known of it."""

    def __init__(self, engine, name, labels):
        self.id = secrets.token_hex(32)
        self.name, self.labels = name, labels
        self.folder = engine.folder / "containers" / self.id
        for part in ("diff", "work", "merged"):
            (self.folder / part).mkdir(parents=True)
        self.lower = "%s:%s" % (engine.init_layer, engine.layer)
        self.status, self.pid, self.started = "created", 0, NEVER

    def mount(self):
        options = "lowerdir=%s,upperdir=%s,workdir=%s,index=off" % (self.lower, self.folder / "diff", self.folder / "work")
        checked(LIBC.mount(b"overlay", str(self.folder / "merged").encode(), b"overlay", 0, options.encode()), "overlay")

    def unmount(self):
        checked(LIBC.umount2(str(self.folder / "merged").encode(), MNT_DETACH), "umount")

    def bundle(self, spec, command):
        """config.json for runc, from a specification without a container (specs.py)."""
        spec = json.loads(json.dumps(spec))
        short = self.id[:12]
        files = {"resolv.conf": "", "hostname": short + "\n", "hosts": "127.0.0.1\tlocalhost\n"}
        for name, text in files.items():
            (self.folder / name).write_text(text)
            spec["mounts"].append({"destination": "/etc/" + name, "type": "bind", "source": str(self.folder / name),
                                   "options": ["rbind", "rprivate"]})
        spec["process"]["args"] = command
        spec["process"]["env"].append("HOSTNAME=" + short)
        spec["root"], spec["hostname"] = {"path": str(self.folder / "merged")}, short
        spec["linux"]["cgroupsPath"] = "/docker/" + self.id
        (self.folder / "config.json").write_text(json.dumps(spec))

    def refresh(self):
        """It runs from the moment that runc has started its program and written the number down."""
        if self.status == "created":
            try:
                self.pid = int((self.folder / "pid").read_text())
                self.status, self.started = "running", now()
            except (OSError, ValueError):
                pass


class Engine:
    """The containers of one image, and the socket that tells of them."""

    def __init__(self, folder, source):
        self.folder = folder
        self.layer, self.init_layer = folder / "layer", folder / "init"
        self.layer.mkdir(parents=True)
        with tarfile.open(source / "image.tar") as tar:
            tar.extractall(self.layer)
        for path in ("dev/pts", "dev/shm", "proc", "sys", "etc"):
            (self.init_layer / path).mkdir(parents=True)
        for path in (".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/resolv.conf"):
            (self.init_layer / path).touch()
        (self.init_layer / "etc/mtab").symlink_to("/proc/mounts")
        self.image = json.loads((source / "image.json").read_text())
        self.containers, self.watchers, self.lock = {}, [], threading.Lock()
        self.socket = folder / "engine.sock"
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(str(self.socket))
        self.server.listen(16)
        threading.Thread(target=self._serve, daemon=True).start()

    # ---- containers ----

    def create(self, name, labels):
        container = Container(self, name, labels)
        with self.lock:
            self.containers[container.id] = container
        self._tell(container, "create")
        return container

    def run(self, container, spec, command, limit):
        """From its start to its removal by runc: (status, output)."""
        container.mount()
        try:
            container.bundle(spec, command)
            argv = ["runc", "--root", str(self.folder / "runc"), "run", "--bundle", str(container.folder), "--pid-file",
                    str(container.folder / "pid"), container.id]
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env=ENVIRONMENT, timeout=limit, check=False)
        finally:
            container.refresh()
            container.status, container.pid = "exited", 0
            self._tell(container, "die")
            container.unmount()
        started = container.started != NEVER
        return done.returncode if started else 125, done.stdout.decode("utf-8", "replace")

    # ---- the API ----

    def _serve(self):
        while True:
            connection, _ = self.server.accept()
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        """Requests of one connection, one after the other; a stream of events keeps it."""
        pending = b""
        while True:
            head, found, rest = pending.partition(b"\r\n\r\n")
            if not found:
                data = connection.recv(65536)
                if not data:
                    return connection.close()
                pending += data
                continue
            pending = rest
            path = head.split(b" ", 2)[1].decode().partition("?")[0].split("/")[1:]
            path = path[1:] if path[0].startswith("v1.") else path
            if path == ["events"]:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
                with self.lock:
                    self.watchers.append(connection)
                return None
            answer = self._answer(path)
            body = json.dumps({"message": "no such thing"} if answer is None else answer).encode()
            connection.sendall(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
                b"404 Not Found" if answer is None else b"200 OK", len(body), body))

    def _answer(self, path):
        if path == ["version"]:
            return {"ApiVersion": "1.41", "MinAPIVersion": "1.12"}
        if path == ["containers", "json"]:
            with self.lock:
                return [{"Id": c.id, "State": c.status} for c in self.containers.values()]
        if path[0] == "containers" and path[2:] == ["json"]:
            container = self.containers.get(path[1])
            return self._inspect(container) if container else None
        if path[0] == "images" and path[-1] == "json":
            data = {"UpperDir": str(self.layer)}
            return dict(self.image, RepoDigests=[], GraphDriver={"Name": "overlay2", "Data": data})
        return None

    def _inspect(self, container):
        container.refresh()
        data = {"LowerDir": container.lower, "UpperDir": str(container.folder / "diff"),
                "MergedDir": str(container.folder / "merged"), "WorkDir": str(container.folder / "work")}
        return {"Id": container.id, "Name": "/" + container.name, "Image": self.image["Id"],
                "State": {"Status": container.status, "Pid": container.pid, "StartedAt": container.started},
                "GraphDriver": {"Name": "overlay2", "Data": data}, "NetworkSettings": {"Networks": {}},
                "Config": dict(self.image["Config"], Image=self.image["Ref"], Labels=container.labels)}

    def _tell(self, container, action):
        event = {"Type": "container", "Action": action, "timeNano": time.time_ns(),
                 "Actor": {"ID": container.id, "Attributes": {"name": container.name, "image": self.image["Ref"]}}}
        with self.lock:
            for watcher in self.watchers:
                watcher.sendall(json.dumps(event).encode() + b"\n")
