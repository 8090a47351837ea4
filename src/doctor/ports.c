// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks of addresses to listen on, by listening there for a moment; with a Footfall running they are its own.
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doctor/private.h"

// 0, or errno; -1: the name is not known.
static int try_listen(const char *host, uint16_t port) {
    char service[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int yes = 1, failed = 0;
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(host[0] ? host : NULL, service, &hints, &found) != 0) {
        return -1;
    }
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    // As the server does it: addresses of connections that have just ended are free.
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 1) != 0) {
        failed = errno;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    freeaddrinfo(found);
    return failed;
}

static const char *advice_for(int failed) {
    switch (failed) {
    case EADDRINUSE: return "Find who has it (ss -ltnp) and end it, or choose another port.";
    case EACCES:
        return "Ports below 1024 take the capability CAP_NET_BIND_SERVICE: docs/operating.md, "
               "\"Installing as a service\".";
    case EADDRNOTAVAIL:
        return "Give an address of this machine (ip addr), or 0.0.0.0 for all of them.";
    default: return "Give an address of this machine and a free port.";
    }
}

static void examine_port(struct doctor *doctor, enum doctor_check check, const char *key) {
    char host[256];
    uint16_t port = 0;
    struct error err = {STATUS_OK, ""};
    struct str address = settings_string(doctor->settings, key);
    if (settings_split_address(address, host, sizeof host, &port, &err) != STATUS_OK) {
        doctor_tell(doctor, check, DOCTOR_PROBLEM, "Write HOST:PORT.", "%s: %s", key, err.text);
        return;
    }
    int failed = try_listen(host, port);
    if (failed == 0) {
        doctor_tell(doctor, check, DOCTOR_OK, "", "%s %.*s is free", key, STR_ARG(address));
    } else if (failed == EADDRINUSE && doctor->running) {
        doctor_tell(doctor, check, DOCTOR_OK, "", "%s %.*s is in use, and a Footfall runs here",
                    key, STR_ARG(address));
    } else {
        doctor_tell(doctor, check, DOCTOR_PROBLEM, advice_for(failed),
                    "%s %.*s cannot be listened on: %s", key, STR_ARG(address),
                    failed == EADDRINUSE ? "another program has it"
                    : failed < 0         ? "the host is not known"
                                         : strerror(failed));
    }
}

static bool same_port(struct doctor *doctor, const char *one, const char *other) {
    struct str first = settings_string(doctor->settings, one);
    struct str second = settings_string(doctor->settings, other);
    return first.len > 2 && str_equal(first, second) &&
           !str_equal(str_make(first.data + first.len - 2, 2), STR(":0"));
}

void doctor_examine_ports(struct doctor *doctor) {
    bool tls = settings_string(doctor->settings, "tls.listen").len > 0;
    if (doctor->config->has_ingress) {
        examine_port(doctor, DOCTOR_PORTS_PUBLIC, "listen");
    }
    if (doctor->config->has_ingress && tls) {
        examine_port(doctor, DOCTOR_PORTS_TLS, "tls.listen");
    }
    examine_port(doctor, DOCTOR_PORTS_MANAGEMENT, "management.listen");
    if (doctor->config->has_ingress && same_port(doctor, "listen", "management.listen")) {
        doctor_tell(doctor, DOCTOR_PORTS_MANAGEMENT, DOCTOR_PROBLEM, "Give each a port of its own.",
                    "management.listen is the same as listen");
    }
    if (tls && (same_port(doctor, "tls.listen", "listen") ||
                same_port(doctor, "tls.listen", "management.listen"))) {
        doctor_tell(doctor, DOCTOR_PORTS_TLS, DOCTOR_PROBLEM, "Give each a port of its own.",
                    "tls.listen is the same as another address");
    }
}
