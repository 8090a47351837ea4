# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A limit, a log level and a rule, changed centrally, reach every process, whether it has one role or all."""

import os
import threading
import time

import requests
import yaml

from config_process import ConfigServer
from footfall import eventually

LIMITS = {"exempt": [], "events": "none", "address": "none"}
RULE = {"name": "no-staff", "when": {"properties.url": {"prefix": "/admin"}}, "do": {"drop": "staff"}}


class Served:
    """The folder that a config server has its files from."""

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir()

    def write(self, limit, **values):
        text = yaml.safe_dump({"limits": {"key": f"1/h burst {limit}", **LIMITS}, "config": {"refresh_interval": "1s"}, **values})
        (self.folder / "footfall.yml.new").write_text(text, encoding="utf-8")
        os.replace(self.folder / "footfall.yml.new", self.folder / "footfall.yml")


def configurations(footfall):
    """Role and what is known of its settings, of every process."""
    status = footfall.status()
    found = {row["role"]: row.get("configuration") for row in status.get("processes") or [status]}
    found.pop("config", None)  # of another port
    assert found and all(found.values()), status
    return found


def every(footfall, probe):
    def holds():
        found = configurations(footfall)
        assert all(probe(known) for known in found.values()), found
        return found
    return eventually(holds, 60)


def test_a_change_reaches_every_process_without_a_dropped_request(make_server, tmp_path):
    served = Served(tmp_path / "served")
    served.write(500000)
    server = ConfigServer(tmp_path, "--config.directories", served.folder).start()
    footfall = make_server("--config.import", server.url).start()
    over, replies = threading.Event(), []

    def load():
        with requests.Session() as session:
            for number in range(10**9):
                if over.is_set():
                    break
                reply = session.post(footfall.url + "/v1/track", auth=(footfall.write_key, ""), timeout=60, json={
                    "event": "seen", "userId": "staff", "messageId": f"m{threading.get_ident()}-{number}", "properties": {"url": "/admin/x"}})
                replies.append(reply.status_code)
    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        every(footfall, lambda known: known["server"] == server.url and not known["changed"])
        began = time.monotonic()
        served.write(444444, logging={"level": "error"}, rules=[RULE])
        found = every(footfall, lambda known: known["changed"] == ["limits.key", "rules", "logging.level"])
        took = time.monotonic() - began
        assert took < 10, (took, found)
        assert footfall.get("/users").headers["RateLimit-Limit"] == "444444"
        eventually(lambda: sum(rule["dropped"] for rule in footfall.status()["processor"]["rules"]) > 0, 60)
        # A mistake is refused by every process, with the reason, and what was before stays.
        for mistake, why in (({"rules": [{**RULE, "do": {"dorp": "staff"}}]}, "dorp"),
                             ({"rules": [RULE], "routes": [{"path": "/x"}]}, "routes"),
                             ({"rules": [RULE], "limits.route": "x"}, "limits.route")):
            served.write(333333, logging={"level": "error"}, **mistake)
            every(footfall, lambda known: why in (known["refused"] or ""))
            assert footfall.get("/users").headers["RateLimit-Limit"] == "444444"
        served.write(444444, logging={"level": "error"}, rules=[RULE])
        every(footfall, lambda known: known["refused"] is None)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert len(replies) > 20 and set(replies) == {200}
    footfall.stop()
    assert server.end() == 0
