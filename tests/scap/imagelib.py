# SPDX-License-Identifier: Apache-2.0
"""Images made by hand: layers, docker archives and OCI layouts, honest or not, and one measured scan of them."""
import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import threading
import time

import scaplib

OVAL = "http://oval.mitre.org/XMLSchema/oval-definitions-5"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


PACK = {"plain": lambda b: b, "gzip": lambda b: gzip.compress(b, 6, mtime=0), "zstd": zstd}


class Layer:
    """A layer as tar entries in the order they are added."""

    def __init__(self, fmt=tarfile.PAX_FORMAT):
        self.out = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.out, mode="w", format=fmt)

    def add(self, name, kind=tarfile.REGTYPE, data=b"", link="", mode=None, size=None, pax=None, owner=(0, 0)):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        info.uid, info.gid = owner
        info.mode = mode if mode is not None else 0o755 if kind == tarfile.DIRTYPE else 0o644
        info.size = len(data) if size is None else size
        info.pax_headers = pax or {}
        if size is None:
            self.tar.addfile(info, io.BytesIO(data))
        else:  # a size that lies
            self.raw(info.tobuf(self.tar.format) + data)
        return self

    def file(self, name, data=b"x\n", **more):
        return self.add(name, data=data.encode() if isinstance(data, str) else data, **more)

    def dir(self, name, **more):
        return self.add(name, tarfile.DIRTYPE, **more)

    def link(self, name, to):
        return self.add(name, tarfile.SYMTYPE, link=to, mode=0o777)

    def hard(self, name, to):
        return self.add(name, tarfile.LNKTYPE, link=to)

    def raw(self, data):
        self.tar.fileobj.write(data)
        self.tar.offset += len(data)
        return self

    def _from_disk(self, full, inside):
        info = self.tar.gettarinfo(full, inside)
        info.uname = info.gname = ""
        info.pax_headers = {f"SCHILY.xattr.{n}": os.getxattr(full, n, follow_symlinks=False).decode("utf-8", "surrogateescape")
                            for n in os.listxattr(full, follow_symlinks=False)}
        if info.isreg():
            with open(full, "rb") as f:
                self.tar.addfile(info, f)
        else:
            self.tar.addfile(info)

    def bytes(self):
        self.tar.close()
        return self.out.getvalue()


def layer_of(root):
    """What `tar -C root -c .` holds, sorted: directories before what is in them."""
    layer = Layer()
    for path, dirs, files in os.walk(root):
        dirs.sort()
        if path != root:
            layer._from_disk(path, os.path.relpath(path, root))
        for name in sorted(files) + [d for d in dirs if os.path.islink(os.path.join(path, d))]:
            full = os.path.join(path, name)
            layer._from_disk(full, os.path.relpath(full, root))
    return layer.bytes()


