// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// TLS to an upstream: the handshake, and what is said when it fails.
#include "base/log.h"
#include "http/upstream_private.h"

enum status http_upstream_secure(const struct http_upstream_target *target,
                                 struct http_transport *transport) {
    if (!target->tls) {
        return STATUS_OK;
    }
    return http_tls_connect(transport, target->upstream->tls, str_from_c(target->host));
}

enum status http_upstream_handshake(struct http_upstream_peer *peer,
                                    struct http_transport *transport) {
    struct error err = {STATUS_OK, ""};
    enum status status = http_transport_handshake(transport, &err);
    if (status == STATUS_END || !peer->target->tls) {
        return status;
    }
    bool before = atomic_exchange(&peer->distrusted, status != STATUS_OK);
    if (status != STATUS_OK && !before) {
        LOG_WARN("http", "there is no TLS connection to an address",
                 LOG_CSTR("upstream", peer->target->upstream->config.name),
                 LOG_CSTR("url", peer->target->authority), LOG_CSTR("reason", err.text));
    }
    return status;
}
