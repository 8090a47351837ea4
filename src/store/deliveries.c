// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rows of deliveries: what is checked before an engine is asked.
#include "store/deliveries.h"

#include "store/engine.h"

#define TEXT_MAX 1024

static bool is_name(struct str text) {
    return text.len > 0 && text.len <= TEXT_MAX && !memchr(text.data, '\0', text.len);
}

static bool is_row(const struct store_delivery *row) {
    return is_name(row->name) && row->error.len <= TEXT_MAX && row->due_ms > 0 &&
           row->state >= STORE_DELIVERY_WAITING && row->state <= STORE_DELIVERY_GIVEN_UP;
}

enum status store_delivery_put(struct store *store, const struct store_delivery *row,
                               int64_t old_version) {
    struct store_delivery next = *row;
    next.version = old_version + 1;
    return is_row(row) && old_version >= 0 ? store->engine->delivery_put(store, &next, old_version)
                                           : STATUS_INVALID;
}

enum status store_delivery_restore(struct store *store, const struct store_delivery *row) {
    enum status status = is_row(row) && row->version >= 1
                             ? store->engine->delivery_put(store, row, 0)
                             : STATUS_INVALID;
    return status == STATUS_PRECONDITION ? STATUS_OK : status;
}

enum status store_deliveries(struct store *store, struct str name, struct arena *arena,
                             struct store_delivery **out, size_t *count) {
    return is_name(name) ? store->engine->deliveries(store, name, arena, out, count)
                         : STATUS_INVALID;
}

enum status store_deliveries_sweep(struct store *store, int64_t now_ms) {
    return store->engine->deliveries_sweep
               ? store->engine->deliveries_sweep(store, now_ms - STORE_DELIVERIES_KEPT_MS)
               : STATUS_OK;
}
