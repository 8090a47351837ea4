// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading the flags of client commands: --name VALUE, --name=VALUE, --switch.
#ifndef FOOTFALL_BASE_WORDS_H
#define FOOTFALL_BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct command_word {
    const char *name;  // without dashes
    const char *value; // set when given; "true" for a switch; comes in as the default, may be NULL
    bool is_switch;
};
// All words must be flags of the table: INVALID names the one that is not, or lacks its value.
MUST_CHECK enum status command_words_read(int argc, char *const *argv, struct command_word *words,
                                          size_t count, struct error *err);
// Overwrites the value of --name in argv, which the list of processes shows. What points to it must have been copied.
void command_words_wipe(int argc, char *const *argv, const char *name);

#endif
