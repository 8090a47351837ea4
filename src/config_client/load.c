// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which servers are asked, how often, and what is done when none answers.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/random.h"
#include "client/data_directory.h"
#include "config_client/private.h"

struct load {
    struct settings *settings;
    const struct setting *table;
    size_t count;
    const char *profile;
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
    (void)without(item, STR("http://"), &plain);
    (void)without(item, STR("https://"), &tls);
    *out = item;
    return plain || tls
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
                                        data.data, load->profile);
    return (size_t)len < sizeof load->copy
               ? STATUS_OK
               : error_set(load->err, STATUS_TOO_LARGE, "config.cache_file: the path is too long");
}

// "central configuration:7: KEY: WHAT" tells people the line of a text that they never saw; the source is what they know.
static void name_source(const struct load *load, const struct config_client_text *text) {
    static const char name[] = "config server:";
    char rest[sizeof load->err->text];
    char *end = load->err->text;
    if (strncmp(load->err->text, name, sizeof name - 1) != 0) {
        return;
    }
    unsigned long line = strtoul(load->err->text + sizeof name - 1, &end, 10);
    if (line == 0 || line > text->lines) {
        return;
    }
    struct str source = text->sources[line - 1];
    (void)snprintf(rest, sizeof rest, "%s", end);
    (void)error_set(load->err, load->err->status, "%.*s%s",
                    (int)(source.len > 200 ? 200 : source.len), source.data, rest);
}

static enum status use(struct load *load, const struct config_client_reply *reply) {
    struct config_client_text text;
    enum status status =
        config_client_map(load->table, load->count, reply, &load->arena, &text, load->err);
    if (status == STATUS_OK) {
        status =
            settings_load_text(load->settings, "config server", buffer_str(&text.yaml), load->err);
        if (status != STATUS_OK) {
            name_source(load, &text);
        }
    }
    (void)snprintf(load->origin->version, sizeof load->origin->version, "%.*s",
                   STR_ARG(reply->version));
    buffer_free(&text.yaml);
    return status;
}

// The first that answers with what can be read. UNAVAILABLE: none does.
static enum status ask_each(struct load *load, struct config_client_reply *reply) {
    const struct settings *settings = load->settings;
    const struct str *items = NULL;
    struct str profile = settings_string(settings, "config.profile");
    struct config_client_question question = {
        .name = settings_string(settings, "config.name"),
        .profile = profile.len > 0 ? profile : str_from_c(load->profile),
        .label = settings_string(settings, "config.import_label"),
        .username = settings_string(settings, "config.import_username"),
        .password = settings_string(settings, "config.import_password"),
        .ca = settings_string(settings, "config.import_ca"),
        .timeout_ms = settings_integer(settings, "config.import_timeout"),
    };
    size_t count = settings_list(settings, "config.import", &items);
    enum status status = STATUS_UNAVAILABLE;
    for (size_t i = 0; i < count && status != STATUS_OK; i++) {
        status = server_of(load, items[i], &question.server);
        if (status != STATUS_OK) {
            return status;
        }
        config_client_show(question.server, load->origin->server);
        buffer_clear(&load->reply);
        status = config_client_ask(&question, &load->reply, load->err);
        if (status == STATUS_OK) {
            status =
                config_client_read_reply(buffer_str(&load->reply), &load->arena, reply, load->err);
        }
        if (status == STATUS_NO_MEMORY) {
            return status;
        }
        if (status != STATUS_OK) {
            LOG_WARN("config", "a config server gives no configuration",
                     LOG_CSTR("server", load->origin->server), LOG_CSTR("reason", load->err->text));
            status = STATUS_UNAVAILABLE;
        }
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
                 LOG_CSTR("reason", err.text));
    }
    return status == STATUS_OK;
}

// Again and again while there is no copy, longer apart each time, by up to half as chance has it: not all processes at once.
static enum status find_reply(struct load *load, struct config_client_reply *reply) {
    const struct settings *settings = load->settings;
    int64_t pause = settings_integer(settings, "config.retry.initial");
    int64_t most = settings_integer(settings, "config.retry.maximum");
    int64_t attempts = settings_bool(settings, "config.fail_fast")
                           ? 1
                           : settings_integer(settings, "config.retry.attempts");
    struct random_source *random = random_system();
    for (int64_t attempt = 1;; attempt++) {
        enum status status = ask_each(load, reply);
        if (status != STATUS_UNAVAILABLE) {
            return status;
        }
        if (recall(load, reply)) {
            load->origin->cached = true;
            LOG_WARN("config", "no config server answers; the copy of its last reply is used",
                     LOG_CSTR("copy", load->copy), LOG_CSTR("reason", load->err->text));
            return STATUS_OK;
        }
        if (attempt >= attempts) {
            load->err->status = STATUS_UNAVAILABLE;
            return STATUS_UNAVAILABLE;
        }
        rest_ms(pause / 2 + (int64_t)random_below(random, (uint64_t)pause / 2 + 1));
        pause = pause * settings_integer(settings, "config.retry.multiplier") / 100;
        pause = pause > most ? most : pause;
    }
}

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
    if (status != STATUS_OK) {
        LOG_WARN("config", "no copy of the configuration can be kept",
                 LOG_CSTR("reason", err.text));
    }
}

static enum status run(struct load *load) {
    struct config_client_reply reply;
    enum status status = find_copy(load);
    if (status == STATUS_OK) {
        status = find_reply(load, &reply);
    }
    if (status == STATUS_UNAVAILABLE && load->optional) {
        LOG_WARN("config", "no config server answers, and none is needed",
                 LOG_CSTR("reason", load->err->text));
        load->origin->server[0] = '\0';
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = use(load, &reply);
        if (status == STATUS_OK && !load->origin->cached) {
            keep(load);
        }
    }
    return status;
}

enum status config_client_load(struct settings *settings, const struct setting *table, size_t count,
                               const char *profile, struct config_client_origin *origin,
                               struct error *err) {
    const struct str *items = NULL;
    *origin = (struct config_client_origin){.cached = false};
    if (settings_list(settings, "config.import", &items) == 0) {
        return STATUS_OK;
    }
    struct load load = {.settings = settings,
                        .table = table,
                        .count = count,
                        .profile = profile,
                        .origin = origin,
                        .err = err};
    arena_init(&load.arena, 65536, 64 << 20);
    buffer_init(&load.reply, CONFIG_CLIENT_REPLY_MOST);
    enum status status = run(&load);
    buffer_free(&load.reply);
    arena_free(&load.arena);
    return status;
}
