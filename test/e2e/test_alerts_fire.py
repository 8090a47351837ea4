# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Each alert of deploy/prometheus: its condition is made true in a running Footfall, whose /metrics are scraped; the alert fires, and clears when the
condition is mended.

A scrape counts as a minute of Prometheus' time, so that what has to last for an hour takes sixty scrapes and a second or two. What was scraped becomes the
series of a test for promtool, which evaluates the rules of deploy/ as they stand.
"""

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
import requests
import yaml

from certificates import Authority
from config_process import ConfigServer, FILES, Repository
from config_source import ConfigSource
from footfall import binary, environment, eventually, new_id
from test_delivery import entry, run, send_some, settled, settings
from test_monitoring import RULES, named_metrics, promtool, read
from test_processes import unused_port

ALERTS = {rule["alert"]: rule["expr"] for group in yaml.safe_load(read(RULES))["groups"] for rule in group["rules"]}
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^\n]*\})? (\S+)")
CAUSES = {}

# What cannot be caused with one process and no servers, and where its condition is looked at instead.
ELSEWHERE = {
    "FootfallSpooling": "takes a Kafka that goes away and comes back, and roles of their own: test/cluster/test_faults.py does that and watches the spool",
}


def cause(alert):
    def keep(function):
        assert alert not in CAUSES
        CAUSES[alert] = function
        return function
    return keep


class Recording:
    """What Prometheus would have kept of one target: a scrape a minute."""

    def __init__(self, alert):
        self.alert = alert
        self.names = named_metrics(ALERTS[alert] + "\n") | ({"up"} if re.search(r"\bup\b", ALERTS[alert]) else set())
        self.began = time.time()
        self.series = {}
        self.minute = 0
        self.healthy = self.caused = 0
        assert self.names, ALERTS[alert]

    def minutes(self, target, count, act=None):
        """count scrapes of a target, each after act."""
        for _ in range(count):
            if act:
                act()
            self.scrape(target)

    def scrape(self, target):
        try:
            text = requests.get(f"{target.management_url}/metrics", timeout=30).text
            up = 1
        except requests.ConnectionError:
            text, up = "", 0
        for name, labels, value in SAMPLE.findall(text):
            if re.sub("_(bucket|sum|count)$", "", name) in self.names:
                self.keep(name, labels[1:-1], float(value))
        if "up" in self.names:
            self.keep("up", "", up)
        self.minute += 1

    def keep(self, name, labels, value):
        # promtool's time begins at 0.
        value -= self.began if name.endswith("_timestamp_seconds") or name.endswith("_time_seconds") else 0
        inside = ",".join(part for part in (labels, 'instance="a:8090"', 'job="footfall"') if part)
        self.series.setdefault(f"{name}{{{inside}}}", {})[self.minute] = value

    def is_healthy(self):
        self.healthy = self.minute - 1

    def is_caused(self):
        self.caused = self.minute - 1

    def judge(self, tmp_path):
        """Whether the alert fired at the end of each stretch of time, as promtool sees it."""
        def values(samples):
            return " ".join(repr(samples[minute]) if minute in samples else "_" for minute in range(self.minute))

        def firing(minute, expected):
            return {"expr": f'count(ALERTS{{alertname="{self.alert}",alertstate="firing"}}) > bool 0', "eval_time": f"{minute}m",
                    "exp_samples": [{"labels": "{}", "value": 1}] if expected else []}
        assert self.series, f"none of {self.names} was scraped"
        assert 0 < self.healthy < self.caused < self.minute - 1
        test = {"rule_files": [RULES], "evaluation_interval": "1m", "tests": [{
            "interval": "1m",
            "input_series": [{"series": name, "values": values(samples)} for name, samples in self.series.items()],
            "promql_expr_test": [firing(self.healthy, False), firing(self.caused, True), firing(self.minute - 1, False)]}]}
        path = tmp_path / "alert.yaml"
        path.write_text(json.dumps(test), encoding="utf-8")
        done = promtool("test", "rules", str(path))
        assert done.returncode == 0, done.stdout


def event(**more):
    return {"type": "track", "event": "tapped", "userId": "u1", "messageId": new_id(), **more}


def post(footfall):
    return footfall.post("/v1/batch", {"batch": [event()]}).status_code


class Listener:
    """A service of somebody's, as slow as it is told."""

    def __init__(self, port=0):
        listener = self
        self.wait = threading.Event()
        self.seconds = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                listener.wait.wait(listener.seconds)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]

    def end(self):
        self.server.shutdown()
        self.server.server_close()


