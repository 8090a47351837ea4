// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A user as a whole: the profile, who the user is under other ids, and what was observed of all of them.
//
// Most users have no other ids: profile, state and whether there are any come side by side, in one round trip.
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"
#include "store/cassandra/profiles.h"

#define READS 3

struct sight {
    struct store_user *user;
    struct store_actor_state state; // of the user's own id
    bool seen;
    bool linked;
    struct arena *arena;
};

static enum status take_profile(struct cassandra_read *read, const struct cql_value *columns) {
    struct sight *sight = read->context;
    sight->user->has_profile = true;
    return profiles_get(columns, sight->arena, &sight->user->profile);
}

static enum status take_link(struct cassandra_read *read, const struct cql_value *columns) {
    struct sight *sight = read->context;
    (void)columns;
    sight->linked = true;
    read->enough = true;
    return STATUS_OK;
}

static enum status make_profile_read(struct cassandra_read *read, struct str project, struct str id,
                                     struct sight *sight, struct arena *scratch) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    profiles_bind_key(values, project, id);
    enum status status =
        cassandra_read_make(read, STATEMENT_PROFILE_GET, values, PROFILES_COLUMNS, scratch);
    read->row = take_profile;
    read->context = sight;
    return status;
}

static enum status make_link_read(struct cassandra_read *read, struct str project, struct str id,
                                  int64_t epoch, struct sight *sight, struct arena *scratch) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, project);
    cql_bind_text(values, id);
    cql_bind_bigint(values, epoch);
    cql_bind_text(values, STR(""));
    cql_bind_int(values, 1);
    enum status status = cassandra_read_make(read, STATEMENT_LINKS_OF_USER_GET, values, 1, scratch);
    read->row = take_link;
    read->context = sight;
    return status;
}

// processed: there is an epoch; else nobody was ever observed.
static enum status make_reads(const struct cassandra_store *store,
                              struct cassandra_read reads[READS], size_t *count, struct str project,
                              struct str id, bool processed, int64_t epoch, struct sight *sight,
                              struct arena *scratch) {
    *count = 0;
    enum status status = make_profile_read(&reads[(*count)++], project, id, sight, scratch);
    if (status == STATUS_OK && processed) {
        status = make_link_read(&reads[(*count)++], project, id, epoch, sight, scratch);
    }
    if (status == STATUS_OK && processed) {
        const struct store_actor own = {STORE_ACTOR_USER, id};
        status = cassandra_state_read(store, &reads[(*count)++], project, own, epoch, &sight->state,
                                      &sight->seen, sight->arena, scratch);
    }
    return status;
}

static enum status look(struct cassandra_store *store, struct str project, struct str id,
                        struct sight *sight) {
    struct cassandra_read reads[READS];
    size_t count = 0;
    int64_t epoch = 0;
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    enum status status = cassandra_epoch(store, &epoch);
    bool processed = status == STATUS_OK;
    status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (status == STATUS_OK) {
        status = make_reads(store, reads, &count, project, id, processed, epoch, sight, &scratch);
    }
    if (status == STATUS_OK) {
        status = cassandra_read_many(store, reads, count);
    }
    arena_free(&scratch);
    return status;
}

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

// What was found, in its place. NOT_FOUND: nothing.
static enum status conclude(const struct sight *sight) {
    struct store_user *user = sight->user;
    user->states[0] = sight->state;
    user->found[0] = sight->seen;
    bool anything = user->has_profile;
    for (size_t i = 0; i < user->actor_count; i++) {
        anything = anything || user->found[i];
    }
    return anything ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status cassandra_user_get(struct store *base, struct str project, struct str id,
                               enum store_reach reach, struct arena *arena,
                               struct store_user *out) {
    *out = (struct store_user){0};
    if (reach == STORE_REACH_MEMORY) {
        return STATUS_UNAVAILABLE; // nothing is in memory
    }
    struct sight sight = {.user = out, .arena = arena};
    struct str *links = NULL;
    size_t link_count = 0;
    enum status status = look(cassandra_of(base), project, id, &sight);
    if (status == STATUS_OK && sight.linked) {
        status = cassandra_links_of(base, project, id, arena, &links, &link_count);
    }
    if (status == STATUS_OK) {
        status = list_actors(id, links, link_count, arena, out);
    }
    if (status == STATUS_OK && link_count > 0) {
        status = cassandra_states_get(cassandra_of(base), project, out->actors + 1, link_count,
                                      arena, out->states + 1, out->found + 1);
    }
    return status == STATUS_OK ? conclude(&sight) : status;
}

// --- Without waiting ----------------------------------------------------------------------------------------------------

struct glance {
    struct store_user_question *question;
    struct sight sight;
    struct cassandra_read reads[READS];
};

static void glanced(enum status status, void *context) {
    struct glance *glance = context;
    struct store_user_question *question = glance->question;
    if (status == STATUS_OK && glance->sight.linked) {
        status = STATUS_UNSUPPORTED; // the linked ids need more reads, one after the other
    }
    if (status == STATUS_OK) {
        status = list_actors(question->id, NULL, 0, question->arena, &question->user);
    }
    question->status = status == STATUS_OK ? conclude(&glance->sight) : status;
    question->done(question);
}

enum status cassandra_user_ask(struct store *base, struct store_user_question *question) {
    struct cassandra_store *store = cassandra_of(base);
    int64_t epoch = 0;
    size_t count = 0;
    if (!cassandra_epoch_known(store, &epoch)) {
        return STATUS_UNSUPPORTED;
    }
    struct glance *glance = arena_alloc_zero(question->arena, sizeof *glance);
    if (glance == NULL) {
        return STATUS_NO_MEMORY;
    }
    question->user = (struct store_user){0};
    glance->question = question;
    glance->sight = (struct sight){.user = &question->user, .arena = question->arena};
    enum status status = make_reads(store, glance->reads, &count, question->project, question->id,
                                    true, epoch, &glance->sight, question->arena);
    return status == STATUS_OK
               ? cassandra_reads_send(store, glance->reads, count, question->arena, glanced, glance)
               : status;
}
