#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One root as each kind of target gives byte-identical verdicts (and baselines where nothing was added); archives are read as
user nobody; image names, platforms, packings, and contents that lie in several layers."""
import contextlib
import json
import os
import shutil
import subprocess
import tarfile
import uuid

import imagelib
import scaplib
from imagelib import Layer, Oci

E2E = os.path.join(scaplib.REPO, "tests", "e2e")
BUILD = os.environ.get("BUILD") or os.path.join(scaplib.REPO, "build")
ENV = ["PATH=/usr/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", "EMPTY="]
CAPS = bytes.fromhex("0100000200240000000000000000000000000000")


def run(*args, **more):
    return subprocess.run(args, check=True, capture_output=True, text=True, timeout=120, **more).stdout.strip()


def put(root, path, data, mode=0o644, owner=(0, 0)):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)
    os.chown(full, *owner)
    os.chmod(full, mode)


def small_root(root):
    """Names, owners, links, modes, a capability, a FIFO, a large and a sparse file."""
    os.makedirs(root)
    put(root, "etc/conf", "# first\nkey=value\n")
    put(root, "etc/shadow", "root:*::0:::::\n", 0o640, (0, 42))
    put(root, "etc/deep/a/b/c/file", "deep\n")
    put(root, "usr/bin/tool", b"\x7fELF" + bytes(100), 0o4755)
    put(root, "usr/lib/large.so", os.urandom(300000), 0o755)
    put(root, "usr/lib/owned.so", "x", 0o664, (1000, 1000))
    put(root, "usr/share/\u00e9 name\u0301", "text\n")
    put(root, "usr/share/" + "n" * 200 + "/" + "m" * 120, "long\n")
    with open(os.path.join(root, "usr/lib/sparse"), "wb") as f:
        f.truncate(5 << 20)
        f.seek(1 << 20)
        f.write(b"data")
    os.setxattr(os.path.join(root, "usr/bin/tool"), "security.capability", CAPS)
    os.link(os.path.join(root, "etc/conf"), os.path.join(root, "etc/hard"))
    os.symlink("/etc/conf", os.path.join(root, "etc/absolute"))
    os.symlink("../../../../../etc/conf", os.path.join(root, "etc/climbing"))
    os.symlink("usr/lib", os.path.join(root, "lib"))
    os.symlink("loop", os.path.join(root, "etc/loop"))
    os.mkfifo(os.path.join(root, "etc/fifo"))
    for folder in ("proc", "sys", "dev", "tmp"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    os.chmod(os.path.join(root, "tmp"), 0o1777)


def small_content(work, root):
    with open(os.path.join(root, "usr/lib/large.so"), "rb") as f:
        large = imagelib.sha256(f.read())
    with open(os.path.join(root, "usr/lib/sparse"), "rb") as f:
        sparse = imagelib.sha256(f.read())
    true, false = ('<unix:%s datatype="boolean">' + v + "</unix:%s>" for v in ("true", "false"))
    return imagelib.write_content(work, [
        ("text", imagelib.text_rule("/etc/conf", "^key=value$")),
        ("absolute", imagelib.text_rule("/etc/absolute", "^key=value$")),
        ("climbing", imagelib.text_rule("/etc/climbing", "^key=value$")),
        ("hard", imagelib.text_rule("/etc/hard", "^key=value$")),
        ("loop", imagelib.text_rule("/etc/loop", ".")),
        ("fifo", imagelib.text_rule("/etc/fifo", ".")),
        ("directory", imagelib.text_rule("/etc/deep", ".")),
        ("gone", imagelib.text_rule("/etc/gone", ".")),
        ("name", imagelib.text_rule("/usr/share/\u00e9 name\u0301", "text")),
        ("long", imagelib.text_rule("/usr/share/" + "n" * 200 + "/" + "m" * 120, "long")),
        ("below-link", imagelib.hash_rule("/lib/large.so", large)),
        ("large", imagelib.hash_rule("/usr/lib/large.so", large)),
        ("sparse", imagelib.hash_rule("/usr/lib/sparse", sparse)),
        ("env", imagelib.env_rule("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")),
        ("env-empty", imagelib.env_rule("EMPTY", "")),
        ("env-none", imagelib.env_rule("NONE", "x")),
        ("suid", imagelib.file_rule("/usr/bin/tool", true % ("suid", "suid"))),
        ("group", imagelib.file_rule("/etc/shadow", '<unix:group_id datatype="int">42</unix:group_id>')),
        ("links", imagelib.file_rule("/etc/absolute", "<unix:type>symbolic link</unix:type>")),
        ("size", imagelib.file_rule("/usr/lib/sparse", '<unix:size datatype="int">5242880</unix:size>')),
        ("walk-owner", imagelib.walk_rule("/usr/lib", ".*", '<unix:user_id datatype="int">0</unix:user_id>')),
        ("walk-write", imagelib.walk_rule("/usr", ".*", false % ("owrite", "owrite"))),
        ("walk-depth", imagelib.walk_rule("/etc", "^file$", false % ("uexec", "uexec"))),
        ("walk-link", imagelib.walk_rule("/lib", r"\.so$", false % ("gwrite", "gwrite"))),
    ])


class Docker:
    """The daemon's three kinds of target; everything made is removed."""

    def __init__(self):
        self.tag = f"sw-targets:{uuid.uuid4().hex[:12]}"
        self.names = []

    @staticmethod
    def missing():
        if os.geteuid() != 0 or not shutil.which("docker"):
            return "REQUIRED: no root or no docker: images and containers of a daemon were not compared"
        p = subprocess.run([os.path.join(E2E, "dockerd.sh"), BUILD], capture_output=True, text=True, check=False)
        return "REQUIRED: " + p.stderr.strip().replace("\n", " ") if p.returncode else None

    def image(self, layer, work):
        path = os.path.join(work, "import.tar")
        with open(path, "wb") as f:
            f.write(layer)
        args = [a for pair in ENV for a in ("--change", "ENV " + pair)]
        run("docker", "import", *args, path, self.tag)
        return "docker:" + self.tag

    def container(self, running):
        name = "sw-targets-" + uuid.uuid4().hex[:12]
        run("docker", "create", "--network", "none", "--name", name, self.tag, "/usr/bin/waiter", "@wait", "/never")
        self.names.append(name)
        if running:
            run("docker", "start", name)
        return "container:" + name

    def save(self, path):
        run("docker", "save", "-o", path, self.tag)
        os.chmod(path, 0o644)
        return path

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for name in self.names:
            subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)
        subprocess.run(["docker", "rmi", self.tag], capture_output=True, check=False)


