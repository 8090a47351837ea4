// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The regular expressions of uap-core (regexes.yaml), compiled: User-Agent -> browser, operating system, brand of the device.
//
// Made once, never changed, shared by all threads; each has a matcher of its own. What a text gives depends on the file alone, whose hash
// is its version. A hostile text costs a bounded number of steps (bytes looked at, expressions tried, steps of one): what goes beyond counts
// as no match, by count and never by clock.
#ifndef FOOTFALL_ENRICH_AGENT_RULES_H
#define FOOTFALL_ENRICH_AGENT_RULES_H

#include "base/error.h"
#include "base/str.h"

#define AGENT_RULES_FILE "/usr/share/uap-core/regexes.yaml" // of Debian's uap-core
#define AGENT_RULES_TEXT_MAX 512                            // bytes of a text that are looked at

struct agent_rules;
// path: regexes.yaml. NOT_FOUND, IO, INVALID (err names line and what), NO_MEMORY. Takes some tens of milliseconds.
MUST_CHECK enum status agent_rules_load(const char *path, bool brands, struct agent_rules **out,
                                        struct error *err);
void agent_rules_free(struct agent_rules *rules); // NULL is fine
// 16 hex digits.
const char *agent_rules_version(const struct agent_rules *rules);
size_t agent_rules_count(const struct agent_rules *rules);

// One thread's. NO_MEMORY.
struct agent_matcher;
MUST_CHECK enum status agent_matcher_make(struct agent_matcher **out);
void agent_matcher_free(struct agent_matcher *matcher); // NULL is fine
// Expressions tried since it was made, for tests and benchmarks.
uint64_t agent_matcher_tries(const struct agent_matcher *matcher);

#define AGENT_PART_MAX 64
struct agent_part {
    char family[AGENT_PART_MAX]; // as in the file; empty: no rule matched
    char major[16], minor[16];   // empty: not known
};
enum agent_subject { AGENT_BROWSER, AGENT_SYSTEM, AGENT_BRAND };
// What the first rule that matches says.
void agent_rules_match(const struct agent_rules *rules, struct agent_matcher *matcher,
                       enum agent_subject subject, struct str text, struct agent_part *out);
// The text's parts are kept in the matcher for all subjects: call this first.
void agent_matcher_read(struct agent_matcher *matcher, struct str text);

#endif
