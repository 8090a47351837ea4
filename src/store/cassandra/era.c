// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which rows are read and written: the life of the log that the store is filled from, and the generation.
//
// Derived rows have the log's epoch plus the number of their generation for an epoch: of the first, number 0, that is the epoch itself, and
// of later ones it is one that no log has, since those are random. Whoever reads goes by a number that a thread asks for once a second, so
// that no request waits for it; when that cannot be asked for a while, requests ask themselves, and fail if they cannot either: removing an
// old generation waits longer than that.
#include <stdlib.h>

#include "base/log.h"
#include "store/cassandra/cassandra.h"

#define WATCH_US (1000 * 1000LL)
#define STALE_US (20 * 1000 * 1000LL) // STORE_GENERATION_GRACE_MS is more

// --- The log's epoch ----------------------------------------------------------------------------------------------------

enum status cassandra_log_epoch(struct cassandra_store *store, int64_t *epoch) {
    if (atomic_load(&store->epoch_known)) {
        *epoch = atomic_load(&store->epoch);
        return STATUS_OK;
    }
    struct cql_result *result = NULL;
    struct cql_value column;
    enum status status = cassandra_run_row(store, STATEMENT_EPOCH_GET, NULL, &result, &column, 1);
    if (status == STATUS_OK) {
        status = cql_get_bigint(column, epoch);
    }
    if (status == STATUS_OK) {
        atomic_store(&store->epoch, *epoch);
        atomic_store(&store->epoch_known, true);
    }
    cql_result_free(result);
    return status;
}

enum status cassandra_epoch_claim(struct cassandra_store *store, int64_t log_epoch) {
    int64_t known = 0;
    enum status status = cassandra_log_epoch(store, &known);
    if (status == STATUS_NOT_FOUND) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        bool applied = false;
        cql_bind_bigint(values, log_epoch);
        cql_bind_timestamp(values, store->clock->wall_ms(store->clock));
        status = cassandra_decide(store, STATEMENT_EPOCH_CLAIM, values, &applied, NULL);
        if (status == STATUS_OK) {
            status = cassandra_log_epoch(store, &known);
        }
    }
    return status == STATUS_OK && known != log_epoch ? STATUS_CONFLICT : status;
}

// --- The generation -----------------------------------------------------------------------------------------------------

void cassandra_generation_set(struct cassandra_store *main, int64_t generation) {
    int64_t now = main->clock->mono_us(main->clock);
    int64_t before = atomic_load(&main->generation);
    while (generation > before &&
           !atomic_compare_exchange_weak(&main->generation, &before, generation)) {
    }
    if (generation > before && atomic_load(&main->generation_us) != 0) {
        atomic_store(&main->noticed_us, now);
    }
    atomic_store(&main->generation_us, now);
}

static enum status ask(struct cassandra_store *main) {
    struct cql_result *result = NULL;
    struct cql_value column;
    int64_t generation = 0;
    enum status status =
        cassandra_run_row(main, STATEMENT_GENERATION_GET, NULL, &result, &column, 1);
    if (status == STATUS_OK && !cql_is_null(column)) {
        status = cql_get_bigint(column, &generation);
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) {
        cassandra_generation_set(main, generation);
        status = STATUS_OK;
    }
    cql_result_free(result);
    return status;
}

static bool is_fresh(struct cassandra_store *store) {
    return store->main != NULL ||
           store->clock->mono_us(store->clock) - atomic_load(&store->generation_us) < STALE_US;
}

static enum status number_of(struct cassandra_store *store, int64_t *generation) {
    enum status status = is_fresh(store) ? STATUS_OK : ask(store);
    *generation = atomic_load(&store->generation);
    return status;
}

static void *watch(void *context) {
    struct cassandra_store *main = context;
    while (!atomic_load(&main->closing)) {
        queue_wait(&main->waker, WATCH_US);
        if (!atomic_load(&main->closing) && ask(main) != STATUS_OK) {
            LOG_DEBUG("store", "which generation is read could not be asked");
        }
    }
    return NULL;
}

enum status cassandra_era_start(struct cassandra_store *main, struct error *err) {
    enum status status = ask(main);
    if (status != STATUS_OK) {
        return error_set(err, status, "Cassandra: which generation is read cannot be asked: %s",
                         status_text(status));
    }
    status = thread_start(&main->watcher, "generation", watch, main);
    main->watching = status == STATUS_OK;
    return status == STATUS_OK ? status
                               : error_set(err, status, "cannot start a thread of the store: %s",
                                           status_text(status));
}

void cassandra_era_stop(struct cassandra_store *main) {
    atomic_store(&main->closing, true);
    queue_wake(&main->waker);
    if (main->watching) {
        thread_join(&main->watcher);
        main->watching = false;
    }
}

// --- Both ---------------------------------------------------------------------------------------------------------------

bool cassandra_epoch_known(struct cassandra_store *store, int64_t *epoch) {
    *epoch = atomic_load(&store->epoch) + atomic_load(&store->generation);
    return atomic_load(&store->epoch_known) && is_fresh(store);
}

enum status cassandra_epoch(struct cassandra_store *store, int64_t *epoch) {
    int64_t generation = 0;
    enum status status = cassandra_log_epoch(store, epoch);
    if (status == STATUS_OK) {
        status = number_of(store, &generation);
    }
    *epoch += generation;
    return status;
}

int64_t cassandra_generation_of(const struct cassandra_store *store, int64_t epoch) {
    return epoch - atomic_load(&store->epoch);
}

enum status cassandra_epoch_in(struct cassandra_store *store, int64_t log_epoch, int64_t *epoch) {
    int64_t known = 0;
    int64_t generation = 0;
    enum status status = cassandra_log_epoch(store, &known);
    if (status == STATUS_OK && known != log_epoch) {
        return STATUS_CONFLICT;
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) { // it belongs to nobody yet
        status = number_of(store, &generation);
    }
    *epoch = log_epoch + generation;
    return status;
}

enum status cassandra_handle_open(struct cassandra_store *store, int64_t generation,
                                  struct store **out) {
    struct cassandra_store *main = cassandra_main(store);
    struct cassandra_store *handle = calloc(1, sizeof *handle);
    if (handle == NULL) {
        return STATUS_NO_MEMORY;
    }
    handle->store.engine = main->store.engine;
    handle->session = main->session;
    memcpy(handle->statements, main->statements, sizeof handle->statements);
    memcpy(handle->keyspace, main->keyspace, sizeof handle->keyspace);
    handle->clock = main->clock;
    handle->random = main->random;
    handle->timeline_age_ms = main->timeline_age_ms;
    handle->session_age_ms = main->session_age_ms;
    handle->letter_age_ms = main->letter_age_ms;
    handle->in_flight = main->in_flight;
    handle->main = main;
    atomic_init(&handle->generation, generation);
    queue_waker_init(&handle->waker);
    pthread_mutex_init(&handle->mutex, NULL);
    cassandra_new_id(handle, handle->writer); // another writer, for all that anybody can tell
    *out = &handle->store;
    return STATUS_OK;
}