def kinds(work, root, layer, docker):
    """(name, reference, environment to give, read as nobody, same baseline) of each kind but dir; a container's holds what
    Docker puts beside the image (/.dockerenv and the like)."""
    def path(name):
        return os.path.join(work, name)

    yield "docker-archive", "docker-archive:" + imagelib.docker_archive(path("d.tar"), [layer], env=ENV), (), True, True
    yield "docker-archive, packed", "docker-archive:" + imagelib.write_tar(
        path("dz.tar"), imagelib.docker_members([layer], env=ENV, pack="gzip"), "gzip"), (), True, True
    for pack in ("plain", "gzip") + (("zstd",) if shutil.which("zstd") else ()):
        oci = Oci()
        oci.top(oci.image([layer], ENV, pack))
        yield f"oci-archive, {pack}", "oci-archive:" + oci.archive(path(f"o-{pack}.tar")), (), True, True
        yield f"oci-dir, {pack}", "oci-dir:" + oci.directory(path(f"o-{pack}")), (), True, True
    if not docker:
        return
    yield "docker image", docker.image(layer, work), (), False, True
    saved = docker.save(path("saved.tar"))
    yield "docker save", "docker-archive:" + saved, (), True, True
    with tarfile.open(saved) as t:
        if "index.json" in t.getnames():
            yield "docker save as oci-archive", "oci-archive:" + saved, (), True, True
    yield "created container", docker.container(False), (), False, False
    yield "running container", docker.container(True), (), False, False


