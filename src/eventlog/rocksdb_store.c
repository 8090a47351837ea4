// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The batch store over RocksDB: opening and closing, transactions, room.
#include "eventlog/rocksdb_store.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "eventlog/embedded.h"

#define FORMAT 1
#define SETTING_FORMAT 'V'
#define SETTING_COUNT 'N'
#define SETTING_EPOCH 'E'
#define FAMILY_NAME_MAX 24

void rocksdb_store_batch_key(unsigned partition, int64_t base, char key[ROCKSDB_BATCH_KEY_LEN]) {
    key[0] = (char)(unsigned char)(partition >> 8);
    key[1] = (char)(unsigned char)partition;
    for (unsigned i = 0; i < 8; i++) {
        key[2 + i] = (char)(unsigned char)((uint64_t)base >> (56 - 8 * i));
    }
}

// --- Opening and closing ------------------------------------------------------------------------------------------

enum status rocksdb_store_open_db(struct rocksdb_store *store, struct error *err) {
    char names[ROCKSDB_FAMILIES_MAX + 1][FAMILY_NAME_MAX] = {"default"};
    const char *name_pointers[ROCKSDB_FAMILIES_MAX + 1];
    const rocksdb_options_t *options[ROCKSDB_FAMILIES_MAX + 1];
    rocksdb_column_family_handle_t *handles[ROCKSDB_FAMILIES_MAX + 1];
    for (unsigned i = 0; i <= store->families; i++) {
        if (i > 0) {
            snprintf(names[i], sizeof names[i], "batches-%u", i - 1);
        }
        name_pointers[i] = names[i];
        options[i] = store->options;
    }
    char *text = NULL;
    store->db =
        rocksdb_open_column_families(store->options, store->directory, (int)store->families + 1,
                                     name_pointers, options, handles, &text);
    if (text != NULL) {
        store->db = NULL;
        return rocksdb_store_error(err, store, "opening", text);
    }
    store->small = handles[0];
    for (unsigned i = 0; i < store->families; i++) {
        store->batches[i] = handles[i + 1];
    }
    return STATUS_OK;
}

void rocksdb_store_close_db(struct rocksdb_store *store) {
    if (store->db == NULL) {
        return;
    }
    for (unsigned i = 0; i < store->families; i++) {
        rocksdb_column_family_handle_destroy(store->batches[i]);
    }
    rocksdb_column_family_handle_destroy(store->small);
    rocksdb_close(store->db);
    store->db = NULL;
}

static void free_store(struct rocksdb_store *store) {
    rocksdb_store_close_db(store);
    if (store->options != NULL) {
        rocksdb_options_destroy(store->options);
        rocksdb_writeoptions_destroy(store->synced);
        rocksdb_writeoptions_destroy(store->unsynced);
        rocksdb_writebatch_destroy(store->transaction);
    }
    pthread_rwlock_destroy(&store->lock);
    pthread_mutex_destroy(&store->cursors_mutex);
    free(store->directory);
    free(store);
}

// Writes out the memtables, so that the next opening need not replay the write-ahead log.
static void flush(struct rocksdb_store *store, rocksdb_column_family_handle_t *family) {
    char *text = NULL;
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    rocksdb_flushoptions_set_wait(options, 1);
    rocksdb_flush_cf(store->db, options, family, &text);
    rocksdb_flushoptions_destroy(options);
    if (text != NULL) { // nothing is lost: the write-ahead log has it
        LOG_WARN("eventlog", "writing out a memtable failed", LOG_CSTR("reason", text));
        rocksdb_free(text);
    }
}

static void close_store(struct batch_store *base) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    for (unsigned i = 0; store->db != NULL && i < store->families; i++) {
        flush(store, store->batches[i]);
    }
    if (store->db != NULL) {
        flush(store, store->small);
    }
    free_store(store);
}

