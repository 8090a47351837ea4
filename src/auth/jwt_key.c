// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Keys that sign and verify, on OpenSSL's EVP; HMAC by libsodium.
#include "auth/jwt_key.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define RSA_BYTES_MIN 256
#define RSA_BYTES_MAX 1024

static const struct {
    const char *name;
    enum jwt_algorithm algorithm;
} algorithm_names[] = {
    {"EdDSA", JWT_EDDSA}, {"ES256", JWT_ES256}, {"RS256", JWT_RS256}, {"HS256", JWT_HS256}};
#define ALGORITHMS (sizeof algorithm_names / sizeof algorithm_names[0])

const char *jwt_algorithm_name(enum jwt_algorithm algorithm) {
    for (size_t i = 0; i < ALGORITHMS; i++) {
        if (algorithm_names[i].algorithm == algorithm) {
            return algorithm_names[i].name;
        }
    }
    return "unknown";
}

bool jwt_algorithm_from_name(struct str name, enum jwt_algorithm *out) {
    for (size_t i = 0; i < ALGORITHMS; i++) {
        if (str_equal(name, str_from_c(algorithm_names[i].name))) {
            *out = algorithm_names[i].algorithm;
            return true;
        }
    }
    return false;
}

const unsigned char *jwt_bytes(struct str s) {
    return (const unsigned char *)(s.data ? s.data : "");
}

// Takes pkey over, also on failure; pkey NULL: it could not be made.
static enum status make(enum jwt_algorithm algorithm, struct str kid, EVP_PKEY *pkey,
                        struct jwt_key **out) {
    struct jwt_key *key = NULL;
    bool named = kid.len <= JWT_KID_MAX && (kid.len == 0 || !memchr(kid.data, '\0', kid.len));
    if (named) {
        key = calloc(1, sizeof *key);
    }
    if (!key) {
        EVP_PKEY_free(pkey);
        return named ? STATUS_NO_MEMORY : STATUS_INVALID;
    }
    key->algorithm = algorithm;
    key->pkey = pkey;
    key->kid_len = kid.len;
    if (kid.len > 0) {
        memcpy(key->kid, kid.data, kid.len);
    }
    *out = key;
    return STATUS_OK;
}

static enum status make_hmac(struct str kid, struct str secret, struct jwt_key **out) {
    if (secret.len < JWT_HMAC_SECRET_MIN || secret.len > JWT_HMAC_SECRET_MAX) {
        return STATUS_INVALID;
    }
    enum status status = make(JWT_HS256, kid, NULL, out);
    if (status == STATUS_OK) {
        (*out)->secret_len = secret.len;
        memcpy((*out)->secret, secret.data, secret.len);
    }
    return status;
}

enum status jwt_key_generate(enum jwt_algorithm algorithm, struct str kid,
                             struct random_source *random, struct jwt_key **out) {
    unsigned char seed[32];
    enum status status = STATUS_INVALID;
    if (kid.len == 0) {
        return status;
    }
    random->fill(random, seed, sizeof seed);
    EVP_PKEY *pkey = NULL;
    switch (algorithm) {
    case JWT_EDDSA:
        pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
        break;
    case JWT_ES256: pkey = EVP_EC_gen("P-256"); break;
    case JWT_HS256: status = make_hmac(kid, str_make((const char *)seed, sizeof seed), out); break;
    case JWT_RS256: break; // verified only
    }
    if (pkey) {
        status = make(algorithm, kid, pkey, out);
    }
    sodium_memzero(seed, sizeof seed);
    return status;
}

enum status jwt_key_from_private(enum jwt_algorithm algorithm, struct str kid, struct str secret,
                                 struct jwt_key **out) {
    if (algorithm == JWT_HS256) {
        return make_hmac(kid, secret, out);
    }
    const unsigned char *at = jwt_bytes(secret);
    EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &at, (long)secret.len);
    bool fits = pkey && ((algorithm == JWT_EDDSA && EVP_PKEY_is_a(pkey, "ED25519")) ||
                         (algorithm == JWT_ES256 && EVP_PKEY_is_a(pkey, "EC")));
    if (!fits) {
        EVP_PKEY_free(pkey);
        return STATUS_INVALID;
    }
    return make(algorithm, kid, pkey, out);
}

