// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// PREPARE at a host when a statement is first needed there, and what its answer teaches.
#include "cql/prepared.h"

#include <stdlib.h>

#include "base/check.h"
#include "cql/call.h"
#include "cql/session.h"

static char *copy(struct str s) {
    char *data = malloc(s.len + 1);
    if (data) {
        memcpy(data, s.len > 0 ? s.data : "", s.len);
        data[s.len] = 0;
    }
    return data;
}

enum status cql_prepared_make(struct str text, unsigned index, struct cql_prepared **out) {
    struct cql_prepared *prepared = calloc(1, sizeof *prepared);
    if (!prepared) {
        return STATUS_NO_MEMORY;
    }
    prepared->text = copy(text);
    if (!prepared->text) {
        free(prepared);
        return STATUS_NO_MEMORY;
    }
    prepared->text_len = text.len;
    prepared->index = index;
    atomic_init(&prepared->learned, CQL_LEARNED_NOTHING);
    *out = prepared;
    return STATUS_OK;
}

void cql_prepared_free_all(struct cql_session *session) {
    while (session->prepared) {
        struct cql_prepared *prepared = session->prepared;
        session->prepared = prepared->next;
        free(prepared->text);
        free(prepared->keyspace);
        free(prepared->parts);
        free(prepared);
    }
}

static bool fill(struct cql_prepared *prepared, const struct cql_prepared_reply *reply) {
    struct str keyspace =
        reply->markers.keyspace.len > 0 ? reply->markers.keyspace : reply->columns.keyspace;
    prepared->keyspace = copy(keyspace);
    prepared->keyspace_len = keyspace.len;
    prepared->parts = malloc((reply->pk_count + (size_t)1) * sizeof *prepared->parts);
    if (!prepared->keyspace || !prepared->parts) {
        free(prepared->keyspace);
        free(prepared->parts);
        prepared->keyspace = NULL;
        prepared->parts = NULL;
        return false;
    }
    for (uint16_t i = 0; i < reply->pk_count; i++) {
        prepared->parts[i] = cql_prepared_pk_index(reply, i);
    }
    prepared->part_count = reply->pk_count;
    return true;
}

static void learn(struct cql_prepared *prepared, const struct cql_prepared_reply *reply) {
    int expected = CQL_LEARNED_NOTHING;
    if (atomic_compare_exchange_strong(&prepared->learned, &expected, CQL_LEARNED_CLAIMED)) {
        bool filled = fill(prepared, reply);
        // Without memory for it requests go to any host; the next PREPARE tries again.
        atomic_store_explicit(&prepared->learned, filled ? CQL_LEARNED_ALL : CQL_LEARNED_NOTHING,
                              memory_order_release);
    }
}

// --- At a host -----------------------------------------------------------------------------------------------------
static struct cql_prepared_at *at_host(struct cql_host *host, const struct cql_prepared *prepared) {
    if (prepared->index >= host->prepared_count) {
        unsigned count = prepared->index + 16;
        struct cql_prepared_at **grown =
            realloc(host->prepared, count * sizeof(struct cql_prepared_at *));
        if (!grown) {
            return NULL;
        }
        memset(grown + host->prepared_count, 0,
               (count - host->prepared_count) * sizeof(struct cql_prepared_at *));
        host->prepared = grown;
        host->prepared_count = count;
    }
    struct cql_prepared_at *at = host->prepared[prepared->index];
    if (!at) {
        at = calloc(1, sizeof *at);
        if (at) {
            at->host = host;
            // The session owns it; const is for those who use statements.
            at->prepared = (struct cql_prepared *)(uintptr_t)prepared;
            cql_line_init(&at->waiting);
            host->prepared[prepared->index] = at;
        }
    }
    return at;
}

static void set_unknown(struct cql_prepared_at *at) {
    at->state = CQL_PREPARED_UNKNOWN;
    free((void *)(uintptr_t)at->id.data);
    at->id = STR_EMPTY;
}

static void answer_line(struct cql_prepared_at *at, const struct cql_server_error *refusal,
                        const struct error *err) {
    struct cql_line line;
    cql_line_take(&at->waiting, &line);
    while (line.first) {
        struct cql_try *waiter = line.first;
        cql_line_remove(waiter);
        cql_call_prepared(waiter, refusal, err);
    }
}

