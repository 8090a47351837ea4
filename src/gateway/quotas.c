// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Counts of a day by project, and the thread that shares them through the store.
#include "gateway/quotas.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/keyring.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "base/uuid.h"
#include "http/problem.h"

#define DAY_MS INT64_C(86400000)
#define INTERVAL_MS 5000
#define BUCKETS 1024

// Once made it stays until the end: there are as many as projects.
struct project {
    struct project *next; // of its bucket
    char name[AUTH_PROJECT_MAX + 1];
    int64_t quota;  // 0: none
    int64_t events; // own, today
    int64_t others;
    int64_t written; // of own, to the store
    int64_t before;  // own, of the day before; -1: is written
};

struct gateway_quotas {
    struct gateway_quotas_config config;
    char counter[UUID_TEXT_LEN + 1]; // of this process, since its start
    pthread_mutex_t mutex;           // guards what follows
    pthread_cond_t changed;
    int32_t day;
    int64_t events; // quota of projects that have no other
    struct project *buckets[BUCKETS];
    bool stopping;
    bool failing;
    struct thread thread;
    metrics_id refused;
    metrics_id fullest;
};

static int32_t today(const struct gateway_quotas *quotas) {
    return (int32_t)(quotas->config.clock->wall_ms(quotas->config.clock) / DAY_MS);
}

// --- Projects --------------------------------------------------------------------------------------------------------

static struct project *find(struct gateway_quotas *quotas, struct str name) {
    struct project **bucket = &quotas->buckets[str_hash(name, 0) % BUCKETS];
    for (struct project *project = *bucket; project; project = project->next) {
        if (str_equal(str_from_c(project->name), name)) {
            return project;
        }
    }
    struct project *made = name.len <= AUTH_PROJECT_MAX ? calloc(1, sizeof *made) : NULL;
    if (made) {
        memcpy(made->name, name.data, name.len);
        made->quota = quotas->events;
        made->before = -1;
        made->next = *bucket;
        *bucket = made;
    }
    return made;
}

typedef void visitor(struct gateway_quotas *quotas, struct project *project, void *context);

static void visit(struct gateway_quotas *quotas, visitor *each, void *context) {
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct project *project = quotas->buckets[i]; project; project = project->next) {
            each(quotas, project, context);
        }
    }
}

static void begin_day(struct gateway_quotas *quotas, struct project *project, void *context) {
    (void)quotas;
    (void)context;
    project->before = project->events != project->written ? project->events : -1;
    project->events = project->others = project->written = 0;
}

// Under the mutex. A clock that goes back does not bring a day back.
static void keep_day(struct gateway_quotas *quotas) {
    int32_t day = today(quotas);
    if (day > quotas->day) {
        visit(quotas, begin_day, NULL);
        quotas->day = day;
    }
}

static enum status read_one(struct str text, struct str *name, int64_t *events, struct error *err) {
    struct str rest = text;
    *name = str_trim(str_cut(&rest, '='));
    if (name->len == 0 || !str_to_i64(str_trim(rest), events) || *events < 0) {
        return error_set(err, STATUS_INVALID, "quotas.projects: \"%.*s\": PROJECT=EVENTS is needed",
                         STR_ARG(text));
    }
    return name->len <= AUTH_PROJECT_MAX
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, "quotas.projects: \"%.*s\" is no project's id",
                           STR_ARG(*name));
}

enum status gateway_quotas_check(const struct gateway_quotas_sizes *sizes, struct error *err) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizes->project_count && status == STATUS_OK; i++) {
        struct str name;
        int64_t events = 0;
        status = read_one(sizes->projects[i], &name, &events, err);
    }
    return status;
}

static void set_quota(struct gateway_quotas *quotas, struct project *project, void *context) {
    (void)context;
    project->quota = quotas->events;
}

static enum status set_sizes(struct gateway_quotas *quotas,
                             const struct gateway_quotas_sizes *sizes, struct error *err) {
    quotas->events = sizes->events;
    visit(quotas, set_quota, NULL);
    for (size_t i = 0; i < sizes->project_count; i++) {
        struct str name;
        int64_t events = 0;
        enum status status = read_one(sizes->projects[i], &name, &events, err);
        struct project *project = status == STATUS_OK ? find(quotas, name) : NULL;
        if (!project) {
            return status != STATUS_OK
                       ? status
                       : error_set(err, STATUS_NO_MEMORY, "no memory for quotas.projects");
        }
        project->quota = events;
    }
    return STATUS_OK;
}

