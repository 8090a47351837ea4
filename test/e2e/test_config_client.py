# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Settings from a config server: what is asked, what counts, what is refused, what is done when none answers, what changes meanwhile."""

import json
import os
import re
import signal
import socket
import ssl
import stat
import threading
import time

import pytest
import requests
import yaml

from certificates import Authority
from config_process import ConfigServer
from config_source import ConfigSource
from footfall import command, eventually

OURS = "file:/configuration/footfall.yml"
SHARED = "file:/configuration/application.yml (document #0)"
ROLES = ("run", "gateway", "users", "activity", "processor", "reports")


@pytest.fixture
def make_source():
    made = []

    def make(*sources, **options):
        made.append(ConfigSource(sources, **options))
        return made[-1]
    yield make
    for source in made:
        source.close()


def check(source, directory, *flags, role="run", env=None):
    """What `footfall check-config` says with that source as the only config server."""
    url = source if isinstance(source, str) else source.url
    return command("check-config", role, *(["--config.import", url] if url else []),
                   "--data", os.path.join(str(directory), "data"), *flags, env=env)


def effective(done):
    """Keys and values that count, and where they come from."""
    assert done.returncode == 0, done.stderr
    values = yaml.safe_load(done.stdout)
    origins = {line.split(": ")[0]: line.rsplit(" # ", 1)[1] for line in done.stdout.splitlines()
               if " # " in line and not line.startswith(" ")}
    return values, origins


def refresh(footfall):
    return footfall.http.post(footfall.management_url + "/actuator/refresh", timeout=60)


def configuration(footfall):
    reply = footfall.http.get(footfall.management_url + "/status", timeout=30).json()
    assert "configuration" in reply  # not in the moment between being ready and reading settings again
    return reply["configuration"]


# --- What is asked -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("role", ROLES)
def test_each_role_asks_with_its_name_as_profile(make_source, tmp_path, role):
    source = make_source((OURS, {"logging.level": "warn"}))
    values, origins = effective(check(source, tmp_path, role=role))
    assert source.asked == [f"/footfall/{role}"]
    assert values["logging.level"] == "warn" and origins["logging.level"] == OURS


def test_name_profiles_and_label_are_asked_for(make_source, tmp_path):
    source = make_source((OURS, {}))
    flags = ("--config.name", "shop front", "--config.profile", "prod,eu", "--config.import_label", "release/1.0")
    assert check(source, tmp_path, *flags).returncode == 0
    assert source.asked == ["/shop%20front/prod%2Ceu/release(_)1.0"]


def test_spellings_of_spring_are_understood(make_source, tmp_path):
    source = make_source((OURS, {"logging.level": "warn"}))
    for prefix in ("configserver:", "optional:configserver:", "optional:"):
        values, _ = effective(check(prefix + source.url + "/", tmp_path))
        assert values["logging.level"] == "warn"
    assert check("configserver:", tmp_path).returncode == 2
    assert check("ftp://host", tmp_path).returncode == 2


def test_a_user_is_known_by_the_url_or_by_settings_and_never_shown(make_source, tmp_path):
    source = make_source((OURS, {"logging.level": "warn"}), user="reader:geheim-4711")
    url = source.url.replace("//", "//reader:geheim-4711@")
    done = check(url, tmp_path)
    assert effective(done)[0]["logging.level"] == "warn"
    assert "geheim" not in done.stdout + done.stderr
    named = check(source, tmp_path / "other", "--config.import_username", "reader",
                  env={"FOOTFALL_CONFIG_IMPORT_PASSWORD": "geheim-4711"})
    assert effective(named)[0]["logging.level"] == "warn" and "geheim" not in named.stdout
    wrong = check(url.replace("4711", "0815"), tmp_path / "third")
    assert wrong.returncode != 0 and "401" in wrong.stderr and "geheim" not in wrong.stderr


def test_tls_is_checked(make_source, tmp_path):
    authority = Authority(tmp_path / "authority")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.make("server").split(":"))
    source = make_source((OURS, {"logging.level": "warn"}), context=context)
    assert check(source, tmp_path).returncode != 0
    assert source.asked == []
    values, _ = effective(check(source, tmp_path, "--config.import_ca", authority.pem))
    assert values["logging.level"] == "warn"


