// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sending and awaiting requests of tests.
#include "ask.h"

static void begin(struct ask *ask, enum cql_request_kind kind) {
    *ask = (struct ask){.request = {.kind = kind, .consistency = CQL_LOCAL_QUORUM}};
    queue_waker_init(&ask->waker);
    buffer_init(&ask->values, (size_t)64 * 1024 * 1024);
}

void ask_execute(struct ask *ask, const struct cql_prepared *prepared, const char *key) {
    struct cql_values values;
    begin(ask, CQL_REQUEST_EXECUTE);
    cql_values_begin(&values, &ask->values);
    cql_bind_text(&values, str_from_c(key));
    ask->request.prepared = prepared;
    ask->request.values = cql_values_bytes(&values);
    ask->request.value_count = values.count;
}

void ask_query(struct ask *ask, const char *text) {
    begin(ask, CQL_REQUEST_QUERY);
    ask->request.text = str_from_c(text);
}

static void on_done(struct cql_request *request, struct cql_result *result) {
    struct ask *ask = request->context;
    if (ask->then) {
        ask->then(ask);
    }
    cql_result_free(result);
    atomic_fetch_add(&ask->done, 1);
    queue_wake(&ask->waker);
}

void ask_send(struct cql_session *session, struct ask *ask) {
    ask->request.done = on_done;
    ask->request.context = ask;
    cql_execute(session, &ask->request);
}

enum status ask_wait(struct ask *ask) {
    queue_wait(&ask->waker, INT64_C(30) * 1000000);
    if (atomic_load(&ask->done) != 1) {
        fail_msg("a request was done %u times", atomic_load(&ask->done));
    }
    queue_waker_destroy(&ask->waker);
    buffer_free(&ask->values);
    return ask->request.status;
}

enum status ask_now(struct cql_session *session, struct ask *ask) {
    ask_send(session, ask);
    return ask_wait(ask);
}

struct cql_prepared *ask_prepare(struct cql_session *session, const char *text) {
    struct cql_prepared *prepared = NULL;
    struct error err = {0};
    if (cql_prepare(session, str_from_c(text), &prepared, &err) != STATUS_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return prepared;
}
