// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Tells cheaply that a regular expression cannot match a text: by three-letter parts which each of its matches must have.
//
// From the expression it reads which literals a match contains (one of a few alternatives), and keeps some three-letter parts of them, in
// lower case and hashed. A text's parts are one bit set. A rule whose bits are not all there need not be tried; one whose are may still
// not match. What it cannot read out of an expression it does not demand.
#ifndef FOOTFALL_ENRICH_RULE_FILTER_H
#define FOOTFALL_ENRICH_RULE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define RULE_FILTER_BITS 4096
#define RULE_FILTER_ANY 8   // alternatives
#define RULE_FILTER_PARTS 3 // of an alternative

struct rule_filter {
    uint8_t count; // alternatives; 0: anything may match
    struct {
        uint8_t count;
        uint16_t parts[RULE_FILTER_PARTS];
    } any[RULE_FILTER_ANY];
};
struct rule_filter_text {
    uint64_t bits[RULE_FILTER_BITS / 64];
};

void rule_filter_make(struct str regex, struct rule_filter *out);
void rule_filter_read(struct str text, struct rule_filter_text *out);
bool rule_filter_may_match(const struct rule_filter *filter, const struct rule_filter_text *text);

#endif
