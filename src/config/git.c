// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The backend of a git repository: our own bare copy, fetched by a thread of its own; files are read out of it without a work tree.
//
// Requests open the copy each for itself, so that none waits for another or for a fetch.
#include "config/git.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define STOP_WAIT_US (3 * 1000000LL)
#define ASKED_WAIT_US (10 * 1000000LL)

struct opened { // of a snapshot
    git_repository *repository;
    git_commit *commit;
    git_tree *tree;
};

enum status config_git_problem(struct error *err, enum status status, const char *what) {
    const git_error *problem = git_error_last();
    return error_set(err, status, "%s: %s", what,
                     problem && problem->message ? problem->message : "no reason is known");
}

// --- Labels -------------------------------------------------------------------------------------------------------------
static bool find_reference(git_repository *repository, const char *folder, const char *label,
                           git_commit **out) {
    char name[400];
    git_object *object = NULL;
    git_oid id;
    int len = snprintf(name, sizeof name, "%s%s", folder, label);
    int valid = 0;
    if (len < 0 || (size_t)len >= sizeof name || git_reference_name_is_valid(&valid, name) != 0 ||
        !valid || git_reference_name_to_id(&id, repository, name) != 0 ||
        git_object_lookup(&object, repository, &id, GIT_OBJECT_ANY) != 0) {
        return false;
    }
    bool found = git_object_peel((git_object **)out, object, GIT_OBJECT_COMMIT) == 0;
    git_object_free(object);
    return found;
}

// At least seven digits of a commit's id.
static bool find_commit(git_repository *repository, struct str label, git_commit **out) {
    git_oid id;
    char text[GIT_OID_HEXSZ + 1];
    if (label.len < 7 || label.len > GIT_OID_HEXSZ) {
        return false;
    }
    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(label));
    return strspn(text, "0123456789abcdefABCDEF") == label.len &&
           git_oid_fromstrn(&id, text, label.len) == 0 &&
           git_commit_lookup_prefix(out, repository, &id, label.len) == 0;
}

// A branch, a tag or a commit.
static bool find_label(git_repository *repository, struct str label, git_commit **out) {
    char text[256];
    if (label.len == 0 || label.len >= sizeof text) {
        return false;
    }
    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(label));
    return find_reference(repository, CONFIG_GIT_BRANCHES, text, out) ||
           find_reference(repository, "refs/tags/", text, out) ||
           find_commit(repository, label, out);
}

static bool find_asked(const struct config_git *git, git_repository *repository, struct str label,
                       git_commit **out) {
    if (label.data) {
        return find_label(repository, label, out);
    }
    struct str usual = str_from_c(git->default_label);
    return find_label(repository, usual, out) ||
           (str_equal(usual, STR("main")) && find_label(repository, STR("master"), out));
}

// --- Snapshots ----------------------------------------------------------------------------------------------------------
static void release(struct config_snapshot *snapshot) {
    struct opened *opened = snapshot->state;
    if (opened) {
        git_tree_free(opened->tree);
        git_commit_free(opened->commit);
        git_repository_free(opened->repository);
        snapshot->state = NULL;
    }
}

// Folders of the commit that a pattern with '*' means, in the order of their names; rest: what was not looked at yet.
static enum status add_matching(const struct config_asked *asked, struct config_snapshot *snapshot,
                                const git_tree *tree, struct str above, struct str rest) {
    const struct opened *opened = snapshot->state;
    struct str segment = str_cut(&rest, '/');
    struct str pattern = arena_copy(snapshot->arena, segment);
    if (segment.len == 0) {
        return config_locations_add(snapshot, above, asked, STR_EMPTY);
    }
    enum status status = pattern.data ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; i < git_tree_entrycount(tree) && status == STATUS_OK; i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        const char *name = git_tree_entry_name(entry);
        git_tree *below = NULL;
        if (git_tree_entry_filemode(entry) != GIT_FILEMODE_TREE ||
            fnmatch(pattern.data, name, FNM_PERIOD) != 0 ||
            git_tree_lookup(&below, opened->repository, git_tree_entry_id(entry)) != 0) {
            continue;
        }
        struct str path = arena_printf(snapshot->arena, "%.*s%s/", STR_ARG(above), name);
        status = path.data ? add_matching(asked, snapshot, below, path, rest) : STATUS_NO_MEMORY;
        git_tree_free(below);
    }
    return status;
}

