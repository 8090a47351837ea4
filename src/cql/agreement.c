// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Waiting until all hosts have the same schema, asked of one host over the control connection: it alone knows what it has heard of
// each other one.
#include <stdlib.h>

#include "cql/control.h"
#include "cql/host.h"
#include "cql/result.h"
#include "cql/session.h"

#define ASK_AGAIN_MS 100
#define VERSION_LEN 16
#define COLUMNS_MAX 8

static const struct str LOCAL =
    STR_INIT("SELECT schema_version FROM system.local WHERE key='local'");
static const struct str PEERS = STR_INIT("SELECT host_id, schema_version FROM system.peers");

struct cql_agreement {
    struct cql_command command;
    struct cql_control *control;
    struct cql_agreement *next;
    struct cql_exchange exchange;
    struct cql_timer again;
    int64_t deadline_ms;
    int64_t timeout_ms;
    bool asked_peers;
    uint8_t version[VERSION_LEN];
    struct error *err;
    enum status status;
    struct queue_waker waker;
};

static void ask(struct cql_agreement *agreement, bool peers);

static void on_again(struct cql_timer *timer) {
    ask(CONTAINER_OF(timer, struct cql_agreement, again), false);
}

static void end(struct cql_agreement *agreement, enum status status) {
    struct cql_agreement **link = &agreement->control->agreements;
    while (*link != agreement) {
        link = &(*link)->next;
    }
    *link = agreement->next;
    cql_loop_timer_stop(agreement->control->loop, &agreement->again);
    cql_connection_abandon(&agreement->exchange);
    agreement->status = status;
    queue_wake(&agreement->waker); // it may be gone from here on
}

static void ask_again(struct cql_agreement *agreement) {
    struct cql_loop *loop = agreement->control->loop;
    if (loop->now_ms >= agreement->deadline_ms) {
        (void)error_set(agreement->err, STATUS_TIMEOUT,
                        "the hosts do not agree on the schema after %lld ms",
                        (long long)agreement->timeout_ms);
        end(agreement, STATUS_TIMEOUT);
        return;
    }
    int64_t left = agreement->deadline_ms - loop->now_ms;
    cql_loop_timer(loop, &agreement->again, left < ASK_AGAIN_MS ? left : ASK_AGAIN_MS, on_again);
}

// A host that is down has an old version; it catches up when it comes back.
static bool counts(const struct cql_loop *loop, struct cql_value id) {
    for (unsigned i = 0; i < loop->host_count; i++) {
        const struct cql_host *host = loop->hosts[i];
        if (id.bytes.len == sizeof host->id &&
            memcmp(host->id, id.bytes.data, sizeof host->id) == 0) {
            return cql_host_is_up(host);
        }
    }
    return false;
}

static bool is_version(struct cql_value value) {
    return value.bytes.len == VERSION_LEN;
}

static bool take_local(struct cql_agreement *agreement, struct cql_result *result) {
    struct cql_value values[COLUMNS_MAX];
    if (cql_result_column_count(result) != 1 || cql_result_next(result, values, 1) != STATUS_OK ||
        !is_version(values[0])) {
        return false;
    }
    memcpy(agreement->version, values[0].bytes.data, VERSION_LEN);
    return true;
}

static bool peers_agree(struct cql_agreement *agreement, struct cql_result *result) {
    struct cql_value values[COLUMNS_MAX];
    enum status status;
    if (cql_result_column_count(result) != 2) {
        return false;
    }
    while ((status = cql_result_next(result, values, 2)) == STATUS_OK) {
        if (counts(agreement->control->loop, values[0]) &&
            (!is_version(values[1]) ||
             memcmp(values[1].bytes.data, agreement->version, VERSION_LEN) != 0)) {
            return false;
        }
    }
    return status == STATUS_END;
}

static void on_versions(struct cql_exchange *exchange, struct cql_frame *frame,
                        const struct error *err) {
    struct cql_agreement *agreement = CONTAINER_OF(exchange, struct cql_agreement, exchange);
    struct cql_result *result = NULL;
    struct error broken;
    if (err || cql_control_rows(frame, &result, &broken) != STATUS_OK) {
        ask_again(agreement); // another host may answer better
    } else if (!agreement->asked_peers) {
        if (take_local(agreement, result)) {
            ask(agreement, true);
        } else {
            ask_again(agreement);
        }
    } else if (peers_agree(agreement, result)) {
        end(agreement, STATUS_OK);
    } else {
        ask_again(agreement);
    }
    cql_result_free(result);
}

static void ask(struct cql_agreement *agreement, bool peers) {
    struct cql_control *control = agreement->control;
    bool able = control->connection && control->connection->state == CQL_CONNECTION_READY;
    agreement->asked_peers = peers;
    agreement->exchange.answered = on_versions;
    if (!able ||
        cql_control_ask(control, &agreement->exchange, peers ? PEERS : LOCAL) != STATUS_OK) {
        ask_again(agreement);
        return;
    }
    // Should no answer come: the heartbeat closes the connection, which is an answer.
}

static void start(struct cql_loop *loop, struct cql_command *command) {
    struct cql_agreement *agreement = CONTAINER_OF(command, struct cql_agreement, command);
    agreement->next = agreement->control->agreements;
    agreement->control->agreements = agreement;
    agreement->deadline_ms = loop->now_ms + agreement->timeout_ms;
    if (loop->shut) {
        end(agreement, error_set(agreement->err, STATUS_CLOSED, "the session is closing"));
    } else {
        ask(agreement, false);
    }
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
