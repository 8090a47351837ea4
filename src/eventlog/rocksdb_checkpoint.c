// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A consistent copy of a running log's files, for backups.
#include "eventlog/embedded.h"
#include "eventlog/rocksdb_store.h"

static bool is_rocksdb(const struct eventlog *log) {
    return strcmp(log->engine->name, "rocksdb") == 0;
}

static enum status refuse(struct error *err) {
    return error_set(err, STATUS_UNSUPPORTED, "the event log is not an embedded one");
}

static void set_held(struct eventlog *log, bool held) {
    struct embedded_log *embedded = embedded_of(log);
    thread_must(pthread_mutex_lock(&embedded->write_mutex));
    embedded->held = held;
    thread_must(pthread_mutex_unlock(&embedded->write_mutex));
}

enum status eventlog_rocksdb_hold(struct eventlog *log, struct error *err) {
    if (!is_rocksdb(log)) {
        return refuse(err);
    }
    set_held(log, true);
    return STATUS_OK;
}

void eventlog_rocksdb_release(struct eventlog *log) {
    set_held(log, false);
}

enum status eventlog_rocksdb_checkpoint(struct eventlog *log, const char *directory,
                                        struct error *err) {
    if (!is_rocksdb(log)) {
        return refuse(err);
    }
    struct batch_store *base = embedded_of(log)->store;
    struct rocksdb_store *store = rocksdb_store_of(base);
    enum status status = base->engine->pin(base);
    if (status != STATUS_OK) {
        return error_set(err, status, "the event log in %s is being recovered", store->directory);
    }
    char *text = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(store->db, &text);
    if (checkpoint != NULL) {
        rocksdb_checkpoint_create(checkpoint, directory, 0, &text);
        rocksdb_checkpoint_object_destroy(checkpoint);
    }
    base->engine->unpin(base);
    return text == NULL ? STATUS_OK : rocksdb_store_error(err, store, "copying", text);
}
