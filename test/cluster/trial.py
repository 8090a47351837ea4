# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A deployment under load while things break, and the judge of what became of every event."""

import contextlib
import json
import os
import subprocess
import threading

from agreement import check_day
from deployment import Shared
from footfall import eventually, new_id
from load import ACKNOWLEDGED, REFUSED, UNKNOWN, Ledger, Load, check_ledger
from recount import Recount

# How long servers are away. A minute is the promise; a third of it fits a run of all tests.
OUTAGE_SECONDS = float(os.environ.get("FOOTFALL_OUTAGE_SECONDS", "20"))
USERS = 40  # enough that every partition has some
# What a gateway answers when the process behind it went away or is late: it cannot know what became of the events.
UNDECIDED = (502, 504)
VISIBLE_SECONDS = 90
# Between requests of a sender: faults are to be survived, and not a backlog that a slow machine works off for minutes.
PAUSE_SECONDS = 0.04
CONTEXT = {"userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


class Trial:
    """The ledger is of all events ever sent to the deployment, so whatever one fault spoils, every later judgement sees."""

    def __init__(self, deployment):
        self.deployment, self.ledger = deployment, Ledger()
        self.servers = Shared.servers()
        self.loads = 0
        self._pause = threading.Event()

    @contextlib.contextmanager
    def load(self, senders=4):
        """Events come all the time; within and after it something must have been acknowledged."""
        self.loads += 1
        with Load(self.deployment, self.ledger, seed=self.loads, senders=senders, users=USERS, undecided=UNDECIDED,
                  context=CONTEXT, pause=PAUSE_SECONDS):
            self.progress()
            yield
            self.progress()

    def progress(self, more=30):
        """More events are acknowledged."""
        before = self.ledger.count(ACKNOWLEDGED)
        eventually(lambda: self.ledger.count(ACKNOWLEDGED) > before + more, within=60)

    def outage(self):
        """Time passes while something is away."""
        self._pause.wait(OUTAGE_SECONDS)

    def not_acknowledged(self):
        return self.ledger.count(REFUSED) + self.ledger.count(UNKNOWN)

    def flows(self, within=VISIBLE_SECONDS):
        """An event of every user, and so of every partition, gets all the way into a timeline."""
        sent = {f"user-{number}": new_id("probe") for number in range(USERS)}
        eventually(lambda: self._send_probes(sent), within)

        def arrived(user):
            assert sent[user] in self.deployment.ids(user, name="probe"), f"{user} waits for {sent[user]}"
            return True
        for user in sent:
            eventually(lambda one=user: arrived(one), within)

    def _send_probes(self, sent):
        reply = self.deployment.post("/v1/batch", {"batch": [
            {"type": "track", "event": "probe", "userId": user, "messageId": event, "context": CONTEXT}
            for user, event in sent.items()]})
        fate = ACKNOWLEDGED if reply.status_code == 200 else UNKNOWN
        for user, event in sent.items():
            self.ledger.note(user, [event], fate, once=True)
        return fate == ACKNOWLEDGED

    def judge(self):
        """Nothing acknowledged is missing, nothing is double, and every figure of a day is what its events add up to."""
        self.deployment.settle()
        found = check_ledger(self.deployment, self.ledger)
        messages = []
        for user in sorted(self.ledger.users()):
            messages += [{"messageId": row["id"], "type": row["type"], "event": row["name"], "userId": user,
                          "context": CONTEXT, "timestamp": row["timestamp"]} for row in self.deployment.timeline(user)]
        messages.sort(key=lambda message: message["timestamp"])
        truth = Recount(messages, "UTC")
        for day in truth.days():
            check_day(self.deployment.daily(day.isoformat(), limit=1000), truth, day)
        return found

    def leader(self, partition):
        """The number of the broker that leads a partition of the events."""
        addresses = ",".join(self.servers.kafka.addresses())
        said = subprocess.run(["kcat", "-b", addresses, "-L", "-J", "-t", self.deployment.topic], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=30, check=True).stdout
        rows = json.loads(said)["topics"][0]["partitions"]
        return next(row["leader"] for row in rows if row["partition"] == partition)
