# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The tutorial, the how-to pages, the tour in the README and the commands of the reference, run as a reader would: command after command
in one shell.

A comment before a block says what becomes of it; without one it has to end with 0.
    <!-- test: shows REGEX -->              it prints that
    <!-- test: eventually shows REGEX -->   it does after some time, when it is run again and again
    <!-- test: setup COMMAND -->            run before the block, and not shown to the reader
    <!-- test: skip: REASON -->             not run
Blocks of other languages than sh need a reason not to be run, but for those of the reference.
"""

import glob
import os
import re
import subprocess

import pytest

from footfall import HERE, binary, environment, eventually

ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
PAGES = ["README.md", "docs/tutorial.md", *sorted(os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, "docs", "howto", "*.md")))]
REFERENCE = [f"docs/{page}.md" for page in ("api", "events", "operating", "privacy", "runbook")]
BLOCK = re.compile(r"(?P<marks>(?:^ *<!-- test: [^\n]*-->\n)*)^ *```(?P<language>\w+)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
# What the tutorial has the reader type first is there on the other pages.
PREPARED = """
WRITE_KEY=$(python3 -c 'import json; print(json.load(open("footfall-data/credentials.json"))["writeKey"])')
API_KEY=$(python3 -c 'import json; print(json.load(open("footfall-data/credentials.json"))["apiKey"])')
URL=http://localhost:8080
AUTH="Authorization: Bearer $API_KEY"
footfall() { build/footfall "$@"; }
ask() { curl -sS --fail-with-body -H "Authorization: Bearer $API_KEY" "$@"; echo; }
"""


def read(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        return file.read()


def blocks_of(page):
    for found in BLOCK.finditer(read(page)):
        yield found["language"], re.findall(r"<!-- test: (.*?) ?-->", found["marks"]), found["text"]


class Shell:
    """A bash that keeps variables and functions from one block to the next, in a folder that looks like the project's."""

    def __init__(self, footfall, folder):
        self.footfall, self.folder, self.before = footfall, str(folder), ""
        os.makedirs(os.path.join(self.folder, "build"))
        os.symlink(binary(), os.path.join(self.folder, "build", "footfall"))
        os.symlink(footfall.data, os.path.join(self.folder, "footfall-data"))
        os.symlink(os.path.join(ROOT, "deploy"), os.path.join(self.folder, "deploy"))

    def _here(self, text):
        for name, port in (("8080", self.footfall.port), ("8090", self.footfall.management_port)):
            text = re.sub(rf"(localhost|127\.0\.0\.1):{name}", rf"\1:{port}", text)
        return text

    def run(self, text):
        """What it prints; a block that fails is a failed test."""
        state = os.path.join(self.folder, ".state")
        keep = f'trap \'status=$?; declare -p WRITE_KEY API_KEY URL AUTH YESTERDAY 2>/dev/null >"{state}" || true; declare -f ask footfall xdg-open >>"{state}" || true; exit $status\' EXIT\n'
        load = f'[ ! -e "{state}" ] || . "{state}"\n'
        done = subprocess.run(["bash", "-c", "set -eu\n" + load + keep + self._here(text)], cwd=self.folder, stdin=subprocess.DEVNULL, timeout=120,
                              env=environment(FOOTFALL_URL=self.footfall.url), capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, f"{text}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout


def run_block(shell, marks, text):
    for mark in marks:
        if mark.startswith("setup "):
            shell.run(mark.removeprefix("setup "))
    later = [mark.removeprefix("eventually shows ") for mark in marks if mark.startswith("eventually shows ")]
    wanted = later + [mark.removeprefix("shows ") for mark in marks if mark.startswith("shows ")]

    def shown():
        output = shell.run(text)
        for pattern in wanted:
            assert re.search(pattern, output), f"{text}\ndoes not show {pattern}:\n{output}"
        return True

    if later:
        eventually(shown)
    else:
        shown()


@pytest.mark.parametrize("page", PAGES + REFERENCE)
def test_every_command_works(page, make_server, tmp_path):
    blocks = [block for block in blocks_of(page) if page not in REFERENCE or block[0] == "sh"]
    assert blocks
    todo = [(marks, text) for language, marks, text in blocks if not any(mark.startswith("skip: ") for mark in marks)]
    # Output and examples of other languages are to be looked at.
    assert all(language == "sh" or any(mark.startswith("skip: ") for mark in marks) for language, marks, _ in blocks)
    if not todo:
        return
    footfall = make_server("--embedded.disk_reserve", "0").start()
    shell = Shell(footfall, tmp_path / "project")
    if page not in ("README.md", "docs/tutorial.md"):
        shell.run(PREPARED)
    for marks, text in todo:
        run_block(shell, marks, text)
    footfall.stop()


def test_links_lead_somewhere():
    pages = [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md", *(os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, "docs", "**", "*.md"), recursive=True))]
    broken = []
    for page in set(pages):
        text = re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            whole = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not os.path.exists(os.path.join(ROOT, whole)):
                broken.append(f"{page}: {target}")
            elif anchor and anchor not in anchors_of(whole):
                broken.append(f"{page}: {target}: no such heading")
    assert not broken, "\n".join(broken)


def anchors_of(page):
    """As the usual hosts make them of headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", read(page), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