static enum status keep_id(struct cql_prepared_at *at, struct str id) {
    char *kept = copy(id);
    if (!kept) {
        return STATUS_NO_MEMORY;
    }
    at->id = str_make(kept, id.len);
    at->state = CQL_PREPARED_READY;
    return STATUS_OK;
}

// OK also for a refusal, which *refused and *server tell.
static enum status read_answer(struct cql_prepared_at *at, const struct cql_frame *frame,
                               struct cql_server_error *server, bool *refused, struct error *err) {
    struct cql_reply reply;
    struct cql_prepared_reply prepared;
    enum status status = cql_reply_open(frame, &reply, err);
    if (status != STATUS_OK) {
        return status;
    }
    *refused = reply.opcode == CQL_OP_ERROR;
    if (*refused) {
        return cql_decode_error(reply.body, server, err);
    }
    if (reply.opcode != CQL_OP_RESULT) {
        return error_set(err, STATUS_CORRUPT, "%s answers PREPARE with %s", at->host->name,
                         cql_opcode_name(reply.opcode));
    }
    status = cql_decode_prepared(reply.body, &prepared, err);
    if (status == STATUS_OK) {
        status = keep_id(at, prepared.id);
    }
    if (status == STATUS_OK) {
        learn(at->prepared, &prepared);
    }
    return status;
}

static void on_prepared(struct cql_exchange *exchange, struct cql_frame *frame,
                        const struct error *err) {
    struct cql_prepared_at *at = CONTAINER_OF(exchange, struct cql_prepared_at, exchange);
    struct cql_server_error server;
    struct error broken;
    bool refused = false;
    set_unknown(at);
    if (err) {
        answer_line(at, NULL, err);
        return;
    }
    enum status status = read_answer(at, frame, &server, &refused, &broken);
    if (status != STATUS_OK) {
        broken.status = status;
        answer_line(at, NULL, &broken);
    } else {
        answer_line(at, refused ? &server : NULL, NULL);
    }
}

static enum status ask(struct cql_prepared_at *at, struct cql_connection *connection) {
    at->exchange.answered = on_prepared;
    struct buffer *out = cql_connection_begin(connection, &at->exchange, CQL_OP_PREPARE, true);
    if (!out) {
        return STATUS_FULL;
    }
    cql_encode_prepare(out, str_make(at->prepared->text, at->prepared->text_len));
    enum status status = cql_connection_end(connection);
    if (status == STATUS_OK) {
        at->state = CQL_PREPARED_ASKED;
    }
    return status;
}

enum cql_prepared_state cql_prepared_need(struct cql_connection *connection, struct cql_host *host,
                                          const struct cql_prepared *prepared,
                                          struct cql_try *waiter, enum status *status) {
    struct cql_prepared_at *at = prepared->index < host->prepared_count
                                     ? host->prepared[prepared->index]
                                     : at_host(host, prepared);
    if (!at) {
        at = at_host(host, prepared);
    }
    if (!at) {
        *status = STATUS_NO_MEMORY;
        return CQL_PREPARED_UNKNOWN;
    }
    if (at->state == CQL_PREPARED_READY) {
        return CQL_PREPARED_READY;
    }
    if (at->state == CQL_PREPARED_UNKNOWN) {
        *status = ask(at, connection);
        if (*status != STATUS_OK) {
            return CQL_PREPARED_UNKNOWN;
        }
    }
    cql_line_append(&at->waiting, waiter);
    return CQL_PREPARED_ASKED;
}

struct str cql_prepared_id(const struct cql_host *host, const struct cql_prepared *prepared) {
    CHECK(prepared->index < host->prepared_count &&
          host->prepared[prepared->index]->state == CQL_PREPARED_READY);
    return host->prepared[prepared->index]->id;
}

void cql_prepared_unprepare(struct cql_host *host, const struct cql_prepared *prepared) {
    struct cql_prepared_at *at =
        prepared->index < host->prepared_count ? host->prepared[prepared->index] : NULL;
    if (at && at->state == CQL_PREPARED_READY) {
        set_unknown(at);
    }
}

void cql_prepared_forget_host(struct cql_host *host) {
    for (unsigned i = 0; i < host->prepared_count; i++) {
        struct cql_prepared_at *at = host->prepared[i];
        if (at) {
            CHECK(!at->exchange.connection && !at->waiting.first);
            set_unknown(at);
            free(at);
        }
    }
    free(host->prepared);
    host->prepared = NULL;
    host->prepared_count = 0;
}
