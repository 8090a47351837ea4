// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opening and closing a session, statements, and where a request goes first.
#include "cql/session.h"

#include <stdlib.h>

#include "cql/call.h"
#include "cql/control.h"
#include "cql/prepared.h"
#include "cql/tls.h"

#define TEXTS_CHUNK 1024
#define THREADS_MAX 64
#define CONNECTIONS_MAX 64
// So many requests in a row go to one loop, so that they share a wake-up and a write.
#define REQUESTS_IN_A_ROW 16

// --- Settings --------------------------------------------------------------------------------------------------------
static bool keep(struct arena *arena, struct str *s) {
    if (s->len == 0) {
        *s = STR_EMPTY;
        return true;
    }
    *s = arena_copy(arena, *s);
    return s->data != NULL;
}

static bool keep_texts(struct cql_session *session) {
    struct cql_config *config = &session->config;
    struct arena *arena = &session->texts;
    return keep(arena, &config->contact_points) && keep(arena, &config->local_dc) &&
           keep(arena, &config->username) && keep(arena, &config->password) &&
           keep(arena, &config->tls.ca_file) && keep(arena, &config->tls.certificate_file) &&
           keep(arena, &config->tls.key_file);
}

static void or_default(unsigned *value, unsigned standard) {
    *value = *value > 0 ? *value : standard;
}

static void or_default_ms(int64_t *value, int64_t standard) {
    *value = *value > 0 ? *value : standard;
}

static void fill_defaults(struct cql_config *config) {
    config->port = config->port > 0 ? config->port : 9042;
    or_default(&config->threads, 1);
    or_default(&config->connections_per_host, 1);
    or_default(&config->in_flight_per_connection, 1024);
    or_default(&config->queued_max, 65536);
    or_default_ms(&config->connect_timeout_ms, 5000);
    or_default_ms(&config->request_timeout_ms, 10000);
    or_default_ms(&config->heartbeat_interval_ms, 30000);
    or_default_ms(&config->heartbeat_timeout_ms, 5000);
    or_default_ms(&config->reconnect_base_ms, 100);
    or_default_ms(&config->reconnect_max_ms, 10000);
    config->clock = config->clock ? config->clock : clock_system();
    config->random = config->random ? config->random : random_system();
}

static enum status check_settings(const struct cql_config *config, struct error *err) {
    if (config->in_flight_per_connection > CQL_FRAME_STREAM_MAX + 1) {
        return error_set(err, STATUS_INVALID,
                         "at most %d requests can be in flight on a connection",
                         CQL_FRAME_STREAM_MAX + 1);
    }
    if (config->threads > THREADS_MAX || config->connections_per_host > CONNECTIONS_MAX) {
        return error_set(err, STATUS_INVALID, "at most %d threads and %d connections a host",
                         THREADS_MAX, CONNECTIONS_MAX);
    }
    return STATUS_OK;
}

// --- Opening and closing -----------------------------------------------------------------------------------------------
static enum status make_loops(struct cql_session *session, struct error *err) {
    session->loops = calloc(session->config.threads, sizeof *session->loops);
    if (!session->loops) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a session");
    }
    for (unsigned i = 0; i < session->config.threads; i++) {
        enum status status = cql_loop_init(&session->loops[i], session, i, err);
        if (status != STATUS_OK) {
            return status;
        }
        session->loop_count++;
    }
    return STATUS_OK;
}

static enum status prepare_to_open(struct cql_session *session, struct error *err) {
    if (!keep_texts(session)) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a session");
    }
    fill_defaults(&session->config);
    session->local_dc = session->config.local_dc;
    enum status status = check_settings(&session->config, err);
    if (status == STATUS_OK && session->config.tls.enabled) {
        status = cql_tls_context_make(&session->config.tls, &session->tls, err);
    }
    if (status == STATUS_OK) {
        status = make_loops(session, err);
    }
    return status == STATUS_OK ? cql_control_make(session, &session->control, err) : status;
}

static enum status wait_open(struct cql_session *session, struct error *err) {
    thread_must(pthread_mutex_lock(&session->mutex));
    while (session->state == CQL_SESSION_OPENING) {
        thread_must(pthread_cond_wait(&session->changed, &session->mutex));
    }
    bool failed = session->state == CQL_SESSION_FAILED;
    thread_must(pthread_mutex_unlock(&session->mutex));
    return failed ? error_set(err, session->failure.status, "%s", session->failure.text)
                  : STATUS_OK;
}

static enum status start(struct cql_session *session, struct error *err) {
    for (unsigned i = 0; i < session->loop_count; i++) {
        enum status status = cql_loop_start(&session->loops[i], err);
        if (status != STATUS_OK) {
            return status;
        }
    }
    cql_control_start(session->control);
    return wait_open(session, err);
}

