#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile images end in the verdict they deserve or in one clear error, within 10 s and 256 MiB, as an ordinary user, and
nothing of the host is read."""
import gzip
import io
import json
import os
import shutil
import struct
import sys
import tarfile
import traceback

import imagelib
import scaplib
from imagelib import Layer, Oci

SECONDS, MEBIBYTES = 10, 256
SECRET = "HOSTSECRET"
OK = b"key=value\n"

sys.setrecursionlimit(10000)


class Case:
    """One image. want: the one error's text, or the verdicts it must give (of rules that are named)."""

    def __init__(self, name, want, build, scheme="docker-archive"):
        self.name, self.want, self.build, self.scheme = name, want, build, scheme


CASES = []


def case(name, want, scheme="docker-archive"):
    def note(build):
        CASES.append(Case(name, want, build, scheme))
        return build
    return note


def docker(path, *layers, **more):
    return imagelib.docker_archive(path, [l if isinstance(l, bytes) else l.bytes() for l in layers], **more)


def base():
    return Layer().dir("etc").file("etc/conf", OK)


# ---- escapes ----

@case("a path that climbs out", "climbs out of the root")
def climb(path, host):
    docker(path, base().file("../../../../../../../.." + host, "planted\n"))


@case("an absolute path stays inside", {"conf": "pass"})
def absolute(path, host):
    docker(path, Layer().file("/etc/conf", OK).file("//etc//./other/../more", "x"))


@case("an absolute link to a file of the host", {"conf": "pass", "secret": "fail"})
def absolute_link(path, host):
    docker(path, base().link("etc/secret", host))


@case("a climbing link to a file of the host", {"conf": "pass", "secret": "fail"})
def climbing_link(path, host):
    docker(path, base().link("etc/secret", "../" * 30 + host[1:]))


@case("a link to /proc/self/root", {"conf": "pass", "secret": "fail"})
def magic_link(path, host):
    docker(path, base().link("etc/secret", "/proc/self/root" + host).link("etc/fd", "/proc/self/fd/0"))


@case("a directory link out of the root, then a file through it", {"conf": "pass", "secret": "fail"})
def through_link(path, host):
    up = os.path.dirname(host)
    docker(path, base().link("out", up).file("out/planted", "x").link("etc/secret", "/out/" + os.path.basename(host)))


@case("a hard link to a file of the host", "hard link to")
def hard_host(path, host):
    docker(path, base().hard("etc/secret", host))


@case("a hard link that climbs out", "climbs out of the root")
def hard_climb(path, host):
    docker(path, base().hard("etc/secret", "../" * 20 + host[1:]))


@case("a hard link to a directory", "hard link to a directory")
def hard_directory(path, host):
    docker(path, base().hard("etc/again", "etc"))


@case("a hard link to a link out of the root", {"conf": "pass", "secret": "fail"})
def hard_to_link(path, host):
    docker(path, base().link("etc/l", host).hard("etc/secret", "etc/l"))


@case("an OCI directory whose blob is a link to the host", "Invalid cross-device link", "oci-dir")
def blob_link(path, host):
    oci = Oci()
    oci.top(oci.image([base().bytes()]))
    oci.directory(path)
    blobs = os.path.join(path, "blobs", "sha256")
    largest = max(os.listdir(blobs), key=lambda n: os.path.getsize(os.path.join(blobs, n)))
    os.unlink(os.path.join(blobs, largest))
    os.symlink(host, os.path.join(blobs, largest))


@case("an OCI directory whose index is a FIFO", "index.json", "oci-dir")
def index_fifo(path, host):
    os.makedirs(path)
    os.mkfifo(os.path.join(path, "index.json"))


# ---- loops ----

@case("links in a circle", {"conf": "pass", "loop": "fail"})
def circle(path, host):
    docker(path, base().link("etc/loop", "loop2").link("etc/loop2", "loop"))


@case("a file below a link to itself", "Too many levels of symbolic links")
def below_circle(path, host):
    docker(path, base().link("a", "a").file("a/b", "x"))


@case("directories that link to each other", {"conf": "pass"})
def directory_circle(path, host):
    layer = base()
    for a in "abcdef":
        layer.dir(f"etc/{a}")
        for b in "abcdef":
            layer.link(f"etc/{a}/{b}", f"../{b}")
    docker(path, layer)


