// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A user as a whole: the profile, who the user is under other ids, and what was observed of all of them.
#include "store/kv/kv_store.h"

static enum status find_actors(struct kv_store *store, struct str project, struct str id,
                               enum store_reach reach, struct arena *arena,
                               struct store_user *out) {
    struct str *links = NULL;
    size_t link_count = 0;
    enum status status = kv_read_links(store, reach, project, id, arena, &links, &link_count);
    if (status != STATUS_OK) {
        return status;
    }
    out->actor_count = link_count + 1;
    out->actors = arena_alloc_array(arena, out->actor_count, sizeof *out->actors);
    out->states = arena_alloc_array(arena, out->actor_count, sizeof *out->states);
    out->found = arena_alloc_array(arena, out->actor_count, sizeof *out->found);
    struct str own_id = arena_copy(arena, id);
    if (!out->actors || !out->states || !out->found || !own_id.data) {
        return STATUS_NO_MEMORY;
    }
    out->actors[0] = (struct store_actor){STORE_ACTOR_USER, own_id};
    for (size_t i = 0; i < link_count; i++) {
        out->actors[i + 1] = (struct store_actor){STORE_ACTOR_ANONYMOUS, links[i]};
    }
    return STATUS_OK;
}

enum status kv_user_get(struct store *base, struct str project, struct str id,
                        enum store_reach reach, struct arena *arena, struct store_user *out) {
    struct kv_store *store = kv_store_of(base);
    *out = (struct store_user){0};
    enum status status = find_actors(store, project, id, reach, arena, out);
    if (status == STATUS_OK) {
        status = kv_read_profile(store, reach, project, id, arena, &out->profile);
        out->has_profile = status == STATUS_OK;
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    bool anything = out->has_profile;
    for (size_t i = 0; i < out->actor_count && status == STATUS_OK; i++) {
        out->states[i] = (struct store_actor_state){0};
        status = kv_read_state(store, reach, project, out->actors[i], arena, &out->states[i]);
        out->found[i] = status == STATUS_OK;
        anything = anything || out->found[i];
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    return status == STATUS_OK && !anything ? STATUS_NOT_FOUND : status;
}
