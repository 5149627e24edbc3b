# SPDX-License-Identifier: Apache-2.0
"""OVAL results documents as plain dictionaries, so that two programs' documents can be compared; and their schemas."""
import collections
import os
import subprocess
import xml.etree.ElementTree as ET

SCHEMAS = "/usr/share/openscap/schemas/oval/5.11"
RESULTS = "{http://oval.mitre.org/XMLSchema/oval-results-5}"
SYSCHAR = "{http://oval.mitre.org/XMLSchema/oval-system-characteristics-5}"
# What the two are not meant to agree on: oscap writes the pattern as "line" (deprecated in the schema, we leave it out);
# reading a file changes the time of its last access; oscap looks the last login up on the scanning host.
NOT_COMPARED = {"line", "a_time", "last_login"}


def validates(path, schema="oval-results-schema.xsd"):
    """What the schema says against the document, or None."""
    p = subprocess.run(["xmllint", "--noout", "--nonet", "--huge", "--schema", os.path.join(SCHEMAS, schema), path],
                       capture_output=True, text=True, errors="replace")
    return p.stderr[-2000:] if p.returncode else None


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def content(entity):
    """Text; of a record its fields."""
    if entity.get("datatype") == "record":
        return tuple(sorted((f.get("name"), f.text or "") for f in entity))
    return entity.text or ""


def item(element):
    entities = [(local(e), content(e), e.get("datatype") or "string", e.get("status") or "exists", e.get("mask") or "false")
                for e in element if local(e) not in NOT_COMPARED and local(e) != "message"]
    return (local(element), element.get("status") or "exists", tuple(sorted(entities)))


def node(element):
    ref = element.get("test_ref") or element.get("definition_ref") or element.get("operator")
    return (local(element), ref, element.get("result"), element.get("negate") or "false", tuple(node(e) for e in element))


def load(path):
    """{definitions, tests, objects, items}; items of tests and objects by content, for their ids are each program's own."""
    root = ET.parse(path).getroot()
    if root.find(f"{RESULTS}results/{RESULTS}system") is None:
        raise ValueError(f"{path}: no system")
    return load_system(root.find(f"{RESULTS}results/{RESULTS}system"))


def values(elements):
    """Of variables. oscap's count of nothing is "0" here and no value where it is used; ours is no value in both places."""
    return tuple(sorted((e.get("variable_id"), e.text or "") for e in elements if e.text != "0"))


def first(elements):
    """Without those of a second set of variables, which oscap evaluates but does not tell."""
    return [e for e in elements if e.get("variable_instance", "1") == "1"]


def load_system(system):
    characteristics = system.find(f"{SYSCHAR}oval_system_characteristics")
    items = {e.get("id"): item(e) for e in characteristics.findall(f"{SYSCHAR}system_data/*")}
    definitions = {e.get("definition_id"): (e.get("result"), tuple(node(n) for n in e)) for e in first(system.findall(f"{RESULTS}definitions/*"))}
    tests, objects = {}, {}
    for e in first(system.findall(f"{RESULTS}tests/*")):
        # sets: oscap lists a link twice where it recurses through links
        tested = sorted({(items.get(i.get("item_id"), "?"), i.get("result")) for i in e.findall(f"{RESULTS}tested_item")})
        variables = values(e.findall(f"{RESULTS}tested_variable"))
        tests[e.get("test_id")] = (e.get("result"), tuple(tested), variables)
    for e in first(characteristics.findall(f"{SYSCHAR}collected_objects/*")):
        variables = values(e.findall(f"{SYSCHAR}variable_value"))
        refs = sorted({items.get(r.get("item_ref"), "?") for r in e.findall(f"{SYSCHAR}reference")})
        objects[e.get("id")] = (e.get("flag"), tuple(refs), variables)
    return {"definitions": definitions, "tests": tests, "objects": objects, "items": collections.Counter(items.values())}


def differences(want, got, kinds=("definitions", "tests", "objects")):
    """What differs of oscap's definitions, tests and objects. It does not tell of the operands of sets, nor of what it
    evaluated for a platform of the benchmark itself; we do."""
    lines = []
    for kind in kinds:
        more = set(got[kind]) if kind != "objects" else set()
        for key in sorted(set(want[kind]) | more):
            a, b = want[kind].get(key), got[kind].get(key)
            if a != b:
                lines.append(f"{kind[:-1]} {key}:\n  oscap     {a}\n  stigwatch {b}")
    return lines
