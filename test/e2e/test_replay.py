# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Replaying the log into a new generation: the same answers when nothing changed, new ones when something did, whatever is killed meanwhile."""

import json
import random
import threading

import pytest

from footfall import command, eventually, new_id
from load import ACKNOWLEDGED, Ledger, Load, check_ledger

SEED = 20261125
DAY = "2026-11-20"


def state_of(footfall, identity):
    """Of a replay; one that nobody knows any more is over."""
    reply = footfall.get(f"/replays/{identity}")
    return "over" if reply.status_code == 404 else reply.json()["state"]


def begin(footfall, **body):
    reply = footfall.request("POST", "/replays", json=body)
    assert reply.status_code == 202, reply.text
    assert reply.json()["state"] == "running" and reply.json()["startedAt"]
    return reply.json()["id"]


def replay(footfall, **body):
    identity = begin(footfall, **body)
    eventually(lambda: state_of(footfall, identity) != "running", within=60)
    assert footfall.get_json(f"/replays/{identity}")["state"] == "switched"
    return identity


def history():
    """Two days of people, some of whom were anonymous at first, with sessions, pages and a resent event."""
    chance = random.Random(SEED)
    events = []
    for number in range(600):
        user, minute = chance.randrange(25), chance.randrange(2 * 24 * 60)
        event = {"type": chance.choice(("track", "page")), "name": chance.choice(("bought", "looked", "left")), "messageId": new_id(),
                 "anonymousId": f"visitor-{user}", "properties": {"path": f"/p{chance.randrange(5)}", "number": number},
                 "timestamp": f"2026-11-{20 + minute // 1440}T{minute // 60 % 24:02}:{minute % 60:02}:00.000Z"}
        event["event"] = event["name"]
        if chance.random() < 0.6:
            event["userId"] = f"user-{user}"
        events.append(event)
    return events + events[100:150]


def answers(footfall):
    """All that readers see, but revisions, which are told by when they were closed."""
    found = {}
    for day in ("2026-11-20", "2026-11-21", "2026-11-22"):
        report = footfall.get_json("/reports/daily", date=day)
        report.pop("revision"), report.pop("closed")
        found[day] = report
    span = {"from": "2026-11-18", "to": "2026-11-23"}
    for name in ("active", "events", "sessions", "retention"):
        found[name] = footfall.get_json(f"/reports/{name}", **span)
    for user in range(25):
        found[user] = footfall.get_json(f"/users/user-{user}")["observed"], footfall.get_json(f"/users/user-{user}/activities", limit=1000)
    return found


def test_the_same_answers_when_nothing_changed(make_server):
    footfall = make_server().start()
    footfall.send(*history())
    footfall.settle()
    before = answers(footfall)
    assert sum(before[day]["events"] for day in ("2026-11-20", "2026-11-21")) == 600
    identity = replay(footfall)
    assert answers(footfall) == before
    report = footfall.get_json(f"/replays/{identity}")
    assert report["processed"] == report["records"] == 650 and report["endedAt"] >= report["startedAt"]
    entry = next(entry for entry in footfall.get_json("/audit")["items"] if entry["action"] == "POST /replays")
    assert entry["subject"] == identity and entry["status"] == 202
    # What was resent before is known in the new generation, too; and all of it over a restart and a second replay.
    footfall.kill()
    footfall.start()
    assert answers(footfall) == before
    done = command("replay", "--url", footfall.url, "--api-key", footfall.api_key, "--wait")
    assert done.returncode == 0 and json.loads(done.stdout)["state"] == "switched", done.stderr
    assert answers(footfall) == before
    footfall.send({"type": "track", "event": "bought", "userId": "user-1", "messageId": "after", "timestamp": f"{DAY}T12:00:00Z"})
    footfall.settle()
    assert footfall.get_json("/reports/daily", date=DAY)["events"] == before[DAY]["events"] + 1
    footfall.stop()


