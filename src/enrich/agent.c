// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From families as uap-core calls them to ours; and a table for those without uap-core.
#include "enrich/agent.h"

#include <stdio.h>

#include "enrich/url.h"

// Families that are one browser on several systems. Anything else keeps its name.
static const struct {
    struct str theirs, ours;
} renamed[] = {
    {STR_INIT("Chrome Mobile"), STR_INIT("Chrome")},
    {STR_INIT("Chrome Mobile iOS"), STR_INIT("Chrome")},
    {STR_INIT("Chrome Mobile WebView"), STR_INIT("Chrome")},
    {STR_INIT("Chromium"), STR_INIT("Chrome")},
    {STR_INIT("Google Chrome"), STR_INIT("Chrome")},
    {STR_INIT("Mobile Safari"), STR_INIT("Safari")},
    {STR_INIT("Mobile Safari UI/WKWebView"), STR_INIT("Safari")},
    {STR_INIT("Firefox Mobile"), STR_INIT("Firefox")},
    {STR_INIT("Firefox iOS"), STR_INIT("Firefox")},
    {STR_INIT("Edge Mobile"), STR_INIT("Edge")},
    {STR_INIT("Microsoft Edge"), STR_INIT("Edge")},
    {STR_INIT("Opera Mobile"), STR_INIT("Opera")},
    {STR_INIT("Opera Mini"), STR_INIT("Opera")},
    {STR_INIT("Opera Touch"), STR_INIT("Opera")},
    {STR_INIT("Mac OS X"), STR_INIT("macOS")},
    {STR_INIT("Mac OS"), STR_INIT("macOS")},
    {STR_INIT("Chrome OS"), STR_INIT("ChromeOS")},
    {STR_INIT("Chromium OS"), STR_INIT("ChromeOS")},
};

static struct str our_name(struct str theirs) {
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++) {
        if (str_equal(theirs, renamed[i].theirs)) {
            return renamed[i].ours;
        }
    }
    return theirs;
}

static struct str number_in(struct str text) {
    size_t len = 0;
    while (len < text.len && text.data[len] >= '0' && text.data[len] <= '9' && len < 9) {
        len++;
    }
    return str_make(text.data, len);
}

// "family major" or "family major.minor"; without a version the family alone.
static void put(char *out, size_t size, struct str family, struct str major, struct str minor) {
    (void)snprintf(out, size, "%.*s%s%.*s%s%.*s", STR_ARG(family), major.len > 0 ? " " : "",
                   STR_ARG(major), minor.len > 0 ? "." : "", STR_ARG(minor));
}

// Of systems before version 11 the second number tells apart what people call different: macOS 10.15, Windows 8.1.
static void put_system(char *out, size_t size, struct str family, struct str major,
                       struct str minor) {
    bool both = str_equal(major, STR("10")) && str_equal(family, STR("macOS"));
    both = both || (str_equal(major, STR("8")) && str_equal(family, STR("Windows")) &&
                    str_equal(minor, STR("1")));
    put(out, size, family, major, both ? number_in(minor) : STR_EMPTY);
}

// --- Without rules ----------------------------------------------------------------------------------------------------

static const struct token {
    struct str part; // what stands before the version
    struct str family;
} browsers[] =
    {
        {STR_INIT("Edg/"), STR_INIT("Edge")},
        {STR_INIT("EdgA/"), STR_INIT("Edge")},
        {STR_INIT("EdgiOS/"), STR_INIT("Edge")},
        {STR_INIT("Edge/"), STR_INIT("Edge")},
        {STR_INIT("OPR/"), STR_INIT("Opera")},
        {STR_INIT("OPT/"), STR_INIT("Opera")},
        {STR_INIT("OPiOS/"), STR_INIT("Opera")},
        {STR_INIT("SamsungBrowser/"), STR_INIT("Samsung Internet")},
        {STR_INIT("FxiOS/"), STR_INIT("Firefox")},
        {STR_INIT("Firefox/"), STR_INIT("Firefox")},
        {STR_INIT("CriOS/"), STR_INIT("Chrome")},
        {STR_INIT("Chrome/"), STR_INIT("Chrome")},
        {STR_INIT("Chromium/"), STR_INIT("Chrome")},
},
  systems[] = {
      {STR_INIT("Windows NT "), STR_INIT("Windows")},   {STR_INIT("Android "), STR_INIT("Android")},
      {STR_INIT("CPU iPhone OS "), STR_INIT("iOS")},    {STR_INIT("CPU OS "), STR_INIT("iOS")},
      {STR_INIT("CrOS x86_64 "), STR_INIT("ChromeOS")}, {STR_INIT("Mac OS X "), STR_INIT("macOS")},
};

static const struct token *find_token(struct str text, const struct token *tokens, size_t count,
                                      struct str *major, struct str *minor) {
    for (size_t i = 0; i < count; i++) {
        const char *at = memmem(text.data, text.len, tokens[i].part.data, tokens[i].part.len);
        if (at) {
            at += tokens[i].part.len;
            *major = number_in(str_make(at, (size_t)(text.data + text.len - at)));
            const char *behind = at + major->len;
            size_t left = (size_t)(text.data + text.len - behind);
            bool more = left > 0 && (*behind == '.' || *behind == '_');
            *minor = more ? number_in(str_make(behind + 1, left - 1)) : STR_EMPTY;
            return &tokens[i];
        }
    }
    return NULL;
}

