# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""footfall doctor: each finding made true, what it says and advises, and the exit code."""

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import time

import pytest

from certificates import Authority
from footfall import HERE, binary, command, environment, new_id

FREE = ("--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0", "--http.connections", "100", "--embedded.disk_reserve", "0")
VERDICTS = ("ok", "note", "warning", "problem")
SOMEBODY = 65534


def examine(*words, prefix=(), expected=None, **options):
    """The findings of a doctor whose report must be well-formed, and agree with its exit code."""
    done = subprocess.run([*prefix, binary(), "doctor", *map(str, words), "--format", "json"], env=environment(**options.pop("env", {})),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False, **options)
    report = json.loads(done.stdout)
    assert set(report) == {"version", "role", "findings", "problems", "warnings"}
    for finding in report["findings"]:
        assert set(finding) == {"check", "verdict", "text", "advice"} and finding["verdict"] in VERDICTS and finding["text"]
        assert finding["check"] in checks()
        if finding["verdict"] == "problem":
            assert finding["advice"] or finding["text"].endswith("are like that"), finding
    for verdict in ("problem", "warning"):
        assert report[verdict + "s"] == sum(finding["verdict"] == verdict for finding in report["findings"])
    code = (1 if report["problems"] else 0) if expected is None else expected
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return report["findings"]


def checks(known=[]):  # pylint: disable=dangerous-default-value
    if not known:
        done = command("doctor", "--list")
        assert done.returncode == 0
        known += [line.split()[0] for line in done.stdout.splitlines()]
    return known


def only(findings, check, verdict):
    """The texts of that check, all of which have that verdict."""
    found = [finding for finding in findings if finding["check"] == check]
    assert found and {finding["verdict"] for finding in found} == {verdict}, findings
    return [finding["text"] for finding in found]


def some(findings, check, verdict, words):
    found = [finding["text"] for finding in findings if (finding["check"], finding["verdict"]) == (check, verdict)]
    assert any(words in text for text in found), findings


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data"
    path.mkdir(mode=0o700)
    return path


def test_every_check_is_in_the_manual():
    with open(os.path.join(HERE, "..", "..", "docs", "operating.md"), encoding="utf-8") as file:
        told = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", file.read().split("## The doctor")[1].split("\n## ")[0], re.MULTILINE)
    assert told == checks()
    assert len(set(checks())) == len(checks())


def test_nothing_is_wrong_here(data):
    findings = examine("--data", data, *FREE)
    assert not [finding for finding in findings if finding["verdict"] == "problem"]
    only(findings, "configuration.settings", "ok")
    only(findings, "permissions.data", "ok")
    done = command("doctor", "--data", data, *FREE)
    assert done.returncode == 0 and done.stdout.splitlines()[-1].startswith("0 problems found, ")


def test_of_a_running_one(server):
    findings = examine("--data", server.data, "--listen", f"127.0.0.1:{server.port}", "--management.listen", f"127.0.0.1:{server.management_port}",
                       "--embedded.disk_reserve", "0", "--http.connections", "100")
    for check in ("running.ready", "running.health", "running.settings", "ports.public", "ports.management", "permissions.files"):
        only(findings, check, "ok")


def test_a_health_that_is_not(make_server):
    footfall = make_server("--embedded.disk_reserve", "1000TiB").start()
    for _ in range(2):
        footfall.post("/activities", {"type": "tapped", "userId": "u"})
    findings = examine("--data", footfall.data, "--listen", f"127.0.0.1:{footfall.port}", "--management.listen",
                       f"127.0.0.1:{footfall.management_port}", "--http.connections", "100")
    some(findings, "running.health", "problem", "OUT_OF_SERVICE")
    footfall.stop()


def test_strict_counts_warnings(data):
    words = ("--data", data, *FREE, "--management.listen=0.0.0.0:0")
    some(examine(*words[:2], *FREE[0:2], *FREE[4:], "--management.listen", "0.0.0.0:0"), "configuration.exposure", "warning", "management.listen")
    examine(*words[:2], *FREE[0:2], *FREE[4:], "--management.listen", "0.0.0.0:0", "--strict", expected=1)