# --- What counts -------------------------------------------------------------------------------------------------------------

def test_flags_environment_server_file_default_in_that_order(make_source, tmp_path):
    file = tmp_path / "footfall.yaml"
    file.write_text("limits: {key: 1/s, account: 2/s, address: 3/s, events: 4/s}\nlive.readers: 7\n", encoding="utf-8")
    source = make_source((OURS, {"limits.key": "11/s", "limits.account": "12/s", "limits.address": "13/s"}))
    values, origins = effective(check(source, tmp_path, "--config", file, "--limits.key", "21/s",
                                      env={"FOOTFALL_LIMITS_ACCOUNT": "22/s", "FOOTFALL_LIMITS_KEY": "23/s"}))
    found = {key: (values["limits." + key], origins["limits." + key].replace(str(file), "FILE"))
             for key in ("key", "account", "address", "events")}
    assert found == {"key": ("21/s", "flag"), "account": ("22/s", "environment"), "address": ("13/s", OURS), "events": ("4/s", "FILE:1")}
    assert values["live.readers"] == 7 and origins["live.memory"] == "default"


def test_the_first_source_counts_and_lists_are_not_mixed(make_source, tmp_path):
    source = make_source(
        ("file:/c/footfall-run.yml", {"limits.key": "1/s", "limits.exempt[0]": "10.0.0.0/8", "rules[0].name": "one",
                                      "rules[0].when.type": "track", "rules[0].do.drop": "x"}),
        (OURS, {"limits.key": "2/s", "limits.account": "3/s", "limits.exempt[0]": "11.0.0.0/8", "limits.exempt[1]": "12.0.0.0/8",
                "rules[0].name": "other", "rules[1].name": "third", "rules[1].do.drop": "y", "rules[1].when.type": "page"}))
    values, _ = effective(check(source, tmp_path))
    assert (values["limits.key"], values["limits.account"], values["limits.exempt"]) == ("1/s", "3/s", ["10.0.0.0/8"])
    assert [rule["name"] for rule in values["rules"]] == ["one"]


def test_an_empty_list_takes_one_away(make_source, tmp_path):
    source = make_source((OURS, {"rules": "", "limits.exempt": ""}),
                         (SHARED, {"rules[0].name": "a", "rules[0].do.drop": "x", "rules[0].when.type": "track", "limits.exempt[0]": "10.0.0.0/8"}))
    values, _ = effective(check(source, tmp_path))
    assert values["rules"] == [] and values["limits.exempt"] == []


def test_values_are_read_as_spring_reads_them(make_source, tmp_path):
    source = make_source((OURS, {
        "bots.keep": "on", "cassandra.tls": "YES", "http.http2": False, "logging.level": "WARN", "logging.access": "All",
        "http.idle-timeout": "PT1M30S", "http.headerTimeout": "2000", "session.gap": "PT45M", "dedupe.window": 86400000,
        "embedded.cache": "32MB", "http.body_limit": 8388608, "http.memoryLimit": "128MiB", "live.readers": "12", "tls.min_version": 1.3,
        "footfall.limits.key": "9/s"}))
    values, _ = effective(check(source, tmp_path))
    expected = {"bots.keep": True, "cassandra.tls": True, "http.http2": False, "logging.level": "warn", "logging.access": "all",
                "http.idle_timeout": "PT1M30S", "http.header_timeout": "2000", "live.readers": 12, "tls.min_version": "1.3", "limits.key": "9/s",
                "http.body_limit": 8388608, "embedded.cache": "32MiB", "http.memory_limit": "128MiB"}
    expected |= {"http.idle_timeout": "90000ms", "http.header_timeout": "2000ms", "session.gap": "2700000ms", "dedupe.window": "86400000ms"}
    assert {key: values[key] for key in expected} == expected


