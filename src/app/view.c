// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Looking at this process, and merging what several have seen.
#include "app/view.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/engines.h"
#include "app/reload.h"

static void set(char *out, size_t size, const char *text) {
    (void)snprintf(out, size, "%s", text);
}

static uint64_t resident_bytes(void) {
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text) : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
    uint64_t pages = 0;
    struct str rest = str_make(text, len > 0 ? (size_t)len : 0);
    (void)str_cut(&rest, ' ');
    (void)str_to_u64(str_cut(&rest, ' '), &pages);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

// --- This process ------------------------------------------------------------------------------------------------------
static void look_at_log(struct app_service *service, struct app_view *out) {
    const char *engine = eventlog_engine_name(service->log);
    out->has_log = true;
    out->has_spool = strcmp(engine, "spool") == 0;
    set(out->log_engine, sizeof out->log_engine,
        app_log_is_remote(service->settings) ? "kafka" : "embedded");
    eventlog_stats(service->log, &out->log);
}

// Where nobody here processes, the log itself knows how far it was processed.
static size_t rows_of_log(struct app_service *service, struct arena *arena,
                          struct processor_partition_status *rows, size_t room) {
    struct eventlog_partition_info *infos = arena_alloc_array(arena, room, sizeof *infos);
    if (!infos || eventlog_partitions_info(service->log, STR(PROCESSOR_GROUP), infos,
                                           (unsigned)room) != STATUS_OK) {
        return 0;
    }
    for (size_t i = 0; i < room; i++) {
        int64_t processed =
            infos[i].committed >= infos[i].begin ? infos[i].committed : infos[i].begin;
        rows[i] = (struct processor_partition_status){
            .partition = (unsigned)i, .next_offset = processed, .log_end = infos[i].end};
    }
    return room;
}

// What nobody reads looks as what it is.
static void add_surplus(const struct app_service *service, struct app_view *out) {
    unsigned first = eventlog_partition_count(service->log);
    for (unsigned i = 0; i < out->log.surplus; i++) {
        struct processor_partition_status *row = &out->rows[out->row_count++];
        *row = (struct processor_partition_status){.partition = first + i, .stuck = true};
        (void)snprintf(row->problem, sizeof row->problem,
                       "somebody added it to the topic, which was made with %u: nobody reads it; "
                       "move to a topic with as many (footfall migrate --to-topic)",
                       first);
    }
}

static void look_at_partitions(struct app_service *service, bool ask_log, struct arena *arena,
                               struct app_view *out) {
    size_t room = eventlog_partition_count(service->log);
    if (!service->processor && !ask_log) {
        return;
    }
    out->rows = arena_alloc_array(arena, room + out->log.surplus, sizeof *out->rows);
    if (!out->rows) {
        return;
    }
    if (!service->processor) {
        out->row_count = rows_of_log(service, arena, out->rows, room);
        return;
    }
    size_t there = processor_partitions(service->processor, out->rows, room);
    out->row_count = there < room ? there : room;
    for (size_t i = 0; i < out->row_count && !out->log.reachable; i++) {
        // Where they end is not known, which must not look as if all were done.
        out->rows[i].stuck = true;
        set(out->rows[i].problem, sizeof out->rows[i].problem, "Kafka does not answer");
    }
    add_surplus(service, out);
}

struct looking {
    struct arena *arena;
    struct app_view *view;
    size_t room;
};

static void look_at_one(void *context, struct http_upstream *upstream) {
    const struct looking *looking = context;
    if (looking->view->upstream_count < looking->room) {
        app_upstream_look(upstream, looking->arena,
                          &looking->view->upstreams[looking->view->upstream_count++]);
    }
}

// Those of the roles, and those of the settings, of which one may come meanwhile.
static void look_at_upstreams(struct app_service *service, struct arena *arena,
                              struct app_view *out) {
    struct gateway_upstreams *configured = service->configured;
    size_t count = configured ? gateway_upstreams_visit(configured, NULL, NULL) : 0;
    struct looking looking = {arena, out, APP_UPSTREAMS + count};
    out->upstreams = arena_alloc_array(arena, looking.room, sizeof *out->upstreams);
    for (size_t i = 0; i < APP_UPSTREAMS && out->upstreams; i++) {
        if (service->upstreams[i]) {
            look_at_one(&looking, service->upstreams[i]);
        }
    }
    if (configured && out->upstreams) {
        (void)gateway_upstreams_visit(configured, look_at_one, &looking);
    }
}

