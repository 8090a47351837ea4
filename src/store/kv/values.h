// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Stored values of the embedded stores: varints and strings, each struct of store.h one way there and back.
//
// Encoders append to a buffer, whose status tells whether all went well. Decoders are strict: false unless the bytes are exactly one
// value, and never more memory than the bytes account for. Decoded strings point into the input. What the key says (ids,
// times, days) is not in the value: the caller fills it in before decoding where a comment says so.
#ifndef FOOTFALL_STORE_KV_VALUES_H
#define FOOTFALL_STORE_KV_VALUES_H

#include "base/arena.h"
#include "base/buffer.h"
#include "store/store.h"
#include "store/tokens.h"

void values_put_profile(struct buffer *out, const struct store_profile *profile);
bool values_get_profile(struct str in, struct store_profile *profile); // all but id

// An anonymous actor's own id is not written again.
void values_put_timeline(struct buffer *out, struct store_actor actor,
                         const struct store_timeline_row *row);
bool values_get_timeline(
    struct str in, struct store_actor actor,
    struct store_timeline_row *row); // timestamp_ms is set already; all but event_id

void values_put_state(struct buffer *out, const struct store_actor_state *state);
bool values_get_state(struct str in, struct store_actor_state *state);

void values_put_day(struct buffer *out, const struct store_actor_day *day);
// day->day is set already. Names are allocated in the arena; *status tells CORRUPT from NO_MEMORY.
bool values_get_day(struct str in, struct arena *arena, struct store_actor_day *day,
                    enum status *status);

void values_put_session(struct buffer *out, const struct store_session *session);
bool values_get_session(struct str in, struct store_session *session); // start_ms is set already

void values_put_dead_letter(struct buffer *out, const struct store_dead_letter *letter);
bool values_get_dead_letter(struct str in, struct store_dead_letter *letter);

void values_put_project(struct buffer *out, const struct store_project *project);
bool values_get_project(struct str in, struct store_project *project);
void values_put_key(struct buffer *out, const struct store_key *key);
bool values_get_key(struct str in, struct store_key *key);
void values_put_account(struct buffer *out, const struct store_account *account);
bool values_get_account(struct str in, struct store_account *account);
void values_put_signing_key(struct buffer *out, const struct store_signing_key *key);
bool values_get_signing_key(struct str in, struct store_signing_key *key);
void values_put_family(struct buffer *out, const struct store_family *family);
bool values_get_family(struct str in, struct store_family *family);
void values_put_revocation(struct buffer *out, const struct store_revocation *revocation);
bool values_get_revocation(struct str in, struct store_revocation *revocation);
void values_put_report(struct buffer *out, const struct store_report *report);
bool values_get_report(struct str in, struct store_report *report);

// A number alone.
void values_put_number(struct buffer *out, int64_t number);
bool values_get_number(struct str in, int64_t *number);

// last_ms, then hashes of 8 bytes, little-endian.
void values_put_seen(struct buffer *out, int64_t last_ms, const uint64_t *hashes, size_t count);
bool values_get_seen(struct str in, struct arena *arena, int64_t *last_ms, const uint64_t **hashes,
                     size_t *count, enum status *status);

#endif