def test_killed_under_load_and_resumed(make_server):
    chance = random.Random(SEED)
    footfall = make_server().start()
    ledger = Ledger()
    pause = threading.Event()
    identity = ""
    with Load(footfall, ledger, seed=SEED, senders=4, users=30):
        for _ in range(12):
            before = ledger.count(ACKNOWLEDGED)
            eventually(lambda: ledger.count(ACKNOWLEDGED) > before + 100, within=60)
            # By hand: then it is certainly not over when the kill comes.
            reply = footfall.request("POST", "/replays", json={"switch": chance.choice(("auto", "manual"))})
            assert reply.status_code in (202, 409), reply.text
            identity = reply.json()["id"] if reply.status_code == 202 else identity
            pause.wait(chance.uniform(0, 0.5))
            if chance.random() < 0.3:
                footfall.request("POST", f"/replays/{identity}/switch")
            footfall.kill()
            footfall.start()
        footfall.request("POST", f"/replays/{identity}/switch")
        eventually(lambda: state_of(footfall, identity) == "switched", within=60)
    footfall.settle()
    found = check_ledger(footfall, ledger)
    assert found >= ledger.count(ACKNOWLEDGED) > 1000
    replay(footfall)
    assert check_ledger(footfall, ledger) == found
    footfall.restart()
    footfall.settle()
    assert check_ledger(footfall, ledger) == found
    footfall.stop()


def rules(footfall, *made, **more):
    path = footfall.directory + ".yaml"
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"rules": list(made), **more}, file)  # JSON is YAML
    return path


@pytest.fixture
def ruled(make_server):
    """A Footfall and a way to give it other rules."""
    footfall = make_server()
    footfall.flags += ["--config", rules(footfall)]

    def change(*made, **more):
        if footfall.is_started():
            footfall.stop()
        rules(footfall, *made, **more)
        footfall.start()
    yield footfall, change
    footfall.stop()


def amount(footfall, date=DAY):
    return footfall.get_json("/reports/daily", date=date)["events"]


def event(user, name, **members):
    return {"type": "track", "event": name, "userId": user, "messageId": new_id(), "timestamp": f"{DAY}T10:00:00Z", **members}


def test_new_answers_after_a_change_of_rules(ruled):
    footfall, change = ruled
    change()
    footfall.send(*[event("ann", "bought") for _ in range(10)], *[event("ann", "noise") for _ in range(90)])
    footfall.settle()
    assert amount(footfall) == 100
    drop = {"name": "quiet", "when": {"name": "noise"}, "do": [{"drop": "noise"}]}
    change(drop)
    assert amount(footfall) == 100  # what was counted stays, until
    replay(footfall)
    assert amount(footfall) == 10 and footfall.get_json("/users/ann")["observed"]["events"] == 10
    change()
    replay(footfall)
    assert amount(footfall) == 100


def test_a_new_funnel_gets_its_past(ruled):
    footfall, change = ruled
    change()
    footfall.send(event("ann", "looked"), event("ann", "bought", timestamp=f"{DAY}T10:05:00Z"), event("bob", "looked"))
    footfall.settle()
    change(funnels=[{"name": "buying", "within": "1d", "steps": ["looked", "bought"]}])
    report = {"from": DAY, "to": DAY}
    assert footfall.get_json("/reports/funnels/buying", **report)["entered"] == 0
    replay(footfall)
    shown = footfall.get_json("/reports/funnels/buying", **report)
    assert (shown["entered"], shown["completed"]) == (2, 1)


def without_times(found):
    """Answers, but when events were received."""
    if isinstance(found, dict):
        return {key: without_times(value) for key, value in found.items() if key not in ("receivedAt", "received")}
    return [without_times(value) for value in found] if isinstance(found, (list, tuple)) else found


