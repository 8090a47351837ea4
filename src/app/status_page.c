// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /status: where every event stands between accepted and stored; GET /dead-letters: what could not be processed.
#include <stdlib.h>

#include "app/service.h"
#include "auth/scope.h"
#include "base/json_write.h"
#include "http/problem.h"
#include "http/query.h"

static void write_log(struct json_writer *writer, const struct eventlog_stats *log) {
    json_key(writer, STR("eventLog"));
    json_begin_object(writer);
    json_member_string(writer, STR("engine"), STR("embedded"));
    json_member_u64(writer, STR("accepted"), log->appended_records);
    json_member_u64(writer, STR("acceptedBytes"), log->appended_bytes);
    json_member_u64(writer, STR("commits"), log->commits);
    json_member_u64(writer, STR("refused"), log->refused);
    json_member_u64(writer, STR("waitingBytes"), log->waiting_bytes);
    json_member_u64(writer, STR("diskBytes"), log->disk_bytes);
    json_member_u64(writer, STR("quotaBytes"), log->quota_bytes);
    json_member_bool(writer, STR("writable"), log->writable);
    json_end_object(writer);
}

static void write_processor(struct json_writer *writer, const struct processor_stats *stats) {
    json_key(writer, STR("processor"));
    json_begin_object(writer);
    json_member_u64(writer, STR("applied"), stats->applied);
    json_member_u64(writer, STR("duplicates"), stats->duplicates);
    json_member_u64(writer, STR("bots"), stats->bots);
    json_member_u64(writer, STR("deadLetters"), stats->dead_letters);
    json_member_u64(writer, STR("cycles"), stats->cycles);
    json_end_object(writer);
}

// What lies between processed and durable is kept and not yet queryable.
static void write_partition(struct json_writer *writer,
                            const struct processor_partition_status *row) {
    json_begin_object(writer);
    json_member_u64(writer, STR("partition"), row->partition);
    json_member_i64(writer, STR("durable"), row->log_end);
    json_member_i64(writer, STR("processed"), row->next_offset);
    json_member_i64(writer, STR("lag"), row->log_end - row->next_offset);
    json_member_bool(writer, STR("stuck"), row->stuck);
    if (row->stuck) {
        json_member_string(writer, STR("problem"), str_from_c(row->problem));
    }
    json_end_object(writer);
}

static void write_partitions(struct json_writer *writer, struct app_service *service) {
    size_t count = 0;
    int64_t lag = 0;
    struct processor_partition_status *rows = app_partitions(service, &count);
    json_key(writer, STR("partitions"));
    json_begin_array(writer);
    for (size_t i = 0; i < count; i++) {
        lag += rows[i].log_end - rows[i].next_offset;
        write_partition(writer, &rows[i]);
    }
    json_end_array(writer);
    json_member_i64(writer, STR("lag"), lag);
    free(rows);
}

static void handle_status(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    struct eventlog_stats log;
    struct processor_stats processor;
    struct store_stats store;
    store_stats(service->store, &store);
    struct clock *clock = clock_system();
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_object(&writer);
    json_member_string(&writer, STR("version"), STR(FOOTFALL_VERSION));
    json_member_bool(&writer, STR("ready"), atomic_load(&service->ready));
    json_member_i64(&writer, STR("uptimeSeconds"),
                    (clock->mono_us(clock) - service->started_us) / 1000000);
    if (service->log) {
        eventlog_stats(service->log, &log);
        write_log(&writer, &log);
    }
    if (service->processor) {
        processor_stats(service->processor, &processor);
        write_processor(&writer, &processor);
    }
    json_key(&writer, STR("store"));
    json_begin_object(&writer);
    json_member_string(&writer, STR("engine"), STR("embedded"));
    json_member_u64(&writer, STR("diskBytes"), store.disk_bytes);
    json_member_u64(&writer, STR("memoryBytes"), store.memory_bytes);
    json_member_bool(&writer, STR("writable"), store.writable);
    json_end_object(&writer);
    write_partitions(&writer, service);
    json_end_object(&writer);
    http_reply_send(exchange, 200, "application/json");
}

static void write_dead_letter(struct json_writer *writer, const struct store_dead_letter *letter) {
    json_begin_object(writer);
    json_member_u64(writer, STR("partition"), letter->partition);
    json_member_i64(writer, STR("offset"), letter->offset);
    json_member_time(writer, STR("receivedAt"), letter->received_ms);
    json_member_string(writer, STR("stage"), letter->stage);
    json_member_string(writer, STR("reason"), letter->reason);
    if (str_is_utf8(letter->record)) {
        json_member_string(writer, STR("record"), letter->record);
    } else {
        json_key(writer, STR("record"));
        json_null(writer);
    }
    json_end_object(writer);
}

static void handle_dead_letters(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    static const char *const names[] = {"project", "limit"};
    struct str values[2];
    if (!http_query_read(exchange, names, values, 2)) {
        return;
    }
    uint64_t limit = 50;
    if (values[1].data && (!str_to_u64(values[1], &limit) || limit < 1 || limit > 1000)) {
        http_reply_problem(exchange, 400, STR("limit: a whole number from 1 to 1000 is needed."));
        return;
    }
    const struct auth_principal *principal = exchange->principal;
    // Without a project: what an admin of all of them sees is not bound to one.
    struct str project = values[0];
    if ((project.data || principal->project[0]) &&
        !auth_scope_project(exchange, service->keyring, values[0], &project)) {
        return;
    }
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    if (store_dead_letters(service->store, project, (unsigned)limit, &exchange->arena, &letters,
                           &count) != STATUS_OK) {
        http_reply_problem(exchange, 503, STR("The store cannot be read."));
        return;
    }
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_list(&writer);
    for (size_t i = 0; i < count; i++) {
        write_dead_letter(&writer, &letters[i]);
    }
    json_end_list(&writer, STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/status", AUTH_ACCESS_ADMIN, true, handle_status},
    {HTTP_GET_, "/dead-letters", AUTH_ACCESS_ADMIN, true, handle_dead_letters},
};

struct http_route_table app_status_routes(struct app_service *service) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], service};
}