static void read_by_table(struct str text, struct enrich_agent *out) {
    struct str major = STR_EMPTY, minor = STR_EMPTY;
    size_t count = sizeof browsers / sizeof browsers[0];
    const struct token *found = find_token(text, browsers, count, &major, &minor);
    static const struct token safari = {STR_INIT("Version/"), STR_INIT("Safari")};
    if (!found && memmem(text.data, text.len, "Safari/", 7)) {
        found = find_token(text, &safari, 1, &major, &minor);
    }
    if (found) {
        put(out->browser, sizeof out->browser, found->family, major, STR_EMPTY);
    }
    found = find_token(text, systems, sizeof systems / sizeof systems[0], &major, &minor);
    if (!found) {
        return;
    }
    if (str_equal(found->family, STR("Windows")) && str_equal(major, STR("6"))) { // NT's numbers
        bool eight = str_equal(minor, STR("2")), eight_one = str_equal(minor, STR("3"));
        major = eight || eight_one           ? STR("8")
                : str_equal(minor, STR("1")) ? STR("7")
                                             : STR("Vista");
        minor = eight_one ? STR("1") : STR_EMPTY;
    }
    put_system(out->system, sizeof out->system, found->family, major, minor);
}

// --- With rules ---------------------------------------------------------------------------------------------------------

void enrich_agent_read(const struct agent_rules *rules, struct agent_matcher *matcher,
                       struct str user_agent, struct enrich_agent *out) {
    struct agent_part part;
    memset(out, 0, sizeof *out);
    if (user_agent.len == 0) {
        return;
    }
    if (!rules) {
        read_by_table(user_agent, out);
        return;
    }
    agent_matcher_read(matcher, user_agent);
    agent_rules_match(rules, matcher, AGENT_BROWSER, user_agent, &part);
    put(out->browser, sizeof out->browser, our_name(str_from_c(part.family)),
        str_from_c(part.major), STR_EMPTY);
    agent_rules_match(rules, matcher, AGENT_SYSTEM, user_agent, &part);
    put_system(out->system, sizeof out->system, our_name(str_from_c(part.family)),
               str_from_c(part.major), str_from_c(part.minor));
    agent_rules_match(rules, matcher, AGENT_BRAND, user_agent, &part);
    struct str brand = enrich_url_bounded(str_from_c(part.family), sizeof out->brand - 1);
    (void)snprintf(out->brand, sizeof out->brand, "%.*s", STR_ARG(brand));
}

// --- Client hints (https://wicg.github.io/ua-client-hints/) -------------------------------------------------------------

// Which of the brands it is: the particular one, else Chromium, never the invented one ("Not A;Brand").
static unsigned rank(struct str brand) {
    if (brand.len == 0 || str_contains_ignore_case(brand, STR("brand"))) {
        return 0;
    }
    return str_equal(brand, STR("Chromium")) ? 1 : 2;
}

struct hinted {
    struct str brand, version;
};

static void offer_brand(struct hinted *best, struct str brand, struct str version) {
    if (rank(brand) > rank(best->brand)) {
        *best = (struct hinted){brand, version};
    }
}

static struct str unquoted(struct str text) {
    text = str_trim(text);
    return text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"'
               ? str_make(text.data + 1, text.len - 2)
               : text;
}

// "Chromium";v="124", "Not-A.Brand";v="99"
static void read_header(struct str header, struct hinted *best) {
    while (header.data) {
        struct str entry = str_cut(&header, ',');
        const char *mark = entry.len > 0 ? memmem(entry.data, entry.len, "\";v=", 4) : NULL;
        if (mark) {
            size_t len = (size_t)(mark - entry.data) + 1;
            offer_brand(best, unquoted(str_make(entry.data, len)),
                        unquoted(str_make(mark + 4, entry.len - len - 3)));
        }
    }
}

// Windows numbers its platform by releases: 1 to 10 are Windows 10, from 13 on it is 11 (Microsoft's page on detecting Windows 11).
static void put_hinted_system(struct enrich_agent *out, struct str platform, struct str version) {
    struct str rest = unquoted(version);
    struct str major = number_in(str_cut(&rest, '.')), minor = number_in(rest);
    platform = our_name(unquoted(platform));
    uint64_t number = 0;
    if (str_equal(platform, STR("Windows"))) {
        bool known = str_to_u64(major, &number) && number > 0;
        if (!known) {
            return; // the User-Agent says as much
        }
        major = number >= 13 ? STR("11") : STR("10");
    }
    if (platform.len > 0 && platform.len < 32 && major.len > 0 && str_is_utf8(platform) &&
        !memchr(platform.data, '\0', platform.len)) {
        put_system(out->system, sizeof out->system, platform, major, minor);
    }
}

static struct str either(const struct json_value *hints, struct str name, struct str header) {
    struct str text = json_get_string(hints, name);
    return text.data ? text : json_get_string(hints, header);
}

bool enrich_agent_hints(const struct json_value *hints, struct enrich_agent *out) {
    struct hinted best = {STR_EMPTY, STR_EMPTY};
    if (!hints || hints->type != JSON_OBJECT) {
        return false;
    }
    const struct json_value *full = json_get(hints, STR("fullVersionList"));
    const struct json_value *brands = full ? full : json_get(hints, STR("brands"));
    bool listed = brands && brands->type == JSON_ARRAY;
    for (const struct json_value *b = listed ? brands->child : NULL; b; b = b->next) {
        offer_brand(&best, json_get_string(b, STR("brand")), json_get_string(b, STR("version")));
    }
    read_header(json_get_string(hints, STR("Sec-CH-UA")), &best);
    struct str major = number_in(best.version);
    if (best.brand.len > 0 && best.brand.len < 40 && major.len > 0 &&
        !memchr(best.brand.data, '\0', best.brand.len)) {
        put(out->browser, sizeof out->browser, our_name(best.brand), major, STR_EMPTY);
    }
    put_hinted_system(out, either(hints, STR("platform"), STR("Sec-CH-UA-Platform")),
                      either(hints, STR("platformVersion"), STR("Sec-CH-UA-Platform-Version")));
    return true;
}
