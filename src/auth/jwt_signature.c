// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Signatures over bytes, as JWA (RFC 7518, 8037) writes them.
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "auth/jwt_key.h"

#define P256_BYTES 32
#define DER_MAX 80 // of an ECDSA signature on P-256

static const EVP_MD *digest_of(const struct jwt_key *key) {
    return key->algorithm == JWT_EDDSA ? NULL : EVP_sha256(); // Ed25519 hashes by itself
}

// --- ECDSA: JWS writes r and s with 32 bytes each, OpenSSL as DER ------------------------------------------------------
static enum status der_to_raw(const unsigned char *der, size_t der_len, unsigned char raw[64]) {
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
    bool fits = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, P256_BYTES) == P256_BYTES &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + P256_BYTES, P256_BYTES) == P256_BYTES;
    ECDSA_SIG_free(pair);
    return fits ? STATUS_OK : STATUS_INVALID;
}

// 0: not a signature. r or s of zero fits any message in a verifier that does not look (CVE-2022-21449).
static size_t raw_to_der(struct str raw, unsigned char der[DER_MAX]) {
    if (raw.len != (size_t)2 * P256_BYTES) {
        return 0;
    }
    BIGNUM *r = BN_bin2bn(jwt_bytes(raw), P256_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(jwt_bytes(raw) + P256_BYTES, P256_BYTES, NULL);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    if (!r || !s || !pair || BN_is_zero(r) || BN_is_zero(s) || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        return 0;
    }
    unsigned char *at = der;
    int len = i2d_ECDSA_SIG(pair, NULL);
    len = len > 0 && len <= DER_MAX ? i2d_ECDSA_SIG(pair, &at) : 0;
    ECDSA_SIG_free(pair);
    return len > 0 ? (size_t)len : 0;
}

static enum status sign_hmac(const struct jwt_key *key, struct str message,
                             unsigned char out[crypto_auth_hmacsha256_BYTES]) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key->secret, key->secret_len);
    crypto_auth_hmacsha256_update(&state, jwt_bytes(message), message.len);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
    return STATUS_OK;
}

enum status jwt_key_sign(const struct jwt_key *key, struct str message,
                         unsigned char out[JWT_SIGNATURE_MAX], size_t *len) {
    if (key->algorithm == JWT_HS256) {
        *len = crypto_auth_hmacsha256_BYTES;
        return sign_hmac(key, message, out);
    }
    unsigned char made[JWT_SIGNATURE_MAX];
    size_t made_len = sizeof made;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool signed_ = context &&
                   EVP_DigestSignInit(context, NULL, digest_of(key), NULL, key->pkey) == 1 &&
                   EVP_DigestSign(context, made, &made_len, jwt_bytes(message), message.len) == 1;
    EVP_MD_CTX_free(context);
    if (!signed_) {
        return STATUS_INVALID;
    }
    if (key->algorithm == JWT_ES256) {
        *len = (size_t)2 * P256_BYTES;
        return der_to_raw(made, made_len, out);
    }
    *len = made_len;
    memcpy(out, made, made_len);
    return STATUS_OK;
}

bool jwt_key_verify(const struct jwt_key *key, struct str message, struct str signature) {
    if (key->algorithm == JWT_HS256) {
        unsigned char own[crypto_auth_hmacsha256_BYTES];
        return sign_hmac(key, message, own) == STATUS_OK && signature.len == sizeof own &&
               sodium_memcmp(own, signature.data, sizeof own) == 0;
    }
    unsigned char der[DER_MAX];
    const unsigned char *bytes = jwt_bytes(signature);
    size_t len = signature.len;
    if (key->algorithm == JWT_ES256) {
        bytes = der;
        len = raw_to_der(signature, der);
    }
    if (len == 0) {
        return false;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool valid = context &&
                 EVP_DigestVerifyInit(context, NULL, digest_of(key), NULL, key->pkey) == 1 &&
                 EVP_DigestVerify(context, bytes, len, jwt_bytes(message), message.len) == 1;
    EVP_MD_CTX_free(context);
    return valid;
}
