// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Who was erased, who must not be, and who is kept away, from one store to another.
#include "migrate/erasure_copy.h"

#include "base/random.h"
#include "store/erasure.h"

// The hashes are of no use without it. Both stores have one afterwards.
static enum status copy_key(const struct migrate_config *config) {
    uint8_t key[STORE_SECRET_BYTES], other[STORE_SECRET_BYTES];
    struct random_source *random = random_system();
    random->fill(random, key, sizeof key);
    enum status status = store_secret(config->source.store, STR("person"), key);
    memcpy(other, key, sizeof other);
    if (status == STATUS_OK) {
        status = store_secret(config->target.store, STR("person"), other);
    }
    return status == STATUS_OK && memcmp(key, other, sizeof key) != 0 ? STATUS_CONFLICT : status;
}

static enum status copy_parts(const struct migrate_config *config, int64_t epoch, struct str id,
                              struct arena *arena) {
    struct store_erasure_part *parts = NULL;
    struct store_batch *batch = NULL;
    size_t count = 0;
    enum status status = store_erasure_parts(config->source.store, id, arena, &parts, &count);
    if (status == STATUS_OK && count > 0) {
        status = store_batch_begin(config->target.store, epoch, 0, &batch);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        store_batch_erasure_part(batch, id, &parts[i]);
    }
    return batch && status == STATUS_OK ? store_batch_commit(batch, 0) : status;
}

static enum status copy_receipts(const struct migrate_config *config, int64_t epoch,
                                 struct arena *arena) {
    struct store_erasure *erasures = NULL;
    size_t count = 0;
    enum status status = store_erasures(config->source.store, arena, &erasures, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = store_erasure_put(config->target.store, &erasures[i]);
        if (status == STATUS_OK) {
            status = copy_parts(config, epoch, erasures[i].id, arena);
        }
    }
    return status;
}

static enum status copy_holds(const struct migrate_config *config, struct arena *arena) {
    struct store_hold *holds = NULL;
    size_t count = 0;
    enum status status = store_holds(config->source.store, arena, &holds, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = store_hold_put(config->target.store, &holds[i]);
        status = status == STATUS_EXISTS ? STATUS_OK : status;
    }
    return status;
}

static enum status copy_refusal(const struct migrate_config *config, const struct notes *notes,
                                const struct store_refusal *refusal) {
    struct store_batch *batch = NULL;
    enum status status =
        store_batch_begin(config->target.store, notes->target_epoch, refusal->partition, &batch);
    if (status == STATUS_OK) {
        store_batch_refuse(batch, refusal->project, refusal->person, true, refusal->since_ms);
        status = store_batch_commit(batch, 0);
    }
    return status;
}

// Only a hash of each person is known, so not which partition they have among another number.
static enum status carry_refusals(const struct migrate_config *config, const struct notes *notes,
                                  const struct store_refusal *refusals, size_t count) {
    struct store_batch *batch = NULL;
    enum status status = store_batch_begin(config->target.store, notes->target_epoch,
                                           STORE_PARTITION_CARRIED, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        store_batch_refuse(batch, refusals[i].project, refusals[i].person, true,
                           refusals[i].since_ms);
    }
    return store_batch_commit(batch, 0);
}

static enum status copy_refusals(const struct migrate_config *config, const struct notes *notes,
                                 struct arena *arena) {
    struct store_refusal *refusals = NULL;
    size_t count = 0;
    enum status status = store_refusals(config->source.store, arena, &refusals, &count);
    if (status == STATUS_OK && count > 0 && notes->partitions != notes->targets) {
        return carry_refusals(config, notes, refusals, count);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = copy_refusal(config, notes, &refusals[i]);
    }
    return status;
}

enum status erasure_copy(const struct migrate_config *config, const struct notes *notes,
                         struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)64 * 1024, 0);
    enum status status = copy_key(config);
    if (status == STATUS_OK) {
        status = copy_receipts(config, notes->target_epoch, &arena);
    }
    if (status == STATUS_OK) {
        status = copy_holds(config, &arena);
    }
    if (status == STATUS_OK) {
        status = copy_refusals(config, notes, &arena);
    }
    arena_free(&arena);
    return status == STATUS_OK
               ? STATUS_OK
               : error_set(err, status, "erasures, holds and refusals: %s", status_text(status));
}
