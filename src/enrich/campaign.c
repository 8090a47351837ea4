// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Campaigns by the names that links carry (utm_*, https://support.google.com/analytics/answer/10917952) and advertisers' click ids.
#include "enrich/campaign.h"

#include "enrich/url.h"

static const struct click_id {
    struct str parameter;
    struct str source;
    bool paid; // false: the site adds it to links that nobody paid for, too
} click_ids[] = {
    {STR_INIT("gclid"), STR_INIT("Google"), true},
    {STR_INIT("gbraid"), STR_INIT("Google"), true},
    {STR_INIT("wbraid"), STR_INIT("Google"), true},
    {STR_INIT("dclid"), STR_INIT("Google"), true},
    {STR_INIT("msclkid"), STR_INIT("Bing"), true},
    {STR_INIT("yclid"), STR_INIT("Yandex"), true},
    {STR_INIT("fbclid"), STR_INIT("Facebook"), false},
    {STR_INIT("igshid"), STR_INIT("Instagram"), false},
    {STR_INIT("ttclid"), STR_INIT("TikTok"), true},
    {STR_INIT("twclid"), STR_INIT("X"), true},
    {STR_INIT("li_fat_id"), STR_INIT("LinkedIn"), true},
};

static void take_text(struct str *to, struct str text) {
    text = enrich_url_bounded(text, ENRICH_VALUE_MAX);
    if (!to->data && text.len > 0) {
        *to = text;
    }
}

static void take_click(struct str name, struct enrich_campaign *out) {
    for (size_t i = 0; i < sizeof click_ids / sizeof click_ids[0]; i++) {
        if (str_equal(name, click_ids[i].parameter) && !(out->click_source.data && out->paid)) {
            out->click_source = click_ids[i].source;
            out->paid = click_ids[i].paid;
        }
    }
}

static enum status take_parameter(struct str name, struct str value, struct arena *arena,
                                  struct enrich_campaign *out) {
    struct str *to = str_equal(name, STR("utm_source"))     ? &out->source
                     : str_equal(name, STR("utm_medium"))   ? &out->medium
                     : str_equal(name, STR("utm_campaign")) ? &out->name
                                                            : NULL;
    if (!to) {
        if (value.len > 0) {
            take_click(name, out);
        }
        return STATUS_OK;
    }
    struct str text = STR_EMPTY;
    enum status status = to->data ? STATUS_OK : enrich_url_decode(value, arena, &text);
    if (status == STATUS_OK) {
        take_text(to, text);
    }
    return status;
}

enum status enrich_campaign_of(const struct json_value *properties,
                               const struct json_value *context, struct str url,
                               struct arena *arena, struct enrich_campaign *out) {
    *out = (struct enrich_campaign){.paid = false};
    const struct json_value *campaign = json_get(context, STR("campaign"));
    if (campaign) {
        take_text(&out->source, json_get_string(campaign, STR("source")));
        take_text(&out->medium, json_get_string(campaign, STR("medium")));
        take_text(&out->name, json_get_string(campaign, STR("name")));
    }
    for (const struct json_value *p = properties ? properties->child : NULL; p; p = p->next) {
        if (p->type == JSON_STRING && str_starts_with(p->key, STR("utm_"))) { // PostHog
            struct str *to = str_equal(p->key, STR("utm_source"))     ? &out->source
                             : str_equal(p->key, STR("utm_medium"))   ? &out->medium
                             : str_equal(p->key, STR("utm_campaign")) ? &out->name
                                                                      : NULL;
            if (to) {
                take_text(to, p->text);
            }
        }
    }
    struct str query = enrich_url_query(url), name, value;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && enrich_url_next_parameter(&query, &name, &value)) {
        status = take_parameter(name, value, arena, out);
    }
    out->said = out->source.data || out->medium.data || out->name.data || out->paid;
    return status;
}

bool enrich_campaign_channel(const struct enrich_campaign *campaign, enum enrich_channel *out) {
    static const struct str mail[] = {STR_INIT("email"), STR_INIT("e-mail"), STR_INIT("e_mail"),
                                      STR_INIT("mail"), STR_INIT("newsletter")};
    if (!campaign->said) {
        return false;
    }
    *out = ENRICH_CHANNEL_CAMPAIGN;
    for (size_t i = 0; i < sizeof mail / sizeof mail[0]; i++) {
        if (str_equal_ignore_case(campaign->medium, mail[i])) {
            *out = ENRICH_CHANNEL_EMAIL;
        }
    }
    return true;
}
