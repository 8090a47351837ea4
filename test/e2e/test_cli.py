# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The command line: help, version, keys, configuration checks, the doctor, and exit codes."""

import json
import os
import re
import socket
import subprocess

import pytest

from footfall import binary, command, environment

COMMANDS = ("run", "demo", "key", "check-config", "doctor", "migrate", "manual", "completion", "version")


def test_help_lists_every_command():
    for words in (("--help",), ("-h",), ("help",)):
        done = command(*words)
        assert done.returncode == 0 and not done.stderr
        for name in COMMANDS:
            assert re.search(rf"^  {name} ", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command(name):
    done = command(name, "--help")
    assert done.returncode == 0 and not done.stderr
    assert f"Usage: footfall {name}" in done.stdout
    assert command("help", name).stdout == done.stdout
    if name in ("run", "check-config", "doctor"):
        for key in ("listen", "embedded.disk_quota", "logging.level"):
            assert key in done.stdout


def test_the_manual_has_every_command_and_setting():
    commands, settings = command("manual"), command("manual", "5")
    assert commands.returncode == settings.returncode == 0
    assert command("manual", "1").stdout == commands.stdout
    for name in COMMANDS:
        assert f"\n.SS {name}\n".replace("-", "\\-") in commands.stdout
    keys = re.findall(r"^  (?:--)?([a-z0-9_.\[\]]+)(?:, --\w+)? ", command("run", "--help").stdout, re.MULTILINE)
    assert len(keys) > 100
    for key in keys:
        assert f"\n.TP\n.B {key}\n" in settings.stdout
    # No line of ours may be taken for a macro: those that begin with a dot are troff's.
    assert {line.split()[0] for line in (commands.stdout + settings.stdout).splitlines() if line.startswith((".", "'"))} <= {
        ".TH", ".SH", ".SS", ".PP", ".TP", ".nf", ".fi", ".B", ".BR", ".I", ".IR", ".RI"}


@pytest.mark.parametrize("words, expected", [("footfall ru", {"run"}), ("footfall run --store ca", {"cassandra"}), ("footfall key --ro", {"--role"}),
                                             ("footfall run --embedded.disk_", {"--embedded.disk_quota", "--embedded.disk_reserve"}),
                                             ("footfall completion z", {"zsh"}), ("footfall version --", {"--help"})])
def test_bash_completes(tmp_path, words, expected):
    (tmp_path / "completion").write_text(command("completion", "bash").stdout, encoding="utf-8")
    script = f'. ./completion; COMP_WORDS=({words}); COMP_CWORD={len(words.split()) - 1}; _footfall; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    assert set(done.stdout.split()) == expected and not done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_knows_every_command(shell):
    text = command("completion", shell).stdout
    for name in COMMANDS:
        assert re.search(rf"(-a |'){name}[: ]", text), name
    assert "'" not in "".join(re.findall(r"^  \S+ +(.*)$", command("--help").stdout, re.MULTILINE))


def test_version():
    done = command("version")
    assert done.returncode == 0
    assert re.fullmatch(r"footfall \d+\.\d+\.\d+\S*\n", done.stdout)
    assert command("--version").stdout == done.stdout


@pytest.mark.parametrize("words", [(), ("fly",), ("run", "--no.such.setting", "1"), ("run", "extra"), ("run", "--listen"),
                                   ("run", "--listen", "nowhere"), ("run", "--config", "/no/such/file.yaml"),
                                   ("check-config", "--http.threads", "many"), ("doctor", "--wings"),
                                   ("demo", "--events", "none"), ("demo", "--end", "soon"), ("demo", "--wings", "2"),
                                   ("manual", "2"), ("completion",), ("completion", "csh"), ("key",), ("key", "fly"), ("key", "revoke", "--api-key", "x")])
def test_wrong_usage_is_exit_code_2(tmp_path, words):
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stderr and not os.listdir(tmp_path)


def test_a_misspelt_flag_gets_a_suggestion():
    assert "--listen" in command("run", "--lisen", "127.0.0.1:0").stderr


def test_check_config_prints_every_setting_with_its_origin(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text("session:\n  gap: 45m\n")
    done = command("check-config", "--config", path, "--http.threads", "2", env={"FOOTFALL_LOGGING_LEVEL": "warn"})
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    def of(key):
        return next(line for line in lines if re.search(rf"(^|\s){re.escape(key)}\b", line))
    assert "45m" in of("session.gap") and "f.yaml" in of("session.gap")
    assert "2" in of("http.threads") and "flag" in of("http.threads")
    assert "warn" in of("logging.level") and "environment" in of("logging.level")


def test_keys_are_made_listed_and_revoked(server):
    target = ("--url", server.url, "--data", server.data)
    made = command("key", "create", "--role", "viewer", "--label", "from the command line", *target)
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)
    assert key["role"] == "viewer" and key["label"] == "from the command line"
    assert server.get("/reports/daily", key["key"]).status_code == 200
    listed = command("key", "list", *target)
    assert key["id"] in {row["id"] for row in json.loads(listed.stdout)["items"]}
    assert key["key"] not in listed.stdout
    revoked = command("key", "revoke", "--id", key["id"], *target)
    assert revoked.returncode == 0, revoked.stderr
    assert server.get("/reports/daily", key["key"]).status_code == 401


def test_a_write_key_is_for_the_first_project_by_default(server):
    made = command("key", "create", "--url", server.url, env={"FOOTFALL_API_KEY": server.api_key})
    assert made.returncode == 0, made.stderr
    assert (json.loads(made.stdout)["role"], json.loads(made.stdout)["project"]) == ("write", "default")


def test_what_the_server_refuses_is_exit_code_1(server):
    done = command("key", "create", "--role", "owner", "--url", server.url, "--data", server.data)
    assert done.returncode == 1 and "role" in done.stderr
    done = command("key", "list", "--url", server.url, "--api-key", "ff_wrong")
    assert done.returncode == 1 and "401" in done.stderr


def test_no_server_is_exit_code_1(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = command("key", "list", "--url", url, "--api-key", "ff_any", cwd=tmp_path)
    assert done.returncode == 1 and url in done.stderr


def test_the_doctor_finds_nothing_wrong_here(server):
    done = command("doctor", "--data", server.data, "--management.listen", f"127.0.0.1:{server.management_port}",
                   "--listen", f"127.0.0.1:{server.port}", "--embedded.disk_reserve", "0", "--http.connections", "100")
    assert done.returncode == 0, done.stdout
    assert "Footfall answers" in done.stdout and "0 problems found" in done.stdout


def test_the_doctor_finds_a_problem(tmp_path):
    done = command("doctor", "--data", tmp_path, "--embedded.disk_reserve", "1000TiB", "--http.connections", "100")
    assert done.returncode == 1
    assert re.search(r"^problem .*disk", done.stdout, re.MULTILINE)
    assert "1 problem found" in done.stdout


def test_the_demo_says_when_nobody_listens(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert command("demo", "--url", url, cwd=tmp_path).returncode == 2  # no key is known
    assert "write key" in command("demo", "--url", url, cwd=tmp_path).stderr


def test_the_demo_with_a_wrong_key_fails_at_once(server):
    done = command("demo", "--url", server.url, "--write-key", "wk_wrong", "--events", 100, timeout=20)
    assert done.returncode == 1 and "key" in done.stderr


def test_the_demo_shows_progress(server):
    done = command("demo", "--url", server.url, "--data", server.data, "--events", 3000, "--days", 2)
    assert done.returncode == 0, done.stderr
    assert "100" in done.stderr


def test_output_into_a_closed_pipe_is_no_crash():
    done = subprocess.run(["sh", "-c", f'"{binary()}" demo --print --events 20000 | head -1'], env=environment(),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    assert json.loads(done.stdout)
    assert b"Sanitizer" not in done.stderr
