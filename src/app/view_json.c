// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A view as JSON, and back.
#include <stdio.h>
#include <string.h>

#include "app/view.h"

#define READ_MOST ((size_t)4 * 1024 * 1024)

// --- Writing -------------------------------------------------------------------------------------------------------------
static void write_spool(struct json_writer *writer, const struct eventlog_stats *log) {
    json_key(writer, STR("spool"));
    json_begin_object(writer);
    json_member_bool(writer, STR("active"), log->spooling);
    json_member_u64(writer, STR("records"), log->spool_records);
    json_member_u64(writer, STR("bytes"), log->spool_bytes);
    json_key(writer, STR("oldestAt"));
    if (log->spool_oldest_ms > 0) {
        json_time(writer, log->spool_oldest_ms);
    } else {
        json_null(writer);
    }
    json_member_u64(writer, STR("drained"), log->drained_records);
    json_end_object(writer);
}

static void write_log(struct json_writer *writer, const struct app_view *view) {
    const struct eventlog_stats *log = &view->log;
    json_key(writer, STR("eventLog"));
    json_begin_object(writer);
    json_member_string(writer, STR("engine"), str_from_c(view->log_engine));
    json_member_u64(writer, STR("accepted"), log->appended_records);
    json_member_u64(writer, STR("acceptedBytes"), log->appended_bytes);
    json_member_u64(writer, STR("commits"), log->commits);
    json_member_u64(writer, STR("refused"), log->refused);
    json_member_u64(writer, STR("waitingBytes"), log->waiting_bytes);
    json_member_u64(writer, STR("diskBytes"), log->disk_bytes);
    json_member_u64(writer, STR("quotaBytes"), log->quota_bytes);
    json_member_bool(writer, STR("writable"), log->writable);
    json_member_bool(writer, STR("reachable"), log->reachable);
    if (view->has_spool) {
        write_spool(writer, log);
    }
    json_end_object(writer);
}

