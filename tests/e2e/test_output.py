#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The combined result: valid XCCDF that other tools read, the right overrides, and the other formats beside it."""
import json
import xml.etree.ElementTree as ET

import swlib as sw

SCHEMA = "/usr/share/openscap/schemas/xccdf/1.2/xccdf_1.2.xsd"
EVIDENCE_FOR = "urn:stigwatch:evidence-for"


class Job:
    """One watched container that starts a shell, scanned with one content."""

    def __init__(self, data_stream, folder, image):
        self.content = data_stream
        self.folder = folder
        self.folder.mkdir()
        self.image = image
        self.name = sw.container_name("output-" + folder.name)
        self.static = folder / "static.xml"
        self.evidence = folder / "evidence"
        self.reports = {}

    def watch(self):
        done = sw.stigwatch("scan", "docker:" + self.image, "--content", self.content, "--sce=off", "-o",
                            "xccdf=%s" % self.static, "--baseline", self.folder / "baseline.jsonl")
        sw.check(done.returncode in (0, 2), "scan: status %d: %s" % (done.returncode, done.stderr))
        monitor = sw.Monitor("container:" + self.name, "--baseline", self.folder / "baseline.jsonl",
                             "--evidence", self.evidence)
        monitor.await_ready()
        sw.start_container(self.name, self.image, ["/bin/dash", "-c", "exit 0"])
        sw.await_end(self.name)
        monitor.stop()
        sw.remove_container(self.name)

    def combined(self, mode):
        if mode not in self.reports:
            (self.folder / mode).mkdir()
            options = ("--runtime-verdicts", mode) if mode != "default" else ()
            self.reports[mode] = sw.report(self.evidence, self.folder / mode, self.name, self.static, options)
        return self.reports[mode]


def n_rules(data_stream):
    return sum(1 for _ in ET.parse(data_stream).getroot().iter(sw.XCCDF + "Rule"))


def evidence_for():
    """SV id -> runtime rules that are evidence for it, from the runtime benchmark."""
    found = {}
    for rule in ET.parse(sw.ROOT / "content/stigwatch-runtime-xccdf.xml").getroot().iter(sw.XCCDF + "Rule"):
        for reference in rule.findall(sw.XCCDF + "reference"):
            if reference.get("href") == EVIDENCE_FOR:
                found.setdefault(reference.text, []).append(rule.get("id"))
    return found


def validates(job):
    result = job.combined("default")
    sw.must("xmllint", "--noout", "--nonet", "--schema", SCHEMA, result.path)


def one_of_each(job):
    """Result() itself insists on one TestResult and one rule-result per rule."""
    result = job.combined("default")
    sw.equal(result.root.tag, sw.XCCDF + "Benchmark", "root element")
    rules = [r.get("id") for r in result.root.iter(sw.XCCDF + "Rule")]
    sw.equal(len(rules), n_rules(job.content) + len(sw.RULES), "rules")
    sw.equal(sorted(rules), sorted(result.verdicts), "rules and rule-results")
    sw.equal(sorted(result.runtime()), sorted(sw.RULES), "runtime rules")


def says_what_it_is(job):
    result = job.combined("default")
    sw.equal(result.test_result.findtext(sw.XCCDF + "target"), job.name, "target")
    sw.check(result.test_result.get("test-system", "").startswith("cpe:/a:stigwatch:stigwatch:"), "test-system is %r" %
             result.test_result.get("test-system"))
    for attribute in ("start-time", "end-time"):
        sw.check(result.test_result.get(attribute), "no %s" % attribute)
    text = json.dumps(result.facts())
    for digest in (sw.must("docker", "image", "inspect", "-f", "{{.Id}}", job.image).stdout.strip(),):
        sw.check(digest in text, "no fact holds %s: %s" % (digest, text))
    for word in ("coverage", "baseline", "evidence"):
        sw.check(any(word in name for name in result.facts()), "no fact about %s in %s" % (word, sorted(result.facts())))
    sw.equal(result.runtime()["no-shell"], "fail", "no-shell")
    sw.check("dash" in result.message("no-shell"), "message: %r" % result.message("no-shell"))


