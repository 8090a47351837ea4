# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Data that an earlier Footfall wrote, opened by this one.

upgrade/*.tar.xz hold a data directory as the Footfall of that day left it when it was killed, and answers.json: what it answered to each
path just before. Everything it said must still be said; this Footfall may say more. How one is made: docs/testing.md, "Upgrades".
"""

import glob
import json
import os
import tarfile

import pytest

from footfall import HERE, eventually

ARCHIVES = sorted(glob.glob(os.path.join(HERE, "upgrade", "*.tar.xz")))


def missing(old, new, where=""):
    """What of the old answer is not in the new one, as a list of paths."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [fault for key, value in old.items() for fault in (missing(value, new[key], f"{where}/{key}") if key in new else [f"{where}/{key}"])]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [fault for at, (one, other) in enumerate(zip(old, new)) for fault in missing(one, other, f"{where}/{at}")]
    return [] if old == new else [f"{where}: {old!r} is now {new!r}"]


@pytest.fixture(params=ARCHIVES, ids=os.path.basename)
def upgraded(request, make_server, tmp_path):
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path)
    footfall = make_server()
    footfall.data = str(tmp_path / "data")
    # The days of the archive get older; what is old enough to be forgotten is not what is asked here.
    footfall.flags += ["--embedded.log_retention", "36500d"]
    footfall.start()
    with open(tmp_path / "answers.json", encoding="utf-8") as file:
        return footfall, json.load(file)


def test_there_is_data_of_an_earlier_footfall():
    assert ARCHIVES


def assert_all_answers(footfall, answers):
    for path, old in answers.items():
        reply = footfall.get(path)
        assert reply.status_code == 200, (path, reply.text)
        assert not missing(old, reply.json()), path


def test_what_was_answered_is_answered_still(upgraded):
    footfall, answers = upgraded
    assert len(answers) > 10
    eventually(lambda: assert_all_answers(footfall, answers) is None)
    footfall.stop()
    footfall.start()
    assert_all_answers(footfall, answers)


def test_what_was_counted_is_not_counted_again(upgraded):
    footfall, answers = upgraded
    day = next(path for path in answers if path.startswith("/reports/daily") and "22" in path)
    again = {"type": "track", "event": "Bought", "userId": "ada", "messageId": "m3", "timestamp": "2026-11-22T10:02:00Z", "properties": {"price": 9}}
    fresh = {**again, "messageId": "m4", "event": "Bought after the upgrade"}
    footfall.post("/v1/batch", {"batch": [again, fresh]})

    def counted():
        report = footfall.get(day).json()
        names = {row["name"]: row["events"] for row in report["byName"]}
        return names.get("Bought after the upgrade") == 1 and (report["events"], names["Bought"])

    events, bought = eventually(counted)
    assert events == answers[day]["events"] + 1
    assert bought == {row["name"]: row["events"] for row in answers[day]["byName"]}["Bought"]


def test_people_and_links_are_those_of_before(upgraded):
    footfall, answers = upgraded
    assert footfall.get("/users/ada").json()["traits"] == answers["/users/ada"]["traits"]
    footfall.post("/v1/track", {"event": "Came back", "anonymousId": "anon-1", "messageId": "m5"})

    def linked():
        items = footfall.get("/users/ada/activities").json()["items"]
        return {item["id"] for item in items} >= {"m1", "m2", "m3", "m5"}

    eventually(linked)