static void look_at_breakdowns(struct app_service *service, struct arena *arena,
                               struct app_view *out) {
    enrichment_about_agents(service->enrichment, out->user_agents);
    enrichment_about_locations(service->enrichment, out->locations);
    size_t room = processor_folded(service->processor, NULL, 0);
    out->folded = arena_alloc_array(arena, room + 1, sizeof *out->folded);
    if (out->folded) {
        size_t there = processor_folded(service->processor, out->folded, room);
        out->folded_count = there < room ? there : room;
    }
}

static void look_at_settings(struct app_service *service, struct arena *arena,
                             struct app_view *out) {
    struct buffer text;
    struct json_writer writer;
    buffer_init(&text, 256 * 1024);
    json_writer_init(&writer, &text);
    app_reload_write(service->reload, &writer);
    if (json_writer_status(&writer) == STATUS_OK) {
        out->configuration = arena_copy(arena, buffer_str(&text));
    }
    buffer_free(&text);
}

void app_view_look(struct app_service *service, bool ask_log, struct arena *arena,
                   struct app_view *out) {
    struct clock *clock = clock_system();
    *out = (struct app_view){.reachable = true, .ready = atomic_load(&service->ready)};
    set(out->role, sizeof out->role, app_role_name(service->role));
    set(out->version, sizeof out->version, FOOTFALL_VERSION);
    app_waiting_text(service->waiting, out->waiting);
    out->uptime_s = (clock->mono_us(clock) - service->started_us) / 1000000;
    out->memory_bytes = resident_bytes();
    if (!app_service_enter(service)) {
        return;
    }
    if (service->log) {
        look_at_log(service, out);
        look_at_partitions(service, ask_log, arena, out);
    }
    if (service->processor) {
        out->has_processor = true;
        processor_stats(service->processor, &out->processor);
        if (service->shape && shape_look(service->shape, arena, &out->shape) != STATUS_OK) {
            out->shape = (struct shape_stats){.count = 0}; // the rest is worth seeing
        }
        look_at_breakdowns(service, arena, out);
    }
    if (service->store) {
        out->has_store = true;
        set(out->store_engine, sizeof out->store_engine,
            app_store_is_remote(service->settings) ? "cassandra" : "embedded");
        store_stats(service->store, &out->store);
    }
    if (service->reload) {
        look_at_settings(service, arena, out);
    }
    if (service->config_server) {
        out->has_config = true;
        config_server_look(service->config_server, &out->config);
    }
    look_at_upstreams(service, arena, out);
    app_service_leave(service);
}

// --- Several -------------------------------------------------------------------------------------------------------------
static void merge_log(struct app_view *view, const struct app_view *other) {
    const struct eventlog_stats *from = &other->log;
    struct eventlog_stats *to = &view->log;
    if (!view->has_log) {
        to->writable = to->reachable = true;
    }
    view->has_log = true;
    view->has_spool = view->has_spool || other->has_spool;
    set(view->log_engine, sizeof view->log_engine, other->log_engine);
    to->appended_records += from->appended_records;
    to->appended_bytes += from->appended_bytes;
    to->commits += from->commits;
    to->refused += from->refused;
    to->waiting_bytes += from->waiting_bytes;
    to->disk_bytes += from->disk_bytes;
    to->quota_bytes += from->quota_bytes;
    to->writable = to->writable && from->writable;
    to->reachable = to->reachable && from->reachable;
    to->spooling = to->spooling || from->spooling;
    to->spool_records += from->spool_records;
    to->spool_bytes += from->spool_bytes;
    to->drained_records += from->drained_records;
    if (from->spool_oldest_ms > 0 &&
        (to->spool_oldest_ms == 0 || from->spool_oldest_ms < to->spool_oldest_ms)) {
        to->spool_oldest_ms = from->spool_oldest_ms;
    }
}

static bool is_same(const struct processor_folded *a, const struct processor_folded *b) {
    return strcmp(a->project, b->project) == 0 && strcmp(a->by, b->by) == 0;
}

static enum status merge_folded(struct app_view *view, const struct app_view *other,
                                struct arena *arena) {
    size_t most = view->folded_count + other->folded_count, count = view->folded_count;
    struct processor_folded *rows = arena_alloc_array(arena, most + 1, sizeof *rows);
    if (!rows) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        rows[i] = view->folded[i];
    }
    for (size_t i = 0; i < other->folded_count; i++) {
        size_t at = 0;
        while (at < count && !is_same(&rows[at], &other->folded[i])) {
            at++;
        }
        if (at == count) {
            rows[count] = other->folded[i];
            rows[count].events = rows[count].values = 0;
            count++;
        }
        rows[at].events += other->folded[i].events;
        rows[at].values += other->folded[i].values;
    }
    view->folded = rows;
    view->folded_count = count;
    return STATUS_OK;
}

