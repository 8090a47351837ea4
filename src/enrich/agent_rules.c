// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Matching: the filter leaves a handful of expressions, which PCRE2 tries in the file's order.
#include "enrich/agent_rules_private.h"

#include <stdio.h>
#include <stdlib.h>

// Backtracking steps of one expression, counted as PCRE2 does. Ordinary texts need a few hundred.
#define STEPS_MAX 20000
// Expressions tried for one text. Ordinary ones need ten; of brands, whose expressions have few literals, all may have to be tried.
static const unsigned tries_max[AGENT_SUBJECTS] = {96, 96, 1000};
#define STACK_FIRST (32 * 1024)
#define STACK_MAX (256 * 1024)
#define GROUPS_MAX 10

struct agent_matcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    struct rule_filter_text text;
    uint64_t tries;
};

void agent_matcher_free(struct agent_matcher *matcher) {
    if (matcher) {
        pcre2_match_data_free(matcher->data);
        pcre2_match_context_free(matcher->context);
        pcre2_jit_stack_free(matcher->stack);
        free(matcher);
    }
}

enum status agent_matcher_make(struct agent_matcher **out) {
    struct agent_matcher *matcher = calloc(1, sizeof *matcher);
    if (!matcher) {
        return STATUS_NO_MEMORY;
    }
    matcher->data = pcre2_match_data_create(GROUPS_MAX + 1, NULL);
    matcher->context = pcre2_match_context_create(NULL);
    // Without executable memory (systemd's MemoryDenyWriteExecute) there is no stack, and the interpreter runs.
    matcher->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_MAX, NULL);
    if (!matcher->data || !matcher->context) {
        agent_matcher_free(matcher);
        return STATUS_NO_MEMORY;
    }
    (void)pcre2_set_match_limit(matcher->context, STEPS_MAX);
    (void)pcre2_set_depth_limit(matcher->context, STEPS_MAX);
    (void)pcre2_set_heap_limit(matcher->context, 1024); // KiB, of the interpreter
    if (matcher->stack) {
        pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
    }
    *out = matcher;
    return STATUS_OK;
}

uint64_t agent_matcher_tries(const struct agent_matcher *matcher) {
    return matcher->tries;
}

static struct str bounded(struct str text) {
    return str_make(text.data, text.len < AGENT_RULES_TEXT_MAX ? text.len : AGENT_RULES_TEXT_MAX);
}

void agent_matcher_read(struct agent_matcher *matcher, struct str text) {
    rule_filter_read(bounded(text), &matcher->text);
}

// --- Replacements -------------------------------------------------------------------------------------------------------

struct match {
    struct str text;
    const PCRE2_SIZE *ends;
    unsigned groups;
};

static struct str group_of(const struct match *match, unsigned group) {
    if (group >= match->groups || match->ends[2 * group] == PCRE2_UNSET ||
        match->ends[2 * group + 1] < match->ends[2 * group]) {
        return STR_EMPTY;
    }
    return str_make(match->text.data + match->ends[2 * group],
                    match->ends[2 * group + 1] - match->ends[2 * group]);
}

// As much of it as fits, cut at a character.
static void append(struct buffer *out, struct str text) {
    size_t room = out->max - out->len;
    if (text.len > room) {
        text.len = room;
        while (text.len > 0 && ((unsigned char)text.data[text.len] & 0xc0) == 0x80) {
            text.len--;
        }
    }
    buffer_append_str(out, text);
}

// replacement with its $1..$9, else the group; NUL-terminated and trimmed.
static void fill(const struct match *match, struct str replacement, unsigned group, char *out,
                 size_t size) {
    char made[AGENT_PART_MAX + 1];
    struct buffer buffer;
    buffer_init_fixed(&buffer, made, size - 1);
    if (!replacement.data) {
        append(&buffer, group_of(match, group));
    }
    for (size_t i = 0; replacement.data && i < replacement.len; i++) {
        char digit = i + 1 < replacement.len ? replacement.data[i + 1] : '\0';
        if (replacement.data[i] == '$' && digit >= '1' && digit <= '9') {
            append(&buffer, group_of(match, (unsigned)(digit - '0')));
            i++;
        } else {
            append(&buffer, str_make(replacement.data + i, 1));
        }
    }
    struct str text = str_trim(buffer_str(&buffer));
    bool fine = str_is_utf8(text) && !(text.len > 0 && memchr(text.data, '\0', text.len));
    (void)snprintf(out, size, "%.*s", fine ? (int)text.len : 0, text.len > 0 ? text.data : "");
}

// --- Matching -----------------------------------------------------------------------------------------------------------

void agent_rules_match(const struct agent_rules *rules, struct agent_matcher *matcher,
                       enum agent_subject subject, struct str text, struct agent_part *out) {
    const struct agent_rule_list *list = &rules->lists[subject];
    unsigned tries = 0;
    memset(out, 0, sizeof *out);
    text = bounded(text);
    for (size_t i = 0; text.len > 0 && i < list->count && tries < tries_max[subject]; i++) {
        const struct agent_rule *rule = list->rules[i];
        if (!rule_filter_may_match(&rule->filter, &matcher->text)) {
            continue;
        }
        tries++;
        matcher->tries++;
        int count = pcre2_match(rule->code, (PCRE2_SPTR)text.data, text.len, 0, 0, matcher->data,
                                matcher->context);
        if (count < 0) {
            continue; // no match, or a limit
        }
        unsigned groups = count == 0 ? GROUPS_MAX + 1 : (unsigned)count;
        struct match match = {text, pcre2_get_ovector_pointer(matcher->data), groups};
        unsigned first = subject == AGENT_BRAND ? GROUPS_MAX + 1 : 1; // brands have no default
        fill(&match, rule->family, first, out->family, sizeof out->family);
        fill(&match, rule->major, first + 1, out->major, sizeof out->major);
        fill(&match, rule->minor, first + 2, out->minor, sizeof out->minor);
        return;
    }
}
