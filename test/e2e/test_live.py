# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Live: the newest activities, and streams of them: filters, resuming, gaps, slow readers, many readers, who may."""

import contextlib
import json
import socket

import pytest
import requests

from footfall import eventually, new_id

SHORT = 30


def event(user, name="Login", **more):
    return {"type": "track", "event": name, "userId": user, "messageId": new_id(), **more}


class Stream:
    """An EventSource: reads event by event, and remembers the last id."""

    def __init__(self, server, last_id=None, key=None, **parameters):
        headers = {"Authorization": f"Bearer {key or server.api_key}", **({"Last-Event-ID": last_id} if last_id else {})}
        self.reply = requests.get(f"{server.url}/activities/stream", params=parameters, headers=headers, stream=True,
                                  timeout=SHORT)
        assert self.reply.status_code == 200, self.reply.text
        assert self.reply.headers["Content-Type"] == "text/event-stream"
        self.lines = self.reply.iter_lines(chunk_size=1)
        self.last_id, self.comments, self.retry = last_id, 0, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reply.close()

    def next(self):
        """The next event as (kind, data); None: the stream has ended."""
        kind, data = "message", []
        for line in self.lines:
            field, _, value = line.decode().partition(":")
            value = value.removeprefix(" ")
            if not line and data:
                return kind, json.loads("\n".join(data))
            if not line:
                kind = "message"
            elif not field:
                self.comments += 1
            elif field == "event":
                kind = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                self.last_id = value
            elif field == "retry":
                self.retry = int(value)
        return None

    def item(self):
        kind, data = self.next()
        assert kind == "activity", (kind, data)
        return data

    def items(self, count):
        return [self.item() for _ in range(count)]


def readers(server):
    for line in server.metrics().splitlines():
        if line.startswith("footfall_live_readers "):
            return float(line.split()[1])
    return None


def wait_until_at_work(server, stream):
    """Reads until the first comment with a position: from then on the stream has its place in every partition."""
    for line in stream.lines:
        if line.startswith(b"id: "):
            stream.last_id = line.decode()[4:]
        if line.startswith(b": still here"):
            return stream
    raise AssertionError("the stream has ended")


def follow(server, last_id=None, key=None, **parameters):
    stream = Stream(server, last_id, key, **parameters)
    return stream if last_id else wait_until_at_work(server, stream)


def newest(server, **parameters):
    return server.get_json("/activities", **parameters)["items"]


# --- The newest ---------------------------------------------------------------------------------------------------------


def test_the_newest_come_first_and_look_like_timeline_items(server):
    user = new_id("user")
    sent = [event(user, f"Step {i}", properties={"n": i}, context={"page": {"path": "/a"}}) for i in range(5)]
    for one in sent:
        server.send(one)
    server.wait_for_ids(user, [one["messageId"] for one in sent])
    items = newest(server, userId=user, limit=3)
    assert [item["id"] for item in items] == [one["messageId"] for one in reversed(sent)][:3]
    timeline = server.timeline(user)
    for item in items:
        assert item.pop("project") == "default" and item.pop("userId") == user
        assert item in timeline


def test_filters_of_the_newest(server):
    user = new_id("user")
    server.send(event(user, "Kept"), {"type": "page", "name": "Home", "userId": user, "messageId": new_id()},
                {"type": "track", "event": "Kept", "anonymousId": new_id("visitor"), "messageId": new_id()})
    server.settle()
    assert {item["name"] for item in newest(server, userId=user)} == {"Kept", "Home"}
    assert [item["name"] for item in newest(server, userId=user, type="page")] == ["Home"]
    assert {item.get("userId") for item in newest(server, name="Kept")} == {user, None}
    assert newest(server, name="kept") == [] and newest(server, userId=new_id()) == []


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "type=click", "name=" + "x" * 257, "userId=" + "x" * 257, "cursor=a",
                                   "lastEventId=a"])
def test_wrong_parameters_of_the_newest(server, query):
    assert server.get(f"/activities?{query}").status_code == 400


def test_only_what_counts_is_shown(server):
    user = new_id("user")
    once, bot = event(user, "Once"), event(user, "Bot", context={"userAgent": "Googlebot/2.1"})
    server.send(once)
    server.send(once, bot)
    server.send(event(user, "Last"))
    server.settle()
    assert [item["name"] for item in newest(server, userId=user)] == ["Last", "Once"]


# --- Streams ------------------------------------------------------------------------------------------------------------


