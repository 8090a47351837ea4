// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads dimensions out of an event's trees.
//
// Fields are those of Segment's common fields (https://segment.com/docs/connections/spec/common/); names that begin with $ are PostHog's.
#include "processor/dimensions.h"

#include <stdlib.h>

#include "enrich/url.h"
#include "processor/bots.h"

enum status dimensions_init(struct dimensions *dimensions, struct enrichment *enrichment) {
    *dimensions = (struct dimensions){.enrichment = enrichment};
    dimensions->agents = calloc(DIMENSION_AGENTS, sizeof(struct dimension_agent));
    enum status status = dimensions->agents ? STATUS_OK : STATUS_NO_MEMORY;
    if (status == STATUS_OK && enrichment->rules) {
        status = agent_matcher_make(&dimensions->matcher);
    }
    if (status == STATUS_OK && enrichment->locations) {
        status = enrich_locator_make(enrichment->locations, &dimensions->locator);
    }
    if (status != STATUS_OK) {
        dimensions_free(dimensions);
    }
    return status;
}

void dimensions_free(struct dimensions *dimensions) {
    for (size_t i = 0; dimensions->agents && i < DIMENSION_AGENTS; i++) {
        free(dimensions->agents[i].text);
    }
    free(dimensions->agents);
    dimensions->agents = NULL;
    agent_matcher_free(dimensions->matcher);
    dimensions->matcher = NULL;
    enrich_locator_free(dimensions->locator);
    dimensions->locator = NULL;
}

static struct str bounded(struct str s) {
    return enrich_url_bounded(s, DIMENSION_BYTES_MAX);
}

// --- User-Agents ----------------------------------------------------------------------------------------------------

static struct dimension_agent *find_agent(struct dimensions *dimensions, uint64_t hash,
                                          struct str text, bool *found) {
    struct dimension_agent *set =
        &dimensions->agents[hash % DIMENSION_AGENT_SETS * DIMENSION_AGENT_WAYS];
    struct dimension_agent *oldest = set;
    for (struct dimension_agent *way = set; way < set + DIMENSION_AGENT_WAYS; way++) {
        if (way->text && way->hash == hash && str_equal(str_make(way->text, way->len), text)) {
            *found = true;
            return way;
        }
        oldest = way->used < oldest->used ? way : oldest;
    }
    *found = false;
    return oldest;
}

static enum status agent_of(struct dimensions *dimensions, struct str text, struct arena *arena,
                            struct event_dimensions *out) {
    uint64_t hash = str_hash(text, 0);
    bool found = false;
    struct dimension_agent *agent = find_agent(dimensions, hash, text, &found);
    if (!found) {
        char *copy = malloc(text.len);
        if (!copy) {
            return STATUS_NO_MEMORY;
        }
        memcpy(copy, text.data, text.len);
        free(agent->text);
        *agent = (struct dimension_agent){.hash = hash,
                                          .len = text.len,
                                          .text = copy,
                                          .families = useragent_classify(text),
                                          .bot = bots_family(text)};
        enrich_agent_read(dimensions->enrichment->rules, dimensions->matcher, text,
                          &agent->enriched);
    }
    agent->used = ++dimensions->uses;
    out->has_agent = true;
    out->families = agent->families;
    out->bot = agent->bot;
    // A copy: its place may be another's before the event is applied.
    struct enrich_agent *enriched = arena_alloc(arena, sizeof *enriched);
    if (!enriched) {
        return STATUS_NO_MEMORY;
    }
    *enriched = agent->enriched;
    out->agent = enriched;
    return STATUS_OK;
}

// --- Dimensions -----------------------------------------------------------------------------------------------------

static struct str page_url(const struct event_trees *trees, const struct json_value *page) {
    struct str url = json_get_string(trees->properties, STR("url"));
    if (!url.data) {
        url = json_get_string(page, STR("url"));
    }
    return url.data ? url : json_get_string(trees->properties, STR("$current_url"));
}