def oscap_renders(job):
    result = job.combined("default")
    page = job.folder / "oscap.html"
    sw.must("oscap", "xccdf", "generate", "report", "--output", page, result.path, status=(0,))
    text = page.read_text(errors="replace")
    sw.check("No shell is started in the container" in text, "the report lacks the runtime rule")
    said = result.message("no-shell").split("\n")[0][:40]
    sw.check(said and sw.re.sub(r"\s+", " ", said).strip() in sw.re.sub(r"\s+", " ", text.replace("&#39;", "'")),
             "the report lacks the message %r" % said)


def overrides_follow(job, mode):
    """Exactly the vendor rules that the runtime rules are evidence for, and only as far as the mode goes."""
    static = sw.Result(job.static)
    result = job.combined(mode)
    runtime = result.runtime()
    wanted = {}
    for sv, rules in evidence_for().items():
        verdicts = [runtime[r[len(sw.RULE_PREFIX):]] for r in rules]
        for rule_id, old in static.verdicts.items():
            if not rule_id.endswith(sv) or mode == "observe":
                continue
            if "fail" in verdicts and old != "fail":
                wanted[rule_id] = (old, "fail")
            elif mode == "full" and set(verdicts) == {"pass"} and old == "notapplicable":
                wanted[rule_id] = (old, "pass")
    found = {}
    for rule_id, override in result.overrides.items():
        found[rule_id] = (override.findtext(sw.XCCDF + "old-result"), override.findtext(sw.XCCDF + "new-result"))
        sw.check(override.get("time") and override.get("authority", "").startswith("stigwatch"),
                 "attributes of the override: %s" % override.attrib)
        sw.check(sw.RULE_PREFIX in (override.findtext(sw.XCCDF + "remark") or ""), "the remark names no runtime rule")
    sw.equal(found, wanted, "overrides under %s" % mode)
    sw.check(mode == "observe" or wanted, "nothing to override: this shows nothing")
    for rule_id, old in static.verdicts.items():
        sw.equal(result.verdicts[rule_id], wanted.get(rule_id, (old, old))[1], "verdict of %s" % rule_id)
    sw.must("xmllint", "--noout", "--nonet", "--schema", SCHEMA, result.path)


def check_arf(path, asset, oval):
    """oscap accepts the collection; it says whom it is about, and holds the OVAL results that the rule-results name."""
    sw.must("oscap", "ds", "rds-validate", path, status=(0,))
    sw.must(sw.STIGWATCH, "oscap", "ds", "rds-validate", path, status=(0,))
    text = path.read_text()
    sw.check('id="%s"' % asset in text and "computing-device" in text, "the asset is not filled in")
    sw.check(sw.RULE_PREFIX + "no-shell" in text, "no runtime rule in it")
    reports = set(sw.re.findall(r'<arf:report id="(oval\d+)"', text))
    sw.equal({n for n in sw.re.findall(r'check-content-ref href="#(oval\d+)"', text)} - reports, set(), "OVAL reports that are not there")
    sw.equal(bool(reports), oval, "OVAL reports")


def combined_arf(job):
    path = job.folder / "combined.arf"
    sw.must(sw.STIGWATCH, "report", "--evidence", job.evidence, "--static", job.static, "--container", job.name, "-o", "arf=%s" % path, status=(2,))
    check_arf(path, job.name, oval=False)


def default_is_fail_only(job):
    sw.equal(job.combined("default").verdicts, job.combined("fail-only").verdicts, "verdicts by default")


