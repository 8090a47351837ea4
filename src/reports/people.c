// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Counts persons by a walk of the links: who owns each anonymous id, whether it was active that day, and whether its owner was.
#include "reports/people.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/json_read.h"
#include "store/walk.h"

#define PAGE_BYTES ((size_t)1 << 20)
#define LOAD_AT_ONCE 256

struct owner {
    struct str id;
    uint64_t days; // on which an anonymous id of theirs was active: a bit each, from the first on
};
struct ids {
    struct owner *items;
    size_t count, capacity;
};

struct counting {
    struct store *store;
    struct str project;
    int32_t first;
    size_t days;
    // The anonymous id whose links are being walked, and its owner so far: all links of one come together.
    char anonymous[512], owner[512];
    size_t anonymous_len, owner_len;
    int64_t linked_ms;
    bool any;
    struct arena waiting_arena; // of pairs whose activity is not known yet
    struct str waiting_anonymous[LOAD_AT_ONCE], waiting_owner[LOAD_AT_ONCE];
    size_t waiting;
    struct arena owners_arena;
    struct ids owners; // of anonymous ids that were active, one for each
};

static bool is_active(const struct store_actor_request *request, int32_t day) {
    const struct store_actor_state *state = &request->state;
    int64_t bit = (int64_t)day - state->activity_first_day;
    return request->found && bit >= 0 && bit < (int64_t)state->activity.len * 8 &&
           ((unsigned char)state->activity.data[bit / 8] >> (bit % 8) & 1) != 0;
}

static uint64_t active_days(const struct counting *counting,
                            const struct store_actor_request *request) {
    uint64_t days = 0;
    for (size_t i = 0; i < counting->days; i++) {
        days |= (uint64_t)is_active(request, counting->first + (int32_t)i) << i;
    }
    return days;
}

static enum status load(struct counting *counting, enum store_actor_kind kind,
                        const struct str *ids, size_t count, struct arena *arena,
                        struct store_actor_request *requests) {
    for (size_t i = 0; i < count; i++) {
        requests[i] =
            (struct store_actor_request){.project = counting->project, .actor = {kind, ids[i]}};
    }
    return store_actors_load(counting->store, requests, count, arena);
}

static enum status add_owner(struct counting *counting, struct str owner, uint64_t days) {
    struct ids *owners = &counting->owners;
    if (owners->count == owners->capacity) {
        size_t capacity = owners->capacity ? owners->capacity * 2 : 64;
        struct owner *items = realloc(owners->items, capacity * sizeof *items);
        if (!items) {
            return STATUS_NO_MEMORY;
        }
        owners->items = items;
        owners->capacity = capacity;
    }
    struct str own = arena_copy(&counting->owners_arena, owner);
    if (!own.data) {
        return STATUS_NO_MEMORY;
    }
    owners->items[owners->count++] = (struct owner){own, days};
    return STATUS_OK;
}

static enum status look_up_waiting(struct counting *counting) {
    struct store_actor_request requests[LOAD_AT_ONCE / 4];
    const size_t most = sizeof requests / sizeof requests[0];
    enum status status = STATUS_OK;
    for (size_t at = 0; at < counting->waiting && status == STATUS_OK; at += most) {
        size_t some = counting->waiting - at < most ? counting->waiting - at : most;
        status = load(counting, STORE_ACTOR_ANONYMOUS, counting->waiting_anonymous + at, some,
                      &counting->waiting_arena, requests);
        for (size_t i = 0; i < some && status == STATUS_OK; i++) {
            uint64_t days = active_days(counting, &requests[i]);
            if (days != 0) {
                status = add_owner(counting, counting->waiting_owner[at + i], days);
            }
        }
    }
    counting->waiting = 0;
    arena_reset(&counting->waiting_arena);
    return status;
}

// The links of one anonymous id are all known.
static enum status end_anonymous(struct counting *counting) {
    if (!counting->any) {
        return STATUS_OK;
    }
    counting->any = false;
    struct arena *arena = &counting->waiting_arena;
    struct str anonymous =
        arena_copy(arena, str_make(counting->anonymous, counting->anonymous_len));
    struct str owner = arena_copy(arena, str_make(counting->owner, counting->owner_len));
    if (!anonymous.data || !owner.data) {
        return STATUS_NO_MEMORY;
    }
    counting->waiting_anonymous[counting->waiting] = anonymous;
    counting->waiting_owner[counting->waiting++] = owner;
    return counting->waiting == LOAD_AT_ONCE ? look_up_waiting(counting) : STATUS_OK;
}

