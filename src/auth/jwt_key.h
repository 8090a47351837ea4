// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A key as jwt_key.c and jwt_signature.c see it.
#ifndef FOOTFALL_AUTH_JWT_KEY_H
#define FOOTFALL_AUTH_JWT_KEY_H

#include <openssl/evp.h>
#include <sodium.h>

#include "auth/jwt.h"

#define JWT_HMAC_SECRET_MIN 32 // RFC 7518 3.2: not shorter than the hash
#define JWT_HMAC_SECRET_MAX 128

struct jwt_key {
    enum jwt_algorithm algorithm;
    EVP_PKEY *pkey; // NULL for HMAC
    size_t secret_len;
    unsigned char secret[JWT_HMAC_SECRET_MAX];
    size_t kid_len;
    char kid[JWT_KID_MAX];
};

const unsigned char *jwt_bytes(struct str s); // never NULL

#endif
