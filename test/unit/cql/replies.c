// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Replies made by hand, not with the code under test.
#include "replies.h"

#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "cql/notation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void put_reply(struct buffer *out, uint8_t flags, int16_t stream, uint8_t opcode, struct str body) {
    bytes_put_u8(out, 0x84);
    bytes_put_u8(out, flags);
    bytes_put_be16(out, (uint16_t)stream);
    bytes_put_u8(out, opcode);
    bytes_put_be32(out, (uint32_t)body.len);
    buffer_append_str(out, body);
}

void put_compressed(struct buffer *out, struct str body) {
    int bound = LZ4_compressBound((int)body.len);
    bytes_put_be32(out, (uint32_t)body.len);
    CHECK(buffer_reserve(out, (size_t)bound) == STATUS_OK);
    int len = LZ4_compress_default(body.data, out->data + out->len, (int)body.len, bound);
    CHECK(len > 0);
    out->len += (size_t)len;
}

void put_hex(struct buffer *out, const char *hex) {
    unsigned byte = 0;
    for (const char *at = hex; *at != '\0'; at += 2) {
        while (*at == ' ') {
            at++;
        }
        CHECK(sscanf(at, "%2x", &byte) == 1);
        bytes_put_u8(out, (uint8_t)byte);
    }
}

char *exact_copy(struct str s) {
    char *copy = malloc(s.len > 0 ? s.len : 1);
    CHECK(copy != NULL);
    if (s.len > 0) {
        memcpy(copy, s.data, s.len);
    }
    return copy;
}

void put_column(struct buffer *out, const char *keyspace, const char *table, const char *name) {
    if (keyspace != NULL) {
        cql_put_string(out, str_from_c(keyspace));
        cql_put_string(out, str_from_c(table));
    }
    cql_put_string(out, str_from_c(name));
}

void put_rows_head(struct buffer *out, const enum cql_type *types, uint32_t columns, uint32_t rows,
                   struct str paging_state) {
    char name[16];
    bytes_put_be32(out, CQL_RESULT_ROWS);
    bytes_put_be32(out, paging_state.data != NULL ? 3 : 1);
    bytes_put_be32(out, columns);
    if (paging_state.data != NULL) {
        cql_put_bytes(out, paging_state);
    }
    cql_put_string(out, STR("ks"));
    cql_put_string(out, STR("t"));
    for (uint32_t i = 0; i < columns; i++) {
        snprintf(name, sizeof name, "c%u", i);
        put_column(out, NULL, NULL, name);
        bytes_put_be16(out, (uint16_t)types[i]);
    }
    bytes_put_be32(out, rows);
}

void assert_only_whole(struct buffer *body, reply_decoder decode, void *out) {
    struct error err;
    for (size_t len = 0; len < body->len; len++) {
        char *cut = exact_copy(str_make(body->data, len));
        memset(&err, 0, sizeof err);
        enum status status = decode(str_make(cut, len), out, &err);
        if (status != STATUS_CORRUPT || err.text[0] == '\0') {
            fail_msg("cut to %zu of %zu: %s", len, body->len, status_name(status));
        }
        assert_int_equal(decode(str_make(cut, len), out, NULL), STATUS_CORRUPT);
        free(cut);
    }
    buffer_append_str(body, STR("more"));
    assert_int_equal(decode(buffer_str(body), out, &err), STATUS_OK);
    body->len -= 4;
    assert_int_equal(decode(buffer_str(body), out, &err), STATUS_OK);
}