enum status gateway_quotas_change(struct gateway_quotas *quotas,
                                  const struct gateway_quotas_sizes *sizes, struct error *err) {
    enum status status = gateway_quotas_check(sizes, err);
    if (status == STATUS_OK) {
        pthread_mutex_lock(&quotas->mutex);
        status = set_sizes(quotas, sizes, err);
        pthread_mutex_unlock(&quotas->mutex);
    }
    return status;
}

// --- The store -------------------------------------------------------------------------------------------------------

struct pending {
    struct arena *arena;
    struct store_usage *rows;
    size_t count, capacity;
};

static void count_pending(struct gateway_quotas *quotas, struct project *project, void *context) {
    struct pending *pending = context;
    (void)quotas;
    pending->capacity += project->events != project->written ? 1U : 0U;
    pending->capacity += project->before >= 0 ? 1U : 0U;
}

static void add_pending(struct gateway_quotas *quotas, struct project *project, void *context) {
    struct pending *pending = context;
    struct store_usage row = {.day = quotas->day,
                              .project = str_from_c(project->name),
                              .counter = str_from_c(quotas->counter),
                              .events = project->events};
    if (project->events != project->written) {
        pending->rows[pending->count++] = row;
    }
    if (project->before >= 0) {
        row.day--;
        row.events = project->before;
        pending->rows[pending->count++] = row;
    }
}

// Under the mutex. Taken to be written from then on; what fails is said again by the next.
static enum status take_pending(struct gateway_quotas *quotas, struct pending *pending) {
    visit(quotas, count_pending, pending);
    pending->rows = arena_alloc_array(pending->arena, pending->capacity + 1, sizeof *pending->rows);
    if (!pending->rows) {
        return STATUS_NO_MEMORY;
    }
    visit(quotas, add_pending, pending);
    return STATUS_OK;
}

static void mark_written(struct gateway_quotas *quotas, const struct store_usage *row) {
    struct project *project = find(quotas, row->project);
    if (project && row->day == quotas->day) {
        project->written = row->events;
    } else if (project && row->day == quotas->day - 1) {
        project->before = -1;
    }
}

static void forget_others(struct gateway_quotas *quotas, struct project *project, void *context) {
    (void)quotas;
    (void)context;
    project->others = 0;
}

static void take_others(struct gateway_quotas *quotas, int32_t day, const struct store_usage *rows,
                        size_t count) {
    if (day != quotas->day) {
        return;
    }
    visit(quotas, forget_others, NULL);
    for (size_t i = 0; i < count; i++) {
        struct project *project = find(quotas, rows[i].project);
        if (project && !str_equal(rows[i].counter, str_from_c(quotas->counter))) {
            project->others += rows[i].events;
        }
    }
}

static enum status exchange_counts(struct gateway_quotas *quotas, struct arena *arena) {
    struct pending pending = {.arena = arena};
    struct store_usage *rows = NULL;
    size_t count = 0;
    pthread_mutex_lock(&quotas->mutex);
    keep_day(quotas);
    int32_t day = quotas->day;
    enum status status = take_pending(quotas, &pending);
    pthread_mutex_unlock(&quotas->mutex);
    for (size_t i = 0; i < pending.count && status == STATUS_OK; i++) {
        status = store_usage_put(quotas->config.store, &pending.rows[i]);
        if (status == STATUS_OK) {
            pthread_mutex_lock(&quotas->mutex);
            mark_written(quotas, &pending.rows[i]);
            pthread_mutex_unlock(&quotas->mutex);
        }
    }
    if (status == STATUS_OK) {
        status = store_usage_read(quotas->config.store, day, arena, &rows, &count);
    }
    if (status == STATUS_OK) {
        pthread_mutex_lock(&quotas->mutex);
        take_others(quotas, day, rows, count);
        pthread_mutex_unlock(&quotas->mutex);
    }
    return status;
}

