// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Goes through the rules with one event, and hides addresses.
#include <stdlib.h>

#include "shape/private.h"

enum status shape_worker_make(struct shape_worker **out) {
    struct shape_worker *worker = calloc(1, sizeof *worker);
    if (!worker || shape_matcher_make(&worker->matcher) != STATUS_OK) {
        free(worker);
        return STATUS_NO_MEMORY;
    }
    buffer_init(&worker->text, SHAPE_PART_BYTES);
    buffer_init(&worker->more, SHAPE_PART_BYTES);
    *out = worker;
    return STATUS_OK;
}

void shape_worker_free(struct shape_worker *worker) {
    if (worker) {
        shape_matcher_free(worker->matcher);
        buffer_free(&worker->text);
        buffer_free(&worker->more);
        free(worker->found);
        free(worker);
    }
}

// A place for what each path was found to be.
enum status shape_worker_begin(struct shape_worker *worker, const struct shape_rules *rules) {
    worker->epoch++;
    if (rules->path_count <= worker->found_count) {
        return STATUS_OK;
    }
    struct shape_found *found = calloc(rules->path_count, sizeof *found);
    if (!found) {
        return STATUS_NO_MEMORY;
    }
    free(worker->found);
    worker->found = found;
    worker->found_count = rules->path_count;
    return STATUS_OK;
}

struct run {
    struct shape_event at;
    struct shape_counts *tallies;
    struct shape_outcome *out;
};

static void count(struct run *run, unsigned rule, enum shape_count what) {
    if (run->tallies) {
        run->tallies[rule].of[what]++;
    }
}

static bool decide(struct run *run, unsigned rule, enum shape_fate fate, enum shape_count what) {
    run->out->fate = fate;
    run->out->rule = rule;
    count(run, rule, what);
    return true;
}

// What failed is told with the rule's name, since nobody else could find out which it was.
static bool fail(struct run *run, unsigned rule) {
    struct shape_event *at = &run->at;
    struct str name = run->at.rules->rules[rule].name;
    if (at->status == STATUS_OK) {
        run->out->reason =
            arena_printf(at->arena, "rule %.*s: %.*s", STR_ARG(name), STR_ARG(at->failure));
        at->status = run->out->reason.data ? STATUS_OK : STATUS_NO_MEMORY;
    }
    return decide(run, rule, SHAPE_DEAD_LETTER, SHAPE_COUNT_FAILED);
}

// Whether it is decided what becomes of the event.
static bool act(struct run *run, unsigned rule) {
    bool changed = false;
    const struct shape_action *action = run->at.rules->rules[rule].actions;
    for (; action; action = action->next) {
        if (action->kind == SHAPE_DROP) {
            return decide(run, rule, SHAPE_DROPPED, SHAPE_COUNT_DROPPED);
        }
        if (action->kind == SHAPE_DEAD_LETTER_IT) {
            run->out->reason = action->reason;
            return decide(run, rule, SHAPE_DEAD_LETTER, SHAPE_COUNT_DEAD_LETTERED);
        }
        if (action->kind == SHAPE_SAMPLE) {
            if (!shape_is_sampled(&run->at, action)) {
                return decide(run, rule, SHAPE_SAMPLED_OUT, SHAPE_COUNT_SAMPLED_OUT);
            }
            continue;
        }
        changed = shape_act(&run->at, action) || changed;
        if (shape_is_failed(&run->at)) {
            return fail(run, rule);
        }
    }
    if (changed) {
        count(run, rule, SHAPE_COUNT_CHANGED);
        run->out->changed = true;
    }
    return false;
}

static bool signals_forbid(struct run *run) {
    const struct shape_rules *rules = run->at.rules;
    const struct event *event = run->at.event;
    if (!event->do_not_track && !event->global_privacy_control) {
        return false;
    }
    const struct shape_privacy *privacy = shape_privacy_of(rules, event->project);
    bool track = event->do_not_track && privacy->do_not_track;
    if (!track && !(event->global_privacy_control && privacy->global_privacy_control)) {
        return false;
    }
    unsigned rule = rules->count + (track ? SHAPE_DO_NOT_TRACK : SHAPE_GLOBAL_PRIVACY_CONTROL);
    count(run, rule, SHAPE_COUNT_MATCHED);
    return decide(run, rule, SHAPE_DROPPED, SHAPE_COUNT_DROPPED);
}

// The last rule that changed something, for a failure that shows only when the event is written anew.
static void write_anew(struct run *run, unsigned last) {
    shape_write(&run->at);
    if (shape_is_failed(&run->at)) {
        (void)fail(run, last);
    }
}