# As config servers flatten it, too.
FILE = """
limits: {key: 1/h burst 77, exempt: [10.0.0.0/8, 192.168.0.0/16], routes: ['GET /shop/*=5/s']}
http: {idle_timeout: 40s, header_timeout: 3s}
kafka.properties: [client.id=a, linger.ms=1]
upstreams:
  - {name: shop, urls: ['http://127.0.0.1:9', 'http://127.0.0.1:10'], connect_timeout: 2s}
routes:
  - path: /shop/*
    upstream: shop
    access: viewer
    request_headers: {set: ['X-A: 1', 'X-B: 2'], remove: [X-C]}
  - {path: /open/:id, upstream: shop, access: public, methods: [GET]}
rules:
  - name: admin-pages
    when: {type: page, properties.url: {prefix: /admin}, any: [{properties.a: 1}, {not: {properties.b.c: {one_of: [x, y]}}}]}
    do: {drop: staff}
  - name: cleaning
    when: {name: [Signed In, Signed Up], properties.total: {above: 5, at_most: 10}, context.page.path: {exists: true}}
    do:
      - set: {properties.plan: free, properties.from: {from: context.page.url}}
      - rename: {properties.old: properties.new}
      - remove: [properties.ssn, properties.items.*.cost]
      - mask: {what: [email, card], in: [properties, context.page.url]}
      - lower: properties.mail
funnels:
  - name: buying
    within: 2d
    steps: [Viewed, {type: page, properties.path: /cart, label: Cart}, {name: Paid, properties.total: {above: 0}}]
deliveries:
  - {name: mornings, to: file:/tmp, format: csv, parameters: [limit=10], schedule: weekly monday 07:30}
dimensions:
  - {name: plan, path: properties.plan, events: [Paid]}
"""


