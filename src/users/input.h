// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Judging a profile that somebody sends: every member's type, length and form, all faults at once.
#ifndef FOOTFALL_USERS_INPUT_H
#define FOOTFALL_USERS_INPUT_H

#include "base/json_read.h"
#include "http/exchange.h"
#include "http/problem.h"

#define USERS_ID_MAX 256    // bytes; as EVENT_ACTOR_MAX, so that every actor can have a profile
#define USERS_EMAIL_MAX 254 // bytes; RFC 5321 section 4.5.3.1.3 less the angle brackets
#define USERS_EMAIL_LOCAL_MAX 64
#define USERS_NAME_MAX 200 // bytes
#define USERS_TRAITS_MAX (32 * 1024)
#define USERS_TRAITS_DEPTH 16
#define USERS_BODY_MAX (64 * 1024)
#define USERS_FAULTS_MAX 16

struct users_input {
    struct str id;    // data NULL when absent or null
    struct str email; // lower-cased
    struct str name;
    struct str traits; // raw object
    struct http_problem_error faults[USERS_FAULTS_MAX];
    size_t fault_count;
};

// 1..USERS_ID_MAX bytes of UTF-8 without control characters.
bool users_id_is_valid(struct str id);
// One '@', a local part, a host name; no white space or control characters. Lower-cases (ASCII) into arena.
bool users_email_normalise(struct arena *arena, struct str text, struct str *out);
// Takes the object apart and fills in faults. False: no memory.
bool users_input_read(struct arena *arena, const struct json_value *root, struct users_input *out);

// Parses the request's body; it is an object. False: a problem was sent.
bool users_body_parse(struct http_exchange *exchange, const struct json_value **root);
// Sends the 400 that lists the faults, when there are some. False: it was sent.
bool users_input_accept(struct http_exchange *exchange, const struct users_input *input);

#endif
