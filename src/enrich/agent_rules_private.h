// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The inside of compiled rules; for agent_rules*.c only.
#ifndef FOOTFALL_ENRICH_AGENT_RULES_PRIVATE_H
#define FOOTFALL_ENRICH_AGENT_RULES_PRIVATE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "enrich/agent_rules.h"
#include "enrich/rule_filter.h"
#include "enrich/url.h"

#define AGENT_SUBJECTS 3

struct agent_rule {
    struct agent_rule *next; // while they are read
    pcre2_code *code;
    struct rule_filter filter;
    struct str regex;
    bool ignores_case;
    struct str family, major, minor; // replacements; data NULL: the groups in order
};
struct agent_rule_list {
    struct agent_rule **rules;
    size_t count;
    struct agent_rule *first, **end; // while they are read
};
struct agent_rules {
    struct arena arena;
    char version[17];
    struct agent_rule_list lists[AGENT_SUBJECTS];
};

#endif
