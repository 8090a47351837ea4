// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Tokens' rows: what is checked before an engine is asked.
#include "store/tokens.h"

#include "store/engine.h"

#define ID_MAX 512

static bool is_id(struct str text) {
    return text.len > 0 && text.len <= ID_MAX && !memchr(text.data, '\0', text.len);
}

enum status store_signing_key_put(struct store *store, const struct store_signing_key *key) {
    return key->number > 0 && is_id(key->kid) ? store->engine->signing_key_put(store, key)
                                              : STATUS_INVALID;
}

enum status store_signing_key_delete(struct store *store, int64_t number) {
    return number > 0 ? store->engine->signing_key_delete(store, number) : STATUS_INVALID;
}

enum status store_signing_keys(struct store *store, struct arena *arena,
                               struct store_signing_key **out, size_t *count) {
    return store->engine->signing_keys(store, arena, out, count);
}

enum status store_family_put(struct store *store, const struct store_family *family,
                             int64_t now_ms) {
    bool valid = is_id(family->id) && is_id(family->hash) && family->expires_ms > now_ms;
    return valid ? store->engine->family_put(store, family, now_ms) : STATUS_INVALID;
}

enum status store_family_get(struct store *store, struct str id, struct arena *arena,
                             struct store_family *out) {
    return is_id(id) ? store->engine->family_get(store, id, arena, out) : STATUS_INVALID;
}

enum status store_family_turn(struct store *store, struct str id, struct str hash,
                              struct str new_hash, int64_t expires_ms, int64_t now_ms) {
    bool valid = is_id(id) && is_id(hash) && is_id(new_hash) && expires_ms > now_ms;
    return valid ? store->engine->family_turn(store, id, hash, new_hash, expires_ms, now_ms)
                 : STATUS_INVALID;
}

enum status store_family_delete(struct store *store, struct str id) {
    return is_id(id) ? store->engine->family_delete(store, id) : STATUS_INVALID;
}

enum status store_revocation_put(struct store *store, const struct store_revocation *revocation,
                                 int64_t now_ms) {
    if (!is_id(revocation->id) || revocation->until_ms > now_ms + STORE_REVOCATION_AHEAD_MS) {
        return STATUS_INVALID;
    }
    return revocation->until_ms > now_ms ? store->engine->revocation_put(store, revocation, now_ms)
                                         : STATUS_OK; // it is over already
}

enum status store_revocations(struct store *store, int64_t now_ms, struct arena *arena,
                              struct store_revocation **out, size_t *count) {
    return store->engine->revocations(store, now_ms, arena, out, count);
}

enum status store_tokens_sweep(struct store *store, int64_t now_ms) {
    return store->engine->tokens_sweep(store, now_ms);
}
