# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Hostile and broken requests against a running server: refused with a reason, and what is good beside them is kept."""

import gzip
import json
import re
import socket
import zlib

import pytest

from footfall import new_id

GOOD = {"type": "track", "event": "good", "userId": "good-user"}


@pytest.fixture(autouse=True)
def still_well(server):
    """After each test the server answers, and takes and shows another event."""
    yield
    event = {**GOOD, "messageId": new_id("after"), "userId": new_id("user")}
    server.send(event)
    server.wait_for_ids(event["userId"], [event["messageId"]])


def problem(reply, status):
    """The reply is a problem of RFC 9457 with that status, and says which request it was."""
    assert reply.status_code == status, f"{reply.status_code} {reply.text[:300]}"
    assert reply.headers["Content-Type"] == "application/problem+json"
    body = reply.json()
    assert body["status"] == status and body["title"] and body["detail"]
    assert body["requestId"] == reply.headers["X-Request-Id"]
    return body


# --- Whole bodies that are refused ------------------------------------------------------------------------------------

BROKEN_BODIES = {
    "nothing": b"",
    "white space": b" \r\n\t ",
    "a lone brace": b"{",
    "cut in a string": b'{"batch":[{"type":"track","event":"x',
    "cut between events": b'{"batch":[{"type":"track","event":"x","userId":"u"},',
    "a comma too many": b'{"batch":[{"type":"track","event":"x","userId":"u"},]}',
    "words behind it": b'{"batch":[]} and more',
    "two documents": b'{"batch":[]}{"batch":[]}',
    "a number": b"12",
    "text": b"hello, world",
    "single quotes": b"{'batch':[]}",
    "an array": b"[]",
    "no batch": b'{"events":[]}',
    "a batch that is an object": b'{"batch":{}}',
    "a batch that is a string": b'{"batch":"[]"}',
    "two batches": b'{"batch":[],"batch":[]}',
    "a NUL byte": b'{"batch":[\x00]}',
    "UTF-16": '{"batch":[]}'.encode("utf-16"),
    "gzip cut short": gzip.compress(b'{"batch":[]}' * 100)[:-12],
    "gzip of nothing": gzip.compress(b""),
    "gzip with a wrong checksum": gzip.compress(b'{"batch":[]}')[:-8] + bytes(8),
    "gzip of gzip of gzip of gzip of gzip": gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"{}"))))),
    "the head of a gzip": b"\x1f\x8b",
    "a form without data": b"compression=gzip-js&other=1",
    "a form with broken base64": b"data=%%%",
    "nesting without end": b'{"batch":' + b"[" * 100000,
    "objects without end": b'{"batch":[' + b'{"a":' * 100000,
}


@pytest.mark.parametrize("name", BROKEN_BODIES)
def test_a_broken_body_is_refused_whole(server, name):
    problem(server.post("/v1/batch", BROKEN_BODIES[name]), 400)


@pytest.mark.parametrize("path", ["/activities", "/v1/track", "/batch/", "/e/", "/beacon/v1/batch", "/t"])
def test_every_dialect_refuses_what_is_no_json(server, path):
    for body in (b"", b"{", b'{"a":}', b"\xff\xfe\xfd", b'{"event":"\xff"}'):
        reply = server.post(path, body, params={"writeKey": server.write_key} if path != "/activities" else None)
        problem(reply, 400)


def test_a_gzip_bomb_is_refused_before_it_bursts(server):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(b'{"batch":["') + b"".join(packer.compress(b"a" * (1 << 20)) for _ in range(64))
    bomb += packer.flush()
    assert len(bomb) < 200_000
    problem(server.post("/v1/batch", bomb), 413)


def test_a_body_above_the_limit_is_refused(server):
    problem(server.post("/v1/batch", b'{"batch":[' + b" " * (5 << 20) + b"]}"), 413)


def test_more_events_than_allowed_are_refused(server):
    body = b'{"batch":[' + b",".join([b"{}"] * 10001) + b"]}"
    problem(server.post("/v1/batch", body), 413)


def test_unknown_keys(server):
    for options in ({"auth": ("wk_nobody", "")}, {"headers": {"Authorization": "Bearer wk_nobody"}},
                    {"params": {"writeKey": "wk_nobody"}}, {"headers": {"Authorization": "Basic !!!"}}, {}):
        reply = server.http.post(server.url + "/v1/batch", data=json.dumps({"batch": [GOOD]}), timeout=30, **options)
        problem(reply, 401)
        assert "WWW-Authenticate" in reply.headers
    body = json.dumps({"batch": [GOOD], "writeKey": "wk_nobody"})
    problem(server.http.post(server.url + "/v1/batch", data=body, timeout=30), 401)


# --- Single events, each in a batch between two good ones ---------------------------------------------------------------

