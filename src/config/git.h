// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Between git.c, which answers requests, and git_transfer.c, which brings the repository here.
#ifndef FOOTFALL_CONFIG_GIT_H
#define FOOTFALL_CONFIG_GIT_H

#include <git2.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread.h"
#include "config/backend.h"

#define CONFIG_GIT_BRANCHES "refs/remotes/origin/"

struct config_git {
    struct config_backend backend;
    char *url, *shown; // shown: without a user and password
    char *folder, *default_label, *username, *password, *private_key;
    char **paths;
    size_t path_count;
    int64_t interval_ms;
    atomic_bool stopping;
    struct thread thread;
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t woken;
    uint64_t asked,
        served; // the fetches that were wanted; the last of them that was there when a fetch began that is over
    bool ended;
    struct config_git_stats stats;
};

// NULL: NO_MEMORY.
struct config_git *config_git_make(const struct config_git_config *config);
void config_git_free(struct config_git *git);
// The folder of the copy, made if it is not there; *had: a fetch succeeded before. Folders of other URLs are not taken. IO, INVALID.
MUST_CHECK enum status config_git_prepare(struct config_git *git, bool *had, struct error *err);
// One fetch: all branches and tags, and those that are gone there go here. UNAVAILABLE. Blocks.
MUST_CHECK enum status config_git_transfer(struct config_git *git, struct error *err);
// status, with what libgit2 says of its last failure on this thread.
enum status config_git_problem(struct error *err, enum status status, const char *what);

#endif
