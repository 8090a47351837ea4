// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a plain scalar of YAML 1.1 stands for: null, a boolean, a number, or a text.
//
// As SnakeYAML reads it, which is what Spring does: 0x1F, 017, 0b101, 190:20:30 and 1_000 are integers, dates are texts.
#ifndef FOOTFALL_CONFIG_SCALAR_H
#define FOOTFALL_CONFIG_SCALAR_H

#include "config/map.h"

// *value: kind and text; null is the empty text, with *is_null. Numbers of more than 64 bits in hexadecimal, octal, binary or with colons
// stay texts. NO_MEMORY.
MUST_CHECK enum status config_scalar_resolve(struct arena *arena, struct str text,
                                             struct config_value *value, bool *is_null);
// A double as Java writes it: 1000.0, 1.5E10, Infinity. Into out, NUL-terminated; its length.
#define CONFIG_DOUBLE_MAX 40
size_t config_scalar_write_double(double number, char out[CONFIG_DOUBLE_MAX]);

#endif