# --- Settings ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("words", [("--http.threads", "many"), ("--wings",), ("--config", "/no/such/file.yaml")])
def test_settings_that_cannot_be_read_are_exit_code_2(words):
    findings = examine(*words, expected=2)
    only(findings, "configuration.settings", "problem")


@pytest.mark.parametrize("words", [("--format", "xml"), ("--format",), ("--format=",)])
def test_formats_that_are_none(words):
    done = command("doctor", *words)
    assert done.returncode == 2 and "--format" in done.stderr and not done.stdout


@pytest.mark.parametrize("text, words", [("rules: [{name: a, when: {type: nonsense}, do: [{drop: x}]}]", "nonsense"),
                                         ("funnels: [{name: a, steps: [one]}]", "a"),
                                         ("routes: [{path: /x, upstream: nobody, access: public}]", "nobody")])
def test_settings_that_no_process_would_take(data, tmp_path, text, words):
    path = tmp_path / "f.yaml"
    path.write_text(text)
    texts = only(examine("--config", path, "--data", data, *FREE), "configuration.settings", "problem")
    assert words in texts[0] and "f.yaml" in texts[0]


def test_secrets_that_others_can_read(data, tmp_path):
    path, secret = tmp_path / "f.yaml", tmp_path / "secret"
    secret.write_text("password of a mail server")
    path.write_text("mail:\n  password: hunter2hunter2\n")
    path.chmod(0o644)
    some(examine("--config", path, "--data", data, *FREE), "configuration.secrets", "problem", "mail.password stands in")
    path.chmod(0o640)
    only(examine("--config", path, "--data", data, *FREE), "configuration.secrets", "ok")
    path.write_text(f'mail:\n  password: "@{secret}"\n')
    path.chmod(0o644)
    only(examine("--config", path, "--data", data, *FREE), "configuration.secrets", "ok")
    some(examine("--mail.password", "hunter2hunter2", "--data", data, *FREE), "configuration.secrets", "warning", "mail.password is given as a flag")
    assert "hunter2" not in json.dumps(examine("--mail.password", "hunter2hunter2", "--data", data, *FREE))


def test_open_to_others_without_encryption(data):
    some(examine("--data", data, *FREE[2:], "--listen", "0.0.0.0:0"), "configuration.exposure", "warning", "listen is 0.0.0.0")
    only(examine("--data", data, *FREE[2:], "--listen", "0.0.0.0:0", "--http.trusted_proxies", "10.0.0.0/8"), "configuration.exposure", "ok")


# --- Limits -----------------------------------------------------------------------------------------------------------------

def test_a_full_limit_of_files(data):
    def lower():
        resource.setrlimit(resource.RLIMIT_NOFILE, (500, 500))
    texts = only(examine("--data", data, *FREE, preexec_fn=lower), "limits.files", "problem")
    assert texts[0].startswith("500 open files")


