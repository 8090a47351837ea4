// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of src/backup/ share.
#ifndef FOOTFALL_BACKUP_PRIVATE_H
#define FOOTFALL_BACKUP_PRIVATE_H

#include <pthread.h>
#include <sodium.h>

#include "backup/backup.h"
#include "base/arena.h"
#include "base/thread.h"

#define BACKUP_PATH_MAX 2048
#define BACKUP_HASH_BYTES crypto_hash_sha256_BYTES
#define BACKUP_PREFIX "footfall-"
#define BACKUP_UNFINISHED ".incomplete"
#define BACKUP_MANIFEST "manifest.json"

// A file of a backup: "credentials.json", "log/NAME" or "store/NAME".
struct backup_file {
    struct str path;
    uint64_t bytes;
    unsigned char hash[BACKUP_HASH_BYTES];
    struct backup_file *next;
};
struct backup_manifest {
    int64_t created_ms;
    uint64_t files, bytes;
    struct backup_file *first; // sorted by path
};

// --- files.c
// Of a backup but its manifest, with sizes and without hashes; anything else that lies there is CORRUPT.
MUST_CHECK enum status backup_files_list(const char *backup, struct arena *arena,
                                         struct backup_manifest *out, struct error *err);
// Hashes what is read; also writes it to copy (a new file, 0600, synced), unless that is NULL. CLOSED: stopped, which may be NULL.
MUST_CHECK enum status backup_file_read(const char *path, const char *copy,
                                        const atomic_bool *stopped, uint64_t *bytes,
                                        unsigned char hash[BACKUP_HASH_BYTES], struct error *err);
MUST_CHECK enum status backup_file_write(const char *path, struct str content, struct error *err);
MUST_CHECK enum status backup_sync(const char *path, struct error *err); // a file or directory
MUST_CHECK enum status backup_directory_make(const char *path, struct error *err); // synced: no
// With all that is in it; what is not there is fine.
MUST_CHECK enum status backup_remove(const char *path, struct error *err);
MUST_CHECK enum status backup_path(char out[BACKUP_PATH_MAX], const char *directory,
                                   struct str name, struct error *err);

// --- manifest.c
MUST_CHECK enum status backup_manifest_write(const char *backup,
                                             const struct backup_manifest *manifest,
                                             struct error *err);
// Text is followed by JSON_PADDING bytes; path is for messages. What is given points into arena and text. CORRUPT, UNSUPPORTED (a newer
// Footfall's), NO_MEMORY.
MUST_CHECK enum status backup_manifest_parse(struct str text, const char *path, struct arena *arena,
                                             struct backup_manifest *out, struct error *err);
MUST_CHECK enum status backup_manifest_read(const char *backup, struct arena *arena,
                                            struct backup_manifest *out, struct error *err);

// --- take.c
struct backups {
    struct backups_config config;
    atomic_bool stopping;
    struct thread thread;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t wake;
    uint64_t asked, done; // tickets
    uint64_t failures;
    bool under_way;
    struct backup_result last; // the last good one; name empty: none yet
    int64_t newest_ms;         // of the last good one, also of an earlier process
    int64_t next_ms;           // wall clock; INT64_MAX: not scheduled
    struct error error;        // of the last one, when it failed
    uint16_t gauges[4];
    uint16_t taken, failed;
};

#endif
