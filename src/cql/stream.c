// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Stream ids of a connection: given out, answered, retired.
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "cql/connection.h"
#include "cql/session.h"

// Ids beyond those of requests, for heartbeats and PREPARE on a connection that is full.
#define RESERVED 16u

static struct cql_exchange
    retired; // stands in the slots of those that were given up; never touched

enum status cql_connection_streams_init(struct cql_connection *connection) {
    unsigned wanted = connection->loop->session->config.in_flight_per_connection + RESERVED;
    unsigned all = CQL_FRAME_STREAM_MAX + 1;
    connection->slot_count = wanted < all ? wanted : all;
    connection->slots = calloc(connection->slot_count, sizeof *connection->slots);
    connection->free_ids = malloc(connection->slot_count * sizeof *connection->free_ids);
    if (!connection->slots || !connection->free_ids) {
        cql_connection_streams_free(connection);
        return STATUS_NO_MEMORY;
    }
    for (unsigned i = 0; i < connection->slot_count; i++) {
        connection->free_ids[i] = (uint16_t)(connection->slot_count - 1 - i); // 0 is taken first
    }
    connection->free_count = connection->slot_count;
    return STATUS_OK;
}

void cql_connection_streams_free(struct cql_connection *connection) {
    free(connection->slots);
    free(connection->free_ids);
    connection->slots = NULL;
    connection->free_ids = NULL;
}

static void set_in_flight(struct cql_connection *connection, unsigned by) {
    connection->in_flight += by;
    CQL_COUNT(connection->loop->counters.in_flight, by);
}

static void give_back(struct cql_connection *connection, uint16_t stream) {
    connection->slots[stream] = NULL;
    connection->free_ids[connection->free_count++] = stream;
    set_in_flight(connection, -1u);
}

struct buffer *cql_connection_begin(struct cql_connection *connection,
                                    struct cql_exchange *exchange, enum cql_opcode opcode,
                                    bool reserved) {
    CHECK(!connection->beginning && !exchange->connection);
    bool able =
        reserved ? connection->state != CQL_CONNECTION_CLOSED : cql_connection_usable(connection);
    if (!able || connection->free_count == 0) {
        return NULL;
    }
    uint16_t stream = connection->free_ids[--connection->free_count];
    connection->slots[stream] = exchange;
    set_in_flight(connection, 1);
    connection->beginning = exchange;
    connection->begin_at = cql_frame_begin(&connection->out, opcode, (int16_t)stream);
    exchange->connection = connection;
    exchange->stream = stream;
    exchange->sent = false;
    exchange->begins = connection->sent_total + connection->begin_at;
    return &connection->out;
}

enum status cql_connection_end(struct cql_connection *connection) {
    struct cql_exchange *exchange = connection->beginning;
    connection->beginning = NULL;
    enum status status =
        cql_frame_end(&connection->out, connection->begin_at,
                      connection->compress && connection->state == CQL_CONNECTION_READY);
    if (status == STATUS_OK) {
        cql_connection_mark_dirty(connection);
    } else {
        exchange->connection = NULL;
        give_back(connection, exchange->stream);
    }
    return status;
}

static void close_when_clogged(struct cql_connection *connection) {
    unsigned most = connection->loop->session->config.in_flight_per_connection;
    unsigned limit = most / 2 > 0 ? most / 2 : 1;
    if (!connection->loop->shut && (connection->retired > limit || connection->retired >= most)) {
        cql_connection_close(connection, STATUS_TIMEOUT,
                             "%u requests were given up and never answered", connection->retired);
    }
}

void cql_connection_abandon(struct cql_exchange *exchange) {
    struct cql_connection *connection = exchange->connection;
    if (!connection) {
        return;
    }
    exchange->sent = exchange->begins < connection->sent_total;
    exchange->connection = NULL;
    connection->slots[exchange->stream] = &retired;
    connection->retired++;
    close_when_clogged(connection);
}

static void after_reply(struct cql_connection *connection) {
    if (connection->drain && connection->in_flight == 0) {
        cql_connection_close(connection, STATUS_CLOSED, "the host has left the cluster");
    }
}

static void take_event(struct cql_connection *connection, const struct cql_frame *frame) {
    struct cql_reply reply;
    struct cql_event event;
    struct error err;
    enum status status = cql_reply_open(frame, &reply, &err);
    if (status == STATUS_OK) {
        status = cql_decode_event(reply.body, &event, &err);
    }
    if (status != STATUS_OK) {
        cql_connection_close(connection, status, "an event: %s", err.text);
    } else if (connection->events->event) {
        connection->events->event(connection, &event);
    }
}

void cql_connection_dispatch(struct cql_connection *connection, struct cql_frame *frame) {
    if (frame->stream < 0 || frame->opcode == CQL_OP_EVENT) {
        take_event(connection, frame);
        return;
    }
    unsigned stream = (unsigned)frame->stream;
    struct cql_exchange *exchange =
        stream < connection->slot_count ? connection->slots[stream] : NULL;
    if (!exchange) {
        cql_connection_close(connection, STATUS_CORRUPT,
                             "answered what was not asked: stream id %u", stream);
        return;
    }
    give_back(connection, (uint16_t)stream);
    if (exchange == &retired) {
        connection->retired--;
        CQL_COUNT(connection->loop->counters.late_replies, 1);
    } else {
        exchange->connection = NULL;
        exchange->sent = true;
        exchange->answered(exchange, frame, NULL);
    }
    after_reply(connection);
}

void cql_connection_answer_all(struct cql_connection *connection) {
    for (unsigned i = 0; i < connection->slot_count; i++) {
        struct cql_exchange *exchange = connection->slots[i];
        if (!exchange) {
            continue;
        }
        give_back(connection, (uint16_t)i);
        if (exchange != &retired) {
            exchange->connection = NULL;
            exchange->sent = exchange->begins < connection->sent_total;
            exchange->answered(exchange, NULL, &connection->why);
        }
    }
    connection->retired = 0;
}
