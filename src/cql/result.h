// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The client's side of cql_result (cql.h): made of a RESULT frame, whose body it owns.
//
// One allocation a reply: the body is copied behind the struct, or taken over where the frame has a block of its own. A void result
// allocates nothing. Columns are read from the body when they are asked for; rows as they are iterated.
#ifndef FOOTFALL_CQL_RESULT_H
#define FOOTFALL_CQL_RESULT_H

#include "cql/cql.h"
#include "cql/message.h"

// Of a RESULT frame; reply is what cql_reply_open gave for it. Any kind but PREPARED (INVALID: that is cql_decode_prepared's). Takes
// frame->block over when it succeeds; the caller calls cql_frame_free in any case. What row_count says can be true: a count that the
// bytes cannot hold is CORRUPT. NO_MEMORY.
MUST_CHECK enum status cql_result_make(struct cql_frame *frame, const struct cql_reply *reply,
                                       struct cql_result **out, struct error *err);
// Peeks at the kind of a RESULT's body; false when there is none or it is not known.
MUST_CHECK bool cql_result_peek_kind(struct str body, enum cql_result_kind *out);
enum cql_result_kind cql_result_kind(const struct cql_result *result);
// Of SET_KEYSPACE; empty for others.
struct str cql_result_keyspace(const struct cql_result *result);
// Of SCHEMA_CHANGE; false for others.
bool cql_result_schema_change(const struct cql_result *result, struct cql_event *out);
// The type of a column with the types inside it, for cql_take_type; empty where it is not told. Looking at a column (name, type) walks over
// those before it.
struct str cql_result_column_option(const struct cql_result *result, unsigned column);

#endif
