// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The parts of the RocksDB batch store that its files share; private to them.
//
//   default column family   settings and small rows:  V format, N partition count, E epoch; B begin, S segment, C place of a group
//   batches-0 .. batches-15 key: partition BE16, base offset BE64; value: the record batch
//
// One column family a partition (shared in turn above 16): keys then only grow within one, files do not overlap, and RocksDB moves
// them down its levels without ever rewriting them.
#ifndef FOOTFALL_EVENTLOG_ROCKSDB_STORE_H
#define FOOTFALL_EVENTLOG_ROCKSDB_STORE_H

#include <pthread.h>
#include <rocksdb/c.h>

#include "eventlog/batch_store.h"
#include "eventlog/eventlog.h"

#define ROCKSDB_FAMILIES_MAX 16
#define ROCKSDB_BATCH_KEY_LEN 10

struct rocksdb_cursor;
struct rocksdb_store {
    struct batch_store store; // first member
    char *directory;
    unsigned partitions;
    unsigned families;
    struct clock *clock;
    rocksdb_options_t *options;
    rocksdb_writeoptions_t *synced;
    rocksdb_writeoptions_t *unsynced;
    rocksdb_writebatch_t *transaction;
    pthread_rwlock_t
        lock; // held for reading by whoever uses db, for writing while it is closed and opened again
    rocksdb_t *db; // NULL while it could not be opened again
    rocksdb_column_family_handle_t *small;
    rocksdb_column_family_handle_t *batches[ROCKSDB_FAMILIES_MAX];
    pthread_mutex_t cursors_mutex; // guards the list
    struct rocksdb_cursor *cursors;
};

static inline struct rocksdb_store *rocksdb_store_of(struct batch_store *store) {
    return CONTAINER_OF(store, struct rocksdb_store, store);
}
static inline rocksdb_column_family_handle_t *rocksdb_store_family(
    const struct rocksdb_store *store, unsigned partition) {
    return store->batches[partition % store->families];
}
void rocksdb_store_batch_key(unsigned partition, int64_t base, char key[ROCKSDB_BATCH_KEY_LEN]);

// rocksdb_options.c
rocksdb_options_t *rocksdb_store_options(void);
// Frees text. what: "opening", ...
enum status rocksdb_store_error(struct error *err, const struct rocksdb_store *store,
                                const char *what, char *text);

// rocksdb_store.c. Opens store->directory; families and settings are read or made.
MUST_CHECK enum status rocksdb_store_open_db(struct rocksdb_store *store, struct error *err);
void rocksdb_store_close_db(struct rocksdb_store *store);

// rocksdb_rows.c: the small rows
MUST_CHECK enum status rocksdb_store_setting(struct rocksdb_store *store, char name,
                                             uint64_t *value,
                                             struct error *err); // NOT_FOUND without err
void rocksdb_store_put_setting(struct rocksdb_store *store, char name, uint64_t value);
void rocksdb_store_put_segment(struct batch_store *store, unsigned partition,
                               const struct segment *segment);
void rocksdb_store_put_begin(struct batch_store *store, unsigned partition, int64_t begin);
void rocksdb_store_drop_segment(struct batch_store *store, unsigned partition, int64_t base);
enum status rocksdb_store_put_committed(struct batch_store *store, unsigned partition,
                                        struct str group, int64_t offset);
enum status rocksdb_store_load(struct batch_store *store, const struct batch_store_loader *loader,
                               struct error *err);

// rocksdb_cursor.c
struct batch_cursor *rocksdb_cursor_open(struct batch_store *store, unsigned partition);
void rocksdb_cursor_rest(struct batch_cursor *cursor);
void rocksdb_cursor_close(struct batch_cursor *cursor);
enum status rocksdb_cursor_read(struct batch_cursor *cursor, int64_t offset, struct str *encoded,
                                struct error *err);
void rocksdb_cursor_rest_all(struct rocksdb_store *store); // lock held for writing

#endif
