// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where the control connection is: begun, tried, lost, moved to another host; and what events start.
#include "cql/control.h"

#include <stdlib.h>

#include "base/log.h"
#include "cql/host.h"
#include "cql/policy.h"
#include "cql/session.h"

#define FAILURES_MAX 4096
// Events come in bursts (a node that joins: NEW_NODE, UP, and a change of each system keyspace).
#define REFRESH_AFTER_MS 200

static void begin_round(struct cql_control *control);
static void try_next(struct cql_control *control);
static void on_ready(struct cql_connection *connection);
static void on_closed(struct cql_connection *connection, const struct error *why);
static void on_room_freed(struct cql_connection *connection);

static const struct cql_connection_events EVENTS = {
    .ready = on_ready, .closed = on_closed, .event = cql_control_on_event, .freed = on_room_freed};

// --- Rounds over the candidates --------------------------------------------------------------------------------------
static void on_next_round(struct cql_timer *timer) {
    begin_round(CONTAINER_OF(timer, struct cql_control, patience));
}

static void begin_round(struct cql_control *control) {
    control->step = CQL_CONTROL_CONNECTING;
    cql_contact_look_up(control, try_next);
}

static void give_up_round(struct cql_control *control) {
    struct cql_loop *loop = control->loop;
    const struct cql_config *config = &control->session->config;
    struct error why;
    (void)error_set(&why,
                    control->worst == STATUS_DENIED || control->worst == STATUS_UNSUPPORTED
                        ? control->worst
                        : STATUS_UNAVAILABLE,
                    "no contact point of Cassandra answers: %.*s",
                    STR_ARG(buffer_str(&control->failures)));
    control->step = CQL_CONTROL_OFF;
    cql_session_fail(control->session, &why);
    if (control->attempts == 0) {
        LOG_WARN("cql", "no host for the control connection", LOG_CSTR("reason", why.text));
    }
    double chance = (double)(cql_loop_chance(loop) >> 11) * 0x1.0p-53;
    int64_t wait = cql_policy_backoff_ms(control->attempts++, config->reconnect_base_ms,
                                         config->reconnect_max_ms, chance);
    cql_loop_timer(loop, &control->patience, wait, on_next_round);
}

static void on_impatient(struct cql_timer *timer) {
    struct cql_control *control = CONTAINER_OF(timer, struct cql_control, patience);
    if (control->connection) {
        cql_connection_close(control->connection, STATUS_TIMEOUT,
                             "the system tables were not read in time");
    }
}

static void try_next(struct cql_control *control) {
    while (control->next_candidate < control->candidate_count) {
        control->current = control->candidates[control->next_candidate++];
        control->connection =
            cql_connection_open(control->loop, &control->current.address,
                                str_from_c(control->current.tls_name), &EVENTS, control);
        if (control->connection) {
            return; // its own time-out applies
        }
        struct error why;
        (void)error_set(&why, STATUS_NO_MEMORY, "no memory for a connection");
        cql_contact_note_failure(control, &why);
    }
    give_up_round(control);
}

static void on_ready(struct cql_connection *connection) {
    struct cql_control *control = connection->owner;
    cql_loop_timer(control->loop, &control->patience, control->session->config.connect_timeout_ms,
                   on_impatient);
    cql_control_read(control, true);
}

static void on_closed(struct cql_connection *connection, const struct error *why) {
    struct cql_control *control = connection->owner;
    enum cql_control_step step = control->step;
    control->connection = NULL;
    control->step = CQL_CONTROL_OFF;
    cql_loop_timer_stop(control->loop, &control->patience);
    cql_loop_timer_stop(control->loop, &control->refresh);
    cql_topology_release(control->building);
    control->building = NULL;
    control->refresh_again = false;
    if (control->stopped) {
        return;
    }
    if (step == CQL_CONTROL_IDLE || control->next_candidate == 0) {
        LOG_INFO("cql", "control connection lost", LOG_CSTR("reason", why->text));
        begin_round(control);
    } else {
        cql_contact_note_failure(control, why);
        control->step = CQL_CONTROL_CONNECTING;
        try_next(control);
    }
}

static void on_room_freed(struct cql_connection *connection) {
    (void)connection; // it has nothing that waits
}