def test_a_stream_shows_what_comes(server):
    user = new_id("user")
    server.send(event(user, "Before"))
    server.settle()
    with follow(server, userId=user) as stream:
        assert stream.reply.headers["Cache-Control"] == "no-store"
        sent = [event(user, f"Step {i}") for i in range(20)]
        for one in sent:
            server.send(one)
        got = stream.items(20)
        assert [item["id"] for item in got] == [one["messageId"] for one in sent]
        # What is shown can be queried.
        assert set(server.ids(user)) >= {item["id"] for item in got}
        assert got[0]["userId"] == user and got[0]["project"] == "default"


def test_filters_of_a_stream(server):
    user, other = new_id("user"), new_id("user")
    with follow(server, userId=user, name="Wanted", type="track") as stream:
        server.send(event(other, "Wanted"), event(user, "Other"), event(user, "Wanted", properties={"n": 1}),
                    {"type": "page", "name": "Wanted", "userId": user, "messageId": new_id()},
                    event(user, "Wanted", properties={"n": 2}))
        assert [item["properties"]["n"] for item in stream.items(2)] == [1, 2]


def test_white_space_in_properties_does_not_break_lines(server):
    user = new_id("user")
    with follow(server, userId=user) as stream:
        body = '{"batch":[{"type":"track","event":"Odd","userId":"%s","properties":{"a":\n 1,\r\n"b":"x\\ny"}}]}' % user
        assert server.post("/v1/batch", body).status_code == 200
        assert stream.item()["properties"] == {"a": 1, "b": "x\ny"}


@pytest.mark.parametrize("how", ["header", "parameter"])
def test_resuming_misses_nothing_and_repeats_nothing(server, how):
    user = new_id("user")
    with follow(server, userId=user) as stream:
        first = [event(user, f"First {i}") for i in range(5)]
        server.send(*first)
        assert [item["id"] for item in stream.items(5)] == [one["messageId"] for one in first]
        place = stream.last_id
    second = [event(user, f"Second {i}") for i in range(5)]
    server.send(*second)
    server.settle()
    resumed = Stream(server, place, userId=user) if how == "header" else Stream(server, userId=user, lastEventId=place)
    with resumed as stream:
        third = event(user, "Third")
        server.send(third)
        assert [item["id"] for item in stream.items(6)] == [one["messageId"] for one in (*second, third)]


def test_a_list_tells_where_a_stream_goes_on(server):
    user = new_id("user")
    server.send(event(user, "Listed"))
    server.settle()
    reply = server.get("/activities", userId=user)
    place = reply.headers["Last-Event-ID"]
    assert [item["name"] for item in reply.json()["items"]] == ["Listed"]
    server.send(event(user, "Streamed"))
    with Stream(server, place, userId=user) as stream:
        assert stream.item()["name"] == "Streamed"


@pytest.mark.parametrize("place", ["nonsense", "AQ", "A" * 4000, "%00", "../../etc/passwd"])
def test_hostile_places_are_refused(server, place):
    reply = server.request("GET", "/activities/stream", headers={"Last-Event-ID": place})
    assert reply.status_code == 400, reply.text
    assert server.get(f"/activities/stream?lastEventId={place}").status_code == 400


def test_a_head_of_a_stream_ends(server):
    reply = server.request("HEAD", "/activities/stream")
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "text/event-stream"


def test_many_readers_see_the_same(server):
    user = new_id("user")
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(follow(server, userId=user)) for _ in range(50)]
        sent = [event(user, f"Step {i}") for i in range(10)]
        for one in sent:
            server.send(one)
        for stream in streams:
            assert [item["id"] for item in stream.items(10)] == [one["messageId"] for one in sent]
    eventually(lambda: readers(server) == 0 or None, SHORT)


# --- Who may ------------------------------------------------------------------------------------------------------------


def test_projects_are_apart(server):
    project = new_id("p")[:20].lower()
    assert server.request("POST", "/projects", json={"id": project}).status_code == 201
    keys = {role: server.request("POST", "/keys", json={"role": role, "project": project}).json()["key"]
            for role in ("write", "viewer")}
    user = new_id("user")
    with follow(server, key=keys["viewer"]) as theirs, follow(server, project="default", userId=user) as ours:
        server.send(event(user, "Ours"))
        reply = server.http.post(f"{server.url}/v1/batch", auth=(keys["write"], ""), timeout=SHORT,
                                 json={"batch": [event(user, "Theirs")]})
        assert reply.status_code == 200
        assert theirs.item()["name"] == "Theirs"
        assert ours.item()["name"] == "Ours"
    assert {item["project"] for item in server.get("/activities", keys["viewer"]).json()["items"]} == {project}
    assert server.get("/activities", keys["viewer"], project="default").status_code == 404
    assert server.get("/activities/stream", keys["viewer"], project="default").status_code == 404


