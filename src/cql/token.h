// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where a row belongs: its routing key, made of the values bound, and the key's token under Murmur3Partitioner.
//
// Any thread; no state.
#ifndef FOOTFALL_CQL_TOKEN_H
#define FOOTFALL_CQL_TOKEN_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "base/str.h"

// As Cassandra computes it: first half of MurmurHash3 x64 128, seed 0, tail bytes sign-extended as Java's are; never INT64_MIN.
int64_t cql_token(struct str routing_key);

// The routing key of a statement's values (cql_values_bytes, value_count of them): parts name the markers of the partition key in its order
// (pk_indexes of PREPARED). Of one part it is that value itself, a slice of values; of several they are put together in scratch, which is
// cleared first. NOT_FOUND: part_count is 0, a part is null, unset or beyond the values: there is no single place. CORRUPT: values is
// no value list. NO_MEMORY or TOO_LARGE: scratch, or a part above 65535 bytes (the server refuses that too).
MUST_CHECK enum status cql_routing_key(struct str values, uint16_t value_count,
                                       const uint16_t *parts, size_t part_count,
                                       struct buffer *scratch, struct str *out);

#endif
