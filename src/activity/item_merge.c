// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Gives each event of a batch what the batch says for all of them.
#include "activity/reader.h"
#include "base/json_write.h"

static void put_members(struct json_writer *writer, const struct json_value *object,
                        const struct json_value *hidden_by) {
    for (const struct json_value *member = object->child; member; member = member->next) {
        if (!json_get(hidden_by, member->key)) {
            json_member_raw(writer, member->key, member->raw);
        }
    }
}

// Member by member, one level deep: {"library":…} of the batch and {"page":…} of the event become one context. Names are written
// anew; an escape never takes more than twice the bytes it was read from.
static enum status merge(struct arena *arena, const struct json_value *own,
                         const struct json_value *shared, struct str *out) {
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
    put_members(&writer, own, NULL);
    put_members(&writer, shared, own);
    json_end_object(&writer);
    *out = buffer_str(&buffer);
    return json_writer_status(&writer);
}

enum status activity_merge_item(struct activity_reader *reader, struct activity_item *item) {
    struct arena *scratch = &reader->worker->scratch;
    enum status status = STATUS_OK;
    if (reader->context) {
        if (!item->context) {
            item->event.context = reader->context->raw;
        } else {
            status = merge(scratch, item->context, reader->context, &item->event.context);
        }
    }
    const struct json_value *integrations = item->integrations;
    struct str raw = integrations ? integrations->raw : STR_EMPTY;
    if (status == STATUS_OK && reader->integrations) {
        if (integrations) {
            status = merge(scratch, integrations, reader->integrations, &raw);
        } else {
            raw = reader->integrations->raw;
        }
    }
    if (status == STATUS_OK && raw.len > 0) {
        struct json_value kept = {.key = STR("integrations"), .raw = raw};
        activity_keep_member(reader, &kept);
    }
    return status;
}
