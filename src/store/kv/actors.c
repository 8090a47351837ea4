// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is known about actors: states, days and sessions, one at a time or many at once.
#include "store/kv/kv_store.h"

#define LOAD_AT_ONCE 128

enum status kv_read_state(struct kv_store *store, enum store_reach reach, struct str project,
                          struct store_actor actor, struct arena *arena,
                          struct store_actor_state *out) {
    struct keys_key key;
    keys_actor(&key, KEYS_STATE, store->generation, project, actor);
    struct str value;
    enum status status = kv_store_get(store, reach, KV_ACTORS, &key, arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct store_actor_state state = {0};
    if (!values_get_state(value, &state)) {
        return STATUS_CORRUPT;
    }
    *out = state;
    return STATUS_OK;
}

enum status kv_actor_get(struct store *base, struct str project, struct store_actor actor,
                         struct arena *arena, struct store_actor_state *out) {
    return kv_read_state(kv_store_of(base), STORE_REACH_ALL, project, actor, arena, out);
}

// A scan over rows of one actor between two clustering positions, both in the keys.
static enum status open_scan(struct kv *kv, const struct keys_key *lower,
                             const struct keys_key *upper, struct kv_scan **scan) {
    return kv->engine->scan_open(kv, KV_ACTORS, keys_str(lower), keys_str(upper), scan);
}

static enum status add_day(struct kv_rows *rows, struct arena *arena, struct str position,
                           struct str value) {
    struct store_actor_day *day = kv_rows_add(rows, arena);
    struct str own = arena_copy(arena, value);
    if (day == NULL || own.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (!keys_read_i32(&position, &day->day) || position.len != 0) {
        return STATUS_CORRUPT;
    }
    enum status status = STATUS_OK;
    return values_get_day(own, arena, day, &status) ? STATUS_OK : status;
}

enum status kv_actor_days(struct store *base, struct str project, struct store_actor actor,
                          int32_t from, int32_t to, struct arena *arena,
                          struct store_actor_day **out, size_t *count) {
    struct kv_store *store = kv_store_of(base);
    struct kv *kv = store->kv;
    struct keys_key lower;
    struct keys_key upper;
    keys_actor(&lower, KEYS_DAY, store->generation, project, actor);
    size_t prefix = lower.len;
    upper = lower;
    keys_i32(&lower, from);
    keys_i32(&upper, to);
    keys_u8(&upper, 0); // `to` itself is included
    struct kv_scan *scan = NULL;
    enum status status = open_scan(kv, &lower, &upper, &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct kv_rows rows = {.size = sizeof(struct store_actor_day)};
    struct str key;
    struct str value;
    while (status == STATUS_OK && kv->engine->scan_entry(scan, &key, &value)) {
        status = add_day(&rows, arena, str_make(key.data + prefix, key.len - prefix), value);
        kv->engine->scan_next(scan);
    }
    enum status closed = kv->engine->scan_close(scan);
    *out = (struct store_actor_day *)(void *)rows.items;
    *count = rows.count;
    return status == STATUS_OK ? closed : status;
}

static enum status add_session(struct kv_rows *rows, struct arena *arena, struct str position,
                               struct str value) {
    struct store_session *session = kv_rows_add(rows, arena);
    if (session == NULL) {
        return STATUS_NO_MEMORY;
    }
    bool whole = keys_read_i64(&position, &session->start_ms) && position.len == 0 &&
                 values_get_session(value, session);
    return whole ? STATUS_OK : STATUS_CORRUPT;
}

enum status kv_actor_sessions(struct store *base, struct str project, struct store_actor actor,
                              int64_t from_ms, int64_t to_ms, struct arena *arena,
                              struct store_session **out, size_t *count) {
    struct kv_store *store = kv_store_of(base);
    struct kv *kv = store->kv;
    struct keys_key lower;
    struct keys_key upper;
    keys_actor(&lower, KEYS_SESSION, store->generation, project, actor);
    size_t prefix = lower.len;
    upper = lower;
    keys_i64(&lower, from_ms);
    keys_i64(&upper, to_ms);
    struct kv_scan *scan = NULL;
    enum status status = open_scan(kv, &lower, &upper, &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct kv_rows rows = {.size = sizeof(struct store_session)};
    struct str key;
    struct str value;
    while (status == STATUS_OK && kv->engine->scan_entry(scan, &key, &value)) {
        status = add_session(&rows, arena, str_make(key.data + prefix, key.len - prefix), value);
        kv->engine->scan_next(scan);
    }
    enum status closed = kv->engine->scan_close(scan);
    *out = (struct store_session *)(void *)rows.items;
    *count = rows.count;
    return status == STATUS_OK ? closed : status;
}

static enum status request_key(struct kv_store *store, const struct store_actor_request *request,
                               struct arena *arena, struct str *out) {
    struct keys_key key;
    keys_actor(&key, request->want_day ? KEYS_DAY : KEYS_STATE, store->generation, request->project,
               request->actor);
    if (request->want_day) {
        keys_i32(&key, request->day.day);
    }
    *out = arena_copy(arena, keys_str(&key));
    return out->data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status fill_request(struct store_actor_request *request, struct str value,
                                struct arena *arena) {
    request->found = value.data != NULL;
    if (!request->found) {
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    if (request->want_day) {
        return values_get_day(value, arena, &request->day, &status) ? STATUS_OK : status;
    }
    request->state = (struct store_actor_state){0};
    return values_get_state(value, &request->state) ? STATUS_OK : STATUS_CORRUPT;
}

static enum status load_some(struct kv_store *store, struct store_actor_request *requests,
                             size_t count, struct arena *scratch, struct arena *arena) {
    struct str keys[LOAD_AT_ONCE];
    struct str values[LOAD_AT_ONCE];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = request_key(store, &requests[i], scratch, &keys[i]);
    }
    if (status == STATUS_OK) {
        status = store->kv->engine->multi_get(store->kv, KV_ACTORS, keys, count, arena, values);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = fill_request(&requests[i], values[i], arena);
    }
    return status;
}

enum status kv_actors_load(struct store *base, struct store_actor_request *requests, size_t count,
                           struct arena *arena) {
    struct arena scratch; // keys are not for the caller to keep
    arena_init(&scratch, (size_t)32 << 10, 0);
    enum status status = STATUS_OK;
    for (size_t done = 0; done < count && status == STATUS_OK; done += LOAD_AT_ONCE) {
        size_t some = count - done < LOAD_AT_ONCE ? count - done : LOAD_AT_ONCE;
        status = load_some(kv_store_of(base), requests + done, some, &scratch, arena);
        arena_reset(&scratch);
    }
    arena_free(&scratch);
    return status;
}