static enum status take_link(struct counting *counting, const struct store_row *row) {
    const struct store_link *link = &row->as.link;
    enum status status = STATUS_OK;
    if (!str_equal(row->project, counting->project)) {
        return STATUS_OK;
    }
    if (link->anonymous_id.len > sizeof counting->anonymous ||
        link->user_id.len > sizeof counting->owner) {
        return STATUS_CORRUPT;
    }
    struct str current = str_make(counting->anonymous, counting->anonymous_len);
    if (!counting->any || !str_equal(current, link->anonymous_id)) {
        status = end_anonymous(counting);
        memcpy(counting->anonymous, link->anonymous_id.data, link->anonymous_id.len);
        counting->anonymous_len = link->anonymous_id.len;
    }
    // Of equal times the bytewise least user, as everywhere.
    struct str owner = str_make(counting->owner, counting->owner_len);
    if (!counting->any || link->linked_ms < counting->linked_ms ||
        (link->linked_ms == counting->linked_ms && str_compare(link->user_id, owner) < 0)) {
        memcpy(counting->owner, link->user_id.data, link->user_id.len);
        counting->owner_len = link->user_id.len;
        counting->linked_ms = link->linked_ms;
    }
    counting->any = true;
    return status;
}

static enum status walk_links(struct counting *counting) {
    struct arena arenas[2]; // in turn: a page's position is needed while the next is read
    arena_init(&arenas[0], (size_t)64 << 10, 0);
    arena_init(&arenas[1], (size_t)64 << 10, 0);
    struct store_page page = {.more = true};
    enum status status = STATUS_OK;
    for (unsigned turn = 0; page.more && status == STATUS_OK; turn ^= 1) {
        struct str after = page.position;
        arena_reset(&arenas[turn]);
        status =
            store_walk(counting->store, STORE_ROW_LINK, after, PAGE_BYTES, &arenas[turn], &page);
        for (size_t i = 0; i < page.count && status == STATUS_OK; i++) {
            status = take_link(counting, &page.rows[i]);
        }
    }
    if (status == STATUS_OK) {
        status = end_anonymous(counting);
    }
    if (status == STATUS_OK) {
        status = look_up_waiting(counting);
    }
    arena_free(&arenas[0]);
    arena_free(&arenas[1]);
    return status;
}

static int compare_ids(const void *a, const void *b) {
    const struct owner *x = a, *y = b;
    return str_compare(x->id, y->id);
}

// Of one owner's anonymous ids that were active all but one are counted twice, and that one too when the owner was active.
static enum status count_owners(struct counting *counting, int64_t *out) {
    struct ids *owners = &counting->owners;
    struct arena arena;
    enum status status = STATUS_OK;
    if (owners->count > 0) {
        qsort(owners->items, owners->count, sizeof *owners->items, compare_ids);
    }
    arena_init(&arena, (size_t)16 << 10, 0);
    for (size_t at = 0, next = 0; at < owners->count && status == STATUS_OK; at = next) {
        struct store_actor_request request;
        while (next < owners->count && str_equal(owners->items[next].id, owners->items[at].id)) {
            next++;
        }
        arena_reset(&arena);
        status = load(counting, STORE_ACTOR_USER, &owners->items[at].id, 1, &arena, &request);
        uint64_t own = status == STATUS_OK ? active_days(counting, &request) : 0;
        for (size_t day = 0; day < counting->days; day++) {
            int64_t active = (int64_t)(own >> day & 1);
            for (size_t i = at; i < next; i++) {
                active += (int64_t)(owners->items[i].days >> day & 1);
            }
            out[day] += active > 1 ? active - 1 : 0;
        }
    }
    arena_free(&arena);
    return status;
}

enum status reports_people_counted_twice(struct store *store, struct str project, int32_t first,
                                         size_t days, int64_t *out) {
    CHECK(days <= REPORTS_PEOPLE_DAYS);
    struct counting *counting = calloc(1, sizeof *counting);
    memset(out, 0, days * sizeof *out);
    if (!counting) {
        return STATUS_NO_MEMORY;
    }
    counting->store = store;
    counting->project = project;
    counting->first = first;
    counting->days = days;
    arena_init(&counting->waiting_arena, (size_t)64 << 10, 0);
    arena_init(&counting->owners_arena, (size_t)16 << 10, 0);
    enum status status = walk_links(counting);
    if (status == STATUS_OK) {
        status = count_owners(counting, out);
    }
    arena_free(&counting->waiting_arena);
    arena_free(&counting->owners_arena);
    free(counting->owners.items);
    free(counting);
    return status;
}

bool reports_people_read(struct str body, struct arena *arena, int64_t *out) {
    static const struct json_limits limits = {.depth = JSON_DEPTH_MOST};
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    char *padded = arena_alloc_zero(arena, body.len + JSON_PADDING);
    if (!padded || json_parser_make(&parser) != STATUS_OK) {
        return false;
    }
    memcpy(padded, body.data, body.len);
    bool there =
        json_parse(parser, str_make(padded, body.len), &limits, arena, &root, NULL) == STATUS_OK &&
        json_to_i64(json_get(root, STR("people")), out);
    json_parser_free(parser);
    return there;
}
