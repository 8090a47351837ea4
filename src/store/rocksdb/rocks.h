// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The RocksDB engine's object and what its files share. Private to src/store/rocksdb/.
#ifndef FOOTFALL_STORE_ROCKSDB_ROCKS_H
#define FOOTFALL_STORE_ROCKSDB_ROCKS_H

#include <pthread.h>
#include <stdatomic.h>

#include <rocksdb/c.h>

#include "base/thread.h"
#include "store/kv/kv.h"

// What the database is opened with; made once, used again when it is reopened.
struct rocks_options {
    rocksdb_cache_t *cache; // one for all families
    rocksdb_options_t *database;
    rocksdb_options_t *families[KV_FAMILIES];
    _Atomic int64_t
        timeline_retention_ms; // read by RocksDB's threads, which ThreadSanitizer cannot follow
};

struct rocks_writer;
struct rocks_chunk;
struct rocks {
    struct kv kv;
    char *directory;
    struct rocks_options options;
    rocksdb_readoptions_t *read;
    rocksdb_readoptions_t *peek; // only what is in memory
    rocksdb_writeoptions_t *write;

    // Read: whoever uses the database. Write: whoever replaces it. Writers first, or readers might keep them out for ever; so a
    // thread must not take it twice.
    pthread_rwlock_t lock;
    rocksdb_t *db; // NULL: it could not be opened again
    rocksdb_column_family_handle_t *families[KV_FAMILIES];

    // RocksDB refuses all writes after a failed one, and its C API cannot resume: the database is closed and opened again.
    atomic_bool writable;
    pthread_mutex_t recovery; // one thread tries at a time
    int64_t next_try_us;
    uint64_t room_bytes; // free on disk before it is worth a try

    // Compacts the timeline now and then, so that what is past retention goes. Runs only with a retention.
    struct thread retention;
    bool retaining;
    pthread_mutex_t retention_lock;
    pthread_cond_t retention_wake;
    bool retention_stop;

    // Memory that the next batch uses; batch.c.
    pthread_mutex_t kept_lock;
    struct rocks_writer *writer; // NULL: none
    struct rocks_chunk *chunks;
    size_t chunk_count;

    // Concurrent fsyncs become one.
    pthread_mutex_t sync_lock;
    pthread_cond_t sync_done;
    bool syncing;
    uint64_t asked, synced; // tickets
};

// --- batch.c
enum status rocks_batch_make(struct kv *kv, struct kv_batch **out);
enum status rocks_batch_put(struct kv_batch *batch, enum kv_family family, struct str key,
                            struct str value);
enum status rocks_batch_delete(struct kv_batch *batch, enum kv_family family, struct str key);
size_t rocks_batch_bytes(const struct kv_batch *batch);
void rocks_batch_free(struct kv_batch *batch);
void rocks_batch_free_kept(struct rocks *rocks); // when there are no more batches
enum status rocks_write(struct kv *kv, struct kv_batch *batch);

// --- options.c
MUST_CHECK enum status rocks_options_make(struct rocks_options *options,
                                          const struct store_config *config);
void rocks_options_free(struct rocks_options *options);
extern const char *const rocks_family_names[KV_FAMILIES];

// --- retention.c
MUST_CHECK enum status rocks_retention_start(struct rocks *rocks);
void rocks_retention_stop(
    struct rocks *rocks); // stops a compaction under way; fine when it was never started

// --- reopen.c
// Opens db and families; err may be NULL.
MUST_CHECK enum status rocks_open(struct rocks *rocks, struct error *err);
void rocks_shut(struct rocks *rocks);
// Frees message and gives its status.
enum status rocks_status(char *message);
// Read lock with the database open; UNAVAILABLE without it (nothing is locked then).
MUST_CHECK enum status rocks_enter(struct rocks *rocks);
// The same without waiting: UNAVAILABLE while the database is being replaced, too.
MUST_CHECK enum status rocks_try_enter(struct rocks *rocks);
void rocks_leave(struct rocks *rocks);
// A write failed with this message, which is freed; writes are refused until rocks_recover was successful.
enum status rocks_write_failed(struct rocks *rocks, char *message);
// OK: writes may be tried.
MUST_CHECK enum status rocks_recover(struct rocks *rocks);

#endif