static struct str written_path(const struct event_trees *trees, const struct json_value *page) {
    struct str path = json_get_string(trees->properties, STR("path"));
    if (!path.data) {
        path = json_get_string(trees->properties, STR("url"));
    }
    if (!path.data) {
        path = json_get_string(page, STR("path"));
    }
    if (!path.data) {
        path = json_get_string(page, STR("url"));
    }
    if (!path.data) {
        path = json_get_string(trees->properties, STR("$pathname"));
    }
    if (!path.data) {
        path = json_get_string(trees->properties, STR("$current_url"));
    }
    return path;
}

static enum status page_path(const struct dimensions *dimensions, const struct event_trees *trees,
                             const struct json_value *page, struct arena *arena, struct str *out) {
    struct str path = written_path(trees, page);
    if (path.len == 0) {
        return STATUS_OK;
    }
    enum status status =
        enrich_path_normalise(&dimensions->enrichment->paths, enrich_url_path(path), arena, out);
    *out = bounded(*out);
    return status;
}

static struct str written_referrer(const struct event_trees *trees, const struct json_value *page) {
    struct str referrer = json_get_string(trees->properties, STR("referrer"));
    if (!referrer.data) {
        referrer = json_get_string(page, STR("referrer"));
    }
    return referrer.data ? referrer : json_get_string(trees->properties, STR("$referrer"));
}

// Referrer and channel. A campaign counts more than the page that led there; what is known of that page's host more than the host.
static enum status referrer_of(const struct dimensions *dimensions, const struct event_trees *trees,
                               const struct json_value *page, struct arena *arena,
                               struct event_dimensions *out) {
    const struct enrichment *enrichment = dimensions->enrichment;
    struct str host = bounded(enrich_url_host(written_referrer(trees, page)));
    struct str own = bounded(enrich_url_host(page_url(trees, page)));
    bool internal = host.len > 0 && (str_equal_ignore_case(host, own) ||
                                     enrich_host_is_among(host, enrichment->internal_hosts,
                                                          enrichment->internal_host_count));
    const struct enrich_source *source = NULL;
    if (host.len > 0 && !internal) {
        out->referrer = enrich_url_lower(host, arena);
        if (!out->referrer.data) {
            return STATUS_NO_MEMORY;
        }
        source = enrich_source_find(out->referrer);
    }
    enum enrich_channel channel = internal                          ? ENRICH_CHANNEL_INTERNAL
                                  : source                          ? source->channel
                                  : host.len > 0                    ? ENRICH_CHANNEL_REFERRAL
                                  : out->campaign.click_source.data ? ENRICH_CHANNEL_SOCIAL
                                                                    : ENRICH_CHANNEL_DIRECT;
    (void)enrich_campaign_channel(&out->campaign, &channel);
    out->channel = enrich_channel_name(channel);
    if (!out->campaign.source.data && source) {
        out->campaign.source = source->name;
    }
    return STATUS_OK;
}

static enum status campaign_of(const struct event_trees *trees, const struct json_value *page,
                               struct arena *arena, struct event_dimensions *out) {
    struct str url = page_url(trees, page);
    if (url.len == 0 || !memchr(url.data, '?', url.len)) {
        struct str search = json_get_string(page, STR("search")); // Segment's: "?utm_source=…"
        url = search.len > 0 ? search : url;
    }
    enum status status =
        enrich_campaign_of(trees->properties, trees->context, url, arena, &out->campaign);
    if (!out->campaign.source.data) {
        out->campaign.source = out->campaign.click_source;
    }
    if (!out->campaign.medium.data && out->campaign.paid) {
        out->campaign.medium = STR("cpc"); // cost per click: how others call it
    }
    return status;
}

// --- Places ---------------------------------------------------------------------------------------------------------

