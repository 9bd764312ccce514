#!/usr/bin/env python3
"""The JSON Schemas of schema/ hold for what the programs read and write.

Every mapping file is valid; every mapping that the loader refuses for its shape is refused by the schema, too; and all
that a real run says on its feed and status is valid. usage: json_schemas.py PATH_OF_FEED_DUMP
Exit status: 0 all hold, 1 one does not, 77 python3-jsonschema is not installed.
"""
import json
import pathlib
import subprocess
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("SKIPPED: python3-jsonschema is not installed")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2] / "schema"
failures = 0


def check(claim, holds):
    global failures
    if not holds:
        failures += 1
        print("FAILED:", claim)


def validator(name, part=None):
    schema = json.loads((ROOT / name).read_text())
    Draft202012Validator.check_schema(schema)
    if part:
        schema = {**schema, "$ref": "#/$defs/" + part}
        schema.pop("anyOf")
    return Draft202012Validator(schema)


REG = {"live": ["A"]}
BAD_MAPPINGS = [
    {},
    {"register": []},
    {"register": {"alive": []}},
    {"register": {"live": ["A("]}},
    {"register": {"live": ["A..B"]}},
    {"register": {"live": [7]}},
    {"register": REG, "rulez": []},
    {"register": REG, "words": ["jam"]},
    {"register": REG, "words": ["A/b"]},
    {"register": REG, "words": ["Semi-Final"]},
    {"register": REG, "words": [""]},
    {"register": REG, "words": ["Jam", "Jam"]},
    {"register": REG, "rules": [{}]},
    {"register": REG, "rules": [{"paths": []}]},
    {"register": REG, "rules": [{"paths": ["A.**(x)"]}]},
    {"register": REG, "rules": [{"paths": ["A"], "class": "huge"}]},
    {"register": REG, "rules": [{"paths": ["A"], "visibility": "secret"}]},
    {"register": REG, "rules": [{"paths": ["A"], "qos": 2}]},
    {"register": REG, "rules": [{"paths": ["A"], "interval_ms": -1}]},
    {"register": REG, "rules": [{"paths": ["A", "B"], "topic": "x"}]},
    {"register": REG, "rules": [{"paths": ["A.*"], "topic": "x"}]},
    {"register": REG, "rules": [{"paths": ["A(x*)"], "topic": "x/{1}"}]},
    {"register": REG, "rules": [{"paths": ["A"], "topic": ""}]},
    {"register": REG, "rules": [{"paths": ["A"], "topic": "a//b"}]},
    {"register": REG, "rules": [{"paths": ["A"], "topic": "a/+"}]},
    {"register": REG, "rules": [{"paths": ["A"], "topic": "%/a"}]},
    {"register": REG, "rules": [{"paths": ["A"], "topic": "x{1}"}]},
    {"register": REG, "roots": [{"path": "A"}]},
    {"register": REG, "roots": [{"topic": "a"}]},
    {"register": REG, "roots": [{"path": "A", "topic": "{rest}/x"}]},
    {"register": REG, "default": {"paths": []}},
    {"register": REG, "views": {"a/b": ""}},
    {"register": REG, "views": {"a.b": ""}},
    {"register": REG, "views": {str(i): "" for i in range(9)}},
    {"register": REG, "clocks": [{"path": "A", "time": "T", "running": "R"}]},
    {"register": REG, "clocks": [{"path": "A", "time": "", "running": "R", "direction": "D"}]},
]
GOOD_MAPPINGS = [
    {"register": REG},
    {"register": {}, "rules": [], "roots": [], "words": [], "views": {}, "clocks": []},
    {"register": REG, "rules": [{"paths": ["**.*Secret*(*).**"], "visibility": "drop"}]},
    {"register": REG, "rules": [{"paths": ["A(*).B(*)"], "topic": "x/{2}/{1}"}]},
    {"register": REG, "roots": [{"path": "A", "topic": ""}, {"path": "A(b.c)", "topic": "x"}]},
]
BAD_FEED = {
    "delta": [{"epoch": "e", "seq": 0, "ts": 1}, {"epoch": "e", "seq": 1}, {"epoch": "e", "seq": 1, "ts": 1, "state": {}},
              {"epoch": "e", "seq": 1, "ts": 1, "set": {"a": None}}, {"epoch": "e", "seq": 1, "ts": 1, "set": {"a/+": 1}},
              {"epoch": "e", "seq": 1, "ts": 1, "set": {"a": {"time": 1}}}, {"epoch": "", "seq": 1, "ts": 1}],
    "snapshot": [{"epoch": "e", "seq": 1, "ts": 1}, {"epoch": "e", "seq": 1, "ts": 1, "state": {}, "set": {}}],
    "recent": [{"epoch": "e", "seq": 1, "ts": 1, "set": {}}, {"epoch": "e", "seq": 2, "base": 1, "ts": 1, "del": "a"}],
}
BAD_STATUS = [{}, {"state": "live"}, {"state": "up", "since": 1, "reason": ""}, {"state": "live", "since": None, "reason": ""}]


def check_mappings(loads):
    v = validator("mapping.schema.json")
    for name in ("crg.json", "tournament.json"):
        for error in v.iter_errors(json.loads((ROOT / name).read_text())):
            check(f"{name} is valid: {error.json_path}: {error.message}", False)
    for mapping in GOOD_MAPPINGS:
        check(f"taken by the schema: {mapping}", v.is_valid(mapping))
        check(f"taken by the loader: {mapping}", loads(mapping))
    for mapping in BAD_MAPPINGS:
        check(f"refused by the schema: {mapping}", not v.is_valid(mapping))
        check(f"refused by the loader: {mapping}", not loads(mapping))


def check_payloads(program):
    lines = subprocess.run([program], capture_output=True, check=True, cwd=ROOT.parent).stdout.splitlines()
    seen = {}
    parts = {"status": validator("status.schema.json")}
    for part, bad in BAD_FEED.items():
        parts[part] = validator("feed.schema.json", part)
        for payload in bad:
            check(f"no {part}: {payload}", not parts[part].is_valid(payload))
    for payload in BAD_STATUS:
        check(f"no status: {payload}", not parts["status"].is_valid(payload))
    whole = validator("feed.schema.json")
    for line in lines:
        what, payload = line.split(b"\t", 1)
        what, payload = what.decode(), json.loads(payload)
        seen[what] = seen.get(what, 0) + 1
        for error in parts[what].iter_errors(payload):
            check(f"a {what} of the recording: {error.json_path}: {error.message}", False)
        check(f"{what} by the whole schema", what == "status" or whole.is_valid(payload))
    print("payloads checked:", seen)
    for what in parts:
        check(f"the recording has a {what}", seen.get(what, 0) > 1)


def loader(program):
    def loads(mapping):
        return subprocess.run([program, "--load"], input=json.dumps(mapping).encode(), capture_output=True).returncode == 0
    return loads


check_mappings(loader(sys.argv[1]))
check_payloads(sys.argv[1])
sys.exit(1 if failures else 0)
