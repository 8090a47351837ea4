// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Signing keys: made, published before they sign, kept until their last token is over; sealed in the store.
//
// The stored secret is [sealed? u8] [public part] [private part]. Sealed is nonce + secretbox (XSalsa20-Poly1305). The public part stands
// open beside it, so that a process without the seal key can verify.
#include <sodium.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/log.h"
#include "gateway/tokens_private.h"

#define LEAD_MS ((int64_t)3600 * 1000) // others have the next key that long before it signs
#define SECRET_MAX 1024
#define KID_BYTES 8

// --- Sealing ------------------------------------------------------------------------------------------------------------
static enum status seal(const struct gateway_tokens *tokens, struct str secret,
                        struct buffer *out) {
    unsigned char box[crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + SECRET_MAX];
    if (!tokens->sealed || secret.len > SECRET_MAX) {
        bytes_put_str(out, secret);
        return secret.len > SECRET_MAX ? STATUS_TOO_LARGE : buffer_status(out);
    }
    tokens->config.random->fill(tokens->config.random, box, crypto_secretbox_NONCEBYTES);
    if (crypto_secretbox_easy(box + crypto_secretbox_NONCEBYTES, (const unsigned char *)secret.data,
                              secret.len, box, tokens->seal_key) != 0) {
        return STATUS_INVALID;
    }
    bytes_put_str(out, str_make((const char *)box, crypto_secretbox_NONCEBYTES +
                                                       crypto_secretbox_MACBYTES + secret.len));
    return buffer_status(out);
}

// DENIED: not with this key.
static enum status unseal(const struct gateway_tokens *tokens, struct str box,
                          unsigned char out[SECRET_MAX], size_t *len) {
    size_t above = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    const unsigned char *bytes = (const unsigned char *)box.data;
    if (!tokens->sealed || box.len < above || box.len - above > SECRET_MAX ||
        crypto_secretbox_open_easy(out, bytes + crypto_secretbox_NONCEBYTES,
                                   box.len - crypto_secretbox_NONCEBYTES, bytes,
                                   tokens->seal_key) != 0) {
        return STATUS_DENIED;
    }
    *len = box.len - above;
    return STATUS_OK;
}

static enum status public_key(enum jwt_algorithm algorithm, struct str kid, struct str public,
                              struct jwt_key **out) {
    if (algorithm == JWT_EDDSA) {
        return jwt_key_from_ed25519(kid, public, out);
    }
    if (algorithm == JWT_ES256 && public.len == 64) {
        return jwt_key_from_p256(kid, str_make(public.data, 32), str_make(public.data + 32, 32),
                                 out);
    }
    return STATUS_DENIED; // HS256 has no public part
}

static void complain(struct gateway_tokens *tokens, struct str kid) {
    if (!atomic_exchange(&tokens->cannot_open, true)) {
        LOG_WARN("auth",
                 "a signing key is sealed with another key than auth.seal_key: its tokens are "
                 "verified, and none are made with it",
                 LOG_STR("kid", kid));
    }
}

enum status gateway_signing_read(struct gateway_tokens *tokens, const struct store_signing_key *row,
                                 struct auth_tokens_key *out) {
    unsigned char opened[SECRET_MAX];
    size_t len = 0;
    uint8_t sealed = 0;
    struct str in = row->secret;
    struct str public;
    struct str secret;
    enum jwt_algorithm algorithm = JWT_EDDSA;
    *out = (struct auth_tokens_key){.signs_from_ms = row->signs_from_ms, .can_sign = true};
    if (!jwt_algorithm_from_name(row->algorithm, &algorithm) || !bytes_get_u8(&in, &sealed) ||
        !bytes_get_str(&in, &public) || !bytes_get_str(&in, &secret) || in.len != 0) {
        return STATUS_CORRUPT;
    }
    enum status status = STATUS_OK;
    if (sealed) {
        status = unseal(tokens, secret, opened, &len);
        secret = str_make((const char *)opened, len);
    }
    if (status == STATUS_OK) {
        status = jwt_key_from_private(algorithm, row->kid, secret, &out->key);
        status = status == STATUS_INVALID ? STATUS_CORRUPT : status;
    } else {
        complain(tokens, row->kid);
        out->can_sign = false;
        status = public_key(algorithm, row->kid, public, &out->key);
    }
    sodium_memzero(opened, sizeof opened);
    return status;
}