// What came out of a search path: it stays, or what it matches comes in its place.
static enum status expand(const struct config_asked *asked, struct config_snapshot *snapshot,
                          size_t from) {
    const struct opened *opened = snapshot->state;
    struct str added[CONFIG_LOCATIONS_MAX];
    size_t count = snapshot->location_count - from;
    enum status status = STATUS_OK;
    memcpy(added, snapshot->locations + from, count * sizeof added[0]);
    snapshot->location_count = from;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = memchr(added[i].data, '*', added[i].len)
                     ? add_matching(asked, snapshot, opened->tree, STR(""), added[i])
                     : config_locations_add(snapshot, added[i], asked, STR_EMPTY);
    }
    return status;
}

static enum status add_locations(const struct config_git *git, const struct config_asked *asked,
                                 struct config_snapshot *snapshot, struct error *err) {
    struct str label = asked->label.data ? asked->label : str_from_c(git->default_label);
    enum status status = config_locations_add(snapshot, STR(""), asked, label);
    for (size_t i = 0; i < git->path_count && status == STATUS_OK; i++) {
        size_t from = snapshot->location_count;
        status = config_locations_add(snapshot, str_from_c(git->paths[i]), asked, label);
        status = status == STATUS_OK ? expand(asked, snapshot, from) : status;
    }
    return status == STATUS_OK
               ? status
               : error_set(err, status, "folders of the request: %s", status_text(status));
}

static enum status look(struct config_backend *backend, const struct config_asked *asked,
                        struct config_snapshot *snapshot, struct error *err) {
    const struct config_git *git = (const struct config_git *)backend;
    struct opened *opened = arena_alloc_zero(snapshot->arena, sizeof *opened);
    if (!opened) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    snapshot->state = opened;
    if (git_repository_open_bare(&opened->repository, git->folder) != 0) {
        return config_git_problem(err, STATUS_IO, "the copy of the repository");
    }
    if (!find_asked(git, opened->repository, asked->label, &opened->commit)) {
        return error_set(
            err, STATUS_NOT_FOUND, "no such label: %.*s",
            STR_ARG(asked->label.data ? asked->label : str_from_c(git->default_label)));
    }
    if (git_commit_tree(&opened->tree, opened->commit) != 0) {
        return config_git_problem(err, STATUS_CORRUPT, "the commit");
    }
    char id[GIT_OID_HEXSZ + 1];
    git_oid_tostr(id, sizeof id, git_commit_id(opened->commit));
    snapshot->version = arena_copy(snapshot->arena, str_from_c(id));
    return snapshot->version.data ? add_locations(git, asked, snapshot, err)
                                  : error_set(err, STATUS_NO_MEMORY, "out of memory");
}

// Files alone: links and submodules lead elsewhere.
static enum status read_blob(const struct config_snapshot *snapshot, const git_tree_entry *entry,
                             struct str *out, struct error *err) {
    const struct opened *opened = snapshot->state;
    git_filemode_t mode = git_tree_entry_filemode(entry);
    git_blob *blob = NULL;
    if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE) {
        return STATUS_NOT_FOUND;
    }
    if (git_blob_lookup(&blob, opened->repository, git_tree_entry_id(entry)) != 0) {
        return config_git_problem(err, STATUS_CORRUPT, "a file of the copy");
    }
    size_t size = (size_t)git_blob_rawsize(blob);
    enum status status = STATUS_OK;
    if (size > snapshot->backend->file_bytes) {
        status =
            error_set(err, STATUS_TOO_LARGE, "more than %zu bytes", snapshot->backend->file_bytes);
    } else {
        *out = arena_copy(snapshot->arena, str_make(git_blob_rawcontent(blob), size));
        status = out->data ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    git_blob_free(blob);
    return status;
}

