# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A mail server that keeps what it gets: PORT DIRECTORY [CERTIFICATE KEY USER PASSWORD]. With a certificate it insists on STARTTLS and a login."""

import os
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    def __init__(self, directory):
        self.directory, self.count = directory, 0

    async def handle_DATA(self, _server, _session, envelope):  # pylint: disable=invalid-name
        self.count += 1
        path = os.path.join(self.directory, f"{self.count}.eml")
        head = f"X-From: {envelope.mail_from}\r\nX-To: {','.join(envelope.rcpt_tos)}\r\n".encode()
        with open(path + ".part", "wb") as file:
            file.write(head + envelope.content)
        os.rename(path + ".part", path)
        return "250 kept"


def main():
    port, directory, *secure = sys.argv[1:]
    options = {}
    if secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(secure[0], secure[1])
        expected = (secure[2].encode(), secure[3].encode())

        def check(_server, _session, _envelope, _mechanism, given):
            return AuthResult(success=(given.login, given.password) == expected)

        options = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": check}

    class Server(Controller):
        def factory(self):
            return SMTP(self.handler, hostname="localhost", **options)

    Server(Keeper(directory), hostname="127.0.0.1", port=int(port)).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