enum status jwt_key_from_ed25519(struct str kid, struct str x, struct jwt_key **out) {
    if (x.len != 32) {
        return STATUS_INVALID;
    }
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, jwt_bytes(x), x.len);
    return pkey ? make(JWT_EDDSA, kid, pkey, out) : STATUS_INVALID;
}

// Builds and frees what it is given. NULL: not a valid key.
static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM_BLD *builder) {
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (parameters && context && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) == 1) {
        EVP_PKEY_CTX *check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
        if (!check || EVP_PKEY_public_check(check) != 1) {
            EVP_PKEY_free(pkey);
            pkey = NULL;
        }
        EVP_PKEY_CTX_free(check);
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    return pkey;
}

enum status jwt_key_from_p256(struct str kid, struct str x, struct str y, struct jwt_key **out) {
    if (x.len != 32 || y.len != 32) {
        return STATUS_INVALID;
    }
    unsigned char point[65] = {4}; // uncompressed
    memcpy(point + 1, x.data, 32);
    memcpy(point + 33, y.data, 32);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (!builder ||
        !OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
        !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point)) {
        OSSL_PARAM_BLD_free(builder);
        return STATUS_NO_MEMORY;
    }
    EVP_PKEY *pkey = from_parameters("EC", builder);
    return pkey ? make(JWT_ES256, kid, pkey, out) : STATUS_INVALID;
}

enum status jwt_key_from_rsa(struct str kid, struct str n, struct str e, struct jwt_key **out) {
    if (n.len < RSA_BYTES_MIN || n.len > RSA_BYTES_MAX || e.len == 0 || e.len > 8) {
        return STATUS_INVALID;
    }
    BIGNUM *modulus = BN_bin2bn(jwt_bytes(n), (int)n.len, NULL);
    BIGNUM *exponent = BN_bin2bn(jwt_bytes(e), (int)e.len, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;
    enum status status = STATUS_NO_MEMORY;
    if (modulus && exponent && builder) {
        // Leading zeros do not make a number longer. An exponent of one would leave every message as it is.
        bool strong = BN_num_bits(modulus) >= RSA_BYTES_MIN * 8 && BN_is_odd(modulus) &&
                      BN_is_odd(exponent) && !BN_is_one(exponent);
        status = STATUS_INVALID;
        if (strong && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent)) {
            pkey = from_parameters("RSA", builder);
            builder = NULL;
        }
    }
    OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    BN_free(exponent);
    return pkey ? make(JWT_RS256, kid, pkey, out) : status;
}

void jwt_key_free(struct jwt_key *key) {
    if (key) {
        EVP_PKEY_free(key->pkey);
        sodium_memzero(key, sizeof *key);
        free(key);
    }
}

enum jwt_algorithm jwt_key_algorithm(const struct jwt_key *key) {
    return key->algorithm;
}

struct str jwt_key_kid(const struct jwt_key *key) {
    return str_make(key->kid, key->kid_len);
}

enum status jwt_key_private(const struct jwt_key *key, struct buffer *out) {
    if (key->algorithm == JWT_HS256) {
        buffer_append(out, key->secret, key->secret_len);
        return buffer_status(out);
    }
    unsigned char *der = NULL;
    int len = i2d_PrivateKey(key->pkey, &der);
    if (len <= 0) {
        return STATUS_INVALID;
    }
    buffer_append(out, der, (size_t)len);
    OPENSSL_clear_free(der, (size_t)len);
    return buffer_status(out);
}

enum status jwt_key_public(const struct jwt_key *key, unsigned char out[64], size_t *len) {
    if (key->algorithm == JWT_EDDSA) {
        *len = 32;
        return EVP_PKEY_get_raw_public_key(key->pkey, out, len) == 1 ? STATUS_OK : STATUS_INVALID;
    }
    if (key->algorithm != JWT_ES256) {
        return STATUS_INVALID;
    }
    BIGNUM *x = NULL;
    BIGNUM *y = NULL;
    bool got = EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
               EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
               BN_bn2binpad(x, out, 32) == 32 && BN_bn2binpad(y, out + 32, 32) == 32;
    BN_free(x);
    BN_free(y);
    *len = 64;
    return got ? STATUS_OK : STATUS_INVALID;
}
