// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A set of funnels: read from the settings, and which steps of them an event is.
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "funnel/funnel.h"

#define LABEL_MAX 200
#define DEFINITION_SEED 1 // another one, and every funnel is a new one

struct funnel_set {
    atomic_uint holders;
    struct arena arena;
    struct funnel funnels[FUNNELS_MAX];
    size_t count;
    struct shape_match *match;
    // By condition: whose step it is.
    uint8_t funnel_of[FUNNELS_MAX * FUNNEL_STEPS_MAX];
    uint8_t step_of[FUNNELS_MAX * FUNNEL_STEPS_MAX];
    unsigned conditions;
};

struct reader {
    struct funnel_set *set;
    struct funnel *funnel;
    struct error *err;
};

static enum status no_memory(const struct reader *reader) {
    return error_set(reader->err, STATUS_NO_MEMORY, "no memory for funnels");
}

static enum status refuse(const struct reader *reader, const struct settings_node *node,
                          const char *text) {
    bool key = node->key.data != NULL;
    return error_set(reader->err, STATUS_INVALID, "%s: funnel %.*s: %.*s%s%s", node->origin,
                     STR_ARG(reader->funnel->name), key ? (int)node->key.len : 0,
                     key ? node->key.data : "", key ? ": " : "", text);
}

// --- Steps ----------------------------------------------------------------------------------------------------------

static struct str default_label(const struct reader *reader, const struct settings_node *when) {
    for (const struct settings_node *child = when->child; child; child = child->next) {
        if (str_equal(child->key, STR("name")) && child->kind == SETTINGS_NODE_VALUE) {
            return arena_copy(&reader->set->arena, child->text);
        }
    }
    return arena_printf(&reader->set->arena, "Step %u", reader->funnel->step_count + 1);
}

static enum status take_label(const struct reader *reader, const struct settings_node *node,
                              struct str *label) {
    if (node->kind != SETTINGS_NODE_VALUE || node->text.len == 0 || node->text.len > LABEL_MAX) {
        return refuse(reader, node, "takes a text of at most 200 bytes");
    }
    *label = arena_copy(&reader->set->arena, node->text);
    return label->data ? STATUS_OK : no_memory(reader);
}

// The node as a condition: a text is the event's name; a map is one without its label, which is no part of it. In scratch.
static enum status as_condition(const struct reader *reader, const struct settings_node *node,
                                struct arena *scratch, struct settings_node *when,
                                struct str *label) {
    const struct settings_node *from = node->kind == SETTINGS_NODE_VALUE ? node : node->child;
    struct settings_node *last = NULL;
    *when =
        (struct settings_node){.kind = SETTINGS_NODE_MAP, .key = node->key, .origin = node->origin};
    for (; from; from = from == node ? NULL : from->next) {
        if (from != node && str_equal(from->key, STR("label"))) {
            enum status status = take_label(reader, from, label);
            if (status != STATUS_OK) {
                return status;
            }
            continue;
        }
        struct settings_node *copy = arena_alloc(scratch, sizeof *copy);
        if (!copy) {
            return no_memory(reader);
        }
        *copy = *from;
        copy->next = NULL;
        copy->key = from == node ? STR("name") : from->key;
        copy->plain = from == node
                          ? false
                          : from->plain; // a name is a text, also when it looks like a number
        if (last) {
            last->next = copy;
        } else {
            when->child = copy;
        }
        last = copy;
        when->count++;
    }
    return STATUS_OK;
}

