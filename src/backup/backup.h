// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Backups of an installation on the embedded engines: taken while it runs, checked, restored.
//
// A backup is a directory: manifest.json, log/, store/ and credentials.json. It gets its name, footfall-YYYYMMDDThhmmss.mmmZ, when it
// is whole and on stable storage; what begins with ".incomplete" is none. docs/adr/0031-backups.md says why what is in it fits together.
#ifndef FOOTFALL_BACKUP_H
#define FOOTFALL_BACKUP_H

#include <stdatomic.h>

#include "base/clock.h"
#include "eventlog/eventlog.h"
#include "http/router.h"
#include "store/store.h"

#define BACKUP_NAME_MAX 64

struct backup_config {
    struct eventlog *log;
    struct store *store;
    const char *credentials; // path of credentials.json; need not be there
    const char *directory;   // where backups go; made (0700) when missing, its parent must exist
    unsigned keep;           // so many of the newest stay; 0: all
    struct clock *clock;
    const atomic_bool *stopped; // may be NULL; true: give up, CLOSED
};
struct backup_result {
    char name[BACKUP_NAME_MAX];
    int64_t created_ms; // wall clock; all that was acknowledged before is in it
    uint64_t files, bytes;
    double seconds; // it took; 0 where it was read
};
// From any thread that may block. CONFLICT: another backup is being written into the directory. UNSUPPORTED: not the embedded engines.
// On failure nothing is left but, after a crash, a directory that the next one removes.
MUST_CHECK enum status backup_take(const struct backup_config *config, struct backup_result *out,
                                   struct error *err);

// When the newest backup of the directory was made, by its manifest; 0: there is none that can be read.
int64_t backup_newest_ms(const char *directory);

// Reads everything. NOT_FOUND: no backup. CORRUPT: not what was written. UNSUPPORTED: of a newer Footfall.
MUST_CHECK enum status backup_verify(const char *backup, struct backup_result *out,
                                     struct error *err);
// The same, while it is copied into data, which must be missing or empty (EXISTS). On failure data is as it was.
MUST_CHECK enum status backup_restore(const char *backup, const char *data,
                                      struct backup_result *out, struct error *err);

// --- Backups of a running process, on a thread of their own: asked for, and every interval.
struct backups;
struct backups_config {
    struct backup_config
        backup; // stopped is not looked at; texts must outlive it. directory "": none can be taken
    int64_t interval_ms; // 0: only when asked for
};
MUST_CHECK enum status backups_start(const struct backups_config *config, struct backups **out,
                                     struct error *err);
void backups_stop(struct backups *backups); // gives up one under way; NULL is fine
// GET and POST /backups. NULL: of a process without embedded engines (409), and for lists of routes.
struct http_route_table backups_routes(struct backups *backups);

#endif
