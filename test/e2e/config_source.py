# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A config server that says whatever a test wants: Spring Cloud Config's format, and the ways in which it goes wrong."""

import base64
import http.server
import json
import ssl
import threading


class ConfigSource:
    """Answers GET /{name}/{profile}[/{label}] with `sources`, a list of (name, properties), the strongest first."""

    def __init__(self, sources=(), user=None, context=None):
        self.sources = list(sources)
        self.user = user  # "name:password"
        self.version = "v1"
        self.fault = None  # called with the request's handler in place of an answer
        self.asked = []  # paths
        self.released = threading.Event()
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802: the base class wants this name
                source.asked.append(self.path)
                source.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        self.scheme = "https" if isinstance(context, ssl.SSLContext) else "http"

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}"

    def set(self, *sources):
        self.sources = list(sources)

    def answer(self, handler):
        fault = self.fault
        if fault:
            fault(handler)
            return
        expected = "Basic " + base64.b64encode((self.user or "").encode()).decode()
        if self.user and handler.headers.get("Authorization") != expected:
            self.send(handler, 401, b"{}")
            return
        words = handler.path.strip("/").split("/")
        body = {"name": words[0], "profiles": words[1].split(","), "label": words[2] if len(words) > 2 else None,
                "version": self.version, "state": "",
                "propertySources": [{"name": name, "source": source} for name, source in self.sources]}
        self.send(handler, 200, json.dumps(body).encode())

    @staticmethod
    def send(handler, status, body, content_type="application/json"):
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)
