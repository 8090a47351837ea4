// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Files as they are: the one for the profile if there is one, with placeholders resolved unless bytes are asked for.
#include "config/placeholder.h"
#include "config/server.h"

// a/b.txt for the profile dev: a/b-dev.txt.
static struct str for_profile(struct arena *arena, struct str path, struct str profile) {
    const char *slash = memrchr(path.data, '/', path.len);
    const char *dot = memrchr(path.data, '.', path.len);
    if (str_equal(profile, STR("default"))) {
        return path;
    }
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - path.data) : path.len;
    return arena_printf(arena, "%.*s-%.*s%.*s", (int)stem, path.data, STR_ARG(profile),
                        (int)(path.len - stem), path.data + stem);
}

// The first folder that has it: of Spring's order, not the last.
static enum status find(const struct config_environment *environment, struct str path,
                        struct str *text, int64_t *modified_s, struct error *err) {
    const struct config_snapshot *snapshot = &environment->snapshot;
    const struct config_asked *asked = &environment->asked;
    for (size_t l = 0; l < snapshot->location_count; l++) {
        for (size_t p = 0; p <= asked->profile_count; p++) {
            struct str local = p < asked->profile_count
                                   ? for_profile(snapshot->arena, path, asked->profile_names[p])
                                   : path;
            enum status status =
                local.data ? snapshot->backend->table->read(snapshot, snapshot->locations[l], local,
                                                            text, modified_s, err)
                           : STATUS_NO_MEMORY;
            if (status != STATUS_NOT_FOUND) {
                return status;
            }
        }
    }
    return STATUS_NOT_FOUND;
}

enum status config_resource_write(struct config_environment *environment,
                                  const struct config_target *target,
                                  const struct config_cipher *cipher, struct buffer *out,
                                  int64_t *modified_s, struct error *err) {
    struct str text;
    enum status status = find(environment, target->path, &text, modified_s, err);
    if (status != STATUS_OK || target->binary || !target->resolve) {
        buffer_append_str(out, status == STATUS_OK ? text : STR(""));
        return status == STATUS_OK ? buffer_status(out) : status;
    }
    status = config_environment_read(environment, cipher, err);
    return status == STATUS_OK ? config_placeholders_resolve(environment, text, out) : status;
}