@case("links through links through long paths, many times", "Too many links")
def link_amplifier(path, host):
    layer = base().link("s0", "./" * 2000 + "etc")
    for i in range(1, 38):
        layer.link(f"s{i}", f"s{i - 1}/" + "./" * 1990 + "..//etc")
    for i in range(20000):
        layer.link(f"etc/x{i}", "/s37/conf")
    docker(path, layer)


@case("archive members in a circle", "loop of links")
def member_circle(path, host):
    members = imagelib.docker_members([base().bytes()])
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            if name.endswith("layer.tar"):
                info.type, info.linkname = tarfile.SYMTYPE, "layer.tar"
                t.addfile(info)
            else:
                info.size = len(data)
                t.addfile(info, io.BytesIO(data))
    with open(path, "wb") as f:
        f.write(out.getvalue())


# ---- bombs ----

def many(n, same):
    """n empty files: etc/0000000 and on, or one name n times."""
    plain = bytearray(header(b"etc/0000000"))
    total = sum(plain) - sum(plain[148:156]) + 8 * 32 - 7 * 48
    out = bytearray()
    for i in range(n):
        digits = b"%07d" % (0 if same else i)
        plain[4:11] = digits
        plain[148:156] = b"%06o\0 " % (total + sum(digits))
        out += plain
    return bytes(out + bytes(1024))


def header(name, kind=b"0", size=0, link=b"", mode=b"0000644", raw_size=None):
    h = bytearray(512)
    h[0:len(name)] = name
    h[100:107], h[108:115], h[116:123] = mode, b"0000000", b"0000000"
    h[124:136] = raw_size or b"%011o\0" % size
    h[136:147] = b"00000000000"
    h[156:157], h[157:157 + len(link)] = kind, link
    h[257:265] = b"ustar\00000"
    h[148:156] = b" " * 8
    h[148:156] = b"%06o\0 " % sum(h)
    return bytes(h)


@case("1,000,000 files, packed small", "too many files")
def entry_bomb(path, host):
    docker(path, many(1000000, False), pack="gzip")


@case("one name 400,000 times", {"conf": "fail"})
def same_name(path, host):
    docker(path, many(400000, True), pack="gzip")


@case("8 GiB of zeros in 8 MiB", "times its size")
def size_bomb(path, host):
    head = header(b"etc/zeros", size=8 << 30)
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as z:
        z.write(head)
    body = io.BytesIO()
    with gzip.GzipFile(fileobj=body, mode="wb", compresslevel=9, mtime=0) as z:
        z.write(bytes(64 << 20))
    packed = out.getvalue() + body.getvalue() * 128
    conf = imagelib.config([b""])
    members = {"l/layer.tar": packed, "c.json": conf,
               "manifest.json": json.dumps([{"Config": "c.json", "RepoTags": ["t:1"], "Layers": ["l/layer.tar"]}]).encode()}
    imagelib.write_tar(path, members)


@case("the whole archive packed, 4 GiB of zeros in it", "times its size")
def outer_bomb(path, host):
    head = gzip.compress(header(b"zeros", size=4 << 30), mtime=0)
    with open(path, "wb") as f:
        f.write(head + gzip.compress(bytes(64 << 20), 9, mtime=0) * 64)


@case("gzip inside gzip inside gzip", "not a tar archive")
def gzip_nest(path, host):
    data = base().bytes()
    for _ in range(20):
        data = gzip.compress(data, mtime=0)
    members = imagelib.docker_members([base().bytes()])
    members["layer0/layer.tar"] = data
    imagelib.write_tar(path, members)


@case("a sparse file of 8 EiB without data", "times its size")
def sparse_bomb(path, host):
    pax = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "etc/hole", "GNU.sparse.size": str((1 << 63) - 1),
           "GNU.sparse.map": ""}
    docker(path, base().add("etc/GNUSparse", data=b"", pax=pax))


@case("a sparse map of 400,000 parts", "sparse file of more than")
def sparse_parts(path, host):
    text = b"400000\n" + b"".join(b"%d\n0\n" % i for i in range(400000))
    text += bytes(-len(text) % 512)
    pax = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "etc/s", "GNU.sparse.realsize": "400000"}
    docker(path, base().add("etc/s", data=text, pax=pax))


