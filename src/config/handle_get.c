// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET: environments, merged files and resources.
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "config/server.h"

struct answering {
    struct config_server *server;
    struct http_exchange *exchange;
    struct arena arena; // of what is read; much more than a request usually has
    struct config_target target;
    struct config_environment environment;
    int64_t modified_s; // of a resource; 0: not known
    bool misunderstood; // the request is to blame
    struct error err;
};

static const char *content_type(const struct config_target *target) {
    if (target->kind == CONFIG_TARGET_ENVIRONMENT) {
        return target->origins ? "application/vnd.spring-cloud.config-server.v2+json"
                               : "application/json";
    }
    if (target->kind == CONFIG_TARGET_FLAT && target->form == CONFIG_FORM_JSON) {
        return "application/json";
    }
    bool bytes = target->kind == CONFIG_TARGET_RESOURCE && target->binary;
    return bytes ? "application/octet-stream" : "text/plain;charset=UTF-8";
}

static enum status write_flat(struct answering *a, struct buffer *out) {
    struct config_map map;
    enum status status = config_environment_read(&a->environment, a->server->cipher, &a->err);
    status = status == STATUS_OK ? config_flat_merge(&a->environment, &map) : status;
    if (status == STATUS_OK && a->target.resolve) {
        status = config_flat_resolve(&a->environment, &map, CONFIG_REPLY_MAX);
    }
    if (status == STATUS_OK) {
        status = config_flat_write(&map, a->target.form, out, &a->err);
        a->misunderstood = status == STATUS_INVALID; // it cannot be had in this form
    }
    return status;
}

static enum status write_environment(struct answering *a, struct buffer *out) {
    struct json_writer writer;
    enum status status = config_environment_read(&a->environment, a->server->cipher, &a->err);
    if (status != STATUS_OK) {
        return status;
    }
    json_writer_init(&writer, out);
    config_environment_write(&a->environment, a->target.origins, &writer);
    return json_writer_status(&writer);
}

static enum status write_reply(struct answering *a, struct buffer *out) {
    switch (a->target.kind) {
    case CONFIG_TARGET_FLAT: return write_flat(a, out);
    case CONFIG_TARGET_RESOURCE:
        return config_resource_write(&a->environment, &a->target, a->server->cipher, out,
                                     &a->modified_s, &a->err);
    case CONFIG_TARGET_ENVIRONMENT: break;
    }
    return write_environment(a, out);
}

// Of a commit the same question has the same answer.
static enum status write_cached(struct answering *a, struct buffer *out) {
    const struct config_target *t = &a->target;
    struct str version = a->environment.snapshot.version;
    struct str key =
        arena_printf(&a->arena, "%.*s %d%d%d%d%d %zu.%.*s/%zu.%.*s/%d.%.*s/%.*s", STR_ARG(version),
                     (int)t->kind, (int)t->form, t->origins, t->binary, t->resolve, t->name.len,
                     STR_ARG(t->name), t->profiles.len, STR_ARG(t->profiles), t->label.data != NULL,
                     STR_ARG(t->label), STR_ARG(t->path));
    if (!version.data || !key.data) {
        return write_reply(a, out);
    }
    if (config_cache_find(a->server->cache, key, out)) {
        metrics_add(a->server->hits, 1);
        return buffer_status(out);
    }
    enum status status = write_reply(a, out);
    if (status == STATUS_OK && buffer_status(out) == STATUS_OK) {
        config_cache_put(a->server->cache, key, buffer_str(out));
    }
    return status;
}

static enum status answer(struct answering *a, struct buffer *out) {
    struct config_asked asked;
    const struct config_target *target = &a->target;
    enum status status = config_target_read(a->exchange, &a->arena, &a->target);
    a->misunderstood = status == STATUS_INVALID;
    if (status == STATUS_OK) {
        status = config_asked_make(&a->arena, target->name, target->profiles, target->label, &asked,
                                   &a->err);
    }
    if (status == STATUS_OK) {
        status = config_environment_look(a->server->backend, &a->arena, &asked, &a->environment,
                                         &a->err);
    }
    status = status == STATUS_OK ? write_cached(a, out) : status;
    return status == STATUS_OK ? buffer_status(out) : status;
}

static void refuse(struct answering *a, enum status status) {
    if (status == STATUS_NOT_FOUND || a->misunderstood) {
        config_reply_error(a->server, a->exchange, a->misunderstood ? 400 : 404);
        return;
    }
    metrics_add(a->server->failed, 1);
    LOG_WARN("config", "a configuration cannot be read",
             LOG_STR("application", a->environment.asked.name),
             LOG_STR("profiles", a->environment.asked.profiles),
             LOG_CSTR("reason", a->err.text[0] ? a->err.text : status_text(status)));
    config_reply_error(a->server, a->exchange,
                       status == STATUS_UNAVAILABLE || status == STATUS_NO_MEMORY ? 503 : 500);
}

// RFC 9110 5.6.7.
static void put_modified(struct answering *a) {
    char text[64];
    struct tm parts;
    time_t seconds = (time_t)a->modified_s;
    if (a->modified_s > 0 && gmtime_r(&seconds, &parts) &&
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0) {
        http_reply_header(a->exchange, "Last-Modified", str_from_c(text));
    }
}

void config_handle_get(struct http_exchange *exchange, void *context) {
    struct config_server *server = context;
    if (!config_may(server, exchange)) {
        return;
    }
    struct answering a = {.server = server, .exchange = exchange};
    struct buffer text;
    arena_init(&a.arena, (size_t)64 * 1024, CONFIG_MEMORY_MAX);
    buffer_init(&text, CONFIG_REPLY_MAX);
    enum status status = answer(&a, &text);
    if (status == STATUS_OK) {
        put_modified(&a);
        http_reply_header(exchange, "Cache-Control", STR("no-store"));
        buffer_append_str(http_reply_body(exchange), buffer_str(&text));
        http_reply_send(exchange, 200, content_type(&a.target));
    } else {
        refuse(&a, status);
    }
    buffer_free(&text);
    config_environment_free(&a.environment);
    arena_free(&a.arena);
}
