// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// TLS handshakes under way: so many and no more, and only a few steps in each turn of the loop, because each step costs as much as
// hundreds of requests and those whose connections stand must not wait for a flood of newcomers.
#include <string.h>

#include "base/log.h"
#include "http/server_private.h"

#define STEPS_A_TURN 8
#define SUBJECT_MAX 512

bool http_handshake_begin(struct http_connection *connection) {
    struct http_loop *loop = connection->loop;
    if (http_tls_accept(&connection->transport, loop->server->config.certificates) != STATUS_OK) {
        return false;
    }
    // Who floods has the newest ones; the oldest is the likeliest never to end.
    if (loop->handshakes >= loop->server->config.handshakes) {
        metrics_add(loop->server->handshakes_dropped, 1);
        http_connection_close(loop->oldest_handshake);
    }
    connection->handshaking = true;
    connection->older = loop->newest_handshake;
    if (connection->older) {
        connection->older->newer = connection;
    } else {
        loop->oldest_handshake = connection;
    }
    loop->newest_handshake = connection;
    loop->handshakes++;
    return true;
}

void http_handshake_end(struct http_connection *connection) {
    struct http_loop *loop = connection->loop;
    if (!connection->handshaking) {
        return;
    }
    connection->handshaking = false;
    if (connection->older) {
        connection->older->newer = connection->newer;
    } else {
        loop->oldest_handshake = connection->newer;
    }
    if (connection->newer) {
        connection->newer->older = connection->older;
    } else {
        loop->newest_handshake = connection->older;
    }
    connection->older = connection->newer = NULL;
    loop->handshakes--;
}

static bool keep_subject(struct http_connection *connection) {
    char subject[SUBJECT_MAX];
    http_tls_subject(&connection->transport, subject, sizeof subject);
    if (subject[0] != '\0') {
        connection->subject = strdup(subject);
        return connection->subject != NULL;
    }
    return true;
}

enum status http_handshake_step(struct http_connection *connection) {
    struct http_loop *loop = connection->loop;
    struct error err = {STATUS_OK, ""};
    if (loop->handshake_steps >= STEPS_A_TURN) {
        return STATUS_END; // poll tells again what was not read
    }
    loop->handshake_steps++;
    enum status status = http_transport_handshake(&connection->transport, &err);
    if (status == STATUS_END) {
        return status;
    }
    http_handshake_end(connection);
    if (status == STATUS_OK && !keep_subject(connection)) {
        status = error_set(&err, STATUS_NO_MEMORY, "no memory");
    }
    if (status == STATUS_OK) {
        metrics_add(loop->server->handshakes_total, 1);
    } else {
        metrics_add(loop->server->handshakes_failed, 1);
        LOG_DEBUG("http", "a TLS handshake failed", LOG_CSTR("remote", connection->ip),
                  LOG_CSTR("reason", err.text));
    }
    return status;
}