def test_a_full_disk(data):
    words = [*FREE[:6], "--embedded.disk_reserve"]
    only(examine("--data", data, *words, "1000TiB"), "limits.disk", "problem")
    free = os.statvfs(data).f_bavail * os.statvfs(data).f_frsize
    only(examine("--data", data, *words, str(free * 2 // 3)), "limits.disk", "warning")
    only(examine("--data", data, "--eventlog", "kafka", "--kafka.brokers", "127.0.0.1:1", *FREE, "--spool.disk_reserve", "1000TiB"),
         "limits.disk", "problem")


def test_more_memory_than_there_is(data):
    only(examine("--data", data, *FREE, "--processor.cache", "60GiB", "--http.memory_limit", "60GiB"), "limits.memory", "warning")


def test_a_time_zone_that_is_none(data):
    texts = only(examine("--data", data, *FREE, "--project.time_zone", "Mars/Olympus"), "limits.time_zones", "problem")
    assert "Mars/Olympus" in texts[0]


# --- Permissions ------------------------------------------------------------------------------------------------------------

def test_a_data_directory_that_is_none(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    only(examine("--data", path, *FREE), "permissions.data", "problem")
    only(examine("--data", path / "below", *FREE), "permissions.data", "problem")
    only(examine("--data", tmp_path / "new", *FREE), "permissions.data", "note")


def test_a_data_directory_without_permission(data):
    """Root may write anywhere, so it gives that up; others may not write in what has no mode."""
    prefix = ()
    if os.geteuid() == 0:
        capabilities = "-dac_override,-dac_read_search,-fowner"
        prefix = ("setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}")
        os.chown(data, SOMEBODY, SOMEBODY)
    else:
        data.chmod(0)
    texts = only(examine("--data", data, *FREE, prefix=prefix), "permissions.data", "problem")
    assert "may not write" in texts[0]
    data.chmod(0o700)


def test_a_data_directory_that_its_owner_cannot_write(data):
    data.chmod(0o500)
    only(examine("--data", data, *FREE), "permissions.data", "problem")
    data.chmod(0o755)
    some(examine("--data", data, *FREE), "permissions.data", "warning", "0755")


def test_files_that_others_can_read(data):
    (data / "credentials.json").write_text("{}")
    (data / "credentials.json").chmod(0o644)
    texts = only(examine("--data", data, *FREE), "permissions.files", "problem")
    assert "credentials.json" in texts[0]
    (data / "credentials.json").chmod(0o600)
    only(examine("--data", data, *FREE), "permissions.files", "ok")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_somebody_else(data):
    for number in range(8):
        path = data / f"{number}.sst"
        path.write_text("")
        os.chown(path, SOMEBODY, SOMEBODY)
    texts = only(examine("--data", data, *FREE), "permissions.files", "problem")
    assert len(texts) == 6 and texts[-1].startswith("3 more files")


def test_a_log_file_that_cannot_be_made(data, tmp_path):
    only(examine("--data", data, *FREE, "--logging.access_file", tmp_path / "nowhere" / "access.log"), "permissions.logs", "problem")
    only(examine("--data", data, *FREE, "--logging.access_file", tmp_path / "access.log"), "permissions.logs", "ok")


# --- Ports ------------------------------------------------------------------------------------------------------------------

def test_a_port_that_is_taken(data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        texts = only(examine("--data", data, *FREE[2:], "--listen", address), "ports.public", "problem")
        assert address in texts[0] and "another program" in texts[0]
        only(examine("--data", data, *FREE[2:], "--listen", "127.0.0.1:0", "--tls.listen", address), "ports.tls", "problem")
    only(examine("--data", data, *FREE[2:], "--listen", address), "ports.public", "ok")


def test_an_address_of_another_machine(data):
    texts = only(examine("--data", data, *FREE[2:], "--listen", "192.0.2.1:8080"), "ports.public", "problem")
    assert "192.0.2.1" in texts[0]
    only(examine("--data", data, *FREE[2:], "--listen", "no-such-host.invalid:8080"), "ports.public", "problem")


def test_one_port_for_two(data):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    findings = examine("--data", data, *FREE[4:], "--listen", address, "--management.listen", address)
    some(findings, "ports.management", "problem", "the same as listen")


# --- Certificates -----------------------------------------------------------------------------------------------------------

@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "tls")


def with_certificates(data, *pairs, more=()):
    return examine("--data", data, *FREE, "--tls.listen", "127.0.0.1:0", "--tls.certificates", ",".join(pairs), *more)


def test_a_good_certificate(data, authority):
    findings = with_certificates(data, authority.make("good", days=365), more=("--public_url", "https://localhost/"))
    for check in ("certificates.key", "certificates.expiry", "certificates.names"):
        only(findings, check, "ok")
    only(findings, "certificates.chain", "warning")  # of an authority of its own
    findings = with_certificates(data, authority.make("trusted", days=365), more=("--config.import_ca", authority.pem))
    some(findings, "certificates.expiry", "warning", "config.import_ca")  # the authority has two days


def test_certificates_that_end(data, authority):
    some(with_certificates(data, authority.make("ended", days=-1)), "certificates.expiry", "problem", "ended at")
    some(with_certificates(data, authority.make("soon", days=5)), "certificates.expiry", "warning", "ends in")


def test_a_key_of_another_certificate(data, authority):
    one, other = authority.make("one", days=365), authority.make("other", days=365)
    mixed = f"{one.split(':')[0]}:{other.split(':')[1]}"
    only(with_certificates(data, mixed), "certificates.key", "problem")


def test_files_of_certificates_that_cannot_be_used(data, authority, tmp_path):
    good = authority.make("good", days=365)
    certificate, key = good.split(":")
    texts = only(with_certificates(data, f"{tmp_path}/none.pem:{key}"), "certificates.file", "problem")
    assert "none.pem" in texts[0]
    (tmp_path / "cut.pem").write_text("-----BEGIN CERTIFICATE-----\nMII")
    only(with_certificates(data, f"{tmp_path}/cut.pem:{key}"), "certificates.file", "problem")
    (tmp_path / "empty.key").write_text("")
    (tmp_path / "empty.key").chmod(0o600)
    only(with_certificates(data, f"{certificate}:{tmp_path}/empty.key"), "certificates.key", "problem")
    os.chmod(key, 0o644)
    some(with_certificates(data, good), "certificates.file", "problem", "every user of this machine")
    only(examine("--data", data, *FREE, "--tls.listen", "127.0.0.1:0"), "certificates.file", "problem")


def test_a_key_with_a_pass_phrase_asks_nobody(data, authority, tmp_path):
    certificate, key = authority.make("locked", days=365).split(":")
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:x", "-out", locked], check=True)
    locked.chmod(0o600)
    only(with_certificates(data, f"{certificate}:{locked}"), "certificates.key", "problem")


def test_chains_in_disorder(data, authority):
    good, other = authority.make("good", days=365), authority.make("other", days=365)
    certificate = good.split(":")[0]
    with open(certificate, "a", encoding="utf-8") as file, open(other.split(":")[0], encoding="utf-8") as more:
        file.write(more.read())
    only(with_certificates(data, good), "certificates.chain", "problem")


def test_names_of_certificates(data, authority):
    only(with_certificates(data, authority.make("nameless", names="", days=365)), "certificates.names", "problem")
    some(with_certificates(data, authority.make("named", days=365), more=("--public_url", "https://events.example.org")),
         "certificates.names", "problem", "events.example.org")


# --- Engines ----------------------------------------------------------------------------------------------------------------

def test_engines_that_do_not_answer(data):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{closed.getsockname()[1]}"
        findings = examine("--data", data, *FREE, "--spool.disk_reserve", "0", "--eventlog", "kafka", "--kafka.brokers", nobody,
                           "--store", "cassandra", "--cassandra.contact_points", nobody)
    only(findings, "event_log.kafka", "problem")
    only(findings, "store.cassandra", "problem")


# --- Backups ----------------------------------------------------------------------------------------------------------------

def test_backups_that_are_old_or_missing(make_server, tmp_path):
    directory = tmp_path / "backups"
    footfall = make_server("--backup.directory", str(directory)).start()
    footfall.send({"type": "track", "event": "x", "userId": "u", "messageId": new_id()})
    footfall.stop()
    words = ("--data", footfall.data, *FREE, "--backup.directory", directory, "--backup.interval", "1h")
    some(examine(*words), "backups.age", "problem", "there is no backup")
    assert command("backup", "--to", directory, "--data", footfall.data).returncode == 0
    only(examine(*words), "backups.age", "ok")
    [name] = [name for name in os.listdir(directory) if name.startswith("footfall-")]
    manifest = json.loads((directory / name / "manifest.json").read_text())
    manifest["createdMs"] = int((time.time() - 5.5 * 3600) * 1000)
    (directory / name / "manifest.json").write_text(json.dumps(manifest))
    texts = only(examine(*words), "backups.age", "problem")
    assert "5 hours old" in texts[0]
    shutil.rmtree(directory)
    directory.write_text("in the way")
    only(examine(*words[:-4], "--backup.directory", directory / "below", "--backup.interval", "1h"), "backups.age", "problem")


def test_no_backups_are_a_note(data):
    only(examine("--data", data, *FREE), "backups.directory", "note")
