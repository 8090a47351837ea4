# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Replays where several processes share log and store: two that process, each of which may be killed at any moment; nobody sees a count go down."""

import json
import os
import random
import threading

import pytest

from footfall import eventually, new_id
from load import ACKNOWLEDGED, Ledger, Load, check_ledger
from test_replay import DAY, amount, answers, begin, event, history, rules, state_of

SEED = 20261126
BURST = 400

pytestmark = pytest.mark.skipif(os.environ.get("FOOTFALL_E2E_DEPLOYMENT") != "cluster", reason="one process has all roles")


class Watcher:
    """Somebody who asks for a count, again and again, until told to stop: it must never be less than before."""

    def __init__(self, footfall):
        self.footfall, self.counts, self.problem = footfall, [0], None
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.done.is_set():
            reply = self.footfall.get("/reports/daily", date=DAY)
            if reply.status_code != 200:  # whoever answers may be away: that is no smaller count
                continue
            count = reply.json()["events"]
            if count < self.counts[-1]:
                self.problem = f"{self.counts[-1]} events, then {count}"
            if count != self.counts[-1]:
                self.counts.append(count)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.done.set()
        self.thread.join()
        assert self.problem is None, self.problem


def processors(footfall):
    return [role for role in footfall.roles.values() if role.place.role == "processor"]


def start_some(footfall):
    """Those of the processors that do not run."""
    for role in processors(footfall):
        if role.process is None:
            role.start()


def wait_for(footfall, identity, state="switched", within=120):
    try:
        eventually(lambda: state_of(footfall, identity) == state, within=within)
    except AssertionError as problem:
        raise AssertionError(f"{footfall.get('/replays').text}\n{footfall.get('/status').text}") from problem


@pytest.fixture
def pair(make_server):
    footfall = make_server(processors=2)
    footfall.flags += ["--config", rules(footfall)]
    footfall.start()
    yield footfall
    if footfall.is_started():
        footfall.stop()


def test_two_processors_fill_and_nobody_goes_back(pair):
    """Events come all the time, and each processor is killed once while the generation is filled."""
    pair.send(*history())
    pair.settle()
    stop = threading.Event()

    def send():
        while not stop.is_set():
            pair.send(*[event(f"user-{number % 7}", "bought") for number in range(20)])
            stop.wait(0.05)

    sender = threading.Thread(target=send)
    with Watcher(pair):
        sender.start()
        try:
            for round_ in range(2):
                identity = begin(pair)
                role = processors(pair)[round_]
                eventually(lambda: pair.get_json(f"/replays/{identity}")["processed"] > 0, within=60)
                role.kill()
                start_some(pair)
                wait_for(pair, identity)
        finally:
            stop.set()
            sender.join()
        pair.settle()
    before = answers(pair)
    identity = begin(pair)
    wait_for(pair, identity)
    pair.settle()
    assert answers(pair) == before
    shown = pair.get_json(f"/replays/{identity}")
    assert shown["processed"] == shown["records"] and shown["percent"] == 100


def test_killed_at_any_moment_around_the_switch(pair):
    chance = random.Random(SEED)
    pause = threading.Event()
    ledger = Ledger()
    identity = ""
    with Load(pair, ledger, seed=SEED, senders=3, users=30):
        for _ in range(6):
            before = ledger.count(ACKNOWLEDGED)
            eventually(lambda: ledger.count(ACKNOWLEDGED) > before + 100, within=120)
            reply = pair.request("POST", "/replays", json={})
            assert reply.status_code in (202, 409), reply.text
            identity = reply.json()["id"] if reply.status_code == 202 else identity
            pause.wait(chance.uniform(0, 6))
            for role in chance.sample(processors(pair), chance.choice((1, 1, 2))):
                role.kill()
            pause.wait(chance.uniform(0, 1))
            start_some(pair)
        wait_for(pair, identity)
    pair.settle()
    found = check_ledger(pair, ledger)
    assert found >= ledger.count(ACKNOWLEDGED) > 500
    identity = begin(pair)
    wait_for(pair, identity)
    pair.settle()
    assert check_ledger(pair, ledger) == found