// --- Events ----------------------------------------------------------------------------------------------------------
static void on_refresh(struct cql_timer *timer) {
    struct cql_control *control = CONTAINER_OF(timer, struct cql_control, refresh);
    if (control->step == CQL_CONTROL_IDLE) {
        cql_loop_timer(control->loop, &control->patience,
                       control->session->config.connect_timeout_ms, on_impatient);
        cql_control_read(control, false);
    } else {
        control->refresh_again = true;
    }
}

void cql_control_refresh_soon(struct cql_control *control) {
    if (!cql_timer_runs(&control->refresh)) {
        cql_loop_timer(control->loop, &control->refresh, REFRESH_AFTER_MS, on_refresh);
    }
}

struct hint {
    struct cql_command command;
    struct sockaddr_storage address;
    bool up;
};

static void take_hint(struct cql_loop *loop, struct cql_command *command) {
    struct hint *hint = CONTAINER_OF(command, struct hint, command);
    (void)cql_host_hint(loop, &hint->address, hint->up);
    free(hint);
}

static void on_status(struct cql_control *control, const struct cql_event *event) {
    struct sockaddr_storage address;
    bool up = event->change == CQL_CHANGE_UP;
    struct str bytes = str_make((const char *)event->host.address, event->host.len);
    if (!cql_topology_address(bytes, event->host.port, &address)) {
        return;
    }
    if (!cql_host_hint(control->loop, &address, up) && up) {
        cql_control_refresh_soon(control);
    }
    for (unsigned i = 1; i < control->session->loop_count; i++) {
        struct hint *hint = malloc(sizeof *hint);
        if (hint) { // else that loop finds out by itself
            *hint = (struct hint){{.run = take_hint}, address, up};
            cql_loop_post(&control->session->loops[i], &hint->command);
        }
    }
}

void cql_control_on_event(struct cql_connection *connection, const struct cql_event *event) {
    struct cql_control *control = connection->owner;
    switch (event->kind) {
    case CQL_EVENT_TOPOLOGY: cql_control_refresh_soon(control); break;
    case CQL_EVENT_STATUS:
        if (event->change == CQL_CHANGE_UP || event->change == CQL_CHANGE_DOWN) {
            on_status(control, event);
        }
        break;
    case CQL_EVENT_SCHEMA:
        if (str_equal(event->target, STR("KEYSPACE"))) {
            cql_control_refresh_soon(control); // its replication may be another
        }
        break;
    }
}

// --- Making and unmaking ---------------------------------------------------------------------------------------------
enum status cql_control_make(struct cql_session *session, struct cql_control **out,
                             struct error *err) {
    struct cql_control *control = calloc(1, sizeof *control);
    if (!control) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a session");
    }
    control->session = session;
    control->loop = &session->loops[0];
    buffer_init(&control->failures, FAILURES_MAX);
    enum status status = cql_contact_parse(session->config.contact_points, session->config.port,
                                           &control->contacts, &control->contact_count, err);
    if (status != STATUS_OK) {
        free(control);
        return status;
    }
    *out = control;
    return STATUS_OK;
}

void cql_control_free(struct cql_control *control) {
    if (control) {
        cql_topology_release(control->building);
        buffer_free(&control->failures);
        free(control->candidates);
        free(control->contacts);
        free(control);
    }
}

static void start(struct cql_loop *loop, struct cql_command *command) {
    struct cql_control *control = CONTAINER_OF(command, struct cql_control, command);
    if (!loop->shut) {
        begin_round(control);
    }
}

void cql_control_start(struct cql_control *control) {
    control->command.run = start;
    cql_loop_post(control->loop, &control->command);
}

void cql_control_stop(struct cql_control *control) {
    control->stopped = true;
    cql_agreement_end_all(control);
    if (control->looking_up) {
        (void)uv_cancel((uv_req_t *)&control->lookup); // or its answer is ignored
    }
    cql_loop_timer_stop(control->loop, &control->patience);
    cql_loop_timer_stop(control->loop, &control->refresh);
    if (control->connection) {
        cql_connection_close(control->connection, STATUS_CLOSED, "the session is closing");
    }
}
