# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A collector that takes OTLP/HTTP in JSON, and does to its clients what collectors do."""

import gzip
import http.server
import json
import threading


class Receiver:
    """answers: (status, headers) of the requests to come, one after another; then 200. hold: nothing is answered until it is set."""

    def __init__(self, port=0):
        self.requests = []  # (path, headers, document)
        self.refused = 0
        self.answers = []
        self.hold = threading.Event()
        self.hold.set()
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.hold.wait(60)
                status, headers = receiver.take(self.path, dict(self.headers), body)
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"{}")
                except OSError:
                    pass  # the client did not wait

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def take(self, path, headers, body):
        with self.lock:
            status, extra = self.answers.pop(0) if self.answers else (200, {})
            if status == 200:
                assert headers["Content-Encoding"] == "gzip" and headers["Content-Type"] == "application/json"
                self.requests.append((path, headers, json.loads(gzip.decompress(body))))
            else:
                self.refused += 1
            return status, extra

    def spans(self, trace=None):
        with self.lock:
            documents = [document for path, _, document in self.requests if path.endswith("/v1/traces")]
        found = [span for document in documents for resource in document["resourceSpans"] for scope in resource["scopeSpans"]
                 for span in scope["spans"]]
        return [span for span in found if trace in (None, span["traceId"])]

    def metrics(self):
        """The newest set of metrics by name; None: none came yet."""
        with self.lock:
            documents = [document for path, _, document in self.requests if path.endswith("/v1/metrics")]
        return {metric["name"]: metric for resource in documents[-1]["resourceMetrics"] for scope in resource["scopeMetrics"]
                for metric in scope["metrics"]} if documents else None

    def close(self):
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()


def attributes(thing):
    """OTLP's list of attributes as a dictionary."""
    values = {}
    for one in thing["attributes"]:
        (kind, value), = one["value"].items()
        values[one["key"]] = int(value) if kind == "intValue" else value
    return values