def deep(levels):
    return b'{"type":"track","event":"x","userId":"u","properties":' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


BAD_EVENTS = {
    "null": b"null",
    "a number": b"7",
    "a string": b'"event"',
    "an array": b"[]",
    "nothing in it": b"{}",
    "no type": b'{"event":"x","userId":"u"}',
    "an unknown type": b'{"type":"explode","userId":"u"}',
    "a type that is a number": b'{"type":7,"event":"x","userId":"u"}',
    "a type that is an object": b'{"type":{},"event":"x","userId":"u"}',
    "no actor": b'{"type":"track","event":"x"}',
    "an empty actor": b'{"type":"track","event":"x","userId":"","anonymousId":""}',
    "no event name": b'{"type":"track","userId":"u"}',
    "an empty event name": b'{"type":"track","event":"","userId":"u"}',
    "an actor that is an array": b'{"type":"track","event":"x","userId":["u"]}',
    "an actor that is true": b'{"type":"track","event":"x","userId":true}',
    "a messageId that is an object": b'{"type":"track","event":"x","userId":"u","messageId":{}}',
    "properties that are a string": b'{"type":"track","event":"x","userId":"u","properties":"p"}',
    "traits that are an array": b'{"type":"identify","userId":"u","traits":[]}',
    "context that is a number": b'{"type":"track","event":"x","userId":"u","context":1}',
    "a name of 1 MB": b'{"type":"track","event":"' + b"n" * 1_000_000 + b'","userId":"u"}',
    "a name that is too long": b'{"type":"track","event":"' + b"n" * 257 + b'","userId":"u"}',
    "a user id that is too long": b'{"type":"track","event":"x","userId":"' + b"u" * 257 + b'"}',
    "a messageId that is too long": b'{"type":"track","event":"x","userId":"u","messageId":"' + b"m" * 201 + b'"}',
    "an event above 32 KiB": b'{"type":"track","event":"x","userId":"u","properties":{"p":"' + b"p" * 33000 + b'"}}',
    "invalid UTF-8 in a name": b'{"type":"track","event":"\xc3\x28","userId":"u"}',
    "invalid UTF-8 in a property": b'{"type":"track","event":"x","userId":"u","properties":{"a":"\xff"}}',
    "an overlong encoding": b'{"type":"track","event":"\xc0\xaf","userId":"u"}',
    "half a surrogate pair": b'{"type":"track","event":"\\ud800","userId":"u"}',
    "a surrogate in UTF-8": b'{"type":"track","event":"\xed\xa0\x80","userId":"u"}',
    "a NUL in a name": b'{"type":"track","event":"a\\u0000b","userId":"u"}',
    "a NUL in a user id": b'{"type":"track","event":"x","userId":"a\\u0000b"}',
    "a NUL in a messageId": b'{"type":"track","event":"x","userId":"u","messageId":"a\\u0000b"}',
    "a key given twice": b'{"type":"track","event":"x","event":"y","userId":"u"}',
    "a user given twice": b'{"type":"track","event":"x","userId":"u","userId":"v"}',
    "nesting too deep": deep(40),
    "a time that is none": b'{"type":"track","event":"x","userId":"u","timestamp":"yesterday"}',
    "a time of the year 1969": b'{"type":"track","event":"x","userId":"u","timestamp":"1969-12-31T23:59:59Z"}',
    "a time of the year 0": b'{"type":"track","event":"x","userId":"u","timestamp":"0000-01-01T00:00:00Z"}',
    "a time far from any year": b'{"type":"track","event":"x","userId":"u","timestamp":99999999999999999}',
    "the 30th of February": b'{"type":"track","event":"x","userId":"u","timestamp":"2026-02-30T00:00:00Z"}',
    "the 25th hour": b'{"type":"track","event":"x","userId":"u","timestamp":"2026-02-20T25:00:00Z"}',
}


def judge(server, bad):
    """Sends the bad one between two good ones; gives the batch's reply. Exactly the good ones are kept."""
    user, ids = new_id("user"), [new_id("good"), new_id("good")]
    good = [json.dumps({**GOOD, "userId": user, "messageId": event}).encode() for event in ids]
    reply = server.post("/v1/batch", b'{"batch":[' + good[0] + b"," + bad + b"," + good[1] + b"]}")
    assert reply.status_code == 200, reply.text[:300]
    server.wait_for_ids(user, ids)
    return reply.json()


@pytest.mark.parametrize("name", BAD_EVENTS)
def test_a_bad_event_is_reported_and_the_good_ones_beside_it_are_kept(server, name):
    before = server.status()["eventLog"]["accepted"]
    reply = judge(server, BAD_EVENTS[name])
    assert reply["success"] is True
    assert [rejected["index"] for rejected in reply["rejected"]] == [1]
    assert reply["rejected"][0]["reason"]
    assert len(reply["rejected"][0]["reason"]) < 500
    assert server.status()["eventLog"]["accepted"] == before + 2