static enum status recover(struct batch_store *base, struct error *err) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    pthread_rwlock_wrlock(&store->lock);
    rocksdb_writebatch_clear(store->transaction);
    rocksdb_cursor_rest_all(store);
    rocksdb_store_close_db(store);
    enum status status = rocksdb_store_open_db(store, err);
    pthread_rwlock_unlock(&store->lock);
    return status;
}

// --- Transactions -------------------------------------------------------------------------------------------------

static void put_batch(struct batch_store *base, unsigned partition, int64_t offset,
                      struct str encoded) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    char key[ROCKSDB_BATCH_KEY_LEN];
    rocksdb_store_batch_key(partition, offset, key);
    rocksdb_writebatch_put_cf(store->transaction, rocksdb_store_family(store, partition), key,
                              sizeof key, encoded.data, encoded.len);
}

// The writer is the only one who closes db (recover), so it needs no lock here.
static enum status commit(struct batch_store *base, struct error *err) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    char *text = NULL;
    rocksdb_write(store->db, store->synced, store->transaction, &text);
    rocksdb_writebatch_clear(store->transaction);
    return text == NULL ? STATUS_OK : rocksdb_store_error(err, store, "writing to", text);
}

static void discard(struct batch_store *base) {
    rocksdb_writebatch_clear(rocksdb_store_of(base)->transaction);
}

static enum status reclaim(struct batch_store *base, unsigned partition, int64_t begin, bool now,
                           struct error *err) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    char first[ROCKSDB_BATCH_KEY_LEN];
    char limit[ROCKSDB_BATCH_KEY_LEN];
    char *text = NULL;
    if (begin == 0) {
        return STATUS_OK;
    }
    if (now && partition < store->families) {
        // The small rows too: the write-ahead log stays until nobody's rows are only there.
        flush(store, store->batches[partition]);
        flush(store, store->small);
    }
    rocksdb_store_batch_key(partition, 0, first);
    rocksdb_store_batch_key(partition, begin - 1, limit);
    rocksdb_delete_file_in_range_cf(store->db, rocksdb_store_family(store, partition), first,
                                    sizeof first, limit, sizeof limit, &text);
    return text == NULL ? STATUS_OK : rocksdb_store_error(err, store, "shortening", text);
}

// --- Room ---------------------------------------------------------------------------------------------------------

// Live tables by RocksDB's own count; everything else (write-ahead log, manifest) by looking: those are few files.
static uint64_t used_bytes(struct batch_store *base) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    uint64_t bytes = 0;
    for (unsigned i = 0; store->db != NULL && i < store->families; i++) {
        uint64_t tables = 0;
        if (rocksdb_property_int_cf(store->db, store->batches[i], "rocksdb.total-sst-files-size",
                                    &tables) == 0) {
            bytes += tables;
        }
    }
    DIR *directory = opendir(store->directory);
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        struct stat info;
        const char *dot = strrchr(entry->d_name, '.');
        if ((dot == NULL || strcmp(dot, ".sst") != 0) && entry->d_name[0] != '.' &&
            fstatat(dirfd(directory), entry->d_name, &info, 0) == 0) {
            bytes += (uint64_t)info.st_size;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return bytes;
}

static uint64_t free_bytes(struct batch_store *base) {
    struct statvfs info;
    if (statvfs(rocksdb_store_of(base)->directory, &info) != 0) {
        return 0;
    }
    return (uint64_t)info.f_bavail * info.f_frsize;
}

// --- Reading ------------------------------------------------------------------------------------------------------

static enum status pin(struct batch_store *base) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    pthread_rwlock_rdlock(&store->lock);
    if (store->db == NULL) {
        pthread_rwlock_unlock(&store->lock);
        return STATUS_UNAVAILABLE;
    }
    return STATUS_OK;
}

static void unpin(struct batch_store *base) {
    pthread_rwlock_unlock(&rocksdb_store_of(base)->lock);
}