@case("a pax header of 64 MiB", "tar header of more than")
def pax_bomb(path, host):
    record = b"67108864 comment=" + b"x" * (67108864 - 18) + b"\n"
    docker(path, header(b"pax", b"x", len(record)) + record + header(b"etc/conf") + bytes(1024), pack="gzip")


@case("headers without end in front of one file", "headers for one file")
def header_chain(path, host):
    docker(path, header(b"././@LongLink", b"L", 4) + b"abc\0" + bytes(508) + (header(b"p", b"g", 0)) * 100000, pack="gzip")


@case("attributes of 900 KiB on 900 files", "too many files")
def xattr_bomb(path, host):
    value = b"v" * 900000
    record = b"SCHILY.xattr.user.x=" + value + b"\n"
    record = b"%d " % (len(record) + 7) + record
    blob = header(b"pax", b"x", len(record)) + record + bytes(-len(record) % 512)
    docker(path, b"".join(blob + header(b"etc/%d" % i) for i in range(900)) + bytes(1024), pack="gzip")


@case("100,000 directories inside each other", "path longer than")
def deep(path, host):
    out = io.BytesIO()
    name = b""
    for i in range(2047):
        name += b"d/"
        record = b"path=" + name + b"\n"
        n = len(record) + 1
        n += len(str(n + len(str(n))))
        record = b"%d " % n + record
        out.write(header(b"pax", b"x", len(record)) + record + bytes(-len(record) % 512) + header(b"d", b"5", mode=b"0000755"))
    record = b"path=" + b"d/" * 100000 + b"\n"
    n = len(record) + 7
    record = b"%d " % n + record
    out.write(header(b"pax", b"x", len(record)) + record + bytes(-len(record) % 512) + header(b"d", b"5") + bytes(1024))
    docker(path, out.getvalue(), pack="gzip")


@case("1,900 directories inside each other, walked", "directories below each other")
def deep_walk(path, host):
    layer = base()
    layer.dir("/".join(["d"] * 1900))
    docker(path, layer)


@case("more layers than any runtime stacks", "more than 500")
def layer_bomb(path, host):
    layer = base().bytes()
    conf = imagelib.config([layer] * 600)
    imagelib.write_tar(path, {"l/layer.tar": layer, "c.json": conf, "manifest.json": json.dumps(
        [{"Config": "c.json", "RepoTags": ["t:1"], "Layers": ["l/layer.tar"] * 600}]).encode()})


@case("one layer of 4 MiB 500 times", "layers repeated")
def repeated(path, host):
    layer = base().file("data", os.urandom(4 << 20)).bytes()
    conf = imagelib.config([layer] * 500)
    imagelib.write_tar(path, {"l/layer.tar": layer, "c.json": conf, "manifest.json": json.dumps(
        [{"Config": "c.json", "RepoTags": ["t:1"], "Layers": ["l/layer.tar"] * 500}]).encode()})


@case("indexes inside indexes", "indexes inside each other", "oci-archive")
def index_nest(path, host):
    oci = Oci()
    d = oci.image([base().bytes()])
    for _ in range(50):
        d = oci.index([d])
    oci.top(d).archive(path)


@case("JSON nested 100,000 deep", "nesting too deep", "oci-archive")
def json_deep(path, host):
    imagelib.write_tar(path, {"index.json": b"[" * 100000})


@case("JSON of a million empty lists", "objects and arrays", "oci-archive")
def json_wide(path, host):
    imagelib.write_tar(path, {"index.json": b'{"manifests":[' + b"[]," * 1000000 + b"[]]}"})


@case("a manifest of 100 MiB", "larger than", "oci-archive")
def json_large(path, host):
    imagelib.write_tar(path, {"index.json": b" " * (100 << 20)})


# ---- lies ----

@case("a size beyond the archive's end", "ends in the middle")
def size_lie(path, host):
    layer = base().bytes()[:1536] + header(b"etc/more", size=1 << 40) + b"x" * 512
    docker(path, layer)


@case("a negative size", "damaged tar header")
def negative_size(path, host):
    docker(path, header(b"etc/conf", raw_size=b"\xff" * 12) + bytes(1024))


@case("the largest size there is", "ends in the middle")
def largest_size(path, host):
    docker(path, header(b"etc/conf", raw_size=b"\x80" + b"\0" * 3 + struct.pack(">q", (1 << 62))) + bytes(1024))


