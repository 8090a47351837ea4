// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET and POST /backups. A client says when, never where to.
#include "auth/keyring.h"
#include "backup/private.h"
#include "base/json_write.h"
#include "http/problem.h"
#include "http/query.h"

// Mutex held.
static void write_state(struct backups *backups, struct json_writer *w) {
    const struct backup_result *last = &backups->last;
    json_begin_object(w);
    json_member_u64(w, STR("asked"), backups->asked);
    json_member_u64(w, STR("done"), backups->done);
    json_member_bool(w, STR("underWay"), backups->under_way);
    json_member_u64(w, STR("failures"), backups->failures);
    json_key(w, STR("last"));
    if (last->name[0]) {
        json_begin_object(w);
        json_member_string(w, STR("name"), str_from_c(last->name));
        json_member_time(w, STR("created"), last->created_ms);
        json_member_u64(w, STR("files"), last->files);
        json_member_u64(w, STR("bytes"), last->bytes);
        json_member_double(w, STR("seconds"), last->seconds);
        json_end_object(w);
    } else {
        json_null(w);
    }
    bool failed = backups->error.status != STATUS_OK;
    json_member_string_or_null(w, STR("error"),
                               failed ? str_from_c(backups->error.text) : STR_EMPTY);
    json_end_object(w);
}

static void reply(struct http_exchange *exchange, struct backups *backups, bool ask,
                  unsigned code) {
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    if (exchange->principal && ((const struct auth_principal *)exchange->principal)->project[0]) {
        http_reply_problem(exchange, 403, STR("Backups are of every project."));
        return;
    }
    if (!backups) {
        http_reply_problem(exchange, 409,
                           STR("Only the embedded engines are backed up here: Kafka and Cassandra "
                               "have means of their own."));
        return;
    }
    if (ask && !backups->config.backup.directory[0]) {
        http_reply_problem(exchange, 409, STR("The setting backup.directory is empty."));
        return;
    }
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    thread_must(pthread_mutex_lock(&backups->mutex));
    if (ask) {
        backups->asked++;
        thread_must(pthread_cond_signal(&backups->wake));
    }
    write_state(backups, &w);
    thread_must(pthread_mutex_unlock(&backups->mutex));
    http_reply_header(exchange, "Cache-Control", STR("no-store"));
    http_reply_send(exchange, code, "application/json");
}

static void handle_look(struct http_exchange *exchange, void *context) {
    reply(exchange, context, false, 200);
}

static void handle_ask(struct http_exchange *exchange, void *context) {
    reply(exchange, context, true, 202);
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/backups", AUTH_ACCESS_ADMIN, HTTP_ROUTE_DIRECT, handle_look},
    {HTTP_POST_, "/backups", AUTH_ACCESS_ADMIN, HTTP_ROUTE_DIRECT, handle_ask},
};

struct http_route_table backups_routes(struct backups *backups) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], backups};
}
