# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Reports that are delivered: into files, to a webhook that fails and verifies, by mail with STARTTLS and a login."""

import contextlib
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import socket
import subprocess
import threading
import time

import pytest

from certificates import Authority
from footfall import HERE, command, eventually, new_id

SECRET = "a secret of sixteen bytes or more"
WAIT = 60


def settings(tmp_path, *entries, **more):
    """A file of settings; JSON is YAML."""
    path = tmp_path / "footfall.yaml"
    path.write_text(json.dumps({"deliveries": list(entries), **more}), encoding="utf-8")
    return "--config", str(path)


def entry(name, to, **more):
    return {"name": name, "to": to, "schedule": "daily 06:00", **more}


def history(server, name):
    (found,) = [one for one in server.get_json("/deliveries")["items"] if one["name"] == name]
    return found["history"]


def run(server, name):
    reply = server.request("POST", f"/deliveries/{name}/run")
    assert reply.status_code == 202, reply.text
    return reply.json()["due"]


def settled(server, name, state="delivered"):
    def look():
        rows = history(server, name)
        assert rows and rows[0]["state"] == state, rows
        return rows[0]
    return eventually(look, WAIT)


def send_some(server):
    """Events of yesterday, which is what a daily delivery is about."""
    day = time.time() - 86400
    stamp = time.strftime("%Y-%m-%dT12:%M:%SZ", time.gmtime(day))
    server.send(*({"type": "track", "event": name, "userId": new_id("u"), "messageId": new_id(), "timestamp": stamp}
                  for name in ("Login", "Login", "=cmd()", "<b>Sale</b>")))
    server.settle()
    return time.strftime("%Y-%m-%d", time.gmtime(day))