enum status gateway_quotas_settle(struct gateway_quotas *quotas) {
    struct arena arena;
    arena_init(&arena, 16 * 1024, 0);
    enum status status = exchange_counts(quotas, &arena);
    arena_free(&arena);
    if (status != STATUS_OK && !quotas->failing) {
        LOG_WARN("gateway", "what projects used cannot be kept now; it is counted here meanwhile",
                 LOG_CSTR("reason", status_text(status)));
    }
    quotas->failing =
        status != STATUS_OK; // of the thread alone, before it starts and after it ended
    return status;
}

static void *run(void *context) {
    struct gateway_quotas *quotas = context;
    pthread_mutex_lock(&quotas->mutex);
    while (!quotas->stopping) {
        (void)thread_cond_wait_us(&quotas->changed, &quotas->mutex,
                                  quotas->config.interval_ms * 1000);
        if (!quotas->stopping) {
            pthread_mutex_unlock(&quotas->mutex);
            gateway_quotas_settle(quotas);
            pthread_mutex_lock(&quotas->mutex);
        }
    }
    pthread_mutex_unlock(&quotas->mutex);
    return NULL;
}

// --- Starting and stopping -------------------------------------------------------------------------------------------

static void look_how_full(struct gateway_quotas *quotas, struct project *project, void *context) {
    double *fullest = context;
    (void)quotas;
    double share = project->quota > 0
                       ? (double)(project->events + project->others) / (double)project->quota
                       : 0;
    *fullest = share > *fullest ? share : *fullest;
}

static double read_fullest(void *context) {
    struct gateway_quotas *quotas = context;
    double fullest = 0;
    pthread_mutex_lock(&quotas->mutex);
    visit(quotas, look_how_full, &fullest);
    pthread_mutex_unlock(&quotas->mutex);
    return fullest;
}

static void destroy(struct gateway_quotas *quotas) {
    for (size_t i = 0; i < BUCKETS; i++) {
        while (quotas->buckets[i]) {
            struct project *project = quotas->buckets[i];
            quotas->buckets[i] = project->next;
            free(project);
        }
    }
    thread_must(pthread_cond_destroy(&quotas->changed));
    thread_must(pthread_mutex_destroy(&quotas->mutex));
    free(quotas);
}

enum status gateway_quotas_start(const struct gateway_quotas_config *config,
                                 struct gateway_quotas **out, struct error *err) {
    struct gateway_quotas *quotas = calloc(1, sizeof *quotas);
    *out = NULL;
    if (!quotas) {
        return error_set(err, STATUS_NO_MEMORY, "quotas: out of memory");
    }
    quotas->config = *config;
    quotas->config.interval_ms = config->interval_ms > 0 ? config->interval_ms : INTERVAL_MS;
    quotas->day = today(quotas);
    uuid_v7(config->clock->wall_ms(config->clock), config->random, quotas->counter);
    thread_must(pthread_mutex_init(&quotas->mutex, NULL));
    thread_cond_init(&quotas->changed);
    enum status status = gateway_quotas_change(quotas, &config->sizes, err);
    if (status == STATUS_OK) {
        status = gateway_quotas_settle(quotas);
        if (status != STATUS_OK) {
            (void)error_set(err, status, "quotas: what projects used cannot be read: %s",
                            status_text(status));
        }
    }
    if (status == STATUS_OK) {
        status = thread_start(&quotas->thread, "quotas", run, quotas);
    }
    if (status != STATUS_OK) {
        destroy(quotas);
        return status;
    }
    quotas->refused = metrics_counter("footfall_quota_refused_events_total",
                                      "Events refused because of their project's quota.", NULL);
    quotas->fullest = metrics_gauge("footfall_quota_fullest_ratio",
                                    "Of the project that used most of its quota today: how much.",
                                    NULL, read_fullest, quotas);
    *out = quotas;
    return STATUS_OK;
}

void gateway_quotas_stop(struct gateway_quotas *quotas) {
    if (!quotas) {
        return;
    }
    metrics_gauge_remove(quotas->fullest);
    pthread_mutex_lock(&quotas->mutex);
    quotas->stopping = true;
    pthread_cond_signal(&quotas->changed);
    pthread_mutex_unlock(&quotas->mutex);
    thread_join(&quotas->thread);
    gateway_quotas_settle(quotas);
    destroy(quotas);
}

