// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The Authorization header: Basic (RFC 7617) and Bearer (RFC 6750).
#include <sodium.h>

#include "auth/keyring.h"

static enum status parse_basic(struct arena *arena, struct str encoded,
                               struct auth_credentials *out) {
    unsigned char *decoded = arena_alloc(arena, encoded.len + 1);
    if (!decoded) {
        return STATUS_NO_MEMORY;
    }
    size_t len = 0;
    const char *end = NULL;
    // Some SDKs leave the padding out: both variants are read.
    int failed = sodium_base642bin(decoded, encoded.len + 1, encoded.data, encoded.len, NULL, &len,
                                   &end, sodium_base64_VARIANT_ORIGINAL);
    if (failed || end != encoded.data + encoded.len) {
        failed = sodium_base642bin(decoded, encoded.len + 1, encoded.data, encoded.len, NULL, &len,
                                   &end, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    }
    if (failed || end != encoded.data + encoded.len) {
        return STATUS_INVALID;
    }
    struct str pair = str_make((const char *)decoded, len);
    if (!str_is_utf8(pair)) {
        return STATUS_INVALID;
    }
    out->user = str_cut(&pair, ':');
    out->password = pair;
    return STATUS_OK;
}

enum status auth_parse_authorization(struct arena *arena, struct str header,
                                     struct auth_credentials *out) {
    *out = (struct auth_credentials){0};
    if (!header.data) {
        return STATUS_OK;
    }
    struct str rest = str_trim(header);
    struct str scheme = str_cut(&rest, ' ');
    rest = str_trim(rest);
    if (rest.len == 0) {
        return STATUS_INVALID;
    }
    if (str_equal_ignore_case(scheme, STR("Bearer"))) {
        out->bearer = rest;
        return STATUS_OK;
    }
    if (str_equal_ignore_case(scheme, STR("Basic"))) {
        return parse_basic(arena, rest, out);
    }
    return STATUS_INVALID;
}
