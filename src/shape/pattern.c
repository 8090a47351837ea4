// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Regular expressions, by PCRE2: compiled once, and stopped after so many steps, so that no value can hold a thread up.
//
// PCRE2 counts backtracking anew from every position at which a match might begin. So the length of what it looks at is bounded as well, and
// the two together bound the work. Where memory must not be both writable and executable there is no JIT, and it is
// interpreted.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "shape/private.h"

#define PATTERN_MAX 1024            // bytes of a pattern
#define STEPS_MAX (5 * 1000 * 1000) // over all positions of a value
#define STEPS_LEAST 2500            // from one position
#define HEAP_KIB 8192               // of the interpreter
#define JIT_STACK_FIRST ((size_t)32 * 1024)
#define JIT_STACK_MOST ((size_t)256 * 1024)

struct shape_pattern {
    struct shape_pattern *next;
    pcre2_code *code;
};

struct shape_matcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

enum status shape_matcher_make(struct shape_matcher **out) {
    struct shape_matcher *matcher = calloc(1, sizeof *matcher);
    if (!matcher) {
        return STATUS_NO_MEMORY;
    }
    matcher->data = pcre2_match_data_create(1, NULL);
    matcher->context = pcre2_match_context_create(NULL);
    matcher->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    if (!matcher->data || !matcher->context) {
        shape_matcher_free(matcher);
        return STATUS_NO_MEMORY;
    }
    (void)pcre2_set_heap_limit(matcher->context, HEAP_KIB);
    pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
    *out = matcher;
    return STATUS_OK;
}

void shape_matcher_free(struct shape_matcher *matcher) {
    if (matcher) {
        pcre2_match_data_free(matcher->data);
        pcre2_match_context_free(matcher->context);
        pcre2_jit_stack_free(matcher->stack);
        free(matcher);
    }
}

static enum status refuse_pattern(struct shape_reader *reader, const struct settings_node *node,
                                  int error, size_t at) {
    PCRE2_UCHAR text[160];
    if (error == PCRE2_ERROR_NOMEMORY) {
        return shape_no_memory(reader);
    }
    (void)pcre2_get_error_message(error, text, sizeof text);
    return shape_refuse(reader, node, "\"%.*s\" is no regular expression: %s at byte %zu",
                        STR_ARG(node->text), (const char *)text, at);
}

enum status shape_pattern_read(struct shape_reader *reader, const struct settings_node *node,
                               bool ignore_case, struct shape_pattern **out) {
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    int error = 0;
    size_t at = 0;
    if (node->kind != SETTINGS_NODE_VALUE || node->text.len == 0) {
        return shape_refuse(reader, node, "takes a regular expression");
    }
    if (node->text.len > PATTERN_MAX) {
        return shape_refuse(reader, node, "a regular expression has at most %d bytes", PATTERN_MAX);
    }
    struct shape_pattern *pattern = arena_alloc_zero(&reader->rules->arena, sizeof *pattern);
    if (!pattern) {
        return shape_no_memory(reader);
    }
    pattern->code = pcre2_compile((PCRE2_SPTR)node->text.data, node->text.len,
                                  options | (ignore_case ? PCRE2_CASELESS : 0), &error, &at, NULL);
    if (!pattern->code) {
        return refuse_pattern(reader, node, error, at);
    }
    // Refused where the system allows no code to be made; then it is interpreted.
    (void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
    pattern->next = reader->rules->patterns;
    reader->rules->patterns = pattern;
    *out = pattern;
    return STATUS_OK;
}

void shape_patterns_free(struct shape_pattern *first) {
    for (; first; first = first->next) {
        pcre2_code_free(first->code);
    }
}

// Not in the middle of a character.
static struct str looked_at(struct str text) {
    if (text.len > SHAPE_PATTERN_BYTES) {
        text.len = SHAPE_PATTERN_BYTES;
        while (text.len > 0 && ((unsigned char)text.data[text.len] & 0xc0) == 0x80) {
            text.len--;
        }
    }
    return text;
}

enum shape_answer shape_pattern_find(struct shape_event *at, const struct shape_pattern *pattern,
                                     struct str text, size_t from, size_t *begin, size_t *end) {
    struct shape_matcher *matcher = at->worker->matcher;
    struct str part = looked_at(text);
    size_t steps = STEPS_MAX / (part.len + 1);
    // The value's end is not where we stop looking.
    uint32_t options = PCRE2_NO_UTF_CHECK | (part.len < text.len ? PCRE2_NOTEOL : 0);
    (void)pcre2_set_match_limit(matcher->context,
                                (uint32_t)(steps > STEPS_LEAST ? steps : STEPS_LEAST));
    int found = pcre2_match(pattern->code, (PCRE2_SPTR)(part.data ? part.data : ""), part.len, from,
                            options, matcher->data, matcher->context);
    if (found == PCRE2_ERROR_NOMATCH) {
        return SHAPE_NO;
    }
    if (found == PCRE2_ERROR_NOMEMORY) {
        shape_out_of_memory(at);
        return SHAPE_UNDECIDED;
    }
    if (found < 0) {
        shape_fail(at, STR("a value takes a regular expression too many steps"));
        return SHAPE_UNDECIDED;
    }
    const size_t *offsets = pcre2_get_ovector_pointer(matcher->data);
    *begin = offsets[0];
    *end = offsets[1];
    return SHAPE_YES;
}

enum shape_answer shape_pattern_replace(struct shape_event *at, const struct shape_pattern *pattern,
                                        struct str text, struct str with, struct buffer *out) {
    size_t copied = 0;
    size_t from = 0;
    bool any = false;
    if (text.len > SHAPE_PATTERN_BYTES) {
        buffer_append_str(out, with);
        return SHAPE_YES;
    }
    while (from <= text.len) {
        size_t begin = 0, end = 0;
        enum shape_answer answer = shape_pattern_find(at, pattern, text, from, &begin, &end);
        if (answer == SHAPE_UNDECIDED) {
            return answer;
        }
        // \K can make a match begin behind its end.
        if (answer == SHAPE_NO || begin > end || begin < copied) {
            break;
        }
        if (end > begin) {
            buffer_append(out, text.data + copied, begin - copied);
            buffer_append_str(out, with);
            copied = end;
            any = true;
        }
        from = end > begin ? end : end + 1;
        while (from < text.len && ((unsigned char)text.data[from] & 0xc0) == 0x80) {
            from++;
        }
    }
    buffer_append(out, text.data + copied, text.len - copied);
    return any ? SHAPE_YES : SHAPE_NO;
}
