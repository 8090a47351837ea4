# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""HTTPS as it is switched on by settings: what is spoken and what is refused, new certificates under load, redirections."""

import http.client
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading

import pytest
import requests

from certificates import Authority
from footfall import command, eventually, new_id

TLS_PORT = re.compile(r"listening for TLS server=public .*\bport=(\d+)")


def tls_port(server):
    return eventually(lambda: (found := TLS_PORT.search(server.stderr)) and int(found.group(1)))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("pki"))


def connect(port, context, name="localhost"):
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


def trusting(authority, certificate=None):
    context = ssl.create_default_context(cafile=str(authority.pem))
    if certificate:
        context.load_cert_chain(*certificate.split(":"))
    return context


def shown(port, name="localhost"):
    """The common name of the certificate that is shown to whoever asks for that name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with connect(port, context, name) as secure:
        text = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-subject", "-nameopt", "RFC2253"],
                              input=secure.getpeercert(True), capture_output=True, timeout=60, check=True).stdout
    return text.decode().strip().removeprefix("subject=CN=")


def get(port, context, path="/status", key=None):
    secure = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
    try:
        secure.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
        reply = secure.getresponse()
        return reply, reply.read()
    finally:
        secure.close()


def test_events_and_answers_through_https(make_server, authority):
    server = make_server("--tls.listen", "127.0.0.1:0", "--tls.certificates", authority.make("plain"),
                         "--http.hsts", "365d").start()
    port = tls_port(server)
    user = new_id("user")
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(authority.pem)
        reply = session.post(f"https://localhost:{port}/v1/track", auth=(server.write_key, ""), timeout=20,
                             json={"event": "x", "userId": user, "messageId": "m1"})
        assert reply.status_code == 200, reply.text
        server.settle()
        reply = session.get(f"https://localhost:{port}/users/{user}/activities", timeout=20,
                            headers={"Authorization": f"Bearer {server.api_key}"})
        assert [row["id"] for row in reply.json()["items"]] == ["m1"]
        assert reply.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in server.get("/projects").headers
    assert re.search(r"footfall_http_tls_handshakes_total\{server=\"public\"\} [1-9]", server.metrics())
    assert "footfall_tls_certificate_expiry_timestamp_seconds" in server.metrics()
    server.stop()


@pytest.mark.parametrize("lowest", ["1.2", "1.3"])
def test_protocols_and_ciphers(make_server, authority, lowest):
    """What testssl.sh looks at first, offer by offer."""
    server = make_server("--tls.listen", "127.0.0.1:0", "--tls.certificates", authority.make("offers"),
                         "--tls.min_version", lowest).start()
    port = tls_port(server)

    def accepts(*words):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", *words],
                              input=b"", capture_output=True, timeout=60, check=False)
        text = done.stdout.decode(errors="replace")
        return done.returncode == 0 and "Cipher is (NONE)" not in text and "Cipher    : 0000" not in text

    weak = "DEFAULT:@SECLEVEL=0"
    assert accepts("-tls1_3")
    assert accepts("-tls1_2") == (lowest == "1.2")
    for version in ("-tls1", "-tls1_1"):
        assert not accepts(version, "-cipher", weak), version
    good = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]
    for cipher in good:
        assert accepts("-tls1_2", "-cipher", cipher) == (lowest == "1.2"), cipher
    listed = subprocess.run(["openssl", "ciphers", "-s", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], capture_output=True,
                            text=True, timeout=60, check=True).stdout.strip().split(":")
    bad = [cipher for cipher in listed if "ECDHE" not in cipher or not re.search("GCM|CHACHA20", cipher)]
    assert len(bad) > 20
    assert not accepts("-tls1_2", "-cipher", ":".join(bad) + ":@SECLEVEL=0")
    assert not accepts("-groups", "P-521")
    assert accepts("-groups", "X25519") and accepts("-groups", "P-256")
    server.stop()


def test_the_name_chooses_the_certificate(make_server, authority):
    pairs = ",".join([authority.make("first"), authority.make("shop", "DNS:shop.test"), authority.make("wild", "DNS:*.w.test")])
    server = make_server("--tls.listen", "127.0.0.1:0", "--tls.certificates", pairs).start()
    port = tls_port(server)
    assert [shown(port, name) for name in ("shop.test", "a.w.test", "a.b.w.test", "localhost")] == [
        "shop", "wild", "first", "first"]
    server.stop()


def replace(authority, used, name):
    """One file after the other, as tools for certificates do."""
    pem, key = used.split(":")
    shutil.copy(authority.directory / f"{name}.key", key)
    shutil.copy(authority.directory / f"{name}.pem", pem)


def test_new_certificates_under_load(make_server, authority):
    used = authority.make("used")
    for name in ("second", "third"):
        authority.make(name)
    server = make_server("--tls.listen", "127.0.0.1:0", "--tls.certificates", used).start()
    port = tls_port(server)
    over, failures, count = threading.Event(), [], [0, 0]

    def ask(index, anew):
        context = trusting(authority)
        with requests.Session() as session:
            session.trust_env, session.verify = False, str(authority.pem)
            while not over.is_set():
                try:
                    if anew:
                        reply, _ = get(port, context, "/projects", server.api_key)
                        code = reply.status
                    else:
                        code = session.get(f"https://localhost:{port}/projects", timeout=20,
                                           headers={"Authorization": f"Bearer {server.api_key}"}).status_code
                    if code not in (200, 429):
                        failures.append(code)
                    count[index] += 1
                except (OSError, http.client.HTTPException, requests.RequestException) as error:
                    failures.append(repr(error))

    threads = [threading.Thread(target=ask, args=(index, index == 0)) for index in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert shown(port) == "used"
        replace(authority, used, "second")  # noticed by itself
        eventually(lambda: shown(port) == "second")
        with open(used.split(":")[0], "w", encoding="ascii") as file:
            file.write("broken")
        server.signal(signal.SIGHUP)
        eventually(lambda: "new certificates cannot be used" in server.stderr)
        assert shown(port) == "second"
        replace(authority, used, "third")
        server.signal(signal.SIGHUP)
        eventually(lambda: shown(port) == "third")
        before = list(count)
        eventually(lambda: all(now > then for now, then in zip(count, before)))
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failures, failures[:5]
    server.stop()


@pytest.mark.parametrize("demanded", ["optional", "required"])
def test_client_certificates(make_server, authority, demanded, tmp_path):
    server = make_server("--tls.listen", "127.0.0.1:0", "--tls.certificates", authority.make("server"),
                         "--tls.client_auth", demanded, "--tls.client_ca", authority.pem).start()
    port = tls_port(server)
    good = authority.make("client", None, "clientAuth")
    reply, _ = get(port, trusting(authority, good), "/projects", server.api_key)
    assert reply.status == 200
    stranger = Authority(tmp_path / "other", "other").make("client", None, "clientAuth")
    expired = authority.make("late", None, "clientAuth", days=-1)
    refused = [stranger, expired] + ([None] if demanded == "required" else [])
    for certificate in refused:
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            get(port, trusting(authority, certificate))
    if demanded == "optional":
        assert get(port, trusting(authority))[0].status == 401
    server.stop()


def test_plain_requests_are_sent_to_https(make_server, authority):
    server = make_server("--tls.listen", "127.0.0.1:0", "--tls.certificates", authority.make("moved"),
                         "--http.redirect_to_https=true", "--public_url", "https://events.test").start()
    for method, code in (("GET", 301), ("POST", 308), ("DELETE", 308)):
        reply = server.request(method, "/keys?a=b", allow_redirects=False)
        assert (reply.status_code, reply.headers["Location"]) == (code, "https://events.test/keys?a=b")
    reply = server.request("GET", "/.well-known/acme-challenge/x", allow_redirects=False)
    assert reply.status_code == 404
    assert get(tls_port(server), trusting(authority), "/projects", server.api_key)[0].status == 200
    server.stop()


def test_settings_that_cannot_be(authority, tmp_path):
    pair = authority.make("fine")
    for flags, text in (
        (["--tls.certificates", tmp_path / "none.pem"], "none.pem"),
        (["--tls.certificates", pair.split(":")[0] + ":" + str(authority.key)], "root.key"),
        ([], "at least one certificate"),
        (["--tls.certificates", pair, "--tls.client_auth", "required"], "authorities"),
    ):
        done = command("run", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0",
                       "--tls.listen", "127.0.0.1:0", *flags)
        assert done.returncode == 2 and text in done.stderr, done.stderr


def test_who_knocks_with_something_else(make_server, authority):
    server = make_server("--tls.listen", "127.0.0.1:0", "--tls.certificates", authority.make("calm")).start()
    port = tls_port(server)
    for garbage in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 1000, b"\0" * 64):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as knock:
            knock.sendall(garbage)
            knock.shutdown(socket.SHUT_WR)
            try:
                assert b"200" not in knock.recv(4096)
            except ConnectionError:
                pass
    assert get(port, trusting(authority), "/projects", server.api_key)[0].status == 200
    server.stop()