enum status cql_session_open(const struct cql_config *config, struct cql_session **out,
                             struct error *err) {
    *out = NULL;
    struct cql_session *session = calloc(1, sizeof *session);
    if (!session) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a session");
    }
    session->config = *config;
    arena_init(&session->texts, TEXTS_CHUNK, 0);
    thread_must(pthread_mutex_init(&session->mutex, NULL));
    thread_must(pthread_mutex_init(&session->preparing, NULL));
    thread_cond_init(&session->changed);
    enum status status = prepare_to_open(session, err);
    if (status == STATUS_OK) {
        status = start(session, err);
    }
    if (status != STATUS_OK) {
        cql_session_close(session);
        return status;
    }
    *out = session;
    return STATUS_OK;
}

void cql_session_close(struct cql_session *session) {
    if (!session) {
        return;
    }
    // Loop 0 first: its control connection posts to the others, which must be there.
    for (unsigned i = 0; i < session->loop_count; i++) {
        cql_loop_stop(&session->loops[i]);
    }
    cql_control_free(session->control);
    cql_prepared_free_all(session);
    cql_tls_context_free(session->tls);
    thread_must(pthread_mutex_destroy(&session->mutex));
    thread_must(pthread_mutex_destroy(&session->preparing));
    thread_must(pthread_cond_destroy(&session->changed));
    arena_free(&session->texts);
    free(session->loops);
    free(session);
}

static void set_state(struct cql_session *session, enum cql_session_state state) {
    session->state = state;
    thread_must(pthread_cond_broadcast(&session->changed));
}

void cql_session_settle(struct cql_session *session, const struct error *why) {
    thread_must(pthread_mutex_lock(&session->mutex));
    session->settled_loops++;
    session->connected_loops += why ? 0 : 1;
    if (why) {
        session->failure = *why;
    }
    if (session->settled_loops == session->loop_count && session->state == CQL_SESSION_OPENING) {
        set_state(session, session->connected_loops > 0 ? CQL_SESSION_OPEN : CQL_SESSION_FAILED);
    }
    thread_must(pthread_mutex_unlock(&session->mutex));
}

void cql_session_fail(struct cql_session *session, const struct error *why) {
    thread_must(pthread_mutex_lock(&session->mutex));
    if (session->state == CQL_SESSION_OPENING) {
        session->failure = *why;
        set_state(session, CQL_SESSION_FAILED);
    }
    thread_must(pthread_mutex_unlock(&session->mutex));
}

struct str cql_server_version(const struct cql_session *session) {
    return session->server_version;
}

struct str cql_local_dc(const struct cql_session *session) {
    return session->local_dc;
}

// --- Requests ----------------------------------------------------------------------------------------------------------
void cql_session_submit(struct cql_session *session, struct cql_request *request) {
    unsigned at = 0;
    if (session->loop_count > 1) {
        unsigned turn = atomic_fetch_add_explicit(&session->next_loop, 1, memory_order_relaxed);
        at = turn / REQUESTS_IN_A_ROW % session->loop_count;
    }
    cql_loop_submit(&session->loops[at], request);
}

void cql_execute(struct cql_session *session, struct cql_request *request) {
    request->private_.call = NULL;
    cql_session_submit(session, request);
}

// --- Statements --------------------------------------------------------------------------------------------------------
static enum status find_or_make(struct cql_session *session, struct str text,
                                struct cql_prepared **out) {
    for (struct cql_prepared *at = session->prepared; at; at = at->next) {
        if (str_equal(str_make(at->text, at->text_len), text)) {
            *out = at;
            return STATUS_OK;
        }
    }
    enum status status = cql_prepared_make(text, session->prepared_count, out);
    if (status == STATUS_OK) {
        session->prepared_count++;
        (*out)->next = session->prepared;
        session->prepared = *out;
    }
    return status;
}

enum status cql_prepare(struct cql_session *session, struct str text, struct cql_prepared **out,
                        struct error *err) {
    *out = NULL;
    struct cql_prepared *prepared = NULL;
    thread_must(pthread_mutex_lock(&session->preparing));
    enum status status = find_or_make(session, text, &prepared);
    if (status != STATUS_OK) {
        (void)error_set(err, status, "no memory for a statement");
    } else if (atomic_load(&prepared->learned) != CQL_LEARNED_ALL) {
        struct cql_request request = {.kind = CQL_REQUEST_EXECUTE,
                                      .prepared = prepared,
                                      .idempotent = true,
                                      .consistency = CQL_ONE};
        request.private_.call = (void *)(uintptr_t)&cql_call_only_prepare;
        status = cql_session_wait(session, &request, NULL);
        if (status != STATUS_OK) {
            (void)error_set(err, status, "%s", request.error.text);
        }
    }
    thread_must(pthread_mutex_unlock(&session->preparing));
    *out = status == STATUS_OK ? prepared : NULL;
    return status;
}
