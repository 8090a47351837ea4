// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The first words on a connection: OPTIONS (when compression is wanted), STARTUP, and the login.
#include "cql/connection.h"
#include "cql/policy.h"
#include "cql/session.h"

// PLAIN says all it has in its first answer. Some servers ask for it by a challenge of their own; more than one is another mechanism.
#define CHALLENGES_MAX 1

static void on_greeting(struct cql_exchange *exchange, struct cql_frame *frame,
                        const struct error *err);

static struct buffer *begin(struct cql_connection *connection, enum cql_opcode opcode) {
    connection->greeting.answered = on_greeting;
    return cql_connection_begin(connection, &connection->greeting, opcode, true);
}

static void end(struct cql_connection *connection) {
    enum status status = cql_connection_end(connection);
    if (status != STATUS_OK) {
        cql_connection_close(connection, status, "%s", status_text(status));
    }
}

static void start_up(struct cql_connection *connection, bool lz4) {
    struct buffer *out = begin(connection, CQL_OP_STARTUP);
    if (out) {
        cql_encode_startup(out, lz4, STR(FOOTFALL_VERSION));
        // The server may compress from its answer on.
        connection->compress = lz4;
        connection->reader.compression = lz4;
        end(connection);
    }
}

void cql_connection_greet(struct cql_connection *connection) {
    connection->state = CQL_CONNECTION_GREETING;
    if (!connection->loop->session->config.compression) {
        start_up(connection, false);
        return;
    }
    struct buffer *out = begin(connection, CQL_OP_OPTIONS);
    if (out) {
        cql_encode_options(out);
        end(connection);
    }
}

static void log_in(struct cql_connection *connection) {
    const struct cql_config *config = &connection->loop->session->config;
    struct buffer *out = begin(connection, CQL_OP_AUTH_RESPONSE);
    if (out) {
        cql_encode_auth_plain(out, config->username, config->password);
        end(connection);
    }
}

static void on_supported(struct cql_connection *connection, struct str body) {
    struct str options;
    struct error err;
    enum status status = cql_decode_supported(body, &options, &err);
    if (status != STATUS_OK) {
        cql_connection_close(connection, status, "%s", err.text);
        return;
    }
    start_up(connection, cql_supported_has(options, STR("COMPRESSION"), STR("lz4")));
}

static void on_authenticate(struct cql_connection *connection, struct str body) {
    struct str class_name;
    struct error err;
    enum status status = cql_decode_authenticate(body, &class_name, &err);
    if (status != STATUS_OK) {
        cql_connection_close(connection, status, "%s", err.text);
    } else if (connection->loop->session->config.username.len == 0) {
        cql_connection_close(connection, STATUS_DENIED,
                             "wants a login (%.*s), and no user name is set", STR_ARG(class_name));
    } else {
        log_in(connection);
    }
}

static void on_challenge(struct cql_connection *connection) {
    if (connection->challenges == CHALLENGES_MAX) {
        cql_connection_close(connection, STATUS_DENIED,
                             "wants another kind of login than user name and password");
        return;
    }
    connection->challenges++;
    log_in(connection);
}

static void on_refused(struct cql_connection *connection, struct str body) {
    struct cql_server_error server;
    struct error err;
    enum status status = cql_decode_error(body, &server, &err);
    if (status == STATUS_OK) {
        status = cql_error_describe(&server, &err);
        if (server.code == CQL_ERROR_BAD_CREDENTIALS && cql_policy_login_may_pass(server.message)) {
            status = STATUS_UNAVAILABLE;
        }
    }
    cql_connection_close(connection, status, "%s", err.text);
}

static void on_greeting(struct cql_exchange *exchange, struct cql_frame *frame,
                        const struct error *err) {
    struct cql_connection *connection = CONTAINER_OF(exchange, struct cql_connection, greeting);
    struct cql_reply reply;
    struct error broken;
    if (err) {
        return; // it is closing already
    }
    enum status status = cql_reply_open(frame, &reply, &broken);
    if (status != STATUS_OK) {
        cql_connection_close(connection, status, "%s", broken.text);
        return;
    }
    switch (reply.opcode) {
    case CQL_OP_SUPPORTED: on_supported(connection, reply.body); break;
    case CQL_OP_AUTHENTICATE: on_authenticate(connection, reply.body); break;
    case CQL_OP_AUTH_CHALLENGE: on_challenge(connection); break;
    case CQL_OP_READY:
    case CQL_OP_AUTH_SUCCESS: cql_connection_ready(connection); break;
    case CQL_OP_ERROR: on_refused(connection, reply.body); break;
    default:
        cql_connection_close(connection, STATUS_CORRUPT, "answers %s to a greeting",
                             cql_opcode_name(reply.opcode));
    }
}