static enum status read_file(const struct config_snapshot *snapshot, struct str location,
                             struct str path, struct str *out, int64_t *modified_s,
                             struct error *err) {
    const struct opened *opened = snapshot->state;
    struct str whole = arena_printf(snapshot->arena, "%.*s%.*s", STR_ARG(location), STR_ARG(path));
    git_tree_entry *entry = NULL;
    if (!whole.data) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    if (git_tree_entry_bypath(&entry, opened->tree, whole.data) != 0) {
        return STATUS_NOT_FOUND;
    }
    *modified_s = 0; // of a file nobody knows
    enum status status = read_blob(snapshot, entry, out, err);
    git_tree_entry_free(entry);
    return status;
}

static struct str title(const struct config_snapshot *snapshot, struct str location,
                        struct str path, bool several, size_t index) {
    const struct config_git *git = (const struct config_git *)snapshot->backend;
    if (!several) {
        return arena_printf(snapshot->arena, "%s/%.*s%.*s", git->shown, STR_ARG(location),
                            STR_ARG(path));
    }
    return arena_printf(snapshot->arena, "%s/%.*s%.*s (document #%zu)", git->shown,
                        STR_ARG(location), STR_ARG(path), index);
}

// --- The thread that fetches --------------------------------------------------------------------------------------------
// wanted: what was asked for when it began.
static void note(struct config_git *git, uint64_t wanted, enum status status,
                 const struct error *err) {
    struct clock *clock = clock_system();
    thread_must(pthread_mutex_lock(&git->lock));
    git->stats.fetches++;
    git->stats.failures += status != STATUS_OK;
    if (status == STATUS_OK) {
        git->stats.fetched_ms = clock->wall_ms(clock);
    }
    (void)snprintf(git->stats.problem, sizeof git->stats.problem, "%.*s",
                   (int)sizeof git->stats.problem - 1, status == STATUS_OK ? "" : err->text);
    git->served = wanted;
    thread_must(pthread_cond_broadcast(&git->woken));
    thread_must(pthread_mutex_unlock(&git->lock));
    if (status != STATUS_OK) {
        LOG_WARN("config", "the repository could not be fetched", LOG_CSTR("reason", err->text));
    }
}

// Until the next fetch is due, or wanted. With the lock.
static void wait_for_work(struct config_git *git) {
    struct clock *clock = clock_system();
    int64_t until = clock->mono_us(clock) + git->interval_ms * 1000;
    while (!atomic_load(&git->stopping) && git->asked == git->served) {
        int64_t left = until - clock->mono_us(clock);
        if (git->interval_ms == 0) {
            thread_must(pthread_cond_wait(&git->woken, &git->lock));
        } else if (left > 0) {
            (void)thread_cond_wait_us(&git->woken, &git->lock, left);
        } else {
            return;
        }
    }
}

static void *run(void *context) {
    struct config_git *git = context;
    thread_must(pthread_mutex_lock(&git->lock));
    for (;;) {
        wait_for_work(git);
        if (atomic_load(&git->stopping)) {
            break;
        }
        uint64_t wanted = git->asked;
        thread_must(pthread_mutex_unlock(&git->lock));
        struct error err = {STATUS_OK, ""};
        enum status status = config_git_transfer(git, &err);
        note(git, wanted, status, &err);
        thread_must(pthread_mutex_lock(&git->lock));
    }
    git->ended = true;
    thread_must(pthread_cond_broadcast(&git->woken));
    thread_must(pthread_mutex_unlock(&git->lock));
    return NULL;
}

// One that is under way does not count: it may have begun before what the caller knows of.
bool config_git_fetch(struct config_backend *backend) {
    struct config_git *git = (struct config_git *)backend;
    struct clock *clock = clock_system();
    int64_t until = clock->mono_us(clock) + ASKED_WAIT_US;
    thread_must(pthread_mutex_lock(&git->lock));
    uint64_t mine = ++git->asked;
    thread_must(pthread_cond_broadcast(&git->woken));
    while (git->served < mine && !atomic_load(&git->stopping)) {
        int64_t left = until - clock->mono_us(clock);
        if (left <= 0) {
            break;
        }
        (void)thread_cond_wait_us(&git->woken, &git->lock, left);
    }
    bool good = git->served >= mine && git->stats.problem[0] == '\0';
    thread_must(pthread_mutex_unlock(&git->lock));
    return good;
}

