# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Another number of partitions: what moved says what the recount says, and what an installation says that never moved."""

import os
import re

import pytest

from footfall import Footfall, command, eventually
from recount import Recount
from test_every_report import BATCH, FUNNEL, REPORTS, history

SEED, ZONE, END = 12, "America/New_York", "2026-03-12T00:00:00Z"  # mostly in order, a part of it days late
COUNTS = (3, 8, 1)
VOLATILE = re.compile(r'"(closed|closedAt|revision|receivedAt|requestId)": ?("[^"]*"|[^,}]*)')  # what two clocks say


class Sites:
    """One installation that moves, and one that never does; both take the same events."""

    def __init__(self, folder):
        self.folder = folder
        self.settings = folder / "footfall.yaml"
        self.settings.write_text(FUNNEL, encoding="utf-8")
        self.messages = []
        self.moved = self.open("moved-0", COUNTS[0])
        self.stayed = self.open("stayed", COUNTS[0])

    def open(self, name, partitions):
        return Footfall(self.folder / name, "--embedded.disk_reserve", "0", "--project.time_zone", ZONE, "--config",
                        str(self.settings), "--embedded.partitions", str(partitions),
                        data=self.folder / f"data-{name}").start()

    def send(self, messages):
        for site in (self.moved, self.stayed):
            for place in range(0, len(messages), BATCH):
                site.send(*messages[place:place + BATCH])
        self.messages += messages
        self.settle()

    def settle(self):
        for site in (self.moved, self.stayed):
            site.settle()

    def move(self, partitions):
        self.moved.stop()
        name = f"moved-{partitions}"
        words = ("migrate", "--data", self.moved.data, "--to-data", self.folder / f"data-{name}", "--to-partitions", partitions,
                 "--config", self.settings)
        counted = command(*words, "--dry-run")
        assert counted.returncode == 0, counted.stderr
        assert f"partitions to {partitions}:" in counted.stdout
        done = command(*words)
        assert done.returncode == 0, done.stderr + done.stdout
        assert "Everything is there" in done.stdout and "differs" not in done.stdout
        assert command(*words).returncode == 0  # nothing is left
        self.moved = self.open(name, partitions)
        assert len(self.moved.status()["partitions"]) == partitions

    def check(self):
        truth = Recount(self.messages, ZONE)
        for check in REPORTS.values():
            check(self.moved, truth)
        self.compare(truth)

    def compare(self, truth):
        """All that both say, byte by byte."""
        days = [day.isoformat() for day in truth.days()]
        span = f"from={days[0]}&to={days[-1]}"
        paths = [f"/reports/daily?date={day}&limit=1000" for day in days]
        paths += [f"/reports/{name}?{span}" for name in ("active", "sessions", "retention", "funnels/looked")]
        paths += [f"/reports/events?by={by}&limit=1000&{span}" for by in ("name", "page", "hour")]
        users = sorted({event.user for event in truth.events if event.user})
        paths += [f"/users/{user}" for user in users] + [f"/users/{user}/activities?limit=1000" for user in users]
        for path in paths:
            mine, other = (VOLATILE.sub("", site.get(path).text) for site in (self.moved, self.stayed))
            assert mine == other, path

    def discard(self):
        self.moved.discard()
        self.stayed.discard()


@pytest.fixture
def sites(tmp_path):
    both = Sites(tmp_path)
    try:
        yield both
    finally:
        both.discard()


def erase(site, user):
    reply = site.request("POST", f"/users/{user}/erasure", json={"keepRefusing": True})
    assert reply.status_code == 202, reply.text
    eventually(lambda: site.get_json(f"/erasures/{reply.json()['id']}")["state"] == "done")


def test_what_moved_counts_as_what_stayed(sites):
    messages = history(SEED, END)
    third = len(messages) // 3
    sites.send(messages[:third])
    sites.move(COUNTS[1])
    sites.check()
    sites.send(messages[:third])  # all of it once more: nothing of it counts
    sites.check()
    sites.send(messages[third:2 * third])
    sites.check()
    # Somebody wants to be forgotten, and not to be taken again, at a place where only the store remembers them.
    truth = Recount(sites.messages, ZONE)
    user = max((user for user in truth.links if truth.links[user]), key=lambda user: len(truth.timeline(user)))
    for site in (sites.moved, sites.stayed):
        erase(site, user)
    sites.compare(truth)
    assert sites.moved.get(f"/users/{user}/activities").status_code == 404
    sites.move(COUNTS[2])
    sites.compare(truth)
    sites.send(messages[2 * third:])
    sites.send(messages[third:])
    sites.compare(Recount(sites.messages, ZONE))
    assert sites.moved.get(f"/users/{user}/activities").status_code == 404
    for site in (sites.moved, sites.stayed):
        assert len(site.get_json("/erasure-refusals")["items"]) == 1 + len(truth.links[user])
        assert site.request("DELETE", f"/users/{user}/refusal").status_code in (202, 204)
        eventually(lambda site=site: len(site.get_json("/erasure-refusals")["items"]) == len(truth.links[user]))
    back = {"type": "track", "event": "Back", "messageId": "back", "userId": user, "timestamp": messages[0]["timestamp"],
            "context": messages[0]["context"]}
    sites.send([back])
    assert sites.moved.ids(user) == ["back"]
    sites.compare(Recount(sites.messages, ZONE))


def test_another_number_in_the_settings_is_told(tmp_path):
    footfall = Footfall(tmp_path, "--embedded.disk_reserve", "0", "--embedded.partitions", "3").start()
    footfall.stop()
    other = command("run", "--data", footfall.data, "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0",
                    "--embedded.partitions", "8")
    assert other.returncode == 1
    assert "has 3 partitions but 8 are configured" in other.stderr
    assert "set embedded.partitions to 3" in other.stderr
    assert "footfall migrate --to-data DIR --to-partitions 8" in other.stderr


@pytest.mark.parametrize("flags, words", [(("--to-partitions", "0"), "a number from 1 to 1024"), (("--to-partitions=x",), "a number"),
                                          (("--to-partitions",), "needs a value"), (("--to-topic", "t"), "belong together"),
                                          (("--to-data", "a", "--to-topic", "t", "--to-keyspace", "k"), "not both")])
def test_flags_that_do_not_fit(tmp_path, flags, words):
    done = command("migrate", "--data", tmp_path / "none", *flags)
    assert done.returncode == 2
    assert words in done.stderr
    assert not os.listdir(tmp_path)


def test_its_own_directory_is_no_other(tmp_path):
    footfall = Footfall(tmp_path, "--embedded.disk_reserve", "0").start()
    footfall.stop()
    done = command("migrate", "--data", footfall.data, "--to-data", footfall.data)
    assert done.returncode == 2
    assert "the directory it is in already" in done.stderr
