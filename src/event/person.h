// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What stands for a person where their id must not be: a keyed hash of project, kind and id.
//
// The key is drawn once for an installation and kept in its store (store_secret). Who has the store can try ids one by one; who has a
// receipt or a list alone cannot.
#ifndef FOOTFALL_EVENT_PERSON_H
#define FOOTFALL_EVENT_PERSON_H

#include <stdint.h>

#include "base/str.h"

#define PERSON_KEY_BYTES 32
#define PERSON_HASH_LEN 32 // hex characters, of 16 bytes

// kind: 'u' or 'a'. out gets a NUL too.
void person_hash(const uint8_t key[PERSON_KEY_BYTES], struct str project, char kind, struct str id,
                 char out[PERSON_HASH_LEN + 1]);

#endif
