# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""GET /status/messages/{id}: where an event is that somebody sent."""

import json
import os
import subprocess
import urllib.parse

import pytest

from footfall import binary, environment, eventually, new_id

APPEND = os.path.join(os.path.dirname(binary()), "test", "log_append")


def event(user=None, name="bought", **members):
    who = {"userId": user} if user else {}
    return {"type": "track", "event": name, "messageId": new_id("m"), **who, **members}


def where(footfall, message, **parameters):
    return footfall.get_json(f"/status/messages/{urllib.parse.quote(message, safe='')}", **parameters)


def put(footfall, key, value):
    """Past all checks, into the log of a Footfall that is not running."""
    words = [APPEND, os.path.join(footfall.data, "log"), key.encode().hex(), value]
    subprocess.run(words, env=environment(), check=True, timeout=60)


def test_a_processed_event_says_whose_it_is(server):
    known, unnamed = event(new_id("ann")), event(anonymousId=new_id("anon"), name="looked")
    server.send(known, unnamed)
    server.settle()
    answer = where(server, known["messageId"])
    assert (answer["state"], answer["project"], answer["messageId"]) == ("processed", "default", known["messageId"])
    assert answer["event"]["userId"] == known["userId"] and answer["event"]["name"] == "bought"
    assert answer["partition"] >= 0 and answer["offset"] >= 0
    answer = where(server, unnamed["messageId"])
    assert answer["state"] == "processed" and answer["event"]["anonymousId"] == unnamed["anonymousId"]
    assert "userId" not in answer["event"]
    # Of a person who is named it is read in the timeline, and no log is needed.
    for sent, parameters in ((known, {"userId": known["userId"]}), (unnamed, {"anonymousId": unnamed["anonymousId"]}),
                             (known, {"userId": known["userId"], "anonymousId": "nobody"})):
        answer = where(server, sent["messageId"], **parameters)
        assert answer["state"] == "processed" and "offset" not in answer
        assert answer["event"].get("userId") == sent.get("userId")


def test_among_many_events_the_right_one_is_found(server):
    user = new_id("many")
    sent = [event(user, properties={"about": new_id()}) for _ in range(700)]
    for at in range(0, len(sent), 100):
        server.send(*sent[at:at + 100])
    server.settle()
    for one in (sent[0], sent[350], sent[-1]):
        for parameters in ({}, {"userId": user}):
            assert where(server, one["messageId"], **parameters)["state"] == "processed"
    # An id that another event only mentions is none.
    assert where(server, sent[0]["properties"]["about"])["state"] == "unknown"


def test_a_bot_is_filtered(server):
    sent = event(new_id("crawler"), context={"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"})
    server.send(sent)
    server.settle()
    answer = where(server, sent["messageId"])
    assert answer["state"] == "filtered" and answer["event"]["userId"] == sent["userId"], answer
    assert where(server, sent["messageId"], userId=sent["userId"])["state"] == "filtered"


def test_nothing_is_known_of_what_was_never_sent(server):
    for message in (new_id("never"), "a/b ?%", "ä\"\\"):
        answer = where(server, message)
        assert answer["state"] == "unknown" and answer["messageId"] == message
        assert "event" not in answer and "dedupe.window" in answer["detail"]


def test_an_event_belongs_to_its_project(server):
    server.request("POST", "/projects", json={"id": "elsewhere"})
    sent = event(new_id("ann"))
    server.send(sent)
    server.settle()
    key = server.request("POST", "/keys", json={"role": "admin", "project": "elsewhere"}).json()["key"]
    theirs = server.get(f"/status/messages/{sent['messageId']}", key, userId=sent["userId"]).json()
    assert theirs["state"] == "unknown" and theirs["project"] == "elsewhere" and "event" not in theirs
    assert where(server, sent["messageId"], project="elsewhere")["state"] == "unknown"
    assert where(server, sent["messageId"], project="elsewhere", userId=sent["userId"])["state"] == "unknown"
    assert server.get(f"/status/messages/{sent['messageId']}", project="nowhere").status_code == 404


@pytest.mark.parametrize("path", ["x" * 201, "%00", "x?userId=", "x?userId=" + "u" * 257, "x?anonymousId=", "x?what=1", "%ff"])
def test_wrong_questions_are_refused(server, path):
    assert server.request("GET", f"/status/messages/{path}").status_code == 400


def test_an_event_waits_until_it_is_processed(make_server):
    """Records wait for others for a second; asked at once, one is found in the log that the processor has not come to."""
    made = make_server("--processor.linger", "1s").start()

    def found_waiting():
        sent = event(new_id("ann"))
        made.send(sent)
        answer = where(made, sent["messageId"])
        assert answer["state"] == "waiting", answer
        return sent, answer

    sent, answer = eventually(found_waiting)
    assert answer["event"]["userId"] == sent["userId"]
    made.settle()
    later = where(made, sent["messageId"])
    assert later["state"] == "processed" and later["offset"] == answer["offset"] and later["partition"] == answer["partition"]
    made.restart()
    assert where(made, sent["messageId"])["state"] == "processed"
    made.stop()


def test_a_dead_letter_says_why(make_server):
    made = make_server().start()
    made.stop()
    wrong = {"id": "wrong-key", "project": "default", "type": "track", "name": "bought", "userId": "ann",
             "timestamp": "2026-11-20T10:00:00.000Z", "receivedAt": "2026-11-20T10:00:00.000Z"}
    put(made, "default\0stranger", json.dumps(wrong, separators=(",", ":")))
    put(made, "default\0ann", '{"id":"broken", no event')
    made.start()
    eventually(lambda: len(made.get_json("/dead-letters")["items"]) == 2)
    answer = where(made, "wrong-key")
    assert answer["state"] == "dead-lettered" and "key" in answer["deadLetter"]["reason"], answer
    assert answer["event"]["userId"] == "ann"
    letter = made.get_json(f"/dead-letters/{answer['deadLetter']['id']}")
    assert (letter["partition"], letter["offset"]) == (answer["partition"], answer["offset"])
    answer = where(made, "broken")
    assert answer["state"] == "dead-lettered" and answer["deadLetter"]["stage"] == "decode" and "event" not in answer
    made.request("POST", "/dead-letters/replay", json={"ids": [letter["id"]]})
    made.settle()
    assert where(made, "wrong-key")["state"] == "processed"
    made.stop()
