# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Requests that two servers in a row could read in two ways: refused, and nothing behind them is ever a request."""

import re

import pytest

from footfall import new_id
from wire import Wire, Witness, exchange

HOST = "Host: a\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
POST = "POST /v1/batch HTTP/1.1\r\n" + HOST


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    from footfall import Footfall  # pylint: disable=import-outside-toplevel
    footfall = Footfall(tmp_path_factory.mktemp("footfall"), "--embedded.disk_reserve", "0", "--logging.access", "all").start()
    yield footfall
    try:
        footfall.stop()
    finally:
        footfall.discard()


@pytest.fixture(autouse=True)
def witness(server):
    """Legitimate traffic meanwhile, none of which may fail; and nobody was ever asked for what was smuggled."""
    before = server.stderr.count("/smuggled")
    with Witness(server) as one:
        yield one
    assert server.stderr.count("/smuggled") == before


def refused(server, data, *statuses):
    """One reply with one of the statuses, then the connection is closed; what stands behind was not read as a request."""
    data = data if isinstance(data, bytes) else data.encode("latin-1")
    replies = exchange(server.port, data + SMUGGLED.encode())
    assert len(replies) == 1, replies
    assert replies[0].status in statuses, replies
    assert replies[0].headers.get("connection") == "close"
    assert replies[0].headers["content-type"] == "application/problem+json"
    return replies[0]


# --- Two lengths: CL.TE, TE.CL, TE.TE ------------------------------------------------------------------------------------