void config_git_look(struct config_backend *backend, struct config_git_stats *out) {
    struct config_git *git = (struct config_git *)backend;
    thread_must(pthread_mutex_lock(&git->lock));
    *out = git->stats;
    thread_must(pthread_mutex_unlock(&git->lock));
}

// --- Start and stop -----------------------------------------------------------------------------------------------------
static void release_all(struct config_git *git) {
    thread_must(pthread_cond_destroy(&git->woken));
    thread_must(pthread_mutex_destroy(&git->lock));
    config_git_free(git);
    (void)git_libgit2_shutdown();
}

// libgit2 waits for a silent server for as long as that is silent: then the thread is left alone with what it needs.
static void stop(struct config_backend *backend) {
    struct config_git *git = (struct config_git *)backend;
    struct clock *clock = clock_system();
    int64_t until = clock->mono_us(clock) + STOP_WAIT_US;
    thread_must(pthread_mutex_lock(&git->lock));
    atomic_store(&git->stopping, true);
    thread_must(pthread_cond_broadcast(&git->woken));
    while (!git->ended && clock->mono_us(clock) < until) {
        (void)thread_cond_wait_us(&git->woken, &git->lock, until - clock->mono_us(clock));
    }
    bool ended = git->ended;
    thread_must(pthread_mutex_unlock(&git->lock));
    if (!ended) {
        LOG_WARN("config", "a fetch does not end and is left alone");
        thread_must(pthread_detach(git->thread.handle));
        return;
    }
    thread_join(&git->thread);
    release_all(git);
}

// user:password@ in front of the host, though settings and logs show URLs.
static bool has_password(struct str url) {
    const char *scheme = url.len > 0 ? memmem(url.data, url.len, "://", 3) : NULL;
    if (!scheme) {
        return false;
    }
    struct str rest = str_make(scheme + 3, url.len - (size_t)(scheme + 3 - url.data));
    struct str host = str_cut(&rest, '/');
    struct str user = str_cut(&host, '@');
    return host.data && user.len > 0 && memchr(user.data, ':', user.len);
}

enum status config_git_start(const struct config_git_config *config, struct config_backend **out,
                             struct error *err) {
    static const struct config_backend_table table = {look, release, read_file, title, stop};
    if (has_password(config->url)) {
        return error_set(
            err, STATUS_INVALID,
            "config.git.url: put the password into config.git.password, which is not shown");
    }
    if (git_libgit2_init() < 0) {
        return config_git_problem(err, STATUS_NO_MEMORY, "libgit2 cannot be started");
    }
    struct config_git *git = config_git_make(config);
    if (!git) {
        (void)git_libgit2_shutdown();
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    git->backend = (struct config_backend){.table = &table,
                                           .kind = "git",
                                           .each_label = true,
                                           .has_state = true,
                                           .file_bytes = config->file_bytes};
    thread_must(pthread_mutex_init(&git->lock, NULL));
    thread_cond_init(&git->woken);
    bool had = false;
    enum status status = config_git_prepare(git, &had, err);
    if (status == STATUS_OK) {
        struct error reason = {STATUS_OK, ""};
        enum status fetched = config_git_transfer(git, &reason);
        note(git, 0, fetched, &reason);
        status =
            fetched == STATUS_OK || had ? STATUS_OK : error_set(err, fetched, "%s", reason.text);
    }
    if (status == STATUS_OK) {
        status = thread_start(&git->thread, "config-git", run, git);
        status = status == STATUS_OK ? status : error_set(err, status, "no thread for fetching");
    }
    if (status != STATUS_OK) {
        release_all(git);
        return status;
    }
    *out = &git->backend;
    return STATUS_OK;
}