enum status shape_apply(const struct shape_rules *rules, struct shape_worker *worker,
                        struct event *event, struct event_trees *trees, struct arena *arena,
                        struct shape_counts *tallies, struct shape_outcome *out) {
    struct run run = {
        .at = {.rules = rules, .worker = worker, .event = event, .trees = trees, .arena = arena},
        .tallies = tallies,
        .out = out,
    };
    unsigned type = 1U << event->type;
    unsigned last = 0;
    *out = (struct shape_outcome){.fate = SHAPE_KEPT};
    if (rules->count == 0 && !event->do_not_track && !event->global_privacy_control) {
        return STATUS_OK;
    }
    if (shape_worker_begin(worker, rules) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    bool decided = signals_forbid(&run);
    uint64_t name = shape_name_bit(event->name);
    for (unsigned i = 0; i < rules->count && !decided; i++) {
        if (!(rules->rules[i].types & type) || !(rules->rules[i].names & name)) {
            continue;
        }
        enum shape_answer holds = shape_condition_holds(&run.at, rules->rules[i].when);
        if (holds == SHAPE_UNDECIDED || shape_is_failed(&run.at)) {
            decided = fail(&run, i);
        } else if (holds == SHAPE_YES) {
            count(&run, i, SHAPE_COUNT_MATCHED);
            decided = act(&run, i);
            last = i;
            name = shape_name_bit(event->name); // it may have another one now
        }
    }
    if (!decided) {
        write_anew(&run, last);
    }
    return run.at.status;
}

// ---- Addresses ------------------------------------------------------------------------------------------------------

// Nearly every event has an address, and nothing else in its part changes: so the rest is copied as it was written. False: the part has
// been written anew piece by piece, or there is no memory.
static bool splice(struct shape_event *at, enum shape_root root, struct json_value *member,
                   struct str old) {
    struct json_value *parent = shape_writable(shape_root_of(at, root));
    struct str whole = parent->raw;
    size_t before = (size_t)(old.data - whole.data);
    if (old.data < whole.data || before > whole.len || old.len > whole.len - before ||
        at->dirty[root]) {
        return false;
    }
    size_t len = whole.len - old.len + member->raw.len;
    char *copy = arena_alloc(at->arena, len);
    if (!copy) {
        return false;
    }
    memcpy(copy, whole.data, before);
    memcpy(copy + before, member->raw.data, member->raw.len);
    memcpy(copy + before + member->raw.len, old.data + old.len, whole.len - before - old.len);
    member->raw = str_make(copy + before, member->raw.len);
    parent->raw = str_make(copy, len);
    *(root == SHAPE_CONTEXT ? &at->event->context : &at->event->properties) = parent->raw;
    return true;
}

static void hide_member(struct shape_event *at, enum shape_root root, struct str name, bool cut) {
    const struct json_value *parent = shape_root_of(at, root);
    const struct json_value *member = json_get(parent, name);
    struct buffer *buffer = &at->worker->text;
    buffer_clear(buffer);
    if (!member || shape_is_failed(at)) {
        return;
    }
    if (cut && member->type == JSON_STRING && shape_address_cut(member->text, buffer)) {
        if (buffer_status(buffer) != STATUS_OK) {
            shape_out_of_memory(at);
        } else if (!str_equal(buffer_str(buffer), member->text)) {
            struct str old = member->raw;
            bool set = shape_set_text(at, shape_writable(member), buffer_str(buffer));
            at->dirty[root] =
                !set || !splice(at, root, shape_writable(member), old) || at->dirty[root];
        }
        return;
    }
    const struct json_value **link = &shape_writable(parent)->child;
    while (*link != member) {
        link = &shape_writable(*link)->next;
    }
    *link = member->next;
    shape_writable(parent)->count--;
    at->dirty[root] = true;
}

static void hide_source(struct shape_event *at, bool cut) {
    struct buffer *buffer = &at->worker->text;
    struct str ip = at->event->ip;
    buffer_clear(buffer);
    if (ip.len == 0) {
        return;
    }
    bool kept = cut && shape_address_cut(ip, buffer);
    at->event->ip = kept ? arena_copy(at->arena, buffer_str(buffer)) : STR_EMPTY;
    if (kept && !at->event->ip.data) {
        shape_out_of_memory(at);
    }
}

enum status shape_hide_addresses(const struct shape_rules *rules, struct shape_worker *worker,
                                 struct event *event, struct event_trees *trees,
                                 struct arena *arena) {
    struct shape_event at = {
        .rules = rules, .worker = worker, .event = event, .trees = trees, .arena = arena};
    enum shape_ip ip = shape_privacy_of(rules, event->project)->ip;
    if (ip == SHAPE_IP_KEEP) {
        return STATUS_OK;
    }
    hide_source(&at, ip == SHAPE_IP_TRUNCATE);
    hide_member(&at, SHAPE_CONTEXT, STR("ip"), ip == SHAPE_IP_TRUNCATE);
    hide_member(&at, SHAPE_PROPERTIES, STR("$ip"), ip == SHAPE_IP_TRUNCATE);
    shape_write(&at);
    return at.status;
}
