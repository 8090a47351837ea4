# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Many connections that send events at once, and a ledger of what became of each."""

import http.client
import itertools
import json
import random
import threading

ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"


class Ledger:
    """What the server said about each id. Once acknowledged, always acknowledged: a later resend cannot take it back."""

    def __init__(self):
        self._lock = threading.Lock()
        self._fate = {}
        self._once = set()
        self.user = {}
        self.resent = 0

    def note(self, user, ids, fate, once=False):
        """once: never to be sent again by others, who would say something else under the same id."""
        with self._lock:
            if once:
                self._once.update(ids)
            for event in ids:
                self.user[event] = user
                if self._fate.get(event) != ACKNOWLEDGED:
                    self._fate[event] = fate

    def sample(self, chance, count):
        """Some ids with their users, to be sent again."""
        with self._lock:
            known = list(itertools.islice((event for event in reversed(self._fate) if event not in self._once), 200))
        picked = chance.sample(known, min(count, len(known)))
        self.resent += len(picked)
        return [(event, self.user[event]) for event in picked]

    def with_fate(self, fate):
        with self._lock:
            return {event for event, known in self._fate.items() if known == fate}

    def count(self, fate):
        with self._lock:
            return sum(known == fate for known in self._fate.values())

    def users(self):
        return set(self.user.values())


class Sender(threading.Thread):
    """One connection that sends small batches until it is told to stop, whatever happens to the server."""

    numbers = itertools.count()

    def __init__(self, footfall, ledger, seed, users=40, batch=8, resend=0.1, undecided=(), pause=0, context=None):
        super().__init__(daemon=True)
        self.footfall, self.ledger = footfall, ledger
        self.chance = random.Random(seed)
        self.users, self.batch, self.resend = users, batch, resend
        self.context = context or {}
        self.pause = pause  # seconds between requests of a sender
        self.undecided = undecided  # statuses of replies that leave open what became of the events
        self.stopping = threading.Event()
        self.failure = None

    def run(self):
        connection, port = None, 0
        try:
            while not self.stopping.is_set():
                if connection is None or port != self.footfall.port:
                    port = self.footfall.port
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                if not self._send(connection):
                    connection.close()
                    connection = None
                    self.stopping.wait(0.005)
                elif self.pause:
                    self.stopping.wait(self.pause)
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
        finally:
            if connection is not None:
                connection.close()

    def _events(self):
        user = f"user-{self.chance.randrange(self.users)}"
        number = next(self.numbers)
        ids = [f"event-{number}-{place}" for place in range(self.chance.randint(1, self.batch))]
        events = [(event, user) for event in ids]
        if self.chance.random() < self.resend:
            events += self.ledger.sample(self.chance, 3)
        return events

    def _send(self, connection):
        events = self._events()
        body = json.dumps({"writeKey": self.footfall.write_key, "batch": [
            {"type": "track", "event": f"step-{len(event) % 3}", "messageId": event, "userId": user,
             "context": self.context} for event, user in events]})
        try:
            connection.request("POST", "/v1/batch", body)
            reply = connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):
            # Refused, cut off, or answered with half a reply: the server may or may not have kept them.
            self._note(events, UNKNOWN)
            return False
        if reply.status == 200:
            assert not json.loads(text).get("rejected"), text
            self._note(events, ACKNOWLEDGED)
            return True
        assert reply.status == 503 or reply.status in self.undecided, f"{reply.status} {text}"
        self._note(events, REFUSED if reply.status == 503 else UNKNOWN)
        return False

    def _note(self, events, fate):
        for event, user in events:
            self.ledger.note(user, [event], fate)


class Load:
    """A number of senders: with Load(...) as load."""

    def __init__(self, footfall, ledger, seed=1, senders=4, **options):
        self.senders = [Sender(footfall, ledger, seed * 1000 + number, **options) for number in range(senders)]

    def __enter__(self):
        for sender in self.senders:
            sender.start()
        return self

    def __exit__(self, *error):
        for sender in self.senders:
            sender.stopping.set()
        for sender in self.senders:
            sender.join(30)
        for sender in self.senders:
            assert not sender.is_alive(), "a sender is stuck: a request got no answer"
            if sender.failure:
                raise sender.failure


def check_ledger(footfall, ledger):
    """Every acknowledged id stands in its user's timeline once; totals are what the timelines add up to."""
    acknowledged = ledger.with_fate(ACKNOWLEDGED)
    known = set(ledger.user)
    names, by_name_users, found, days = {}, {}, [], {}
    for user in sorted(ledger.users()):
        for row in footfall.timeline(user):
            found.append(row["id"])
            assert ledger.user.get(row["id"]) == user
            date = row["timestamp"][:10]
            day = days.setdefault(date, {"events": 0, "users": set(), "names": {}})
            day["events"] += 1
            day["users"].add(user)
            day["names"].setdefault(row["name"], []).append(user)
    assert len(found) == len(set(found)), "an event stands in a timeline twice"
    missing = acknowledged - set(found)
    assert not missing, f"{len(missing)} acknowledged events are lost, such as {sorted(missing)[:5]}"
    assert set(found) <= known
    for date, day in days.items():
        report = footfall.daily(date)
        assert report["events"] == day["events"]
        assert report["activeUsers"] == len(day["users"])
        assert {row["name"]: (row["events"], row["users"]) for row in report["byName"]} == {
            name: (len(users), len(set(users))) for name, users in day["names"].items()}
    return len(found)