# --- Causes, in the order of the rules --------------------------------------------------------------------------------------

@cause("FootfallDown")
def down(record, make, tmp_path):
    footfall = make().start()
    record.minutes(footfall, 5)
    record.is_healthy()
    footfall.kill()
    record.minutes(footfall, 4)
    record.is_caused()
    footfall.start()
    record.minutes(footfall, 2)


def full_disk(record, make, healthy, caused, mended):
    footfall = make().start()
    record.minutes(footfall, healthy, lambda: post(footfall))
    record.is_healthy()
    footfall.restart("--embedded.disk_reserve", "1000TiB")
    eventually(lambda: post(footfall) == 503)
    record.minutes(footfall, caused, lambda: post(footfall))
    record.is_caused()
    footfall.restart("--embedded.disk_reserve", "0")
    record.minutes(footfall, mended, lambda: post(footfall))


@cause("FootfallEventsUnavailable")
def events_unavailable(record, make, tmp_path):
    full_disk(record, make, 5, 10, 10)


@cause("FootfallEventLogNotWritable")
def log_not_writable(record, make, tmp_path):
    full_disk(record, make, 5, 3, 3)


@cause("FootfallErrors")
def errors(record, make, tmp_path):
    full_disk(record, make, 10, 15, 10)


class SmallDisk:
    """A file system under the store that something else fills up."""

    def __init__(self, place):
        self.place = place
        place.mkdir(parents=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", place], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")

    def fill(self):
        with open(self.place / "ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(1 << 16))
            except OSError:
                pass

    def free(self):
        (self.place / "ballast").unlink()

    def end(self):
        subprocess.run(["umount", "-l", self.place], check=True)


def stuck_store(record, make, tmp_path, healthy, caused, mended):
    (tmp_path / "data").mkdir(mode=0o700)
    disk = SmallDisk(tmp_path / "data" / "store")
    try:
        footfall = make(data=tmp_path / "data").start()
        record.minutes(footfall, healthy, lambda: post(footfall))
        record.is_healthy()
        disk.fill()

        def is_stuck():
            footfall.send(*(event(userId=new_id("u"), properties={"text": os.urandom(4000).hex()}) for _ in range(100)))
            status = footfall.status()
            return status["lag"] > 1500 and any(row["stuck"] for row in status["partitions"])
        eventually(is_stuck, within=60)
        record.minutes(footfall, caused, lambda: post(footfall))
        record.is_caused()
        disk.free()
        eventually(lambda: footfall.status()["lag"] == 0, within=60)
        record.minutes(footfall, mended, lambda: post(footfall))
        footfall.stop()
    finally:
        disk.end()


@cause("FootfallProcessingBehind")
def processing_behind(record, make, tmp_path):
    stuck_store(record, make, tmp_path, 12, 20, 5)


@cause("FootfallPartitionStuck")
def partition_stuck(record, make, tmp_path):
    stuck_store(record, make, tmp_path, 5, 4, 2)


@cause("FootfallSlowToShow")
def slow_to_show(record, make, tmp_path):
    footfall = make("--processor.linger", "5ms").start()

    def show():
        post(footfall)
        footfall.settle()
    record.minutes(footfall, 12, show)
    record.is_healthy()
    footfall.restart("--processor.linger", "1s")
    record.minutes(footfall, 22, show)
    record.is_caused()
    footfall.restart("--processor.linger", "5ms")
    record.minutes(footfall, 14, show)


@cause("FootfallDeadLetters")
def dead_letters(record, make, tmp_path):
    path = tmp_path / "footfall.yaml"
    path.write_text("rules: [{name: teapots, when: {name: Teapot}, do: [{dead_letter: teapots are not sold}]}]")
    footfall = make("--config", str(path)).start()
    record.minutes(footfall, 16, lambda: post(footfall))
    record.is_healthy()
    footfall.send(event(event="Teapot"))
    footfall.settle()
    record.minutes(footfall, 2)
    record.is_caused()
    record.minutes(footfall, 20)


@cause("FootfallEventsRejected")
def events_rejected(record, make, tmp_path):
    footfall = make().start()

    def bad():
        post(footfall)
        reply = footfall.post("/v1/batch", {"batch": [{"type": "track", "event": "nobody's"}]})
        assert reply.status_code in (200, 400)
    record.minutes(footfall, 16, lambda: post(footfall))
    record.is_healthy()
    record.minutes(footfall, 20, bad)
    record.is_caused()
    record.minutes(footfall, 20, lambda: post(footfall))


@cause("FootfallReportsGivenUp")
def reports_given_up(record, make, tmp_path):
    words = settings(tmp_path, entry("board", f"file:{tmp_path}/nowhere"), delivery={"attempts": 1})
    footfall = make(*words).start()
    send_some(footfall)
    record.minutes(footfall, 3)
    record.is_healthy()
    run(footfall, "board")
    settled(footfall, "board", "givenUp")
    record.minutes(footfall, 2)
    record.is_caused()
    (tmp_path / "nowhere").mkdir()
    run(footfall, "board")
    settled(footfall, "board")
    record.minutes(footfall, 65)


def front_of(make, tmp_path, port):
    path = tmp_path / "footfall.yaml"
    path.write_text(json.dumps({"upstreams": [{"name": "shop", "urls": [f"http://127.0.0.1:{port}"], "connect_timeout": "200ms"}],
                                "routes": [{"path": "/shop/*", "upstream": "shop", "access": "public"}]}))
    return make("--config", str(path)).start()


@cause("FootfallSlowReplies")
def slow_replies(record, make, tmp_path):
    shop = Listener()
    footfall = front_of(make, tmp_path, shop.port)

    def ask():
        assert footfall.http.get(f"{footfall.url}/shop/a", timeout=30).status_code == 200
    record.minutes(footfall, 12, ask)
    record.is_healthy()
    shop.seconds = 0.7
    record.minutes(footfall, 17, ask)
    record.is_caused()
    shop.seconds = 0
    record.minutes(footfall, 10, lambda: [ask() for _ in range(3)])
    shop.end()


@cause("FootfallUpstreamFailing")
def upstream_failing(record, make, tmp_path):
    shop = Listener()
    footfall = front_of(make, tmp_path, shop.port)

    def ask(status):
        for _ in range(15):
            assert footfall.http.get(f"{footfall.url}/shop/a", timeout=30).status_code in status
    record.minutes(footfall, 6, lambda: ask({200}))
    record.is_healthy()
    shop.end()
    record.minutes(footfall, 12, lambda: ask({502, 503, 504}))
    record.is_caused()
    shop = Listener(shop.port)
    eventually(lambda: footfall.http.get(f"{footfall.url}/shop/a", timeout=30).status_code == 200)
    record.minutes(footfall, 8, lambda: ask({200}))
    shop.end()


@cause("FootfallCertificateExpires")
def certificate_expires(record, make, tmp_path):
    authority = Authority(tmp_path / "tls")
    pair = authority.make("mine", days=60)
    footfall = make("--tls.listen", f"127.0.0.1:{unused_port()}", "--tls.certificates", pair).start()

    def ends_in():
        found = re.search(r"^footfall_tls_certificate_expiry_timestamp_seconds (\S+)", footfall.metrics(), re.MULTILINE)
        return (float(found.group(1)) - time.time()) / 86400
    record.minutes(footfall, 65)
    record.is_healthy()
    authority.make("mine", days=5)
    eventually(lambda: ends_in() < 6, within=60)
    record.minutes(footfall, 65)
    record.is_caused()
    authority.make("mine", days=90)
    eventually(lambda: ends_in() > 80, within=60)
    record.minutes(footfall, 2)


@cause("FootfallQuotaNearlyUsed")
def quota_nearly_used(record, make, tmp_path):
    footfall = make("--quotas.events", "100").start()
    record.minutes(footfall, 6)
    record.is_healthy()
    footfall.send(*(event() for _ in range(95)))
    record.minutes(footfall, 8)
    record.is_caused()
    footfall.restart("--quotas.events", "100000")
    record.minutes(footfall, 2)


class Unread:
    """A Footfall whose log nobody reads for a while."""

    def __init__(self, directory):
        self.port, management = unused_port(), unused_port()
        self.management_url = f"http://127.0.0.1:{management}"
        words = [binary(), "run", "--data", str(directory), "--listen", f"127.0.0.1:{self.port}", "--management.listen", f"127.0.0.1:{management}",
                 "--embedded.disk_reserve", "0", "--logging.access", "all", "--logging.level", "debug"]
        self.process = subprocess.Popen(words, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        eventually(self.answers)

    def answers(self):
        try:
            return requests.get(f"{self.management_url}/health/ready", timeout=10).status_code == 200
        except requests.ConnectionError:
            return False

    def ask(self):
        for _ in range(300):
            requests.get(f"http://127.0.0.1:{self.port}/{'x' * 500}", timeout=10)

    def lost(self):
        text = requests.get(f"{self.management_url}/metrics", timeout=10).text
        return re.search(r"^footfall_(log_lines|access_log)_lost_total [1-9]", text, re.MULTILINE)

    def read(self):
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0


@cause("FootfallLogsLost")
def logs_lost(record, make, tmp_path):
    footfall = Unread(tmp_path / "data")
    try:
        record.minutes(footfall, 16)
        record.is_healthy()

        def lose():
            footfall.ask()
            return footfall.lost()
        eventually(lose, within=60)
        record.minutes(footfall, 2)
        record.is_caused()
        footfall.read()
        record.minutes(footfall, 20)
        footfall.end()
    finally:
        if footfall.process.poll() is None:
            footfall.process.kill()
            footfall.process.wait(10)


@cause("FootfallMemory")
def memory(record, make, tmp_path):
    """Bodies that are being received; settings allow more of them than the alert does."""
    footfall = make("--http.body_limit", "256MiB", "--ingest.inflated_limit", "256MiB", "--http.memory_limit", "4GiB", "--http.body_timeout", "10m").start()

    def resident():
        return float(re.search(r"^process_resident_memory_bytes (\S+)", footfall.metrics(), re.MULTILINE).group(1))
    record.minutes(footfall, 20)
    record.is_healthy()
    size, senders = 250 << 20, []
    for _ in range(5):
        sender = socket.create_connection(("127.0.0.1", footfall.port))
        sender.sendall(f"POST /v1/batch?writeKey={footfall.write_key} HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(size // (1 << 20) - 1):
            sender.sendall(bytes([32]) * (1 << 20))
        senders.append(sender)
    eventually(lambda: resident() > (1 << 30) + (1 << 26), within=60)
    record.minutes(footfall, 17)
    record.is_caused()
    for sender in senders:
        sender.close()
    footfall.restart()
    eventually(lambda: resident() < 1 << 30, within=60)
    record.minutes(footfall, 2)


@cause("FootfallConfigurationStale")
def configuration_stale(record, make, tmp_path):
    repository = Repository(tmp_path / "repository", FILES)
    server = ConfigServer(tmp_path, "--config.git.url", repository.folder, "--config.git.refresh_interval", "100ms").start()

    def healthy(value):
        text = requests.get(f"{server.management_url}/metrics", timeout=10).text
        return f"\nfootfall_config_fetch_healthy {value}\n" in text
    try:
        eventually(lambda: healthy(1))
        record.minutes(server, 12)
        record.is_healthy()
        os.rename(repository.folder, f"{repository.folder}.away")
        eventually(lambda: healthy(0), within=30)
        record.minutes(server, 12)
        record.is_caused()
        os.rename(f"{repository.folder}.away", repository.folder)
        eventually(lambda: healthy(1), within=30)
        record.minutes(server, 2)
        assert server.end() == 0
    finally:
        server.discard()


@cause("FootfallDiskFilling")
def disk_filling(record, make, tmp_path):
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    footfall = make().start()
    record.minutes(footfall, 12)
    record.is_healthy()
    footfall.restart("--embedded.disk_reserve", str(free * 2 // 3))
    record.minutes(footfall, 12)
    record.is_caused()
    footfall.restart("--embedded.disk_reserve", "0")
    record.minutes(footfall, 2)


@cause("FootfallBackupOverdue")
def backup_overdue(record, make, tmp_path):
    place = tmp_path / "backups"
    footfall = make("--backup.directory", str(place), "--backup.interval", "6h").start()

    def taken(many):
        return eventually(lambda: re.search(rf'footfall_backups_total\{{result="taken"\}} {many}\n', footfall.metrics()), within=60)
    taken(1)
    record.minutes(footfall, 20)
    record.is_healthy()
    footfall.stop()
    os.rename(place, tmp_path / "away")
    place.write_text("in the way")
    footfall.start()
    record.minutes(footfall, 20)
    record.is_caused()
    place.unlink()
    assert footfall.request("POST", "/backups").status_code == 202
    taken(1)
    record.minutes(footfall, 2)


@cause("FootfallLoginsRefused")
def logins_refused(record, make, tmp_path):
    footfall = make("--auth.login_address", "none", "--auth.login_account", "10/m burst 10").start()

    def try_to():
        for _ in range(8):
            body = {"grant_type": "password", "username": "admin@localhost", "password": "wrong"}
            assert footfall.request("POST", "/auth/token", "", data=body).status_code in (400, 429)
    record.minutes(footfall, 16)
    record.is_healthy()
    record.minutes(footfall, 12, try_to)
    record.is_caused()
    record.minutes(footfall, 20)


@cause("FootfallSettingsRefused")
def settings_refused(record, make, tmp_path):
    path = tmp_path / "footfall.yaml"
    path.write_text("limits: {key: 100/s}\n")
    footfall = make("--config", str(path)).start()

    def refresh(status):
        assert footfall.http.post(f"{footfall.management_url}/actuator/refresh", timeout=30).status_code == status
    record.minutes(footfall, 12)
    record.is_healthy()
    path.write_text("limits: {key: sometimes}\n")
    refresh(422)
    record.minutes(footfall, 12)
    record.is_caused()
    path.write_text("limits: {key: 200/s}\n")
    refresh(200)
    record.minutes(footfall, 2)


@cause("FootfallConfigServerDown")
def config_server_down(record, make, tmp_path):
    source = ConfigSource([("footfall.yml", {"limits.key": "100/s"})])
    footfall = make("--config.import", source.url).start()

    def refresh():
        footfall.http.post(f"{footfall.management_url}/actuator/refresh", timeout=30)

    def broken(handler):
        handler.send_response(500)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
    record.minutes(footfall, 12)
    record.is_healthy()
    source.fault = broken
    refresh()
    record.minutes(footfall, 12)
    record.is_caused()
    source.fault = None
    refresh()
    record.minutes(footfall, 2)


@cause("FootfallRestarting")
def restarting(record, make, tmp_path):
    footfall = make().start()
    record.minutes(footfall, 5)
    record.is_healthy()

    def crash():
        footfall.kill()
        footfall.start()
    record.minutes(footfall, 5, crash)
    record.is_caused()
    record.minutes(footfall, 35)


# --- All of them ------------------------------------------------------------------------------------------------------------

def test_every_alert_has_a_cause_here():
    assert not set(CAUSES) & set(ELSEWHERE)
    assert set(ALERTS) == set(CAUSES) | set(ELSEWHERE), "say in this file how a new alert is caused, or why it cannot be"


@pytest.mark.parametrize("alert", CAUSES)
def test_fires_and_clears(alert, make_server, tmp_path):
    record = Recording(alert)
    CAUSES[alert](record, make_server, tmp_path)
    record.judge(tmp_path)
