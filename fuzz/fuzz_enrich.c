// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// User-Agents, client hints, URLs, referrers, campaigns, paths and regular expressions as anybody sends them.
#include <unistd.h>

#include "base/check.h"
#include "enrich/agent.h"
#include "enrich/campaign.h"
#include "enrich/location.h"
#include "enrich/path.h"
#include "enrich/rule_filter.h"
#include "enrich/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct agent_rules *rules(struct agent_matcher **matcher) {
    static struct agent_rules *made;
    static struct agent_matcher *one;
    struct error err;
    if (!one) {
        CHECK(agent_matcher_make(&one) == STATUS_OK);
        if (access(AGENT_RULES_FILE, R_OK) == 0) {
            CHECK(agent_rules_load(AGENT_RULES_FILE, true, &made, &err) == STATUS_OK);
        }
    }
    *matcher = one;
    return made;
}

static void read_agent(struct str text) {
    struct agent_matcher *matcher;
    struct enrich_agent agent;
    const struct agent_rules *all = rules(&matcher);
    bool utf8 = str_is_utf8(text);
    enrich_agent_read(NULL, NULL, text, &agent);
    enrich_agent_read(all, matcher, text, &agent);
    CHECK(!utf8 || str_is_utf8(str_from_c(agent.browser)));
    CHECK(!utf8 || str_is_utf8(str_from_c(agent.system)));
    CHECK(str_is_utf8(str_from_c(agent.brand)));
}

static void read_hints(const uint8_t *data, size_t size, struct arena *arena) {
    static struct json_parser *parser;
    struct json_limits limits = {.depth = 8};
    const struct json_value *root;
    struct enrich_agent agent = {.browser = ""};
    if (!parser) {
        CHECK(json_parser_make(&parser) == STATUS_OK);
    }
    char *padded = arena_alloc_zero(arena, size + JSON_PADDING);
    CHECK(padded != NULL);
    memcpy(padded, data, size);
    if (json_parse(parser, str_make(padded, size), &limits, arena, &root, NULL) == STATUS_OK) {
        struct enrich_campaign campaign;
        (void)enrich_agent_hints(root, &agent);
        CHECK(str_is_utf8(str_from_c(agent.browser)) && str_is_utf8(str_from_c(agent.system)));
        CHECK(enrich_campaign_of(root, root, STR("?"), arena, &campaign) == STATUS_OK);
        CHECK(str_is_utf8(campaign.source) && campaign.source.len <= ENRICH_VALUE_MAX);
    }
}

static void read_url(struct str text, struct arena *arena) {
    static const struct str templates[] = {STR_INIT("/a/*"), STR_INIT("/b/**")};
    static const struct enrich_paths paths = {templates, 2};
    struct enrich_campaign campaign;
    struct str path, again;
    (void)enrich_source_find(enrich_url_lower(enrich_url_host(text), arena));
    (void)enrich_address_is_public(text);
    CHECK(enrich_campaign_of(NULL, NULL, text, arena, &campaign) == STATUS_OK);
    CHECK(str_is_utf8(campaign.source) && str_is_utf8(campaign.medium) &&
          str_is_utf8(campaign.name));
    CHECK(enrich_path_normalise(&paths, enrich_url_path(text), arena, &path) == STATUS_OK);
    CHECK(!str_is_utf8(text) || str_is_utf8(path));
    CHECK(enrich_path_check_template(text, NULL) != STATUS_OK ||
          enrich_path_normalise(&(struct enrich_paths){&text, 1}, path, arena, &again) ==
              STATUS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = str_make((const char *)data, size);
    struct rule_filter filter;
    struct arena arena;
    arena_init(&arena, 16384, 0);
    read_agent(text);
    read_hints(data, size, &arena);
    read_url(text, &arena);
    rule_filter_make(text, &filter);
    CHECK(filter.count <= RULE_FILTER_ANY);
    arena_free(&arena);
    return 0;
}
