// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The text of the schema.
#ifndef FOOTFALL_STORE_CASSANDRA_TABLES_H
#define FOOTFALL_STORE_CASSANDRA_TABLES_H

#include "store/cassandra/cassandra.h"

// The statements from this version to the next, NULL at the end.
const char *const *tables_step(int32_t from_version);
extern const char tables_lock[]; // to be ended with an id of the table
extern const char tables_version[];
// Puts the keyspace where a text has '#'.
void tables_expand(struct buffer *out, const char *text, const char *keyspace);

#endif
