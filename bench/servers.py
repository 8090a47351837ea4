# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Starts and stops what is measured, all on 127.0.0.1: Footfall, nginx answering a constant, the epoll floor."""

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time

import machine

WRITE_KEY = "bench-write-key-0001"
API_KEY = "bench-api-key-0000001"
AUTHORIZATION_TO_SEND = "Authorization: Basic " + base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
AUTHORIZATION_TO_READ = f"Authorization: Bearer {API_KEY}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(process, seconds=60):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    return process.returncode


class Floor:
    name = "floor (raw epoll)"

    def __init__(self, tools, threads):
        self.process = subprocess.Popen([tools["floor"], "0", str(threads)], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def cpu(self):
        return machine.process_cpu([self.process.pid])

    def stop(self):
        end(self.process)


NGINX_CONFIGURATION = """
daemon off;
worker_processes {threads};
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{
            default_type application/json;
            return 200 '{{"success":true}}';
        }}
    }}
}}
"""


class Nginx:
    name = "nginx, a constant"

    def __init__(self, directory, threads):
        os.makedirs(directory)
        self.port = free_port()
        path = os.path.join(directory, "nginx.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(NGINX_CONFIGURATION.format(directory=directory, threads=threads, port=self.port))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-p", directory, "-c", path], stderr=subprocess.DEVNULL)
        machine.wait_until(lambda: accepts(self.port), 10, "nginx starts")

    def cpu(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return machine.process_cpu([pid] + [int(child) for child in file.read().split()])

    def stop(self):
        end(self.process)


class Footfall:
    name = "Footfall"

    def __init__(self, binary, directory, settings=(), role="run"):
        self.binary = binary
        self.role = role
        self.directory = directory
        self.data = os.path.join(directory, "data")
        self.settings = list(settings)
        self.process = None
        self.port = self.management_port = 0
        self.keeps_ports = False
        os.makedirs(directory, exist_ok=True)

    def choose_ports(self):
        """Those of every start from now on, for others that are told them."""
        self.port, self.management_port = free_port(), free_port()
        self.keeps_ports = True

    def start(self):
        """Returns milliseconds from exec until it says that it is ready."""
        if not self.keeps_ports:
            self.port, self.management_port = free_port(), free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
        environment.update(FOOTFALL_WRITE_KEY=WRITE_KEY, FOOTFALL_API_KEY=API_KEY, FOOTFALL_ADMIN_PASSWORD="bench-password")
        command = [self.binary, self.role, "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
        command += ["--management.listen", f"127.0.0.1:{self.management_port}", *self.settings]
        with open(os.path.join(self.directory, "log"), "ab") as log:
            started = time.monotonic()
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        machine.wait_until(self.is_ready, 120, f"footfall {self.role} starts", pause=0.001)
        return (time.monotonic() - started) * 1000

    def is_ready(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.directory, "log"), encoding="utf-8", errors="replace") as log:
                raise RuntimeError(f"footfall {self.role} ended: " + log.read()[-2000:])
        try:
            return self.management("/health/ready")[0] == 200
        except OSError:
            return False

    def management(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.management_port, timeout=10)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def get(self, path):
        """(JSON, milliseconds)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.connect()
            started = time.monotonic()
            connection.request("GET", path, headers={"Authorization": f"Bearer {API_KEY}"})
            reply = connection.getresponse()
            body = reply.read()
            took = (time.monotonic() - started) * 1000
        finally:
            connection.close()
        if reply.status != 200:
            raise RuntimeError(f"GET {path}: {reply.status} {body[:300]!r}")
        return json.loads(body), took

    def metric(self, name):
        for line in self.management("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise RuntimeError(f"no {name} in /metrics")

    def lag(self):
        return self.metric("footfall_processor_lag_records")

    def applied(self):
        """Events processed since its start."""
        return self.metric('footfall_processor_events_total{outcome="applied"}')

    def wait_drained(self):
        """Until events go straight to Kafka, and none wait in the spool."""
        empty = "footfall_spool_active", "footfall_spool_records"
        machine.wait_until(lambda: not any(self.metric(name) for name in empty), 120, "the spool is empty")

    def wait_processed(self, seconds):
        machine.wait_until(lambda: self.lag() <= 0, seconds, "everything is processed")

    def cpu(self):
        return machine.thread_cpu(self.process.pid)

    def stop(self):
        """Returns seconds it took to drain."""
        started = time.monotonic()
        code = end(self.process)
        if code != 0:
            raise RuntimeError(f"footfall {self.role} ended with {code}; see {self.directory}/log")
        return time.monotonic() - started


def run_load(tools, port, **options):
    """Runs the load generator: connections=64 becomes --connections 64. Returns what it printed."""
    command = [tools["load"], "--port", str(port)]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=1800, check=False)
    if not done.stdout:
        raise RuntimeError(f"load failed: {' '.join(command)}")
    result = json.loads(done.stdout)
    if result["errors"] or set(result["status"]) != {"200"}:
        raise RuntimeError(f"load: errors {result['errors']}, statuses {result['status']}")
    return result
