// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Waiting until all hosts have the same schema. Each is asked itself: what another host has heard of it may be older than a change
// that was just made, and then all seem to agree on what was before.
#include <stdlib.h>

#include "cql/control.h"
#include "cql/host.h"
#include "cql/session.h"

#define ASK_AGAIN_MS 100
#define VERSION_LEN 16

static const struct str QUERY =
    STR_INIT("SELECT schema_version FROM system.local WHERE key='local'");

// The question to one host.
struct version_of {
    struct cql_exchange exchange;
    struct cql_agreement *agreement;
};

struct cql_agreement {
    struct cql_command command;
    struct cql_control *control;
    struct cql_agreement *next;
    struct cql_timer again;
    int64_t deadline_ms;
    int64_t timeout_ms;
    struct version_of *asked; // one a host
    unsigned asked_count;
    unsigned owed; // answers
    bool differ;   // or could not be told
    bool known;    // version is that of a host
    uint8_t version[VERSION_LEN];
    struct error *err;
    enum status status;
    struct queue_waker waker;
};

static void ask_all(struct cql_agreement *agreement);

static void forget_questions(struct cql_agreement *agreement) {
    for (unsigned i = 0; i < agreement->asked_count; i++) {
        cql_connection_abandon(&agreement->asked[i].exchange);
    }
    free(agreement->asked);
    agreement->asked = NULL;
    agreement->asked_count = 0;
    agreement->owed = 0;
}

static void end(struct cql_agreement *agreement, enum status status) {
    struct cql_agreement **link = &agreement->control->agreements;
    while (*link != agreement) {
        link = &(*link)->next;
    }
    *link = agreement->next;
    cql_loop_timer_stop(agreement->control->loop, &agreement->again);
    forget_questions(agreement);
    agreement->status = status;
    queue_wake(&agreement->waker); // it may be gone from here on
}

static void on_again(struct cql_timer *timer) {
    struct cql_agreement *agreement = CONTAINER_OF(timer, struct cql_agreement, again);
    struct cql_loop *loop = agreement->control->loop;
    if (loop->now_ms >= agreement->deadline_ms) {
        end(agreement, error_set(agreement->err, STATUS_TIMEOUT,
                                 "the hosts do not agree on the schema after %lld ms",
                                 (long long)agreement->timeout_ms));
        return;
    }
    if (agreement->owed == 0) {
        ask_all(agreement);
    }
    // While a host owes its answer this only looks at the deadline: its heartbeat sees to it that one comes.
    int64_t left = agreement->deadline_ms - loop->now_ms;
    cql_loop_timer(loop, &agreement->again, left < ASK_AGAIN_MS ? left : ASK_AGAIN_MS, on_again);
}

static bool read_version(struct cql_frame *frame, uint8_t version[VERSION_LEN]) {
    struct cql_result *result = NULL;
    struct cql_value value;
    struct error err;
    bool read = cql_control_rows(frame, &result, &err) == STATUS_OK &&
                cql_result_column_count(result) == 1 &&
                cql_result_next(result, &value, 1) == STATUS_OK && value.bytes.len == VERSION_LEN;
    if (read) {
        memcpy(version, value.bytes.data, VERSION_LEN);
    }
    cql_result_free(result);
    return read;
}

static void on_version(struct cql_exchange *exchange, struct cql_frame *frame,
                       const struct error *err) {
    struct version_of *asked = CONTAINER_OF(exchange, struct version_of, exchange);
    struct cql_agreement *agreement = asked->agreement;
    uint8_t version[VERSION_LEN];
    if (err || !read_version(frame, version) ||
        (agreement->known && memcmp(version, agreement->version, VERSION_LEN) != 0)) {
        agreement->differ = true;
    } else {
        memcpy(agreement->version, version, VERSION_LEN);
        agreement->known = true;
    }
    if (--agreement->owed == 0 && !agreement->differ) {
        end(agreement, STATUS_OK); // else it is asked again, when the timer rings
    }
}

static bool ask_one(struct version_of *asked, struct cql_connection *connection) {
    asked->exchange.answered = on_version;
    return connection && cql_control_ask(connection, &asked->exchange, QUERY) == STATUS_OK;
}

// Hosts that are down have an old version; they catch up when they come back.
static void ask_all(struct cql_agreement *agreement) {
    struct cql_loop *loop = agreement->control->loop;
    forget_questions(agreement);
    agreement->differ = false;
    agreement->known = false;
    agreement->asked = calloc(loop->host_count + (size_t)1, sizeof *agreement->asked);
    for (unsigned i = 0; agreement->asked && i < loop->host_count; i++) {
        if (!cql_host_is_up(loop->hosts[i])) {
            continue;
        }
        struct version_of *asked = &agreement->asked[agreement->asked_count++];
        asked->agreement = agreement;
        if (ask_one(asked, cql_host_connection(loop->hosts[i]))) {
            agreement->owed++;
        } else {
            agreement->differ = true;
        }
    }
}

static void start(struct cql_loop *loop, struct cql_command *command) {
    struct cql_agreement *agreement = CONTAINER_OF(command, struct cql_agreement, command);
    agreement->next = agreement->control->agreements;
    agreement->control->agreements = agreement;
    agreement->deadline_ms = loop->now_ms + agreement->timeout_ms;
    if (loop->shut) {
        end(agreement, error_set(agreement->err, STATUS_CLOSED, "the session is closing"));
        return;
    }
    ask_all(agreement);
    cql_loop_timer(loop, &agreement->again,
                   agreement->timeout_ms < ASK_AGAIN_MS ? agreement->timeout_ms : ASK_AGAIN_MS,
                   on_again);
}

void cql_agreement_end_all(struct cql_control *control) {
    while (control->agreements) {
        end(control->agreements,
            error_set(control->agreements->err, STATUS_CLOSED, "the session is closing"));
    }
}

enum status cql_await_schema_agreement(struct cql_session *session, int64_t timeout_ms,
                                       struct error *err) {
    struct cql_agreement agreement = {
        .command = {.run = start},
        .control = session->control,
        .timeout_ms = timeout_ms,
        .err = err,
    };
    queue_waker_init(&agreement.waker);
    cql_loop_post(&session->loops[0], &agreement.command);
    queue_wait(&agreement.waker, -1);
    queue_waker_destroy(&agreement.waker);
    return agreement.status;
}