static void merge_processor(struct app_view *view, const struct app_view *other) {
    view->has_processor = true;
    set(view->user_agents, sizeof view->user_agents, other->user_agents);
    set(view->locations, sizeof view->locations, other->locations);
    view->processor.applied += other->processor.applied;
    view->processor.duplicates += other->processor.duplicates;
    view->processor.bots += other->processor.bots;
    view->processor.filtered += other->processor.filtered;
    view->processor.dead_letters += other->processor.dead_letters;
    view->processor.cycles += other->processor.cycles;
}

static void merge_store(struct app_view *view, const struct app_view *other) {
    if (!view->has_store) {
        view->store.writable = true;
    }
    view->has_store = true;
    set(view->store_engine, sizeof view->store_engine, other->store_engine);
    view->store.memory_bytes += other->store.memory_bytes;
    view->store.writable = view->store.writable && other->store.writable;
    if (other->store.disk_bytes > view->store.disk_bytes) {
        view->store.disk_bytes = other->store.disk_bytes; // the same disks, seen by several
    }
}

// The owner knows best how far it is; where the log ends everybody may have seen last.
static void merge_row(struct processor_partition_status *to,
                      const struct processor_partition_status *from) {
    int64_t end = from->log_end > to->log_end ? from->log_end : to->log_end;
    bool better = from->owned == to->owned ? from->next_offset > to->next_offset : from->owned;
    if (better) {
        *to = *from;
    }
    to->log_end = end;
}

static enum status merge_rows(struct app_view *view, const struct app_view *other,
                              struct arena *arena) {
    size_t most = view->row_count;
    for (size_t i = 0; i < other->row_count; i++) {
        most = other->rows[i].partition >= most ? other->rows[i].partition + 1 : most;
    }
    if (most > view->row_count) {
        struct processor_partition_status *rows = arena_alloc_array(arena, most, sizeof *rows);
        if (!rows) {
            return STATUS_NO_MEMORY;
        }
        for (size_t i = 0; i < most; i++) {
            rows[i] = i < view->row_count
                          ? view->rows[i]
                          : (struct processor_partition_status){.partition = (unsigned)i};
        }
        view->rows = rows;
        view->row_count = most;
    }
    for (size_t i = 0; i < other->row_count; i++) {
        merge_row(&view->rows[other->rows[i].partition], &other->rows[i]);
    }
    return STATUS_OK;
}

enum status app_view_merge(struct app_view *view, const struct app_view *other,
                           struct arena *arena) {
    view->ready = view->ready && other->reachable && other->ready;
    view->memory_bytes += other->memory_bytes;
    if (other->has_log) {
        merge_log(view, other);
    }
    if (other->has_processor) {
        merge_processor(view, other);
        if (app_view_merge_rules(&view->shape, &other->shape, arena) != STATUS_OK ||
            merge_folded(view, other, arena) != STATUS_OK) {
            return STATUS_NO_MEMORY;
        }
    }
    if (other->has_store) {
        merge_store(view, other);
    }
    if (other->upstream_count > 0) { // of the gateway that is asked: others do not tell theirs
        view->upstreams = other->upstreams;
        view->upstream_count = other->upstream_count;
    }
    return merge_rows(view, other, arena);
}

void app_view_settle(struct app_view *view) {
    for (size_t i = 0; i < view->row_count; i++) {
        struct processor_partition_status *row = &view->rows[i];
        if (!row->owned) {
            row->stuck = true;
            set(row->problem, sizeof row->problem, "no processor that answers owns it");
        }
    }
}

void app_view_keep_own(struct app_view *view) {
    size_t owned = 0;
    for (size_t i = 0; i < view->row_count; i++) {
        if (view->rows[i].owned) {
            view->rows[owned++] = view->rows[i];
        }
    }
    view->row_count = owned;
}

struct app_lag app_view_lag(const struct app_view *view) {
    struct clock *clock = clock_system();
    struct app_lag lag = {.records = (int64_t)view->log.spool_records,
                          .processed_ms = clock->wall_ms(clock),
                          .stuck = view->row_count == 0};
    if (view->log.spool_oldest_ms > 0 && view->log.spool_oldest_ms < lag.processed_ms) {
        lag.processed_ms = view->log.spool_oldest_ms;
    }
    for (size_t i = 0; i < view->row_count; i++) {
        const struct processor_partition_status *row = &view->rows[i];
        lag.records += row->log_end - row->next_offset;
        if (row->log_end > row->next_offset && row->processed_ms < lag.processed_ms) {
            lag.processed_ms = row->processed_ms;
        }
        lag.stuck = lag.stuck || row->stuck;
    }
    return lag;
}
