# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A Footfall process as a user starts it, and what a test asks of it over HTTP."""

import json
import os
import re
import signal
import subprocess
import threading
import time
import uuid

import requests

LISTENING = re.compile(r" listening server=(\S+) .*\bport=(\d+)")
SANITIZER_REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|MemorySanitizer")
DRAIN_SECONDS = 10
START_SECONDS = 30
HERE = os.path.dirname(os.path.abspath(__file__))


def binary():
    """The program under test; a missing one is an error, never a reason to skip."""
    path = os.environ.get("FOOTFALL_BINARY", "")
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(f"FOOTFALL_BINARY must name the program to test; it is {path!r}")
    return os.path.abspath(path)


def environment(**variables):
    """This process's environment without settings that would reach a Footfall by accident, and with `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    return {**kept, **variables}


def command(*arguments, env=None, cwd=None, timeout=60):
    """Runs a subcommand to its end."""
    done = subprocess.run([binary(), *map(str, arguments)], env=environment(**(env or {})), cwd=cwd, timeout=timeout,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", errors="replace", check=False)
    assert not SANITIZER_REPORT.search(done.stderr), done.stderr
    return done


def eventually(probe, within=20.0):
    """Calls probe until it neither raises AssertionError nor returns None or False; gives what it returned."""
    pause = threading.Event()
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() > deadline
        try:
            result = probe()
            if result is not None and result is not False:
                return result
            assert not late, f"{probe} did not come true within {within} s"
        except AssertionError:
            if late:
                raise
        pause.wait(0.01)


def new_id(prefix="id"):
    return f"{prefix}-{uuid.uuid4()}"


def rfc3339(seconds):
    """Seconds since 1970 as Footfall writes times."""
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{milliseconds:03d}Z"


class Footfall:
    """One data directory and the process on it, which can be stopped, killed and started again."""

    def __init__(self, directory, *flags, env=None, data=None):
        self.directory = str(directory)
        self.data = str(data) if data else os.path.join(self.directory, "data")
        self.flags = list(flags)
        self.env = dict(env or {})
        self.process = None
        self.port = self.management_port = 0
        self.runs = 0
        self.http = requests.Session()
        self.credentials = {}

    # --- Starting and stopping ---------------------------------------------------------------------------------------

    def _log_path(self, kind):
        return os.path.join(self.directory, f"{kind}-{self.runs}.log")

    def _read_log(self, kind):
        try:
            with open(self._log_path(kind), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    @property
    def stderr(self):
        return self._read_log("stderr")

    @property
    def stdout(self):
        return self._read_log("stdout")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def management_url(self):
        return f"http://127.0.0.1:{self.management_port}"

    def launch(self):
        """Starts the process and does not wait for it."""
        assert self.process is None, "it is running already"
        os.makedirs(self.directory, exist_ok=True)
        self.runs += 1
        words = [binary(), "run", "--data", self.data, "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0"]
        with open(self._log_path("stdout"), "wb") as out, open(self._log_path("stderr"), "wb") as err:
            self.process = subprocess.Popen(words + self.flags, env=environment(**self.env), cwd=self.directory,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        return self

    def start(self):
        """Starts the process and waits until it says that it is ready."""
        self.launch()
        eventually(self._found_ports, START_SECONDS)
        eventually(self._ready, START_SECONDS)
        with open(os.path.join(self.data, "credentials.json"), encoding="utf-8") as file:
            self.credentials = json.load(file)
        return self

    def _found_ports(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"footfall ended with {self.process.returncode} at start:\n{self.stderr}")
        ports = {name: int(port) for name, port in LISTENING.findall(self.stderr)}
        if "management" not in ports or len(ports) < 2:
            return False
        self.management_port = ports.pop("management")
        self.port = ports.popitem()[1]
        return True

    def _ready(self):
        try:
            return self.http.get(f"{self.management_url}/health/ready", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout):
        """The exit code; a report of a sanitizer fails the test that caused it."""
        code = self.process.wait(timeout)
        self.process = None
        self.http.close()
        self.http = requests.Session()
        assert not SANITIZER_REPORT.search(self.stderr), self.stderr
        return code

    def stop(self):
        """Ends it as an init system would, and insists on a clean end in time."""
        self.http.close()  # a drain gives clients that stay connected a second to say goodbye
        self.signal(signal.SIGTERM)
        code = self.wait(DRAIN_SECONDS)
        assert code == 0, f"exit code {code}:\n{self.stderr}"

    def kill(self):
        """Ends it as a power cut would."""
        if self.process.poll() is not None:
            raise RuntimeError(f"footfall ended by itself with {self.process.returncode}:\n{self.stderr}")
        self.signal(signal.SIGKILL)
        assert self.wait(DRAIN_SECONDS) == -signal.SIGKILL

    def is_started(self):
        return self.process is not None

    def restart(self, *flags):
        self.stop()
        self.flags = list(flags) if flags else self.flags
        return self.start()

    def discard(self):
        """Whatever happened, leaves no process behind."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(DRAIN_SECONDS)
            self.process = None
        self.http.close()

    # --- Asking ------------------------------------------------------------------------------------------------------

    @property
    def write_key(self):
        return self.credentials["writeKey"]

    @property
    def api_key(self):
        return self.credentials["apiKey"]

    def request(self, method, path, key=None, **options):
        """One request with an API key: the admin's unless another, or "" for none, is given."""
        headers = dict(options.pop("headers", {}))
        key = self.api_key if key is None else key
        if key:
            headers.setdefault("Authorization", f"Bearer {key}")
        return self.http.request(method, self.url + path, headers=headers, timeout=30, **options)

    def get(self, path, key=None, **parameters):
        return self.request("GET", path, key, params=parameters)

    def get_json(self, path, **parameters):
        reply = self.get(path, **parameters)
        assert reply.status_code == 200, f"{reply.request.url}: {reply.status_code} {reply.text}"
        return reply.json()

    def post(self, path, body, **options):
        """Sends as the browser or server of a site does: with the write key and nothing else."""
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        data = data.encode() if isinstance(data, str) else data
        return self.http.post(self.url + path, data=data, auth=(self.write_key, ""), timeout=30, **options)

    def send(self, *events, **envelope):
        """Sends a batch, all of which must be accepted."""
        reply = self.post("/v1/batch", {"batch": list(events), **envelope})
        assert reply.status_code == 200, reply.text
        assert not reply.json().get("rejected"), reply.text
        return reply

    def status(self):
        return self.get_json("/status")

    def settle(self, within=60.0):
        """Waits until everything that was accepted can be queried."""
        def caught_up():
            status = self.status()
            stuck = [row for row in status["partitions"] if row["stuck"]]
            assert not stuck, f"the processor is stuck: {stuck}"
            assert status["lag"] == 0, f"lag is {status['lag']}"
            return True
        return eventually(caught_up, within)

    def timeline(self, user, **parameters):
        """The whole timeline, page by page; an unknown user has none."""
        rows, cursor = [], None
        while True:
            if cursor:
                parameters["cursor"] = cursor
            reply = self.get(f"/users/{requests.utils.quote(user, safe='')}/activities",
                             **{"limit": 1000, **parameters})
            if reply.status_code == 404 and not rows:
                return []
            assert reply.status_code == 200, reply.text
            page = reply.json()
            rows += page["items"]
            cursor = page["next"]
            if cursor is None:
                return rows

    def ids(self, user, **parameters):
        return [row["id"] for row in self.timeline(user, **parameters)]

    def wait_for_ids(self, user, ids, within=20.0):
        """Waits until the user's timeline holds these and no other events, each once."""
        def complete():
            found = self.ids(user)
            assert sorted(found) == sorted(ids)
            return True
        return eventually(complete, within)

    def daily(self, date, **parameters):
        return self.get_json("/reports/daily", date=date, **parameters)

    def metrics(self):
        reply = self.http.get(f"{self.management_url}/metrics", timeout=30)
        assert reply.status_code == 200
        return reply.text
