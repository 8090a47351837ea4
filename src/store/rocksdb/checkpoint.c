// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A consistent copy of a running store's files, for backups.
#include "base/queue.h"
#include "store/kv/kv_store.h"
#include "store/rocksdb/rocks.h"

enum status store_rocksdb_checkpoint(struct store *store, const char *directory,
                                     struct error *err) {
    if (strcmp(store->engine->name, "rocksdb") != 0) {
        return error_set(err, STATUS_UNSUPPORTED, "the store is not an embedded one");
    }
    struct rocks *rocks = CONTAINER_OF(kv_store_of(store)->kv, struct rocks, kv);
    enum status status = rocks_enter(rocks);
    if (status != STATUS_OK) {
        return error_set(err, status, "the store in %s is not open", rocks->directory);
    }
    char *message = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(rocks->db, &message);
    if (checkpoint != NULL) {
        rocksdb_checkpoint_create(checkpoint, directory, 0, &message);
        rocksdb_checkpoint_object_destroy(checkpoint);
    }
    rocks_leave(rocks);
    if (message == NULL) {
        return STATUS_OK;
    }
    (void)error_set(err, STATUS_IO, "copying the store in %s: %s", rocks->directory, message);
    status = rocks_status(message);
    err->status = status;
    return status;
}