@case("the archive's own member is larger than the archive", "ends in the middle")
def member_lie(path, host):
    with open(path, "wb") as f:
        f.write(header(b"manifest.json", size=1 << 50) + b"[]")


@case("a layer that is not the one its digest names", "damaged, or another one")
def wrong_layer(path, host):
    members = imagelib.docker_members([base().bytes()])
    members["layer0/layer.tar"] = Layer().dir("etc").file("etc/conf", "key=other\n").bytes()
    imagelib.write_tar(path, members)


@case("an OCI layer that is not the one its digest names", "damaged, or another one", "oci-archive")
def wrong_blob(path, host):
    oci = Oci()
    oci.top(oci.image([base().bytes()]))
    name = max((n for n in oci.files if n.startswith("blobs/")), key=lambda n: len(oci.files[n]) * (oci.files[n][:1] == b"\x1f"))
    oci.files[name] = gzip.compress(Layer().dir("etc").file("etc/conf", "key=other\n").bytes(), mtime=0)
    oci.archive(path)


@case("a manifest that is not the one its digest names", "damaged, or another one", "oci-archive")
def wrong_manifest(path, host):
    oci = Oci()
    d = oci.image([base().bytes()])
    oci.top(d)
    oci.files["blobs/sha256/" + d["digest"][7:]] += b" "
    oci.archive(path)


@case("a digest that is a path", "no sha256 digest", "oci-archive")
def digest_path(path, host):
    oci = Oci()
    oci.top({"mediaType": imagelib.MANIFEST, "digest": "sha256:../../../../.." + host, "size": 1}).archive(path)


@case("a document that is an index and a manifest", "both an index and a manifest", "oci-archive")
def ambiguous(path, host):
    oci = Oci()
    d = oci.image([base().bytes()])
    doc = json.loads(oci.files["blobs/sha256/" + d["digest"][7:]])
    doc["manifests"] = [d]
    oci.top(oci.blob(json.dumps(doc).encode())).archive(path)


@case("a truncated gzip layer", "truncated gzip input", "oci-archive")
def cut_gzip(path, host):
    layer = base().file("data", os.urandom(100000)).bytes()
    oci = Oci()
    conf = imagelib.config([layer])
    doc = {"schemaVersion": 2, "config": oci.blob(conf), "layers": [oci.blob(gzip.compress(layer, mtime=0)[:60000])]}
    oci.top(oci.blob(json.dumps(doc).encode())).archive(path)


@case("a truncated plain layer", "ends in the middle")
def cut_plain(path, host):
    docker(path, base().file("data", bytes(100000)).bytes()[:20000])


@case("fewer layers than the configuration names", "layers, but the configuration names")
def missing_layer(path, host):
    layers = [base().bytes(), Layer().file("etc/conf", "key=other\n").bytes()]
    members = imagelib.docker_members(layers)
    manifest = json.loads(members["manifest.json"])
    manifest[0]["Layers"].pop()
    members["manifest.json"] = json.dumps(manifest).encode()
    imagelib.write_tar(path, members)


# ---- tricks ----

@case("a FIFO at a path that is read", {"conf": "fail"})
def fifo(path, host):
    docker(path, Layer().dir("etc").add("etc/conf", tarfile.FIFOTYPE))


@case("a device at a path that is read", {"conf": "fail"})
def device(path, host):
    out = header(b"etc/conf", b"3") + bytes(1024)
    docker(path, out)


@case("a directory at a path that is read", {"conf": "fail"})
def directory(path, host):
    docker(path, Layer().dir("etc").dir("etc/conf"))


@case("one path twice: the last one counts", {"conf": "pass"})
def twice(path, host):
    docker(path, Layer().dir("etc").file("etc/conf", "key=other\n").file("./etc//conf", OK))


@case("a whiteout of nothing", "a whiteout of no name")
def whiteout_empty(path, host):
    docker(path, base(), Layer().file("etc/.wh.", ""))


@case("a whiteout of the parent", "a whiteout of no name")
def whiteout_parent(path, host):
    docker(path, base(), Layer().file("etc/.wh...", ""))


@case("a whiteout and the same name in one layer", {"conf": "pass"})
def whiteout_and_file(path, host):
    docker(path, Layer().dir("etc").file("etc/conf", "key=other\n"), base().file("etc/.wh.conf", ""))


