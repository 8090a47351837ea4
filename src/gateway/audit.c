// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes audit entries.
#include "gateway/audit.h"

#include <stdatomic.h>

#include "auth/keyring.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/uuid.h"
#include "http/problem.h"

#define ENTRY_MAX ((size_t)64 * 1024)

struct entry {
    int64_t time_ms;
    char id[UUID_TEXT_LEN + 1];
    struct buffer text;
    struct json_writer writer;
};

static void member(struct json_writer *writer, const char *name, struct str value) {
    if (value.len > 0 && str_is_utf8(value)) {
        json_member_string(writer, str_from_c(name), value);
    }
}

// Now, or just behind the entry before.
static int64_t next_time(struct gateway_audit *audit) {
    int64_t now = audit->clock->wall_ms(audit->clock);
    int64_t last = atomic_load(&audit->last_ms);
    int64_t next = 0;
    do {
        next = now > last ? now : last + 1;
    } while (!atomic_compare_exchange_weak(&audit->last_ms, &last, next));
    return next;
}

static void begin(struct gateway_audit *audit, struct entry *entry) {
    entry->time_ms = next_time(audit);
    uuid_v7(entry->time_ms, audit->random, entry->id);
    buffer_init(&entry->text, ENTRY_MAX);
    json_writer_init(&entry->writer, &entry->text);
    json_begin_object(&entry->writer);
    member(&entry->writer, "id", str_from_c(entry->id));
    json_member_time(&entry->writer, STR("time"), entry->time_ms);
}

static enum status end(const struct gateway_audit *audit, struct entry *entry, struct str project) {
    json_end_object(&entry->writer);
    enum status status = json_writer_status(&entry->writer);
    struct store_audit row = {.time_ms = entry->time_ms,
                              .id = str_from_c(entry->id),
                              .project = project,
                              .entry = buffer_str(&entry->text)};
    if (status == STATUS_OK) {
        status = store_audit_append(audit->store, &row);
    }
    if (status != STATUS_OK) {
        LOG_ERROR("gateway", "an audit entry could not be stored", LOG_STR("entry", row.entry),
                  LOG_CSTR("reason", status_text(status)));
    }
    buffer_free(&entry->text);
    return status;
}

static const char *outcome_of(unsigned status) {
    return status < 400 ? "done" : status < 500 ? "refused" : "failed";
}

static void put_actor(struct json_writer *writer, const struct http_exchange *exchange) {
    const struct auth_principal *principal = exchange->principal;
    json_key(writer, STR("actor"));
    json_begin_object(writer);
    if (principal) {
        member(writer, "key", str_from_c(principal->key_id));
        member(writer, "role", str_from_c(auth_role_name(principal->role)));
        member(writer, "project", str_from_c(principal->project));
    }
    member(writer, "address", exchange->request.remote_ip);
    json_end_object(writer);
}

// A path that holds what was changed says so when nobody else did.
static struct str subject_of(const struct http_exchange *exchange) {
    return exchange->subject.data ? exchange->subject : exchange->parameters[0];
}

// On the handler's thread, with the reply ready to be sent. False: another one is sent in its place.
static bool record(struct http_exchange *exchange, unsigned status, void *context) {
    struct gateway_audit *audit = context;
    const struct auth_principal *principal = exchange->principal;
    struct entry entry;
    begin(audit, &entry);
    struct json_writer *writer = &entry.writer;
    json_key(writer, STR("action"));
    char action[160];
    struct buffer text;
    buffer_init_fixed(&text, action, sizeof action);
    buffer_append_str(&text, exchange->request.method_name);
    buffer_append_str(&text, STR(" "));
    buffer_append_str(&text, str_from_c(exchange->route));
    json_string(writer, buffer_str(&text));
    member(writer, "subject", subject_of(exchange));
    member(writer, "detail", exchange->detail);
    struct str project = exchange->project.data ? exchange->project
                                                : str_from_c(principal ? principal->project : "");
    member(writer, "project", project);
    put_actor(writer, exchange);
    json_member_i64(writer, STR("status"), (int64_t)status);
    member(writer, "outcome", str_from_c(outcome_of(status)));
    member(writer, "requestId", exchange->request_id);
    if (exchange->trace) {
        member(writer, "traceId", http_trace_id(exchange->trace));
    }
    if (end(audit, &entry, project) == STATUS_OK) {
        return true;
    }
    exchange->failure = status < 400
                            ? "It was done, but could not be recorded in the audit log. Look "
                              "before you ask again."
                            : "It could not be recorded in the audit log.";
    return false;
}

void gateway_audit_watch(struct gateway_audit *audit, struct http_exchange *exchange,
                         const struct http_route *route) {
    unsigned changing = HTTP_POST_ | HTTP_PUT_ | HTTP_PATCH_ | HTTP_DELETE_;
    unsigned method = exchange->request.method & changing;
    bool administers =
        (route->access == AUTH_ACCESS_ADMIN || route->access == AUTH_ACCESS_OWN) && method != 0;
    bool deletes = method == HTTP_DELETE_ && route->access > AUTH_ACCESS_SEND;
    // What is passed on to another process leaves its entry there: here nothing may wait for a store.
    if (route->blocking == HTTP_ROUTE_BLOCKING && (administers || deletes)) {
        exchange->before_reply = record;
        exchange->before_reply_context = audit;
    }
}

enum status gateway_audit_note(struct gateway_audit *audit, struct str action, struct str subject,
                               struct str detail, struct error *err) {
    struct entry entry;
    begin(audit, &entry);
    member(&entry.writer, "action", action);
    member(&entry.writer, "subject", subject);
    member(&entry.writer, "detail", detail);
    member(&entry.writer, "outcome", STR("done"));
    enum status status = end(audit, &entry, STR_EMPTY);
    return status == STATUS_OK
               ? STATUS_OK
               : error_set(err, status, "audit log: cannot be written: %s", status_text(status));
}
