// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the control connection reads, step by step, and how it reaches the loops.
#include <stdlib.h>

#include "base/log.h"
#include "cql/control.h"
#include "cql/host.h"
#include "cql/result.h"
#include "cql/session.h"

static void on_answer(struct cql_exchange *exchange, struct cql_frame *frame,
                      const struct error *err);

static const struct str LOCAL = STR_INIT(
    "SELECT data_center, rack, tokens, host_id, release_version FROM system.local WHERE key='local'");
static const struct str PEERS_V2 =
    STR_INIT("SELECT peer, native_address, native_port, data_center, rack, tokens, host_id FROM "
             "system.peers_v2");
static const struct str PEERS =
    STR_INIT("SELECT peer, rpc_address, data_center, rack, tokens, host_id FROM system.peers");
static const struct str KEYSPACES =
    STR_INIT("SELECT keyspace_name, replication FROM system_schema.keyspaces");

enum status cql_control_ask(struct cql_connection *connection, struct cql_exchange *exchange,
                            struct str text) {
    struct buffer *out = cql_connection_begin(connection, exchange, CQL_OP_QUERY, true);
    if (!out) {
        return STATUS_FULL;
    }
    struct cql_query_options options = {.consistency = CQL_ONE};
    cql_encode_query(out, text, &options);
    return cql_connection_end(connection);
}

