// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Takes a user out of closed reports: every object in a list that has their id as its "userId".
#include "base/json_write.h"
#include "processor/erase.h"

#define BODY_MAX ((size_t)64 << 20)

static const struct json_limits limits = {.depth = JSON_DEPTH_MOST};

static bool names(const struct json_value *value, struct str user_id) {
    return value->type == JSON_OBJECT && str_equal(json_get_string(value, STR("userId")), user_id);
}

static bool has(const struct json_value *value, struct str user_id) {
    const struct json_value *child = value->child;
    while (child && !(value->type == JSON_ARRAY && names(child, user_id)) && !has(child, user_id)) {
        child = child->next;
    }
    return child != NULL;
}

// What does not name them stays as it is, byte by byte.
static void copy_without(struct json_writer *w, const struct json_value *value,
                         struct str user_id) {
    if (!has(value, user_id)) {
        json_raw(w, value->raw);
        return;
    }
    bool object = value->type == JSON_OBJECT;
    if (object) {
        json_begin_object(w);
    } else {
        json_begin_array(w);
    }
    for (const struct json_value *child = value->child; child; child = child->next) {
        if (object) {
            json_key(w, child->key);
        }
        if (object || !names(child, user_id)) {
            copy_without(w, child, user_id);
        }
    }
    if (object) {
        json_end_object(w);
    } else {
        json_end_array(w);
    }
}

static enum status rewrite_one(struct worker *worker, struct str project,
                               const struct store_report *report, const struct json_value *root,
                               struct str user_id) {
    struct buffer body;
    struct json_writer w;
    buffer_init(&body, BODY_MAX);
    json_writer_init(&w, &body);
    copy_without(&w, root, user_id);
    enum status status = json_writer_status(&w);
    if (status == STATUS_OK) {
        struct store_report without = *report;
        without.body = buffer_str(&body);
        status = store_report_rewrite(worker->shared->config.store, project, &without);
    }
    buffer_free(&body);
    return status;
}

enum status erase_from_reports(struct worker *worker, struct str project, int32_t day,
                               struct str user_id, bool rewrite, uint64_t *count) {
    struct arena arena;
    struct store_report *reports = NULL;
    size_t report_count = 0;
    arena_init(&arena, (size_t)16 << 10, 0);
    enum status status = store_report_revisions(worker->shared->config.store, project, day, &arena,
                                                &reports, &report_count);
    for (size_t i = 0; i < report_count && status == STATUS_OK; i++) {
        const struct json_value *root = NULL;
        struct str body = reports[i].body;
        char *padded = arena_alloc_zero(&arena, body.len + JSON_PADDING);
        if (!padded) {
            status = STATUS_NO_MEMORY;
            break;
        }
        memcpy(padded, body.data, body.len);
        status =
            json_parse(worker->parser, str_make(padded, body.len), &limits, &arena, &root, NULL);
        if (status == STATUS_OK && has(root, user_id)) {
            *count += 1;
            status = rewrite ? rewrite_one(worker, project, &reports[i], root, user_id) : STATUS_OK;
        } else if (status != STATUS_OK && status != STATUS_NO_MEMORY) {
            status = STATUS_CORRUPT;
        }
    }
    arena_free(&arena);
    return status;
}
