// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files about erasures share.
#ifndef FOOTFALL_USERS_ERASURES_H
#define FOOTFALL_USERS_ERASURES_H

#include "event/person.h"
#include "store/erasure.h"
#include "users/private.h"

#define USERS_PERSON_SECRET STR("person") // as the processor names it

// The project of a request with no other parameter. False: a problem was sent.
bool users_ask_project(struct users *users, struct http_exchange *exchange, struct str *project);
// What stands for the person in receipts and lists. False: a problem was sent.
bool users_ask_person(struct users *users, struct http_exchange *exchange, struct str project,
                      char kind, struct str id, char person[PERSON_HASH_LEN + 1]);
// The receipt, with what its parts have done so far.
void users_erasure_write(struct json_writer *w, const struct store_erasure *erasure,
                         const struct store_erasure_part *parts, size_t count);

#endif
