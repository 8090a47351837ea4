// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The ledger from one store to another.
#include "migrate/ledger_copy.h"

#include "migrate/patience.h"
#include "store/ledger.h"

#define PAGE_ENTRIES 500
#define DAY_MS INT64_C(86400000)

static enum status append(const struct migrate_config *config, const struct store_audit *entry) {
    struct patience patience = patience_begin(config);
    enum status status = STATUS_OK;
    do {
        status = store_audit_append(config->target.store, entry);
    } while (status != STATUS_OK && patience_left(&patience, status, "the target's audit log"));
    return status;
}

// One page; *query goes on behind it.
static enum status copy_page(const struct migrate_config *config, struct store_audit_query *query,
                             char id[40], struct arena *arena, bool *more) {
    struct store_audit *rows = NULL;
    size_t count = 0;
    struct patience patience = patience_begin(config);
    enum status status = STATUS_OK;
    do {
        status = store_audit_read(config->source.store, query, arena, &rows, &count, more);
    } while (status != STATUS_OK && patience_left(&patience, status, "the source's audit log"));
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = append(config, &rows[i]);
    }
    if (status == STATUS_OK && count > 0) {
        size_t len = rows[count - 1].id.len;
        memcpy(id, rows[count - 1].id.data, len); // a UUID
        query->resume = true;
        query->after_ms = rows[count - 1].time_ms;
        query->after_id = str_make(id, len);
    }
    return status;
}

static enum status copy_audit(const struct migrate_config *config, struct arena *arena) {
    struct store_audit_query query = {.to_ms = INT64_MAX, .limit = PAGE_ENTRIES};
    char id[40];
    bool more = true;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && more) {
        status = copy_page(config, &query, id, arena, &more);
        arena_reset(arena);
    }
    return status;
}

static enum status copy_usage(const struct migrate_config *config, int32_t day,
                              struct arena *arena) {
    struct store_usage *rows = NULL;
    size_t count = 0;
    enum status status = store_usage_read(config->source.store, day, arena, &rows, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = store_usage_put(config->target.store, &rows[i]);
    }
    return status;
}

enum status ledger_copy(const struct migrate_config *config, struct error *err) {
    struct arena arena;
    int32_t today = (int32_t)(config->clock->wall_ms(config->clock) / DAY_MS);
    arena_init(&arena, (size_t)64 * 1024, 0);
    enum status status = copy_audit(config, &arena);
    for (int32_t day = today - 1; day <= today && status == STATUS_OK; day++) {
        status = copy_usage(config, day, &arena);
    }
    arena_free(&arena);
    return status == STATUS_OK
               ? STATUS_OK
               : error_set(err, status, "the audit log and the usage of projects: %s",
                           status_text(status));
}
