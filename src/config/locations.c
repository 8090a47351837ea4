// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Folders of a request: patterns with its names, profiles and labels put in.
#include "base/buffer.h"
#include "config/backend.h"

#define LOCATION_MAX 4096

static void put_in(struct buffer *out, struct str pattern, struct str application,
                   struct str profile, struct str label) {
    const struct {
        struct str mark, value;
    } marks[] = {
        {STR("{application}"), application}, {STR("{profile}"), profile}, {STR("{label}"), label}};
    while (pattern.len > 0) {
        size_t taken = 0;
        for (size_t i = 0; i < sizeof marks / sizeof marks[0] && taken == 0; i++) {
            if (marks[i].value.data && str_starts_with(pattern, marks[i].mark)) {
                buffer_append_str(out, marks[i].value);
                taken = marks[i].mark.len;
            }
        }
        if (taken == 0) {
            buffer_append_char(out, pattern.data[0]);
            taken = 1;
        }
        pattern = str_make(pattern.data + taken, pattern.len - taken);
    }
}

static enum status add(struct config_snapshot *snapshot, struct str location) {
    for (size_t i = 0; i < snapshot->location_count; i++) {
        if (str_equal(snapshot->locations[i], location)) {
            return STATUS_OK;
        }
    }
    if (snapshot->location_count == CONFIG_LOCATIONS_MAX) {
        return STATUS_TOO_LARGE;
    }
    struct str copy = arena_copy(snapshot->arena, location);
    snapshot->locations[snapshot->location_count++] = copy;
    return copy.data ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status config_locations_add(struct config_snapshot *snapshot, struct str pattern,
                                 const struct config_asked *asked, struct str label) {
    struct buffer text;
    enum status status = STATUS_OK;
    buffer_init(&text, LOCATION_MAX);
    for (size_t i = 0; i < asked->profile_count && status == STATUS_OK; i++) {
        for (size_t k = 0; k < asked->name_count && status == STATUS_OK; k++) {
            buffer_clear(&text);
            put_in(&text, pattern, asked->names[k], asked->profile_names[i], label);
            if (text.len > 0 && text.data[text.len - 1] != '/') {
                buffer_append_char(&text, '/');
            }
            status = buffer_status(&text);
            status = status == STATUS_OK ? add(snapshot, buffer_str(&text)) : status;
        }
    }
    buffer_free(&text);
    return status;
}
