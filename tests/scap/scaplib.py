# SPDX-License-Identifier: Apache-2.0
"""What the SCAP tests share: TAP, roots from tables, oscap and stigwatch as functions from root to verdicts."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.path.join(os.path.dirname(REPO), "shared")
MKWOLFI = os.path.join(SHARED, "tools", "mkwolfi.sh")
VENDOR = os.path.join(SHARED, "data", "ssg-chainguard-gpos-ds.xml")
FIXTURES = os.path.join(REPO, "tests", "fixtures", "scap")
XSD = "/usr/share/openscap/schemas/xccdf/1.2/xccdf_1.2.xsd"
STIGWATCH = os.environ.get("STIGWATCH") or os.path.join(REPO, "build", "stigwatch")


WORST = ["fail", "error", "unknown", "notchecked", "pass", "fixed", "informational", "notapplicable", "notselected"]


class Tap:
    def __init__(self):
        self.n = 0
        self.failed = 0

    def ok(self, good, name, detail=""):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}", flush=True)
        if not good:
            for line in str(detail).splitlines()[:40]:
                print(f"# {line}", flush=True)

    def skip(self, name, reason):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {reason}", flush=True)

    def done(self):
        print(f"1..{self.n}")
        sys.exit(1 if self.failed else 0)


def missing():
    """Why the differential tests cannot run here, or None."""
    if os.geteuid() != 0:
        return "needs root (chown of fixture files)"
    if not shutil.which("oscap"):
        return "oscap is not installed"
    version = subprocess.run(["oscap", "--version"], capture_output=True, text=True).stdout
    if not version.startswith("OpenSCAP"):
        return f"oscap is not OpenSCAP but {version.splitlines()[:1]}: nothing to compare with"
    if not os.access(STIGWATCH, os.X_OK):
        return f"{STIGWATCH} is not built"
    return None


def sh(script, **env):
    p = subprocess.run(["bash", "-euc", script], env={**os.environ, **env}, capture_output=True, text=True, errors="replace")
    if p.returncode:
        raise RuntimeError(f"fixture: {script}: {p.stderr}")


def xccdf_verdicts(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    pairs = re.findall(r'<(?:\w+:)?rule-result idref="([^"]+)".*?<(?:\w+:)?result>(\w+)<', text, re.S)
    verdicts = {}
    for rule, verdict in pairs:  # multi-check gives one rule several: the worst is the rule's
        verdicts[rule] = min(verdict, verdicts.get(rule, verdict), key=WORST.index)
    return verdicts


def xccdf_rule_results(path):
    """(rule, definition, verdict) of every rule-result in order; a rule may have several."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    found = []
    for rule, body in re.findall(r'<(?:\w+:)?rule-result idref="([^"]+)"(.*?)</(?:\w+:)?rule-result>', text, re.S):
        name = re.search(r'check-content-ref [^>]*name="([^"]+)"', re.sub(r"<complex-check.*</complex-check>", "", body, flags=re.S))
        found.append((rule, name[1] if name else None, re.search(r"<(?:\w+:)?result>(\w+)<", body)[1]))
    return found


def oscap(root, content, env, work, profile=None, args=()):
    """Verdicts by rule id; env None: unknown."""
    out = os.path.join(work, "oscap.xml")
    if os.path.exists(out):
        os.unlink(out)
    e = {**os.environ, "OSCAP_PROBE_ROOT": root, "SEXP_VALIDATE_DISABLE": "1"}
    e.pop("OSCAP_CONTAINER_VARS", None)
    if env is not None:
        e["OSCAP_CONTAINER_VARS"] = "\n".join(env)
    args = ["oscap", "xccdf", "eval", "--results", out, *args]
    if profile:
        args += ["--profile", profile]
    p = subprocess.run(args + [content], env=e, capture_output=True, text=True, errors="replace", timeout=300)
    if p.returncode not in (0, 2):
        raise RuntimeError(f"oscap: exit {p.returncode}: {p.stderr[:2000]}")
    return xccdf_verdicts(out)


def stigwatch(root, content, env, work, profile=None, xccdf=None, args=()):
    """The JSON result; its exit code under "exit"."""
    out = os.path.join(work, "stigwatch.json")
    if os.path.exists(out):
        os.unlink(out)
    args = [STIGWATCH, "scan", f"dir:{root}", "--content", content, "-o", f"json={out}", *args]
    for pair in env or []:
        args += ["--env", pair]
    if profile:
        args += ["--profile", profile]
    if xccdf:
        args += ["-o", f"xccdf={xccdf}"]
    p = subprocess.run(args, capture_output=True, text=True, errors="replace", timeout=300)
    if not os.path.exists(out):
        raise RuntimeError(f"stigwatch: exit {p.returncode}: {p.stderr[:2000]}")
    with open(out, encoding="utf-8") as f:
        result = json.load(f)
    result["exit"] = p.returncode
    return result


def verdicts(result):
    return {r["id"]: r["result"] for r in result["rules"]}


def differences(expected, got):
    """One line per rule that differs."""
    ids = sorted(set(expected) | set(got))
    return [f"{i}: expected {expected.get(i)}, got {got.get(i)}" for i in ids if expected.get(i) != got.get(i)]


class Workdir:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="stigwatch-scap-")
        os.chmod(self.path, 0o755)
        return self.path

    def __exit__(self, *exc):
        shutil.rmtree(self.path, ignore_errors=True)