@case("an opaque mark behind its directory's files", {"conf": "pass", "old": "fail"})
def opaque_late(path, host):
    docker(path, base().file("etc/old", OK), base().file("etc/.wh..wh..opq", ""))


@case("a whiteout below a link of a lower layer", {"conf": "pass"})
def whiteout_link(path, host):
    docker(path, base().link("l", "etc"), Layer().file("l/.wh.conf", ""))


@case("a file in the way of a directory", "Not a directory")
def file_in_way(path, host):
    docker(path, base().file("etc/conf/below", "x"))


@case("names that are no text", {"conf": "pass"})
def bytes_names(path, host):
    docker(path, base().bytes()[:1536] + header(b"etc/\xff\xfe\n\x01<&\"") + header(b"etc/e\xcc\x81") + bytes(1024))


@case("an entry of a type nobody knows", "unknown type")
def unknown_type(path, host):
    docker(path, header(b"etc/conf", b"Z") + bytes(1024))


@case("no tar at all", "not a tar archive")
def garbage(path, host):
    with open(path, "wb") as f:
        f.write(os.urandom(100000))


@case("nothing at all", "manifest.json")
def empty(path, host):
    with open(path, "wb"):
        pass


def judge(c, s):
    """What is wrong with one scan, "" if nothing."""
    wrong = []
    if s.seconds > SECONDS:
        wrong.append(f"took {s.seconds:.1f} s")
    if s.mebibytes > MEBIBYTES:
        wrong.append(f"took {s.mebibytes:.0f} MiB")
    if s.code < 0:
        wrong.append(f"ended by signal {-s.code}")
    if SECRET in json.dumps(s.result) + s.stderr or (s.baseline and SECRET.encode() in s.baseline):
        wrong.append("a file of the host was read")
    lines = [line for line in s.stderr.splitlines() if " objects in " not in line]
    if isinstance(c.want, str):
        if s.code != 1 or len(lines) != 1 or c.want not in lines[0]:
            wrong.append(f"exit {s.code}, not one error with \"{c.want}\"")
    else:
        got = s.verdicts()
        bad = {k: got.get(k) for k, v in c.want.items() if got.get(k) != v}
        if bad or s.code == 1:
            wrong.append(f"exit {s.code}, verdicts {got}, not {c.want}")
    return "; ".join(wrong)


def content(work, host):
    state = "<unix:uwrite datatype=\"boolean\">true</unix:uwrite>"
    return imagelib.write_content(work, [
        ("conf", imagelib.text_rule("/etc/conf", "^key=value$")),
        ("old", imagelib.text_rule("/etc/old", "^key=value$")),
        ("loop", imagelib.text_rule("/etc/loop", ".")),
        ("secret", imagelib.text_rule("/etc/secret", ".*")),
        ("proc", imagelib.text_rule("/proc/self/root" + host, ".*")),
        ("walk", imagelib.walk_rule("/", ".*", state)),
    ])


def build(c, path, host):
    """In a process of its own: a child's peak memory begins with its parent's."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            c.build(path, host)
            code = 0
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
        finally:
            os._exit(code)
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError(f"{c.name}: cannot be built")


def main():
    tap = scaplib.Tap()
    if not os.access(scaplib.STIGWATCH, os.X_OK):
        tap.skip("hostile images", f"{scaplib.STIGWATCH} is not built")
        tap.done()
    chosen = [c for c in CASES if len(sys.argv) < 2 or any(a in c.name for a in sys.argv[1:])]
    with scaplib.Workdir() as work:
        out, host = os.path.join(work, "out"), os.path.join(work, "host-file")
        os.mkdir(out)
        os.chmod(out, 0o777)
        with open(host, "w", encoding="utf-8") as f:
            f.write(SECRET + "\n")
        rules = content(work, host)
        for c in chosen:
            path = os.path.join(work, "image")
            build(c, path, host)
            s = imagelib.scan(f"{c.scheme}:{path}", rules, out, nobody=True)
            why = judge(c, s)
            tap.ok(not why, f"{c.name} ({s.seconds:.1f} s, {s.mebibytes:.0f} MiB)", f"{why}\n{s.stderr}")
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
            for name in os.listdir(out):
                os.unlink(os.path.join(out, name))
    tap.done()


if __name__ == "__main__":
    main()
