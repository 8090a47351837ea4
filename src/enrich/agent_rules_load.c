// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads regexes.yaml by libyaml's events, and compiles.
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/file.h"
#include "enrich/agent_rules_private.h"

#define FILE_MOST (4 << 20)
#define RULES_MOST 10000

struct load {
    struct agent_rules *rules;
    bool brands;
    const char *path;
    yaml_parser_t parser;
    struct error *err;
    // Where in the file: the list (NULL: one that is of no interest), the rule, and the key whose value comes.
    struct agent_rule_list *list;
    struct agent_rule *rule;
    char key[32];
    unsigned depth;
    size_t count;
};

static enum status no_memory(const struct load *load) {
    return error_set(load->err, STATUS_NO_MEMORY, "%s: out of memory", load->path);
}

static enum status refuse(const struct load *load, size_t line, const char *what) {
    return error_set(load->err, STATUS_INVALID, "%s:%zu: %s", load->path, line, what);
}

// --- YAML -----------------------------------------------------------------------------------------------------------------

static struct agent_rule_list *list_of(struct load *load, struct str name) {
    static const struct str names[AGENT_SUBJECTS] = {
        STR_INIT("user_agent_parsers"), STR_INIT("os_parsers"), STR_INIT("device_parsers")};
    for (size_t i = 0; i < AGENT_SUBJECTS; i++) {
        if (str_equal(name, names[i]) && (i != AGENT_BRAND || load->brands)) {
            return &load->rules->lists[i];
        }
    }
    return NULL;
}

// Brands are all that is taken of devices; rules without one still come first and end the search.
static struct str *field_of(struct load *load, struct str key) {
    static const struct {
        struct str key;
        enum agent_subject subject;
        unsigned field;
    } fields[] = {
        {STR_INIT("family_replacement"), AGENT_BROWSER, 0},
        {STR_INIT("v1_replacement"), AGENT_BROWSER, 1},
        {STR_INIT("v2_replacement"), AGENT_BROWSER, 2},
        {STR_INIT("os_replacement"), AGENT_SYSTEM, 0},
        {STR_INIT("os_v1_replacement"), AGENT_SYSTEM, 1},
        {STR_INIT("os_v2_replacement"), AGENT_SYSTEM, 2},
        {STR_INIT("brand_replacement"), AGENT_BRAND, 0},
    };
    struct agent_rule *rule = load->rule;
    if (str_equal(key, STR("regex"))) {
        return &rule->regex;
    }
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (str_equal(key, fields[i].key) && load->list == &load->rules->lists[fields[i].subject]) {
            return fields[i].field == 0   ? &rule->family
                   : fields[i].field == 1 ? &rule->major
                                          : &rule->minor;
        }
    }
    return NULL;
}

static enum status take_value(struct load *load, struct str value) {
    struct str key = str_from_c(load->key);
    if (str_equal(key, STR("regex_flag"))) {
        load->rule->ignores_case = str_equal(value, STR("i"));
    }
    struct str *to = field_of(load, key);
    if (to) {
        *to = arena_copy(&load->rules->arena, value);
    }
    return to && !to->data ? no_memory(load) : STATUS_OK;
}

static enum status take_scalar(struct load *load, struct str text) {
    bool is_value = load->key[0] != '\0';
    if (load->depth == 1) { // a list's name
        load->list = list_of(load, text);
        return STATUS_OK;
    }
    if (load->depth != 3 || !load->rule) {
        return STATUS_OK;
    }
    enum status status = is_value ? take_value(load, text) : STATUS_OK;
    (void)snprintf(load->key, sizeof load->key, "%.*s", is_value ? 0 : (int)text.len, text.data);
    return status;
}

static enum status begin_rule(struct load *load, size_t line) {
    load->rule = NULL;
    load->key[0] = '\0';
    if (!load->list) {
        return STATUS_OK;
    }
    if (++load->count > RULES_MOST) {
        return refuse(load, line, "too many rules");
    }
    load->rule = arena_alloc_zero(&load->rules->arena, sizeof *load->rule);
    if (!load->rule) {
        return no_memory(load);
    }
    *load->list->end = load->rule;
    load->list->end = &load->rule->next;
    load->list->count++;
    return STATUS_OK;
}

static enum status take_event(struct load *load, const yaml_event_t *event) {
    size_t line = event->start_mark.line + 1;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(
            load, str_make((const char *)event->data.scalar.value, event->data.scalar.length));
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT: {
        bool expected = (load->depth % 2 == 0) == (event->type == YAML_MAPPING_START_EVENT);
        if (!expected || load->depth > 2) {
            return refuse(load, line, "lists of rules are expected");
        }
        load->depth++;
        return load->depth == 3 ? begin_rule(load, line) : STATUS_OK;
    }
    case YAML_MAPPING_END_EVENT:
        if (load->depth == 3 && load->rule && !load->rule->regex.data) {
            return refuse(load, line, "a rule has no regex");
        }
        load->depth--;
        return STATUS_OK;
    case YAML_SEQUENCE_END_EVENT: load->depth--; return STATUS_OK;
    case YAML_ALIAS_EVENT: return refuse(load, line, "aliases are not expected");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT: break;
    }
    return STATUS_OK;
}

