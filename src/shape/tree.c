// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The parts of an event as trees: finding what stands at a path, making a place, taking out, and writing them anew.
//
//   a dirty part:  scalars keep their own bytes; every list and object gets new ones, which are written from the leaves up
#include "base/json_write.h"
#include "shape/private.h"

struct json_value *shape_writable(const struct json_value *node) {
    return (struct json_value *)(uintptr_t)node;
}

bool shape_is_failed(const struct shape_event *at) {
    return at->failure.data != NULL || at->status != STATUS_OK;
}

void shape_fail(struct shape_event *at, struct str why) {
    if (!at->failure.data) {
        at->failure = why;
    }
}

void shape_out_of_memory(struct shape_event *at) {
    at->status = STATUS_NO_MEMORY;
}

void shape_touch(struct shape_event *at, enum shape_root root) {
    at->dirty[root] = true;
    at->worker->epoch++; // what was looked up before may stand elsewhere now
}

static struct json_value *add_node(struct shape_event *at, enum json_type type, struct str key) {
    struct json_value *node = arena_alloc_zero(at->arena, sizeof *node);
    if (!node) {
        shape_out_of_memory(at);
        return NULL;
    }
    node->type = type;
    node->key = key;
    node->raw = type == JSON_OBJECT ? STR("{}") : STR("null");
    return node;
}

// Unknown members stand among the known ones: they are copied out into an object of their own.
static const struct json_value *make_extra(struct shape_event *at) {
    struct json_value *object = NULL, *last = NULL;
    const struct json_value *root = at->trees->root;
    for (const struct json_value *child = root ? root->child : NULL; child; child = child->next) {
        if (event_is_member(child->key)) {
            continue;
        }
        object = object ? object : add_node(at, JSON_OBJECT, STR_EMPTY);
        struct json_value *copy = object ? add_node(at, child->type, child->key) : NULL;
        if (!copy) {
            return NULL;
        }
        *copy = *child;
        copy->next = NULL;
        *(last ? &last->next : &object->child) = copy;
        last = copy;
        object->count++;
    }
    return object;
}

static const struct json_value **root_link(struct shape_event *at, enum shape_root root) {
    switch (root) {
    case SHAPE_PROPERTIES: return &at->trees->properties;
    case SHAPE_TRAITS: return &at->trees->traits;
    case SHAPE_CONTEXT: return &at->trees->context;
    case SHAPE_FIELD:
    case SHAPE_EXTRA: break;
    }
    if (!at->extra_made) {
        at->extra_made = true;
        at->extra = make_extra(at);
    }
    return &at->extra;
}

const struct json_value *shape_root_of(struct shape_event *at, enum shape_root root) {
    return *root_link(at, root);
}

// ---- Finding --------------------------------------------------------------------------------------------------------

static const struct json_value *step(const struct json_value *node, struct str segment) {
    uint64_t index = 0;
    if (node->type == JSON_OBJECT) {
        return json_get(node, segment);
    }
    if (node->type != JSON_ARRAY || !str_to_u64(segment, &index) || index >= node->count) {
        return NULL;
    }
    const struct json_value *child = node->child;
    for (uint64_t i = 0; i < index && child; i++) {
        child = child->next;
    }
    return child;
}

const struct json_value *shape_find(struct shape_event *at, const struct shape_path *path) {
    struct shape_found *found = &at->worker->found[path->number];
    if (found->epoch == at->worker->epoch) {
        return found->node;
    }
    const struct json_value *node = shape_root_of(at, path->root);
    for (unsigned i = 0; i < path->count && node; i++) {
        node = step(node, path->segments[i]);
    }
    *found = (struct shape_found){at->worker->epoch, node};
    return node;
}

struct visit {
    bool (*visit)(struct shape_event *at, struct json_value *node, void *context);
    void *context;
};

