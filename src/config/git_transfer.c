// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A repository's branches and tags into our own copy, by libgit2.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/git.h"

#define CREDENTIAL_TRIES 3

// --- What is known of it -----------------------------------------------------------------------------------------------
static char *copy(struct str text) {
    return strndup(text.data ? text.data : "", text.len);
}

// https://user:secret@host/path is shown as https://host/path.
static char *shown(struct str url) {
    char *text = copy(url);
    char *scheme = text ? strstr(text, "://") : NULL;
    if (!scheme) {
        return text;
    }
    char *host = scheme + 3;
    char *slash = strchr(host, '/');
    char *at = slash ? memrchr(host, '@', (size_t)(slash - host)) : strrchr(host, '@');
    if (at) {
        memmove(host, at + 1, strlen(at + 1) + 1);
    }
    return text;
}

void config_git_free(struct config_git *git) {
    for (size_t i = 0; i < git->path_count; i++) {
        free(git->paths[i]);
    }
    if (git->password) {
        explicit_bzero(git->password, strlen(git->password));
    }
    char *const texts[] = {git->url,      git->shown,    git->folder,     git->default_label,
                           git->username, git->password, git->private_key};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    free(git->paths);
    free(git);
}

struct config_git *config_git_make(const struct config_git_config *config) {
    struct config_git *git = calloc(1, sizeof *git);
    if (!git) {
        return NULL;
    }
    git->url = copy(config->url);
    git->shown = shown(config->url);
    git->folder = copy(config->folder);
    git->default_label = copy(config->default_label);
    git->username = copy(config->username);
    git->password = copy(config->password);
    git->private_key = copy(config->private_key);
    git->paths = calloc(config->count + 1, sizeof *git->paths);
    git->interval_ms = config->interval_ms;
    bool good = git->url && git->shown && git->folder && git->default_label && git->username &&
                git->password && git->private_key && git->paths;
    for (size_t i = 0; i < config->count && good; i++) {
        git->paths[i] = copy(config->search_paths[i]);
        git->path_count = i + 1;
        good = git->paths[i] != NULL;
    }
    if (!good) {
        config_git_free(git);
        return NULL;
    }
    return git;
}

// --- The copy -----------------------------------------------------------------------------------------------------------
static enum status remember_url(git_repository *repository, struct config_git *git, bool *had,
                                struct error *err) {
    git_config *config = NULL;
    git_buf url = {NULL, 0, 0};
    enum status status = STATUS_OK;
    if (git_repository_config(&config, repository) != 0) {
        return config_git_problem(err, STATUS_IO, "the copy of the repository");
    }
    int found = git_config_get_string_buf(&url, config, "footfall.url");
    if (found == 0 && strcmp(url.ptr, git->shown) != 0) {
        status = error_set(err, STATUS_INVALID,
                           "%s holds a copy of %s; remove it to have one of %s in its place",
                           git->folder, url.ptr, git->shown);
    } else if (found != 0 && git_config_set_string(config, "footfall.url", git->shown) != 0) {
        status = config_git_problem(err, STATUS_IO, "the copy of the repository");
    }
    int fetched = 0;
    *had = git_config_get_bool(&fetched, config, "footfall.fetched") == 0 && fetched;
    git_buf_dispose(&url);
    git_config_free(config);
    return status;
}

enum status config_git_prepare(struct config_git *git, bool *had, struct error *err) {
    git_repository *repository = NULL;
    git_repository_init_options options;
    if (git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION) != 0) {
        return config_git_problem(err, STATUS_UNSUPPORTED, "libgit2");
    }
    options.flags =
        GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_DOTGIT_DIR;
    options.mode = 0700; // configurations hold secrets
    if (git_repository_init_ext(&repository, git->folder, &options) != 0) {
        return config_git_problem(err, STATUS_IO, git->folder);
    }
    enum status status = remember_url(repository, git, had, err);
    git_repository_free(repository);
    return status;
}

// --- Fetching -----------------------------------------------------------------------------------------------------------
struct transfer {
    struct config_git *git;
    int tries; // of credentials
};

static int give_credential(git_credential **out, const char *url, const char *user,
                           unsigned allowed, void *context) {
    struct transfer *transfer = context;
    const struct config_git *git = transfer->git;
    (void)url;
    if (transfer->tries++ >= CREDENTIAL_TRIES) {
        return GIT_EAUTH; // the same again would be refused again
    }
    const char *name = git->username[0] ? git->username : user ? user : "git";
    if (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT && git->password[0]) {
        return git_credential_userpass_plaintext_new(out, name, git->password);
    }
    if (allowed & GIT_CREDENTIAL_SSH_KEY && git->private_key[0]) {
        return git_credential_ssh_key_new(out, name, NULL, git->private_key,
                                          git->password[0] ? git->password : NULL);
    }
    if (allowed & GIT_CREDENTIAL_SSH_KEY) {
        return git_credential_ssh_key_from_agent(out, name);
    }
    return allowed & GIT_CREDENTIAL_USERNAME ? git_credential_username_new(out, name) : GIT_EAUTH;
}

// Not 0 ends the transfer.
static int goes_on(const git_indexer_progress *progress, void *context) {
    const struct transfer *transfer = context;
    (void)progress;
    return atomic_load(&transfer->git->stopping) ? -1 : 0;
}

static enum status fetch(struct config_git *git, git_repository *repository, git_remote *remote,
                         struct error *err) {
    char *specs[] = {(char[]){"+refs/heads/*:" CONFIG_GIT_BRANCHES "*"},
                     (char[]){"+refs/tags/*:refs/tags/*"}};
    const git_strarray wanted = {specs, 2};
    struct transfer transfer = {git, 0};
    git_fetch_options options;
    if (git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION) != 0) {
        return config_git_problem(err, STATUS_UNSUPPORTED, "libgit2");
    }
    options.prune = GIT_FETCH_PRUNE;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE; // the second line above has all
    options.update_fetchhead = 0;
    options.callbacks.credentials = give_credential;
    options.callbacks.transfer_progress = goes_on;
    options.callbacks.payload = &transfer;
    if (git_remote_fetch(remote, &wanted, &options, NULL) != 0) {
        return config_git_problem(err, STATUS_UNAVAILABLE, git->shown);
    }
    git_config *config = NULL;
    bool noted = git_repository_config(&config, repository) == 0 &&
                 git_config_set_bool(config, "footfall.fetched", 1) == 0;
    git_config_free(config);
    return noted ? STATUS_OK : config_git_problem(err, STATUS_IO, "the copy of the repository");
}

// Without a look at url.*.insteadOf of the machine's settings: they are not ours, and libgit2 1.5 loses 20 KiB with every line it looks at.
static int make_remote(const struct config_git *git, git_repository *repository, git_remote **out) {
    git_remote_create_options options;
    int failed = git_remote_create_options_init(&options, GIT_REMOTE_CREATE_OPTIONS_VERSION);
    options.repository = repository;
    options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF;
    return failed ? failed : git_remote_create_with_opts(out, git->url, &options);
}

enum status config_git_transfer(struct config_git *git, struct error *err) {
    git_repository *repository = NULL;
    git_remote *remote = NULL;
    enum status status = STATUS_OK;
    if (git_repository_open_bare(&repository, git->folder) != 0 ||
        make_remote(git, repository, &remote) != 0) {
        status = config_git_problem(err, STATUS_IO, "the copy of the repository");
    } else {
        status = fetch(git, repository, remote, err);
    }
    git_remote_free(remote);
    git_repository_free(repository);
    return status;
}
