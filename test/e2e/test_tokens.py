# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""People's tokens: logging in, refreshing, revoking, keys that verify them, outside issuers, and guessing."""

import base64
import concurrent.futures
import http.server
import json
import threading
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

import footfall as under_test
from footfall import eventually, new_id

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Who tests logs in more often than people do."""
    footfall = under_test.Footfall(tmp_path_factory.mktemp("tokens"), "--embedded.disk_reserve", "0",
                                   "--auth.login_account", "none", "--auth.login_address", "none",
                                   "--keys.refresh", "200ms").start()
    yield footfall
    try:
        footfall.stop()
    finally:
        footfall.discard()


def token(server, key="", **form):
    return server.request("POST", "/auth/token", key, data=form)


def password_of(server):
    return server.credentials["password"]


def log_in(server, email="admin@localhost", password=None, **more):
    def attempt():
        reply = token(server, grant_type="password", username=email, password=password or password_of(server), **more)
        return reply if reply.status_code == 200 else None
    return eventually(attempt).json()  # the first account is stored a moment after the start


def refresh(server, refresh_token, **more):
    return token(server, grant_type="refresh_token", refresh_token=refresh_token, **more)


def works(server, access, path="/reports/daily"):
    return server.request("GET", path, access).status_code == 200


def make_account(server, role="viewer", **more):
    account = {"email": f"{new_id('p')}@example.org", "password": "correct horse", "role": role, **more}
    reply = server.request("POST", "/accounts", json=account)
    assert reply.status_code == 201, reply.text
    return account


def assert_error(reply, status, error):
    assert reply.status_code == status, reply.text
    assert reply.json()["error"] == error
    assert reply.headers["Cache-Control"] == "no-store"


def test_the_first_account_logs_in(people):
    given = log_in(people)
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == 900
    assert given["scope"] == "admin"
    assert works(people, given["access_token"], "/accounts")
    assert works(people, log_in(people, email="Admin@LocalHost")["access_token"])
    assert people.request("GET", "/reports/daily", given["refresh_token"]).status_code == 401
    narrow = log_in(people, scope="viewer")
    assert narrow["scope"] == "viewer"
    assert works(people, narrow["access_token"])
    assert people.request("GET", "/accounts", narrow["access_token"]).status_code == 403


def test_form_and_json_are_read(people):
    body = {"grant_type": "password", "username": "admin@localhost", "password": password_of(people)}
    log_in(people)
    reply = people.request("POST", "/auth/token", "", json=body)
    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "no-store"


def test_errors_are_those_of_the_rfc(people):
    assert_error(token(people, username="x"), 400, "invalid_request")
    assert_error(token(people, grant_type="authorization_code"), 400, "unsupported_grant_type")
    assert_error(token(people, grant_type="password", username="x@example.org"), 400, "invalid_request")
    assert_error(token(people, grant_type="password", username="x@example.org", password="y"), 400, "invalid_grant")
    assert_error(token(people, grant_type="password", username="admin@localhost", password="wrong"), 400, "invalid_grant")
    assert_error(token(people, grant_type="refresh_token", refresh_token="fr_nothing"), 400, "invalid_grant")
    assert_error(token(people, grant_type="client_credentials", client_id="a", client_secret="b"), 401, "invalid_client")
    twice = people.request("POST", "/auth/token", "", data="grant_type=password&grant_type=password", headers=FORM)
    assert_error(twice, 400, "invalid_request")
    # A password in an address would be in every log on the way.
    assert_error(people.request("POST", "/auth/token?grant_type=password", "", data="x=y", headers=FORM), 400, "invalid_request")
    account = make_account(people)
    assert_error(token(people, grant_type="password", username=account["email"], password=account["password"],
                       scope="admin"), 400, "invalid_scope")


def test_refresh_tokens_are_good_for_once(people):
    first = log_in(people)
    second = refresh(people, first["refresh_token"])
    assert second.status_code == 200
    third = refresh(people, second.json()["refresh_token"])
    assert third.status_code == 200
    assert works(people, third.json()["access_token"])
    # The first one again: a thief, or the one who was robbed. Nobody goes on.
    assert_error(refresh(people, first["refresh_token"]), 400, "invalid_grant")
    assert_error(refresh(people, third.json()["refresh_token"]), 400, "invalid_grant")
    eventually(lambda: not works(people, third.json()["access_token"]))
    assert works(people, log_in(people)["access_token"])


def test_of_many_who_refresh_at_once_one_wins(people):
    given = log_in(people)["refresh_token"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: refresh(people, given), range(8)))
    assert sum(reply.status_code == 200 for reply in replies) <= 1
    assert_error(refresh(people, given), 400, "invalid_grant")


def test_a_guessed_token_does_not_end_a_session(people):
    given = log_in(people)["refresh_token"]
    claims = jwt.decode(log_in(people)["access_token"], options={"verify_signature": False})
    raw = bytearray(base64.urlsafe_b64decode(given[3:] + "=="))
    raw[0] ^= 1
    assert_error(refresh(people, "fr_" + base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")), 400, "invalid_grant")
    made_of_sid = bytes.fromhex(claims["sid"])[:16] + bytes(32)
    assert_error(refresh(people, "fr_" + base64.urlsafe_b64encode(made_of_sid).decode().rstrip("=")), 400, "invalid_grant")
    assert refresh(people, given).status_code == 200


def test_revoking(people):
    given = log_in(people)
    assert works(people, given["access_token"])
    for text in (given["refresh_token"], given["refresh_token"], "nonsense", "a.b.c"):
        assert people.request("POST", "/auth/revoke", "", data={"token": text}).status_code == 200
    assert_error(refresh(people, given["refresh_token"]), 400, "invalid_grant")
    eventually(lambda: not works(people, given["access_token"]), within=5)
    other = log_in(people)
    assert people.request("POST", "/auth/revoke", "", data={"token": other["access_token"]}).status_code == 200
    eventually(lambda: not works(people, other["access_token"]), within=5)
    assert refresh(people, other["refresh_token"]).status_code == 200  # that one alone
    assert_error(people.request("POST", "/auth/revoke", "", data={"x": "y"}), 400, "invalid_request")


def test_accounts(people):
    account = make_account(people, name="Ann", role="editor")
    path = "/accounts/" + account["email"]
    shown = people.request("GET", path).json()
    assert (shown["name"], shown["role"], shown["project"], shown["disabled"]) == ("Ann", "editor", None, False)
    assert "password" not in json.dumps(people.request("GET", "/accounts").json())
    assert people.request("POST", "/accounts", json=account).status_code == 409
    given = log_in(people, account["email"], account["password"])
    assert works(people, given["access_token"])
    # A change ends what was given out before.
    changed = people.request("PATCH", path, json={"password": "battery staple", "role": "viewer"})
    assert changed.status_code == 200
    assert changed.json()["role"] == "viewer"
    eventually(lambda: not works(people, given["access_token"]), within=5)
    assert_error(refresh(people, given["refresh_token"]), 400, "invalid_grant")
    assert_error(token(people, grant_type="password", username=account["email"], password=account["password"]), 400,
                 "invalid_grant")
    given = log_in(people, account["email"], "battery staple")
    assert people.request("PATCH", path, json={"disabled": True}).status_code == 200
    eventually(lambda: not works(people, given["access_token"]), within=5)
    assert_error(token(people, grant_type="password", username=account["email"], password="battery staple"), 400,
                 "invalid_grant")
    assert people.request("DELETE", path).status_code == 204
    assert people.request("DELETE", path).status_code == 404
    assert people.request("GET", path).status_code == 404


@pytest.mark.parametrize("body", [{}, {"email": "x", "password": "correct horse", "role": "viewer"},
                                  {"email": "a@b", "password": "short", "role": "viewer"},
                                  {"email": "a@b", "password": "correct horse", "role": "self"},
                                  {"email": "a@b", "password": "correct horse", "role": "write"},
                                  {"email": "a@b", "password": "correct horse", "role": "viewer", "project": "none"},
                                  {"email": "a@b", "password": "correct horse", "role": "viewer", "more": "1"},
                                  {"email": "a@b", "password": 12345678, "role": "viewer"}, []])
def test_bad_accounts_are_refused(people, body):
    assert people.request("POST", "/accounts", json=body).status_code == 400


def test_an_administrator_of_one_project_has_its_accounts_alone(people):
    people.request("POST", "/projects", json={"id": "other"})
    account = make_account(people, role="admin", project="other")
    access = log_in(people, account["email"], account["password"])["access_token"]
    assert [one["email"] for one in people.request("GET", "/accounts", access).json()["items"]] == [account["email"]]
    assert people.request("GET", "/accounts/admin@localhost", access).status_code == 404
    assert people.request("PATCH", "/accounts/admin@localhost", access, json={"disabled": True}).status_code == 404
    assert people.request("DELETE", "/accounts/admin@localhost", access).status_code == 404
    assert people.request("PATCH", "/accounts/" + account["email"], access, json={"project": ""}).status_code == 400
    mine = {"email": new_id("q") + "@example.org", "password": "correct horse", "role": "viewer"}
    assert people.request("POST", "/accounts", access, json=mine).json()["project"] == "other"
    assert people.request("POST", "/auth/keys/rotate", access).status_code == 403


def key_of(server, role, **more):
    return server.request("POST", "/keys", json={"role": role, **more}).json()


def test_a_server_gets_tokens_for_itself_and_for_people(people):
    editor = key_of(people, "editor", project="default")
    reply = people.http.post(people.url + "/auth/token", data={"grant_type": "client_credentials"},
                             auth=(editor["id"], editor["key"]))
    assert reply.status_code == 200
    assert reply.json()["scope"] == "editor"
    assert "refresh_token" not in reply.json()
    own = {"grant_type": "client_credentials", "client_id": editor["id"], "client_secret": editor["key"]}
    person = new_id("u/ü")
    for name in (person, "somebody-else"):
        people.request("PUT", "/users/" + name.replace("/", "%2F"), json={})
    given = token(people, subject=person, **own).json()
    assert given["scope"] == "self"
    access = given["access_token"]
    path = "/users/" + person.replace("/", "%2F")
    assert people.request("GET", path, access).status_code == 200
    assert people.request("GET", path + "/activities", access).status_code == 200
    for method, other in (("GET", "/users/somebody-else"), ("GET", "/users"), ("GET", "/reports/daily"), ("PATCH", path),
                          ("DELETE", path), ("GET", "/keys"), ("GET", "/users/somebody-else/activities")):
        assert people.request(method, other, access, json={}).status_code == 403, other
    viewer = key_of(people, "viewer", project="default")
    assert_error(token(people, grant_type="client_credentials", client_id=viewer["id"], client_secret=viewer["key"],
                       subject=person), 400, "unauthorized_client")
    assert_error(token(people, subject=person, project="elsewhere", **own), 400, "invalid_scope")
    # With the key goes what it has given out.
    people.request("DELETE", "/keys/" + editor["id"])
    eventually(lambda: not works(people, access, path), within=5)


def test_others_can_verify(people):
    access = log_in(people)["access_token"]
    reply = people.http.get(people.url + "/.well-known/jwks.json")
    assert reply.headers["Content-Type"].startswith("application/jwk-set+json")
    keys = jwt.PyJWKSet.from_dict(reply.json())
    kid = jwt.get_unverified_header(access)["kid"]
    key = next(key for key in keys.keys if key.key_id == kid)
    assert "d" not in reply.json()["keys"][0]
    claims = jwt.decode(access, key.key, algorithms=["EdDSA"], audience="footfall", issuer="footfall")
    assert claims["sub"] == "admin@localhost"
    assert claims["role"] == "admin"


def test_keys_rotate(people):
    before = people.get_json("/.well-known/jwks.json")["keys"]
    access = log_in(people)["access_token"]
    assert people.request("POST", "/auth/keys/rotate").status_code == 204
    after = people.get_json("/.well-known/jwks.json")["keys"]
    assert [key["kid"] for key in after[:len(before)]] == [key["kid"] for key in before]
    assert len(after) == len(before) + 1  # published before it signs
    assert works(people, access)
    assert jwt.get_unverified_header(log_in(people)["access_token"])["kid"] == before[-1]["kid"]
    assert people.request("POST", "/auth/keys/rotate", json={"revoke": "all"}).status_code == 204
    assert len(people.get_json("/.well-known/jwks.json")["keys"]) == 1
    eventually(lambda: not works(people, access), within=5)
    assert works(people, log_in(people)["access_token"])


def test_attacks_on_tokens(people):
    access = log_in(people)["access_token"]
    header, claims, signature = access.split(".")
    decoded = jwt.decode(access, options={"verify_signature": False})
    public = people.get_json("/.well-known/jwks.json")["keys"][-1]
    forged = jwt.encode(decoded, base64.urlsafe_b64decode(public["x"] + "="), algorithm="HS256",
                        headers={"kid": public["kid"], "typ": "at+jwt"})
    none = jwt.encode(decoded, None, algorithm="none", headers={"kid": public["kid"]})
    thief = ed25519.Ed25519PrivateKey.generate()
    stolen = jwt.encode(decoded, thief, algorithm="EdDSA", headers={"kid": public["kid"], "typ": "at+jwt"})
    unknown = jwt.encode(decoded, thief, algorithm="EdDSA", headers={"kid": "0" * 16, "typ": "at+jwt"})
    for text in (forged, none, stolen, unknown, f"{header}.{claims}.", f"{header}.{claims}", access + "A", access[:-2],
                 f"{header}.{claims}.{signature}=", f"{header}.{claims}.{'A' * 7000}", "ey.ey.ey", f"{header}..{signature}"):
        assert people.request("GET", "/reports/daily", text).status_code == 401, text[:80]
    assert works(people, access)


def test_state_survives_a_restart_and_is_sealed(make_server):
    seal = "k" * 40
    flags = ("--auth.login_account", "none", "--auth.login_address", "none", "--auth.seal_key", seal)
    server = make_server(*flags).start()
    given = log_in(server)
    server.restart(*flags)
    assert works(server, given["access_token"])
    assert refresh(server, given["refresh_token"]).status_code == 200
    # Without the seal key what was signed is verified, and nothing new is signed.
    server.restart(*flags[:4])
    assert works(server, given["access_token"])
    reply = token(server, grant_type="password", username="admin@localhost", password=password_of(server))
    assert_error(reply, 503, "temporarily_unavailable")
    server.stop()


def test_guessing_is_slowed(make_server):
    server = make_server("--auth.login_account", "1/h burst 5", "--auth.login_address", "1/h burst 20").start()
    log_in_once = dict(grant_type="password", username="admin@localhost")
    replies = [token(server, password=f"guess-{i}", **log_in_once) for i in range(8)]
    assert [reply.status_code for reply in replies[:5]] == [400] * 5
    assert_error(replies[5], 429, "slow_down")
    assert int(replies[5].headers["Retry-After"]) > 1
    # Even the right one, now; another account is not to suffer.
    assert_error(token(server, password=password_of(server), **log_in_once), 429, "slow_down")
    other = make_account(server)
    assert token(server, grant_type="password", username=other["email"], password=other["password"]).status_code == 200
    statuses = [token(server, grant_type="password", username=f"{i}@example.org", password="x").status_code
                for i in range(20)]
    assert statuses[-1] == 429
    server.stop()


def test_logins_beyond_the_queue_are_told_to_come_again(make_server):
    server = make_server("--auth.login_account", "none", "--auth.login_address", "none", "--auth.password_threads", "1",
                         "--auth.password_queue", "1").start()
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda i: token(server, grant_type="password", username=f"{i}@example.org", password="x"),
                                range(12)))
    assert {reply.status_code for reply in replies} == {400, 503}
    assert all("Retry-After" in reply.headers for reply in replies if reply.status_code == 503)
    server.stop()


class Issuer:
    """An outside issuer: a key set at an address, and tokens."""

    def __init__(self):
        self.keys = {}
        self.broken = False
        self.asked = 0
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                body = b"<html>" if issuer.broken else json.dumps({"keys": [issuer.jwk(kid) for kid in issuer.keys]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, kid, key):
        self.keys[kid] = key

    def jwk(self, kid):
        key = self.keys[kid]
        kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.OKPAlgorithm
        return {**json.loads(kind.to_jwk(key.public_key())), "kid": kid, "use": "sig"}

    def token(self, kid, algorithm, **claims):
        now = int(time.time())
        claims = {"iss": self.url, "aud": "tracker", "sub": "ann", "iat": now, "exp": now + 300, **claims}
        return jwt.encode(claims, self.keys[kid], algorithm=algorithm, headers={"kid": kid})


def test_an_outside_issuer(make_server):
    issuer = Issuer()
    issuer.add("r1", rsa.generate_private_key(65537, 2048))
    issuer.add("weak", rsa.generate_private_key(65537, 1024))
    rule = f"issuer={issuer.url} jwks={issuer.url}/keys audience=tracker role_claim=groups admin=tracker-admins " \
           "viewer=staff project_claim=tenant"
    server = make_server("--auth.issuers", rule).start()
    staff = {"groups": ["staff", "x"], "tenant": "default"}

    def status(access, path="/reports/daily"):
        return server.request("GET", path, access).status_code

    assert status(issuer.token("r1", "RS256", **staff)) == 200
    assert status(issuer.token("r1", "RS256", **staff), "/keys") == 403
    assert status(issuer.token("r1", "RS256", groups="tracker-admins", tenant="default"), "/keys") == 200
    now = int(time.time())
    for wrong in ({"aud": "another"}, {"iss": "https://evil.example"}, {"exp": now - 31}, {"nbf": now + 90},
                  {"groups": ["nobody"]}, {"groups": None}, {"groups": ["admin"]}, {"tenant": ""}, {"sub": ""}):
        assert status(issuer.token("r1", "RS256", **{**staff, **wrong})) == 401, wrong
    assert status(issuer.token("weak", "RS256", **staff)) == 401
    # A new key is fetched soon after somebody brings it.
    issuer.add("e2", ed25519.Ed25519PrivateKey.generate())
    eventually(lambda: status(issuer.token("e2", "EdDSA", **staff)) == 200, within=30)
    # And what is known works on when there is nothing to be had.
    issuer.broken = True
    asked = issuer.asked
    issuer.add("e3", ed25519.Ed25519PrivateKey.generate())
    for _ in range(20):
        assert status(issuer.token("e3", "EdDSA", **staff)) == 401
    assert status(issuer.token("e2", "EdDSA", **staff)) == 200
    assert issuer.asked - asked <= 2  # whoever brings nonsense does not make us ask
    server.stop()
    issuer.server.shutdown()
