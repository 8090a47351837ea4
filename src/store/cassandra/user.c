// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A user as a whole: the profile, who the user is under other ids, and what was observed of all of them.
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

static enum status list_actors(struct str id, const struct str *links, size_t count,
                               struct arena *arena, struct store_user *out) {
    out->actor_count = count + 1;
    out->actors = arena_alloc_array(arena, out->actor_count, sizeof *out->actors);
    out->states = arena_alloc_array(arena, out->actor_count, sizeof *out->states);
    out->found = arena_alloc_array(arena, out->actor_count, sizeof *out->found);
    struct str own_id = arena_copy(arena, id);
    if (!out->actors || !out->states || !out->found || !own_id.data) {
        return STATUS_NO_MEMORY;
    }
    out->actors[0] = (struct store_actor){STORE_ACTOR_USER, own_id};
    for (size_t i = 0; i < count; i++) {
        out->actors[i + 1] = (struct store_actor){STORE_ACTOR_ANONYMOUS, links[i]};
    }
    return STATUS_OK;
}

enum status cassandra_user_get(struct store *base, struct str project, struct str id,
                               enum store_reach reach, struct arena *arena,
                               struct store_user *out) {
    *out = (struct store_user){0};
    if (reach == STORE_REACH_MEMORY) {
        return STATUS_UNAVAILABLE; // nothing is in memory
    }
    struct str *links = NULL;
    size_t link_count = 0;
    enum status status = cassandra_links_of(base, project, id, arena, &links, &link_count);
    if (status == STATUS_OK) {
        status = list_actors(id, links, link_count, arena, out);
    }
    if (status == STATUS_OK) {
        status = cassandra_profile_get(base, project, id, arena, &out->profile);
        out->has_profile = status == STATUS_OK;
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (status == STATUS_OK) {
        status = cassandra_states_get(cassandra_of(base), project, out->actors, out->actor_count,
                                      arena, out->states, out->found);
    }
    bool anything = out->has_profile;
    for (size_t i = 0; i < out->actor_count && status == STATUS_OK; i++) {
        anything = anything || out->found[i];
    }
    return status == STATUS_OK && !anything ? STATUS_NOT_FOUND : status;
}