def lines(baseline):
    """Entries without the header, whose target differs."""
    return (baseline or b"").split(b"\n", 1)[-1]


def no_sandbox(s):
    return any(r["result"] == "notchecked" and "no sandbox" in (r["message"] or "") for r in (s.result or {"rules": []})["rules"])


def compare_kinds(tap, what, root, content, work, docker):
    put(root, "usr/bin/waiter", open(os.path.join(BUILD, "actors", "run"), "rb").read(), 0o755)
    layer = imagelib.layer_of(root)
    want = imagelib.scan("dir:" + root, content, os.path.join(work, "out"), env=ENV)
    tap.ok(want.result is not None and len(want.verdicts()) > 20, f"{what}: dir is scanned", want.stderr)
    for name, ref, env, nobody, same in kinds(work, root, layer, docker):
        got = imagelib.scan(ref, content, os.path.join(work, "out"), env=env, nobody=nobody)
        if nobody and no_sandbox(got):
            tap.skip(f"{what}: {name}: script checks as user nobody", "no sandbox for scripts without privilege here; compared as root")
            got = imagelib.scan(ref, content, os.path.join(work, "out"), env=env)
        diff = scaplib.differences(want.verdicts(), got.verdicts())
        tap.ok(got.vector() == want.vector(), f"{what}: {name}: verdicts of {len(got.verdicts())} rules are dir's",
               "\n".join(diff) + got.stderr)
        if same:
            tap.ok(lines(got.baseline) == lines(want.baseline), f"{what}: {name}: baseline is dir's",
                   "\n".join(sorted(str(x) for x in set(lines(want.baseline).split(b"\n")) ^ set(lines(got.baseline).split(b"\n")))[:8]))
    return want


def wanted(tap, want):
    """The small root's verdicts, so that equal does not mean equally wrong."""
    fail = {"loop", "fifo", "directory", "gone", "env-none", "walk-owner", "walk-link"}
    wrong = {k: v for k, v in want.verdicts().items() if v != ("fail" if k in fail else "pass")}
    tap.ok(not wrong, "small root: verdicts are the right ones", wrong)


def paths(s):
    return [json.loads(line)["path"] for line in (s.baseline or b"").splitlines()[1:]]


def as_docker_unpacks(tap, name, archive, s, content, out):
    """The same archive, loaded by the daemon: its own unpacking is the oracle where it accepts the layers."""
    tag = "sw-layers:" + uuid.uuid4().hex[:12]
    with open(archive, "rb") as f:
        data = f.read()
    with open(archive + ".tagged", "wb") as f:
        f.write(data.replace(b"sw-layers:000000000000", tag.encode()))
    p = subprocess.run(["docker", "load", "-q", "-i", archive + ".tagged"], capture_output=True, text=True, check=False)
    try:
        if p.returncode:
            tap.skip(f"layers: {name}: as the daemon unpacks them", "the daemon refuses: " + p.stderr.strip().splitlines()[-1][-120:])
            return
        d = imagelib.scan("docker:" + tag, content, out)
        tap.ok(lines(d.baseline) == lines(s.baseline), f"layers: {name}: as the daemon unpacks them", f"{paths(d)} {d.stderr}")
    finally:
        subprocess.run(["docker", "rmi", "-f", tag], capture_output=True, check=False)


