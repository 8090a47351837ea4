// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Gives each event of a batch what the batch says for all of them.
#include <stdlib.h>

#include "activity/reader.h"
#include "base/json_write.h"

static int by_key(const void *a, const void *b) {
    const struct activity_shared_member *x = a, *y = b;
    return str_compare(x->member->key, y->member->key);
}

enum status activity_share(struct arena *arena, const struct json_value *object,
                           struct activity_shared *out) {
    size_t n = 0;
    out->members = arena_alloc_array(arena, object->count, sizeof *out->members);
    if (!out->members) {
        return STATUS_NO_MEMORY;
    }
    for (const struct json_value *member = object->child; member; member = member->next) {
        out->members[n++].member = member;
    }
    qsort(out->members, n, sizeof *out->members, by_key);
    out->count = n;
    out->raw = object->raw;
    return STATUS_OK;
}

// Sorted, so that many members in many events do not cost their product.
static void hide(struct activity_shared *shared, const struct json_value *by, size_t event) {
    struct activity_shared_member wanted = {.member = by};
    struct activity_shared_member *found =
        bsearch(&wanted, shared->members, shared->count, sizeof wanted, by_key);
    if (found) {
        found->hidden_in = event;
    }
}

// Member by member, one level deep: {"library":…} of the batch and {"page":…} of the event become one context. Names are written
// anew; an escape never takes more than twice the bytes it was read from.
static enum status merge(struct arena *arena, const struct json_value *own,
                         struct activity_shared *shared, size_t event, struct str *out) {
    struct buffer buffer;
    struct json_writer writer;
    size_t size = 2 * (own->raw.len + shared->raw.len);
    char *memory = arena_alloc(arena, size);
    if (!memory) {
        return STATUS_NO_MEMORY;
    }
    buffer_init_fixed(&buffer, memory, size);
    json_writer_init(&writer, &buffer);
    json_begin_object(&writer);
    for (const struct json_value *member = own->child; member; member = member->next) {
        hide(shared, member, event);
        json_member_raw(&writer, member->key, member->raw);
    }
    for (size_t i = 0; i < shared->count; i++) {
        if (shared->members[i].hidden_in != event) {
            json_member_raw(&writer, shared->members[i].member->key,
                            shared->members[i].member->raw);
        }
    }
    json_end_object(&writer);
    *out = buffer_str(&buffer);
    return json_writer_status(&writer);
}

static enum status lay_under(struct activity_reader *reader, struct activity_shared *shared,
                             const struct json_value *own, struct str *raw) {
    if (shared->count == 0) {
        return STATUS_OK;
    }
    if (!own) {
        *raw = shared->raw;
        return STATUS_OK;
    }
    return merge(&reader->worker->scratch, own, shared, reader->seen, raw);
}

enum status activity_merge_item(struct activity_reader *reader, struct activity_item *item) {
    enum status status = lay_under(reader, &reader->context, item->context, &item->event.context);
    struct str raw = item->integrations ? item->integrations->raw : STR_EMPTY;
    if (status == STATUS_OK) {
        status = lay_under(reader, &reader->integrations, item->integrations, &raw);
    }
    if (status == STATUS_OK && raw.len > 0) {
        struct json_value kept = {.key = STR("integrations"), .raw = raw};
        activity_keep_member(reader, &kept);
    }
    return status;
}
