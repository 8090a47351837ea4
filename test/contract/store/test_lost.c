// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes the store had taken and then lost: no batch is put on top of the hole, and nothing is called durable that may be lost.
#include "engines.h"

#include <rocksdb/c.h>

#include "store/engine.h"
#include "store/kv/keys.h"
#include "store/kv/kv.h"
#include "store/kv/kv_store.h"

static int setup(void **state) {
    return fixture_setup(state, "rocksdb");
}

static void expect_offset(struct store *store, int64_t expected) {
    int64_t offset = -1;
    assert_ok(store_partition_offset(store, EPOCH, 0, &offset));
    assert_int_equal(offset, expected);
}

static struct store_batch *begin_in(struct store *store) {
    struct store_batch *batch = NULL;
    assert_ok(store_batch_begin(store, EPOCH, 0, &batch));
    return batch;
}

static void a_batch_does_not_go_on_top_of_a_hole(void **state) {
    (void)state;
    struct kv *kv = NULL;
    struct store *store = NULL;
    struct error err = {0};
    assert_ok(kv_memory_make(&kv, &err));
    assert_ok(kv_store_open(kv, &kv_store_engine_memory, &store, &err));
    commit(begin_in(store), 10);
    struct store_batch *batch = begin_in(store);
    struct kv_batch *raw = NULL;
    struct keys_key key;
    keys_begin_derived(&key, KEYS_OFFSET, 0);
    keys_u16(&key, 0);
    assert_ok(kv->engine->batch_make(kv, &raw));
    assert_ok(kv_store_batch_number(raw, &key, 4));
    assert_ok(kv->engine->write(kv, raw));
    kv->engine->batch_free(raw);
    assert_status(store_batch_commit(batch, 20), STATUS_CONFLICT);
    expect_offset(store, 4);
    commit(begin_in(store), 20);
    expect_offset(store, 20);
    store_close(store);
}

// --- The linker's --wrap puts these in front of RocksDB --------------------------------------------------------------

static struct { unsigned fail_syncs, synced, opens; } rocksdb;

void __real_rocksdb_flush_wal(rocksdb_t *db, unsigned char sync, char **message);
void __wrap_rocksdb_flush_wal(rocksdb_t *db, unsigned char sync, char **message);
void __wrap_rocksdb_flush_wal(rocksdb_t *db, unsigned char sync, char **message) {
    if (rocksdb.fail_syncs > 0) {
        rocksdb.fail_syncs--;
        *message = strdup("IO error: While fsync: Input/output error");
        return;
    }
    __real_rocksdb_flush_wal(db, sync, message);
    rocksdb.synced += sync && *message == NULL;
}

#define OPEN_PARAMETERS                                                                            \
    (const rocksdb_options_t *options, const char *name, int count, const char *const *names,      \
     const rocksdb_options_t *const *families, rocksdb_column_family_handle_t **handles,           \
     char **message)
rocksdb_t *__real_rocksdb_open_column_families OPEN_PARAMETERS;
rocksdb_t *__wrap_rocksdb_open_column_families OPEN_PARAMETERS;
rocksdb_t *__wrap_rocksdb_open_column_families OPEN_PARAMETERS {
    rocksdb.opens++;
    return __real_rocksdb_open_column_families(options, name, count, names, families, handles,
                                               message);
}

// kill -9 cannot tell this: what was written survives it in the page cache.
static void a_flush_is_an_fsync(void **state) {
    struct fixture *f = *state;
    commit(begin_in(f->store), 10);
    unsigned synced = rocksdb.synced;
    assert_ok(store_flush(f->store));
    assert_int_equal(rocksdb.synced, synced + 1);
}

// The kernel tells of a lost page once. An fsync after that one says nothing about it.
static void after_an_fsync_that_failed_the_next_one_is_not_believed(void **state) {
    struct fixture *f = *state;
    commit(begin_in(f->store), 10);
    assert_ok(store_flush(f->store));
    unsigned opens = rocksdb.opens;
    rocksdb.fail_syncs = 1;
    assert_status(store_flush(f->store), STATUS_IO);
    assert_ok(store_flush(f->store));
    assert_int_equal(rocksdb.opens, opens + 1); // what is there was read from the disk again
    expect_offset(f->store, 10);
    assert_ok(store_flush(f->store));
    assert_int_equal(rocksdb.opens, opens + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_does_not_go_on_top_of_a_hole),
        cmocka_unit_test_setup_teardown(a_flush_is_an_fsync, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(after_an_fsync_that_failed_the_next_one_is_not_believed,
                                        setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
