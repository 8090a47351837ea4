// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks of the Footfall that runs on these settings, by what its management port says.
#include <stdio.h>
#include <string.h>

#include "base/json_read.h"
#include "client/client.h"
#include "doctor/private.h"

#define REPLY_MAX ((size_t)8 << 20)

// The reply's code; 0: nobody answers.
static long ask(struct doctor *doctor, const char *path, struct buffer *reply) {
    char url[400];
    struct error err = {STATUS_OK, ""};
    long code = 0;
    struct str address = settings_string(doctor->settings, "management.listen");
    bool any = str_starts_with(address, STR("0.0.0.0:"));
    (void)snprintf(url, sizeof url, "http://%s%.*s%s", any ? "127.0.0.1" : "",
                   any ? (int)address.len - 7 : (int)address.len,
                   any ? address.data + 7 : address.data, path);
    struct client_request request = {.method = "GET", .url = url};
    buffer_clear(reply);
    return client_send(&request, &code, reply, &err) == STATUS_OK ? code : 0;
}

static void tell_partitions(struct doctor *doctor, const struct json_value *root) {
    const struct json_value *rows = json_get(root, STR("partitions"));
    unsigned stuck = 0;
    struct str why = STR_EMPTY;
    for (const struct json_value *row = rows ? rows->child : NULL; row; row = row->next) {
        const struct json_value *flag = json_get(row, STR("stuck"));
        if (flag && flag->type == JSON_TRUE) {
            stuck++;
            why = json_get_string(row, STR("problem"));
        }
    }
    if (stuck > 0) {
        doctor_tell(doctor, DOCTOR_RUNNING_HEALTH, DOCTOR_PROBLEM,
                    "docs/runbook.md, FootfallPartitionStuck.",
                    "%u partition%s of the event log cannot be processed: %.*s", stuck,
                    stuck == 1 ? "" : "s", STR_ARG(why));
    }
}

static void tell_settings(struct doctor *doctor, const struct json_value *root) {
    const struct json_value *known = json_get(root, STR("configuration"));
    struct str refused = json_get_string(known, STR("refused"));
    const struct json_value *waiting = json_get(known, STR("restartNeeded"));
    if (refused.len > 0) {
        doctor_tell(doctor, DOCTOR_RUNNING_SETTINGS, DOCTOR_PROBLEM,
                    "Correct the settings; the old ones are in use until then.",
                    "it refuses the settings that it read last: %.*s", STR_ARG(refused));
    } else if (waiting && waiting->type == JSON_ARRAY && waiting->count > 0) {
        doctor_tell(doctor, DOCTOR_RUNNING_SETTINGS, DOCTOR_WARNING, "Restart it.",
                    "%u settings wait for its next start: %.*s", waiting->count,
                    STR_ARG(waiting->raw));
    } else {
        doctor_tell(doctor, DOCTOR_RUNNING_SETTINGS, DOCTOR_OK, "",
                    "it runs with the settings that it read last");
    }
}

static void tell_status(struct doctor *doctor, const struct buffer *reply) {
    static const struct json_limits limits = {.depth = 16};
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    struct error err = {STATUS_OK, ""};
    struct arena arena;
    arena_init(&arena, 65536, 0);
    char *text = arena_alloc_zero(&arena, reply->len + JSON_PADDING);
    if (text && json_parser_make(&parser) == STATUS_OK) {
        memcpy(text, reply->data, reply->len);
        if (json_parse(parser, str_make(text, reply->len), &limits, &arena, &root, &err) ==
            STATUS_OK) {
            tell_partitions(doctor, root);
            tell_settings(doctor, root);
        }
    }
    json_parser_free(parser);
    arena_free(&arena);
}

void doctor_examine_running(struct doctor *doctor) {
    struct str address = settings_string(doctor->settings, "management.listen");
    struct buffer reply;
    buffer_init(&reply, REPLY_MAX);
    long code = ask(doctor, "/health/ready", &reply);
    doctor->running = code == 200 || code == 503;
    if (code == 0) {
        doctor_tell(doctor, DOCTOR_RUNNING_READY, DOCTOR_NOTE, "", "no Footfall answers at %.*s",
                    STR_ARG(address));
    } else if (code == 200) {
        doctor_tell(doctor, DOCTOR_RUNNING_READY, DOCTOR_OK, "",
                    "a Footfall answers at %.*s and is ready", STR_ARG(address));
    } else {
        doctor_tell(doctor, DOCTOR_RUNNING_READY, DOCTOR_PROBLEM,
                    "Its log says what it waits for; docs/operating.md, \"Separate processes\".",
                    "%.*s answers %ld to /health/ready: %.*s", STR_ARG(address), code,
                    (int)reply.len, reply.data ? reply.data : "");
    }
    if (doctor->running) {
        code = ask(doctor, "/health", &reply);
        bool well = code == 200;
        doctor_tell(
            doctor, DOCTOR_RUNNING_HEALTH, well ? DOCTOR_OK : DOCTOR_PROBLEM,
            well ? "" : "GET /status of the management port says why: eventLog, store, partitions.",
            well ? "all its parts do their work" : "not all its parts do their work: %.*s",
            (int)reply.len, reply.data ? reply.data : "");
        if (ask(doctor, "/status", &reply) == 200) {
            tell_status(doctor, &reply);
        }
    }
    buffer_free(&reply);
}
