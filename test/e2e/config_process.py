# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""`footfall config` as a process, and a git repository for it to serve."""

import os
import shutil
import signal
import subprocess

import requests

from footfall import HERE, LISTENING, SANITIZER_REPORT, binary, environment, eventually

FILES = os.path.join(HERE, "config_files")
V2 = "application/vnd.spring-cloud.config-server.v2+json"


class ConfigServer:
    """The role, on ports of its own choice."""

    def __init__(self, directory, *flags, env=None):
        self.log = os.path.join(str(directory), "config.log")
        self.port = self.management_port = 0
        self.http = requests.Session()
        words = [binary(), "config", "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0",
                 "--data", os.path.join(str(directory), "data"), *map(str, flags)]
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(words, env=environment(**(env or {})), cwd=str(directory),
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=out)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def found(self, server):
        assert self.process.poll() is None, self.text()
        return int(dict(LISTENING.findall(self.text())).get(server, 0)) or None

    def start(self):
        """Waits until it answers."""
        self.port = eventually(lambda: self.found("public"))
        self.management_port = eventually(lambda: self.found("management"))
        eventually(lambda: requests.get(f"{self.management_url}/health/ready", timeout=10).status_code == 200)
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def management_url(self):
        return f"http://127.0.0.1:{self.management_port}"

    def get(self, path, **options):
        return self.http.get(self.url + path, timeout=30, **options)

    def post(self, path, **options):
        return self.http.post(self.url + path, timeout=30, **options)

    def sources(self, path, **options):
        """The property sources, as (name, properties)."""
        reply = self.get(path, **options)
        assert reply.status_code == 200, reply.text
        return [(source["name"], source["source"]) for source in reply.json()["propertySources"]]

    def value(self, path, key):
        """What counts."""
        return next((source[key] for _, source in self.sources(path) if key in source), None)

    def end(self):
        """Its exit code when it is told to end."""
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        assert not SANITIZER_REPORT.search(self.text()), self.text()
        return code

    def discard(self):
        self.http.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)


class Repository:
    """A git repository with a work tree."""

    def __init__(self, folder, files=None):
        self.folder = str(folder)
        shutil.copytree(files, self.folder, symlinks=True) if files else os.makedirs(self.folder)
        self.git("init", "-q", "-b", "main")
        self.commit("first")

    def git(self, *words):
        clean = {"HOME": self.folder, "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
        for who in ("AUTHOR", "COMMITTER"):
            clean.update({f"GIT_{who}_NAME": "A test", f"GIT_{who}_EMAIL": "test@example.org"})
        return subprocess.run(["git", *words], cwd=self.folder, env=clean, check=True, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.strip()

    def commit(self, message="more", **files):
        """Writes files (name without its end -> properties) and commits all there is."""
        for name, text in files.items():
            with open(os.path.join(self.folder, f"{name}.properties"), "w", encoding="latin-1") as file:
                file.write(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")