static const struct batch_store_engine rocksdb_store_engine = {
    .put_batch = put_batch,
    .put_segment = rocksdb_store_put_segment,
    .put_begin = rocksdb_store_put_begin,
    .drop_segment = rocksdb_store_drop_segment,
    .commit = commit,
    .discard = discard,
    .reclaim = reclaim,
    .put_committed = rocksdb_store_put_committed,
    .load = rocksdb_store_load,
    .recover = recover,
    .used_bytes = used_bytes,
    .free_bytes = free_bytes,
    .cursor_open = rocksdb_cursor_open,
    .cursor_rest = rocksdb_cursor_rest,
    .cursor_close = rocksdb_cursor_close,
    .pin = pin,
    .unpin = unpin,
    .cursor_read = rocksdb_cursor_read,
    .close = close_store,
};

static const struct eventlog_engine rocksdb_engine = EMBEDDED_ENGINE("rocksdb");

// --- A log's directory --------------------------------------------------------------------------------------------

static enum status make_directory(const char *path, struct error *err) {
    char *partial = strdup(path);
    if (partial == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the event log");
    }
    enum status status = STATUS_OK;
    for (char *p = partial + 1; status == STATUS_OK; p++) {
        if (*p != '/' && *p != '\0') {
            continue;
        }
        char kept = *p;
        *p = '\0';
        if (mkdir(partial, 0700) != 0 && errno != EEXIST) {
            status = error_set(err, STATUS_IO, "the directory %s cannot be made: %s", partial,
                               strerror(errno));
        }
        *p = kept;
        if (kept == '\0') {
            break;
        }
    }
    free(partial);
    return status;
}

static struct rocksdb_store *new_store(const char *directory,
                                       const struct eventlog_config *config) {
    struct rocksdb_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return NULL;
    }
    pthread_rwlock_init(&store->lock, NULL);
    pthread_mutex_init(&store->cursors_mutex, NULL);
    store->store.engine = &rocksdb_store_engine;
    store->clock = config->clock;
    store->partitions = config->partitions;
    store->families =
        config->partitions < ROCKSDB_FAMILIES_MAX ? config->partitions : ROCKSDB_FAMILIES_MAX;
    store->directory = strdup(directory);
    if (store->directory == NULL) {
        free_store(store);
        return NULL;
    }
    store->options = rocksdb_store_options();
    store->synced = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(store->synced, 1);
    store->unsynced = rocksdb_writeoptions_create();
    store->transaction = rocksdb_writebatch_create();
    return store;
}

static enum status mark_new(struct rocksdb_store *store, int64_t *epoch, struct error *err) {
    *epoch = embedded_new_epoch();
    rocksdb_store_put_setting(store, SETTING_FORMAT, FORMAT);
    rocksdb_store_put_setting(store, SETTING_COUNT, store->partitions);
    rocksdb_store_put_setting(store, SETTING_EPOCH, (uint64_t)*epoch);
    return commit(&store->store, err);
}

static enum status other_count(const struct rocksdb_store *store, uint64_t count,
                               struct error *err) {
    return error_set(
        err, STATUS_CONFLICT,
        "the event log in %s has %llu partitions but %u are configured. Who belongs to "
        "which partition depends on it: set embedded.partitions to %llu, or move the "
        "installation with footfall migrate --to-data DIR --to-partitions %u",
        store->directory, (unsigned long long)count, store->partitions, (unsigned long long)count,
        store->partitions);
}

