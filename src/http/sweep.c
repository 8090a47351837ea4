// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Time-outs of a connection: which one counts in the state it is in.
#include "http/server_private.h"

#define LINGER_US ((int64_t)1000 * 1000)
#define LINGER_IDLE_US                                                                             \
    ((int64_t)50 * 1000) // nothing of ours is on its way that a reset could destroy

static void time_out(struct http_connection *connection, const char *detail) {
    metrics_add(connection->loop->server->timeouts_total, 1);
    if (detail) {
        http_connection_refuse(connection, 408, detail);
    } else {
        http_connection_close(connection);
    }
}

void http_connection_sweep(struct http_connection *connection, int64_t now_us) {
    const struct http_server_config *config = &connection->loop->server->config;
    int64_t quiet = now_us - connection->mark_us;
    if (connection->lingering) {
        if (quiet > (connection->drained_idle ? LINGER_IDLE_US : LINGER_US)) {
            http_connection_close(connection);
        }
    } else if (connection->handshaking) {
        if (quiet > config->handshake_timeout_ms * 1000) {
            time_out(connection, NULL);
        }
    } else if (connection->h2) {
        http_h2_sweep(connection, now_us);
    } else if (connection->write_blocked) {
        if (quiet > config->write_timeout_ms * 1000) {
            time_out(connection, NULL);
        }
    } else if (connection->receiving && connection->receiving->flow.incoming) {
        const struct http_flow *flow = &connection->receiving->flow;
        bool ours = flow->switched || flow->paused || !flow->events; // the one who is waited for
        if (!ours && quiet > config->body_timeout_ms * 1000) {
            metrics_add(connection->loop->server->timeouts_total, 1);
            http_flow_refuse(connection, 408);
        }
    } else if (connection->receiving) {
        if (quiet > config->body_timeout_ms * 1000) {
            time_out(connection, "the body of the request did not come in time");
        }
    } else if (!connection->hungry && connection->first) {
        connection->began_us = connection->began_us > 0 ? now_us : 0; // we are the one who waits
    } else if (connection->began_us > 0) {
        if (now_us - connection->began_us > config->header_timeout_ms * 1000) {
            time_out(connection, "the head of the request did not come in time");
        }
    } else if (!connection->first && quiet > config->idle_timeout_ms * 1000) {
        time_out(connection, NULL);
    }
}
