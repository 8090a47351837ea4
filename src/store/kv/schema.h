// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The schema version of an embedded store and the steps from one version to the next.
//
// The version is a row of its own from the first day on. A step's rows and the new version are one atomic write, so that a migration
// that was interrupted goes on with the step it was at.
#ifndef FOOTFALL_STORE_KV_SCHEMA_H
#define FOOTFALL_STORE_KV_SCHEMA_H

#include "store/kv/kv.h"

#define SCHEMA_VERSION 4

// Takes the store from version n to n + 1 by adding to the batch.
struct schema_step {
    enum status (*run)(struct kv *kv, struct kv_batch *batch);
    const char *what; // for people: "split totals by partition"
};

// steps[i] leads from version i + 1 to i + 2; the newest version is count + 1. An empty store gets the newest at once.
// UNSUPPORTED: a newer Footfall wrote it.
MUST_CHECK enum status schema_migrate(struct kv *kv, const struct schema_step *steps, size_t count,
                                      struct error *err);
// The steps of this release.
MUST_CHECK enum status schema_bring_up_to_date(struct kv *kv, struct error *err);

#endif
