#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--runtime-rule: only what is asked for is judged, told and hooked; a rule that was not watched for all the time never passes."""
import swlib as sw

SHELL = ["/bin/sh", "-c", ":"]


def selected(result, rules):
    """Verdicts of these; all others must be "notselected"."""
    verdicts = result.runtime()
    sw.equal({r for r, v in verdicts.items() if v != "notselected"}, set(rules), "what was selected")
    return {r: verdicts[r] for r in rules}


def on_calls(start):
    return [h["hook"] for h in start["hooks"] if h["attached"] and h["hook"].startswith(("tp_btf/sys_exit", "sys_exit/"))]


def entries_alone(image, folder):
    """What needs no hook on system calls has none; nothing else is told."""
    watch = sw.Watch("rules-entry", image, folder)
    watch.start("--runtime-rule", "no-entry")
    watch.run_container(*SHELL)
    start = watch.bodies("start")[0]
    sw.equal(on_calls(start), [], "hooks on system calls")
    sw.equal(start["rules"], [sw.RULE_PREFIX + "no-entry"], "the rules on record")
    result = watch.finish()
    sw.equal(selected(result, ["no-entry"]), {"no-entry": "pass"}, result.message("no-entry"))
    sw.check("told to watch for other rules" in result.message("no-shell"), result.message("no-shell"))
    sw.equal(watch.monitor.alerts, [], "alerts")
    sw.equal(sw.stigwatch("oscap", "xccdf", "validate", result.path).returncode, 0, "the result is valid")


def entry_told(image, folder):
    """The same, entered: by a shell, which is the entry's violation alone."""
    watch = sw.Watch("rules-entered", image, folder)
    watch.start("--runtime-rule", "xccdf_io.stigwatch_rule_no-entry")
    watch.run_container(*SHELL)
    sw.must("docker", "exec", watch.name, "/bin/sh", "-c", ":")
    result = watch.finish()
    sw.equal(selected(result, ["no-entry"]), {"no-entry": "fail"}, result.message("no-entry"))
    sw.equal({a["rule"] for a in watch.monitor.alerts}, {sw.RULE_PREFIX + "no-entry"}, "alerts")


def in_one_go(image, folder):
    """stigwatch run: the vendor's rules are scanned as ever, of the runtime rules one is judged."""
    watch = sw.Watch("rules-run", image, folder)
    out = folder / "run.xml"
    run = sw.Monitor("container:" + watch.name, "--content", sw.content(), "--sce=off", "--baseline",
                     sw.make_baseline(image, folder), "--evidence", watch.evidence, "--until-exit", "--runtime-rule", "no-mount",
                     "-o", "xccdf=%s" % out, command="run").await_ready()
    sw.start_container(watch.name, image, ["/actors/run", *SHELL, "--", "/bin/true"])
    sw.check(run.await_end() in (0, 2, 3), "%s" % run.messages[-3:])
    result = sw.Result(out)
    sw.equal(selected(result, ["no-mount"]), {"no-mount": "pass"}, result.message("no-mount"))
    sw.check(set(result.verdicts) > {sw.RULE_PREFIX + r for r in sw.RULES}, "rules of the content: %s" % result.verdicts)
    sw.check(not any("no-shell" in line for line in run.messages), "%s" % run.messages)
    sw.remove_container(watch.name)


def several(image, folder):
    """Two of ten: hooks as ever, and the shell is told."""
    watch = sw.Watch("rules-two", image, folder)
    watch.start("--runtime-rule", "no-shell", "--runtime-rule", "no-mount")
    watch.run_container(*SHELL)
    if sw.BACK_END == "tracepoint":
        sw.check("tp_btf/sys_exit" in on_calls(watch.bodies("start")[0]), "no hook on system calls")
    result = watch.finish()
    sw.equal(selected(result, ["no-shell", "no-mount"]), {"no-shell": "fail", "no-mount": "pass"},
             "%s %s" % (result.message("no-shell"), result.message("no-mount")))
    sw.equal({a["rule"] for a in watch.monitor.alerts}, {sw.RULE_PREFIX + "no-shell"}, "alerts")


def other_rules_later(image, folder):
    """The next monitor goes on with the same hooks, for another rule: neither was watched for all the time."""
    watch = sw.Watch("rules-later", image, folder)
    watch.start("--runtime-rule", "no-mount", "--runtime-rule", "no-injection", "--keep")
    watch.run_container(*SHELL)
    watch.stop()
    watch.start("--runtime-rule", "no-kernel-change", "--runtime-rule", "no-injection")
    sw.equal(len(watch.bodies("resume")), 1, "it went on with the programs")
    result = watch.finish()
    sw.equal(selected(result, ["no-mount", "no-kernel-change", "no-injection"]),
             {"no-mount": "unknown", "no-kernel-change": "unknown", "no-injection": "pass"}, "verdicts")
    for rule in ("no-mount", "no-kernel-change"):
        sw.check("not every monitor watched for this rule" in result.message(rule), result.message(rule))


def more_hooks_later(image, folder):
    """Programs that were loaded for entries alone are replaced: what happened between is not known."""
    watch = sw.Watch("rules-more", image, folder)
    watch.start("--runtime-rule", "no-entry", "--keep")
    watch.run_container(*SHELL)
    watch.stop()
    watch.start()
    sw.check(any("other options" in b["reason"] for b in watch.bodies("hole")), "the gap is told: %s" % watch.bodies("hole"))
    result = watch.finish()
    sw.equal(set(result.runtime().values()), {"unknown"}, "verdicts")


def refused(folder):
    """What is no rule, and what is to be enforced and not watched for, ends the start."""
    done = sw.stigwatch("monitor", "--all", "--evidence", folder / "none", "--runtime-rule", "no-such-rule")
    sw.check(done.returncode == 1 and "--runtime-rule no-such-rule" in done.stderr, done.stderr)
    done = sw.stigwatch("monitor", "--all", "--evidence", folder / "none", "--runtime-rule", "no-entry", "--enforce", "no-shell")
    sw.check(done.returncode == 1 and "not watched for cannot be enforced" in done.stderr, done.stderr)
    done = sw.stigwatch("monitor", "--all", "--evidence", folder / "none", "--runtime-rule", "no-entry", "--exec-permission")
    sw.check(done.returncode == 1 and "fanotify's, which is not used" in done.stderr, done.stderr)
    sw.check(not (folder / "none").exists(), "nothing was begun")


def main():
    sw.need_program()
    sw.need_root_and_docker()
    folder = sw.scratch()
    image = sw.service_image()
    tap = sw.Tap()
    tap.test("for entries alone system calls have no hook", entries_alone, image, folder)
    tap.test("an entry is told, its shell is not", entry_told, image, folder)
    tap.test("two rules of ten", several, image, folder)
    tap.test("one rule, scanned and watched in one go", in_one_go, image, folder)
    tap.test("the next monitor watches for others", other_rules_later, image, folder)
    tap.test("the next monitor needs more hooks", more_hooks_later, image, folder)
    tap.test("what cannot be asked for", refused, folder)
    tap.done()


if __name__ == "__main__":
    main()
