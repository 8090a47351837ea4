# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What deploy/ holds: systemd understands and approves of the units, and the containers name what there is."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from footfall import HERE, binary, command

ROOT = os.path.join(HERE, "..", "..")
SYSTEMD = os.path.join(ROOT, "deploy", "systemd")
CONTAINER = os.path.join(ROOT, "deploy", "container")
ROLES = ("gateway", "users", "activity", "processor", "reports")
# systemd's own scale from 0, nothing is possible, to 100, everything is.
EXPOSURE = 20


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def analyze(*words):
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze here")
    return subprocess.run(["systemd-analyze", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", check=False)


@pytest.fixture
def unit(request, tmp_path):
    """The unit as systemd would have it, but for a program that is where it is built."""
    text = read(SYSTEMD, request.param.replace("@gateway", "@"))
    path = tmp_path / request.param
    path.write_text(text.replace("/usr/bin/footfall", binary()), encoding="utf-8")
    return path


UNITS = pytest.mark.parametrize("unit", ["footfall.service", "footfall@gateway.service"], indirect=True)


@UNITS
def test_systemd_understands_the_units(unit):
    done = analyze("verify", "--man=no", str(unit))
    about = [line for line in done.stdout.splitlines() if unit.name in line]
    assert not about, about


@UNITS
def test_systemd_approves_of_the_sandbox(unit):
    done = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", str(unit))
    assert done.returncode == 0, done.stdout


def test_both_units_have_the_same_sandbox():
    one, other = (read(SYSTEMD, name) for name in ("footfall.service", "footfall@.service"))

    def settings(text):
        return {line for line in text.splitlines() if "=" in line and not line.startswith("#")
                and line.split("=")[0] not in ("Description", "Conflicts", "ExecStart", "StateDirectory", "LogsDirectory")}

    assert settings(one) == settings(other)


def test_the_units_start_what_there_is():
    for name in ("footfall.service", "footfall@.service"):
        start = re.search(r"^ExecStart=/usr/bin/footfall (\S+) (.*)$", read(SYSTEMD, name), re.MULTILINE)
        for role in ROLES if start.group(1) == "%i" else (start.group(1),):
            words = start.group(2).replace("${CREDENTIALS_DIRECTORY}", SYSTEMD).replace("%i", role).split()
            done = command("check-config", role, *words)
            assert done.returncode == 0, done.stderr


def test_no_secret_stands_in_a_unit_or_in_an_image():
    for folder in (SYSTEMD, CONTAINER):
        for name in os.listdir(folder):
            text = re.sub(r"^\s*#.*$", "", read(folder, name), flags=re.MULTILINE)
            assert not re.search(r"(password|secret|api_key|write_key) *[:=] *\S", text, re.IGNORECASE), name
            assert not re.search(r"^(ENV|ARG|Environment=)", text, re.MULTILINE), name


# --- Containers -----------------------------------------------------------------------------------------------------------


def instructions():
    """(name, rest) of each instruction; lines that go on are one."""
    text = re.sub(r"^#.*\n", "", read(CONTAINER, "Dockerfile"), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def test_the_image_builds_with_what_the_project_builds_with():
    listed = re.search(r"build \| run\)\s+echo (.*?)\n\s*;;", read(ROOT, "tools", "install-packages"), re.DOTALL).group(1)
    installed = next(rest for name, rest in instructions() if name == "RUN" and "apt-get" in rest)
    assert set(re.findall(r"[a-z0-9.+-]+", listed.replace("\\\n", " "))) <= set(installed.split())


def test_the_image_runs_as_nobody_in_particular():
    names = [name for name, _ in instructions()]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert dict(instructions())["USER"] not in ("root", "0")
    assert "apt-get" not in "".join(rest for name, rest in instructions()[names.index("USER"):])


def test_the_image_starts_what_there_is():
    words = json.loads(dict(instructions())["CMD"])
    assert json.loads(dict(instructions())["ENTRYPOINT"]) == ["/usr/bin/footfall"]
    assert command("check-config", *words).returncode == 0


def compose(name):
    return yaml.safe_load(read(CONTAINER, name))


def test_compose_names_what_there_is():
    one = compose("compose.yaml")
    for service in one["services"].values():
        build = service["build"]
        assert os.path.samefile(os.path.join(CONTAINER, build["context"]), ROOT)
        assert os.path.exists(os.path.join(ROOT, build["dockerfile"]))
        words = [word.replace("/run/secrets", SYSTEMD) for word in service["command"]]
        done = command("check-config", *words)
        assert done.returncode == 0, done.stderr
        assert service["cap_drop"] == ["ALL"] and service["read_only"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"]), "the world gets in by what does TLS in front"
    for secret in one["secrets"].values():
        assert os.path.exists(os.path.join(CONTAINER, secret["file"]))


def test_the_cluster_of_compose_starts_every_role():
    services = compose("compose.cluster.yaml")["services"]
    assert set(ROLES) <= set(services)
    for role in ROLES:
        words = [word.replace("/run/secrets", CONTAINER) for word in services[role]["command"]]
        done = command("check-config", *words)
        assert done.returncode == 0, done.stderr
        for peer in re.findall(r"(?:http://)(\w+):8080", done.stdout):
            assert peer in services
        assert services[role]["cap_drop"] == ["ALL"] and services[role]["read_only"]
    targets = yaml.safe_load(read(CONTAINER, "prometheus.yml"))["scrape_configs"][0]["static_configs"][0]["targets"]
    assert set(targets) == {f"{role}:8090" for role in ROLES}


@pytest.mark.parametrize("name", ["embedded.yaml", "cluster.yaml"])
def test_kubernetes_starts_what_there_is(name, tmp_path):
    objects = list(yaml.safe_load_all(read(ROOT, "deploy", "kubernetes", name)))
    settings = tmp_path / "footfall.yaml"
    settings.write_text(next(thing for thing in objects if thing["kind"] == "Secret")["stringData"]["footfall.yaml"], encoding="utf-8")
    started = set()
    for thing in objects:
        if thing["kind"] in ("Deployment", "StatefulSet"):
            words = thing["spec"]["template"]["spec"]["containers"][0]["args"]
            assert words[0] == thing["metadata"]["labels"]["role"]
            done = command("check-config", *[word.replace("/etc/footfall/footfall.yaml", str(settings)) for word in words])
            assert done.returncode == 0, done.stderr
            started.add(words[0])
            reached = re.findall(r"http://([\w-]+):8080", done.stdout)
            assert set(reached) <= {other["metadata"]["name"] for other in objects if other["kind"] == "Service"}
    assert started == ({"run"} if name == "embedded.yaml" else set(ROLES))
