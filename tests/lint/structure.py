#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what no compiler checks: licence lines, sizes, who includes whom, machine paths. It changes nothing.

Prints "FILE:LINE: error: TEXT" (or warning) and ends with status 1 when there was an error.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LICENCE = {"bpf": "GPL-2.0-only"}
LICENCE_ELSEWHERE = "Apache-2.0"
CODE = (".c", ".h", ".S", ".py", ".sh")
FILE_WARN, FILE_MAX, BPF_MAX = 600, 1000, 400
FUNCTION_WARN, FUNCTION_MAX = 60, 100
PARAMETERS_WARN, PARAMETERS_MAX = 5, 9

# design section 10. In userspace a folder may include those named here, its own headers, and the engine's public ones.
LAYERS = {
    "event": set(),
    "sinks": set(),
    "fanotify": set(),
    "loader": {"event"},
    "collector": {"event", "loader"},
    "containers": {"event"},
    "baseline": {"event", "sinks"},
    "rules": {"event", "baseline"},
    "evidence": {"event"},
    "result": {"event", "rules", "evidence"},
    "service": {"event", "loader", "collector", "containers", "baseline", "rules", "evidence", "sinks",
                "fanotify"},
    "cli": {"event", "loader", "collector", "containers", "baseline", "rules", "evidence", "result", "sinks", "service",
            "fanotify"},
}
SEES_ABI = {"loader", "collector"}
ALLOWED = {("loader", "collector/decode.h")}  # the one decoder, for the violations that the kernel saved
ENGINE_DOORS = re.compile(r"^stigwatch/[a-z0-9_]+\.h$")
WORDS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
MACHINE = re.compile(r"(?<![\w./-])/(?:wo" + r"rk/|ho" + r"me/[a-z]|ro" + r"ot/[\w.])")

errors = 0
warnings = 0


def say(path, line, text, error=True):
    global errors, warnings  # pylint: disable=global-statement
    errors += error
    warnings += not error
    print("%s:%d: %s: %s" % (path, line, "error" if error else "warning", text))


def tracked():
    out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                         stdout=subprocess.PIPE).stdout.decode()
    return sorted(pathlib.PurePosixPath(p) for p in out.split("\0") if p and (ROOT / p).is_file())


def check_licence(path, lines):
    wanted = LICENCE.get(path.parts[0], LICENCE_ELSEWHERE)
    first = lines[0] if lines else ""
    if first.startswith("#!") and len(lines) > 1:
        first = lines[1]
    if "SPDX-License-Identifier: " + wanted not in first:
        say(path, 1, "line one lacks SPDX-License-Identifier: " + wanted)


def check_size(path, lines):
    if path.name == "vmlinux.h":
        return
    if path.name.endswith(".bpf.c"):
        if len(lines) > BPF_MAX:
            say(path, len(lines), "%d lines, at most %d for BPF" % (len(lines), BPF_MAX))
    elif len(lines) > FILE_MAX:
        say(path, len(lines), "%d lines, at most %d" % (len(lines), FILE_MAX))
    elif len(lines) > FILE_WARN:
        say(path, len(lines), "%d lines, wants to be two files" % len(lines), error=False)


def check_text(path, lines):
    for number, line in enumerate(lines, 1):
        if WORDS.search(line):
            say(path, number, "work that is not done has no place here: " + line.strip()[:60])
        if MACHINE.search(line):
            say(path, number, "a path of one machine: " + line.strip()[:80])
        if path.suffix == ".md" and line.startswith("\t"):
            say(path, number, "prose indented as code: was it formatted as C? " + line.strip()[:60])


def signature_before(lines, brace):
    """The text of the declaration that the "{" in column 0 of this line opens, or None when that is no function."""
    first = brace
    while first > 0 and lines[first - 1].strip() and not lines[first - 1].rstrip().endswith((";", "}", "*/")) \
            and not lines[first - 1].startswith("#"):
        first -= 1
    text = " ".join(line.strip() for line in lines[first:brace])
    return text if re.search(r"\w+\s*\(.*\)[^)=]*$", text) else None


