# SPDX-License-Identifier: Apache-2.0
"""Virtual machines for tests: Debian's kernels without installing them, booted by qemu (TCG, so no KVM is needed) on the
machine's own files. It never judges what a guest does.

A guest's root is an ext4 disk of its own; the machine's directories are bound into it, read-only over 9p under an overlay of
memory: whatever is installed here is installed there, and nothing that a guest does comes back but what it writes to its
share. See init.sh.
"""
import json
import lzma
import os
import pathlib
import re
import shutil
import stat
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGES = {"6.1": "linux-image-amd64", "6.12": "linux-image-6.12-amd64"}
MODULES = ("virtio_pci", "virtio_blk", "9pnet_virtio", "9p", "overlay", "ext4", "virtio_rng")
# folders of a kernel's modules that hold those and what they need
MODULE_DIRS = ("fs", "lib", "crypto", "arch/x86/crypto", "net/9p", "net/core", "drivers/virtio", "drivers/block",
               "drivers/char")
# not the TSC as a clock: on a busy machine it is calibrated wrongly, and the guest's time ran at twice the pace
COMMAND_LINE = ("console=ttyS0 loglevel=5 panic=-1 nokaslr mitigations=off no_timer_check clocksource=hpet random.trust_cpu=on "
                "rcupdate.rcu_expedited=1")
LSMS = "landlock,lockdown,yama,loadpin,safesetid,integrity,bpf"  # Debian's list without AppArmor
# One host thread for both CPUs: with a thread each, a CPU may meet the int3 of a text poke that the other has ended already,
# and the kernel dies of it (6.12: "Oops: int3" in do_exit, when the tracepoint there was attached). Guests run side by side.
TWO_CPUS = ("-accel", "tcg,thread=single", "-smp", "2")
# time is the number of instructions executed, a nanosecond each; idle time passes at once
ICOUNT = ("-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-smp", "1")
DISK_BYTES = 4 << 30  # sparse


class Missing(Exception):
    """A tool or a kernel is not to be had here."""


def tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise Missing("%s is not installed" % name)
    return path


def ask(argv, **kw):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=300, **kw)
    if done.returncode:
        raise Missing("%s: %s" % (" ".join(map(str, argv)), (done.stderr or done.stdout).strip()[-300:]))
    return done.stdout


# ---- kernels ----

class Kernel:
    """A kernel unpacked from its package: version, image, modules."""

    def __init__(self, folder):
        self.folder = folder
        images = sorted((folder / "boot").glob("vmlinuz-*"))
        if len(images) != 1:
            raise Missing("no kernel image in %s" % folder)
        self.image = images[0]
        self.release = self.image.name[len("vmlinuz-"):]

    def module_file(self, name):
        found = sorted(self.folder.glob("lib/modules/*/kernel/**/%s.ko*" % name))
        if not found:
            raise Missing("no module %s in %s" % (name, self.folder))
        return found[0]

    def module_files(self):
        """The files of MODULES and what they need, in the order of loading; built-in ones are left out."""
        found = []
        for module in MODULES:
            out = ask([tool("modprobe"), "-d", str(self.folder), "-S", self.release, "--show-depends", module])
            for line in out.splitlines():
                if line.startswith("insmod "):
                    path = line.split()[1]
                    if path not in found:
                        found.append(path)
        return [pathlib.Path(p) for p in found]


def package_of(meta):
    """The package with the image that a meta package stands for."""
    for refresh in (False, True):
        if refresh:
            ask([tool("apt-get"), "update", "-q"])
        try:
            out = ask([tool("apt-cache"), "depends", "--no-recommends", "--no-suggests", meta])
        except Missing:
            continue
        names = re.findall(r"Depends: (linux-image-\S+)", out)
        if names:
            return names[0]
    raise Missing("no package %s" % meta)


