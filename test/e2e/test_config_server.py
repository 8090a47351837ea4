# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Central configuration, served: what replies look like, who may ask, and what nobody may get at."""

import base64
import concurrent.futures
import contextlib
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import urllib.parse

import pytest
import requests
import yaml

from certificates import Authority
from config_process import FILES, V2, ConfigServer, Repository
from footfall import binary, command, environment, eventually


@pytest.fixture
def start(tmp_path):
    made = []

    def make(*flags, wait=True, **options):
        made.append(ConfigServer(tmp_path, *flags, **options))
        return made[-1].start() if wait else made[-1]

    yield make
    for server in made:
        server.discard()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The files beside this one, which nobody changes."""
    server = ConfigServer(tmp_path_factory.mktemp("served"), "--config.directories", FILES,
                          env={"FOOTFALL_CONFIG_ENCRYPT_KEY": "sesame"}).start()
    yield server
    assert server.end() == 0


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "repository", FILES)


def names(server, path):
    """File names of the sources, with the number of the document."""
    found = []
    for name, _ in server.sources(path):
        document = name.rsplit("(document #", 1)[1].rstrip(")") if "(document #" in name else None
        file = name.split("]", 1)[0].split("'", 1)[0] if name.startswith("file:") else name.split("[", 1)[1].split("]", 1)[0]
        found.append((os.path.basename(file), document and int(document)))
    return found


# --- Environments -------------------------------------------------------------------------------------------------------


def test_an_environment(served):
    reply = served.get("/shop/default")
    assert reply.headers["Content-Type"] == "application/json"
    body = reply.json()
    assert {key: body[key] for key in ("name", "profiles", "label", "version", "state")} == \
        {"name": "shop", "profiles": ["default"], "label": None, "version": None, "state": None}
    assert served.get("/shop/default/main").json()["label"] == "main"
    assert served.get("/shop/default/a(_)b").json()["label"] == "a/b"


def test_the_order_of_sources(served):
    assert names(served, "/shop/dev,prod") == [
        ("shop-prod.properties", None), ("shop-prod.yaml", None), ("application-prod.properties", None),
        ("shop-dev.yml", 1), ("shop-dev.yml", 0), ("application-dev.yml", None),
        ("shop.yml", None), ("shop.yml", 1), ("shop.yml", 0),
        ("application.properties", 1), ("application.properties", 0), ("application.yml", 1), ("application.yml", 0)]
    assert served.value("/shop/dev,prod", "shop.open") is False
    assert served.value("/shop/prod,dev", "info.name") == "application-dev"


def test_folders_of_a_label(served):
    assert served.value("/shop/default", "inlabel") == "main"
    assert served.value("/shop/default/feature", "inlabel") == "feature"
    assert served.value("/shop/default/nosuch", "inlabel") is None


def test_placeholders_in_folders(start, tmp_path):
    for place in ("files/shop/dev", "files/shop/prod", "files/bank/dev"):
        os.makedirs(tmp_path / place)
        (tmp_path / place / "application.properties").write_text(f"place={place}\n")
    server = start("--config.directories", f"{tmp_path}/files/{{application}}/{{profile}}")
    assert server.value("/shop/dev", "place") == "files/shop/dev"
    assert server.value("/bank/dev", "place") == "files/bank/dev"
    assert [source for _, source in server.sources("/shop,bank/dev,prod")] == \
        [{"place": place} for place in ("files/shop/prod", "files/bank/dev", "files/shop/dev")]


def test_values_have_types(served):
    source = served.sources("/application/nosuch")[-1][1]
    assert source["info.count"] == 7 and source["info.ratio"] == 1.5 and source["info.enabled"] is True
    assert source["info.nothing"] == "" and source["info.quoted"] == "123" and source["info.hex"] == 31
    assert source["info.nested[0].tags[1]"] == "y" and source["info.date"] == "2024-05-06"
    assert source["info.big"] == 12345678901234567890


def test_origins(served):
    reply = served.get("/shop/prod", headers={"Accept": V2})
    assert reply.headers["Content-Type"] == V2
    source = reply.json()["propertySources"][0]["source"]
    assert source == {"shop.owner": {"value": "Prod Owner", "origin": "1:12"}}


def test_files_change_under_a_folder(start, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "shop.yml").write_text("a: 1\n")
    server = start("--config.directories", folder)
    assert server.value("/shop/default", "a") == 1
    (folder / "shop.yml").write_text("a: 2\n")
    assert server.value("/shop/default", "a") == 2


def test_a_broken_file_is_an_error(start, tmp_path):
    (tmp_path / "bad.yml").write_text("a: [1\n")
    (tmp_path / "twice.yml").write_text("a: 1\na: 2\n")
    (tmp_path / "bomb.yml").write_text("a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join(9 * [f'*a{i - 1}'])}]\n" for i in range(1, 9)))
    server = start("--config.directories", tmp_path)
    for name in ("bad", "twice", "bomb"):
        reply = server.get(f"/{name}/default")
        assert (reply.status_code, reply.json()["status"], reply.json()["error"]) == (500, 500, "Internal Server Error")
    assert "bad.yml: line 2" in server.text() and "the key a stands twice" in server.text() and "too many values" in server.text()
    assert server.get("/good/default").status_code == 200
    metrics = requests.get(f"{server.management_url}/metrics", timeout=30).text
    assert "\nfootfall_config_failed_total 3\n" in metrics


# --- Merged files -------------------------------------------------------------------------------------------------------


def test_merged_files(served):
    expected = {"open": False, "level": "trace", "second": 2, "motd": "Hello nobody ${escaped}"}
    merged = served.get("/shop-dev.json").json()
    assert merged["shop"].items() >= expected.items() and merged["list"] == ["zero", "one"]
    assert merged["info"]["list"] == ["replaced"], "a list comes whole from one source"
    for end in ("yml", "yaml"):
        reply = served.get(f"/main/shop-dev.{end}")
        assert reply.headers["Content-Type"].startswith("text/plain")
        assert yaml.safe_load(reply.text)["shop"].items() >= expected.items()
    lines = served.get("/shop-dev.properties").text.split("\n")
    assert "shop.motd: Hello nobody ${escaped}" in lines and "info.list[0]: replaced" in lines
    assert served.get("/shop-dev.properties?resolvePlaceholders=false").text.count("${shop.owner:nobody}") == 1
    assert served.get("/shop-dev.json?resolvePlaceholders=perhaps").status_code == 400


def test_placeholders(start, tmp_path):
    (tmp_path / "p.properties").write_text("a=1\nb=${a}${a}\nc=${none:${b}}\nd=${none}\ne=\\\\${a}\nkey=a\nf=${${key}}\ng=${g}\n")
    server = start("--config.directories", tmp_path)
    assert server.get("/p-default.json").status_code == 500, "g names itself"
    (tmp_path / "p.properties").write_text("a=1\nb=${a}${a}\nc=${none:${b}}\nd=${none}\ne=\\\\${a}\nkey=a\nf=${${key}}\n")
    assert server.get("/p-default.json").json() == {"a": "1", "b": "11", "c": "11", "d": "${none}", "e": "${a}", "key": "a", "f": "1"}


# --- Resources ----------------------------------------------------------------------------------------------------------


def test_resources(served):
    assert served.get("/shop/default/main/notice.txt").text == "plain everybody ${nope}\n"
    assert served.get("/shop/dev/main/notice.txt").text == "plain dev application-dev\n"
    assert served.get("/shop/dev/notice.txt?useDefaultLabel").text == "plain dev application-dev\n"
    raw = served.get("/shop/default/main/notice.txt", headers={"Accept": "application/octet-stream"})
    assert raw.content == b"plain ${info.name} ${nope}\n" and raw.headers["Content-Type"] == "application/octet-stream"
    assert served.get("/shop/default/main/notice.txt?resolvePlaceholders=false").text == raw.text
    assert "Last-Modified" in raw.headers
    assert served.get("/shop/default/main/sub/deep.txt").text.startswith("deep ")


HOSTILE = ("/shop/dev/main/../../secret.txt", "/shop/dev/main/..%2f..%2fsecret.txt", "/shop/dev/main/%2e%2e/secret.txt",
           "/shop/dev/main/sub/..%5c..%5csecret.txt", "/shop/dev/main/%2fetc%2fpasswd", "/shop/dev/main//etc/passwd",
           "/shop/dev/main/link.txt", "/shop/dev/main/linked/secret.txt", "/shop/dev/main/.hidden", "/shop/dev/main/.git/config",
           "/shop/dev/main/secret.txt%00.txt", "/shop/dev/main/sub", "/shop/dev/main/pipe", "/shop/dev/..(_)secret/x.txt",
           "/shop/dev/(_)etc/passwd", "/..%2f/dev", "/(_)etc/dev", "/shop/..", "/shop/dev/..", "/..-dev.yml", "/../secret-dev.yml",
           "/%2e%2e/secret-dev.yml", "/shop/%2e%2e%2fx/main", "/x" * 40, "/shop/" + "d" * 5000)


@pytest.mark.parametrize("backend", ["directory", "git"])
def test_nothing_outside_is_served(start, tmp_path, backend):
    """Files beside the folder, links out of it, what is hidden, and what is no file."""
    files = tmp_path / "outside" / "files"
    shutil.copytree(FILES, files)
    for secret in (tmp_path / "outside" / "secret.txt", tmp_path / "outside" / "secret-dev.yml", files / ".hidden"):
        secret.write_text("secret: TOP-SECRET\n")
    (files / "link.txt").symlink_to("../secret.txt")
    (files / "linked").symlink_to("..")
    (files / "leak.yml").symlink_to("../secret-dev.yml")
    if backend == "git":
        Repository(tmp_path / "repository", files)
        server = start("--config.git.url", tmp_path / "repository")
    else:
        os.mkfifo(files / "pipe")
        server = start("--config.directories", files)
    for path in HOSTILE:
        # As it stands: the library would tidy it up.
        done = subprocess.run(["curl", "-s", "--path-as-is", "-o", "-", "-w", "\n%{http_code}", server.url + path],
                              check=True, stdout=subprocess.PIPE, encoding="utf-8", timeout=60)
        assert "TOP-SECRET" not in done.stdout and "root:" not in done.stdout, path
        assert done.stdout.rsplit("\n", 1)[1] in ("400", "404"), (path, done.stdout)
    assert server.value("/leak/default", "secret") is None
    assert server.get("/shop/dev/main/notice.txt").status_code == 200
    assert server.end() == 0


def test_links_within_are_followed(start, tmp_path):
    """As Kubernetes mounts files: names lead through ..data to what is there now."""
    for number in (1, 2):
        (tmp_path / f"files/..{number}").mkdir(parents=True)
        (tmp_path / f"files/..{number}/shop.yml").write_text(f"n: {number}\n")
    (tmp_path / "files/..data").symlink_to("..1")
    (tmp_path / "files/shop.yml").symlink_to("..data/shop.yml")
    server = start("--config.directories", tmp_path / "files")
    assert server.value("/shop/default", "n") == 1
    (tmp_path / "next").symlink_to("..2")
    os.replace(tmp_path / "next", tmp_path / "files/..data")
    assert server.value("/shop/default", "n") == 2


def test_files_have_a_limit(start, tmp_path):
    (tmp_path / "big.yml").write_text("a: " + "x" * 2048)
    (tmp_path / "big.txt").write_text("x" * 2048)
    server = start("--config.directories", tmp_path, "--config.file_limit", "1KiB")
    assert server.get("/big/default").status_code == 500
    assert server.get("/big/default/main/big.txt").status_code == 500


# --- Values that are encrypted ------------------------------------------------------------------------------------------


def test_encrypted_values(served):
    """Encrypted by Spring's own server; its key is the fixture's."""
    assert served.value("/bank/default", "bank.password") == "a secret: \u00e9t\u00e9"
    assert served.value("/shop/default", "invalid.shop.cipher") == "<n/a>"
    assert served.value("/shop/default", "shop.cipher") is None


def test_encrypting_and_decrypting(served):
    assert served.get("/encrypt/status").json() == {"status": "OK"}
    assert served.get("/key").status_code == 404
    for text in ("hello", "", "\u00e4\u20ac", "x" * 5000, "{plain}{a:b}c"):
        made = served.post("/encrypt", data=text.encode(), headers={"Content-Type": "text/plain"})
        assert made.status_code == 200 and made.text != text
        back = served.post("/decrypt", data=made.text, headers={"Content-Type": "text/plain"})
        back.encoding = "utf-8"
        assert back.text == text.removeprefix("{plain}")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    made = served.post("/encrypt/shop/dev", data="two+words", headers=form).text
    assert served.post("/decrypt/shop/dev", data=made + "=", headers=form).text == "two words"
    assert made != served.post("/encrypt", data="two+words", headers=form).text, "the same twice would tell"
    for wrong in ("", "zz", "00", made[:-2], made[:-1] + ("0" if made[-1] != "0" else "1"), "x" * 100000):
        reply = served.post("/decrypt", data=wrong, headers={"Content-Type": "text/plain"})
        # The last byte of a block may by chance be good padding.
        assert reply.status_code == 400 and reply.json()["status"] == "INVALID" or wrong[:-1] == made[:-1]


def test_without_a_key(start):
    server = start("--config.directories", FILES)
    for path in ("/encrypt", "/decrypt"):
        reply = server.post(path, data="x")
        assert reply.status_code == 404 and reply.json()["status"] == "NO_KEY"
    assert server.value("/bank/default", "invalid.bank.password") == "<n/a>"


# --- Who may ------------------------------------------------------------------------------------------------------------

ROUTES = (("GET", "/shop/dev"), ("GET", "/shop-dev.yml"), ("GET", "/shop/dev/main/notice.txt"), ("GET", "/encrypt/status"), ("GET", "/key"),
          ("POST", "/encrypt"), ("POST", "/encrypt/a/b"), ("POST", "/decrypt"), ("POST", "/decrypt/a/b"), ("POST", "/monitor"),
          ("GET", "/"), ("GET", "/nosuch"), ("HEAD", "/shop/dev"))


WORD = "correct horse"
# crypto_pwhash_str of libsodium made it.
ARGON2ID = "$argon2id$v=19$m=65536,t=2,p=1$9v13IDVT54zydNRw+/X9BQ$9dU63nKEgvs8tegfxxozZVITF79No3+rOPPKWknNeP4"


@pytest.mark.parametrize("kind", ["plain", "file", "argon2id"])
def test_who_may(start, tmp_path, kind):
    word = WORD
    (tmp_path / "word").write_text(word + "\n")
    given = {"plain": word, "file": f"@{tmp_path}/word", "argon2id": ARGON2ID}[kind]
    server = start("--config.directories", FILES, "--config.username", "spring",
                   env={"FOOTFALL_CONFIG_PASSWORD": given, "FOOTFALL_CONFIG_ENCRYPT_KEY": "sesame"})
    basic = base64.b64encode(b"spring:" + word.encode()).decode()
    wrong = [None, ("spring", ""), ("spring", "wrong"), ("", word), ("other", word), ("spring", word + "x")]
    for method, path in ROUTES:
        for auth in wrong:
            reply = requests.request(method, server.url + path, auth=auth, data="{}", timeout=60)
            assert reply.status_code == 401 and reply.headers["WWW-Authenticate"].startswith("Basic "), (method, path, auth)
            assert "everybody" not in reply.text
    for header in (f"Bearer {basic}", "Basic", "Basic %", f"basic  {basic}x"):
        assert server.get("/shop/dev", headers={"Authorization": header}).status_code == 401
    for _ in range(3):
        assert server.get("/shop/dev", auth=("spring", word)).status_code == 200
    assert server.post("/encrypt", data="x", auth=("spring", word)).status_code == 200
    assert word not in server.text() and given not in server.text()
    assert server.end() == 0


def test_every_route_was_asked():
    rows = json.loads(command("routes", "--json").stdout)["items"]
    patterns = {(row["method"], row["pattern"]) for row in rows if row["role"] == "config"}
    asked = {(method, path.replace("/a/b", "/:name/:profiles")) for method, path in ROUTES}
    assert {row for row in patterns if row[1] != "/*"} <= asked
    assert all(row["access"] == "config user" for row in rows if row["role"] == "config")


@pytest.mark.parametrize("flags, said", [
    ({"listen": "0.0.0.0:0"}, "config.password: must be set"),
    ({"config.git.url": "/nowhere"}, "only one of them"),
    ({"config.directories": "", "config.git.url": "https://a:b@example.org/c.git"}, "config.git.password, which is not shown"),
    ({"config.encrypt.key": "x", "config.encrypt.salt": "salty"}, "config.encrypt.salt"),
    ({"config.directories": "/nowhere/at/all"}, "/nowhere/at/all is no folder"),
    ({"config.directories": ""}, "config.directories or config.git.url"),
])
def test_what_it_refuses_to_start_with(tmp_path, flags, said):
    usual = {"listen": "127.0.0.1:0", "management.listen": "127.0.0.1:0", "config.directories": FILES}
    words = [f"--{key}={value}" for key, value in {**usual, **flags}.items()]
    done = subprocess.run([binary(), "config", *words], env=environment(), cwd=tmp_path, timeout=60,
                          stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert done.returncode in (1, 2) and said in done.stderr, done.stderr


def test_it_goes_on_when_told_to_look_at_files_again(start, tmp_path):
    server = start("--config.directories", FILES, "--logging.access", "all", "--logging.access_file", tmp_path / "access.log")
    assert server.get("/shop/dev?x=1", headers={"X-Request-Id": "mine"}).status_code == 200
    eventually(lambda: "path=/shop/dev" in (tmp_path / "access.log").read_text())
    os.rename(tmp_path / "access.log", tmp_path / "old.log")
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: (tmp_path / "access.log").exists())
    assert server.value("/shop/dev", "shop.level") == "trace"
    assert server.end() == 0


def test_over_tls(start, tmp_path):
    authority = Authority(tmp_path)
    server = start("--config.directories", FILES, "--tls.listen", "127.0.0.1:0", "--tls.certificates", authority.make("server"))
    port = eventually(lambda: (found := re.search(r"listening for TLS server=public .*\bport=(\d+)", server.text())) and found.group(1))
    reply = requests.get(f"https://localhost:{port}/shop/dev", verify=str(authority.pem), timeout=30)
    assert reply.status_code == 200 and reply.json()["name"] == "shop"


# --- Git ----------------------------------------------------------------------------------------------------------------


def test_labels_are_branches_tags_and_commits(start, repository):
    first = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "-q", "-b", "feature/x")
    second = repository.commit(shop="branch=x\n")
    repository.git("tag", "v1")
    repository.git("tag", "-a", "v2", "-m", "with a text")
    repository.git("checkout", "-q", "main")
    server = start("--config.git.url", repository.folder)
    for label, version, branch in (("", first, None), ("/main", first, None), ("/feature(_)x", second, "x"), ("/v1", second, "x"),
                                   ("/v2", second, "x"), (f"/{second}", second, "x"), (f"/{second[:8]}", second, "x")):
        body = server.get(f"/shop/nosuch{label}").json()
        assert (body["version"], body["state"]) == (version, ""), label
        assert server.value(f"/shop/nosuch{label}", "branch") == branch
    for label in ("nosuch", "feature", "0" * 40, "HEAD", "refs(_)heads(_)main", "main@{0}", "main^", "v1~1", "..", "a b"):
        reply = server.get(f"/shop/dev/{label}")
        assert reply.status_code == 404, label
        assert set(reply.json()) == {"timestamp", "status", "error", "path"} and reply.json()["error"] == "Not Found"
    status = requests.get(f"{server.management_url}/status", timeout=30).json()
    assert status["role"] == "config" and status["configServer"]["backend"] == "git" and status["configServer"]["fetchedAt"]
    assert server.end() == 0


def test_master_in_place_of_main(start, repository):
    repository.git("branch", "-m", "master")
    assert start("--config.git.url", f"file://{repository.folder}").value("/shop/default", "shop.open") is True


def test_polling(start, repository):
    server = start("--config.git.url", repository.folder, "--config.git.refresh_interval", "200ms")
    assert server.value("/shop/default", "fresh") is None
    version = repository.commit(shop="fresh=yes\n")
    eventually(lambda: server.value("/shop/default", "fresh") == "yes")
    assert server.get("/shop/default").json()["version"] == version
    repository.git("branch", "short")
    eventually(lambda: server.get("/shop/dev/short").status_code == 200)
    repository.git("branch", "-D", "short")
    eventually(lambda: server.get("/shop/dev/short").status_code == 404)


GITHUB = {"ref": "refs/heads/main", "commits": [{"added": ["sub/my-shop-dev.yml"], "removed": ["application.yml"], "modified": []}]}


@pytest.mark.parametrize("options, expected", [
    ({"json": GITHUB, "headers": {"X-Github-Event": "push"}}, {"my-shop-dev", "my-shop", "my", "*"}),
    ({"json": GITHUB, "headers": {"X-Gitlab-Event": "Push Hook"}}, {"my-shop-dev", "my-shop", "my", "*"}),
    ({"json": {"commits": [{"id": "x"}]}, "headers": {"X-Gitea-Event": "push"}}, {"*"}),
    ({"json": {"path": ["shop.yml", "bank-dev.properties"]}}, {"shop", "bank-dev", "bank"}),
    ({"data": {"path": ["shop.yml", "application-dev.yml"]}}, {"shop", "application-dev", "*"}),
    ({"json": {}}, set()),
])
def test_a_webhook(start, repository, options, expected):
    server = start("--config.git.url", repository.folder, "--config.git.refresh_interval", "0s")
    repository.commit(shop="fresh=yes\n")
    assert server.value("/shop/default", "fresh") is None
    reply = server.post("/monitor", **options)
    assert reply.status_code == 200 and set(reply.json()) == expected
    assert server.value("/shop/default", "fresh") == "yes", "it was fetched before the reply"


def test_a_broken_webhook(start, repository):
    server = start("--config.git.url", repository.folder)
    for body in ("", "{", "[" * 1000, '{"commits": 5}', '{"commits": [5]}', '{"path": {"a": 1}}', "\x00"):
        assert server.post("/monitor", data=body, headers={"Content-Type": "application/json"}).status_code in (200, 400), body


def test_the_copy_outlives_the_repository(start, tmp_path, repository):
    server = start("--config.git.url", repository.folder)
    assert server.end() == 0
    os.rename(repository.folder, str(tmp_path / "elsewhere"))
    server = start("--config.git.url", repository.folder)
    assert server.value("/shop/default", "shop.open") is True
    assert server.post("/monitor", json={}).status_code == 503
    status = requests.get(f"{server.management_url}/status", timeout=30).json()["configServer"]
    assert status["problem"] and not status["fetchedAt"]
    assert "\nfootfall_config_fetch_healthy 0\n" in requests.get(f"{server.management_url}/metrics", timeout=30).text
    assert server.end() == 0


def test_it_waits_for_a_repository(start, tmp_path):
    server = start("--config.git.url", tmp_path / "repository", wait=False)
    management = eventually(lambda: server.found("management"))
    waiting = eventually(lambda: requests.get(f"http://127.0.0.1:{management}/health/ready", timeout=30).json().get("waitingFor"))
    assert "repository of the configuration" in waiting
    os.rename(Repository(tmp_path / "made", FILES).folder, tmp_path / "repository")
    server.start()
    assert server.value("/shop/default", "shop.open") is True


def test_the_copy_of_another_repository_is_not_taken(start, tmp_path, repository):
    assert start("--config.git.url", repository.folder).end() == 0
    other = Repository(tmp_path / "other")
    done = subprocess.run([binary(), "config", "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0", "--data",
                           tmp_path / "data", "--config.git.url", other.folder], env=environment(), cwd=tmp_path, timeout=60,
                          stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert done.returncode == 2 and "remove it" in done.stderr


def test_replies_of_a_commit_are_remembered(start, repository):
    server = start("--config.git.url", repository.folder)
    replies = {server.get(path, headers={"Accept": accept}).text for path in ("/shop/dev", "/shop/dev/main") for accept in ("*/*", V2)
               for _ in range(3)}
    assert len(replies) == 4
    assert "\nfootfall_config_cached_total 8\n" in requests.get(f"{server.management_url}/metrics", timeout=30).text


def test_search_paths(start, repository):
    server = start("--config.git.url", repository.folder, "--config.git.search_paths", "main,{application},{label}")
    assert server.value("/shop/default", "inlabel") == "main"
    assert server.value("/shop/default", "insub") == "shop"


def test_patterns_of_search_paths(start, repository):
    server = start("--config.git.url", repository.folder, "--config.git.search_paths", "s*/d*,*")
    assert server.value("/shop/nosuch", "indeep") == "x" and server.value("/shop/nosuch", "inlabel") == "main"


def test_several_labels(start, repository):
    first = repository.commit(shop="who=first\n")
    repository.git("tag", "v1")
    second = repository.commit(shop="who=second\n")
    server = start("--config.git.url", repository.folder)
    for labels, versions, who in (("main,v1", f"{second},{first}", "first"), ("v1,main", f"{first},{second}", "second")):
        body = server.get(f"/shop/nosuch/{labels}").json()
        assert (body["label"], body["version"]) == (labels, versions)
        assert server.value(f"/shop/nosuch/{labels}", "who") == who
        assert server.get(f"/{labels}/shop-nosuch.json").json()["who"] == who
    assert server.get("/shop/dev/main,nosuch").status_code == 404
    assert server.get("/shop/dev/main,v1/notice.txt").status_code == 404
    assert server.end() == 0


def test_replies_are_of_one_commit(start, repository):
    """While commits come in and are fetched, by many at once."""
    def write(number):
        for name in ("application", "shop"):
            with open(os.path.join(repository.folder, f"{name}-dev.properties"), "w", encoding="latin-1") as file:
                file.write(f"number.{name}={number}\n")
        return repository.commit()

    versions = {write(0): "0"}
    server = start("--config.git.url", repository.folder, "--config.git.refresh_interval", "100ms", "--config.cache", "64KiB")
    over = threading.Event()

    def read():
        seen = set()
        while not over.is_set():
            body = requests.get(f"{server.url}/shop/dev", timeout=30).json()
            merged = {key: value for source in body["propertySources"][::-1] for key, value in source["source"].items()}
            seen.add((body["version"], merged["number.application"], merged["number.shop"]))
        return seen

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(6)]
        try:
            for number in range(1, 15):
                versions[write(number)] = str(number)
                assert server.post("/monitor", json={}).status_code == 200
        finally:
            over.set()
        seen = set().union(*(reader.result() for reader in readers))
    assert all((version, application, shop) == (version, versions[version], versions[version]) for version, application, shop in seen)
    assert server.get("/shop/dev").json()["version"] == repository.git("rev-parse", "HEAD")
    assert server.end() == 0


class GitOverHttp(http.server.BaseHTTPRequestHandler):
    """git http-backend, behind a user and password."""

    def log_message(self, *_):
        pass

    def answer(self):
        wanted = "Basic " + base64.b64encode(b"reader:token").decode()
        self.server.asked.append(self.headers.get("Authorization"))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        if self.headers.get("Authorization") != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        place = urllib.parse.urlsplit(self.path)
        done = subprocess.run(["git", "http-backend"], input=body, stdout=subprocess.PIPE, check=True, env={
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": self.server.root, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": place.path,
            "QUERY_STRING": place.query, "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)), "REMOTE_USER": "reader", "REMOTE_ADDR": "127.0.0.1"})
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer


@contextlib.contextmanager
def git_over_http(root):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), GitOverHttp)
    server.root, server.asked = str(root), []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def test_a_repository_over_http(start, tmp_path, repository):
    with git_over_http(tmp_path) as remote:
        url = f"http://127.0.0.1:{remote.server_port}/repository/.git"
        server = start("--config.git.url", url, "--config.git.username", "reader", "--config.git.refresh_interval", "0s",
                       env={"FOOTFALL_CONFIG_GIT_PASSWORD": "token"})
        version = repository.commit(shop="fresh=yes\n")
        assert server.post("/monitor", json={}).status_code == 200
        body = server.get("/shop/default").json()
        assert body["version"] == version and body["propertySources"][-1]["name"].startswith(url)
    assert server.post("/monitor", json={}).status_code == 503, "nobody is there"
    assert server.get("/shop/default").json()["version"] == version
    assert "token" not in server.text()
    assert server.end() == 0


def test_a_refused_password_is_not_tried_forever(start, tmp_path, repository):
    with git_over_http(tmp_path) as remote:
        server = start("--config.git.url", f"http://reader@127.0.0.1:{remote.server_port}/repository/.git", wait=False,
                       env={"FOOTFALL_CONFIG_GIT_PASSWORD": "wrong"})
        eventually(lambda: "waiting for" in server.text())
        assert 1 <= len(remote.asked) < 10
        assert "wrong" not in server.text()
        assert server.end() == 0