def other_formats(job):
    out = {f: job.folder / ("out." + f) for f in ("xccdf", "json", "html", "lines", "text")}
    argv = ["report", "--evidence", job.evidence, "--static", job.static, "--container", job.name]
    for name, path in out.items():
        argv += ["-o", "%s=%s" % (name, path)]
    sw.equal(sw.stigwatch(*argv).returncode, 2, "exit status")
    verdicts = sw.Result(out["xccdf"]).verdicts
    data = json.dumps(json.loads(out["json"].read_text()))
    lines = out["lines"].read_text()
    page = out["html"].read_text()
    for rule_id, verdict in verdicts.items():
        sw.check(rule_id in data, "json lacks %s" % rule_id)
        sw.check(any(rule_id in line and verdict in line for line in lines.splitlines()), "lines lacks %s %s" % (
            rule_id, verdict))
    for rule in sw.RULES:
        sw.check(sw.RULE_PREFIX + rule in page, "html lacks %s" % rule)
    sw.check(not sw.re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", page), "html loads something from elsewhere")
    sw.check(not sw.re.search(r"<script[^>]*src|<link|@import", page), "html is not self-contained")
    sw.check(out["text"].read_text().find("fail") >= 0, "text shows no fail")


def to_stdout(job):
    done = sw.stigwatch("report", "--evidence", job.evidence, "--container", job.name, "-o", "json=-")
    sw.equal(done.returncode, 2, "exit status")
    json.loads(done.stdout)


def profile_selects(job):
    """A profile leaves the other rules unselected."""
    out = job.folder / "profile.xml"
    sw.must(sw.STIGWATCH, "scan", "docker:" + job.image, "--content", sw.MINI_DS, "--profile", "one", "-o",
            "xccdf=%s" % out, status=(0,))
    verdicts = sw.Result(out).verdicts
    sw.equal(verdicts.pop("xccdf_test.stigwatch_rule_mini-https"), "pass", "the selected rule")
    sw.equal(set(verdicts.values()) - {"notselected"}, set(), "the others")


def verdicts_of_mini(job):
    sw.equal({k.split("_rule_")[1]: v for k, v in sw.Result(job.static).verdicts.items()},
             {"mini-https": "pass", "mini-absent": "fail", "mini-nocheck": "notchecked",
              "SV-203721r958804_rule": "notapplicable"}, "static verdicts")


def run_does_it_all(image, folder):
    """stigwatch run: scan, monitor and report in one; it never starts the target."""
    name = sw.container_name("run")
    out, page, evidence = folder / "run.xml", folder / "run.html", folder / "run-evidence"
    job = sw.Monitor("container:" + name, "--content", sw.MINI_DS, "--for", "60s", "--evidence", evidence,
                     "-o", "xccdf=%s" % out, "-o", "html=%s" % page, "-o", "arf=%s" % (folder / "run.arf"), command="run")
    job.await_ready()
    sw.start_container(name, image, ["/actors/run", "/bin/dash", "-c", "exit 0", "--", "/actors/file", "chmod", "0777",
                                     "/usr/bin/tool"])
    sw.await_end(name)
    status = job.stop()
    sw.remove_container(name)
    sw.equal(status, 2, "exit status (%s)" % job.messages)
    check_arf(folder / "run.arf", name, oval=True)
    result = sw.Result(out)
    sw.equal(result.runtime(), dict(zip(sw.RULES, "fail pass fail pass pass pass pass pass pass pass".split())), "verdicts")
    sw.equal(result.verdicts["xccdf_test.stigwatch_rule_mini-https"], "pass", "a static verdict")
    sw.check(page.stat().st_size > 1000, "the page is empty")
    sw.must(sw.STIGWATCH, "verify", evidence)


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    image = sw.service_image()
    tap = sw.Tap()
    contents = [("mini", sw.MINI_DS)]
    if sw.VENDOR_DS.exists():
        contents.append(("vendor", sw.VENDOR_DS))
    for label, data_stream in contents:
        job = Job(data_stream, folder / label, image)
        tap.test("%s: scan and watch" % label, job.watch)
        tap.test("%s: one Benchmark, one TestResult, one rule-result a rule" % label, one_of_each, job)
        tap.test("%s: the XCCDF 1.2 schema accepts the result" % label, validates, job)
        tap.test("%s: oscap renders the runtime rule and its message" % label, oscap_renders, job)
        tap.test("%s: target, test system, window, facts" % label, says_what_it_is, job)
        for mode in ("observe", "fail-only", "full"):
            tap.test("%s: overrides under %s" % (label, mode), overrides_follow, job, mode)
        tap.test("%s: fail-only is the default" % label, default_is_fail_only, job)
        tap.test("%s: oscap accepts the combined result as ARF" % label, combined_arf, job)
        tap.test("%s: json, html, lines and text agree" % label, other_formats, job)
        if label == "mini":
            tap.test("static verdicts", verdicts_of_mini, job)
            tap.test("a profile selects", profile_selects, job)
            tap.test("- is standard output", to_stdout, job)
    if len(contents) == 1:
        print("# the vendor's data stream is not beside this checkout (%s)" % sw.VENDOR_DS.relative_to(sw.ROOT.parent))
        tap.n += 1
        print("ok %d - the vendor's content # SKIP no ../shared/data beside this checkout" % tap.n)
    tap.test("run does scan, monitor and report", run_does_it_all, image, folder)
    tap.done()


if __name__ == "__main__":
    main()