def unpack(package, folder):
    """Downloads a package and unpacks what is needed of it; the folder appears whole or not at all."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    ask([tool("apt-get"), "download", "-q", package], cwd=partial)
    deb = next(partial.glob("*.deb"))
    wanted = ["./boot/vmlinuz-*", "./lib/modules/*/modules.*"] + ["./lib/modules/*/kernel/%s/*" % d for d in MODULE_DIRS]
    with subprocess.Popen([tool("dpkg-deb"), "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as data:
        # status 2: a pattern that this kernel has nothing for
        subprocess.run(["tar", "-x", "-C", str(partial), "--wildcards", *wanted], stdin=data.stdout,
                       stderr=subprocess.DEVNULL, check=False)
    deb.unlink()
    kernel = Kernel(partial)
    ask([tool("depmod"), "-b", str(partial), kernel.release])
    partial.rename(folder)


def kernel(version, cache):
    """The newest kernel that the package sources have of a version, unpacked below cache."""
    for name in ("qemu-system-x86_64", "modprobe", "depmod", "mkfs.ext4", "busybox"):
        tool(name)
    package = package_of(PACKAGES[version])
    folder = cache / package
    if not folder.exists():
        unpack(package, folder)
    return Kernel(folder)


# ---- initramfs ----

def cpio_entry(name, mode, data=b""):
    """One member of a "newc" archive."""
    head = "070701" + "".join("%08X" % v for v in (
        0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
    out = head.encode() + name.encode() + b"\0"
    out += b"\0" * (-len(out) % 4) + data
    return out + b"\0" * (-len(data) % 4)


def plain_module(path):
    data = path.read_bytes()
    return (path.name[:-3], lzma.decompress(data)) if path.suffix == ".xz" else (path.name, data)


def initramfs(krn, path):
    files = [cpio_entry(d, stat.S_IFDIR | 0o755) for d in ("bin", "modules")]
    files.append(cpio_entry("bin/busybox", stat.S_IFREG | 0o755, pathlib.Path(tool("busybox")).read_bytes()))
    files.append(cpio_entry("init", stat.S_IFREG | 0o755, (HERE / "init.sh").read_bytes()))
    order = []
    for module in krn.module_files():
        name, data = plain_module(module)
        order.append(name)
        files.append(cpio_entry("modules/" + name, stat.S_IFREG | 0o644, data))
    files.append(cpio_entry("modules/order", stat.S_IFREG | 0o644, "".join(n + "\n" for n in order).encode()))
    files.append(cpio_entry("TRAILER!!!", 0))
    path.write_bytes(b"".join(files))


# ---- guests ----

class Guest:
    """One boot of a kernel with one job. After end(): what came back."""

    def __init__(self, krn, folder, steps, memory=2048, append="", icount=False):
        self.kernel, self.folder = krn, folder
        shutil.rmtree(folder, ignore_errors=True)
        self.share = folder / "share"
        self.share.mkdir(parents=True)
        (self.share / "job.json").write_text(json.dumps({"steps": steps}))
        initramfs(krn, folder / "initramfs")
        disk = folder / "disk"
        with open(disk, "wb") as f:
            f.truncate(DISK_BYTES)
        ask([tool("mkfs.ext4"), "-q", "-F", str(disk)])
        dirs = sorted(e.name for e in os.scandir("/") if self.shown(e))
        words = [COMMAND_LINE, "lsm=" + LSMS, "sw.repo=%s" % ROOT, "sw.dirs=" + ",".join(dirs), append]
        self.argv = [
            tool("qemu-system-x86_64"), *(ICOUNT if icount else TWO_CPUS), "-m", str(memory), "-cpu", "max",
            "-nodefaults", "-no-reboot", "-display", "none", "-serial", "file:%s" % (folder / "console"),
            "-kernel", str(krn.image), "-initrd", str(folder / "initramfs"), "-append", " ".join(words),
            "-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
            "-fsdev", "local,id=share,path=%s,security_model=none" % self.share,
            "-device", "virtio-9p-pci,fsdev=share,mount_tag=share",
            "-drive", "file=%s,format=raw,if=virtio,cache=unsafe" % disk,
            "-device", "virtio-rng-pci"]
        self.process = None
        self.begin = 0.0

    @staticmethod
    def shown(entry):
        """Directories of the machine that programs need; not its processes, devices, and places that change."""
        return entry.name in ("bin", "etc", "home", "lib", "lib32", "lib64", "libx32", "opt", "root", "sbin", "usr")

    def start(self):
        self.begin = time.monotonic()
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(self.folder / "qemu.err", "wb"))
        return self

    def end(self, deadline):
        """Waits until the guest switched itself off; returns (records, complaint or None)."""
        complaint = None
        try:
            self.process.wait(max(1.0, deadline - (time.monotonic() - self.begin)))
        except subprocess.TimeoutExpired:
            complaint = "not done after %d s" % deadline
            self.process.kill()
            self.process.wait()
        (self.folder / "disk").unlink(missing_ok=True)
        records = self.records()
        if not complaint and not any("done" in r for r in records):
            complaint = "the guest ended before its job; %s" % self.tail()
        return records, complaint

    def records(self):
        path = self.share / "results.jsonl"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]

    def output(self, step):
        path = self.share / (step + ".out")
        return path.read_text(errors="replace") if path.exists() else ""

    def tail(self):
        console = self.folder / "console"
        text = console.read_text(errors="replace")[-1500:] if console.exists() else ""
        return "console: %s; qemu: %s" % (text, (self.folder / "qemu.err").read_text(errors="replace")[-500:])

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
