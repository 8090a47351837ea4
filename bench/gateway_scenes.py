# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The measurements of the front door, each beside nginx or HAProxy in the same run: proxying, idle connections, TLS, HTTP/2."""

import resource

import cluster_scenes
import cluster_servers
import gateway_servers
import machine
import scenes
import servers

SMALL, LARGE = 200, 100_000  # bytes of a reply
IDLE = 10_000
IDLE_MIB = 100
SETTINGS_PATH = f"/v1/projects/{servers.WRITE_KEY}/settings"  # a constant of some hundred bytes that needs no key


def proxied(bench):
    """CPU time of a hop: the same nginx behind nginx, HAProxy and the gateway in turn."""
    for size, text in ((SMALL, "small replies"), (LARGE, "replies of 100 KB")):
        behind = bench.run(gateway_servers.Web(f"{bench.directory}/web-{size}", bench.threads, size))
        proxies = {name: bench.run(cluster_servers.Proxy(name, f"{bench.directory}/{name}-{size}", bench.threads, behind.port))
                   for name in ("nginx", "haproxy")}
        upstreams = [word for role in ("activity", "users", "reports")
                     for word in (f"--gateway.{role}", f"http://127.0.0.1:{behind.port}")]
        gate = bench.start_role("gateway", f"gateway{size}", ["--http.threads", str(bench.threads), *upstreams])
        for connections in (64, 512):
            rounds = [measure_hops(bench, proxies, gate, connections) for _ in range(bench.rounds)]
            bench.raw[f"proxied{size}at{connections}"] = rounds
            proxied_rows(bench, rounds, f"{text}, {connections} clients")
        gate.stop()
        for server in (*proxies.values(), behind):
            server.stop()


def measure_hops(bench, proxies, gate, connections):
    one = {}
    for name, server in (*proxies.items(), ("gateway", gate)):
        before = whole(server)
        result = bench.read(server.port, "/users/#", connections=connections, seconds=bench.seconds)
        one[name] = (whole(server) - before) * 1e6 / result["requests"]
        one[f"{name}PerSecond"] = result["requestsPerSecond"]
    one["ratio"] = one["gateway"] / one["nginx"]
    one["haproxyRatio"] = one["gateway"] / one["haproxy"]
    return one


def whole(server):
    """CPU seconds of all threads and workers."""
    spent = server.cpu()
    return spent["all"] if isinstance(spent, dict) else spent


def proxied_rows(bench, rounds, text):
    median = scenes.median_of
    bench.row(f"proxied, {text}: gateway", median(rounds, "gateway"), "µs CPU a request")
    bench.row("  ... nginx as the proxy", median(rounds, "nginx"), "µs CPU a request")
    bench.row("  ... HAProxy as the proxy", median(rounds, "haproxy"), "µs CPU a request")
    bench.row("  ... as a multiple of nginx", median(rounds, "ratio"), "×", 0.7)
    bench.row("  ... as a multiple of HAProxy", median(rounds, "haproxyRatio"), "×")
    bench.row("  ... requests a second here", median(rounds, "gatewayPerSecond"), "requests/s")


def idle(bench):
    """What ten thousand clients that say nothing cost."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 65536, hard))
    process = bench.footfall("idle", ["--http.connections", str(IDLE + 1000), "--http.idle_timeout", "10m"])
    process.start()
    before = machine.memory(process.process.pid)["rss"]
    with gateway_servers.idle_connections(process.port, IDLE):
        machine.wait_until(lambda: process.metric('footfall_http_connections{server="public"}') >= IDLE, 60, "all are connected")
        after = machine.memory(process.process.pid)["rss"]
    process.stop()
    bench.raw["idle"] = {"before": before, "after": after, "connections": IDLE}
    bench.row(f"{IDLE} idle connections: resident set", after, "MiB", IDLE_MIB)
    bench.row("  ... without them", before, "MiB")
    bench.row("  ... one of them", (after - before) * 1024 / IDLE, "KiB")


def with_tls(bench, name):
    """(Footfall, its port for TLS, nginx), with the same certificate and the same size of reply."""
    certificate = gateway_servers.make_certificate(bench.directory)
    port = servers.free_port()
    process = bench.footfall(name, ["--tls.listen", f"127.0.0.1:{port}", "--tls.certificates", ":".join(certificate),
                                    "--http.http2", "--http.threads", str(bench.threads)])
    process.start()
    nginx = bench.run(gateway_servers.Web(f"{bench.directory}/web-{name}", bench.threads, SMALL, certificate))
    return process, port, nginx


def tls(bench):
    """CPU of a connection with one request, the handshake being most of it."""
    process, port, nginx = with_tls(bench, "tls")
    for resumed in (False, True):
        rounds = []
        for _ in range(bench.rounds):
            one = {}
            for name, server, at in (("footfall", process, port), ("nginx", nginx, nginx.port)):
                before = whole(server)
                count = gateway_servers.handshakes(at, SETTINGS_PATH, max(1, bench.seconds), resumed)
                one[name] = (whole(server) - before) * 1e6 / count
            one["ratio"] = one["footfall"] / one["nginx"]
            rounds.append(one)
        kind = "resumed" if resumed else "full"
        bench.raw[f"tls-{kind}"] = rounds
        bench.row(f"TLS 1.2 handshake, {kind}, with a request: Footfall", scenes.median_of(rounds, "footfall"), "µs CPU")
        bench.row("  ... nginx", scenes.median_of(rounds, "nginx"), "µs CPU")
        bench.row("  ... as a multiple of nginx", scenes.median_of(rounds, "ratio"), "×")
        bench.row("  ... a second and core", 1e6 / scenes.median_of(rounds, "footfall"), "handshakes/s")
    process.stop()
    nginx.stop()


def http2(bench):
    """Requests by HTTP/2 over TLS."""
    process, port, nginx = with_tls(bench, "http2")
    for connections, streams in ((64, 1), (16, 32)):
        rounds = []
        for _ in range(bench.rounds):
            one = {}
            for name, server, at in (("footfall", process, port), ("nginx", nginx, nginx.port)):
                before = whole(server)
                result = gateway_servers.h2load(at, SETTINGS_PATH, bench.seconds, connections, streams)
                one[name] = (whole(server) - before) * 1e6 / result["requests"]
                one[f"{name}PerSecond"] = result["perSecond"]
            one["ratio"] = one["footfall"] / one["nginx"]
            rounds.append(one)
        bench.raw[f"http2-{connections}x{streams}"] = rounds
        bench.row(f"HTTP/2, {connections} connections, {streams} streams: Footfall", scenes.median_of(rounds, "footfall"), "µs CPU a request")
        bench.row("  ... nginx, a file", scenes.median_of(rounds, "nginx"), "µs CPU a request")
        bench.row("  ... as a multiple of nginx", scenes.median_of(rounds, "ratio"), "×")
        bench.row("  ... requests a second here", scenes.median_of(rounds, "footfallPerSecond"), "requests/s")
    process.stop()
    nginx.stop()


ALL = {"events": cluster_scenes.gateway, "proxied": proxied, "idle": idle, "tls": tls, "http2": http2}
