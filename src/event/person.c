// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The keyed hash is BLAKE2b of 16 bytes, in hex.
#include "event/person.h"

#include <sodium.h>

#define HASH_BYTES (PERSON_HASH_LEN / 2)

void person_hash(const uint8_t key[PERSON_KEY_BYTES], struct str project, char kind, struct str id,
                 char out[PERSON_HASH_LEN + 1]) {
    crypto_generichash_state state;
    uint8_t hash[HASH_BYTES];
    char kind_and_end[2] = {'\0', kind};
    // These cannot fail with lengths that are constants within the library's bounds.
    (void)crypto_generichash_init(&state, key, PERSON_KEY_BYTES, sizeof hash);
    (void)crypto_generichash_update(&state, (const uint8_t *)project.data, project.len);
    (void)crypto_generichash_update(&state, (const uint8_t *)kind_and_end, sizeof kind_and_end);
    (void)crypto_generichash_update(&state, (const uint8_t *)id.data, id.len);
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(out, PERSON_HASH_LEN + 1, hash, sizeof hash);
}
