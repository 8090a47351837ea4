// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Schema versions: new stores, steps in order, an interrupted migration, a store of a newer release.
#include "engines.h"

#include <stdio.h>

#include "base/bytes.h"
#include "store/kv/kv_store.h"
#include "store/kv/schema.h"

static enum status put_row(struct kv_batch *batch, const char *name) {
    struct keys_key key;
    keys_begin(&key, KEYS_META);
    keys_tail(&key, str_from_c(name));
    return batch->kv->engine->batch_put(batch, KV_MAIN, keys_str(&key), STR("x"));
}

static enum status has_row(struct kv *kv, const char *name) {
    struct keys_key key;
    keys_begin(&key, KEYS_META);
    keys_tail(&key, str_from_c(name));
    struct arena arena;
    arena_init(&arena, 256, 0);
    struct str value;
    enum status status = kv->engine->get(kv, KV_MAIN, keys_str(&key), &arena, &value);
    arena_free(&arena);
    return status;
}

static int runs[2];
static enum status second_step = STATUS_OK;

static enum status step_one(struct kv *kv, struct kv_batch *batch) {
    (void)kv;
    runs[0]++;
    return put_row(batch, "one");
}

static enum status step_two(struct kv *kv, struct kv_batch *batch) {
    runs[1]++;
    assert_ok(has_row(kv, "one")); // what the step before wrote is there
    assert_ok(put_row(batch, "two"));
    return second_step;
}

static const struct schema_step steps[] = {{step_one, "one"}, {step_two, "two"}};

static struct kv *open_kv(const char *directory) {
    struct kv *kv = NULL;
    struct error err = {0};
    assert_ok(kv_rocksdb_make(directory, NULL, &kv, &err));
    return kv;
}

static void steps_run_in_order_and_once(void **state) {
    (void)state;
    char directory[64];
    fixture_make_directory(directory);
    struct error err = {0};
    struct kv *kv = open_kv(directory);
    assert_ok(schema_migrate(kv, steps, 0, &err)); // a store of version 1
    kv->engine->close(kv);

    runs[0] = runs[1] = 0;
    second_step = STATUS_IO;
    kv = open_kv(directory);
    assert_status(schema_migrate(kv, steps, 2, &err), STATUS_IO); // dies in the second step
    assert_non_null(strstr(err.text, "version 3"));
    assert_ok(has_row(kv, "one"));
    assert_status(has_row(kv, "two"), STATUS_NOT_FOUND);
    kv->engine->close(kv);

    second_step = STATUS_OK;
    kv = open_kv(directory);
    assert_ok(schema_migrate(kv, steps, 2, &err)); // goes on where it was
    assert_int_equal(runs[0], 1);
    assert_int_equal(runs[1], 2);
    assert_ok(has_row(kv, "two"));
    assert_ok(schema_migrate(kv, steps, 2, &err));
    assert_int_equal(runs[1], 2);
    kv->engine->close(kv);
    fixture_remove_directory(directory);
}

static void a_new_store_needs_no_steps(void **state) {
    (void)state;
    struct kv *kv = NULL;
    struct error err = {0};
    assert_ok(kv_memory_make(&kv, &err));
    runs[0] = 0;
    assert_ok(schema_migrate(kv, steps, 2, &err));
    assert_int_equal(runs[0], 0);
    kv->engine->close(kv);
}

static void a_newer_store_is_left_alone(void **state) {
    (void)state;
    char directory[64];
    fixture_make_directory(directory);
    struct error err = {0};
    struct kv *kv = open_kv(directory);
    struct schema_step newer[SCHEMA_VERSION];
    for (size_t i = 0; i < SCHEMA_VERSION; i++) {
        newer[i] = steps[0];
    }
    assert_ok(schema_migrate(kv, newer, SCHEMA_VERSION, &err));
    kv->engine->close(kv);
    struct store *store = NULL;
    char text[64];
    assert_status(store_open_rocksdb(directory, NULL, &store, &err), STATUS_UNSUPPORTED);
    snprintf(text, sizeof text, "version is %d", SCHEMA_VERSION + 1);
    assert_non_null(strstr(err.text, text));
    snprintf(text, sizeof text, "up to %d", SCHEMA_VERSION);
    assert_non_null(strstr(err.text, text));
    fixture_remove_directory(directory);
}

// As version 1 wrote it: nothing behind the time it was made.
static void accounts_of_version_1_are_read(void **state) {
    (void)state;
    static const struct schema_step none[1];
    struct error err = {0};
    struct kv *kv = NULL;
    struct keys_key key;
    struct kv_batch *batch = NULL;
    char bytes[200];
    struct buffer value;
    assert_ok(kv_memory_make(&kv, &err));
    assert_ok(schema_migrate(kv, none, 0, &err));
    buffer_init_fixed(&value, bytes, sizeof bytes);
    bytes_put_str(&value, STR("a@example.org"));
    bytes_put_str(&value, STR("hash"));
    bytes_put_str(&value, STR("admin"));
    bytes_put_str(&value, STR(""));
    bytes_put_zigzag(&value, 7);
    keys_begin(&key, KEYS_ACCOUNT);
    keys_tail(&key, STR("a@example.org"));
    assert_ok(kv->engine->batch_make(kv, &batch));
    assert_ok(kv->engine->batch_put(batch, KV_MAIN, keys_str(&key), buffer_str(&value)));
    assert_ok(kv->engine->write(kv, batch));
    kv->engine->batch_free(batch);
    struct store *store = NULL;
    struct arena arena;
    struct store_account *accounts = NULL;
    size_t count = 0;
    arena_init(&arena, 1024, 0);
    assert_ok(kv_store_open(kv, &kv_store_engine_memory, &store, &err));
    assert_ok(store_accounts(store, &arena, &accounts, &count));
    assert_int_equal(count, 1);
    assert_int_equal(accounts[0].created_ms, 7);
    assert_int_equal(accounts[0].version, 0);
    assert_false(accounts[0].disabled);
    accounts[0].version = 8;
    assert_ok(store_account_replace(store, &accounts[0], 0));
    arena_free(&arena);
    store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_run_in_order_and_once),
        cmocka_unit_test(a_new_store_needs_no_steps),
        cmocka_unit_test(a_newer_store_is_left_alone),
        cmocka_unit_test(accounts_of_version_1_are_read),
    };
    return cmocka_run_group_tests_name("store migration", tests, NULL, NULL);
}