def test_changed_rules_give_what_they_would_have_given(ruled, make_server):
    """Against another Footfall that had the new rules from the beginning; while the replay runs, the old answers stay exactly."""
    footfall, change = ruled
    drop = {"name": "quiet", "when": {"name": "left"}, "do": [{"drop": "left"}]}
    events = history()
    change()
    footfall.send(*events)
    footfall.settle()
    before = answers(footfall)
    change(drop)
    identity = begin(footfall, switch="manual")
    eventually(lambda: state_of(footfall, identity) == "caught-up")
    assert answers(footfall) == before
    footfall.request("POST", f"/replays/{identity}/switch")
    eventually(lambda: state_of(footfall, identity) == "switched")
    other = make_server()
    other.flags += ["--config", rules(other, drop)]
    other.start()
    other.send(*events)
    other.settle()
    expected = without_times(answers(other))
    assert without_times(answers(footfall)) == expected != without_times(before)
    other.stop()


def test_dead_letters_of_a_rule_are_mended_and_count_once(ruled):
    footfall, change = ruled
    change({"name": "strange", "when": {"name": "bought"}, "do": [{"dead_letter": "too strange"}]})
    footfall.send(event("ann", "bought"), event("ann", "looked"), event("bob", "bought"))
    footfall.settle()
    letters = eventually(lambda: len(items := footfall.get_json("/dead-letters", stage="rule")["items"]) == 2 and items)
    assert {letter["reason"] for letter in letters} == {"too strange"} and amount(footfall) == 1
    change()
    reply = footfall.request("POST", "/dead-letters/replay", json={"ids": [letters[0]["id"]]})
    assert reply.json()["replayed"] == 1
    footfall.settle()
    assert amount(footfall) == 2
    assert footfall.request("DELETE", f"/dead-letters/{letters[1]['id']}").json()["discarded"] == 1
    # Both records are in the log where they were, and today's rules would take them: one counts where it was appended anew, one nowhere.
    replay(footfall)
    assert amount(footfall) == 2 and footfall.get_json("/dead-letters")["items"] == []


def test_who_was_erased_stays_so(make_server):
    footfall = make_server().start()
    footfall.send(event("ann", "bought"), event("bob", "bought"))
    footfall.settle()
    receipt = footfall.request("POST", "/users/ann/erasure", json={"keepRefusing": True}).json()
    eventually(lambda: footfall.get_json(f"/erasures/{receipt['id']}")["state"] == "done")
    done = footfall.get_json(f"/erasures/{receipt['id']}")
    replay(footfall)
    assert footfall.get("/users/ann").status_code == 404
    assert footfall.get_json(f"/erasures/{receipt['id']}") == done
    footfall.send(event("ann", "bought"))
    footfall.settle()
    assert footfall.get("/users/ann").status_code == 404
    assert footfall.get_json("/users/bob")["observed"]["events"] == 1
    # Asked for while one runs: done in what is read, and in what will be.
    identity = begin(footfall, switch="manual")
    eventually(lambda: state_of(footfall, identity) == "caught-up")
    receipt = footfall.request("POST", "/users/bob/erasure", json={}).json()
    eventually(lambda: footfall.get_json(f"/erasures/{receipt['id']}")["state"] == "done")
    done = footfall.get_json(f"/erasures/{receipt['id']}")
    assert footfall.get("/users/bob").status_code == 404
    footfall.request("POST", f"/replays/{identity}/switch")
    eventually(lambda: state_of(footfall, identity) == "switched")
    assert footfall.get("/users/bob").status_code == 404 and footfall.get("/users/ann").status_code == 404
    assert footfall.get_json(f"/erasures/{receipt['id']}") == done
    footfall.stop()


def test_one_at_a_time_and_abandoned(make_server):
    footfall = make_server().start()
    footfall.send(*[event("ann", "bought") for _ in range(3000)])
    footfall.settle()
    identity = begin(footfall)
    second = footfall.request("POST", "/replays", json={})
    abandoned = footfall.request("DELETE", f"/replays/{identity}")
    # Each of the two may have come too late.
    assert second.status_code in (202, 409) and abandoned.status_code in (202, 409)
    eventually(lambda: state_of(footfall, identity) in ("cancelled", "switched"))
    assert amount(footfall) == 3000
    last = footfall.request("POST", "/replays", json={})
    identity = last.json()["id"] if last.status_code == 202 else identity
    eventually(lambda: state_of(footfall, identity) == "switched")
    assert amount(footfall) == 3000
    assert footfall.request("DELETE", f"/replays/{identity}").status_code == 409
    assert footfall.request("POST", f"/replays/{identity}/switch").status_code == 409
    listed = footfall.get_json("/replays")["items"]
    assert listed[0]["id"] == identity and all(replay["state"] in ("cancelled", "switched") for replay in listed)
    assert footfall.get("/replays/nothing").status_code == 404
    for body in ([], {"force": 1}, {"from": "yesterday"}, {"from": -1}, {"switch": "now"}, {"force": True, "more": 1}):
        assert footfall.request("POST", "/replays", json=body).status_code == 400
    footfall.stop()


