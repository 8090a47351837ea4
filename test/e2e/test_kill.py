# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, again and again: what was acknowledged is there once, and totals are what the timelines add up to."""

import random
import signal
import threading

from footfall import eventually, new_id
from load import ACKNOWLEDGED, Ledger, Load, check_ledger

KILLS = 20
SEED = 20261123


def test_kill_at_random_moments_under_load(make_server):
    chance = random.Random(SEED)
    footfall = make_server().start()
    ledger = Ledger()
    pause = threading.Event()
    with Load(footfall, ledger, seed=SEED, senders=4, users=30):
        for _ in range(KILLS):
            before = ledger.count(ACKNOWLEDGED)
            # At least one more batch got through, then any moment: in the middle of a commit, of a store batch, of nothing.
            eventually(lambda: ledger.count(ACKNOWLEDGED) > before, within=60)
            pause.wait(chance.uniform(0, 0.4))
            footfall.kill()
            footfall.start()
        eventually(lambda: ledger.count(ACKNOWLEDGED) > before, within=60)
    assert ledger.resent > 50
    footfall.settle()
    found = check_ledger(footfall, ledger)
    assert found >= ledger.count(ACKNOWLEDGED) > 1000
    # And nothing is different after an orderly stop, which flushes everything.
    footfall.restart()
    footfall.settle()
    assert check_ledger(footfall, ledger) == found
    footfall.stop()


def test_ids_from_before_a_kill_are_known_after_it(make_server):
    footfall = make_server().start()
    events = [{"type": "track", "event": "tapped", "userId": "u1", "messageId": new_id()} for _ in range(500)]
    footfall.send(*events)
    footfall.kill()
    footfall.start()
    footfall.send(*events)
    footfall.settle()
    footfall.kill()
    footfall.start()
    footfall.send(*events)
    footfall.settle()
    assert sorted(footfall.ids("u1")) == sorted(event["messageId"] for event in events)
    assert footfall.get_json("/users/u1")["observed"]["events"] == 500
    footfall.stop()


def test_a_second_signal_ends_it_at_once_and_loses_nothing(make_server):
    footfall = make_server().start()
    events = [{"type": "track", "event": "tapped", "userId": "u1", "messageId": new_id()} for _ in range(200)]
    footfall.send(*events)
    footfall.signal(signal.SIGTERM)
    footfall.signal(signal.SIGTERM)
    assert footfall.wait(10) in (0, 1)
    footfall.start()
    footfall.wait_for_ids("u1", [event["messageId"] for event in events])
    footfall.stop()


def test_profiles_and_keys_survive_a_kill(make_server):
    footfall = make_server().start()
    made = footfall.request("POST", "/users", json={"id": "ada", "email": "ada@example.org"})
    assert made.status_code == 201
    key = footfall.request("POST", "/keys", json={"role": "viewer", "label": "reports"}).json()["key"]
    footfall.kill()
    footfall.start()
    assert footfall.get("/users/ada", key).json()["email"] == "ada@example.org"
    footfall.stop()