static void write_folded(struct json_writer *writer, const struct app_view *view) {
    json_key(writer, STR("folded"));
    json_begin_array(writer);
    for (size_t i = 0; i < view->folded_count; i++) {
        const struct processor_folded *row = &view->folded[i];
        json_begin_object(writer);
        json_member_string(writer, STR("project"), str_from_c(row->project));
        json_member_string(writer, STR("by"), str_from_c(row->by));
        json_member_u64(writer, STR("events"), row->events);
        json_member_u64(writer, STR("values"), row->values);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_processor(struct json_writer *writer, const struct app_view *view) {
    const struct processor_stats *stats = &view->processor;
    json_key(writer, STR("processor"));
    json_begin_object(writer);
    json_member_u64(writer, STR("applied"), stats->applied);
    json_member_u64(writer, STR("duplicates"), stats->duplicates);
    json_member_u64(writer, STR("bots"), stats->bots);
    json_member_u64(writer, STR("filtered"), stats->filtered);
    json_member_u64(writer, STR("deadLetters"), stats->dead_letters);
    json_member_u64(writer, STR("cycles"), stats->cycles);
    app_view_write_rules(writer, &view->shape);
    json_member_string(writer, STR("userAgents"), str_from_c(view->user_agents));
    json_member_string(writer, STR("locations"), str_from_c(view->locations));
    write_folded(writer, view);
    json_end_object(writer);
}

static void write_store(struct json_writer *writer, const struct app_view *view) {
    json_key(writer, STR("store"));
    json_begin_object(writer);
    json_member_string(writer, STR("engine"), str_from_c(view->store_engine));
    json_member_u64(writer, STR("diskBytes"), view->store.disk_bytes);
    json_member_u64(writer, STR("memoryBytes"), view->store.memory_bytes);
    json_member_bool(writer, STR("writable"), view->store.writable);
    json_end_object(writer);
}

// What lies between processed and durable is kept and not yet queryable.
static void write_partition(struct json_writer *writer,
                            const struct processor_partition_status *row) {
    json_begin_object(writer);
    json_member_u64(writer, STR("partition"), row->partition);
    json_member_bool(writer, STR("owned"), row->owned);
    json_member_i64(writer, STR("durable"), row->log_end);
    json_member_i64(writer, STR("processed"), row->next_offset);
    json_member_i64(writer, STR("processedMs"), row->processed_ms);
    json_member_i64(writer, STR("lag"), row->log_end - row->next_offset);
    json_member_bool(writer, STR("stuck"), row->stuck);
    if (row->stuck) {
        json_member_string(writer, STR("problem"), str_from_c(row->problem));
    }
    json_end_object(writer);
}

static void write_process(struct json_writer *writer, const struct app_view *process) {
    json_begin_object(writer);
    json_member_string_or_null(writer, STR("role"),
                               process->role[0] ? str_from_c(process->role) : STR_EMPTY);
    json_member_string(writer, STR("address"), str_from_c(process->address));
    json_member_bool(writer, STR("reachable"), process->reachable);
    json_member_bool(writer, STR("ready"), process->ready);
    json_member_string_or_null(writer, STR("waitingFor"),
                               process->waiting[0] ? str_from_c(process->waiting) : STR_EMPTY);
    json_member_string_or_null(writer, STR("version"),
                               process->version[0] ? str_from_c(process->version) : STR_EMPTY);
    json_member_i64(writer, STR("uptimeSeconds"), process->uptime_s);
    json_member_u64(writer, STR("memoryBytes"), process->memory_bytes);
    if (process->configuration.data) {
        json_member_raw(writer, STR("configuration"), process->configuration);
    }
    json_end_object(writer);
}

static void write_lag(struct json_writer *writer, const struct app_view *view) {
    struct app_lag lag = app_view_lag(view);
    json_key(writer, STR("lag"));
    if (view->row_count > 0) {
        json_i64(writer, lag.records);
    } else {
        json_null(writer); // nobody who answers knows
    }
}

void app_view_write(struct json_writer *writer, const struct app_view *view,
                    const struct app_view *processes, size_t count) {
    json_begin_object(writer);
    json_member_string(writer, STR("role"), str_from_c(view->role));
    json_member_string(writer, STR("version"), str_from_c(view->version));
    json_member_bool(writer, STR("ready"), view->ready);
    if (view->waiting[0]) {
        json_member_string(writer, STR("waitingFor"), str_from_c(view->waiting));
    }
    json_member_i64(writer, STR("uptimeSeconds"), view->uptime_s);
    json_member_u64(writer, STR("memoryBytes"), view->memory_bytes);
    if (view->configuration.data) {
        json_member_raw(writer, STR("configuration"), view->configuration);
    }
    if (view->has_log) {
        write_log(writer, view);
    }
    if (view->has_processor) {
        write_processor(writer, view);
    }
    if (view->has_store) {
        write_store(writer, view);
    }
    if (view->has_config) {
        json_key(writer, STR("configServer"));
        config_server_write_stats(writer, &view->config);
    }
    json_key(writer, STR("partitions"));
    json_begin_array(writer);
    for (size_t i = 0; i < view->row_count; i++) {
        write_partition(writer, &view->rows[i]);
    }
    json_end_array(writer);
    write_lag(writer, view);
    if (view->upstream_count > 0) {
        json_key(writer, STR("upstreams"));
        app_upstreams_write(writer, view->upstreams, view->upstream_count);
    }
    if (count > 0) {
        json_key(writer, STR("processes"));
        json_begin_array(writer);
        for (size_t i = 0; i < count; i++) {
            write_process(writer, &processes[i]);
        }
        json_end_array(writer);
    }
    json_end_object(writer);
}

// --- Reading -------------------------------------------------------------------------------------------------------------
static void read_text(const struct json_value *object, struct str name, char *out, size_t size) {
    struct str text = json_get_string(object, name);
    (void)snprintf(out, size, "%.*s", STR_ARG(text));
}

static bool read_bool(const struct json_value *object, struct str name) {
    const struct json_value *value = json_get(object, name);
    return value && value->type == JSON_TRUE;
}

static int64_t read_number(const struct json_value *object, struct str name) {
    int64_t number = 0;
    const struct json_value *value = json_get(object, name);
    return value && json_to_i64(value, &number) ? number : 0;
}

static uint64_t read_count(const struct json_value *object, struct str name) {
    int64_t number = read_number(object, name);
    return number > 0 ? (uint64_t)number : 0;
}

static void read_log(const struct json_value *log, struct app_view *out) {
    const struct json_value *spool = json_get(log, STR("spool"));
    read_text(log, STR("engine"), out->log_engine, sizeof out->log_engine);
    out->has_log = true;
    out->has_spool = spool != NULL;
    out->log = (struct eventlog_stats){
        .appended_records = read_count(log, STR("accepted")),
        .appended_bytes = read_count(log, STR("acceptedBytes")),
        .commits = read_count(log, STR("commits")),
        .refused = read_count(log, STR("refused")),
        .waiting_bytes = read_count(log, STR("waitingBytes")),
        .disk_bytes = read_count(log, STR("diskBytes")),
        .quota_bytes = read_count(log, STR("quotaBytes")),
        .writable = read_bool(log, STR("writable")),
        .reachable = read_bool(log, STR("reachable")),
        .spooling = read_bool(spool, STR("active")),
        .spool_records = read_count(spool, STR("records")),
        .spool_bytes = read_count(spool, STR("bytes")),
        .drained_records = read_count(spool, STR("drained")),
    };
    int64_t oldest = 0;
    if (clock_parse_rfc3339(json_get_string(spool, STR("oldestAt")), &oldest)) {
        out->log.spool_oldest_ms = oldest;
    }
}

static void read_processor(const struct json_value *processor, struct app_view *out) {
    out->has_processor = true;
    out->processor = (struct processor_stats){
        .applied = read_count(processor, STR("applied")),
        .duplicates = read_count(processor, STR("duplicates")),
        .bots = read_count(processor, STR("bots")),
        .filtered = read_count(processor, STR("filtered")),
        .dead_letters = read_count(processor, STR("deadLetters")),
        .cycles = read_count(processor, STR("cycles")),
    };
}

static enum status read_folded(const struct json_value *processor, struct arena *arena,
                               struct app_view *out) {
    const struct json_value *list = json_get(processor, STR("folded"));
    read_text(processor, STR("userAgents"), out->user_agents, sizeof out->user_agents);
    read_text(processor, STR("locations"), out->locations, sizeof out->locations);
    if (!list || list->type != JSON_ARRAY || list->count == 0) {
        return STATUS_OK;
    }
    out->folded = arena_alloc_array(arena, list->count, sizeof *out->folded);
    if (!out->folded) {
        return STATUS_NO_MEMORY;
    }
    for (const struct json_value *row = list->child; row; row = row->next) {
        struct processor_folded *to = &out->folded[out->folded_count++];
        read_text(row, STR("project"), to->project, sizeof to->project);
        read_text(row, STR("by"), to->by, sizeof to->by);
        to->events = read_count(row, STR("events"));
        to->values = read_count(row, STR("values"));
    }
    return STATUS_OK;
}

static enum status read_rows(const struct json_value *list, struct arena *arena,
                             struct app_view *out) {
    if (list->count == 0) {
        return STATUS_OK;
    }
    out->rows = arena_alloc_array(arena, list->count, sizeof *out->rows);
    if (!out->rows) {
        return STATUS_NO_MEMORY;
    }
    for (const struct json_value *row = list->child; row; row = row->next) {
        uint64_t partition = read_count(row, STR("partition"));
        if (partition >= EVENTLOG_PARTITIONS_MAX) {
            return STATUS_INVALID;
        }
        struct processor_partition_status *to = &out->rows[out->row_count++];
        *to = (struct processor_partition_status){
            .partition = (unsigned)partition,
            .owned = read_bool(row, STR("owned")),
            .log_end = read_number(row, STR("durable")),
            .next_offset = read_number(row, STR("processed")),
            .processed_ms = read_number(row, STR("processedMs")),
            .stuck = read_bool(row, STR("stuck")),
        };
        read_text(row, STR("problem"), to->problem, sizeof to->problem);
    }
    return STATUS_OK;
}

static enum status read_view(const struct json_value *root, struct arena *arena,
                             struct app_view *out) {
    const struct json_value *log = json_get(root, STR("eventLog"));
    const struct json_value *processor = json_get(root, STR("processor"));
    const struct json_value *store = json_get(root, STR("store"));
    const struct json_value *rows = json_get(root, STR("partitions"));
    read_text(root, STR("role"), out->role, sizeof out->role);
    read_text(root, STR("version"), out->version, sizeof out->version);
    read_text(root, STR("waitingFor"), out->waiting, sizeof out->waiting);
    out->ready = read_bool(root, STR("ready"));
    out->uptime_s = read_number(root, STR("uptimeSeconds"));
    out->memory_bytes = read_count(root, STR("memoryBytes"));
    out->reachable = true;
    const struct json_value *configuration = json_get(root, STR("configuration"));
    if (configuration && configuration->type == JSON_OBJECT) {
        out->configuration = arena_copy(arena, configuration->raw);
    }
    if (log) {
        read_log(log, out);
    }
    if (processor) {
        read_processor(processor, out);
        if (app_view_read_rules(processor, arena, &out->shape) != STATUS_OK ||
            read_folded(processor, arena, out) != STATUS_OK) {
            return STATUS_NO_MEMORY;
        }
    }
    if (store) {
        out->has_store = true;
        read_text(store, STR("engine"), out->store_engine, sizeof out->store_engine);
        out->store = (struct store_stats){.disk_bytes = read_count(store, STR("diskBytes")),
                                          .memory_bytes = read_count(store, STR("memoryBytes")),
                                          .writable = read_bool(store, STR("writable"))};
    }
    return rows && rows->type == JSON_ARRAY ? read_rows(rows, arena, out) : STATUS_OK;
}

enum status app_view_read(struct str json, struct arena *arena, struct app_view *out) {
    static const struct json_limits limits = {.depth = 6, .values = 100000, .bytes = READ_MOST};
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    enum status status = json_parser_make(&parser);
    if (status == STATUS_OK) {
        status = json_parse(parser, json, &limits, arena, &root, NULL);
    }
    json_parser_free(parser);
    if (status != STATUS_OK) {
        return status;
    }
    return json_get_string(root, STR("role")).len > 0 ? read_view(root, arena, out)
                                                      : STATUS_INVALID;
}
