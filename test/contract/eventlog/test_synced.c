// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Yes means kept: no append is acknowledged before a write that RocksDB was told to sync, and none after one that failed.
//
// kill -9 cannot tell this, for what was written survives it in the page cache. The linker's --wrap stands in front of RocksDB.
#include "eventlog_fixture.h"

#include <rocksdb/c.h>
#include <stdatomic.h>

static struct {
    atomic_uint synced; // writes that are on stable storage
    atomic_bool fail;
    atomic_uint acknowledged;
    atomic_bool early;
} seen;

#define PARAMETERS                                                                                 \
    (rocksdb_t * db, const rocksdb_writeoptions_t *options, rocksdb_writebatch_t *batch,           \
     char **message)
void __real_rocksdb_write PARAMETERS;
void __wrap_rocksdb_write PARAMETERS;
void __wrap_rocksdb_write PARAMETERS {
    // The options are RocksDB's to read; it gives no const to its own accessors.
    rocksdb_writeoptions_t *own = (rocksdb_writeoptions_t *)(uintptr_t)options;
    if (atomic_load(&seen.fail)) {
        *message = strdup("IO error: No space left on device");
        return;
    }
    __real_rocksdb_write(db, options, batch, message);
    if (*message == NULL && rocksdb_writeoptions_get_sync(own) &&
        !rocksdb_writeoptions_get_disable_WAL(own)) {
        atomic_fetch_add(&seen.synced, 1);
    }
}

struct noted {
    struct eventlog_append append;
    unsigned synced_before;
    struct queue_waker waker;
};

static void note(struct eventlog_append *append) {
    struct noted *noted = append->context;
    if (append->status == STATUS_OK) {
        atomic_fetch_add(&seen.acknowledged, 1);
        if (atomic_load(&seen.synced) == noted->synced_before) {
            atomic_store(&seen.early, true);
        }
    }
    queue_wake(&noted->waker);
}

static enum status append_noted(struct fixture *fixture, const char *key) {
    const struct eventlog_record record = {str_from_c(key), STR("v"), 1};
    struct noted noted = {.synced_before = atomic_load(&seen.synced)};
    noted.append =
        (struct eventlog_append){.records = &record, .count = 1, .done = note, .context = &noted};
    queue_waker_init(&noted.waker);
    eventlog_append(fixture->log, &noted.append);
    queue_wait(&noted.waker, -1);
    queue_waker_destroy(&noted.waker);
    return noted.append.status;
}

static void what_is_acknowledged_was_synced(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "rocksdb");
    fixture_open(&fixture);
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(append_noted(&fixture, i % 2 == 0 ? "a" : "b"), STATUS_OK);
    }
    assert_int_equal(atomic_load(&seen.acknowledged), 50);
    assert_false(atomic_load(&seen.early));
    atomic_store(&seen.fail, true);
    assert_int_equal(append_noted(&fixture, "a"), STATUS_IO);
    atomic_store(&seen.fail, false);
    assert_int_equal(atomic_load(&seen.acknowledged), 50);
    fixture_free(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_acknowledged_was_synced)};
    return cmocka_run_group_tests_name("eventlog synced", tests, NULL, NULL);
}
