// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Making a batch visible, all of it or nothing.
#ifndef FOOTFALL_STORE_CASSANDRA_COMMIT_H
#define FOOTFALL_STORE_CASSANDRA_COMMIT_H

#include "store/cassandra/cassandra.h"

struct cassandra_commit {
    int64_t epoch, log_epoch;
    unsigned partition;
    struct cassandra_place began; // where the partition stood when the batch began
    int64_t next_offset;
};
// CONFLICT: it stands elsewhere by now. Any other failure leaves open whether the batch is decided; who asks for the place next learns it,
// and finishes it if it is.
MUST_CHECK enum status cassandra_commit(struct cassandra_store *store,
                                        const struct cassandra_commit *commit,
                                        struct changes *changes);

#endif
