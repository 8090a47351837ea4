# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Rules for events: the manual's examples, what becomes of events in a running Footfall, and rules changed under load."""

import json
import os
import re
import signal
import threading

import pytest

from footfall import command, eventually, new_id

MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "shaping.md")
EXAMPLE = re.compile(r"```yaml\n(.*?)```\n```\n(.*?)```\n", re.DOTALL)
BASE = {"id", "project", "type", "timestamp", "receivedAt"}


# --- The manual ------------------------------------------------------------------------------------------------------

def examples():
    with open(MANUAL, encoding="utf-8") as file:
        found = EXAMPLE.findall(file.read())
    assert len(found) >= 6
    return found


def without_hashes(value):
    return re.sub(r'"[0-9a-f]{64}"', '"HASH"', json.dumps(value))


def check_line(outcome, wanted):
    """wanted is what the manual says behind its arrow."""
    if wanted.startswith("{"):
        assert outcome["fate"] == "kept", outcome
        for member, value in json.loads(wanted).items():
            assert json.loads(without_hashes(outcome["after"].get(member))) == value, outcome["after"]
    elif wanted == "the same":
        assert outcome["fate"] == "kept" and outcome["after"] == outcome["before"], outcome
    else:
        fate, rule, reason = re.fullmatch(r"(dropped|sampled out|dead letter) by ([^: ]+)(?:: (.*))?", wanted).groups()
        assert outcome["fate"] == {"dropped": "dropped", "sampled out": "sampledOut", "dead letter": "deadLetter"}[fate], outcome
        assert outcome["rule"] == rule
        assert outcome.get("reason") == reason
        assert outcome["after"] is None


@pytest.mark.parametrize("rules,lines", examples())
def test_the_manual(tmp_path, rules, lines):
    lines = lines.splitlines()
    (tmp_path / "footfall.yaml").write_text(rules, encoding="utf-8")
    (tmp_path / "events.jsonl").write_text("\n".join(lines[0::2]), encoding="utf-8")
    done = command("check-config", "--config", tmp_path / "footfall.yaml", "--event", tmp_path / "events.jsonl")
    assert done.returncode == 0, done.stderr
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(outcomes) == len(lines) / 2
    for outcome, wanted in zip(outcomes, lines[1::2]):
        assert wanted.startswith("→ ")
        check_line(outcome, wanted[2:])


def test_the_example_of_deploy(tmp_path):
    config = os.path.join(os.path.dirname(MANUAL), "..", "deploy", "rules.yaml")
    events = tmp_path / "events.jsonl"
    events.write_text("\n".join(map(json.dumps, (
        {"type": "page", "userId": "u", "properties": {"url": "https://shop.org/a?token=abc&b=1", "password": "x"}},
        {"type": "page", "userId": "u", "context": {"page": {"url": "http://localhost:3000/"}}}))), encoding="utf-8")
    done = command("check-config", "--config", config, "--event", events)
    assert done.returncode == 0, done.stderr
    kept, own = map(json.loads, done.stdout.splitlines())
    assert kept["after"]["properties"] == {"url": "https://shop.org/a?token=***&b=1"}
    assert own["rule"] == "own-machines"


# --- check-config ----------------------------------------------------------------------------------------------------

def test_check_config_shows_each_rule(tmp_path):
    (tmp_path / "c.yaml").write_text("rules:\n- {name: a, when: {name: x}, do: {lower: properties.p}}\n"
                                     "- {name: b, when: {name: y}, do: {drop: z}}\n- {name: c, do: {set: {properties.q: 1}}}\n")
    events = [{"type": "x", "userId": "u", "properties": {"p": "A"}}, {"type": "y", "userId": "u"}]
    (tmp_path / "e.json").write_text(json.dumps(events, indent=2))
    done = command("check-config", "--config", tmp_path / "c.yaml", "--event", tmp_path / "e.json")
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["rules"] == [{"rule": "a", "matched": True, "did": "changed"}, {"rule": "b", "matched": False, "did": "nothing"},
                              {"rule": "c", "matched": True, "did": "changed"}]
    assert (first["before"]["properties"], first["after"]["properties"]) == ({"p": "A"}, {"p": "a", "q": 1})
    assert second["rules"] == [{"rule": "a", "matched": False, "did": "nothing"}, {"rule": "b", "matched": True, "did": "dropped"},
                               {"rule": "c", "matched": False, "did": "notReached"}]
    assert (second["fate"], second["rule"], second["after"]) == ("dropped", "b", None)