static enum status read_marks(struct rocksdb_store *store, int64_t *epoch, struct error *err) {
    uint64_t format = 0;
    uint64_t count = 0;
    uint64_t stored_epoch = 0;
    enum status status = rocksdb_store_setting(store, SETTING_FORMAT, &format, err);
    if (status == STATUS_NOT_FOUND) {
        return mark_new(store, epoch, err);
    }
    if (status == STATUS_OK && format != FORMAT) {
        return error_set(err, STATUS_UNSUPPORTED,
                         "the event log in %s has format %llu; this Footfall knows format %d",
                         store->directory, (unsigned long long)format, FORMAT);
    }
    if (status == STATUS_OK) {
        status = rocksdb_store_setting(store, SETTING_COUNT, &count, err);
    }
    if (status == STATUS_OK) {
        status = rocksdb_store_setting(store, SETTING_EPOCH, &stored_epoch, err);
    }
    if (status == STATUS_NOT_FOUND) {
        return error_set(err, STATUS_CORRUPT, "the event log in %s has lost its settings",
                         store->directory);
    }
    if (status == STATUS_OK && count != store->partitions) {
        return other_count(store, count, err);
    }
    *epoch = (int64_t)stored_epoch;
    return status;
}

// Opening makes the families that are missing, so it must not happen with a wrong partition count. A log with another number of
// families is asked for its count read-only; one that has none yet broke off while it was made.
static enum status check_families(struct rocksdb_store *store, struct error *err) {
    size_t families = 0;
    char *text = NULL;
    char **names = rocksdb_list_column_families(store->options, store->directory, &families, &text);
    rocksdb_list_column_families_destroy(names, families); // also after an error
    if (text != NULL) { // no log there yet, or damage that opening will name
        rocksdb_free(text);
        return STATUS_OK;
    }
    if (families == store->families + 1) {
        return STATUS_OK;
    }
    store->db = rocksdb_open_for_read_only(store->options, store->directory, 0, &text);
    if (text != NULL) {
        store->db = NULL;
        return rocksdb_store_error(err, store, "opening", text);
    }
    uint64_t count = store->partitions;
    enum status status = rocksdb_store_setting(store, SETTING_COUNT, &count, err);
    rocksdb_close(store->db);
    store->db = NULL;
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    return status == STATUS_OK && count != store->partitions ? other_count(store, count, err)
                                                             : status;
}

enum status eventlog_rocksdb_partitions(const char *directory, unsigned *out, struct error *err) {
    const struct eventlog_config config = {.partitions = 1};
    struct rocksdb_store *store = new_store(directory, &config);
    char *text = NULL;
    uint64_t count = 0;
    char current[PATH_MAX];
    if (store == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the event log");
    }
    // Who only asks makes nothing, as RocksDB would.
    int len = snprintf(current, sizeof current, "%s/CURRENT", directory);
    if (len >= (int)sizeof current || access(current, F_OK) != 0) {
        free_store(store);
        return error_set(err, STATUS_NOT_FOUND, "there is no event log in %s", directory);
    }
    store->db = rocksdb_open_for_read_only(store->options, directory, 0, &text);
    if (text != NULL) {
        rocksdb_free(text);
        free_store(store);
        return error_set(err, STATUS_NOT_FOUND, "there is no event log in %s", directory);
    }
    enum status status = rocksdb_store_setting(store, SETTING_COUNT, &count, err);
    if (status == STATUS_OK && (count == 0 || count > EVENTLOG_PARTITIONS_MAX)) {
        status =
            error_set(err, STATUS_CORRUPT, "the event log in %s has lost its settings", directory);
    }
    *out = (unsigned)count;
    rocksdb_close(store->db);
    store->db = NULL;
    free_store(store);
    return status;
}

enum status eventlog_open_rocksdb(const char *directory, const struct eventlog_config *config,
                                  struct eventlog **out, struct error *err) {
    *out = NULL;
    enum status status = embedded_check_config(config, err);
    if (status == STATUS_OK) {
        status = make_directory(directory, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct rocksdb_store *store = new_store(directory, config);
    if (store == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the event log");
    }
    int64_t epoch = 0;
    status = check_families(store, err);
    if (status == STATUS_OK) {
        status = rocksdb_store_open_db(store, err);
    }
    if (status == STATUS_OK) {
        status = read_marks(store, &epoch, err);
    }
    if (status != STATUS_OK) {
        free_store(store);
        return status;
    }
    return embedded_open(&store->store, &rocksdb_engine, config, epoch, true, out, err);
}
