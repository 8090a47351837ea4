// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as a settings file; what is accepted is printed and must load again to the same values.
#include "base/check.h"
#include "base/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct setting table[] = {
    {.key = "name", .type = SETTING_STRING, .fallback = "footfall", .help = "Name."},
    {.key = "listen", .type = SETTING_ADDRESS, .fallback = "127.0.0.1:8080", .help = "Address."},
    {.key = "log.level",
     .type = SETTING_CHOICE,
     .fallback = "info",
     .choices = "debug|info|error",
     .help = "Level."},
    {.key = "log.colour", .type = SETTING_BOOL, .fallback = "false", .help = "Colour."},
    {.key = "eventlog.partitions",
     .type = SETTING_INTEGER,
     .fallback = "8",
     .min = 1,
     .max = 1024,
     .help = "Partitions."},
    {.key = "eventlog.segment.size", .type = SETTING_BYTES, .fallback = "64MiB", .help = "Size."},
    {.key = "eventlog.segment.age", .type = SETTING_DURATION, .fallback = "1h", .help = "Age."},
    {.key = "gateway.origins", .type = SETTING_LIST, .fallback = "", .help = "Origins."},
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

static enum status load(struct str yaml, struct settings **settings, struct buffer *printed) {
    struct error err = {.status = STATUS_OK};
    enum status status = settings_make(table, COUNT, settings);
    CHECK(status == STATUS_OK);
    status = settings_load_text(*settings, "fuzz.yaml", yaml, &err);
    CHECK(status == STATUS_OK || (err.status == status && str_is_utf8(str_from_c(err.text)) &&
                                  strchr(err.text, '\n') == NULL));
    settings_print_effective(*settings, printed);
    CHECK(buffer_status(printed) == STATUS_OK);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct settings *first, *second;
    struct buffer once, twice;
    buffer_init(&once, 1 << 24);
    buffer_init(&twice, 1 << 24);
    enum status status = load(str_make((const char *)data, size), &first, &once);
    if (status == STATUS_OK && once.len < 1 << 20) {
        status = load(buffer_str(&once), &second, &twice);
        CHECK(status == STATUS_OK);
        CHECK(str_equal(settings_string(first, "name"), settings_string(second, "name")));
        CHECK(settings_integer(first, "eventlog.segment.size") ==
              settings_integer(second, "eventlog.segment.size"));
        const struct str *a, *b;
        size_t count = settings_list(first, "gateway.origins", &a);
        CHECK(count == settings_list(second, "gateway.origins", &b));
        for (size_t i = 0; i < count; i++) {
            CHECK(str_equal(a[i], b[i]));
        }
        settings_free(second);
    }
    settings_free(first);
    buffer_free(&once);
    buffer_free(&twice);
    return 0;
}
