// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Keys of the embedded stores: how each table's rows are named and ordered.
//
//   table (1 byte) [generation (be16) of derived tables] parts...
//
// A text in the middle ends with NUL, which no text contains, so that no two keys can be confused and order stays bytewise.
// Integers are big-endian with the sign bit flipped; "desc" parts are complemented, so that ascending order is newest first.
// The generation lets a replay fill a new set of derived rows beside the old; the meta row "generation" says which one is read.
//
//   META            name
//   PROFILE         project id
//   EMAIL           project email                                -> id
//   VERSION_FLOOR   project                                      -> highest version of a deleted profile
//   PROJECT, API_KEY, ACCOUNT                                       id
//   REPORT          project day desc(revision)
//   AUDIT           desc(time) id
//   USAGE           day project counter                          -> events
//   SIGNING_KEY     number
//   FAMILY          id
//   REVOCATION      end id
//   ERASURE         id                                           of a receipt
//   ERASURE_PART    id part                                      -> what was removed; not derived, but written with batches
//   HOLD            project person
//   SECRET          name
//   REFUSAL         gen partition project person                 -> since when
//   DELIVERY        name due                                      -> what became of it
//   LETTER_MARK     partition offset                             -> outcome, time, where its record went
//   EPOCH           gen                                          -> eventlog_epoch() of what filled it
//   OFFSET          gen partition
//   SEEN            gen partition chunk
//   DEAD_LETTER     gen project desc(received) partition desc(offset)
//   LINK            gen project anonymous user                   -> earliest link time
//   LINK_BY_USER    gen project user anonymous                   -> nothing; before them one without anonymous, to be looked up
//   TOTAL           gen project day partition metric value
//   STATE           gen project kind actor                          (KV_ACTORS, with the next two)
//   DAY             gen project kind actor day
//   SESSION         gen project kind actor start
//   TIMELINE        gen project kind actor desc(time) event id      (KV_TIMELINE)
#ifndef FOOTFALL_STORE_KV_KEYS_H
#define FOOTFALL_STORE_KV_KEYS_H

#include "base/check.h"
#include "store/store.h"

enum keys_table {
    KEYS_META = 1,
    KEYS_PROFILE = 2,
    KEYS_EMAIL = 3,
    KEYS_VERSION_FLOOR = 4,
    KEYS_PROJECT = 5,
    KEYS_API_KEY = 6,
    KEYS_ACCOUNT = 7,
    KEYS_REPORT = 8,
    KEYS_AUDIT = 9,
    KEYS_USAGE = 10,
    KEYS_SIGNING_KEY = 11,
    KEYS_FAMILY = 12,
    KEYS_REVOCATION = 13,
    KEYS_DELIVERY = 14,
    KEYS_LETTER_MARK = 15,
    KEYS_EPOCH = 16, // derived tables from here on
    KEYS_OFFSET = 17,
    KEYS_SEEN = 18,
    KEYS_DEAD_LETTER = 19,
    KEYS_LINK = 20,
    KEYS_LINK_BY_USER = 21,
    KEYS_TOTAL = 22,
    KEYS_STATE = 32,
    KEYS_DAY = 33,
    KEYS_SESSION = 34,
    KEYS_TIMELINE = 48,
    KEYS_ERASURE = 100,
    KEYS_ERASURE_PART = 101,
    KEYS_HOLD = 102,
    KEYS_SECRET = 103,
    KEYS_REFUSAL = 104, // derived
};

#define KEYS_TEXT_MAX 512   // what store.c lets through in the middle of a key
#define KEYS_VALUE_MAX 1024 // the value of a total, at the end of a key
#define KEYS_MAX 2560

// A key being built, on the stack.
struct keys_key {
    size_t len;
    char data[KEYS_MAX];
};

static inline struct str keys_str(const struct keys_key *key) {
    return str_make(key->data, key->len);
}

void keys_begin(struct keys_key *key, enum keys_table table);
void keys_begin_derived(struct keys_key *key, enum keys_table table, uint16_t generation);
void keys_text(struct keys_key *key, struct str text); // ends with NUL
void keys_tail(struct keys_key *key, struct str text); // at the end of a key: nothing behind it
// An event's id at the end of a key, greatest first; UUIDs of 36 lower-case characters take 17 bytes and stand before all others.
void keys_event_id(struct keys_key *key, struct str id);
// As keys_event_id orders them: negative when a stands before b.
int keys_compare_event_ids(struct str a, struct str b);
void keys_u8(struct keys_key *key, uint8_t value);
void keys_u16(struct keys_key *key, uint16_t value);
void keys_i32(struct keys_key *key, int32_t value);
void keys_u32_desc(struct keys_key *key, uint32_t value);
void keys_i64(struct keys_key *key, int64_t value);
void keys_i64_desc(struct keys_key *key, int64_t value);
void keys_actor(struct keys_key *key, enum keys_table table, uint16_t generation,
                struct str project, struct store_actor actor);

// Makes of a prefix the least key above all keys that begin with it. A prefix of nothing but 0xFF does not occur.
void keys_end_of_prefix(struct keys_key *key);

// Readers move *in over one part; false when it is not there.
bool keys_read_text(struct str *in, struct str *text); // points into *in
bool keys_read_event_id(struct str *in, struct arena *arena, struct str *id, enum status *status);
bool keys_read_u16(struct str *in, uint16_t *value);
bool keys_read_u8(struct str *in, uint8_t *value);
bool keys_read_i32(struct str *in, int32_t *value);
bool keys_read_u32_desc(struct str *in, uint32_t *value);
bool keys_read_i64(struct str *in, int64_t *value);
bool keys_read_i64_desc(struct str *in, int64_t *value);

// Length of the part of a timeline key that names its actor; of another key, the whole length.
size_t keys_timeline_prefix(struct str key);
// The timestamp of a timeline key; false when it is no such key.
bool keys_timeline_time(struct str key, int64_t *timestamp_ms);

#endif