// --- Asking ----------------------------------------------------------------------------------------------------------

static void refuse(const struct gateway_quotas *quotas, struct http_exchange *exchange,
                   struct str name, int64_t quota, int64_t left, unsigned status) {
    int64_t now = quotas->config.clock->wall_ms(quotas->config.clock);
    long long after = (long long)((DAY_MS - now % DAY_MS + 999) / 1000);
    char text[96];
    (void)snprintf(text, sizeof text, "%lld", after);
    http_reply_header(exchange, "Retry-After", str_from_c(text));
    http_reply_header(exchange, "RateLimit-Reset", str_from_c(text));
    (void)snprintf(text, sizeof text, "%lld", (long long)quota);
    http_reply_header(exchange, "RateLimit-Limit", str_from_c(text));
    (void)snprintf(text, sizeof text, "%lld", (long long)left);
    http_reply_header(exchange, "RateLimit-Remaining", str_from_c(text));
    (void)snprintf(text, sizeof text, "\"quota\";q=%lld;w=86400", (long long)quota);
    http_reply_header(exchange, "RateLimit-Policy", str_from_c(text));
    (void)snprintf(text, sizeof text, "\"quota\";r=%lld;t=%lld", (long long)left, after);
    http_reply_header(exchange, "RateLimit", str_from_c(text));
    http_reply_problemf(exchange, status,
                        "Project %.*s may bring %lld events a day (UTC) and has %lld left; "
                        "try again in %lld s.",
                        STR_ARG(name), (long long)quota, (long long)left, after);
}

bool gateway_quotas_admit(struct gateway_quotas *quotas, struct http_exchange *exchange,
                          struct str project_name, size_t events, unsigned status) {
    bool fits = true;
    int64_t quota = 0;
    int64_t left = 0;
    pthread_mutex_lock(&quotas->mutex);
    keep_day(quotas);
    struct project *project = find(quotas, project_name);
    if (project) { // without memory nobody is counted, and nobody refused
        quota = project->quota;
        left = quota - project->events - project->others;
        fits = quota == 0 || (int64_t)events <= left;
        project->events += fits ? (int64_t)events : 0;
    }
    pthread_mutex_unlock(&quotas->mutex);
    if (!fits) {
        metrics_add(quotas->refused, events);
        refuse(quotas, exchange, project_name, quota, left > 0 ? left : 0, status);
    }
    return fits;
}

void gateway_quotas_give_back(struct gateway_quotas *quotas, struct str project_name,
                              size_t events) {
    pthread_mutex_lock(&quotas->mutex);
    struct project *project = find(quotas, project_name);
    if (project) { // of yesterday, perhaps: then they are given back to nobody
        int64_t kept = project->events - (int64_t)events;
        project->events = kept > 0 ? kept : 0;
    }
    pthread_mutex_unlock(&quotas->mutex);
}

// --- Showing ---------------------------------------------------------------------------------------------------------

enum status gateway_quotas_write(struct gateway_quotas *quotas, struct arena *arena,
                                 struct json_writer *writer) {
    enum status status = exchange_counts(quotas, arena);
    if (status != STATUS_OK) {
        return status;
    }
    char date[11];
    pthread_mutex_lock(&quotas->mutex);
    clock_format_date(quotas->day, date);
    json_key(writer, STR("usage"));
    json_begin_object(writer);
    json_member_string(writer, STR("day"), str_make(date, 10));
    json_key(writer, STR("projects"));
    json_begin_object(writer);
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct project *project = quotas->buckets[i]; project; project = project->next) {
            json_key(writer, str_from_c(project->name));
            json_begin_object(writer);
            json_member_i64(writer, STR("events"), project->events + project->others);
            if (project->quota > 0) {
                json_member_i64(writer, STR("quota"), project->quota);
            }
            json_end_object(writer);
        }
    }
    json_end_object(writer);
    json_end_object(writer);
    pthread_mutex_unlock(&quotas->mutex);
    return STATUS_OK;
}
