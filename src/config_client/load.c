// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which servers are asked, how often, and what is done when none answers.
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/random.h"
#include "client/data_directory.h"
#include "config_client/private.h"

struct load {
    struct settings *settings;
    const struct config_client_request *request;
    struct arena arena;
    struct buffer reply;
    char copy[1024];
    bool optional;
    struct config_client_origin *origin;
    struct error *err;
};

static struct str without(struct str text, struct str prefix, bool *had) {
    *had = str_starts_with(text, prefix);
    return *had ? str_make(text.data + prefix.len, text.len - prefix.len) : text;
}

// "optional:configserver:http://…", as Spring spells it, or the URL alone.
static enum status server_of(struct load *load, struct str item, struct str *out) {
    bool optional = false, named = false, plain = false, tls = false;
    item = without(item, STR("optional:"), &optional);
    item = without(item, STR("configserver:"), &named);
    load->optional = load->optional || optional;
    struct str host = without(item, STR("http://"), &plain);
    host = without(host, STR("https://"), &tls);
    *out = item;
    return (plain || tls) && host.len > 0
               ? STATUS_OK
               : error_set(load->err, STATUS_INVALID,
                           "%s: config.import: needs http://HOST:PORT or https://HOST:PORT",
                           settings_origin(load->settings, "config.import"));
}

static enum status find_copy(struct load *load) {
    struct str chosen = settings_string(load->settings, "config.cache_file");
    struct str data = settings_string(load->settings, "data");
    int len = chosen.len > 0 ? snprintf(load->copy, sizeof load->copy, "%s", chosen.data)
                             : snprintf(load->copy, sizeof load->copy, "%s/config-%s.json",
                                        data.data, load->request->role);
    return (size_t)len < sizeof load->copy
               ? STATUS_OK
               : error_set(load->err, STATUS_TOO_LARGE, "config.cache_file: the path is too long");
}

static enum status use(struct load *load, const struct config_client_reply *reply) {
    struct config_client_text text;
    struct config_client_reply resolved;
    enum status status =
        config_client_resolve(reply, load->request->envp, &load->arena, &resolved, load->err);
    if (status != STATUS_OK) {
        return status;
    }
    status = config_client_map(load->request->table, load->request->count, &resolved, &load->arena,
                               &text, load->err);
    if (status == STATUS_OK) {
        status = settings_load_places(load->settings, text.sources, text.lines,
                                      buffer_str(&text.yaml), load->err);
    }
    buffer_free(&text.yaml);
    (void)snprintf(load->origin->version, sizeof load->origin->version, "%.*s",
                   (int)(reply->version.len < 79 ? reply->version.len : 79), reply->version.data);
    return status;
}

static struct config_client_question question_of(const struct load *load) {
    const struct settings *settings = load->settings;
    struct str profile = settings_string(settings, "config.profile");
    return (struct config_client_question){
        .name = settings_string(settings, "config.name"),
        .profile = profile.len > 0 ? profile : str_from_c(load->request->role),
        .label = settings_string(settings, "config.import_label"),
        .username = settings_string(settings, "config.import_username"),
        .password = settings_string(settings, "config.import_password"),
        .ca = settings_string(settings, "config.import_ca"),
        .timeout_ms = settings_integer(settings, "config.import_timeout"),
    };
}

// Of one server; that of the first is told when none answers.
static void note_problem(struct load *load, const char *server) {
    struct config_client_origin *origin = load->origin;
    if (!load->request->again) {
        LOG_WARN("config", "a config server gives no configuration", LOG_CSTR("server", server),
                 LOG_CSTR("reason", load->err->text));
    }
    if (!origin->problem[0]) {
        (void)snprintf(origin->problem, sizeof origin->problem, "%.399s", load->err->text);
    }
}

// UNAVAILABLE: no answer, or none that can be read.
static enum status ask_one(struct load *load, const struct config_client_question *question,
                           struct config_client_reply *reply) {
    char server[256];
    config_client_show(question->server, server);
    buffer_clear(&load->reply);
    enum status status = config_client_ask(question, &load->reply, load->err);
    if (status == STATUS_OK) {
        struct error reason = {STATUS_OK, ""};
        status = config_client_read_reply(buffer_str(&load->reply), &load->arena, reply, &reason);
        if (status != STATUS_OK) {
            (void)error_set(load->err, status, "%s: %.200s", server, reason.text);
        }
    }
    if (status == STATUS_OK) {
        (void)snprintf(load->origin->server, sizeof load->origin->server, "%s", server);
        load->origin->problem[0] = '\0';
        return STATUS_OK;
    }
    if (status == STATUS_NO_MEMORY) {
        return status;
    }
    note_problem(load, server);
    return STATUS_UNAVAILABLE;
}