def test_check_config_exit_codes(tmp_path):
    config, events = tmp_path / "c.yaml", tmp_path / "e.jsonl"
    config.write_text("rules:\n- {name: a, do: {drop: x}}\n")
    events.write_text('{"type":"x","userId":"u"}\n\n{"type":"x"}\nnonsense\n')
    done = command("check-config", "--config", config, f"--event={events}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [("error" in line, line["event"]) for line in lines] == [(False, 1), (True, 2), (True, 3)]
    missing = command("check-config", "--event", tmp_path / "none", "--config", config)
    assert missing.returncode == 1 and "none: No such file" in missing.stderr
    assert command("check-config", "--config", config, "--event").returncode == 2
    config.write_text("rules:\n- name: a\n  do: {hash: userId}\n")
    for words in (("check-config",), ("check-config", "--event", events), ("run", "--data", tmp_path / "data")):
        refused = command(*words, "--config", config)
        assert refused.returncode == 2
        assert "c.yaml:3: rule a: hash: userId cannot be changed" in refused.stderr
    flag = command("check-config", "--privacy.hash_key", "0123456789abcdef")
    assert flag.returncode == 2 and "--privacy.hash_key" in flag.stderr


# --- Running ---------------------------------------------------------------------------------------------------------

class Shaped:
    """A Footfall whose rules can be changed."""

    def __init__(self, make_server, tmp_path, rules):
        self.config = tmp_path / "footfall.yaml"
        self.config.write_text(rules, encoding="utf-8")
        self.server = make_server("--config", str(self.config)).start()

    def change(self, rules):
        """From when this returns, every batch that begins goes by them."""
        before = self.server.status()["processor"]["ruleSet"]
        self.config.write_text(rules, encoding="utf-8")
        self.server.signal(signal.SIGHUP)
        eventually(lambda: self.server.status()["processor"]["ruleSet"] != before)

    def counts(self):
        return {rule["name"]: rule for rule in self.server.status()["processor"]["rules"]}


def test_rules_in_a_running_footfall(make_server, tmp_path):
    shaped = Shaped(make_server, tmp_path, """
privacy.hash_key: 0123456789abcdef
rules:
  - {name: own, when: {context.page.url: {contains: "://staging."}}, do: [{drop: our own}]}
  - {name: mails, do: [{hash: traits.email}, {mask: {what: email, in: properties}}]}
  - {name: odd, when: {properties.odd: true}, do: [{dead_letter: odd one}]}
  - {name: half, when: {name: sampled}, do: [{sample: {keep: 50%, by: message}}]}
  - {name: names, when: {name: Bought}, do: [{set: {name: Order Completed}}]}
""")
    server = shaped.server
    kept, odd = new_id(), new_id()
    server.send({"type": "track", "event": "Bought", "userId": "ann", "messageId": kept,
                 "properties": {"note": "to b@c.de", "price": 5}, "traits": {"email": "ann@example.org"}},
                {"type": "track", "event": "x", "userId": "ann", "messageId": odd, "properties": {"odd": True}},
                {"type": "page", "userId": "ann", "context": {"page": {"url": "https://staging.shop.test/"}}})
    sampled = [f"sampled-{number}" for number in range(200)]
    server.send(*[{"type": "track", "event": "sampled", "userId": "bob", "messageId": number} for number in sampled])
    server.settle()
    row, = server.timeline("ann")
    assert (row["id"], row["name"]) == (kept, "Order Completed")
    assert row["properties"] == {"note": "to ***@c.de", "price": 5}
    assert len(row["traits"]["email"]) == 64
    letter, = server.get_json("/dead-letters")["items"]
    assert (letter["stage"], letter["reason"]) == ("rule", "odd one")
    assert json.loads(letter["record"])["id"] == odd
    in_sample = set(server.ids("bob"))
    assert 60 < len(in_sample) < 140

    counts = shaped.counts()
    assert (counts["own"]["matched"], counts["own"]["dropped"]) == (1, 1)
    assert (counts["odd"]["deadLettered"], counts["mails"]["changed"], counts["names"]["changed"]) == (1, 1, 1)
    assert counts["half"]["sampledOut"] == 200 - len(in_sample)
    processor = server.status()["processor"]
    assert processor["filtered"] == 201 - len(in_sample)
    assert processor["deadLetters"] == 1
    assert processor["applied"] == 1 + len(in_sample)
    assert 'footfall_rule_events_total{rule="own",did="dropped"} 1\n' in server.metrics()
    assert f'footfall_processor_events_total{{outcome="filtered"}} {201 - len(in_sample)}\n' in server.metrics()

    def live():
        newest = server.get_json("/activities", limit=1000)["items"]
        assert "b@c.de" not in str(newest) and "ann@example.org" not in str(newest) and "staging" not in str(newest)
        return {row["id"] for row in newest}
    assert live() == {kept} | in_sample

    # Sent again they are duplicates, kept or not; and after a restart the same ones are in the sample.
    server.send(*[{"type": "track", "event": "sampled", "userId": "bob", "messageId": number} for number in sampled])
    server.settle()
    assert server.status()["processor"]["duplicates"] == 200
    server.restart()
    # Read from the log again, and shaped again; by processors of their own after the gateway is ready.
    eventually(lambda: live() == {kept} | in_sample)
    server.send(*[{"type": "track", "event": "sampled", "userId": "eve", "messageId": f"again-{number}"} for number in range(50)])
    server.settle()
    assert set(server.ids("bob")) == in_sample
    server.stop()


def test_privacy(make_server, tmp_path):
    shaped = Shaped(make_server, tmp_path, "privacy: {do_not_track: drop, global_privacy_control: drop}\n")
    server = shaped.server
    event = {"type": "seen", "userId": "ann", "context": {"ip": "203.0.113.77"}}
    for headers in ({"DNT": "1"}, {"Sec-GPC": "1"}, {"DNT": "0"}, {}):
        assert server.post("/activities", event, headers=headers).status_code == 202
    server.settle()
    assert [row["context"] for row in server.timeline("ann")] == [{"ip": "203.0.113.0"}] * 2
    counts = shaped.counts()
    assert counts["(do-not-track)"]["dropped"] == counts["(global-privacy-control)"]["dropped"] == 1

    # Where it is not honoured it can still be seen.
    shaped.change("privacy.ip: keep\nrules:\n- {name: gpc, when: {source.globalPrivacyControl: true}, do: {set: {properties.gpc: true}}}\n")
    assert server.post("/activities", {**event, "userId": "bob"}, headers={"Sec-GPC": "1"}).status_code == 202
    server.settle()
    row, = server.timeline("bob")
    assert (row["properties"], row["context"]) == ({"gpc": True}, {"ip": "203.0.113.77"})
    server.stop()


def test_consent(make_server, tmp_path):
    shaped = Shaped(make_server, tmp_path, "rules:\n- {name: consent, when: {not: {consent: Analytics}}, do: {drop: no consent}}\n")
    server = shaped.server
    contexts = [{"consent": {"categoryPreferences": {"Analytics": True}}}, {"consent": {"categoryPreferences": {"Analytics": False}}}, {},
                {"consentManagement": {"allowedConsentIds": ["Analytics"], "deniedConsentIds": ["Ads"], "provider": "custom"}},
                {"consentManagement": {"allowedConsentIds": [], "deniedConsentIds": ["Analytics"], "provider": "custom"}}]
    server.send(*[{"type": "track", "event": "e", "userId": "ann", "messageId": str(number), "context": context}
                  for number, context in enumerate(contexts)])
    server.settle()
    assert sorted(server.ids("ann")) == ["0", "3"]
    assert shaped.counts()["consent"]["dropped"] == 3
    server.stop()


def test_a_wrong_set_changes_nothing(make_server, tmp_path):
    shaped = Shaped(make_server, tmp_path, "rules:\n- {name: a, when: {name: x}, do: {drop: x}}\n")
    server = shaped.server
    before = server.status()["processor"]["ruleSet"]
    shaped.config.write_text("rules:\n- {name: a, do: {drp: x}}\n")
    server.signal(signal.SIGHUP)
    eventually(lambda: "rule a: drp: no such action" in server.stderr)
    assert server.status()["processor"]["ruleSet"] == before
    server.send({"type": "track", "event": "x", "userId": "u"}, {"type": "track", "event": "y", "userId": "u", "messageId": "kept"})
    server.settle()
    assert server.ids("u") == ["kept"]
    server.stop()


# --- Under load ------------------------------------------------------------------------------------------------------

SETS = ("rules:\n- {name: a, when: {name: noise}, do: {drop: x}}\n- {name: mark, do: {set: {properties.by: a}}}\n",
        "rules:\n- {name: b, when: {name: noise}, do: {drop: x}}\n- {name: mark, do: {set: {properties.by: b}}}\n")
BATCH = 40


def send_batches(server, user, stop, sent):
    """Every second event is noise; every batch is sent twice, as a library would whose reply got lost."""
    key, url = server.write_key, server.url
    import requests
    with requests.Session() as session:
        for number in range(100000):
            ids = [f"{user}-{number}-{place}" for place in range(BATCH)]
            batch = [{"type": "track", "event": "noise" if place % 2 else "kept", "userId": user, "messageId": identifier,
                      "properties": {}} for place, identifier in enumerate(ids)]
            for _ in range(2):
                reply = session.post(url + "/v1/batch", json={"batch": batch}, auth=(key, ""), timeout=30)
                assert reply.status_code == 200, reply.text
            sent.append(ids)
            if stop.is_set():
                return


def test_rules_change_under_load(make_server, tmp_path):
    """Nothing is lost and nothing counts twice, whichever set an event came under; and each came under one set whole."""
    shaped = Shaped(make_server, tmp_path, SETS[0])
    server = shaped.server
    stop, sent = threading.Event(), {f"u{number}": [] for number in range(3)}
    threads = [threading.Thread(target=send_batches, args=(server, user, stop, ids)) for user, ids in sent.items()]
    for thread in threads:
        thread.start()
    try:
        for number in range(12):
            shaped.change(SETS[(number + 1) % 2])
            seen = server.status()["processor"]["filtered"]
            eventually(lambda: server.status()["processor"]["filtered"] > seen)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    server.settle()
    noise = 0
    for user, batches in sent.items():
        ids = [identifier for batch in batches for identifier in batch]
        rows = server.timeline(user)
        assert sorted(row["id"] for row in rows) == sorted(ids[0::2])
        assert {row["properties"]["by"] for row in rows} <= {"a", "b"}
        noise += len(ids) // 2
    # Counters of a rule that is not in the set of the moment are not shown, and go on when it comes back.
    dropped = shaped.counts()["a"]["dropped"]
    marked = shaped.counts()["mark"]["changed"]
    shaped.change(SETS[1])
    dropped += shaped.counts()["b"]["dropped"]
    processor = server.status()["processor"]
    assert dropped == processor["filtered"] == noise
    assert marked == processor["applied"] == noise
    assert processor["duplicates"] == 2 * noise
    server.stop()
