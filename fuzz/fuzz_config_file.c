// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of central configuration: refused, or properties that are bounded, and whose merged forms can be written.
//
// The first byte says which: YAML, .properties, or a text with placeholders.
#include "base/check.h"
#include "config/flat.h"
#include "config/placeholder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct config_environment *environment, struct str text) {
    struct config_map map;
    struct buffer out;
    struct error err = {STATUS_OK, ""};
    buffer_init(&out, (size_t)256 * 1024);
    for (unsigned form = 0; form < 3; form++) {
        buffer_clear(&out);
        enum status status = config_flat_merge(environment, &map);
        status = status == STATUS_OK ? config_flat_resolve(environment, &map, 65536) : status;
        status = status == STATUS_OK ? config_flat_write(&map, (enum config_form)form, &out, &err)
                                     : status;
        CHECK(status != STATUS_OK || buffer_status(&out) == STATUS_OK);
    }
    buffer_clear(&out);
    enum status status = config_placeholders_resolve(environment, text, &out);
    CHECK(status == STATUS_OK || status == STATUS_INVALID || status == STATUS_TOO_LARGE);
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct config_file file;
    struct error err = {STATUS_OK, ""};
    if (size == 0) {
        return 0;
    }
    struct str text = str_make((const char *)data + 1, size - 1);
    arena_init(&arena, 65536, (size_t)64 * 1024 * 1024);
    enum status status = data[0] % 2 ? config_properties_read(&arena, text, &file, &err)
                                     : config_yaml_read(&arena, text, &file, &err);
    CHECK(status == STATUS_OK || err.text[0]);
    struct config_environment environment = {.snapshot = {.arena = &arena}};
    for (const struct config_document *d = status == STATUS_OK ? file.first : NULL; d;
         d = d->next) {
        const struct str profiles[] = {STR_INIT("dev"), STR_INIT("prod")};
        bool active = false;
        enum status looked = config_document_is_active(d, profiles, 2, &active, &err);
        CHECK(looked == STATUS_OK || looked == STATUS_INVALID);
        struct config_source *source = arena_alloc(&arena, sizeof *source);
        if (source && environment.count < CONFIG_SOURCES_MAX) {
            *source = (struct config_source){STR("fuzz"), d->map, environment.first};
            environment.first = source;
            environment.count++;
        }
    }
    if (status == STATUS_OK) {
        use(&environment, text);
    }
    arena_free(&arena);
    return 0;
}
