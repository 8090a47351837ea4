// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Making keys and passwords, and hashing them, with libsodium.
#include <sodium.h>
#include <stdio.h>

#include "auth/keyring.h"
#include "base/check.h"

#define PASSWORD_HASH_BYTES 32 // what crypto_pwhash_str makes

static void make_text(struct random_source *random, const char *prefix, size_t bytes,
                      char out[AUTH_KEY_TEXT_MAX]) {
    unsigned char raw[32];
    CHECK(bytes <= sizeof raw);
    random->fill(random, raw, bytes);
    char text[AUTH_KEY_TEXT_MAX];
    sodium_bin2base64(text, sizeof text, raw, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    (void)snprintf(out, AUTH_KEY_TEXT_MAX, "%s%s", prefix, text);
    sodium_memzero(raw, sizeof raw);
}

void auth_make_api_key(struct random_source *random, char out[AUTH_KEY_TEXT_MAX]) {
    make_text(random, "ff_", 32, out);
}

void auth_make_write_key(struct random_source *random, char out[AUTH_KEY_TEXT_MAX]) {
    make_text(random, "wk_", 18, out);
}

void auth_make_password(struct random_source *random, char out[AUTH_KEY_TEXT_MAX]) {
    make_text(random, "", 15, out);
}

void auth_key_hash(struct str api_key, char out[65]) {
    unsigned char hash[32];
    const unsigned char *data = (const unsigned char *)(api_key.data ? api_key.data : "");
    CHECK(crypto_generichash(hash, sizeof hash, data, api_key.len, NULL, 0) == 0);
    sodium_bin2hex(out, 65, hash, sizeof hash);
}

enum status auth_password_hash(struct str password, char out[128]) {
    _Static_assert(crypto_pwhash_STRBYTES <= 128, "the hash text must fit");
    if (sodium_init() < 0) {
        return STATUS_UNAVAILABLE;
    }
    if (crypto_pwhash_str(out, password.data ? password.data : "", password.len,
                          crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

enum status auth_password_nobody(struct random_source *random, char out[128]) {
    if (sodium_init() < 0) {
        return STATUS_UNAVAILABLE;
    }
    unsigned char salt[crypto_pwhash_SALTBYTES];
    unsigned char hash[PASSWORD_HASH_BYTES];
    char salt_text[sodium_base64_ENCODED_LEN(sizeof salt, sodium_base64_VARIANT_ORIGINAL)];
    char hash_text[sodium_base64_ENCODED_LEN(sizeof hash, sodium_base64_VARIANT_ORIGINAL)];
    random->fill(random, salt, sizeof salt);
    random->fill(random, hash, sizeof hash);
    sodium_bin2base64(salt_text, sizeof salt_text, salt, sizeof salt,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    sodium_bin2base64(hash_text, sizeof hash_text, hash, sizeof hash,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    (void)snprintf(out, 128, "$argon2id$v=19$m=%zu,t=%llu,p=1$%s$%s",
                   (size_t)crypto_pwhash_MEMLIMIT_INTERACTIVE / 1024,
                   (unsigned long long)crypto_pwhash_OPSLIMIT_INTERACTIVE, salt_text, hash_text);
    return STATUS_OK;
}

bool auth_password_verify(const char *hash, struct str password) {
    return sodium_init() >= 0 &&
           crypto_pwhash_str_verify(hash, password.data ? password.data : "", password.len) == 0;
}