def test_a_bad_event_alone_is_a_problem(server):
    body = problem(server.post("/v1/track", {"event": "x"}), 400)
    assert "userId" in body["detail"]
    body = problem(server.post("/activities", {"type": "click", "userId": "u", "timestamp": "soon"}), 400)
    assert body["errors"][0]["pointer"] == "/timestamp"


def test_the_plain_dialect_counts_both_kinds(server):
    user = new_id("user")
    reply = server.post("/activities", [{"type": "click", "userId": user, "messageId": "plain-1"}, {"type": "click"},
                                        {"type": "page_visit", "userId": user, "messageId": "plain-2"}])
    assert reply.status_code == 202
    assert reply.json()["accepted"] == 2
    assert [rejected["index"] for rejected in reply.json()["rejected"]] == [1]
    server.wait_for_ids(user, ["plain-1", "plain-2"])


# --- Odd events that are kept --------------------------------------------------------------------------------------------

ODD_EVENTS = {
    "a user id that is a number": {"userId": 42},
    "null where nothing is meant": {"anonymousId": None, "properties": None, "context": None, "timestamp": None},
    "a name with every kind of quote": {"event": "\"'<>&;--\\ \u2028 𝒳"},
    "a name with control characters": {"event": "line\nbreak\tand \x1b[31mred"},
    "unknown members": {"colour": "blue", "nested": {"a": [1, {"b": None}]}, "id": 7, "project": "other", "source": {}},
    "big numbers": {"properties": {"a": 1e308, "b": -0.0, "c": 12345678901234567890, "d": 0.1}},
    "an empty key": {"properties": {"": 1, " ": 2}},
    "a time far in the future": {"timestamp": "2999-01-01T00:00:00Z"},
    "milliseconds as time": {"timestamp": 1700000000000},
    "a time with an offset": {"timestamp": "2024-02-29T12:00:00.123456+05:30"},
}


@pytest.mark.parametrize("name", ODD_EVENTS)
def test_an_odd_event_is_kept(server, name):
    user, event = new_id("user"), new_id("odd")
    message = {**GOOD, "userId": user, "messageId": event, **ODD_EVENTS[name]}
    server.send(message)
    server.settle()
    row = next(row for row in server.timeline(str(message["userId"])) if row["id"] == event)
    assert row["name"] == message["event"]
    if message.get("properties"):
        assert row["properties"] == message["properties"]
    assert row["timestamp"] <= row["receivedAt"]


def test_a_project_cannot_be_named_by_the_event(server):
    assert server.request("POST", "/projects", json={"id": "other", "timeZone": "UTC"}).status_code in (201, 409)
    user = new_id("user")
    server.send({**GOOD, "userId": user, "messageId": new_id(), "project": "other"})
    server.settle()
    assert server.get(f"/users/{user}", project="other").status_code == 404
    assert server.get(f"/users/{user}").status_code == 200


# --- Questions that cannot be answered -------------------------------------------------------------------------------------

BAD_QUESTIONS = [
    ("/users/u1/activities", {"cursor": "garbage"}), ("/users/u1/activities", {"cursor": "AAAA"}),
    ("/users/u1/activities", {"limit": "0"}), ("/users/u1/activities", {"limit": "1001"}),
    ("/users/u1/activities", {"limit": "-1"}), ("/users/u1/activities", {"limit": "ten"}),
    ("/users/u1/activities", {"from": "soon"}), ("/users/u1/activities", {"colour": "blue"}),
    ("/users/u1/activities", {"limit": ["1", "2"]}), ("/users", {"email": "no address"}), ("/users", {"cursor": "x"}),
    ("/users/u1", {"verbose": "1"}), ("/users/u1/reports/daily", {"from": "2026-02-30"}),
    ("/users/u1/reports/daily", {"from": "2026-02-02", "to": "2026-02-01"}),
    ("/users/u1/reports/daily", {"from": "1990-01-01", "to": "2026-02-01"}),
    ("/reports/daily", {"date": "today"}), ("/reports/daily", {"date": ""}), ("/reports/daily", {"format": "pdf"}),
    ("/reports/daily", {"day": "2026-01-01"}), ("/reports/events", {"by": "colour"}),
    ("/reports/events", {"by": "name'; DROP TABLE users"}), ("/reports/active", {"from": "2026-13-01"}),
    ("/reports/sessions", {"to": "2026-01-01T00:00:00Z"}), ("/status", {"verbose": "1"}), ("/keys", {"all": "1"}),
    ("/dead-letters", {"limit": "many"}),
]


@pytest.mark.parametrize("path,query", BAD_QUESTIONS)
def test_a_bad_question_is_a_400_that_names_the_parameter(server, path, query):
    server.send({**GOOD, "userId": "u1", "messageId": "of-u1"})
    server.wait_for_ids("u1", ["of-u1"])
    body = problem(server.get(path, **query), 400)
    assert next(iter(query)) in body["detail"]