def parameters_of(signature):
    """Top-level commas of the last parenthesis; BPF's program macros carry the kernel's own parameters."""
    signature = re.sub(r"__attribute__\s*\(\(.*?\)\)\s*", "", signature)
    if re.search(r"\b(BPF_PROG|BPF_KPROBE|SEC)\s*\(", signature):
        return 0
    end = signature.rindex(")")
    depth, begin, commas = 0, end, 0
    for i in range(end, -1, -1):
        depth += {")": 1, "(": -1}.get(signature[i], 0)
        commas += signature[i] == "," and depth == 1
        if depth == 0:
            begin = i
            break
    inside = signature[begin + 1:end].strip()
    return 0 if inside in ("", "void") else commas + 1


def check_functions(path, lines):
    if path.name == "vmlinux.h":
        return
    start = None
    for number, line in enumerate(lines):
        if line.startswith("{"):
            signature = signature_before(lines, number)
            start = number if signature else None
            count = parameters_of(signature) if signature else 0
            if count > PARAMETERS_WARN:
                say(path, number, "%d parameters, at most %d" % (count, PARAMETERS_WARN), error=count > PARAMETERS_MAX)
        elif line.startswith("}") and start is not None:
            length = number - start - 1
            if length > FUNCTION_MAX:
                say(path, start + 1, "function of %d lines, at most %d" % (length, FUNCTION_MAX))
            elif length > FUNCTION_WARN:
                say(path, start + 1, "function of %d lines, more than a screen" % length, error=False)
            start = None


def folder_of_include(path, name):
    """Which folder a quoted include means, relative to the repository, or None when it is not ours."""
    for base in (path.parent, *(pathlib.PurePosixPath(p) for p in ("engine/include", "engine", "userspace", "bpf", "tests",
                                                                   "bpf/kernel"))):
        if (ROOT / base / name).is_file():
            return (ROOT / base / name).resolve().relative_to(ROOT.resolve())
    return None


def include_error(path, name, found):
    """Why this include is against the layers, or None."""
    top = path.parts[0]
    if found is None:
        if top == "userspace" and path.parts[1] == "loader" and name.endswith(".skel.h"):
            return None
        return "includes %s, which is nowhere" % name
    other = found.parts
    if top == "bpf":
        return None if other[0] == "bpf" else "bpf/ includes nothing of ours but itself"
    if top == "engine":
        return None if other[0] == "engine" else "engine/ never sees %s/" % other[0]
    if top != "userspace":
        return None
    folder = path.parts[1]
    if other[0] == "tests":
        return "nobody includes tests/"
    if other[0] == "engine":
        return None if ENGINE_DOORS.match(name) else "only the engine's public headers (stigwatch/...)"
    if other[0] == "bpf":
        ok = other[1] == "abi" and folder in SEES_ABI
        return None if ok else "bpf/abi is for loader/ and the decoder in collector/"
    if other[1] == folder:
        return None
    if folder not in LAYERS:
        return "userspace/%s is in no layer; name it in tests/lint/structure.py" % folder
    if (folder, name) in ALLOWED:
        return None
    return None if other[1] in LAYERS[folder] else "%s/ does not include %s/" % (folder, other[1])


def check_includes(path, lines):
    if path.parts[0] not in ("bpf", "engine", "userspace"):
        return
    for number, line in enumerate(lines, 1):
        quoted = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        ours = re.match(r"\s*#\s*include\s+<(stigwatch/[^>]+)>", line)
        if quoted or ours:
            name = (quoted or ours)[1]
            why = include_error(path, name, folder_of_include(path, name))
            if why:
                say(path, number, why)


def main():
    for path in tracked():
        if path.suffix not in CODE and path.name not in ("Makefile", "run") and path.suffix not in (".xml", ".md", ".json"):
            continue
        lines = (ROOT / path).read_text(errors="replace").splitlines()
        check_text(path, lines)
        if path.suffix not in CODE:
            continue
        check_licence(path, lines)
        check_size(path, lines)
        if path.suffix in (".c", ".h"):
            check_functions(path, lines)
            check_includes(path, lines)
    print("structure: %d errors, %d warnings" % (errors, warnings))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
