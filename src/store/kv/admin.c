// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Projects, keys, accounts and closed reports: few rows, each made once.
#include "store/kv/kv_store.h"

// Puts a row that must not be there yet, durably.
enum status kv_admin_put_new(struct kv_store *store, const struct keys_key *key,
                             const struct buffer *value) {
    struct kv *kv = store->kv;
    if (buffer_status(value) != STATUS_OK) {
        return buffer_status(value);
    }
    struct kv_batch *batch = NULL;
    enum status status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    struct arena arena;
    arena_init(&arena, 1024, 0);
    pthread_mutex_lock(&store->people);
    struct str taken;
    status = kv->engine->get(kv, KV_MAIN, keys_str(key), &arena, &taken);
    if (status == STATUS_OK) {
        status = STATUS_EXISTS;
    } else if (status == STATUS_NOT_FOUND) {
        status = kv->engine->batch_put(batch, KV_MAIN, keys_str(key), buffer_str(value));
        if (status == STATUS_OK) {
            status = kv->engine->write(kv, batch);
        }
    }
    pthread_mutex_unlock(&store->people);
    arena_free(&arena);
    kv->engine->batch_free(batch);
    return status == STATUS_OK ? kv->engine->sync(kv) : status;
}

// All values of a table, ordered by key; each goes to `get`, which fills the row.
enum status kv_admin_read_all(struct kv_store *store, enum keys_table table, struct arena *arena,
                              struct kv_rows *rows, bool (*get)(struct str value, void *row)) {
    struct kv *kv = store->kv;
    struct keys_key lower;
    struct keys_key upper;
    keys_begin(&lower, table);
    upper = lower;
    keys_end_of_prefix(&upper);
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    while (status == STATUS_OK && kv->engine->scan_entry(scan, &key, &value)) {
        struct str own = arena_copy(arena, value);
        void *row = kv_rows_add(rows, arena);
        if (own.data == NULL || row == NULL) {
            status = STATUS_NO_MEMORY;
        } else if (!get(own, row)) {
            status = STATUS_CORRUPT;
        }
        kv->engine->scan_next(scan);
    }
    enum status closed = kv->engine->scan_close(scan);
    return status == STATUS_OK ? closed : status;
}

static void id_key(struct keys_key *key, enum keys_table table, struct str id) {
    keys_begin(key, table);
    keys_tail(key, id);
}

enum status kv_project_put(struct store *store, const struct store_project *project) {
    struct keys_key key;
    id_key(&key, KEYS_PROJECT, project->id);
    struct buffer value;
    buffer_init(&value, KV_STORE_VALUE_MAX);
    values_put_project(&value, project);
    enum status status = kv_admin_put_new(kv_store_of(store), &key, &value);
    buffer_free(&value);
    return status;
}

static bool get_project(struct str value, void *row) {
    return values_get_project(value, row);
}

enum status kv_projects(struct store *store, struct arena *arena, struct store_project **out,
                        size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_project)};
    enum status status =
        kv_admin_read_all(kv_store_of(store), KEYS_PROJECT, arena, &rows, get_project);
    *out = (struct store_project *)(void *)rows.items;
    *count = rows.count;
    return status;
}

enum status kv_key_put(struct store *store, const struct store_key *row) {
    struct keys_key key;
    id_key(&key, KEYS_API_KEY, row->id);
    struct buffer value;
    buffer_init(&value, KV_STORE_VALUE_MAX);
    values_put_key(&value, row);
    enum status status = kv_admin_put_new(kv_store_of(store), &key, &value);
    buffer_free(&value);
    return status;
}

enum status kv_admin_change(struct kv_store *store, const struct keys_key *key,
                            enum status (*decide)(struct str old, struct buffer *value,
                                                  void *context),
                            struct buffer *value, void *context) {
    struct kv *kv = store->kv;
    struct kv_batch *batch = NULL;
    enum status status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    struct arena arena;
    arena_init(&arena, 1024, 0);
    pthread_mutex_lock(&store->people);
    struct str old;
    status = kv->engine->get(kv, KV_MAIN, keys_str(key), &arena, &old);
    if (status == STATUS_OK && decide != NULL) {
        status = decide(old, value, context);
        status = status == STATUS_OK ? buffer_status(value) : status;
    }
    if (status == STATUS_OK) {
        status = decide != NULL
                     ? kv->engine->batch_put(batch, KV_MAIN, keys_str(key), buffer_str(value))
                     : kv->engine->batch_delete(batch, KV_MAIN, keys_str(key));
    }
    if (status == STATUS_OK) {
        status = kv->engine->write(kv, batch);
    }
    pthread_mutex_unlock(&store->people);
    arena_free(&arena);
    kv->engine->batch_free(batch);
    return status == STATUS_OK ? kv->engine->sync(kv) : status;
}