TWO_LENGTHS = {
    "CL.TE": POST + "Content-Length: 6\r\n" + CHUNKED + "\r\n0\r\n\r\n",
    "CL.TE with length 0": POST + "Content-Length: 0\r\n" + CHUNKED + "\r\n0\r\n\r\n",
    "TE.CL": POST + CHUNKED + "Content-Length: 4\r\n\r\n5c\r\n" + "x" * 0x5c + "\r\n0\r\n\r\n",
    "TE.CL, other case": POST + "transfer-encoding: CHUNKED\r\ncontent-length: 4\r\n\r\n0\r\n\r\n",
    "CL between two TE": POST + CHUNKED + "Content-Length: 4\r\n" + CHUNKED + "\r\n0\r\n\r\n",
    "lengths equal": POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "lengths different": POST + "Content-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
    "lengths in two cases": POST + "Content-Length: 5\r\ncontent-length: 0\r\n\r\nhello",
    "a length and a folded one": POST + "Content-Length: 5\r\nX: a\r\n Content-Length: 0\r\n\r\nhello",
    "TE.TE, two headers": POST + CHUNKED + CHUNKED + "\r\n0\r\n\r\n",
    "TE.TE, chunked and identity": POST + CHUNKED + "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "TE in HTTP/1.0": POST.replace("1.1", "1.0") + CHUNKED + "\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", TWO_LENGTHS)
def test_two_lengths(server, name):
    refused(server, TWO_LENGTHS[name], 400)


CODINGS = {
    "unknown": "xchunked", "in quotes": '"chunked"', "twice": "chunked, chunked", "identity first": "identity, chunked",
    "identity last": "chunked, identity", "gzip first": "gzip, chunked", "identity": "identity", "a tab inside": "chun\tked",
    "with a parameter": "chunked;q=1", "an empty item": ", chunked", "an empty item behind": "chunked,", "nothing": "",
    "a vertical tab": "\x0bchunked", "a NUL behind": "chunked\0", "a NUL inside": "chun\0ked", "a form feed": "chunked\x0c",
    "a backspace": "chunked\x08", "latin-1": "chunk\xe9d", "a no-break space": "\xa0chunked", "a bare CR in front": "\rchunked",
    "a bare CR behind": "chunked\r", "a bare LF in front": "\nchunked", "DEL": "chunked\x7f", "a colon": ":chunked",
    "a parenthesis": "chunked (yes)",
}


@pytest.mark.parametrize("name", CODINGS)
def test_disguised_transfer_coding(server, name):
    refused(server, f"{POST}Transfer-Encoding: {CODINGS[name]}\r\n\r\n0\r\n\r\n", 400, 501)
    # The same with a length beside it: whoever does not see the coding goes by that.
    refused(server, f"{POST}Content-Length: 5\r\nTransfer-Encoding: {CODINGS[name]}\r\n\r\n0\r\n\r\n", 400, 501)


NAMES = {
    "a blank before the colon": "Transfer-Encoding : chunked", "a tab before the colon": "Transfer-Encoding\t: chunked",
    "a blank in front": " Transfer-Encoding: chunked", "a NUL behind the name": "Transfer-Encoding\0: chunked",
    "a NUL in front": "\0Transfer-Encoding: chunked", "a line without colon": "Transfer-Encoding chunked",
    "a folded value": "Transfer-Encoding:\r\n chunked", "a folded value by a tab": "Transfer-Encoding:\r\n\tchunked",
    "folded before": "X: y\r\n Transfer-Encoding: chunked", "behind a bare CR": "X: y\rTransfer-Encoding: chunked",
    "behind a bare LF": "X: y\nTransfer-Encoding: chunked", "ended by a bare LF": "Transfer-Encoding: chunked\nX: y",
    "a bare CR before the colon": "Transfer-Encoding\r: chunked", "latin-1 in the name": "Transfer-Encod\xefng: chunked",
    "a name in brackets": "[Transfer-Encoding]: chunked", "no name": ": chunked",
}


@pytest.mark.parametrize("name", NAMES)
def test_disguised_header_names(server, name):
    refused(server, f"{POST}{NAMES[name]}\r\n\r\n0\r\n\r\n", 400)
    refused(server, f"{POST}Content-Length: 5\r\n{NAMES[name]}\r\n\r\n0\r\n\r\n", 400)


@pytest.mark.parametrize("name", ["Transfer_Encoding", "Content_Length", "TransferEncoding", "X-Transfer-Encoding"])
def test_names_that_only_look_like_it_mean_nothing(server, name):
    """A header of that name frames nothing: there is no body, and the next request is one of its own."""
    first, second = new_id("a"), new_id("b")
    with Wire(server.port) as wire:
        wire.send(f"GET /users/{first} HTTP/1.1\r\n{HOST}{name}: 40\r\n\r\nGET /users/{second} HTTP/1.1\r\n{HOST}\r\n".encode())
        assert [wire.reply().json()["instance"] for _ in range(2)] == [f"/users/{first}", f"/users/{second}"]


# --- Odd lengths -----------------------------------------------------------------------------------------------------

LENGTHS = ["+5", "-5", "-0", "0x5", "5,5", "5, 5", "5 5", "5;5", "5.0", "5e0", "", " ", "five", "\t5\x0b", "5\0", "\0005", "５", "5\r",
           "0x", "18446744073709551621", "9223372036854775813", "99999999999999999999999999", "4294967301", "00000000000000000000005",
           "5_0", "'5'", '"5"', "5h"]


@pytest.mark.parametrize("length", LENGTHS, ids=ascii)
def test_odd_lengths(server, length):
    refused(server, (POST + "Content-Length: ").encode() + length.encode() + b"\r\n\r\nhello", 400, 413)


# --- Chunks ------------------------------------------------------------------------------------------------------------

BROKEN_CHUNKS = {
    "size 0x5": "0x5\r\nhello\r\n0\r\n\r\n", "size +5": "+5\r\nhello\r\n0\r\n\r\n", "size -1": "-1\r\nhello\r\n0\r\n\r\n",
    "a blank behind the size": "5 \r\nhello\r\n0\r\n\r\n", "a blank before it": " 5\r\nhello\r\n0\r\n\r\n",
    "no size": "\r\nhello\r\n0\r\n\r\n", "not hexadecimal": "g\r\nhello\r\n0\r\n\r\n", "ended by LF": "5\nhello\r\n0\r\n\r\n",
    "ended by CR": "5\rhello\r\n0\r\n\r\n", "data ended by LF": "5\r\nhello\n0\r\n\r\n", "data longer": "4\r\nhello\r\n0\r\n\r\n",
    "data shorter": "6\r\nhello\r\n0\r\n\r\n", "64 bits overflow": "10000000000000005\r\nhello\r\n0\r\n\r\n",
    "32 bits overflow": "100000005\r\nhello\r\n0\r\n\r\n", "many digits": "f" * 100 + "\r\n", "many zeros": "0" * 100 + "5\r\nhello\r\n",
    "LF in an extension": "5;a\nb\r\nhello\r\n0\r\n\r\n", "NUL in an extension": "5;a\0b\r\nhello\r\n0\r\n\r\n",
    "CR in an extension": "5;a\rb\r\nhello\r\n0\r\n\r\n", "an endless extension": "5;" + "a" * 10000 + "\r\nhello\r\n0\r\n\r\n",
    "a trailer ended by LF": "0\r\nA: b\n\r\n", "a folded trailer": "0\r\nA: b\r\n c\r\n\r\n", "a trailer without name": "0\r\n: b\r\n\r\n",
    "endless trailers": "0\r\n" + "A: b\r\n" * 3000 + "\r\n", "the end by LF": "0\r\n\n", "0 and words": "0 x\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN_CHUNKS)
def test_broken_chunks(server, name):
    refused(server, POST + CHUNKED + "\r\n" + BROKEN_CHUNKS[name], 400, 413)


GOOD_CHUNKS = {
    "plain": "2\r\n{}\r\n0\r\n\r\n", "extensions": "2;a=b\r\n{}\r\n0;c\r\n\r\n", "an extension in quotes": '2;a="0"\r\n{}\r\n0\r\n\r\n',
    "a trailer": "2\r\n{}\r\n0\r\nX: y\r\n\r\n", "a byte a chunk": "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "zeros": "002\r\n{}\r\n000\r\n\r\n",
}


@pytest.mark.parametrize("name", GOOD_CHUNKS)
@pytest.mark.parametrize("trailer", ["", "Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n", "Authorization: Bearer x\r\n",
                                     "Host: evil\r\n"])
def test_what_is_valid_is_one_request(server, name, trailer):
    """Also a trailer that would be framing or a credential were it a header changes nothing, and what follows is the next request."""
    chunks = GOOD_CHUNKS[name][:-2] + trailer + "\r\n"
    next_id = new_id("next")
    with Wire(server.port) as wire:
        wire.send((POST + CHUNKED + "\r\n" + chunks + f"GET /users/{next_id} HTTP/1.1\r\n{HOST}\r\n").encode())
        first, second = wire.reply(), wire.reply()
        assert first.status in (400, 401) and first.json()["instance"] == "/v1/batch"
        assert second.status == 401 and second.json()["instance"] == f"/users/{next_id}"
        assert wire.is_open()


# --- Request line and version -------------------------------------------------------------------------------------------

LINES = {
    "HTTP/0.9": ("GET /", (400, 505)), "HTTP/0.9 with version": ("GET / HTTP/0.9", (505,)), "HTTP/1.9": ("GET / HTTP/1.9", (505,)),
    "HTTP/2.0": ("GET / HTTP/2.0", (505,)), "HTTP/1.10": ("GET / HTTP/1.10", (400, 505)), "HTTP/01.1": ("GET / HTTP/01.1", (400, 505)),
    "HTTP/1,1": ("GET / HTTP/1,1", (400, 505)), "http/1.1": ("GET / http/1.1", (400, 505)), "HTTP /1.1": ("GET / HTTP /1.1", (400, 505)),
    "HTTP/1.1 and words": ("GET / HTTP/1.1 x", (400, 505)), "two requests in a line": ("GET / HTTP/1.1 GET /smuggled HTTP/1.1", (400, 505)),
    "two blanks": ("GET  / HTTP/1.1", (400,)), "a tab": ("GET\t/ HTTP/1.1", (400,)), "a vertical tab": ("GET\x0b/ HTTP/1.1", (400,)),
    "a blank in front": (" GET / HTTP/1.1", (400,)), "a blank in the target": ("GET /a b HTTP/1.1", (400, 505)),
    "a NUL in the target": ("GET /a\0b HTTP/1.1", (400,)), "a bare CR": ("GET /a\rb HTTP/1.1", (400,)), "DEL": ("GET /\x7f HTTP/1.1", (400,)),
    "latin-1": ("GET /\xe9 HTTP/1.1", (400,)), "a fragment": ("GET /#x HTTP/1.1", (400,)), "a backslash path": ("GET \\ HTTP/1.1", (400,)),
    "no target": ("GET HTTP/1.1", (400,)), "no method": (" / HTTP/1.1", (400,)), "CONNECT": ("CONNECT a:80 HTTP/1.1", (400, 405, 501)),
    "TRACE is not answered": ("TRACE / HTTP/1.1", (405, 501, 404)), "an asterisk": ("GET * HTTP/1.1", (400,)),
    "a method with a colon": ("GET: / HTTP/1.1", (400, 501)), "an unknown method": ("SMUGGLE / HTTP/1.1", (501,)),
    "a method in small letters": ("get / HTTP/1.1", (501,)), "a long method": ("G" * 20000 + " / HTTP/1.1", (400, 414, 501)),
    "a long target": ("GET /" + "a" * 20000 + " HTTP/1.1", (414,)), "a long query": ("GET /?" + "a" * 20000 + " HTTP/1.1", (414,)),
}


@pytest.mark.parametrize("name", LINES)
def test_request_lines(server, name):
    line, statuses = LINES[name]
    if name.startswith("TRACE"):
        reply = exchange(server.port, f"{line}\r\n{HOST}X-Secret: mine\r\nConnection: close\r\n\r\n".encode())[0]
        assert reply.status in statuses and b"mine" not in reply.body
        return
    refused(server, f"{line}\r\n{HOST}\r\n", *statuses)


def test_after_the_http2_preface_nothing_is_http1(server):
    """A connection is one or the other from its first bytes on; a request in text behind the preface is a broken frame."""
    hidden = f"GET /health HTTP/1.1\r\n{HOST}\r\n".encode()
    with Wire(server.port) as wire:
        wire.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000") + hidden)
        while wire._more():  # pylint: disable=protected-access
            pass
        assert b"HTTP/1.1" not in wire.rest and b'"up"' not in wire.rest
        assert wire.rest[3] == 4, "SETTINGS come first"


def test_upgrade_to_h2c_is_not_taken(server):
    """No 101: else the next bytes on a connection that a proxy in front holds for HTTP/1 would be requests that it never saw."""
    with Wire(server.port) as wire:
        wire.send((f"GET /users/a HTTP/1.1\r\n{HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                   "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n").encode())
        assert wire.reply().status == 401
        wire.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
        assert [reply.status for reply in wire.all_replies()] in ([505], [400])


@pytest.mark.parametrize("protocol", ["websocket", "h2c", "HTTP/2.0", "TLS/1.0", "websocket, h2c", "h2c\0"])
def test_no_protocol_is_switched_to(server, protocol):
    with Wire(server.port) as wire:
        wire.send((f"GET /users/a HTTP/1.1\r\n{HOST}Connection: Upgrade\r\nUpgrade: {protocol}\r\nSec-WebSocket-Version: 13\r\n"
                   f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").encode())
        assert wire.reply().status in (400, 401)


# --- Host and authority ---------------------------------------------------------------------------------------------------

BAD_HOSTS = {
    "missing": "", "twice": "Host: a\r\nHost: b\r\n", "twice the same": HOST + HOST, "in two cases": "Host: a\r\nhost: a\r\n",
    "a list": "Host: a, b\r\n", "user information": "Host: user@a\r\n", "user and password": "Host: u:p@a\r\n", "a path": "Host: a/b\r\n",
    "a query": "Host: a?b\r\n", "a fragment": "Host: a#b\r\n", "a backslash": "Host: a\\b\r\n", "a blank": "Host: a b\r\n",
    "a NUL": "Host: a\0b\r\n", "a port in letters": "Host: a:http\r\n", "two ports": "Host: a:80:81\r\n", "a large port": "Host: a:65536\r\n",
    "a port with a sign": "Host: a:+80\r\n", "a negative port": "Host: a:-1\r\n", "an open bracket": "Host: [::1\r\n",
    "a closing bracket": "Host: ::1]\r\n", "bare IPv6": "Host: ::1\r\n", "words behind a bracket": "Host: [::1]a\r\n",
    "brackets around a name": "Host: [a]\r\n", "only a port": "Host: :80\r\n", "angle brackets": "Host: <script>\r\n",
    "quotes": 'Host: a"b\r\n', "latin-1": "Host: \xe9\r\n", "folded": "Host:\r\n a\r\n", "a blank before the colon": "Host : a\r\n",
    "long": "Host: " + "a" * 5000 + "\r\n",
}


@pytest.mark.parametrize("name", BAD_HOSTS)
def test_bad_hosts(server, name):
    refused(server, f"GET / HTTP/1.1\r\n{BAD_HOSTS[name]}\r\n", 400)


AUTHORITIES = {
    "another host": ("http://evil/", "a"), "another port": ("http://a:81/", "a"), "a port that the other lacks": ("http://a/", "a:81"),
    "user information": ("http://a@evil/", "evil"), "a user that looks like the host": ("http://a:80@evil/", "a"),
    "no authority": ("http:///users", "a"), "another scheme": ("ftp://a/", "a"), "a gopher": ("gopher://a/", "a"), "file": ("file:///etc/passwd", "a"),
    "one slash": ("http:/a/", "a"), "no slash": ("http:a", "a"), "authority form": ("a:80", "a"), "a backslash": ("http://a\\@evil/", "a"),
    "a subdomain": ("http://a.evil/", "a"), "an empty host beside it": ("http://evil/", ""),
}


@pytest.mark.parametrize("name", AUTHORITIES)
def test_authority_and_host_that_differ(server, name):
    target, host = AUTHORITIES[name]
    refused(server, f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n", 400)


@pytest.mark.parametrize("target,host", [("http://a/users/x", "a"), ("HTTP://A/users/x", "a"), ("http://a:80/users/x", "a"),
                                         ("http://a/users/x", "a:80"), ("https://a:443/users/x", "a"), ("http://[::1]:80/users/x", "[::1]")])
def test_absolute_form_of_the_same_host(server, target, host):
    with Wire(server.port) as wire:
        wire.send(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        reply = wire.reply()
        assert reply.status == 401 and reply.json()["instance"] == "/users/x"


# --- Paths ---------------------------------------------------------------------------------------------------------------

PATHS = ["/users/../status", "/users/..;/status", "/users/%2e%2e/status", "/users/%2E%2E/status", "/users/.%2e/status", "//status",
         "/users//../status", "/./status", "/status/", "/status/.", "/status;x", "/status%2f", "/status%00", "/status%20",
         "/STATUS", "/users/..%2fstatus", "/users/..%5cstatus", "/users\\..\\status", "/users/%252e%252e/status", "/.%00/status",
         "/users/u%2f..%2f..%2fstatus", "/users/..%c0%afstatus", "/users/%u002e%u002e/status", "/health", "/users/../health/live"]


@pytest.mark.parametrize("path", PATHS)
def test_paths_that_lead_elsewhere(server, path):
    """A path is what it says, segment by segment: no other spelling of /status leads there, whatever key comes along."""
    with Wire(server.port) as wire:
        wire.send(f"GET {path} HTTP/1.1\r\n{HOST}Authorization: Bearer {server.api_key}\r\n\r\n".encode())
        reply = wire.reply()
        assert reply.status in (400, 404), reply
        assert b"partitions" not in reply.body


def test_another_spelling_of_the_same_path_has_the_same_rule(server):
    """RFC 3986 6.2.2.2: what need not be escaped is the same escaped. So it is the same route, with the same role."""
    for path in ("/status", "/%73tatus", "/%73%74%61%74%75%73"):
        assert exchange(server.port, f"GET {path} HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode())[0].status == 401


@pytest.mark.parametrize("escape", ["%", "%2%", "%zz", "%g1", "%1g", "%-1", "%+1", "% 1", "%u0041", "%00", "%c0%af", "%ff", "%ed%a0%80"])
def test_invalid_escapes(server, escape):
    reply = exchange(server.port, f"GET /users/a{escape}b HTTP/1.1\r\n{HOST}Authorization: Bearer {server.api_key}\r\n"
                                  "Connection: close\r\n\r\n".encode())[0]
    assert reply.status == 400
    reply = exchange(server.port, f"GET /users?email=a{escape}b HTTP/1.1\r\n{HOST}Authorization: Bearer {server.api_key}\r\n"
                                  "Connection: close\r\n\r\n".encode())[0]
    assert reply.status in (200, 400)  # 200: an address that nobody has


# --- Headers: floods, and what comes back in replies ------------------------------------------------------------------------


@pytest.mark.parametrize("headers", ["X: " + "a" * 100_000 + "\r\n", "X: a\r\n" * 5000, "X" * 100_000 + ": a\r\n",
                                     "".join(f"X{i}: {'a' * 1000}\r\n" for i in range(60)), "Cookie: " + "a=b; " * 20000 + "\r\n"],
                         ids=["one value", "many", "one name", "many large", "cookies"])
def test_headers_above_the_limits(server, headers):
    refused(server, f"GET / HTTP/1.1\r\n{HOST}{headers}\r\n", 431)


INJECTED = re.compile(rb"\r\n(set-cookie|x-injected)", re.IGNORECASE)
INJECTIONS = ["%0d%0aX-Injected:%20yes", "%0d%0a%0d%0a<script>", "%0aX-Injected:%20yes", "%0dX-Injected:%20yes", "%e5%98%8a%e5%98%8dX-Injected:%20yes",
              "%00%0d%0aX-Injected:%20yes", "%E2%80%A8X-Injected:%20yes"]


@pytest.mark.parametrize("injection", INJECTIONS)
def test_nothing_is_injected_into_replies(server, injection):
    """By path, query, parameter, or a header that is mirrored."""
    key = f"Authorization: Bearer {server.api_key}\r\n"
    requests = [f"GET /users/a{injection} HTTP/1.1\r\n{HOST}{key}", f"GET /{injection} HTTP/1.1\r\n{HOST}",
                f"GET /users/a{injection}/reports/daily?format=csv HTTP/1.1\r\n{HOST}{key}",
                f"GET /reports/daily?format=csv&date={injection} HTTP/1.1\r\n{HOST}{key}",
                f"GET /reports/daily?project={injection} HTTP/1.1\r\n{HOST}{key}", f"GET /users?cursor={injection} HTTP/1.1\r\n{HOST}{key}",
                f"GET /v1/projects/a{injection}/settings HTTP/1.1\r\n{HOST}", f"GET /sourceConfig?writeKey={injection} HTTP/1.1\r\n{HOST}",
                f"OPTIONS /v1/batch HTTP/1.1\r\n{HOST}Origin: https://a{injection}\r\nAccess-Control-Request-Headers: x{injection}\r\n",
                f"GET / HTTP/1.1\r\n{HOST}X-Request-Id: a{injection}\r\n"]
    for request in requests:
        with Wire(server.port) as wire:
            wire.send(f"{request}Connection: close\r\n\r\n".encode())
            raw = b""
            while got := wire.socket.recv(1 << 16):
                raw += got
        assert not INJECTED.search(raw), raw
        assert raw.count(b"HTTP/1.1 ") == 1


def test_a_profile_id_is_not_injected_into_location(server):
    for identity in ("a\r\nX-Injected: yes", "a\nX-Injected: yes", "a\u2028X-Injected: yes", "/../../keys", "//evil.example/"):
        reply = server.request("POST", "/users", json={"id": identity})
        assert reply.status_code in (201, 400), reply.text
        assert "X-Injected" not in reply.headers
        if reply.status_code == 201:
            assert reply.headers["Location"].startswith("/users/") and "//" not in reply.headers["Location"]
            assert server.get(reply.headers["Location"]).json()["id"] == identity


@pytest.mark.parametrize("value", ["a\r\n b", "a\rb", "a\nb", "a\0b", "\x01", "a\x7fb"], ids=ascii)
@pytest.mark.parametrize("name", ["X-Request-Id", "Origin", "Authorization", "X-Forwarded-For", "X-Forwarded-Host", "traceparent"])
def test_control_bytes_in_headers(server, name, value):
    refused(server, f"GET /users/a HTTP/1.1\r\n{HOST}{name}: {value}\r\n\r\n", 400)


# --- Who gets which answer ---------------------------------------------------------------------------------------------------


def test_a_poisoned_pipeline_answers_nobody_else(server):
    """Good requests in front of an attack are answered, the attack is refused, what stands behind is not; others get their own."""
    names = [new_id("mine") for _ in range(5)]
    good = "".join(f"GET /users/{name} HTTP/1.1\r\n{HOST}X-Request-Id: {name}\r\n\r\n" for name in names)
    for attack in (TWO_LENGTHS["CL.TE"], TWO_LENGTHS["TE.CL"], POST + CHUNKED + "\r\n" + BROKEN_CHUNKS["data longer"]):
        replies = exchange(server.port, (good + attack + SMUGGLED * 20).encode())
        assert [reply.headers["x-request-id"] for reply in replies[:-1]] == names
        assert replies[-1].status == 400 and len(replies) == len(names) + 1


def test_a_body_that_looks_like_a_request_is_a_body(server):
    """Unread bodies of refused requests must not become requests: here 401, 404 and 405 come before anybody reads the body."""
    for line in ("POST /users HTTP/1.1", "POST /nowhere HTTP/1.1", "POST /reports/daily HTTP/1.1", "GET /users HTTP/1.1"):
        mine = new_id("behind")
        with Wire(server.port) as wire:
            wire.send(f"{line}\r\n{HOST}Content-Length: {len(SMUGGLED)}\r\n\r\n{SMUGGLED}"
                      f"GET /users/{mine} HTTP/1.1\r\n{HOST}\r\n".encode())
            assert wire.reply().status in (401, 404, 405)
            assert wire.reply().json()["instance"] == f"/users/{mine}"


def test_a_reply_to_head_has_no_body_that_could_be_the_next_reply(server):
    mine = new_id("behind")
    with Wire(server.port) as wire:
        wire.send(f"HEAD /users HTTP/1.1\r\n{HOST}\r\nGET /users/{mine} HTTP/1.1\r\n{HOST}\r\n".encode())
        assert wire.reply(to_head=True).status == 401
        assert wire.reply().json()["instance"] == f"/users/{mine}"


def test_every_cut_of_an_attack(server):
    """However the bytes arrive, what is refused whole is refused in pieces."""
    data = (POST + "Content-Length: 6\r\n" + CHUNKED + "\r\n0\r\n\r\n" + SMUGGLED).encode()
    for cut in range(1, len(data), 7):
        with Wire(server.port) as wire:
            wire.send(data[:cut])
            wire.send(data[cut:])
            assert [reply.status for reply in wire.all_replies()] == [400]