enum status cql_control_rows(struct cql_frame *frame, struct cql_result **out, struct error *err) {
    struct cql_reply reply;
    struct cql_server_error server;
    *out = NULL;
    enum status status = cql_reply_open(frame, &reply, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (reply.opcode == CQL_OP_ERROR) {
        status = cql_decode_error(reply.body, &server, err);
        return status == STATUS_OK ? cql_error_describe(&server, err) : status;
    }
    if (reply.opcode != CQL_OP_RESULT) {
        return error_set(err, STATUS_CORRUPT, "answers a query with %s",
                         cql_opcode_name(reply.opcode));
    }
    return cql_result_make(frame, &reply, out, err);
}

static void fail(struct cql_control *control, enum status status, const char *text) {
    // Another host is tried; whatever this one cannot do.
    cql_connection_close(control->connection, status, "reading the system tables: %s", text);
}

static void go_to(struct cql_control *control, enum cql_control_step step, struct str query) {
    control->step = step;
    control->exchange.answered = on_answer;
    enum status status = cql_control_ask(control->connection, &control->exchange, query);
    if (status != STATUS_OK) {
        fail(control, status, status_text(status));
    }
}

// --- To the loops ----------------------------------------------------------------------------------------------------
struct publication {
    struct cql_command command;
    struct cql_topology *topology;
};

static void take_topology(struct cql_loop *loop, struct cql_command *command) {
    struct publication *publication = CONTAINER_OF(command, struct publication, command);
    if (!loop->shut) {
        cql_host_adopt(loop, publication->topology);
    }
    cql_topology_release(publication->topology);
    free(publication);
}

static void publish(struct cql_control *control) {
    struct cql_session *session = control->session;
    struct cql_topology *topology = control->building;
    control->building = NULL;
    for (unsigned i = 1; i < session->loop_count; i++) {
        struct publication *publication = malloc(sizeof *publication);
        if (!publication) {
            cql_control_refresh_soon(control);
            continue;
        }
        publication->command.run = take_topology;
        publication->topology = cql_topology_retain(topology);
        cql_loop_post(&session->loops[i], &publication->command);
    }
    cql_host_adopt(control->loop, topology);
    cql_topology_release(topology);
}

static void name_hosts(struct cql_control *control) {
    struct cql_topology *topology = control->building;
    for (unsigned i = 0; i < topology->host_count; i++) {
        struct cql_topology_host *host = &topology->hosts[i];
        const char *name = cql_contact_tls_name(control, &host->address);
        char text[INET6_ADDRSTRLEN] = "";
        if (!name) {
            (void)uv_inet_ntop(
                host->address.ss_family,
                host->address.ss_family == AF_INET6
                    ? (const void *)&((struct sockaddr_in6 *)(void *)&host->address)->sin6_addr
                    : (const void *)&((struct sockaddr_in *)(void *)&host->address)->sin_addr,
                text, sizeof text);
            name = text;
        }
        host->tls_name = arena_copy(&topology->arena, str_from_c(name));
    }
}

// Once, before any loop has a topology.
static enum status learn_session(struct cql_session *session, const struct cql_topology *topology) {
    if (session->server_version.data) {
        return STATUS_OK;
    }
    if (topology->host_count == 0) {
        return STATUS_CORRUPT;
    }
    if (session->local_dc.len == 0) {
        session->local_dc = arena_copy(&session->texts, topology->hosts[0].data_centre);
    }
    session->server_version = arena_copy(&session->texts, topology->release_version);
    return session->server_version.data && session->local_dc.data ? STATUS_OK : STATUS_NO_MEMORY;
}

static void complete(struct cql_control *control) {
    enum status status = cql_topology_build(control->building);
    if (status == STATUS_OK) {
        status = learn_session(control->session, control->building);
    }
    if (status != STATUS_OK) {
        fail(control, status, status_text(status));
        return;
    }
    name_hosts(control);
    cql_loop_timer_stop(control->loop, &control->patience);
    control->step = CQL_CONTROL_IDLE;
    control->attempts = 0;
    publish(control);
    if (control->refresh_again) {
        control->refresh_again = false;
        cql_control_refresh_soon(control);
    }
}

// --- Steps -----------------------------------------------------------------------------------------------------------
static enum status take_rows(struct cql_control *control, struct cql_result *result) {
    switch (control->step) {
    case CQL_CONTROL_LOCAL:
        return cql_topology_add_local(control->building, result, &control->current.address);
    case CQL_CONTROL_PEERS_V2:
    case CQL_CONTROL_PEERS:
        return cql_topology_add_peers(control->building, result, control->session->config.port);
    case CQL_CONTROL_KEYSPACES: return cql_topology_add_keyspaces(control->building, result);
    case CQL_CONTROL_OFF:
    case CQL_CONTROL_CONNECTING:
    case CQL_CONTROL_REGISTERING:
    case CQL_CONTROL_IDLE: break;
    }
    return STATUS_CORRUPT;
}

static void next_step(struct cql_control *control) {
    switch (control->step) {
    case CQL_CONTROL_LOCAL: go_to(control, CQL_CONTROL_PEERS_V2, PEERS_V2); break;
    case CQL_CONTROL_PEERS_V2:
    case CQL_CONTROL_PEERS: go_to(control, CQL_CONTROL_KEYSPACES, KEYSPACES); break;
    case CQL_CONTROL_KEYSPACES: complete(control); break;
    case CQL_CONTROL_OFF:
    case CQL_CONTROL_CONNECTING:
    case CQL_CONTROL_REGISTERING:
    case CQL_CONTROL_IDLE: break;
    }
}

static void on_rows(struct cql_control *control, struct cql_frame *frame) {
    struct cql_result *result;
    struct error err;
    enum status status = cql_control_rows(frame, &result, &err);
    if (status == STATUS_INVALID && control->step == CQL_CONTROL_PEERS_V2) {
        go_to(control, CQL_CONTROL_PEERS, PEERS); // a server before 4.0
        return;
    }
    if (status == STATUS_OK) {
        status = take_rows(control, result);
        if (status != STATUS_OK) {
            (void)error_set(&err, status, "%s", status_text(status));
        }
    }
    cql_result_free(result);
    if (status != STATUS_OK) {
        fail(control, status, err.text);
    } else {
        next_step(control);
    }
}

static void on_registered(struct cql_control *control, const struct cql_frame *frame) {
    if (frame->opcode != CQL_OP_READY) {
        fail(control, STATUS_IO, "events are refused");
        return;
    }
    go_to(control, CQL_CONTROL_LOCAL, LOCAL);
}

static void on_answer(struct cql_exchange *exchange, struct cql_frame *frame,
                      const struct error *err) {
    struct cql_control *control = CONTAINER_OF(exchange, struct cql_control, exchange);
    if (err) {
        return; // closed is called next
    }
    if (control->step == CQL_CONTROL_REGISTERING) {
        on_registered(control, frame);
    } else {
        on_rows(control, frame);
    }
}

void cql_control_read(struct cql_control *control, bool first) {
    control->building = cql_topology_make();
    if (!control->building) {
        fail(control, STATUS_NO_MEMORY, "no memory");
        return;
    }
    if (!first) {
        go_to(control, CQL_CONTROL_LOCAL, LOCAL);
        return;
    }
    // Before the tables are read: a change in between is heard of.
    control->step = CQL_CONTROL_REGISTERING;
    control->exchange.answered = on_answer;
    struct buffer *out =
        cql_connection_begin(control->connection, &control->exchange, CQL_OP_REGISTER, true);
    if (!out) {
        fail(control, STATUS_FULL, "no stream id");
        return;
    }
    cql_encode_register(out);
    enum status status = cql_connection_end(control->connection);
    if (status != STATUS_OK) {
        fail(control, status, status_text(status));
    }
}