def test_the_same_file_means_the_same_from_our_config_server(tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    (served / "footfall.yml").write_text(FILE, encoding="utf-8")
    server = ConfigServer(tmp_path, "--config.directories", served).start()
    try:
        by_server, origins = effective(check(server.url, tmp_path / "a"))
    finally:
        assert server.end() == 0
    by_file, _ = effective(check("", tmp_path / "a", "--config", served / "footfall.yml"))
    for values in (by_server, by_file):
        values.pop("config.import")
    assert by_server == by_file
    assert "footfall.yml" in origins["limits.key"]


# --- What is refused ---------------------------------------------------------------------------------------------------------

def test_what_others_need_is_passed_over_in_shared_sources(make_source, tmp_path):
    source = make_source((OURS, {"logging.level": "warn"}),
                         (SHARED, {"spring.datasource.url": "x", "management.endpoints.web.exposure.include": "*", "logging.level.root": "INFO",
                                   "server.port": 1, "odd[": "1", "a..b": 2, "": 3}),
                         ("overrides", {"foo": "bar"}))
    assert effective(check(source, tmp_path))[0]["logging.level"] == "warn"


@pytest.mark.parametrize("name, key, value, why", [
    (OURS, "limits.kye", "1/s", "limits.kye: unknown key"),
    (OURS, "spring.main.banner-mode", "off", "spring.main.banner-mode: unknown key"),
    (SHARED, "footfall.limits.kye", "1/s", "footfall.limits.kye: unknown key"),
    (OURS, "invalid.cassandra.password", "<n/a>", "invalid.cassandra.password: unknown key"),
    (OURS, "http.connections", "many", "http.connections"),
    (OURS, "http.connections", 0, "http.connections"),
    (OURS, "http.connections", True, "http.connections"),
    (OURS, "http.connections", [1], "neither a text nor a number"),
    (OURS, "http.idle_timeout", "PT", "http.idle_timeout"),
    (OURS, "cassandra.tls", "maybe", "cassandra.tls"),
    (OURS, "rules[1].name", "a", "items of a list are missing"),
    (OURS, "rules[99999].name", "a", "not a key"),
    (OURS, "rules[0].nmae", "a", "rules[].nmae"),
    (OURS, "rules[0", "a", "not a key"),
    (OURS, "rules", "a", "rules"),
    (OURS, "limits.exempt[0].x", "a", "limits.exempt"),
    (OURS, "config.import", "http://elsewhere", "says where the configuration is"),
    (OURS, "limits.key[0]", "a", "unknown key"),
])
def test_a_mistake_is_told_by_source_and_key(make_source, tmp_path, name, key, value, why):
    source = make_source((name, {key: value}))
    done = check(source, tmp_path)
    assert done.returncode == 2, done.stdout
    assert name in done.stderr and why in done.stderr, done.stderr
    assert not os.path.exists(tmp_path / "data" / "config-run.json")


def test_a_secret_is_not_in_what_is_said_of_it(make_source, tmp_path):
    source = make_source((OURS, {"kafka.properties[0]": "sasl.password=geheim-4711", "cassandra.password": "geheim-4712", "privacy.hash_key": "geheim"}))
    done = check(source, tmp_path)
    assert "geheim" not in done.stdout + done.stderr


# --- When servers fail -------------------------------------------------------------------------------------------------------

def garbage(handler):
    ConfigSource.send(handler, 200, b"<html>Gateway</html>", "text/html")


def huge(handler):
    ConfigSource.send(handler, 200, b'{"propertySources":[' + b'{"name":"' + b"x" * (5 << 20) + b'"}]}')


def no_sources(handler):
    ConfigSource.send(handler, 200, b'{"name":"footfall"}')


def cut_off(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"propertySources":[')


def redirect(handler):
    handler.send_response(302)
    handler.send_header("Location", "http://127.0.0.1:1/")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def status(code):
    return lambda handler: ConfigSource.send(handler, code, b"{}")


FAULTS = {"garbage": (garbage, "json"), "huge": (huge, "too large"), "no sources": (no_sources, "propertySources"), "cut off": (cut_off, ""),
          "302": (redirect, "302"), "401": (status(401), "401"), "404": (status(404), "404"), "500": (status(500), "500")}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_configuration_is_as_no_answer(make_source, tmp_path, fault):
    source = make_source((OURS, {"logging.level": "warn"}))
    source.fault, why = FAULTS[fault]
    done = check(source, tmp_path)
    assert done.returncode != 0 and "no config server answers" in done.stderr and why.lower() in done.stderr.lower(), done.stderr
    # The next one is asked.
    second = make_source((OURS, {"logging.level": "error"}))
    values, _ = effective(check(f"{source.url},{second.url}", tmp_path))
    assert values["logging.level"] == "error" and second.asked
    # Later the copy of what it said is used.
    second.fault = source.fault
    done = check(f"{source.url},{second.url}", tmp_path)
    assert effective(done)[0]["logging.level"] == "error" and "the copy of its last reply is used" in done.stderr


def test_a_slow_server_is_given_up(make_source, tmp_path):
    source = make_source((OURS, {}))
    source.fault = lambda handler: source.released.wait(60)
    second = make_source((OURS, {"logging.level": "error"}))
    values, _ = effective(check(f"{source.url},{second.url}", tmp_path, "--config.import_timeout", "300ms"))
    assert values["logging.level"] == "error"


def unused_url():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_without_a_server_the_process_does_not_start_unless_it_may(tmp_path):
    url = unused_url()
    done = command("run", "--config.import", url, "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0")
    assert done.returncode == 1 and "no config server answers" in done.stderr
    done = check("optional:" + url, tmp_path)
    assert done.returncode == 0 and "none is needed" in done.stderr


def test_it_is_asked_again_until_it_answers(make_source, tmp_path):
    source = make_source((OURS, {"logging.level": "warn"}))
    source.fault = lambda handler: (status(503) if len(source.asked) < 4 else source.plain)(handler)
    source.plain = lambda handler: ConfigSource.send(handler, 200, json.dumps(
        {"propertySources": [{"name": OURS, "source": {"logging.level": "warn"}}]}).encode())
    retry = ("--config.fail_fast=false", "--config.retry.initial", "5ms", "--config.retry.maximum", "20ms")
    done = check(source, tmp_path, *retry, "--config.retry.attempts", "3")
    assert done.returncode != 0 and len(source.asked) == 3
    values, _ = effective(check(source, tmp_path, *retry))
    assert values["logging.level"] == "warn" and len(source.asked) == 4


def test_a_broken_copy_is_none(make_source, tmp_path):
    source = make_source((OURS, {"logging.level": "warn"}))
    copy = tmp_path / "copy.json"
    assert check(source, tmp_path, "--config.cache_file", copy).returncode == 0
    assert stat.S_IMODE(os.stat(copy).st_mode) == 0o600
    source.close()
    copy.write_text("{", encoding="utf-8")
    done = check(source, tmp_path, "--config.cache_file", copy)
    assert done.returncode != 0 and "the copy of the configuration cannot be used" in done.stderr


# --- While it runs -----------------------------------------------------------------------------------------------------------

def test_a_process_starts_with_settings_of_a_server(make_source, make_server):
    source = make_source((OURS, {"limits.key": "1/h burst 7777", "limits.exempt": "", "limits.events": "none"}))
    footfall = make_server("--config.import", source.url).start()
    assert footfall.get("/users").headers["RateLimit-Limit"] == "7777"
    assert configuration(footfall)["server"] == source.url and configuration(footfall)["version"] == "v1"
    assert footfall.status()["configuration"]["cached"] is False
    assert "footfall_config_server_up 1" in footfall.metrics()
    # Without the server: from the copy.
    source.close()
    footfall.restart()
    assert footfall.get("/users").headers["RateLimit-Limit"] == "7777"
    assert "the copy of its last reply is used" in footfall.stderr
    found = configuration(footfall)
    assert found["cached"] is True and source.url in found["problem"]
    assert "footfall_config_server_up 0" in footfall.metrics()
    footfall.stop()


def test_a_refresh_tells_what_changed(make_source, make_server):
    properties = {"limits.key": "1/h burst 7777", "limits.exempt": "", "cassandra.password": "geheim-1"}
    source = make_source((OURS, properties))
    footfall = make_server("--config.import", source.url).start()
    assert refresh(footfall).json() == []
    properties.update({"limits.key": "1/h burst 8888", "http.connections": "900", "cassandra.password": "geheim-2"})
    source.version = "v2"
    assert refresh(footfall).json() == ["cassandra.password", "http.connections", "limits.key"]
    assert footfall.get("/users").headers["RateLimit-Limit"] == "8888"
    found = configuration(footfall)
    assert found["changed"] == ["cassandra.password", "http.connections", "limits.key"] and found["version"] == "v2"
    assert found["restartNeeded"] == ["cassandra.password", "http.connections"] and found["changedAt"]
    assert "footfall_settings_restart_needed 2" in footfall.metrics()
    eventually(lambda: "settings that changed wait for the next start settings=cassandra.password,http.connections" in footfall.stderr)
    assert 'key=limits.key before="\\"1/h burst 7777\\"" after="\\"1/h burst 8888\\"" effect=now' in footfall.stderr, footfall.stderr
    assert 'key=http.connections before=10000 after=900 effect="at the next start"' in footfall.stderr
    assert "geheim" not in footfall.stderr
    # Taken back, nothing waits any more.
    del properties["http.connections"], properties["cassandra.password"]
    properties["cassandra.password"] = "geheim-1"
    assert refresh(footfall).json() == ["cassandra.password", "http.connections"]
    assert configuration(footfall)["restartNeeded"] == [] and "footfall_settings_restart_needed 0" in footfall.metrics()
    footfall.stop()


def test_secrets_that_were_wiped_are_still_known(make_source, make_server):
    source = make_source((OURS, {"limits.exempt": ""}), user="reader:geheim-3")
    footfall = make_server("--config.import", source.url, "--config.import_username", "reader", "--config.import_password", "geheim-3",
                           env={"FOOTFALL_CASSANDRA_PASSWORD": "geheim-1", "FOOTFALL_KAFKA_PROPERTIES": "sasl.password=geheim-2"}).start()

    def shown():
        for name in ("environ", "cmdline"):
            with open(f"/proc/{footfall.process.pid}/{name}", "rb") as file:
                yield b"geheim" in file.read()
    eventually(lambda: not any(shown()))
    for _ in range(2):
        assert refresh(footfall).json() == []
    assert configuration(footfall)["restartNeeded"] == []
    footfall.stop()


def test_the_level_of_the_log_changes(make_source, make_server):
    properties = {"logging.level": "info"}
    source = make_source((OURS, properties))
    footfall = make_server("--config.import", source.url).start()
    properties["logging.level"] = "error"
    assert refresh(footfall).json() == ["logging.level"]
    lines = footfall.stderr.count("\n")
    properties["http.connections"] = "901"
    assert refresh(footfall).json() == ["http.connections"]
    assert footfall.stderr.count("\n") == lines  # what is below an error is not logged any more
    properties["logging.level"] = "info"
    assert refresh(footfall).json() == ["logging.level"]
    assert footfall.stderr.count("\n") > lines
    footfall.stop()


@pytest.mark.parametrize("key, value, why", [
    ("limits.key", "many", "limits.key"), ("limits.nothing", "1", "limits.nothing"), ("rules[0].name", "a", "rule"),
    ("funnels[0].name", "a", "funnel a"), ("routes[0].path", "/x", "routes"), ("deliveries[0].name", "a b", "deliveries"),
    ("privacy.hash_key", "short", "privacy.hash_key"), ("http.connections", "x", "http.connections")])
def test_a_broken_configuration_is_refused_whole(make_source, make_server, key, value, why):
    properties = {"limits.key": "1/h burst 7777", "limits.exempt": "", "http.connections": "1000"}
    source = make_source((OURS, properties))
    footfall = make_server("--config.import", source.url).start()
    good = dict(properties)
    properties.update({"limits.key": "1/h burst 8888", "limits.account": "1/h burst 9999", key: value})
    reply = refresh(footfall)
    assert reply.status_code == 422 and why in reply.text, reply.text
    assert footfall.get("/users").headers["RateLimit-Limit"] == "7777"
    found = configuration(footfall)
    assert why in found["refused"] and found["changed"] == []
    metrics = footfall.metrics()
    assert "footfall_settings_refused 1" in metrics and "footfall_settings_refusals_total 1" in metrics
    assert "settings stay as they were" in footfall.stderr
    # It ends with the mistake.
    source.set((OURS, good))
    assert refresh(footfall).json() == []
    assert configuration(footfall)["refused"] is None and "footfall_settings_refused 0" in footfall.metrics()
    footfall.stop()


def test_polling_finds_changes_and_says_each_thing_once(make_source, make_server):
    properties = {"limits.key": "1/h burst 7777", "limits.exempt": "", "config.refresh_interval": "60ms"}
    source = make_source((OURS, properties))
    footfall = make_server("--config.import", source.url).start()

    def polled(times):
        asked = len(source.asked)
        eventually(lambda: len(source.asked) >= asked + times)
    polled(5)
    assert "settings were read again" not in footfall.stderr
    properties["limits.key"] = "1/h burst 8888"
    eventually(lambda: footfall.get("/users").headers["RateLimit-Limit"] == "8888")
    properties["limits.key"] = "many"
    eventually(lambda: configuration(footfall)["refused"])
    polled(5)
    assert footfall.stderr.count("settings stay as they were") == 1
    properties["limits.key"] = "1/h burst 8888"
    eventually(lambda: configuration(footfall)["refused"] is None)
    source.fault = status(500)
    eventually(lambda: configuration(footfall)["problem"])
    polled(5)
    assert footfall.stderr.count("no config server answers") == 1
    # A refresh says so, and all stays.
    reply = refresh(footfall)
    assert reply.status_code == 503 and "500" in reply.text
    assert footfall.get("/users").headers["RateLimit-Limit"] == "8888"
    source.fault = None
    eventually(lambda: "a config server answers again" in footfall.stderr)
    assert footfall.stderr.count("settings were read again") <= 3
    footfall.stop()


def test_sighup_reads_the_server_and_the_file(make_source, make_server, tmp_path):
    file = tmp_path / "footfall.yaml"
    file.write_text("limits: {account: 1/h burst 5}\n", encoding="utf-8")
    properties = {"limits.key": "1/h burst 7777", "limits.exempt": ""}
    source = make_source((OURS, properties))
    footfall = make_server("--config.import", source.url, "--config", file).start()
    file.write_text("limits: {account: 1/h burst 6}\n", encoding="utf-8")
    properties["limits.key"] = "1/h burst 8888"
    footfall.signal(signal.SIGHUP)
    eventually(lambda: configuration(footfall)["changed"] == ["limits.key", "limits.account"])
    # Also when the server is away: the file counts, and what the server said last.
    source.fault = status(500)
    file.write_text("limits: {account: 1/h burst 7}\n", encoding="utf-8")
    footfall.signal(signal.SIGHUP)
    eventually(lambda: configuration(footfall)["changed"] == ["limits.account"])
    assert footfall.get("/users").headers["RateLimit-Limit"] == "8888"
    footfall.stop()


def refresh_or_not(url):
    try:
        requests.post(url + "/actuator/refresh", timeout=30)
    except requests.RequestException:
        pass  # the process is gone


def test_a_process_ends_while_a_server_keeps_it_waiting(make_source, make_server):
    source = make_source((OURS, {}))
    footfall = make_server("--config.import", source.url, "--config.import_timeout", "60s").start()
    source.fault = lambda handler: source.released.wait(60)
    asked = len(source.asked)
    footfall.signal(signal.SIGHUP)
    eventually(lambda: len(source.asked) > asked)
    waiting = threading.Thread(target=refresh_or_not, args=(footfall.management_url,))
    waiting.start()
    footfall.stop()
    waiting.join(30)
    assert not waiting.is_alive()


def test_deliveries_and_rules_change_while_it_runs(make_source, make_server, tmp_path):
    properties = {}
    source = make_source((OURS, properties))
    footfall = make_server("--config.import", source.url).start()
    assert footfall.get_json("/deliveries")["items"] == []
    properties.update({"deliveries[0].name": "now", "deliveries[0].to": f"file:{tmp_path}", "deliveries[0].report": "events",
                       "deliveries[0].format": "json", "rules[0].name": "no-staff", "rules[0].when.properties.url.prefix": "/admin",
                       "rules[0].do[0].drop": "staff"})
    reply = refresh(footfall)
    assert reply.json() == ["rules", "deliveries"], reply.text
    assert [row["name"] for row in footfall.get_json("/deliveries")["items"]] == ["now"]
    assert footfall.request("POST", "/deliveries/now/run").status_code in (200, 202)
    eventually(lambda: [name for name in os.listdir(tmp_path) if name.endswith(".json")])
    track = {"type": "track", "event": "seen", "userId": "u"}
    footfall.send({**track, "properties": {"url": "/admin/x"}}, {**track, "messageId": "kept", "properties": {"url": "/shop"}})
    footfall.settle()
    assert footfall.ids("u") == ["kept"]
    footfall.stop()


# --- Many processes ----------------------------------------------------------------------------------------------------------

def test_changes_reach_five_processes_within_ten_seconds_without_a_dropped_request(make_server, tmp_path):
    served = tmp_path / "served"
    served.mkdir()

    def configure(**values):
        text = yaml.safe_dump({"limits": {"key": "1/h burst 500000", "exempt": [], "events": "none", "address": "none"},
                               "config": {"refresh_interval": "1s"}, **values})
        (served / "footfall.yml.new").write_text(text, encoding="utf-8")
        os.replace(served / "footfall.yml.new", served / "footfall.yml")
    configure()
    server = ConfigServer(tmp_path, "--config.directories", served).start()
    all_of_them = [make_server("--config.import", server.url) for _ in range(5)]
    for footfall in all_of_them:
        footfall.launch()
    for footfall in all_of_them:
        eventually(footfall._found_ports, 60)
        eventually(footfall._ready, 60)
        with open(os.path.join(footfall.data, "credentials.json"), encoding="utf-8") as file:
            footfall.credentials = json.load(file)
    over, replies = threading.Event(), []

    def load(footfall):
        with requests.Session() as session:
            while not over.is_set():
                reply = session.post(footfall.url + "/v1/track", auth=(footfall.write_key, ""),
                                     json={"event": "seen", "userId": "u", "properties": {"url": "/admin"}})
                replies.append(reply.status_code)
    threads = [threading.Thread(target=load, args=(footfall,)) for footfall in all_of_them]
    for thread in threads:
        thread.start()
    try:
        began = time.monotonic()
        configure(limits={"key": "1/h burst 444444", "exempt": [], "events": "none", "address": "none"}, logging={"level": "error"},
                  rules=[{"name": "no-staff", "when": {"properties.url": "/admin"}, "do": {"drop": "staff"}}])
        for footfall in all_of_them:
            def changed():
                assert configuration(footfall)["changed"] == ["limits.key", "rules", "logging.level"], configuration(footfall)
                return True
            eventually(changed, 30)
            assert footfall.get("/users").headers["RateLimit-Limit"] == "444444"
            eventually(lambda: [rule for rule in footfall.status()["processor"]["rules"] if rule["dropped"] > 0], 30)
        took = time.monotonic() - began
        assert took < 10, took
        # A mistake is refused by all of them, and nothing changes.
        configure(limits={"key": "1/h burst 333333", "exempt": [], "events": "none", "address": "none"},
                  rules=[{"name": "no-staff", "when": {"properties.url": "/admin"}, "do": {"dorp": "staff"}}])
        for footfall in all_of_them:
            found = eventually(lambda: configuration(footfall)["refused"], 30)
            assert "no-staff" in found and "dorp" in found, found
            assert footfall.get("/users").headers["RateLimit-Limit"] == "444444"
            assert "settings stay as they were" in footfall.stderr
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert len(replies) > 100 and set(replies) == {200}
    for footfall in all_of_them:
        footfall.stop()
    assert server.end() == 0


# --- What is made from the table ---------------------------------------------------------------------------------------------

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


@pytest.mark.parametrize("form, path", [("markdown", "docs/configuration.md"), ("json-schema", "docs/configuration.schema.json")])
def test_the_pages_are_those_of_the_table(form, path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        assert command("settings", "--format", form).stdout == file.read(), f"footfall settings --format {form} >{path}"


def test_the_schema_takes_what_the_program_takes():
    jsonschema = pytest.importorskip("jsonschema")
    with open(os.path.join(ROOT, "docs/configuration.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.Draft202012Validator(schema)
    assert not list(validator.iter_errors(yaml.safe_load(FILE)))
    for wrong in ("limits.kye: 1/s", "http: {connections: 0}", "http: {idle_timeout: soon}", "rules: [{nmae: x}]", "logging.level: loud"):
        assert list(validator.iter_errors(yaml.safe_load(wrong))), wrong


def test_quotas_and_what_is_logged_change_while_it_runs(make_source, make_server):
    properties = {"quotas.projects": "default=2"}
    source = make_source((OURS, properties))
    footfall = make_server("--config.import", source.url).start()
    track = {"type": "track", "event": "seen", "userId": "u"}
    footfall.send(track, track)
    assert footfall.post("/v1/batch", {"batch": [track]}).status_code == 429
    properties.update({"quotas.projects": "default=3", "logging.access": "all"})
    assert refresh(footfall).json() == ["quotas.projects", "logging.access"]
    footfall.send(track)
    reply = footfall.post("/v1/batch", {"batch": [track]})
    assert reply.status_code == 429 and reply.headers["RateLimit-Limit"] == "3"
    footfall.get("/users", **{"limit": 7})
    eventually(lambda: "limit=7" in footfall.stderr)
    properties["quotas.projects"] = "default=many"
    assert requests.post(footfall.management_url + "/actuator/refresh", timeout=30).status_code == 422
    assert footfall.post("/v1/batch", {"batch": [track]}).headers["RateLimit-Limit"] == "3"
    footfall.stop()


def test_names_in_values_are_replaced_and_the_copy_does_not_know(make_source, make_server, tmp_path):
    source = make_source((OURS, {"footfall.public_url": "https://${HOST_OF_OURS:nowhere}/${http.idle_timeout}", "http.idle_timeout": "${idle.of.ours:31s}",
                                 "mail.password": "${MAIL_SECRET}"}))
    footfall = make_server("--config.import", source.url, env={"HOST_OF_OURS": "ours.example", "MAIL_SECRET": "hush-hush"}).start()
    done = command("check-config", "--data", tmp_path / "data", "--config.import", source.url, env={"HOST_OF_OURS": "ours.example", "MAIL_SECRET": "hush-hush"})
    assert done.returncode == 0, done.stderr
    assert re.search(r"public_url\W+https://ours.example/31s", done.stdout) and re.search(r"http.idle_timeout\W+31s", done.stdout), done.stdout
    assert "hush-hush" not in done.stdout + footfall.stderr
    with open(os.path.join(footfall.data, "config-run.json"), encoding="utf-8") as file:
        kept = file.read()
    assert "${MAIL_SECRET}" in kept and "hush-hush" not in kept
    footfall.stop()
