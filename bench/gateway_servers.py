# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What the gateway is measured against and with: an nginx that serves, nginx with TLS, certificates, load by h2load and openssl."""

import contextlib
import getpass
import os
import re
import shutil
import socket
import subprocess

import machine
import servers

# Who started nginx is who reads the files: the directory is nobody else's.
NGINX_CONFIGURATION = """
daemon off;
user {user};
worker_processes {threads};
pid {directory}/nginx.pid;
error_log {directory}/error.log;
worker_rlimit_nofile 30000;
events {{ worker_connections 12000; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=10;
    server {{
        {listen}
        root {directory}/files;
        default_type application/json;
        location / {{ try_files /reply =404; }}
    }}
}}
"""


class Web(servers.Nginx):
    """nginx that answers every GET with the same body, by TLS when it has a certificate."""

    name = "nginx, a file"

    def __init__(self, directory, threads, size, certificate=None):  # pylint: disable=super-init-not-called
        os.makedirs(f"{directory}/files")
        with open(f"{directory}/files/reply", "wb") as file:
            file.write(b"x" * size)
        self.port = servers.free_port()
        listen = f"listen 127.0.0.1:{self.port} reuseport;"
        if certificate:
            listen = (f"listen 127.0.0.1:{self.port} ssl http2 reuseport; ssl_certificate {certificate[0]}; "
                      f"ssl_certificate_key {certificate[1]}; ssl_session_cache shared:all:8m; http2_max_requests 1000000000;")
        path = f"{directory}/nginx.conf"
        with open(path, "w", encoding="ascii") as file:
            file.write(NGINX_CONFIGURATION.format(directory=directory, threads=threads, listen=listen, user=getpass.getuser()))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-p", directory, "-c", path], stderr=subprocess.DEVNULL)
        machine.wait_until(lambda: servers.accepts(self.port), 10, "nginx starts")


def make_certificate(directory):
    """(chain, key) of an ECDSA certificate for 127.0.0.1."""
    chain, key = f"{directory}/chain.pem", f"{directory}/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", chain],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return chain, key


def handshakes(port, path, seconds, resumed):
    """Connections that one client made by TLS 1.2, each with one request."""
    done = subprocess.run(["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-www", path, "-time", str(round(seconds)),
                           "-reuse" if resumed else "-new"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds * 10 + 60, check=False)
    found = re.search(r"^(\d+) connections in \d+ real seconds", done.stdout, re.MULTILINE)
    if not found or int(found.group(1)) == 0:
        raise RuntimeError("openssl s_time made no connection: " + done.stdout[-300:])
    return int(found.group(1))


def h2load(port, path, seconds, connections, streams):
    """{"requests", "perSecond"} of HTTP/2 over TLS; every reply must be a 2xx."""
    done = subprocess.run(["h2load", "-D", str(round(max(1, seconds))), "-c", str(connections), "-m", str(streams), "-t", "1",
                           f"https://127.0.0.1:{port}{path}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds * 10 + 60, check=False)
    requests = re.search(r"^requests: .* (\d+) done, (\d+) succeeded, (\d+) failed", done.stdout, re.MULTILINE)
    codes = re.search(r"^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout, re.MULTILINE)
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", done.stdout)
    if not requests or not rate or int(requests.group(2)) == 0 or int(requests.group(3)) or "protocol: h2" not in done.stdout.lower():
        raise RuntimeError("h2load: " + done.stdout[-600:])
    if int(codes.group(3)) or int(codes.group(4)):
        raise RuntimeError("h2load was refused: " + codes.group(0))
    return {"requests": int(requests.group(2)), "perSecond": float(rate.group(1))}


@contextlib.contextmanager
def idle_connections(port, count):
    """So many open ones, from addresses of their own, as one address has not that many ports."""
    held = []
    try:
        for number in range(count):
            one = socket.socket()
            one.bind((f"127.1.{number // 200}.{number % 200 + 1}", 0))
            one.connect(("127.0.0.1", port))
            held.append(one)
        yield
    finally:
        for one in held:
            one.close()
