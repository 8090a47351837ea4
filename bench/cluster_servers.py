# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Starts and stops what is measured with real servers: Kafka, Cassandra, Footfall's roles as processes, two proxies."""

import json
import os
import shutil
import subprocess
import sys

import machine
import servers

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))

from cluster_lib.cluster import Cluster  # noqa: E402  pylint: disable=wrong-import-position

PARTITIONS = 8


def pin(pid, cores):
    """All threads of a process on these cores; threads made later inherit that from who makes them."""
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            os.sched_setaffinity(int(task), cores)
        except ProcessLookupError:
            continue


class Servers:
    """One node of each, as one usually runs them: Cassandra's commit log is synced periodically."""

    def __init__(self, directory, kafka_port, cassandra_net):
        self.cluster = Cluster(directory)
        self.kafka_port = kafka_port
        self.cassandra_net = cassandra_net

    def up(self):
        self.cluster.up(1, kafka={"port": self.kafka_port},
                        cassandra={"net": self.cassandra_net, "jmx": servers.free_port(), "sync": "periodic"})

    def wipe(self):
        self.cluster.wipe()

    def brokers(self):
        return ",".join(self.cluster.kafka.addresses())

    def hosts(self):
        return ",".join(self.cluster.cassandra.addresses())

    def pids(self):
        return {"kafka": self.cluster.kafka.node(1).pid(), "cassandra": self.cluster.cassandra.node(1).pid()}

    def cpu(self):
        """CPU seconds of each so far."""
        return {name: machine.process_cpu([pid]) for name, pid in self.pids().items()}

    def settings(self, name):
        """What a Footfall process is told, to have a topic and a keyspace of its own. It is patient with Kafka: what goes to the
        spool instead would not be measured."""
        return [
            "--eventlog", "kafka", "--kafka.brokers", self.brokers(), "--kafka.topic", f"bench.{name}",
            "--kafka.partitions", str(PARTITIONS), "--kafka.replication", "1", "--spool.patience", "60s",
            "--store", "cassandra", "--cassandra.contact_points", self.hosts(), "--cassandra.keyspace", f"bench_{name}",
            "--cassandra.replication", "1",
        ]


class Group:
    """The roles of one Footfall as processes of their own, behind a gateway."""

    ROLES = ("users", "activity", "processor", "reports", "gateway")
    PROXIED = ("users", "activity", "reports")

    def __init__(self, bench, name):
        settings = bench.servers.settings(name)
        self.roles = {role: bench.role(role, f"{name}-{role}", settings) for role in self.ROLES}
        for process in self.roles.values():
            process.choose_ports()
        peers = ",".join(f"http://127.0.0.1:{process.management_port}" for process in self.roles.values())
        for process in self.roles.values():
            process.settings += ["--status.peers", peers]
        for role in self.PROXIED:
            self.roles["gateway"].settings += [f"--gateway.{role}", f"http://127.0.0.1:{self.roles[role].port}"]

    def start(self):
        """Milliseconds to ready, by role: one after the other, those first that others wait for."""
        return {role: process.start() for role, process in self.roles.items()}

    def __getitem__(self, role):
        return self.roles[role]

    def stop(self):
        for process in reversed(self.roles.values()):
            process.stop()


# --- Floors ------------------------------------------------------------------------------------------------------------


def run_floor(words):
    """Runs a floor program; gives what it printed."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True, timeout=400, check=False)
    if done.returncode != 0 or not done.stdout:
        raise RuntimeError(f"{' '.join(map(str, words))} failed with {done.returncode}")
    return json.loads(done.stdout)


# --- Proxies -----------------------------------------------------------------------------------------------------------

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
    upstream behind {{
        server 127.0.0.1:{upstream};
        keepalive 256;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{
            proxy_pass http://behind;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""

HAPROXY_CONFIGURATION = """
global
    nbthread {threads}
    maxconn 4000
defaults
    mode http
    timeout connect 5s
    timeout client 600s
    timeout server 60s
    http-reuse always
    option forwardfor
frontend public
    bind 127.0.0.1:{port}
    default_backend behind
backend behind
    server one 127.0.0.1:{upstream}
"""


class Proxy:
    """A well-known proxy in front of a server; its workers' CPU time counts."""

    def __init__(self, name, directory, threads, upstream):
        self.name = name
        self.port = servers.free_port()
        os.makedirs(directory)
        path = os.path.join(directory, name + ".conf")
        text = {"nginx": NGINX_CONFIGURATION, "haproxy": HAPROXY_CONFIGURATION}[name]
        with open(path, "w", encoding="ascii") as file:
            file.write(text.format(directory=directory, threads=threads, port=self.port, upstream=upstream))
        program = shutil.which(name) or f"/usr/sbin/{name}"
        words = [program, "-p", directory, "-c", path] if name == "nginx" else [program, "-db", "-f", path]
        self.process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        machine.wait_until(lambda: servers.accepts(self.port), 10, f"{name} starts")

    def cpu(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return machine.process_cpu([pid] + [int(child) for child in file.read().split()])

    def stop(self):
        servers.end(self.process)