static enum status read_step(const struct reader *reader, const struct settings_node *node,
                             struct arena *scratch, uint64_t *hash) {
    struct funnel_set *set = reader->set;
    struct funnel *funnel = reader->funnel;
    struct settings_node when;
    struct str label = STR_EMPTY;
    bool text = node->kind == SETTINGS_NODE_VALUE && node->text.len > 0;
    if (!text && (node->kind != SETTINGS_NODE_MAP || !node->child)) {
        return refuse(reader, node, "a step is an event's name, or a condition as of rules");
    }
    enum status status = as_condition(reader, node, scratch, &when, &label);
    if (status == STATUS_OK && !when.child) {
        return refuse(reader, node, "a step says more than its label: which events it is");
    }
    if (status == STATUS_OK) {
        status = shape_match_add(set->match, "funnel", funnel->name, &when, reader->err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    label = label.data ? label : default_label(reader, &when);
    if (!label.data) {
        return no_memory(reader);
    }
    *hash = shape_match_hash(&when, *hash);
    set->funnel_of[set->conditions] = (uint8_t)set->count;
    set->step_of[set->conditions++] = (uint8_t)funnel->step_count;
    funnel->labels[funnel->step_count++] = label;
    return STATUS_OK;
}

static enum status read_steps(const struct reader *reader, const struct settings_node *node,
                              uint64_t *hash) {
    struct arena scratch;
    enum status status = STATUS_OK;
    if (node->kind != SETTINGS_NODE_LIST || node->count < FUNNEL_STEPS_MIN ||
        node->count > FUNNEL_STEPS_MAX) {
        return refuse(reader, node, "takes a list of 2 to 16 steps");
    }
    arena_init(&scratch, 1024, 0);
    for (const struct settings_node *step = node->child; step && status == STATUS_OK;
         step = step->next) {
        status = read_step(reader, step, &scratch, hash);
    }
    arena_free(&scratch);
    return status;
}

// --- Funnels --------------------------------------------------------------------------------------------------------

static bool is_name(struct str name) {
    bool right = name.len > 0 && name.len <= FUNNEL_NAME_MAX && name.data[0] != '.';
    for (size_t i = 0; i < name.len && right; i++) {
        char c = name.data[i];
        right = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '-' || c == '_' || c == '.';
    }
    return right;
}

static enum status read_name(const struct reader *reader, const struct settings *settings,
                             size_t i) {
    struct str name = settings_entry_string(settings, "funnels[].name", i);
    const char *origin = settings_entry_origin(settings, "funnels[].name", i);
    if (!is_name(name)) {
        return error_set(reader->err, STATUS_INVALID,
                         "%s: funnels[].name: \"%.*s\" is no name: up to %d letters, digits, and "
                         "-_., of which the last does not begin it",
                         origin, STR_ARG(name), FUNNEL_NAME_MAX);
    }
    if (funnel_set_find(reader->set, name)) {
        return error_set(reader->err, STATUS_INVALID,
                         "%s: funnels[].name: there is another funnel %.*s", origin, STR_ARG(name));
    }
    reader->funnel->name = arena_copy(&reader->set->arena, name);
    return reader->funnel->name.data ? STATUS_OK : no_memory(reader);
}

static enum status read_funnel(struct funnel_set *set, const struct settings *settings, size_t i,
                               struct error *err) {
    struct reader reader = {set, &set->funnels[set->count], err};
    struct funnel *funnel = reader.funnel;
    const struct settings_node *steps = settings_entry_tree(settings, "funnels[].steps", i);
    enum status status = read_name(&reader, settings, i);
    if (status != STATUS_OK) {
        return status;
    }
    if (!steps) {
        return error_set(err, STATUS_INVALID, "%s: funnel %.*s: `steps` is missing",
                         settings_entry_origin(settings, "funnels", i), STR_ARG(funnel->name));
    }
    funnel->within_ms = settings_entry_integer(settings, "funnels[].within", i);
    funnel->id = str_hash(funnel->name, DEFINITION_SEED) + (uint64_t)funnel->within_ms;
    status = read_steps(&reader, steps, &funnel->id);
    if (status == STATUS_OK) {
        (void)snprintf(funnel->id_text, sizeof funnel->id_text, "%016" PRIx64, funnel->id);
        set->count++;
    }
    return status;
}

enum status funnel_set_read(const struct settings *settings, struct funnel_set **out,
                            struct error *err) {
    struct funnel_set *set = calloc(1, sizeof *set);
    size_t count = settings_entries(settings, "funnels");
    if (!set) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for funnels");
    }
    atomic_init(&set->holders, 1);
    arena_init(&set->arena, 1024, 0);
    enum status status = STATUS_OK;
    if (count > FUNNELS_MAX) {
        status = error_set(err, STATUS_INVALID, "%s: funnels: more than %d funnels",
                           settings_entry_origin(settings, "funnels", FUNNELS_MAX), FUNNELS_MAX);
    } else if (count > 0 &&
               shape_match_make((unsigned)count * FUNNEL_STEPS_MAX, &set->match) != STATUS_OK) {
        status = error_set(err, STATUS_NO_MEMORY, "no memory for funnels");
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = read_funnel(set, settings, i, err);
    }
    if (status != STATUS_OK) {
        funnel_set_release(set);
        return status;
    }
    *out = set;
    return STATUS_OK;
}

struct funnel_set *funnel_set_hold(struct funnel_set *set) {
    atomic_fetch_add(&set->holders, 1);
    return set;
}

void funnel_set_release(struct funnel_set *set) {
    if (set && atomic_fetch_sub(&set->holders, 1) == 1) {
        shape_match_free(set->match);
        arena_free(&set->arena);
        free(set);
    }
}

// --- Looking --------------------------------------------------------------------------------------------------------

size_t funnel_set_count(const struct funnel_set *set) {
    return set->count;
}

const struct funnel *funnel_set_at(const struct funnel_set *set, size_t i) {
    CHECK(i < set->count);
    return &set->funnels[i];
}

const struct funnel *funnel_set_find(const struct funnel_set *set, struct str name) {
    for (size_t i = 0; i < set->count; i++) {
        if (str_equal(set->funnels[i].name, name)) {
            return &set->funnels[i];
        }
    }
    return NULL;
}

bool funnel_set_has(const struct funnel_set *set, uint64_t id) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->funnels[i].id == id) {
            return true;
        }
    }
    return false;
}

bool funnel_set_may_match(const struct funnel_set *set, const struct event *event) {
    return set->match && shape_match_may(set->match, event);
}

struct matched {
    const struct funnel_set *set;
    uint16_t *steps;
};

static void note(void *context, unsigned number) {
    const struct matched *matched = context;
    const struct funnel_set *set = matched->set;
    matched->steps[set->funnel_of[number]] |= (uint16_t)(1U << set->step_of[number]);
}

enum status funnel_set_match(const struct funnel_set *set, struct shape_worker *worker,
                             struct event *event, struct event_trees *trees, struct arena *arena,
                             uint16_t steps[FUNNELS_MAX]) {
    struct matched matched = {set, steps};
    memset(steps, 0, FUNNELS_MAX * sizeof steps[0]);
    return set->match ? shape_match_look(set->match, worker, event, trees, arena, note, &matched)
                      : STATUS_OK;
}
