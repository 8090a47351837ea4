// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which requests are logged, and what is said of them.
#include "gateway/access_log.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "auth/keyring.h"
#include "base/log.h"
#include "gateway/access_writer.h"

#define SLOW_US 1000000
#define QUERY_MAX 256
#define AGENT_MAX 200
#define FIELDS_MAX 32

struct gateway_access_log {
    bool to_stderr;
    _Atomic enum gateway_access_mode mode;
    atomic_uint one_in;
    _Atomic int64_t slow_us;
    struct access_writer *writer;
    atomic_uint good; // requests of which one in so many is logged
};

void gateway_access_log_change(struct gateway_access_log *log,
                               const struct gateway_access_choice *choice) {
    if (log) {
        atomic_store(&log->one_in, choice->one_in);
        atomic_store(&log->slow_us, choice->slow_us > 0 ? choice->slow_us : SLOW_US);
        atomic_store(&log->mode, choice->mode);
    }
}

enum status gateway_access_log_make(const struct gateway_access_config *config,
                                    struct gateway_access_log **out, struct error *err) {
    struct gateway_access_log *log = calloc(1, sizeof *log);
    if (!log) {
        return error_set(err, STATUS_NO_MEMORY, "access log: out of memory");
    }
    log->to_stderr = config->path.len == 0;
    gateway_access_log_change(log, &config->choice);
    enum status status = access_writer_start(config->path, &log->writer, err);
    if (status != STATUS_OK) {
        free(log);
        return status;
    }
    *out = log;
    return STATUS_OK;
}

void gateway_access_log_free(struct gateway_access_log *log) {
    if (log) {
        access_writer_stop(log->writer);
        free(log);
    }
}

void gateway_access_log_reopen(struct gateway_access_log *log) {
    if (log) {
        access_writer_reopen(log->writer);
    }
}

static bool is_wanted(struct gateway_access_log *log, const struct http_exchange *exchange,
                      int64_t duration_us) {
    enum gateway_access_mode mode = atomic_load_explicit(&log->mode, memory_order_relaxed);
    unsigned one_in = atomic_load_explicit(&log->one_in, memory_order_relaxed);
    if (mode == GATEWAY_ACCESS_OFF ||
        (log->to_stderr &&
         atomic_load_explicit(&log_threshold, memory_order_relaxed) > LOG_LEVEL_INFO)) {
        return false;
    }
    if (exchange->status >= 400 ||
        duration_us >= atomic_load_explicit(&log->slow_us, memory_order_relaxed)) {
        return true;
    }
    return mode == GATEWAY_ACCESS_ALL &&
           (one_in <= 1 ||
            atomic_fetch_add_explicit(&log->good, 1, memory_order_relaxed) % one_in == 0);
}

// --- What must not be in it --------------------------------------------------------------------------------------------

// Names of parameters whose value lets somebody in. What contains one of these words does, too.
static bool is_secret(struct str name) {
    static const struct str words[] = {STR_INIT("key"),     STR_INIT("token"), STR_INIT("secret"),
                                       STR_INIT("passw"),   STR_INIT("auth"),  STR_INIT("code"),
                                       STR_INIT("session"), STR_INIT("sig"),   STR_INIT("jwt"),
                                       STR_INIT("%")}; // an escape may hide a name
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_contains_ignore_case(name, words[i])) {
            return true;
        }
    }
    return false;
}

static void put_query(struct buffer *out, struct str query) {
    while (query.data && out->failed == STATUS_OK) {
        struct str value = str_cut(&query, '&');
        struct str name = str_cut(&value, '=');
        buffer_append_str(out, name);
        if (value.data) {
            buffer_append_str(out, STR("="));
            buffer_append_str(out, is_secret(name) ? STR("***") : value);
        }
        if (query.data) {
            buffer_append_str(out, STR("&"));
        }
    }
    if (out->failed != STATUS_OK) {
        out->failed = STATUS_OK;
        out->len = out->len < out->max - 3 ? out->len : out->max - 3;
        buffer_append_str(out, STR("..."));
    }
}