// --- Making -------------------------------------------------------------------------------------------------------------
static enum status write_secret(const struct gateway_tokens *tokens, const struct jwt_key *key,
                                struct buffer *out) {
    unsigned char public[64];
    size_t len = 0;
    char memory[SECRET_MAX];
    struct buffer secret;
    buffer_init_fixed(&secret, memory, sizeof memory);
    enum status status = jwt_key_private(key, &secret);
    if (status == STATUS_OK && jwt_key_algorithm(key) != JWT_HS256) {
        status = jwt_key_public(key, public, &len);
    }
    if (status == STATUS_OK) {
        bytes_put_u8(out, tokens->sealed);
        bytes_put_str(out, str_make((const char *)public, len));
        status = seal(tokens, buffer_str(&secret), out);
    }
    sodium_memzero(memory, sizeof memory);
    return status;
}

enum status gateway_signing_make(struct gateway_tokens *tokens, int64_t number,
                                 int64_t signs_from_ms) {
    unsigned char raw[KID_BYTES];
    char kid[2 * KID_BYTES + 1];
    char memory[2 * SECRET_MAX];
    struct jwt_key *key = NULL;
    struct buffer secret;
    tokens->config.random->fill(tokens->config.random, raw, sizeof raw);
    sodium_bin2hex(kid, sizeof kid, raw, sizeof raw);
    buffer_init_fixed(&secret, memory, sizeof memory);
    enum status status =
        jwt_key_generate(tokens->config.algorithm, str_from_c(kid), tokens->config.random, &key);
    if (status == STATUS_OK) {
        status = write_secret(tokens, key, &secret);
    }
    if (status == STATUS_OK) {
        struct store_signing_key row = {
            .number = number,
            .kid = str_from_c(kid),
            .algorithm = str_from_c(jwt_algorithm_name(tokens->config.algorithm)),
            .secret = buffer_str(&secret),
            .created_ms = tokens->config.clock->wall_ms(tokens->config.clock),
            .signs_from_ms = signs_from_ms};
        status = store_signing_key_put(tokens->config.store, &row);
    }
    if (status == STATUS_OK) {
        LOG_INFO("auth", "signing key made", LOG_CSTR("kid", kid), LOG_INT("number", number));
    }
    jwt_key_free(key);
    sodium_memzero(memory, sizeof memory);
    return status == STATUS_EXISTS ? STATUS_OK : status; // another process was first
}

// A key's last token was made when the next one began to sign.
static enum status remove_old(struct gateway_tokens *tokens, const struct store_signing_key *rows,
                              size_t count, int64_t now) {
    int64_t kept = (auth_tokens_lifetime_s(tokens->config.tokens) + 2 * JWT_LEEWAY_S) * 1000;
    enum status status = STATUS_OK;
    for (size_t i = 0; i + 1 < count && status == STATUS_OK; i++) {
        if (rows[i + 1].signs_from_ms + kept < now) {
            status = store_signing_key_delete(tokens->config.store, rows[i].number);
            status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
        }
    }
    return status;
}

enum status gateway_signing_tend(struct gateway_tokens *tokens,
                                 const struct store_signing_key *rows, size_t count) {
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    int64_t lead =
        LEAD_MS < tokens->config.rotation_ms / 2 ? LEAD_MS : tokens->config.rotation_ms / 2;
    if (count == 0) {
        return gateway_signing_make(tokens, 1, now);
    }
    const struct store_signing_key *newest = &rows[count - 1];
    int64_t next = newest->signs_from_ms + tokens->config.rotation_ms;
    enum status status = STATUS_OK;
    if (next - lead <= now) {
        status =
            gateway_signing_make(tokens, newest->number + 1, next > now + lead ? next : now + lead);
    }
    return status == STATUS_OK ? remove_old(tokens, rows, count, now) : status;
}
