# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Funnels: the history of docs/definitions.md, random ones recounted from the records alone, changes while running, forms and faults."""

import csv
import io
import json
import os
import random
import re
import signal
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from footfall import command, eventually, new_id
from recount import FunnelRecount

DEFINITIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "definitions.md")
MARCH = date(2026, 3, 1)


def moment(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Declared:
    """A Footfall whose funnels can be changed."""

    def __init__(self, make_server, tmp_path, text, *flags):
        self.config = tmp_path / "funnels.yaml"
        self.config.write_text(text, encoding="utf-8")
        self.server = make_server("--config", self.config, *flags).start()

    def change(self, text):
        read = self.server.stderr.count("settings were read again")
        self.config.write_text(text, encoding="utf-8")
        self.server.signal(signal.SIGHUP)
        eventually(lambda: self.server.stderr.count("settings were read again") > read)

    def report(self, name, first, last, **more):
        reply = self.server.get(f"/reports/funnels/{name}", **{"from": str(first), "to": str(last)}, **more)
        assert reply.status_code == 200, reply.text
        return reply

    def days(self, name, first, last):
        return {item["date"]: item["reached"] for item in self.report(name, first, last).json()["items"] if any(item["reached"])}


# --- By hand ---------------------------------------------------------------------------------------------------------

def by_hand():
    with open(DEFINITIONS, encoding="utf-8") as file:
        text = file.read().split("\n## Funnels\n")[1].split("\n## ")[0]
    rules = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1]
    events = re.findall(r"^\| (user|anonymous) (\w+) \| (\w+) \| (\S+) (\S+) \|$", text, re.MULTILINE)
    days = re.findall(r"^\| (\d{4}-\d\d-\d\d) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    assert len(events) == 14 and len(days) == 2
    return rules, events, {day: [int(number) for number in numbers] for day, *numbers in days}


def test_checked_by_hand(make_server, tmp_path):
    rules, events, expected = by_hand()
    declared = Declared(make_server, tmp_path, rules)
    for kind, who, name, day, hour in events:
        declared.server.send({"type": "track", "event": name, "userId" if kind == "user" else "anonymousId": who,
                              "messageId": new_id(), "timestamp": f"{day}T{hour}:00.000Z"})
    declared.server.settle()
    assert declared.days("by-hand", "2026-03-01", "2026-03-09") == expected
    report = declared.report("by-hand", "2026-03-02", "2026-03-03").json()
    assert (report["entered"], report["completed"], report["conversion"], report["withinSeconds"]) == (4, 3, 0.75, 86400)
    assert report["steps"] == [
        {"step": 1, "name": "Viewed", "reached": 4, "fromPrevious": None, "fromFirst": 1, "medianSeconds": None},
        {"step": 2, "name": "Added", "reached": 3, "fromPrevious": 0.75, "fromFirst": 0.75, "medianSeconds": 296},
        {"step": 3, "name": "Bought", "reached": 3, "fromPrevious": 1, "fromFirst": 0.75, "medianSeconds": 896}]


# --- Recounted -------------------------------------------------------------------------------------------------------

RANDOM = """
funnels:
- {name: buy, within: 2d, steps: [Viewed, {type: page, properties.path: /cart}, {name: [Bought, Paid]}]}
- {name: twice, within: 45m, steps: [Viewed, Viewed]}
- {name: long, within: 30d, steps: [{type: page}, {properties.plan: pro}, {type: identify}]}
"""
STEPS = {
    "buy": (2 * 86400, [lambda e: e.get("event") == "Viewed" or e.get("name") == "Viewed",
                        lambda e: e["type"] == "page" and e["properties"].get("path") == "/cart",
                        lambda e: e.get("event") in ("Bought", "Paid")]),
    "twice": (45 * 60, 2 * [lambda e: e.get("event") == "Viewed" or e.get("name") == "Viewed"]),
    "long": (30 * 86400, [lambda e: e["type"] == "page", lambda e: e.get("properties", {}).get("plan") == "pro",
                          lambda e: e["type"] == "identify"]),
}


def random_event(dice, now):
    kind = dice.choice(("track", "track", "track", "page", "identify"))
    late = dice.choice((0, 0, 0, 0, dice.randrange(3600), dice.randrange(2 * 86400), dice.randrange(40 * 86400)))
    made = {"type": kind, "messageId": new_id(), "timestamp": moment(now - late)}
    if dice.random() < 0.3:
        made["anonymousId"] = f"a{dice.randrange(4)}"
    else:
        made["userId"] = f"u{dice.randrange(8)}"
    if kind == "track":
        made["event"] = dice.choice(("Viewed", "Viewed", "Bought", "Paid", "Seen"))
        made["properties"] = {"plan": dice.choice(("pro", "free"))}
    elif kind == "page":
        made["name"] = dice.choice(("Home", "Viewed"))
        made["properties"] = {"path": dice.choice(("/cart", "/"))}
    else:
        made["traits"] = {}
    return made


def check(declared, sent, zone):
    for name, (within, steps) in STEPS.items():
        expected = FunnelRecount(sent, within * 1000, steps, ZoneInfo(zone))
        first, last = MARCH - timedelta(days=60), MARCH + timedelta(days=120)
        report = declared.report(name, first, last).json()
        assert report["completed"] > 0 and len(expected.outcomes) > 50
        assert {item["date"]: item["reached"] for item in report["items"] if item["reached"][0]} == expected.days()
        for number, step in enumerate(report["steps"]):
            assert step["medianSeconds"] == expected.median(number), (name, number)


@pytest.mark.parametrize("seed", [1, 2])
def test_recounted(make_server, tmp_path, seed):
    zone = "Europe/Berlin"
    declared = Declared(make_server, tmp_path, RANDOM, "--project.time_zone", zone)
    dice = random.Random(seed)
    now = int(datetime(2026, 3, 20, tzinfo=timezone.utc).timestamp())
    sent = []
    for number in range(600):
        now += dice.randrange(dice.choice((60, 3600, 7200)))
        again = dice.random() < 0.1 and sent
        message = dice.choice(sent) if again else random_event(dice, now)
        if not again:
            sent.append(message)
        declared.server.send(message)
        if number == 300:
            declared.server.kill()
            declared.server.start()
    declared.server.settle()
    check(declared, sent, zone)
    declared.server.restart()
    declared.server.send({"type": "track", "event": "Paid", "userId": "u1", "messageId": new_id(), "timestamp": moment(now)})
    sent.append({"type": "track", "event": "Paid", "userId": "u1", "timestamp": moment(now)})
    declared.server.settle()
    check(declared, sent, zone)


# --- Changes ---------------------------------------------------------------------------------------------------------

def event(user, name, hour, day=2):
    return {"type": "track", "event": name, "userId": user, "messageId": new_id(), "timestamp": f"2026-03-{day:02}T{hour:02}:00:00.000Z"}


def test_a_changed_funnel_is_another_one(make_server, tmp_path):
    old = "funnels: [{name: f, within: 1d, steps: [A, B]}]"
    declared = Declared(make_server, tmp_path, old)
    server = declared.server
    server.send(event("u1", "A", 1), event("u1", "B", 2), event("u2", "A", 3))
    server.settle()
    assert declared.days("f", MARCH, "2026-03-09") == {"2026-03-02": [2, 1]}
    first = server.get_json("/reports/funnels")["items"]
    assert [(row["name"], row["withinSeconds"], row["steps"]) for row in first] == [("f", 86400, ["A", "B"])]

    declared.change("funnels: [{name: f, within: 2d, steps: [A, B]}, {name: g, steps: [B, C]}]")
    second = server.get_json("/reports/funnels")["items"]
    assert [row["name"] for row in second] == ["f", "g"] and second[0]["id"] != first[0]["id"]
    assert declared.days("f", MARCH, "2026-03-09") == {}
    server.send(event("u2", "B", 4), event("u3", "A", 5), event("u3", "B", 6))
    server.settle()
    assert declared.days("f", MARCH, "2026-03-09") == {"2026-03-02": [1, 1]}
    assert declared.days("g", MARCH, "2026-03-09") == {"2026-03-02": [2, 0]}

    declared.change("funnels: [{name: f, within: 1d, steps: [A, {name: B, label: Bee}]}]")
    server.send(event("u4", "A", 7))
    server.settle()
    declared.change(old)
    assert server.get("/reports/funnels/g").status_code == 404
    assert declared.days("f", MARCH, "2026-03-09")["2026-03-02"] == [2, 1]
    server.send(event("u2", "B", 8), event("u1", "A", 9))  # both are remembered
    server.settle()
    assert declared.days("f", MARCH, "2026-03-09") == {"2026-03-02": [2, 2]}


def test_a_wrong_set_changes_nothing(make_server, tmp_path):
    declared = Declared(make_server, tmp_path, "funnels: [{name: f, within: 1d, steps: [A, B]}]")
    server = declared.server
    server.send(event("u1", "A", 1), event("u1", "B", 2))
    server.settle()
    assert declared.days("f", MARCH, "2026-03-09") == {"2026-03-02": [1, 1]}
    read = server.stderr.count("settings stay as they were")
    declared.config.write_text("funnels: [{name: f, steps: [A]}]")
    server.signal(signal.SIGHUP)
    eventually(lambda: server.stderr.count("settings stay as they were") > read)
    assert "takes a list of 2 to 16 steps" in server.stderr
    assert declared.days("f", MARCH, "2026-03-09") == {"2026-03-02": [1, 1]}


def test_steps_look_at_what_rules_left(make_server, tmp_path):
    declared = Declared(make_server, tmp_path, """
rules:
- {name: same, when: {name: Old}, do: {set: {name: New}}}
- {name: gone, when: {name: Hidden}, do: {drop: x}}
funnels:
- {name: f, steps: [New, {name: Bought, project: default}, {properties.total: {above: 10}}]}
- {name: h, steps: [New, Hidden]}
""")
    declared.server.send(event("u", "Old", 1), event("u", "Bought", 2), event("u", "Hidden", 3),
                         {**event("u", "x", 4), "properties": {"total": 11}})
    declared.server.settle()
    assert declared.days("f", MARCH, "2026-03-09") == {"2026-03-02": [1, 1, 1]}
    assert declared.days("h", MARCH, "2026-03-09") == {"2026-03-02": [1, 0]}


def test_who_is_erased_begins_anew(make_server, tmp_path):
    declared = Declared(make_server, tmp_path, "funnels: [{name: f, within: 1d, steps: [A, B]}]")
    server = declared.server
    server.send(event("u1", "A", 1))
    server.settle()
    assert "1772413200000:" in server.get("/users/u1/export").text
    receipt = server.request("POST", "/users/u1/erasure").json()["id"]
    eventually(lambda: server.get_json(f"/erasures/{receipt}")["state"] == "done")
    server.send(event("u1", "B", 2))
    server.settle()
    assert declared.days("f", MARCH, "2026-03-09") == {"2026-03-02": [1, 0]}


# --- Forms and faults --------------------------------------------------------------------------------------------------

def test_forms_and_faults(make_server, tmp_path):
    declared = Declared(make_server, tmp_path, """
funnels:
- name: shop
  within: 2h
  steps: [{name: A, label: "=1+1<b>"}, {name: B, label: Bé}]
""")
    server = declared.server
    server.send(event("u1", "A", 1), event("u1", "B", 2), event("u2", "A", 2))
    server.settle()
    reply = declared.report("shop", "2026-03-02", "2026-03-02", format="csv")
    table = list(csv.reader(io.StringIO(reply.text)))
    assert table == [["step", "name", "reached", "from_previous", "from_first", "median_seconds"],
                     ["1", "'=1+1<b>", "2", "", "1", ""], ["2", "Bé", "1", "0.5", "0.5", "3584"]]
    page = declared.report("shop", "2026-03-02", "2026-03-02", format="html")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Funnel shop" in page.text and "<svg" in page.text and "=1+1&lt;b&gt;" in page.text and "1<b>" not in page.text
    today = datetime.now(timezone.utc).date()
    items = declared.report("shop", today - timedelta(days=9), today).json()["items"]
    assert [item["open"] for item in items] == 8 * [False] + 2 * [True]

    for path in ("/reports/funnels/nobody", "/reports/funnels/shop%20", "/reports/funnels/sho", "/reports/funnels/SHOP"):
        missing = server.get(path)
        assert missing.status_code == 404 and missing.json()["status"] == 404, path
    assert server.get("/reports/funnels/shop", by="day").status_code == 400
    assert server.get("/reports/funnels", limit=3).status_code == 400
    assert server.get("/reports/funnels/shop", project="nowhere").status_code == 404
    assert server.get("/reports/funnels/shop", **{"from": "2026-03-02", "to": "2026-03-01"}).status_code == 400


def test_a_delivered_one_is_the_one_asked_for(make_server, tmp_path):
    place = tmp_path / "reports"
    place.mkdir()
    config = {"funnels": [{"name": "f", "steps": ["A", "B"]}],
              "deliveries": [{"name": "one", "report": "funnels/f", "format": "csv", "schedule": "daily 06:00", "to": f"file:{place}"}]}
    (tmp_path / "c.yaml").write_text(json.dumps(config), encoding="utf-8")
    server = make_server("--config", tmp_path / "c.yaml").start()
    day = (datetime.now(timezone.utc) - timedelta(days=1)).date()
    server.send({**event("u", "A", 1), "timestamp": f"{day}T01:00:00Z"})
    server.settle()
    due = server.request("POST", "/deliveries/one/run").json()["due"][:10]
    day = date.fromisoformat(due) - timedelta(days=1)
    eventually(lambda: os.listdir(place) == [f"one-{day}.csv"])
    assert (place / f"one-{day}.csv").read_bytes() == server.get("/reports/funnels/f", format="csv", **{"from": day, "to": day}).content


def test_none_declared(server):
    assert server.get_json("/reports/funnels") == {"items": []}
    assert server.get("/reports/funnels/any").status_code == 404


def test_check_config_says_which_steps(tmp_path):
    (tmp_path / "c.yaml").write_text("rules: [{name: r, when: {name: Old}, do: {set: {name: A}}}, {name: d, when: {name: X}, do: {drop: d}}]\n"
                                     "funnels: [{name: f, steps: [A, B, {name: [A, C]}]}, {name: g, steps: [B, C]}]\n")
    lines = [json.dumps({"type": "track", "event": name, "userId": "u"}) for name in ("Old", "B", "D", "X")]
    (tmp_path / "e.jsonl").write_text("\n".join(lines))
    done = command("check-config", "--config", tmp_path / "c.yaml", "--event", tmp_path / "e.jsonl")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line).get("funnels") for line in done.stdout.splitlines()]
    assert found == [{"f": [1, 3]}, {"f": [2], "g": [1]}, {}, None]


def test_check_config_says_where(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("funnels:\n- name: f\n  within: 100d\n  steps: [A, B]\n")
    done = command("check-config", "--config", config)
    assert done.returncode == 2 and "c.yaml:3: funnels[].within" in done.stderr
    config.write_text("funnels:\n- name: f\n  steps:\n  - A\n  - {propertys.x: y}\n")
    done = command("check-config", "--config", config)
    assert done.returncode == 2 and "c.yaml:5: funnel f: propertys.x" in done.stderr
    config.write_text("funnels:\n- name: f\n  stages: [A, B]\n")
    done = command("check-config", "--config", config)
    assert done.returncode == 2 and "c.yaml:3" in done.stderr