def test_a_switch_by_hand_and_a_cancel_leave_what_was(ruled):
    footfall, change = ruled
    change()
    footfall.send(*[event("ann", "bought") for _ in range(10)], *[event("ann", "noise") for _ in range(90)])
    footfall.settle()
    drop = {"name": "quiet", "when": {"name": "noise"}, "do": [{"drop": "noise"}]}
    change(drop)
    identity = begin(footfall, switch="manual")
    eventually(lambda: state_of(footfall, identity) == "caught-up")
    assert footfall.request("POST", "/replays", json={}).status_code == 409
    assert footfall.get_json("/status")["replay"]["state"] == "caught-up"
    assert amount(footfall) == 100
    # It follows the log meanwhile, and over a kill; with other rules it begins anew.
    footfall.send(*[event("ann", "bought") for _ in range(5)])
    footfall.settle()
    assert amount(footfall) == 105
    footfall.kill()
    change(drop, {"name": "more", "when": {"name": "nothing"}, "do": [{"drop": "nothing"}]})
    eventually(lambda: state_of(footfall, identity) == "caught-up", within=60)  # once no process is left that had the old rules
    assert amount(footfall) == 105
    assert footfall.request("DELETE", f"/replays/{identity}").status_code == 202
    eventually(lambda: state_of(footfall, identity) == "cancelled")
    assert amount(footfall) == 105 and footfall.get_json("/status")["replay"] is None
    identity = begin(footfall, switch="manual")
    eventually(lambda: state_of(footfall, identity) == "caught-up")
    assert footfall.request("POST", f"/replays/{identity}/switch").status_code == 202
    eventually(lambda: state_of(footfall, identity) == "switched")
    assert amount(footfall) == 15


def test_from_an_offset_and_a_time(make_server):
    footfall = make_server("--embedded.partitions", "1").start()
    footfall.send(*[event("ann", "bought") for _ in range(10)], {"type": "identify", "userId": "ann", "anonymousId": "guest",
                                                                 "timestamp": f"{DAY}T10:00:00Z"})
    footfall.settle()
    replay(footfall, **{"from": 6})
    assert amount(footfall) == 5
    # Links are kept, though what led to them was passed over.
    replay(footfall, **{"from": "2100-01-01T00:00:00Z"})
    assert amount(footfall) == 0
    footfall.send({"type": "track", "event": "looked", "anonymousId": "guest", "messageId": new_id(), "timestamp": f"{DAY}T11:00:00Z"})
    footfall.settle()
    assert len(footfall.get_json("/users/ann/activities")["items"]) == 1
    replay(footfall)
    assert amount(footfall) == 12
    footfall.stop()


def test_a_log_without_its_beginning(make_server):
    footfall = make_server("--embedded.log_retention", "1s", "--embedded.partitions", "1").start()
    footfall.send(event("ann", "bought"))
    footfall.settle()
    pause = threading.Event()  # a replay keeps the log from dropping what it has to read: leave time between two
    eventually(lambda: pause.wait(2) or "oldest records" in footfall.request("POST", "/replays", json={}).text, within=150)
    eventually(lambda: all(known["state"] == "switched" for known in footfall.get_json("/replays")["items"]))
    assert amount(footfall) == 1
    replay(footfall, force=True)
    assert amount(footfall) == 0
    footfall.stop()
