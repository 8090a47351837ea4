// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks what callers of store/erasure.h pass and hands it to the engine.
#include "store/erasure.h"

#include "store/engine.h"

#define ID_MAX 512
#define PERSON_MAX 64
#define PARTS_MAX UINT16_MAX

static bool is_text(struct str text, size_t least, size_t most) {
    return text.len >= least && text.len <= most &&
           (text.len == 0 || (text.data != NULL && memchr(text.data, 0, text.len) == NULL));
}

static bool is_id(struct str text) {
    return is_text(text, 1, ID_MAX);
}

static bool is_person(struct str person) {
    return is_text(person, 1, PERSON_MAX);
}

static bool is_actor(struct store_actor actor) {
    return (actor.kind == STORE_ACTOR_USER || actor.kind == STORE_ACTOR_ANONYMOUS) &&
           is_id(actor.id);
}

enum status store_erasure_put(struct store *store, const struct store_erasure *erasure) {
    bool valid = is_id(erasure->id) && is_id(erasure->project) && is_person(erasure->person) &&
                 erasure->parts <= PARTS_MAX;
    return valid ? store->engine->erasure_put(store, erasure) : STATUS_INVALID;
}

enum status store_erasures(struct store *store, struct arena *arena, struct store_erasure **out,
                           size_t *count) {
    *out = NULL;
    *count = 0;
    return store->engine->erasures(store, arena, out, count);
}

enum status store_erasure_parts(struct store *store, struct str id, struct arena *arena,
                                struct store_erasure_part **out, size_t *count) {
    *out = NULL;
    *count = 0;
    return is_id(id) ? store->engine->erasure_parts(store, id, arena, out, count) : STATUS_INVALID;
}

// As of store_batch_*: the first failure sticks.
static enum status stick(struct store_batch *batch, enum status status) {
    if (batch->failed == STATUS_OK) {
        batch->failed = status;
    }
    return status;
}

enum status store_batch_erase(struct store_batch *batch, struct str project,
                              struct store_actor actor, unsigned limit,
                              struct store_erased *removed, bool *more) {
    *more = false;
    if (batch->failed != STATUS_OK) {
        return batch->failed;
    }
    bool valid = is_id(project) && is_actor(actor) && limit > 0;
    return stick(batch, valid ? batch->store->engine->batch_erase(batch, project, actor, limit,
                                                                  removed, more)
                              : STATUS_INVALID);
}

enum status store_batch_unlink(struct store_batch *batch, struct str project,
                               struct str anonymous_id, struct str user_id,
                               struct store_erased *removed) {
    if (batch->failed != STATUS_OK) {
        return batch->failed;
    }
    bool valid = is_id(project) && is_id(anonymous_id) && is_id(user_id);
    return stick(batch, valid ? batch->store->engine->batch_unlink(batch, project, anonymous_id,
                                                                   user_id, removed)
                              : STATUS_INVALID);
}

enum status store_batch_letters_remove(struct store_batch *batch, struct str project,
                                       struct str needle, struct store_erased *removed) {
    if (batch->failed != STATUS_OK) {
        return batch->failed;
    }
    bool valid = is_id(project) && needle.len > 0;
    return stick(batch,
                 valid ? batch->store->engine->batch_letters_remove(batch, project, needle, removed)
                       : STATUS_INVALID);
}

void store_batch_erasure_part(struct store_batch *batch, struct str id,
                              const struct store_erasure_part *part) {
    if (batch->failed == STATUS_OK) {
        batch->failed = is_id(id) && part->part <= PARTS_MAX
                            ? batch->store->engine->batch_erasure_part(batch, id, part)
                            : STATUS_INVALID;
    }
}

void store_batch_refuse(struct store_batch *batch, struct str project, struct str person,
                        bool refused, int64_t since_ms) {
    if (batch->failed == STATUS_OK) {
        batch->failed =
            is_id(project) && is_person(person)
                ? batch->store->engine->batch_refuse(batch, project, person, refused, since_ms)
                : STATUS_INVALID;
    }
}

enum status store_refusals(struct store *store, struct arena *arena, struct store_refusal **out,
                           size_t *count) {
    *out = NULL;
    *count = 0;
    return store->engine->refusals(store, arena, out, count);
}

enum status store_link_users(struct store *store, struct str project, struct str anonymous_id,
                             struct arena *arena, struct str **out, size_t *count) {
    *out = NULL;
    *count = 0;
    return is_id(project) && is_id(anonymous_id)
               ? store->engine->link_users(store, project, anonymous_id, arena, out, count)
               : STATUS_INVALID;
}

enum status store_hold_put(struct store *store, const struct store_hold *hold) {
    bool valid = is_id(hold->project) && is_person(hold->person) && is_text(hold->name, 0, ID_MAX);
    return valid ? store->engine->hold_put(store, hold) : STATUS_INVALID;
}

enum status store_hold_delete(struct store *store, struct str project, struct str person) {
    return is_id(project) && is_person(person) ? store->engine->hold_delete(store, project, person)
                                               : STATUS_INVALID;
}

enum status store_holds(struct store *store, struct arena *arena, struct store_hold **out,
                        size_t *count) {
    *out = NULL;
    *count = 0;
    return store->engine->holds(store, arena, out, count);
}

enum status store_report_revisions(struct store *store, struct str project, int32_t day,
                                   struct arena *arena, struct store_report **out, size_t *count) {
    *out = NULL;
    *count = 0;
    return is_id(project) ? store->engine->report_revisions(store, project, day, arena, out, count)
                          : STATUS_INVALID;
}

enum status store_report_rewrite(struct store *store, struct str project,
                                 const struct store_report *report) {
    return is_id(project) ? store->engine->report_rewrite(store, project, report) : STATUS_INVALID;
}

enum status store_secret(struct store *store, struct str name, uint8_t secret[STORE_SECRET_BYTES]) {
    return is_id(name) ? store->engine->secret(store, name, secret) : STATUS_INVALID;
}