static char capital(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool read_country(struct str code, char letters[2]) {
    if (code.len != 2) {
        return false;
    }
    letters[0] = capital(code.data[0]);
    letters[1] = capital(code.data[1]);
    return letters[0] >= 'A' && letters[0] <= 'Z' && letters[1] >= 'A' && letters[1] <= 'Z';
}

// "DE-" and the region, unless it says so itself.
static struct str region_name(struct arena *arena, struct str country, struct str region) {
    bool whole =
        region.len > 3 && region.data[2] == '-' && str_equal(str_make(region.data, 2), country);
    return whole ? arena_copy(arena, region)
                 : arena_printf(arena, "%.*s-%.*s", STR_ARG(country), STR_ARG(region));
}

// What the event says itself.
static enum status own_place(const struct event_trees *trees, struct arena *arena,
                             struct event_dimensions *out) {
    const struct json_value *location = json_get(trees->context, STR("location"));
    struct str code = json_get_string(location, STR("country"));
    char letters[2];
    if (!code.data) {
        code = json_get_string(trees->context, STR("country"));
    }
    if (!code.data) {
        code = json_get_string(trees->properties, STR("$geoip_country_code"));
    }
    if (!read_country(code, letters)) {
        return STATUS_OK;
    }
    out->country = arena_copy(arena, str_make(letters, 2));
    struct str region = enrich_url_bounded(json_get_string(location, STR("region")), 60);
    if (out->country.data && region.len > 0) {
        out->region = region_name(arena, out->country, region);
        return out->region.data ? STATUS_OK : STATUS_NO_MEMORY;
    }
    return out->country.data ? STATUS_OK : STATUS_NO_MEMORY;
}

// By address. A server that sends for its visitor says whose the event is (context.ip); then its own address says nothing.
static enum status found_place(struct dimensions *dimensions, const struct event *event,
                               const struct event_trees *trees, struct arena *arena,
                               struct event_dimensions *out) {
    struct enrich_location found;
    struct str address = json_get_string(trees->context, STR("ip"));
    enrich_locator_refresh(dimensions->locator);
    enrich_locator_find(dimensions->locator, address.data ? address : event->ip, &found);
    if (!found.country[0]) {
        return STATUS_OK;
    }
    out->country = arena_copy(arena, str_make(found.country, 2));
    if (!out->country.data) {
        return STATUS_NO_MEMORY;
    }
    if (found.region[0]) {
        out->region = region_name(arena, out->country, str_from_c(found.region));
        return out->region.data ? STATUS_OK : STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status place_of(struct dimensions *dimensions, const struct event *event,
                            const struct event_trees *trees, struct arena *arena,
                            struct event_dimensions *out) {
    enum status status = own_place(trees, arena, out);
    return status == STATUS_OK && !out->country.data && dimensions->locator
               ? found_place(dimensions, event, trees, arena, out)
               : status;
}

// --- All of them ----------------------------------------------------------------------------------------------------

// Hints are of this event, not of its User-Agent's others.
static enum status hints_of(const struct event_trees *trees, struct arena *arena,
                            struct event_dimensions *out) {
    const struct json_value *hints = json_get(trees->context, STR("userAgentData"));
    if (!hints) {
        return STATUS_OK;
    }
    struct enrich_agent *agent = arena_alloc_zero(arena, sizeof *agent);
    if (!agent) {
        return STATUS_NO_MEMORY;
    }
    if (out->agent) {
        *agent = *out->agent;
    }
    if (enrich_agent_hints(hints, agent)) {
        out->agent = agent;
    }
    return STATUS_OK;
}

enum status dimensions_of(struct dimensions *dimensions, const struct event *event,
                          const struct event_trees *trees, struct arena *arena,
                          struct event_dimensions *out) {
    *out = (struct event_dimensions){0};
    const struct json_value *page = json_get(trees->context, STR("page"));
    struct str agent = json_get_string(trees->context, STR("userAgent"));
    if (agent.len == 0) {
        agent = event->user_agent;
    }
    if (agent.len > USERAGENT_BYTES_MAX) {
        agent.len = USERAGENT_BYTES_MAX;
    }
    enum status status = agent.len > 0 ? agent_of(dimensions, agent, arena, out) : STATUS_OK;
    if (status == STATUS_OK) {
        status = hints_of(trees, arena, out);
    }
    if (status == STATUS_OK) {
        status = place_of(dimensions, event, trees, arena, out);
    }
    if (status == STATUS_OK) {
        status = campaign_of(trees, page, arena, out);
    }
    if (status == STATUS_OK && event->type == EVENT_PAGE) {
        status = page_path(dimensions, trees, page, arena, &out->page);
        if (status == STATUS_OK) {
            status = referrer_of(dimensions, trees, page, arena, out);
        }
    }
    return status;
}