def layering(tap, work, docker):
    """What several layers come to: paths of the baseline, and content."""
    out = os.path.join(work, "out")
    content = imagelib.write_content(work, [("conf", imagelib.text_rule("/etc/conf", "^new$")), ("hard", imagelib.text_rule("/etc/h", "^old$"))])
    rows = [
        ("a whiteout removes", [Layer().file("a").file("b"), Layer().file(".wh.a", "")], ["/", "/b"]),
        ("a whiteout removes a directory", [Layer().dir("d").file("d/a").file("b"), Layer().file(".wh.d", "")], ["/", "/b"]),
        ("a whiteout, then the name again", [Layer().file("a"), Layer().file(".wh.a", ""), Layer().file("a")], ["/", "/a"]),
        ("an opaque directory", [Layer().dir("d").file("d/a").dir("d/s").file("d/s/x"), Layer().dir("d").file("d/.wh..wh..opq", "").file("d/b")],
         ["/", "/d", "/d/b"]),
        ("a directory is merged", [Layer().dir("d").file("d/a"), Layer().dir("d", mode=0o700).file("d/b")], ["/", "/d", "/d/a", "/d/b"]),
        ("a file replaces a directory", [Layer().dir("d").file("d/a"), Layer().file("d")], ["/", "/d"]),
        ("a directory replaces a link of a lower layer", [Layer().dir("e").file("e/x").link("l", "e"), Layer().dir("l").file("l/y")],
         ["/", "/e", "/e/x", "/l", "/l/y"]),
        ("a link of the same layer is followed", [Layer().dir("e").link("l", "e").file("l/y")], ["/", "/e", "/e/y", "/l"]),
        ("hard links across layers", [Layer().dir("etc").file("etc/conf", "old\n"), Layer().hard("etc/h", "etc/conf").file("etc/conf", "new\n")],
         ["/", "/etc", "/etc/conf", "/etc/h"]),
        ("a hard link, then its first name changes", [Layer().dir("etc").file("etc/conf", "old\n").hard("etc/h", "etc/conf"),
                                                      Layer().file("etc/conf", "new\n")], ["/", "/etc", "/etc/conf", "/etc/h"]),
        ("GNU long names", [Layer(tarfile.GNU_FORMAT).file("n" * 150 + "/" + "m" * 150).link("l", "t" * 300)],
         ["/", "/l", "/" + "n" * 150, "/" + "n" * 150 + "/" + "m" * 150]),
    ]
    for name, layers, want in rows:
        layers = [layer.bytes() for layer in layers]
        archive = imagelib.docker_archive(os.path.join(work, "l.tar"), layers, tags=["sw-layers:000000000000"])
        s = imagelib.scan("docker-archive:" + archive, content, out, nobody=True)
        good = paths(s) == want and ("hard link" not in name or set(s.verdicts().values()) == {"pass"})
        tap.ok(good, f"layers: {name}", f"{paths(s)} {s.verdicts()} {s.stderr}")
        if docker:
            as_docker_unpacks(tap, name, archive, s, content, out)


def devices(tap, work):
    layer = Layer().add("null", tarfile.CHRTYPE).add("fifo", tarfile.FIFOTYPE).add("disk", tarfile.BLKTYPE).bytes()
    content = imagelib.write_content(work, [("x", imagelib.file_rule("/fifo", "<unix:type>fifo</unix:type>"))])
    s = imagelib.scan("docker-archive:" + imagelib.docker_archive(os.path.join(work, "dev.tar"), [layer]), content, os.path.join(work, "out"), nobody=True)
    types = [json.loads(line)["type"] for line in (s.baseline or b"").splitlines()[1:]]
    tap.ok(types == ["d", "b", "p", "c"] and s.verdicts() == {"x": "pass"}, "devices and FIFOs are listed, never opened", f"{types} {s.stderr}")


