# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Our config server beside Spring's own, on the same folder and repository: the same replies; and a Spring application that starts from ours."""

import itertools
import json
import re

import pytest
import requests
import yaml

from config_process import FILES, V2, ConfigServer, Repository
from spring_cloud import Spring, SpringServer
from test_config_client import FILE, check, effective

KEY = "sesame"
APPLICATIONS = ("shop", "application", "bank", "list", "scalar", "empty", "nosuch", "x-y", "odd", "shop,odd", "odd,shop")
PROFILES = ("default", "dev", "prod", "dev,prod", "prod,dev", "nosuch", "default,dev")


@pytest.fixture(scope="module")
def spring(tmp_path_factory):
    return Spring(tmp_path_factory.mktemp("spring"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    made = Repository(tmp_path_factory.mktemp("git") / "repository", FILES)
    made.git("checkout", "-q", "-b", "feature/x")
    made.commit(shop="branch=x\n")
    made.git("tag", "v1")
    made.git("checkout", "-q", "main")
    return made


@pytest.fixture(scope="module")
def folders(spring, tmp_path_factory):
    """Both servers on the folder: theirs, ours."""
    place = tmp_path_factory.mktemp("folders")
    ours = ConfigServer(place, "--config.directories", FILES, "--config.encrypt.key", KEY)
    try:
        with SpringServer(spring, place, spring__profiles__active="native", encrypt__key=KEY,
                          spring__cloud__config__server__native__search_locations=f"file:{FILES}",
                          spring__cloud__config__server__native__default_label="main") as theirs:
            yield theirs.url, ours.start().url
        assert ours.end() == 0
    finally:
        ours.discard()


@pytest.fixture(scope="module")
def repositories(spring, repository, tmp_path_factory):
    place = tmp_path_factory.mktemp("repositories")
    ours = ConfigServer(place, "--config.git.url", f"file://{repository.folder}", "--config.encrypt.key", KEY,
                        "--config.git.search_paths", "{application},s*/d*")
    try:
        with SpringServer(spring, place, spring__cloud__config__server__git__uri=f"file://{repository.folder}",
                          spring__cloud__config__server__git__search_paths="{application},s*/d*",
                          spring__cloud__config__server__git__default_label="main", encrypt__key=KEY) as theirs:
            yield theirs.url, ours.start().url
        assert ours.end() == 0
    finally:
        ours.discard()


def ask(pair, path, **options):
    replies = [requests.get(url + path, timeout=60, **options) for url in pair]
    assert replies[0].status_code == replies[1].status_code, (path, [reply.text for reply in replies])
    for reply in replies:
        reply.encoding = "utf-8"
    return replies


def file_of(name):
    """Of the name of a source: the file's name and the document in it. Where a repository's copy is kept is nobody's business."""
    document = re.search(r"\(document #\d+\)$", name)
    path = re.search(r"([\w/.,-]+\.(?:yml|yaml|properties))", name).group(1)
    return path.rsplit("/", 1)[1], document and document.group(0)


def placed(value):
    """Where an empty value of a .properties file begins, Spring takes for the start of the next line."""
    return {"value": ""} if isinstance(value, dict) and value["value"] == "" else value


def plain(body):
    return {**body, "propertySources": [(file_of(source["name"]), {key: placed(value) for key, value in source["source"].items()})
                                        for source in body["propertySources"]]}


def check_environment(pair, path, **options):
    theirs, ours = ask(pair, path, **options)
    if theirs.status_code == 200:
        assert plain(ours.json()) == plain(theirs.json()), path
        assert ours.headers["Content-Type"] == theirs.headers["Content-Type"]
    else:
        assert {key: ours.json()[key] for key in ("status", "error", "path")} == \
            {key: theirs.json()[key] for key in ("status", "error", "path")}


def without_nan(value):
    """NaN is not equal to itself."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return "NaN" if value != value else value


def read_properties(text):
    """Java 17 writes some doubles with a digit too many."""
    return [re.sub(r"9\.999999999999999E22$", "1.0E23", line) for line in text.split("\n")]


READERS = {"json": json.loads, "yml": lambda text: without_nan(yaml.safe_load(text)), "properties": read_properties}


@pytest.mark.parametrize("application", APPLICATIONS)
def test_environments_of_folders(folders, application):
    for profiles, label in itertools.product(PROFILES, ("", "/main", "/feature", "/nosuch", "/main,feature", "/feature,main")):
        check_environment(folders, f"/{application}/{profiles}{label}")
    for profiles in PROFILES:
        check_environment(folders, f"/{application}/{profiles}", headers={"Accept": V2})


@pytest.mark.parametrize("application", APPLICATIONS)
def test_environments_of_a_repository(repositories, repository, application):
    labels = ("", "/main", "/feature(_)x", "/v1", "/nosuch", "/" + repository.git("rev-parse", "v1"), "/main,v1", "/v1,main",
              "/main,nosuch")
    for profiles, label in itertools.product(PROFILES, labels):
        check_environment(repositories, f"/{application}/{profiles}{label}")


@pytest.mark.parametrize("application", APPLICATIONS)
def test_merged_files(folders, repositories, application):
    for pair, profiles, (end, read) in itertools.product((folders, repositories), PROFILES, READERS.items()):
        for path in (f"/{application}-{profiles}.{end}", f"/main/{application}-{profiles}.{end}?resolvePlaceholders=false"):
            theirs, ours = ask(pair, path)
            if theirs.status_code == 200:
                assert read(ours.text) == read(theirs.text), path


@pytest.mark.parametrize("file", ["notice.txt", "sub/deep.txt", "nosuch.txt", "shop.yml", "sub"])
def test_resources(folders, repositories, file):
    for pair, profiles in itertools.product((folders, repositories), PROFILES):
        theirs, ours = ask(pair, f"/shop/{profiles}/main/{file}")
        if theirs.status_code == 200:
            assert ours.text == theirs.text
            theirs, ours = ask(pair, f"/shop/{profiles}/main/{file}", headers={"Accept": "application/octet-stream"})
            assert ours.content == theirs.content and ours.headers["Content-Type"] == theirs.headers["Content-Type"]


def test_each_decrypts_what_the_other_encrypts(folders):
    kind = {"Content-Type": "text/plain"}
    for text in ("hello", "\u00e4\u20ac\U0001f600", "x" * 1000, "a{key:x}b", "{key:x}b"):
        for encrypting, decrypting in (folders, folders[::-1]):
            made = requests.post(f"{encrypting}/encrypt", data=text.encode(), headers=kind, timeout=60).text
            back = requests.post(f"{decrypting}/decrypt", data=made, headers=kind, timeout=60)
            back.encoding = "utf-8"
            assert back.text == text.removeprefix("{key:x}"), (encrypting, back.text)
    theirs, ours = [requests.post(f"{url}/decrypt", data="zz", headers=kind, timeout=60) for url in folders]
    assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json())


# --- An application that starts from ours ------------------------------------------------------------------------------


@pytest.fixture
def guarded(repository, tmp_path):
    server = ConfigServer(tmp_path, "--config.git.url", repository.folder, "--config.username", "spring",
                          env={"FOOTFALL_CONFIG_PASSWORD": "a password", "FOOTFALL_CONFIG_ENCRYPT_KEY": KEY})
    try:
        yield server.start()
        assert server.end() == 0
    finally:
        server.discard()


LOGIN = {"spring__cloud__config__username": "spring", "spring__cloud__config__password": "a password"}


def test_an_application_starts_from_ours(spring, guarded):
    keys = ("shop.open", "shop.owner", "shop.motd", "info.name", "info.nested[0].tags[1]", "list[1]", "branch", "info.multi")
    code, values, sources, said = spring.client(guarded.url, keys, spring__application__name="shop",
                                                spring__profiles__active="dev,prod", **LOGIN)
    assert code == 0, said
    assert values.items() >= {"shop.open": "false", "shop.owner": "Prod Owner", "shop.motd": "Hello Prod Owner ${escaped}",
                              "info.name": "application-dev", "info.nested[0].tags[1]": "y", "list[1]": "one", "branch": "null"}.items()
    assert any(name.startswith("configserver:") and "shop-prod.properties" in name for name in sources), sources

    code, values, _, said = spring.client(guarded.url, ("branch", "bank.password"), spring__application__name="shop,bank",
                                          spring__cloud__config__label="feature/x", **LOGIN)
    assert code == 0 and values == {"branch": "x", "bank.password": "a secret: \u00e9t\u00e9"}, said


def test_an_application_without_the_password_does_not_start(spring, guarded):
    code, values, _, said = spring.client(guarded.url, ("shop.open",), spring__application__name="shop",
                                          spring__cloud__config__fail_fast="true")
    assert code != 0 and not values and "401" in said, said


def test_our_roles_take_their_settings_from_springs_server(spring, tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    (served / "footfall.yml").write_text(FILE, encoding="utf-8")
    (served / "footfall-gateway.properties").write_text("http.idle-timeout=PT42S\nlive.readers=17\n", encoding="utf-8")
    (served / "application.yml").write_text("spring: {main: {banner-mode: off}}\nlimits: {account: 9/s}\n", encoding="utf-8")
    with SpringServer(spring, tmp_path, spring__profiles__active="native", encrypt__key=KEY,
                      spring__cloud__config__server__native__search_locations=f"file:{served}") as theirs:
        told = {role: effective(check(theirs.url, tmp_path, role=role)) for role in ("run", "gateway", "processor")}
    for role, (values, origins) in told.items():
        differing = ("--http.idle_timeout", "42000ms", "--live.readers", "17") if role == "gateway" else ()
        by_file, _ = effective(check("", tmp_path, "--config", served / "footfall.yml", "--limits.account", "9/s", *differing, role=role))
        for settings in (values, by_file):
            settings.pop("config.import")
        assert values == by_file, role
        assert "application.yml" in origins["limits.account"]
    assert "footfall-gateway.properties" in told["gateway"][1]["live.readers"]
