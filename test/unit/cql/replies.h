// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Replies as a server would write them, byte by byte, and what is done to all of them: cut off at every byte.
#ifndef FOOTFALL_TEST_UNIT_CQL_REPLIES_H
#define FOOTFALL_TEST_UNIT_CQL_REPLIES_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "cql/frame.h"
#include "cql/message.h"

// Appends a whole frame. The body is as it goes over the wire: compressed if the flag says so.
void put_reply(struct buffer *out, uint8_t flags, int16_t stream, uint8_t opcode, struct str body);
// Four bytes of length and an LZ4 block.
void put_compressed(struct buffer *out, struct str body);
// "00ff", spaces allowed.
void put_hex(struct buffer *out, const char *hex);
// A copy of exactly that length, so that a sanitizer sees a read beyond it. To be freed.
char *exact_copy(struct str s);

// A column specification; keyspace NULL: there is a global one.
void put_column(struct buffer *out, const char *keyspace, const char *table, const char *name);
// RESULT rows: kind, metadata of columns named c0, c1, ... of ks.t with one type each, row count; the values are the caller's to append.
void put_rows_head(struct buffer *out, const enum cql_type *types, uint32_t columns, uint32_t rows,
                   struct str paging_state);

// Every beginning of body must be refused with a sentence; body itself, and body with more behind it, is fine.
typedef enum status (*reply_decoder)(struct str body, void *out, struct error *err);
void assert_only_whole(struct buffer *body, reply_decoder decode, void *out);

#endif
