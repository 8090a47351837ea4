# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A certificate for the servers of one cluster, and what a client needs to trust it."""

import subprocess
from pathlib import Path

from . import jars
from .node import ClusterError

# It guards a key that is worth nothing outside the test that made it.
PASSWORD = "footfall"


class Certificate:
    """A key and a self-signed certificate in a folder: `store` for the servers, `authority` (PEM) for clients."""

    def __init__(self, folder):
        self.store = Path(folder) / "server.p12"
        self.authority = Path(folder) / "ca.pem"

    def make(self, addresses):
        """Makes both files for these addresses, unless they are there."""
        if self.authority.exists():
            return
        self.store.unlink(missing_ok=True)
        names = ",".join(["dns:localhost", *(f"ip:{address}" for address in addresses)])
        self._keytool("-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=Footfall test cluster",
                      "-validity", "3650", "-ext", f"san={names}", "-ext", "bc=ca:true")
        certificate = self._keytool("-exportcert", "-rfc")
        self.authority.write_text(certificate)

    def _keytool(self, command, *words):
        done = subprocess.run([jars.keytool(), command, "-alias", "server", "-keystore", str(self.store),
                               "-storetype", "PKCS12", "-storepass", PASSWORD, *words],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              encoding="utf-8", errors="replace", check=False)
        if done.returncode != 0:
            raise ClusterError(f"keytool {command} failed: {done.stdout}{done.stderr}")
        return done.stdout