// Where a key stands in the path the pattern is shown, and behind a pattern that is not known anything may stand.
static struct str shown_path(const struct http_exchange *exchange) {
    if (exchange->route && strstr(exchange->route, "/:key")) {
        return str_from_c(exchange->route);
    }
    return exchange->request.path;
}

// --- The line ----------------------------------------------------------------------------------------------------------

struct fields {
    struct log_field list[FIELDS_MAX];
    size_t count;
};

static void add(struct fields *fields, struct log_field field) {
    if (fields->count < FIELDS_MAX && (field.type != LOG_FIELD_STR || field.text.len > 0)) {
        fields->list[fields->count++] = field;
    }
}

static void add_who(struct fields *fields, const struct http_exchange *exchange) {
    const struct auth_principal *principal = exchange->principal;
    add(fields, LOG_STR("remote", exchange->request.remote_ip));
    if (principal) {
        add(fields, LOG_CSTR("key", principal->key_id));
        add(fields, LOG_CSTR("role", auth_role_name(principal->role)));
    }
    add(fields, LOG_STR("project", exchange->project.data
                                       ? exchange->project
                                       : str_from_c(principal ? principal->project : "")));
}

// Phases: head (first byte to end of head), body, queue (for a thread), handle (from the whole request to the reply, queue included).
static void add_times(struct fields *fields, const struct http_exchange *exchange,
                      int64_t duration_us) {
    const struct http_request *request = &exchange->request;
    add(fields, LOG_INT("durationUs", duration_us));
    if (exchange->handled_us == 0) {
        return; // refused before anybody handled it
    }
    add(fields, LOG_INT("headUs", request->head_us - request->received_us));
    add(fields, LOG_INT("bodyUs", exchange->handled_us - request->head_us));
    if (exchange->queued_us > 0) {
        add(fields, LOG_INT("queueUs", exchange->queued_us));
    }
    add(fields, LOG_INT("handleUs", request->received_us + duration_us - exchange->handled_us));
}

static void add_ids(struct fields *fields, const struct http_exchange *exchange) {
    add(fields, LOG_STR("requestId", exchange->request_id));
    if (exchange->trace) {
        add(fields, LOG_STR("traceId", http_trace_id(exchange->trace)));
        add(fields, LOG_STR("spanId", http_trace_span(exchange->trace)));
        add(fields, LOG_CSTR("callerSpanId", exchange->trace->caller));
    }
}

void gateway_access_log_request(struct gateway_access_log *log,
                                const struct http_exchange *exchange, int64_t duration_us) {
    if (!log || !is_wanted(log, exchange, duration_us)) {
        return;
    }
    const struct http_request *request = &exchange->request;
    char query_text[QUERY_MAX];
    struct buffer query;
    struct fields fields = {.count = 0};
    buffer_init_fixed(&query, query_text, sizeof query_text);
    if (request->query.len > 0 && exchange->access != AUTH_ACCESS_SEND) {
        put_query(&query, request->query);
    }
    add(&fields, LOG_STR("method", request->method_name));
    add(&fields, LOG_CSTR("route", exchange->route));
    add(&fields, LOG_STR("path", shown_path(exchange)));
    add(&fields, LOG_STR("query", buffer_str(&query)));
    add(&fields, LOG_INT("status", exchange->status));
    add(&fields, LOG_INT("bytesIn", request->body.len));
    add(&fields, LOG_INT("bytesOut", exchange->reply_bytes));
    add_who(&fields, exchange);
    add_times(&fields, exchange, duration_us);
    struct str agent = http_request_header(exchange, STR("User-Agent"));
    add(&fields,
        LOG_STR("userAgent", str_make(agent.data, agent.len < AGENT_MAX ? agent.len : AGENT_MAX)));
    add(&fields, LOG_STR("upstream", exchange->upstream));
    add(&fields, LOG_CSTR("protocol", request->protocol));
    add(&fields, LOG_CSTR("tls", request->tls));
    add_ids(&fields, exchange);
    char line[LOG_LINE_MAX];
    size_t len =
        log_format_line(line, LOG_LEVEL_INFO, "gateway", "request", fields.list, fields.count);
    access_writer_put(log->writer, str_make(line, len));
}
