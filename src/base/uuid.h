// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// UUIDs (RFC 9562): making version 7, and the text form that nearly every sender writes as the 16 bytes it stands for.
#ifndef FOOTFALL_BASE_UUID_H
#define FOOTFALL_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"

#define UUID_BYTES 16
#define UUID_TEXT_LEN 36 // "01a20750-df9f-77ca-b942-77c4dc846679"

// Version 7, lower case, and a NUL.
void uuid_v7(int64_t wall_ms, struct random_source *source, char out[UUID_TEXT_LEN + 1]);
// text has UUID_TEXT_LEN bytes. False, with bytes spoilt, unless it is of the 8-4-4-4-12 form in lower-case digits: only
// that form comes back byte for byte. Texts and bytes are ordered alike.
bool uuid_read(const char *text, uint8_t bytes[UUID_BYTES]);
void uuid_write(const uint8_t bytes[UUID_BYTES], char text[UUID_TEXT_LEN]); // no NUL

#endif
