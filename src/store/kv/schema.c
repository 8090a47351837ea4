// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Brings the rows of an embedded store to this release's schema, step by step.
#include "store/kv/schema.h"

#include "base/check.h"
#include "base/log.h"
#include "store/kv/keys.h"
#include "store/kv/values.h"

static void version_key(struct keys_key *key) {
    keys_begin(key, KEYS_META);
    keys_tail(key, STR("schema"));
}

// 0: a new store.
static enum status read_version(struct kv *kv, int64_t *version, struct error *err) {
    struct keys_key key;
    version_key(&key);
    struct arena arena;
    arena_init(&arena, 256, 0);
    struct str value;
    enum status status = kv->engine->get(kv, KV_MAIN, keys_str(&key), &arena, &value);
    if (status == STATUS_NOT_FOUND) {
        *version = 0;
        status = STATUS_OK;
    } else if (status == STATUS_OK && (!values_get_number(value, version) || *version < 1)) {
        status = error_set(err, STATUS_CORRUPT, "the store's schema version is not readable");
    } else if (status != STATUS_OK) {
        error_set(err, status, "the store's schema version could not be read: %s",
                  status_text(status));
    }
    arena_free(&arena);
    return status;
}

// The step's rows and its version in one write. run NULL: the version alone.
static enum status take_step(struct kv *kv, const struct schema_step *step, int64_t version) {
    struct kv_batch *batch = NULL;
    enum status status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    if (step != NULL) {
        status = step->run(kv, batch);
    }
    char bytes[16];
    struct buffer value;
    buffer_init_fixed(&value, bytes, sizeof bytes);
    values_put_number(&value, version);
    struct keys_key key;
    version_key(&key);
    if (status == STATUS_OK) {
        status = kv->engine->batch_put(batch, KV_MAIN, keys_str(&key), buffer_str(&value));
    }
    if (status == STATUS_OK) {
        status = kv->engine->write(kv, batch);
    }
    kv->engine->batch_free(batch);
    return status == STATUS_OK ? kv->engine->sync(kv) : status;
}

enum status schema_migrate(struct kv *kv, const struct schema_step *steps, size_t count,
                           struct error *err) {
    int64_t newest = (int64_t)count + 1;
    int64_t version = 0;
    enum status status = read_version(kv, &version, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (version > newest) {
        return error_set(err, STATUS_UNSUPPORTED,
                         "a newer Footfall wrote this store: its schema version is %lld, this "
                         "Footfall knows versions up to %lld. Start the newer Footfall, or restore "
                         "a backup from before the upgrade",
                         (long long)version, (long long)newest);
    }
    if (version == 0) {
        status = take_step(kv, NULL, newest);
        version = newest;
    }
    while (status == STATUS_OK && version < newest) {
        CHECK(steps != NULL);
        const struct schema_step *step = &steps[version - 1];
        LOG_INFO("store", "migrating the schema", LOG_INT("from", version),
                 LOG_INT("to", version + 1), LOG_CSTR("step", step->what));
        status = take_step(kv, step, ++version);
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "the store could not be brought to schema version %lld: %s",
                         (long long)version, status_text(status));
    }
    return STATUS_OK;
}

// Accounts of version 1 are read as they are; who knows version 1 alone could not read what is written from here on.
static enum status accept_longer_accounts(struct kv *kv, struct kv_batch *batch) {
    (void)kv;
    (void)batch;
    return STATUS_OK;
}

// Erasures, holds and refusals are rows of their own; who does not know them would let in whom it should not.
static enum status accept_erasures(struct kv *kv, struct kv_batch *batch) {
    (void)kv;
    (void)batch;
    return STATUS_OK;
}

// States of actors may have progress in funnels behind the rest; who does not know it could not read them.
static enum status accept_funnels(struct kv *kv, struct kv_batch *batch) {
    (void)kv;
    (void)batch;
    return STATUS_OK;
}

static const struct schema_step release_steps[] = {
    {accept_longer_accounts, "accounts with a version, signing keys, refresh tokens"},
    {accept_erasures, "erasures, holds, refusals"},
    {accept_funnels, "progress in funnels"},
};
_Static_assert(sizeof release_steps / sizeof release_steps[0] == SCHEMA_VERSION - 1, "a step each");

enum status schema_bring_up_to_date(struct kv *kv, struct error *err) {
    return schema_migrate(kv, release_steps, SCHEMA_VERSION - 1, err);
}