def test_a_processor_that_slept_through_the_switch(pair):
    """It wakes up with a batch of the old generation, and takes nothing from anybody."""
    pair.send(*[event(f"user-{number}", "bought") for number in range(50)])
    pair.settle()
    with Watcher(pair):
        sleeper = processors(pair)[1]
        pair.send(*[event(f"user-{number}", "bought") for number in range(BURST)])
        sleeper.pause()
        identity = begin(pair)
        wait_for(pair, identity)
        pair.send(*[event(f"user-{number}", "bought") for number in range(50)])
        sleeper.resume()
        pair.settle()
        eventually(lambda: amount(pair) == BURST + 100, within=60)
    assert pair.get_json("/users/user-1")["observed"]["events"] == 3


def test_erased_while_two_fill(pair):
    pair.send(*[event(f"user-{number % 20}", "bought") for number in range(400)])
    pair.settle()
    identity = begin(pair, switch="manual")
    wait_for(pair, identity, "caught-up")
    receipts = [pair.request("POST", f"/users/user-{number}/erasure", json={"keepRefusing": number == 3}).json() for number in (3, 4, 5)]
    processors(pair)[0].kill()
    for receipt in receipts:
        eventually(lambda receipt=receipt: pair.get_json(f"/erasures/{receipt['id']}")["state"] == "done", within=60)
    start_some(pair)
    assert pair.request("POST", f"/replays/{identity}/switch").status_code == 202
    wait_for(pair, identity)
    pair.send(event("user-3", "bought"), event("user-4", "bought"))
    pair.settle()
    eventually(lambda: pair.get_json("/users/user-4")["observed"]["events"] == 1)
    assert pair.get("/users/user-3").status_code == pair.get("/users/user-5").status_code == 404
    # After the switch erasures are carried out in what is read now.
    receipt = pair.request("POST", "/users/user-6/erasure", json={}).json()
    eventually(lambda: pair.get_json(f"/erasures/{receipt['id']}")["state"] == "done", within=60)
    assert pair.get("/users/user-6").status_code == 404


def test_other_rules_in_one_process(pair):
    """Who has others does not take part and says so; when nobody is left who has those of the replay, it begins anew."""
    pair.send(*[event("ann", "bought") for _ in range(10)], *[event("ann", "noise") for _ in range(90)])
    pair.settle()
    identity = begin(pair, switch="manual")
    wait_for(pair, identity, "caught-up")
    with open(pair.directory + ".yaml", "w", encoding="utf-8") as file:
        json.dump({"rules": [{"name": "quiet", "when": {"name": "noise"}, "do": [{"drop": "noise"}]}]}, file)
    first, second = processors(pair)
    second.kill()
    second.start()
    eventually(lambda: "does not take part" in (pair.get_json(f"/replays/{identity}")["problem"] or ""), within=60)
    assert pair.get_json("/status")["replay"]["id"] == identity and amount(pair) == 100
    basis = pair.get_json(f"/replays/{identity}")["basis"]
    first.kill()
    first.start()
    eventually(lambda: pair.get_json(f"/replays/{identity}")["basis"] != basis, within=60)
    wait_for(pair, identity, "caught-up")
    assert amount(pair) == 100
    pair.request("POST", f"/replays/{identity}/switch")
    wait_for(pair, identity)
    assert pair.get_json("/users/ann")["observed"]["events"] == 10
    eventually(lambda: amount(pair) == 10, within=120)  # it may have been closed meanwhile, and gets a revision


def test_cancelled_while_two_fill(pair):
    pair.send(*[event(f"user-{number % 25}", "bought") for number in range(400)])
    pair.settle()
    before = answers(pair)
    for _ in range(3):
        identity = begin(pair, switch="manual")
        wait_for(pair, identity, "caught-up")
        assert 'footfall_replay_state' in pair.metrics()
        reply = pair.request("DELETE", f"/replays/{identity}")
        assert reply.status_code == 202 and reply.json()["state"] == "cancelled", reply.text
        assert pair.request("DELETE", f"/replays/{identity}").status_code == 409
    assert answers(pair) == before and pair.get_json("/status")["replay"] is None
    pair.send(event("user-1", "bought", messageId=new_id()))
    pair.settle()
    assert amount(pair) == 401