enum status kv_key_delete(struct store *store, struct str id) {
    struct keys_key key;
    id_key(&key, KEYS_API_KEY, id);
    return kv_admin_change(kv_store_of(store), &key, NULL, NULL, NULL);
}

static bool get_key(struct str value, void *row) {
    return values_get_key(value, row);
}

enum status kv_keys(struct store *store, struct arena *arena, struct store_key **out,
                    size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_key)};
    enum status status = kv_admin_read_all(kv_store_of(store), KEYS_API_KEY, arena, &rows, get_key);
    *out = (struct store_key *)(void *)rows.items;
    *count = rows.count;
    return status;
}

enum status kv_account_put(struct store *store, const struct store_account *account) {
    struct keys_key key;
    id_key(&key, KEYS_ACCOUNT, account->email);
    struct buffer value;
    buffer_init(&value, KV_STORE_VALUE_MAX);
    values_put_account(&value, account);
    enum status status = kv_admin_put_new(kv_store_of(store), &key, &value);
    buffer_free(&value);
    return status;
}

struct replacement {
    const struct store_account *account;
    int64_t version;
};

static enum status decide_account(struct str old, struct buffer *value, void *context) {
    const struct replacement *replacement = context;
    struct store_account stored;
    if (!values_get_account(old, &stored)) {
        return STATUS_CORRUPT;
    }
    if (stored.version != replacement->version) {
        return STATUS_PRECONDITION;
    }
    struct store_account account = *replacement->account;
    account.created_ms = stored.created_ms;
    values_put_account(value, &account);
    return STATUS_OK;
}

enum status kv_account_replace(struct store *store, const struct store_account *account,
                               int64_t version) {
    struct keys_key key;
    struct buffer value;
    struct replacement replacement = {account, version};
    id_key(&key, KEYS_ACCOUNT, account->email);
    buffer_init(&value, KV_STORE_VALUE_MAX);
    enum status status =
        kv_admin_change(kv_store_of(store), &key, decide_account, &value, &replacement);
    buffer_free(&value);
    return status;
}

enum status kv_account_delete(struct store *store, struct str email) {
    struct keys_key key;
    id_key(&key, KEYS_ACCOUNT, email);
    return kv_admin_change(kv_store_of(store), &key, NULL, NULL, NULL);
}

static bool get_account(struct str value, void *row) {
    return values_get_account(value, row);
}

enum status kv_accounts(struct store *store, struct arena *arena, struct store_account **out,
                        size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_account)};
    enum status status =
        kv_admin_read_all(kv_store_of(store), KEYS_ACCOUNT, arena, &rows, get_account);
    *out = (struct store_account *)(void *)rows.items;
    *count = rows.count;
    return status;
}

static void report_key(struct keys_key *key, struct str project, int32_t day) {
    keys_begin(key, KEYS_REPORT);
    keys_text(key, project);
    keys_i32(key, day);
}

enum status kv_report_put(struct store *store, struct str project,
                          const struct store_report *report) {
    struct keys_key key;
    report_key(&key, project, report->day);
    keys_u32_desc(&key, report->revision);
    struct buffer value;
    buffer_init(&value, KV_STORE_VALUE_MAX);
    values_put_report(&value, report);
    enum status status = kv_admin_put_new(kv_store_of(store), &key, &value);
    buffer_free(&value);
    return status;
}

enum status kv_report_get(struct store *base, struct str project, int32_t day, struct arena *arena,
                          struct store_report *out) {
    struct kv *kv = kv_store_of(base)->kv;
    struct keys_key lower;
    struct keys_key upper;
    report_key(&lower, project, day);
    upper = lower;
    keys_end_of_prefix(&upper);
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    struct store_report report = {.day = day};
    if (!kv->engine->scan_entry(scan, &key, &value)) {
        status = STATUS_NOT_FOUND;
    } else {
        struct str revision = str_make(key.data + lower.len, key.len - lower.len);
        struct str own = arena_copy(arena, value);
        if (own.data == NULL) {
            status = STATUS_NO_MEMORY;
        } else if (!keys_read_u32_desc(&revision, &report.revision) || revision.len != 0 ||
                   !values_get_report(own, &report)) {
            status = STATUS_CORRUPT;
        }
    }
    enum status closed = kv->engine->scan_close(scan);
    status = closed == STATUS_OK ? status : closed;
    if (status == STATUS_OK) {
        *out = report;
    }
    return status;
}