def test_a_revoked_key_ends_its_stream(server):
    made = server.request("POST", "/keys", json={"role": "viewer", "project": "default"}).json()
    with follow(server, key=made["key"]) as stream:
        assert server.request("DELETE", f"/keys/{made['id']}").status_code == 204
        while (told := stream.next()) and told[0] == "activity":
            pass  # what comes meanwhile
        assert told == ("dropped", {"reason": "denied"}) and stream.next() is None


# --- Ends ---------------------------------------------------------------------------------------------------------------


def test_stopping_ends_streams_with_a_word(make_server):
    server = make_server().start()
    with follow(server) as stream:
        server.signal(15)
        assert stream.next() is None
        assert stream.retry == 1000
        assert server.wait(SHORT) == 0


def test_after_a_restart_the_newest_are_there(make_server):
    server = make_server().start()
    user = new_id("user")
    sent = [event(user, f"Step {i}") for i in range(30)]
    for one in sent:
        server.send(one)
        server.send(one, event(user, "Bot", context={"userAgent": "Googlebot/2.1"}))
    server.settle()
    with follow(server, userId=user) as stream:
        marker = event(user, "Marker")
        server.send(marker)
        stream.item()
        place = stream.last_id
    before = newest(server, userId=user, limit=100)
    server.stop()
    server.start()
    # Processors of their own get their partitions, and read the newest again, after the gateway is ready.
    after = eventually(lambda: len(found := newest(server, userId=user, limit=100)) == 31 and found)
    assert after == before
    last = event(user, "Last")
    server.send(last)
    with Stream(server, place, userId=user) as stream:
        assert stream.item()["id"] == last["messageId"], "what was seen before the restart came again"


def test_a_gap_is_told(make_server):
    server = make_server("--live.memory", "64KiB").start()
    user = new_id("user")
    with follow(server, userId=user) as stream:
        server.send(event(user, "Seen"))
        stream.item()
        place = stream.last_id
    for i in range(20):
        server.send(*(event(user, f"Lost {i}", properties={"text": "x" * 500}) for _ in range(20)))
    server.settle()
    with Stream(server, place, userId=user) as stream:
        kind, data = stream.next()
        assert kind == "gap" and data["reason"] == "tooOld" and 0 < data["atMost"] < 400
        last = event(user, "Last")
        server.send(last)
        rest = []
        while not rest or rest[-1]["id"] != last["messageId"]:
            rest.append(stream.item())
        assert len(rest) >= 401 - data["atMost"], "more is gone than was told"


def test_too_many_readers_get_503(make_server):
    server = make_server("--live.readers", "2").start()
    with follow(server) as one, follow(server):
        reply = server.get("/activities/stream")
        assert reply.status_code == 503 and reply.headers["Retry-After"]
        server.send(event(new_id("user"), "Goes on"))
        assert one.item()["name"] == "Goes on"
    eventually(lambda: readers(server) == 0 or None, SHORT)
    with follow(server):
        pass


def test_a_slow_reader_is_dropped_and_harms_nobody(make_server):
    server = make_server("--live.memory", "256KiB", "--live.patience", "1s").start()
    user = new_id("user")
    slow = socket.create_connection(("127.0.0.1", server.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(f"GET /activities/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.api_key}\r\n\r\n".encode())
    eventually(lambda: readers(server) == 1 or None, SHORT)

    def dropped():
        # Enough to fill what the kernel keeps for the connection, as often as it takes.
        server.send(*(event(new_id("user"), "Much", properties={"text": "x" * 8000}) for _ in range(100)))
        return "footfall_live_dropped_total 1" in server.metrics() or None

    with follow(server, userId=user, name="Good") as good:
        eventually(dropped, SHORT * 2)
        server.send(event(user, "Good"))
        kind, data = good.next()
        while kind == "gap":  # so much in so small a ring: between processes it may be too much for a moment, and then says so
            kind, data = good.next()
        assert (kind, data["name"]) == ("activity", "Good")
        assert readers(server) == 1
    slow.close()
