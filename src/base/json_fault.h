// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Words for what is wrong with a JSON text. For json_read.c only.
#ifndef FOOTFALL_BASE_JSON_FAULT_H
#define FOOTFALL_BASE_JSON_FAULT_H

#include "base/error.h"
#include "base/json_index.h"
#include "base/str.h"

// `<what> at byte <offset>, after key "<key>"`; without the key when key.data is NULL. Returns status.
__attribute__((cold)) enum status json_fault(struct error *err, enum status status,
                                             const char *what, size_t offset, struct str key);
// For what the index refuses: finds the place, which the index does not tell.
__attribute__((cold)) enum status json_fault_index(struct error *err, struct str input,
                                                   enum json_index_result result);

#endif