def test_a_cursor_of_one_list_is_no_cursor_of_another(server):
    for number in range(3):
        server.send({**GOOD, "userId": "paged", "messageId": f"paged-{number}"})
        server.request("PUT", f"/users/paged-{number}", json={})
    server.wait_for_ids("paged", [f"paged-{number}" for number in range(3)])
    timeline = server.get_json("/users/paged/activities", limit=1)["next"]
    users = server.get_json("/users", limit=1)["next"]
    problem(server.get("/users", cursor=timeline), 400)
    problem(server.get("/users/paged/activities", cursor=users), 400)
    problem(server.get("/users", cursor=users[:-2] + "AA"), 400)


BAD_PATHS = ["/users/%00", "/users/%zz", "/users/%ff", "/users/%c3%28/activities", "/%2e%2e/%2e%2e/etc/passwd"]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_bad_path_is_refused(server, path):
    reply = raw(server, f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.api_key}\r\n"
                        "Connection: close\r\n\r\n".encode())
    assert statuses(reply) and statuses(reply)[0] in (400, 404)


# --- Below HTTP --------------------------------------------------------------------------------------------------------------

def raw(server, data):
    """Sends bytes over a socket of its own; everything the server answers until it closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        answer = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionError:
            pass  # it closed while we were still sending; what it said before counts
        return answer


def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def hidden_request(server):
    """A request that is good by itself: were it read, its event would be kept."""
    body = json.dumps({"writeKey": server.write_key, "batch": [{**GOOD, "userId": "smuggler", "messageId": "s1"}]}).encode()
    return b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body


POST = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\n"
SMUGGLING = {
    "both lengths": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, 5\r\n\r\n",
    "a signed length": POST + b"Content-Length: +0\r\n\r\n",
    "a length in hex": POST + b"Content-Length: 0x0\r\n\r\n",
    "a length that overflows": POST + b"Content-Length: 18446744073709551616\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 0\r\n\r\n",
    "a folded header": POST + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a bare LF": b"POST /v1/batch HTTP/1.1\nHost: x\nContent-Length: 0\n\n",
    "a bare CR in a header": POST + b"X: a\rContent-Length: 0\r\n\r\n",
    "a NUL in a header": POST + b"X: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "a chunk size with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "a chunk size that overflows": POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
    "a chunk that ends in LF": POST + b"Transfer-Encoding: chunked\r\n\r\n1\n{\n0\n\n",
    "no host": b"POST /v1/batch HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "two hosts": b"POST /v1/batch HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n",
    "an unknown version": b"POST /v1/batch HTTP/3.7\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "a space in the target": b"POST /v1 /batch HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "a head without end": b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "headers without end": b"POST /v1/batch HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 5000 + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "half a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_doubtful_framing_is_refused_and_nothing_behind_it_is_read(server, name):
    answer = raw(server, SMUGGLING[name] + hidden_request(server))
    assert statuses(answer)[:1] in ([400], [413], [431], [501], [505]), answer[:300]
    assert len(statuses(answer)) == 1, answer[:600]
    server.settle()
    assert server.ids("smuggler") == []


def test_a_body_that_stops_early_is_not_taken(server):
    body = json.dumps({"batch": [{**GOOD, "userId": "cut", "messageId": "cut-1"}], "writeKey": server.write_key}).encode()
    head = POST + b"Content-Length: %d\r\n\r\n" % (len(body) + 1)
    assert statuses(raw(server, head + body))[:1] in ([400], [])
    server.settle()
    assert server.ids("cut") == []


def test_a_request_in_single_bytes_is_taken(server):
    body = json.dumps({"batch": [{**GOOD, "userId": "drip", "messageId": "drip-1"}], "writeKey": server.write_key}).encode()
    request = POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for place in range(len(request)):
            connection.sendall(request[place:place + 1])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    server.wait_for_ids("drip", ["drip-1"])


def test_pipelined_requests_are_answered_in_order(server):
    requests = b""
    for number in range(20):
        body = json.dumps({"type": "track", "event": "piped", "userId": "pipe", "messageId": f"pipe-{number}",
                           "writeKey": server.write_key}).encode()
        requests += b"POST /v1/track HTTP/1.1\r\nHost: x\r\nX-Request-Id: number-%d\r\nContent-Length: %d\r\n\r\n" % (
            number, len(body)) + body
        requests += b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw(server, requests)
    assert statuses(answer) == [200, 404] * 20
    places = [answer.index(b"number-%d\r\n" % number) for number in range(20)]
    assert places == sorted(places)
    server.wait_for_ids("pipe", [f"pipe-{number}" for number in range(20)])