def choices(tap, work):
    """Which image of several; identity; --env over the image's own."""
    out = os.path.join(work, "out")
    content = imagelib.write_content(work, [("a", imagelib.text_rule("/a", ".")), ("env", imagelib.env_rule("A", "2"))])
    a, b = Layer().file("a").bytes(), Layer().file("b").bytes()
    oci = Oci()
    title = "org.opencontainers.image.ref.name"
    amd = oci.image([a], ["A=1"], platform={"os": "linux", "architecture": "amd64"})
    other = oci.image([b], ["A=1"], platform={"os": "linux", "architecture": "mips"})
    proof = oci.image([b], platform={"os": "unknown", "architecture": "unknown"})
    both = oci.index([other, amd, proof], annotations={title: "both"})
    third = oci.image([b], ["A=2"], annotations={title: "third"})
    oci.top(both, third)
    path = oci.directory(os.path.join(work, "choice"))
    machine = os.uname().machine == "x86_64"
    rows = [
        (path, "several images in it"),
        (path + ":third", {"a": "fail", "env": "pass"}),
        (path + ":fourth", "no image fourth in it; there is: both"),
        (path + "@" + other["digest"], {"a": "fail", "env": "fail"}),
        (path + "@sha256:" + "0" * 64, "No such file"),
        (path + "@sha256:1", "no sha256 digest"),
    ] + ([(path + ":both", {"a": "pass", "env": "fail"})] if machine else [])
    for ref, want in rows:
        s = imagelib.scan("oci-dir:" + ref, content, out, nobody=True)
        good = want in s.stderr and s.code == 1 if isinstance(want, str) else s.verdicts() == want
        tap.ok(good, f"oci-dir:{ref[len(path):] or '(no tag)'}", f"{s.verdicts()} {s.stderr}")
    for platform, want in (("linux/amd64", {"a": "pass", "env": "fail"}), ("linux/mips", {"a": "fail", "env": "fail"}),
                           ("linux/s390x", "no image for linux/s390x"), ("linux", "OS/ARCH"), ("linux/mips/v2", "no image for linux/mips")):
        s = imagelib.scan(f"oci-dir:{path}:both", content, out, nobody=True, more=["--platform", platform])
        good = want in s.stderr and s.code == 1 if isinstance(want, str) else s.verdicts() == want
        tap.ok(good, f"--platform {platform}", f"{s.verdicts()} {s.stderr}")
    s = imagelib.scan(f"oci-dir:{path}:third", content, out, env=["A=3"], nobody=True)
    tap.ok(s.verdicts().get("env") == "fail", "--env replaces the image's own value", f"{s.verdicts()} {s.stderr}")
    facts = json.dumps(s.result)
    config = json.loads(oci.files["blobs/sha256/" + third["digest"][7:]])["config"]["digest"]
    tap.ok(third["digest"] in facts and config in facts, "the result names manifest and configuration", facts[:2000])

    members = imagelib.docker_members([a], tags=["docker.io/library/one:latest"])
    more = {k.replace("layer0", "other"): v for k, v in imagelib.docker_members([b], tags=["two:2"]).items() if k != "manifest.json"}
    manifest = json.loads(members["manifest.json"])
    conf = [k for k in more if k.endswith(".json")][0]
    manifest.append({"Config": conf, "RepoTags": ["two:2"], "Layers": ["other/layer.tar"]})
    members.update(more)
    members["manifest.json"] = json.dumps(manifest).encode()
    tar = imagelib.write_tar(os.path.join(work, "two.tar"), members)
    for ref, want in ((tar, "several images in it"), (tar + ":one", "pass"), (tar + ":two:2", "fail"), (tar + ":two:3", "no image two:3")):
        s = imagelib.scan("docker-archive:" + ref, content, out, nobody=True)
        good = s.verdicts().get("a") == want if want in ("pass", "fail") else want in s.stderr
        tap.ok(good, f"docker-archive:{ref[len(tar):] or '(no tag)'}", f"{s.verdicts()} {s.stderr}")


def rereading(tap, work):
    """Files too large to keep, read in another order than the layer's: the baseline's in the layer's order, whatever their
    names are; the content's unpacked again, then spooled."""
    layer = Layer().dir("z").dir("a").file("a/empty", b"")
    files = {f"{'az'[i % 2]}/{40 - i:02}": os.urandom(70000) for i in range(40)}
    for name, data in files.items():
        layer.file(name, data)
    data = layer.hard("z/hard", "a/40").hard("a/hard", "a/40").bytes()
    backwards = list(files)[::-5]
    content = imagelib.write_content(work, [(f"r{i}", imagelib.hash_rule("/" + name, imagelib.sha256(files[name])))
                                            for i, name in enumerate(backwards)])
    out = os.path.join(work, "out")
    plain = imagelib.scan("docker-archive:" + imagelib.docker_archive(os.path.join(work, "p.tar"), [data]), content, out)
    packed = imagelib.scan("docker-archive:" + imagelib.docker_archive(os.path.join(work, "z.tar"), [data], pack="gzip"), content, out, nobody=True)
    tap.ok(len(paths(plain)) == 46 and lines(plain.baseline) == lines(packed.baseline), "a packed layer in another order", packed.stderr)
    for what, s in (("plain", plain), ("packed", packed)):
        tap.ok(list(s.verdicts().values()) == ["pass"] * len(backwards), f"a {what} layer read backwards", f"{s.verdicts()} {s.stderr}")
    digests = {e["path"]: e.get("sha256") for e in map(json.loads, packed.baseline.splitlines()[1:])}
    tap.ok(all(digests["/" + n] == imagelib.sha256(d) for n, d in files.items()), "a packed layer's digests", str(digests)[:500])
    tap.ok(digests["/z/hard"] == digests["/a/hard"] == digests["/a/40"], "a packed layer's hard links", str(digests)[:500])


