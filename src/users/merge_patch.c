// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// RFC 7396 section 2, over parsed trees, writing the result.
#include "users/merge_patch.h"

static void write_member(const struct json_value *target, const struct json_value *patch,
                         struct str key, struct json_writer *out) {
    json_key(out, key);
    if (patch) {
        users_merge_patch(target, patch, out);
    } else {
        json_raw(out, target->raw);
    }
}

void users_merge_patch(const struct json_value *target, const struct json_value *patch,
                       struct json_writer *out) {
    if (patch->type != JSON_OBJECT) {
        json_raw(out, patch->raw);
        return;
    }
    const struct json_value *base = target && target->type == JSON_OBJECT ? target : NULL;
    json_begin_object(out);
    for (const struct json_value *old = base ? base->child : NULL; old; old = old->next) {
        const struct json_value *change = json_get(patch, old->key);
        if (!change || change->type != JSON_NULL) {
            write_member(old, change, old->key, out);
        }
    }
    for (const struct json_value *added = patch->child; added; added = added->next) {
        if (added->type != JSON_NULL && !json_get(base, added->key)) {
            write_member(NULL, added, added->key, out);
        }
    }
    json_end_object(out);
}