static enum status read_yaml(struct load *load, struct str text) {
    enum status status = STATUS_OK;
    bool over = false;
    if (!yaml_parser_initialize(&load->parser)) {
        return no_memory(load);
    }
    yaml_parser_set_input_string(&load->parser, (const unsigned char *)text.data, text.len);
    while (status == STATUS_OK && !over) {
        yaml_event_t event;
        if (!yaml_parser_parse(&load->parser, &event)) {
            status = load->parser.error == YAML_MEMORY_ERROR
                         ? no_memory(load)
                         : refuse(load, load->parser.problem_mark.line + 1, "it is not YAML");
            break;
        }
        over = event.type == YAML_STREAM_END_EVENT;
        status = take_event(load, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&load->parser);
    return status;
}

// --- Compiling --------------------------------------------------------------------------------------------------------------

static enum status compile(struct load *load, struct agent_rule *rule) {
    int code = 0;
    PCRE2_SIZE at = 0;
    uint32_t options = rule->ignores_case ? PCRE2_CASELESS : 0;
    rule->code =
        pcre2_compile((PCRE2_SPTR)rule->regex.data, rule->regex.len, options, &code, &at, NULL);
    if (!rule->code) {
        PCRE2_UCHAR text[120] = "";
        (void)pcre2_get_error_message(code, text, sizeof text);
        return code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAP_FAILED
                   ? no_memory(load)
                   : error_set(load->err, STATUS_INVALID, "%s: %.60s: %s", load->path,
                               rule->regex.data, (const char *)text);
    }
    // What cannot be made machine code (no executable memory) is interpreted, and gives the same.
    (void)pcre2_jit_compile(rule->code, PCRE2_JIT_COMPLETE);
    rule_filter_make(rule->regex, &rule->filter);
    return STATUS_OK;
}

static enum status compile_all(struct load *load) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < AGENT_SUBJECTS && status == STATUS_OK; i++) {
        struct agent_rule_list *list = &load->rules->lists[i];
        if (list->count == 0) {
            continue;
        }
        list->rules = arena_alloc_array(&load->rules->arena, list->count, sizeof *list->rules);
        if (!list->rules) {
            return no_memory(load);
        }
        size_t count = 0;
        for (struct agent_rule *rule = list->first; rule && status == STATUS_OK;
             rule = rule->next) {
            list->rules[count++] = rule;
            status = compile(load, rule);
        }
    }
    return status;
}

// --- The file -----------------------------------------------------------------------------------------------------------------

enum status agent_rules_load(const char *path, bool brands, struct agent_rules **out,
                             struct error *err) {
    struct buffer text;
    struct agent_rules *rules = calloc(1, sizeof *rules);
    if (!rules) {
        return error_set(err, STATUS_NO_MEMORY, "%s: out of memory", path);
    }
    arena_init(&rules->arena, 64 * 1024, 0);
    buffer_init(&text, FILE_MOST);
    for (size_t i = 0; i < AGENT_SUBJECTS; i++) {
        rules->lists[i].end = &rules->lists[i].first;
    }
    struct load load = {.rules = rules, .brands = brands, .path = path, .err = err};
    enum status status = file_read(path, &text, err);
    if (status == STATUS_OK) {
        (void)snprintf(rules->version, sizeof rules->version, "%016llx",
                       (unsigned long long)str_hash(buffer_str(&text), 0));
        status = read_yaml(&load, buffer_str(&text));
    }
    if (status == STATUS_OK && rules->lists[AGENT_BROWSER].count == 0) {
        status = refuse(&load, 1, "there are no user_agent_parsers");
    }
    status = status == STATUS_OK ? compile_all(&load) : status;
    buffer_free(&text);
    if (status != STATUS_OK) {
        agent_rules_free(rules);
        return status;
    }
    *out = rules;
    return STATUS_OK;
}

void agent_rules_free(struct agent_rules *rules) {
    if (!rules) {
        return;
    }
    for (size_t i = 0; i < AGENT_SUBJECTS; i++) {
        for (struct agent_rule *rule = rules->lists[i].first; rule; rule = rule->next) {
            pcre2_code_free(rule->code);
        }
    }
    arena_free(&rules->arena);
    free(rules);
}

const char *agent_rules_version(const struct agent_rules *rules) {
    return rules->version;
}

size_t agent_rules_count(const struct agent_rules *rules) {
    size_t count = 0;
    for (size_t i = 0; i < AGENT_SUBJECTS; i++) {
        count += rules->lists[i].count;
    }
    return count;
}