def loops(tap, work):
    """A link that leads above itself is no directory to judge, in a directory as in an image."""
    obj = (f'<unix:file_object id="oval:t:obj:N" version="1" xmlns:unix="{imagelib.OVAL}#unix"><unix:behaviors recurse="symlinks and directories" '
           'recurse_direction="down" max_depth="-1"/><unix:path>/d</unix:path><unix:filename xsi:nil="true" '
           'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></unix:file_object>')
    rule = (obj, "unix", "file", '<unix:user_id datatype="int">0</unix:user_id>')
    content = imagelib.write_content(work, [("loop", rule)])
    out = os.path.join(work, "out")
    for target, want in ((".", "pass"), ("../../side", "fail")):  # the link's own owner is judged, where it counts
        layer = Layer().dir("d").dir("d/e").dir("side").add("d/e/l", tarfile.SYMTYPE, link=target, mode=0o777, owner=(1000, 1000))
        image = imagelib.scan("docker-archive:" + imagelib.docker_archive(os.path.join(work, "l.tar"), [layer.bytes()]), content, out)
        root = os.path.join(work, "loop")
        scaplib.sh("rm -rf $R; mkdir -p $R/d/e $R/side; ln -s $L $R/d/e/l; chown -h 1000:1000 $R/d/e/l", R=root, L=target)
        live = imagelib.scan("dir:" + root, content, out)
        oscap = scaplib.oscap(root, content, None, out)
        both = [s.verdicts().get("loop") for s in (image, live)] + [oscap.get("xccdf_test.t_rule_loop")]
        tap.ok(both == [want] * 3, f"a link to {target}", f"image, dir, oscap: {both}, wanted {want}; {image.stderr}")


def main():
    tap = scaplib.Tap()
    if not os.access(scaplib.STIGWATCH, os.X_OK) or os.geteuid() != 0:
        tap.skip("targets", f"{scaplib.STIGWATCH} is not built, or not root (owners of fixture files)")
        tap.done()
    reason = Docker.missing()
    with scaplib.Workdir() as work, contextlib.ExitStack() as stack:
        os.mkdir(os.path.join(work, "out"))
        os.chmod(os.path.join(work, "out"), 0o777)
        docker = None if reason else stack.enter_context(Docker())
        if reason:
            tap.skip("docker image, created and running container", reason)
        root = os.path.join(work, "small")
        small_root(root)
        wanted(tap, compare_kinds(tap, "small root", root, small_content(work, root), work, docker))
        layering(tap, work, docker)
        devices(tap, work)
        choices(tap, work)
        rereading(tap, work)
        loops(tap, work)
        if not (os.path.exists(scaplib.MKWOLFI) and os.path.exists(scaplib.VENDOR)):
            tap.skip("wolfi root", f"vendor content and mkwolfi.sh are not in {scaplib.SHARED}: THE VENDOR'S CONTENT WAS NOT COMPARED")
            tap.done()
        root = os.path.join(work, "wolfi")
        scaplib.sh("bash $M $R", M=scaplib.MKWOLFI, R=root)
        docker = None if reason else stack.enter_context(Docker())
        # user nobody may not be able to reach the checkout's neighbour
        content = shutil.copy(scaplib.VENDOR, os.path.join(work, "vendor-ds.xml"))
        os.chmod(content, 0o644)
        compare_kinds(tap, "wolfi root", root, content, work, docker)
    tap.done()


if __name__ == "__main__":
    main()
