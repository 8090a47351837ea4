// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Tokens that were verified a moment ago, so that the next request with one costs no signature.
//
// A set of four places by a keyed 128-bit hash of the whole token (SipHash; the key is made at the start, so that nobody can make two
// tokens that meet). An entry counts for one generation: what changes who may do what starts a new one, and every token is verified
// again. Memory is fixed; the place that was filled first goes. Thread-safe: a short lock a shard.
#ifndef FOOTFALL_AUTH_TOKEN_CACHE_H
#define FOOTFALL_AUTH_TOKEN_CACHE_H

#include "auth/keyring.h"

struct token_cache;
// entries: rounded up to a power of two; about 400 bytes each. NO_MEMORY.
MUST_CHECK enum status token_cache_make(size_t entries, struct random_source *random,
                                        struct token_cache **out);
void token_cache_free(struct token_cache *cache); // NULL is fine

struct token_hash {
    uint64_t a, b;
};
struct token_hash token_cache_hash(const struct token_cache *cache, struct str token);
// True and *out when it is there, of this generation, and not over.
bool token_cache_find(struct token_cache *cache, struct token_hash hash, uint64_t generation,
                      int64_t now_s, struct auth_principal *out);
void token_cache_put(struct token_cache *cache, struct token_hash hash, uint64_t generation,
                     int64_t expires_s, const struct auth_principal *principal);

#endif