def config(layers, env=(), arch="amd64", **more):
    return json.dumps({"architecture": arch, "os": "linux", "config": {"Env": list(env)},
                       "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(b) for b in layers]}, **more}).encode()


def write_tar(path, members, pack="plain"):
    """members: name to bytes, or pairs when names repeat."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, data in members.items() if isinstance(members, dict) else members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    with open(path, "wb") as f:
        f.write(PACK[pack](out.getvalue()))
    return path


def docker_members(layers, env=(), tags=("test:1",), pack="plain", conf=None):
    conf = conf or config(layers, env)
    members = {f"layer{i}/layer.tar": PACK[pack](b) for i, b in enumerate(layers)}
    members[sha256(conf) + ".json"] = conf
    members["manifest.json"] = json.dumps([{"Config": sha256(conf) + ".json", "RepoTags": list(tags),
                                            "Layers": [f"layer{i}/layer.tar" for i in range(len(layers))]}]).encode()
    return members


def docker_archive(path, layers, **more):
    return write_tar(path, docker_members(layers, **more))


class Oci:
    """An OCI layout: blobs by digest, and an index."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(self, data, kind=None, **more):
        digest = "sha256:" + sha256(data)
        self.files["blobs/sha256/" + sha256(data)] = data
        return {"mediaType": kind or "application/octet-stream", "digest": digest, "size": len(data), **more}

    def image(self, layers, env=(), pack="gzip", conf=None, **more):
        doc = {"schemaVersion": 2, "mediaType": MANIFEST, "config": self.blob(conf or config(layers, env)),
               "layers": [self.blob(PACK[pack](b)) for b in layers]}
        return self.blob(json.dumps(doc).encode(), MANIFEST, **more)

    def index(self, manifests, **more):
        return self.blob(json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).encode(), INDEX, **more)

    def top(self, *manifests):
        self.files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": list(manifests)}).encode()
        return self

    def archive(self, path):
        return write_tar(path, self.files)

    def directory(self, path):
        for name, data in self.files.items():
            os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
            with open(os.path.join(path, name), "wb") as f:
                f.write(data)
        return path


# ---- content: each rule is one OVAL test ----

def text_rule(path, pattern):
    return (f'<ind:textfilecontent54_object id="oval:t:obj:N" version="1" xmlns:ind="{OVAL}#independent"><ind:filepath>{path}</ind:filepath>'
            f'<ind:pattern operation="pattern match">{pattern}</ind:pattern><ind:instance datatype="int">1</ind:instance>'
            "</ind:textfilecontent54_object>", "ind", "textfilecontent54", None)


def hash_rule(path, digest):
    return (f'<ind:filehash58_object id="oval:t:obj:N" version="1" xmlns:ind="{OVAL}#independent"><ind:filepath>{path}</ind:filepath>'
            "<ind:hash_type>SHA-256</ind:hash_type></ind:filehash58_object>", "ind", "filehash58", f"<ind:hash>{digest}</ind:hash>")


def env_rule(name, value):
    return (f'<ind:environmentvariable58_object id="oval:t:obj:N" version="1" xmlns:ind="{OVAL}#independent">'
            f'<ind:pid datatype="int" xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/><ind:name>{name}</ind:name>'
            "</ind:environmentvariable58_object>", "ind", "environmentvariable58", f"<ind:value>{value}</ind:value>")


def file_rule(path, state):
    return (f'<unix:file_object id="oval:t:obj:N" version="1" xmlns:unix="{OVAL}#unix"><unix:filepath>{path}</unix:filepath></unix:file_object>',
            "unix", "file", state)


def walk_rule(path, name, state):
    return (f'<unix:file_object id="oval:t:obj:N" version="1" xmlns:unix="{OVAL}#unix"><unix:behaviors recurse="symlinks and directories" '
            f'recurse_direction="down" max_depth="-1"/><unix:path>{path}</unix:path><unix:filename operation="pattern match">{name}</unix:filename>'
            "</unix:file_object>", "unix", "file", state)


def write_content(folder, rules):
    """XCCDF and OVAL documents with a rule for each (name, test) in rules; returns the XCCDF's path."""
    parts = {"definitions": "", "tests": "", "objects": "", "states": ""}
    xccdf = ""
    for i, (name, (obj, ns, kind, state)) in enumerate(rules, 1):
        space = f'xmlns:{ns}="{OVAL}#{"independent" if ns == "ind" else ns}"'
        parts["definitions"] += (f'<definition class="compliance" id="oval:t:def:{i}" version="1"><metadata><title>t</title><description>t</description>'
                                 f'</metadata><criteria><criterion test_ref="oval:t:tst:{i}"/></criteria></definition>')
        parts["tests"] += (f'<{ns}:{kind}_test check="all" check_existence="at_least_one_exists" comment="t" id="oval:t:tst:{i}" version="1" {space}>'
                           f'<{ns}:object object_ref="oval:t:obj:{i}"/>' + (f'<{ns}:state state_ref="oval:t:ste:{i}"/>' if state else "") +
                           f"</{ns}:{kind}_test>")
        parts["objects"] += obj.replace("oval:t:obj:N", f"oval:t:obj:{i}")
        if state:
            parts["states"] += f'<{ns}:{kind}_state id="oval:t:ste:{i}" version="1" {space}>{state}</{ns}:{kind}_state>'
        xccdf += (f'<Rule id="xccdf_test.t_rule_{name}" selected="true" severity="low"><title>t</title><check system="{OVAL}">'
                  f'<check-content-ref href="t-oval.xml" name="oval:t:def:{i}"/></check></Rule>')
    if not parts["states"]:
        del parts["states"]
    with open(os.path.join(folder, "t-oval.xml"), "w", encoding="utf-8") as f:
        f.write(f'<oval_definitions xmlns="{OVAL}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"><generator>'
                "<oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>" +
                "".join(f"<{k}>{v}</{k}>" for k, v in parts.items()) + "</oval_definitions>")
    path = os.path.join(folder, "t-xccdf.xml")
    with open(path, "w", encoding="utf-8") as f:
        f.write('<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_test.t_benchmark_t" resolved="true" xml:lang="en">'
                f'<status date="2026-01-01">draft</status><title>t</title><version>1</version>{xccdf}</Benchmark>')
    return path


# ---- one scan, measured ----

class Scan:
    """What a scan came to."""

    def __init__(self, code, stderr, result, seconds, mebibytes, baseline):
        self.code, self.stderr, self.result = code, stderr, result
        self.seconds, self.mebibytes, self.baseline = seconds, mebibytes, baseline

    def verdicts(self):
        return {r["id"].removeprefix("xccdf_test.t_rule_"): r["result"] for r in self.result["rules"]} if self.result else {}

    def vector(self):
        return json.dumps([[r["id"], r["result"]] for r in self.result["rules"]]) if self.result else ""


def scan(ref, content, work, env=(), nobody=False, limit=60, baseline=True, more=()):
    """Runs one scan with a baseline; nobody: as user 65534 without any capability."""
    out, lines = os.path.join(work, "out.json"), os.path.join(work, "out.baseline")
    for path in (out, lines):
        if os.path.exists(path):
            os.unlink(path)
    args = [scaplib.STIGWATCH, "scan", ref, "--content", content, "-o", f"json={out}", *more]
    if baseline:
        args += ["--baseline", lines]
    for pair in env:
        args += ["--env", pair]
    if nobody and os.geteuid() == 0:
        args = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs", "--bounding-set=-all"] + args
    begin = time.monotonic()
    err = os.path.join(work, "err")
    with open(err, "wb") as e:
        p = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=e)
    timer = threading.Timer(limit, p.kill)
    timer.start()
    _, status, usage = os.wait4(p.pid, 0)
    timer.cancel()
    p.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begin
    result, entries = None, None
    if os.path.exists(out):
        with open(out, encoding="utf-8") as f:
            result = json.load(f)
    if os.path.exists(lines):
        with open(lines, "rb") as f:
            entries = f.read()
    with open(err, encoding="utf-8", errors="replace") as f:
        return Scan(p.returncode, f.read(), result, seconds, usage.ru_maxrss / 1024, entries)