static bool visit_below(struct shape_event *at, const struct shape_path *path, unsigned segment,
                        const struct json_value *node, const struct visit *visit) {
    if (segment == path->count) {
        return visit->visit(at, shape_writable(node), visit->context);
    }
    if (!str_equal(path->segments[segment], STR("*"))) {
        const struct json_value *next = step(node, path->segments[segment]);
        return !next || visit_below(at, path, segment + 1, next, visit);
    }
    bool more = node->type == JSON_OBJECT || node->type == JSON_ARRAY;
    for (const struct json_value *child = more ? node->child : NULL; child; child = child->next) {
        if (!visit_below(at, path, segment + 1, child, visit)) {
            return false;
        }
    }
    return true;
}

void shape_visit(struct shape_event *at, const struct shape_path *path,
                 bool (*visit)(struct shape_event *at, struct json_value *node, void *context),
                 void *context) {
    const struct visit how = {visit, context};
    const struct json_value *node =
        path->wild ? shape_root_of(at, path->root) : shape_find(at, path);
    if (node) {
        (void)visit_below(at, path, path->wild ? 0 : path->count, node, &how);
    }
}

// ---- Changing -------------------------------------------------------------------------------------------------------

static struct json_value *append(struct json_value *parent, struct json_value *node) {
    const struct json_value **link = &parent->child;
    while (*link) {
        link = &shape_writable(*link)->next;
    }
    *link = node;
    parent->count++;
    return node;
}

struct json_value *shape_place(struct shape_event *at, const struct shape_path *path) {
    const struct json_value **link = root_link(at, path->root);
    if (!*link) {
        *link = at->status == STATUS_OK ? add_node(at, JSON_OBJECT, STR_EMPTY) : NULL;
    }
    struct json_value *node = shape_writable(*link);
    for (unsigned i = 0; i < path->count && node; i++) {
        struct json_value *next = shape_writable(step(node, path->segments[i]));
        if (!next && node->type != JSON_OBJECT) {
            shape_fail(at,
                       arena_printf(at->arena,
                                    "%.*s cannot be set: what stands at \"%.*s\" is no object",
                                    STR_ARG(path->text), i > 0 ? (int)path->segments[i - 1].len : 0,
                                    i > 0 ? path->segments[i - 1].data : ""));
            return NULL;
        }
        if (!next) {
            next = add_node(at, i + 1 == path->count ? JSON_NULL : JSON_OBJECT, path->segments[i]);
            next = next ? append(node, next) : NULL;
        }
        node = next;
    }
    if (node) {
        shape_touch(at, path->root);
    }
    return node;
}

static bool take_out(struct shape_event *at, const struct shape_path *path, unsigned segment,
                     struct json_value *node, struct json_value **first) {
    bool wild = str_equal(path->segments[segment], STR("*"));
    bool last = segment + 1 == path->count;
    bool any = false;
    if (node->type != JSON_OBJECT && node->type != JSON_ARRAY) {
        return false;
    }
    const struct json_value *only = wild ? NULL : step(node, path->segments[segment]);
    for (const struct json_value **link = &node->child; *link;) {
        struct json_value *child = shape_writable(*link);
        bool meant = wild || child == only;
        if (meant && last) {
            *link = child->next;
            child->next = NULL;
            node->count--;
            *first = *first ? *first : child;
            any = true;
            continue;
        }
        any = (meant && take_out(at, path, segment + 1, child, first)) || any;
        link = &child->next;
    }
    return any;
}

bool shape_take_out(struct shape_event *at, const struct shape_path *path,
                    struct json_value **first) {
    const struct json_value **link = root_link(at, path->root);
    bool any = false;
    *first = NULL;
    if (!*link) {
        return false;
    }
    if (path->count == 0) {
        *first = shape_writable(*link);
        *link = NULL;
        any = true;
    } else {
        any = take_out(at, path, 0, shape_writable(*link), first);
    }
    if (any) {
        shape_touch(at, path->root);
    }
    return any;
}