// The first that answers counts.
static enum status ask_each(struct load *load, struct config_client_reply *reply) {
    struct config_client_question question = question_of(load);
    const struct str *items = NULL;
    size_t count = settings_list(load->settings, "config.import", &items);
    enum status status = STATUS_UNAVAILABLE;
    load->origin->problem[0] = '\0';
    for (size_t i = 0; i < count && status == STATUS_UNAVAILABLE; i++) {
        enum status wrong = server_of(load, items[i], &question.server);
        status = wrong == STATUS_OK ? ask_one(load, &question, reply) : wrong;
    }
    return status;
}

static void rest_ms(int64_t ms) {
    struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&rest, NULL);
}

// Whether there is a copy; then it is the reply.
static bool recall(struct load *load, struct config_client_reply *reply) {
    struct error err = {STATUS_OK, ""};
    buffer_clear(&load->reply);
    enum status status = config_client_recall(load->copy, &load->reply, &err);
    if (status == STATUS_OK) {
        status = config_client_read_reply(buffer_str(&load->reply), &load->arena, reply, &err);
    }
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        LOG_WARN("config", "the copy of the configuration cannot be used",
                 LOG_CSTR("copy", load->copy), LOG_CSTR("reason", err.text));
    }
    load->origin->cached = status == STATUS_OK;
    if (status == STATUS_OK && !load->request->again) {
        LOG_WARN("config", "no config server answers; the copy of its last reply is used",
                 LOG_CSTR("copy", load->copy), LOG_CSTR("reason", load->origin->problem));
    }
    return status == STATUS_OK;
}

// Again and again while there is no copy, longer apart each time; half of each pause is left to chance, so that processes that begin
// together do not go on together.
static enum status find_reply(struct load *load, struct config_client_reply *reply) {
    const struct settings *settings = load->settings;
    int64_t pause = settings_integer(settings, "config.retry.initial");
    int64_t most = settings_integer(settings, "config.retry.maximum");
    bool once = load->request->again || settings_bool(settings, "config.fail_fast");
    int64_t attempts = once ? 1 : settings_integer(settings, "config.retry.attempts");
    for (int64_t attempt = 1;; attempt++) {
        enum status status = ask_each(load, reply);
        if (status != STATUS_UNAVAILABLE || recall(load, reply)) {
            return status == STATUS_UNAVAILABLE ? STATUS_OK : status;
        }
        if (attempt >= attempts) {
            return error_set(load->err, STATUS_UNAVAILABLE, "no config server answers: %s",
                             load->origin->problem);
        }
        pause = pause > most ? most : pause;
        rest_ms(pause / 2 + (int64_t)random_below(random_system(), (uint64_t)pause / 2 + 1));
        pause = pause * settings_integer(settings, "config.retry.multiplier") / 100;
    }
}

// Where the data directory is not there yet, it is made as at a first start.
static void keep(struct load *load) {
    struct client_paths paths;
    struct error err = {STATUS_OK, ""};
    bool ours = settings_string(load->settings, "config.cache_file").len == 0;
    enum status status =
        ours ? client_data_directory(settings_string(load->settings, "data"), &paths, &err)
             : STATUS_OK;
    if (status == STATUS_OK) {
        status = config_client_keep(load->copy, buffer_str(&load->reply), &err);
    }
    if (status != STATUS_OK && !load->request->again) {
        LOG_WARN("config", "no copy of the configuration can be kept",
                 LOG_CSTR("reason", err.text));
    }
}

static enum status run(struct load *load) {
    struct config_client_reply reply = {.count = 0};
    enum status status = find_copy(load);
    if (status == STATUS_OK) {
        status = find_reply(load, &reply);
    }
    if (status == STATUS_UNAVAILABLE && load->optional && !load->request->again) {
        LOG_WARN("config", "no config server answers, and none is needed",
                 LOG_CSTR("reason", load->origin->problem));
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = use(load, &reply);
    }
    if (status == STATUS_OK && !load->origin->cached) {
        keep(load);
    }
    return status;
}

enum status config_client_load(struct settings *settings,
                               const struct config_client_request *request,
                               struct config_client_origin *origin, struct error *err) {
    const struct str *items = NULL;
    *origin = (struct config_client_origin){.cached = false};
    if (settings_list(settings, "config.import", &items) == 0) {
        return STATUS_OK;
    }
    struct load load = {.settings = settings, .request = request, .origin = origin, .err = err};
    arena_init(&load.arena, 65536, 64 << 20);
    buffer_init(&load.reply, CONFIG_CLIENT_REPLY_MOST);
    enum status status = run(&load);
    buffer_free(&load.reply);
    arena_free(&load.arena);
    return status;
}