class Receiver:
    """A webhook that answers as it is told, and then 204."""

    def __init__(self, *answers):
        self.answers, self.got = list(answers), []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook/of-somebody"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def check_signature(headers, body):
    parts = dict(part.split("=", 1) for part in headers["Footfall-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(parts["v1"], expected)
    assert abs(int(parts["t"]) - time.time()) < 3600


@pytest.mark.parametrize("report, form", [("daily", "json"), ("daily", "csv"), ("daily", "html"), ("events", "csv"), ("active", "json"),
                                          ("sessions", "html")])
def test_a_file_is_what_the_api_gives(make_server, tmp_path, report, form):
    place = tmp_path / "reports"
    place.mkdir()
    limits = {} if report in ("active", "sessions") else {"parameters": ["limit=2"]}
    server = make_server(*settings(tmp_path, entry("one", f"file:{place}", report=report, format=form, **limits))).start()
    date = send_some(server)
    run(server, "one")
    assert settled(server, "one")["attempts"] == 1
    assert os.listdir(place) == [f"one-{date}.{form}"]
    days = {"date": date} if report == "daily" else {"from": date, "to": date}
    asked = server.get(f"/reports/{report}", format=form, **days, **({"limit": 2} if limits else {}))
    assert asked.status_code == 200
    assert (place / f"one-{date}.{form}").read_bytes() == asked.content


def test_a_webhook_is_tried_again_and_signed(make_server, tmp_path):
    with Receiver(500, 302, 503) as receiver:
        server = make_server(*settings(tmp_path, entry("hook", receiver.url, secret=SECRET, allow_private="true", format="json")),
                             "--delivery.backoff", "100ms").start()
        date = send_some(server)
        run(server, "hook")
        row = settled(server, "hook")
        assert row["attempts"] == 4 and "error" not in row
        assert len(receiver.got) == 4
        ids = {headers["Footfall-Delivery"] for headers, _ in receiver.got}
        assert len(ids) == 1, "a repeat cannot be told"
        assert [headers["Footfall-Attempt"] for headers, _ in receiver.got] == ["1", "2", "3", "4"]
        asked = server.get("/reports/daily", date=date, format="json")
        for headers, body in receiver.got:
            check_signature(headers, body)
            assert body == asked.content and headers["Content-Type"] == "application/json"
            assert headers["Footfall-Report"] == f"hook-{date}"
        assert run(server, "hook") != row["due"]
        eventually(lambda: len(receiver.got) == 5 or None, WAIT)
        assert receiver.got[4][0]["Footfall-Delivery"] not in ids
        (shown,) = server.get_json("/deliveries")["items"]
        assert "of-somebody" not in json.dumps(shown) and SECRET not in json.dumps(shown)


def test_what_fails_too_often_is_given_up_with_the_reason(make_server, tmp_path):
    with Receiver(*[500] * 10) as receiver:
        server = make_server(*settings(tmp_path, entry("hook", receiver.url, secret=SECRET, allow_private="true")),
                             "--delivery.backoff", "100ms", "--delivery.attempts", "3").start()
        run(server, "hook")
        row = settled(server, "hook", "givenUp")
        assert row["attempts"] == 3 and "500" in row["error"]
        assert len(receiver.got) == 3
        assert 'footfall_deliveries_total{outcome="given_up"} 1' in server.metrics()


def test_private_networks_are_refused(make_server, tmp_path):
    with Receiver() as receiver:
        by_name = receiver.url.replace("127.0.0.1", "localhost")
        server = make_server(*settings(tmp_path, entry("address", receiver.url, secret=SECRET),
                                       entry("name", by_name, secret=SECRET),
                                       entry("mapped", receiver.url.replace("127.0.0.1", "[::ffff:127.0.0.1]"), secret=SECRET))).start()
        for name in ("address", "name", "mapped"):
            run(server, name)
            row = settled(server, name, "givenUp")
            assert row["attempts"] == 1 and "private network" in row["error"]
        assert not receiver.got


def test_what_the_report_refuses_is_given_up(make_server, tmp_path):
    server = make_server(*settings(tmp_path, entry("wrong", f"file:{tmp_path}", report="nothing"),
                                   entry("parameter", f"file:{tmp_path}", parameters=["limit=0"]))).start()
    run(server, "wrong")
    run(server, "parameter")
    assert "no report" in settled(server, "wrong", "givenUp")["error"]
    assert "limit" in settled(server, "parameter", "givenUp")["error"]


def test_history_outlives_a_restart_and_nothing_is_delivered_twice(make_server, tmp_path):
    with Receiver() as receiver:
        server = make_server(*settings(tmp_path, entry("hook", receiver.url, secret=SECRET, allow_private="true"))).start()
        run(server, "hook")
        before = settled(server, "hook")
        server.stop()
        server.start()
        assert history(server, "hook") == [before]
        run(server, "hook")
        eventually(lambda: len(history(server, "hook")) == 2 or None, WAIT)
        settled(server, "hook")
        assert len(receiver.got) == 2


@contextlib.contextmanager
def mail_server(directory, *secure):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = ["/usr/bin/python3", os.path.join(HERE, "mail_server.py"), str(port), str(directory), *secure]
    with subprocess.Popen(line, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield port
        finally:
            process.terminate()


@pytest.mark.parametrize("secure", [False, True])
def test_mail(make_server, tmp_path, secure):
    box = tmp_path / "box"
    box.mkdir()
    more, line = {"mail": {"from": "Footfall <reports@example.org>", "allow_plain": not secure}}, ()
    if secure:
        authority = Authority(tmp_path / "authority")
        line = (*authority.make("mail").split(":"), "sender", "a password")
        more["mail"].update(username="sender", password="a password", ca_file=str(authority.pem))
    with mail_server(box, *line) as port:
        more["mail"]["url"] = f"smtp://localhost:{port}"
        server = make_server(*settings(tmp_path, entry("mail", "mailto:ada@example.org,bob@example.org"), **more)).start()
        date = send_some(server)
        run(server, "mail")
        settled(server, "mail")
        letter = email.message_from_bytes((box / "1.eml").read_bytes(), policy=email.policy.default)
        assert letter["X-From"] == "reports@example.org" and letter["X-To"] == "ada@example.org,bob@example.org"
        assert date in letter["Subject"] and letter["Message-ID"] == f"<{letter['Footfall-Delivery']}@footfall>"
        page, table = letter.iter_parts()
        assert page.get_content_type() == "text/html" and table.get_content_type() == "text/csv"
        assert table.get_filename() == f"mail-{date}.csv"
        assert page.get_payload(decode=True) == server.get("/reports/daily", date=date, format="html").content
        assert table.get_payload(decode=True) == server.get("/reports/daily", date=date, format="csv").content


@pytest.mark.parametrize("change, said", [({"to": "ftp://x"}, "to:"), ({"to": "https://x.example"}, "secret"), ({"schedule": "hourly"}, "schedule"),
                                          ({"name": "a b"}, "name"), ({"to": "mailto:a@example.org"}, "mail.url"), ({"format": "pdf"}, "format")])
def test_mistakes_are_told_before_anything_starts(tmp_path, change, said):
    flags = settings(tmp_path, {**entry("one", f"file:{tmp_path}"), **change})
    done = command("run", *flags, "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0")
    assert done.returncode != 0 and said in done.stderr, done.stderr