bool shape_set_text(struct shape_event *at, struct json_value *node, struct str text) {
    struct buffer buffer;
    struct json_writer writer;
    struct str copy = arena_copy(at->arena, text);
    size_t room = 6 * text.len + 2;
    char *memory = arena_alloc(at->arena, room);
    if (!memory || !copy.data) {
        shape_out_of_memory(at);
        return false;
    }
    buffer_init_fixed(&buffer, memory, room);
    json_writer_init(&writer, &buffer);
    json_string(&writer, copy);
    if (json_writer_status(&writer) != STATUS_OK) {
        shape_fail(at, STR("what became of a text is not UTF-8"));
        return false;
    }
    node->type = JSON_STRING;
    node->text = copy;
    node->raw = buffer_str(&buffer);
    node->child = NULL;
    node->count = 0;
    return true;
}

// ---- Writing --------------------------------------------------------------------------------------------------------

#define DEPTH_MAX (EVENT_DEPTH_MAX + 1)

// Most that writing it takes. Deeper than an event may be: SIZE_MAX.
static size_t room_for(const struct json_value *node, unsigned depth) {
    bool container = node->type == JSON_OBJECT || node->type == JSON_ARRAY;
    size_t room = 6 * node->key.len + sizeof "\"\":," + (container ? 2 : node->raw.len);
    if (container && depth >= DEPTH_MAX) {
        return SIZE_MAX;
    }
    for (const struct json_value *child = container ? node->child : NULL; child;
         child = child->next) {
        size_t more = room_for(child, depth + 1);
        if (more == SIZE_MAX) {
            return SIZE_MAX;
        }
        room += more;
    }
    return room;
}

static void write_node(struct json_writer *writer, struct json_value *node) {
    bool object = node->type == JSON_OBJECT;
    if (!object && node->type != JSON_ARRAY) {
        json_raw(writer, node->raw);
        return;
    }
    size_t begin = writer->out->len + (writer->comma ? 1 : 0);
    object ? json_begin_object(writer) : json_begin_array(writer);
    for (const struct json_value *child = node->child; child; child = child->next) {
        if (object) {
            json_key(writer, child->key);
        }
        write_node(writer, shape_writable(child));
    }
    object ? json_end_object(writer) : json_end_array(writer);
    node->raw = str_make(writer->out->data + begin, writer->out->len - begin);
}

static struct str write_root(struct shape_event *at, const struct json_value *root) {
    struct buffer buffer;
    struct json_writer writer;
    size_t room = root ? room_for(root, 0) : 0;
    if (room == SIZE_MAX || room > (size_t)6 * SHAPE_PART_BYTES) {
        shape_fail(at, STR("the event would be larger or nested deeper than an event may be"));
        return STR_EMPTY;
    }
    char *memory = root ? arena_alloc(at->arena, room) : NULL;
    if (!memory) {
        at->status = root ? STATUS_NO_MEMORY : at->status;
        return STR_EMPTY;
    }
    buffer_init_fixed(&buffer, memory, room);
    json_writer_init(&writer, &buffer);
    write_node(&writer, shape_writable(root));
    if (json_writer_status(&writer) != STATUS_OK || buffer.len > SHAPE_PART_BYTES) {
        shape_fail(at, STR("the event would be larger than an event may be"));
        return STR_EMPTY;
    }
    return root->raw;
}

void shape_write(struct shape_event *at) {
    struct str *slices[SHAPE_ROOTS] = {NULL, &at->event->properties, &at->event->traits,
                                       &at->event->context, &at->event->extra};
    for (unsigned root = SHAPE_PROPERTIES; root < SHAPE_ROOTS && !shape_is_failed(at); root++) {
        if (!at->dirty[root]) {
            continue;
        }
        struct str text = write_root(at, shape_root_of(at, (enum shape_root)root));
        if (root == SHAPE_EXTRA && text.len > 0) {
            text = text.len > 2 ? str_make(text.data + 1, text.len - 2) : STR_EMPTY;
        }
        *slices[root] = text;
        at->dirty[root] = false;
    }
}
