// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How the log's RocksDB is set up: within about 20 MiB of memory, and quick to open.
#include <stdlib.h>

#include "eventlog/rocksdb_store.h"

#define MEMTABLES_BYTES (12U * 1024 * 1024) // over all column families
#define MEMTABLE_BYTES (6U * 1024 * 1024)
#define ARENA_BLOCK_BYTES (64U * 1024) // of a memtable; up to 17 exist
#define BLOCK_CACHE_BYTES (4U * 1024 * 1024)
#define BLOCK_BYTES (64U * 1024) // small batches are compressed together, this much at a time
#define WAL_BYTES (32ULL * 1024 * 1024)
#define OPEN_FILES 64
#define MANIFEST_BYTES (4U * 1024 * 1024)
#define ZSTD_LEVEL 1
#define ZSTD_WINDOW_BITS (-14) // RocksDB's own default for it

static void set_tables(rocksdb_options_t *options) {
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    rocksdb_cache_t *cache = rocksdb_cache_create_lru(BLOCK_CACHE_BYTES);
    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_cache_destroy(cache); // the table options hold on to it
    rocksdb_block_based_options_set_block_size(table, BLOCK_BYTES);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_format_version(table, 5);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
}

rocksdb_options_t *rocksdb_store_options(void) {
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_create_missing_column_families(options, 1);
    set_tables(options);
    rocksdb_options_set_write_buffer_size(options, MEMTABLE_BYTES);
    rocksdb_options_set_db_write_buffer_size(options, MEMTABLES_BYTES);
    rocksdb_options_set_arena_block_size(options, ARENA_BLOCK_BYTES);
    rocksdb_options_set_max_total_wal_size(options, WAL_BYTES);
    rocksdb_options_set_compression(options, rocksdb_zstd_compression);
    rocksdb_options_set_compression_options(options, ZSTD_WINDOW_BITS, ZSTD_LEVEL, 0, 0);
    // One committer, and files that never overlap: compaction is renaming, so it may happen at once. That also lets whole files be
    // deleted by retention, which RocksDB does not do in level 0.
    rocksdb_options_set_level0_file_num_compaction_trigger(options, 1);
    rocksdb_options_set_allow_concurrent_memtable_write(options, 0);
    rocksdb_options_set_max_background_jobs(options, 2);
    // What is acknowledged is in the synced write-ahead log, so only the write that was cut off by a crash may be torn: that tail is
    // dropped. Damage further in front would be lost acknowledged events: then opening fails and says so.
    rocksdb_options_set_wal_recovery_mode(options,
                                          rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_options_set_max_open_files(options, OPEN_FILES);
    rocksdb_options_set_table_cache_numshardbits(options, 2);
    rocksdb_options_set_skip_stats_update_on_db_open(options, 1);
    rocksdb_options_set_skip_checking_sst_file_sizes_on_db_open(options, 1);
    rocksdb_options_set_max_manifest_file_size(options, MANIFEST_BYTES);
    // Silent, below even fatal: RocksDB 7.8 writes its own log on the same disk, and its assertions, which Debian builds in, end the
    // process at the second line that does not fit. What fails is in our log.
    rocksdb_options_set_info_log_level(options, 6);
    rocksdb_options_set_keep_log_file_num(options, 2);
    rocksdb_options_set_max_log_file_size(options, 1024UL * 1024);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    return options;
}

enum status rocksdb_store_error(struct error *err, const struct rocksdb_store *store,
                                const char *what, char *text) {
    enum status status = STATUS_IO;
    if (strstr(text, "lock ") != NULL && strstr(text, "LOCK") != NULL) {
        status = error_set(err, STATUS_CONFLICT,
                           "the event log in %s is in use by another process; stop that one or "
                           "choose another data directory (%s)",
                           store->directory, text);
    } else if (strncmp(text, "Corruption", strlen("Corruption")) == 0) {
        status =
            error_set(err, STATUS_CORRUPT,
                      "%s the event log in %s: its files are damaged (%s); restore them from a "
                      "backup, or move the directory away to begin anew",
                      what, store->directory, text);
    } else {
        error_set(err, status, "%s the event log in %s: %s", what, store->directory, text);
    }
    rocksdb_free(text);
    return status;
}
