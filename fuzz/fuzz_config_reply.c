// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as the reply of a config server; what is accepted must be YAML of which each line has a source.
#include <stdlib.h>

#include "base/check.h"
#include "base/json_read.h"
#include "config_client/config_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct setting table[] = {
    {.key = "limits.key", .type = SETTING_STRING, .fallback = "", .help = ""},
    {.key = "limits.exempt", .type = SETTING_LIST, .fallback = "", .help = ""},
    {.key = "http.idle_timeout", .type = SETTING_DURATION, .fallback = "1s", .help = ""},
    {.key = "http.body", .type = SETTING_BYTES, .fallback = "1", .help = ""},
    {.key = "http.http2", .type = SETTING_BOOL, .fallback = "true", .help = ""},
    {.key = "logging.level",
     .type = SETTING_CHOICE,
     .fallback = "off",
     .choices = "off|info",
     .help = ""},
    {.key = "rules[].name", .type = SETTING_STRING, .fallback = "", .help = ""},
    {.key = "rules[].set", .type = SETTING_LIST, .fallback = "", .help = ""},
    {.key = "rules[].when", .type = SETTING_TREE, .fallback = "", .help = ""},
    {.key = "config.import", .type = SETTING_LIST, .fallback = "", .help = ""},
};
enum { COUNT = sizeof table / sizeof table[0] };

static void load(const struct config_client_text *text) {
    struct settings *settings = NULL;
    struct error err = {STATUS_OK, ""};
    struct buffer printed;
    enum status status = settings_make(table, COUNT, &settings);
    CHECK(status == STATUS_OK);
    status =
        settings_load_places(settings, text->sources, text->lines, buffer_str(&text->yaml), &err);
    CHECK(status == STATUS_OK || (err.status == status && err.text[0]));
    buffer_init(&printed, 64 << 20);
    settings_print_effective(settings, &printed);
    buffer_free(&printed);
    settings_free(settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct config_client_reply reply;
    struct config_client_text text;
    struct error err = {STATUS_OK, ""};
    struct arena arena;
    char *padded = calloc(1, size + JSON_PADDING);
    CHECK(padded);
    if (size > 0) {
        memcpy(padded, data, size);
    }
    arena_init(&arena, 4096, 0);
    if (config_client_read_reply(str_make(padded, size), &arena, &reply, &err) == STATUS_OK) {
        enum status status = config_client_map(table, COUNT, &reply, &arena, &text, &err);
        if (status == STATUS_OK) {
            load(&text);
        } else {
            CHECK(err.status == status && err.text[0]);
        }
        buffer_free(&text.yaml);
    }
    arena_free(&arena);
    free(padded);
    return 0;
}
