// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The sets as settings, and once more as plain conditions.
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const texts[RULES_SETS] = {
    "rules:\n"
    "- {name: no-added, when: {name: Added}, do: [{drop: x}]}\n"
    "- {name: german-pages, when: {type: page, context.location.country: de}, do: [{drop: x}]}\n"
    "- {name: bought, when: {type: [track, screen], name: Bought}, do: [{set: {name: Purchased}}]}\n"
    "- {name: help, when: {properties.url: {contains: /help/}}, do: [{dead_letter: help}]}\n"
    "- {name: half, when: {type: group}, do: [{sample: {keep: 50%, by: message}}]}\n"
    "- {name: plans, when: {type: identify, traits.plan: free}, do: [{set: {traits.plan: gratis}}]}\n",
    "rules:\n"
    "- {name: no-viewed, when: {name: {prefix: View}, userId: {exists: true}}, do: [{drop: x}]}\n"
    "- {name: referrers, when: {type: page}, do: [{remove: properties.referrer}]}\n"
    "- {name: half, when: {type: [track, alias]}, do: [{sample: {keep: 25%, by: actor}}]}\n"
    "- {name: abroad, do: [{remove: context.country}]}\n"
    "- {name: no-added, when: {type: screen, name: Added}, do: [{dead_letter: added}]}\n",
};

struct shape_rules *rules_read(unsigned set) {
    static const struct setting table[] = {
        {"privacy.ip", NULL, SETTING_CHOICE, "truncate", 0, 0, "truncate|keep|remove", "", false},
        {"privacy.do_not_track", NULL, SETTING_CHOICE, "ignore", 0, 0, "ignore|drop", "", false},
        {"privacy.global_privacy_control", NULL, SETTING_CHOICE, "ignore", 0, 0, "ignore|drop", "",
         false},
        {"privacy.projects", NULL, SETTING_LIST, "", 0, 0, NULL, "", false},
        {"privacy.hash_key", NULL, SETTING_STRING, "", 0, 0, NULL, "", true},
        {"rules[].name", NULL, SETTING_STRING, "", 0, 0, NULL, "", false},
        {"rules[].when", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
        {"rules[].do", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
    };
    struct settings *settings = NULL;
    struct shape_rules *rules = NULL;
    struct error err = {STATUS_OK, ""};
    history_require(settings_make(table, sizeof table / sizeof table[0], &settings), "settings");
    history_require(settings_load_text(settings, "rules", str_from_c(texts[set]), &err), err.text);
    history_require(shape_rules_read(settings, &rules, &err), err.text);
    settings_free(settings);
    return rules;
}

// --- As a person would say it ---------------------------------------------------------------------------------------------

// One in `parts` of all ids.
static bool is_sampled(const struct event *event, struct str id, uint64_t parts) {
    return str_hash(id, str_hash(event->project, str_hash(STR_EMPTY, 0))) < UINT64_MAX / parts + 1;
}

static bool is_called(const struct event *event, const char *name) {
    return str_equal(event->name, str_from_c(name));
}

static void under_first(struct history_event *it) {
    struct event *event = &it->event;
    if (is_called(event, "Added")) {
        it->filtered_by = "no-added";
        return;
    }
    if (event->type == EVENT_PAGE && it->country && strcmp(it->country, "DE") == 0) {
        it->filtered_by = "german-pages";
        return;
    }
    if ((event->type == EVENT_TRACK || event->type == EVENT_SCREEN) && is_called(event, "Bought")) {
        event->name = STR("Purchased");
    }
    if (it->path && strcmp(it->path, "/help/a") == 0) {
        it->set_aside = true;
        return;
    }
    if (event->type == EVENT_GROUP && !is_sampled(event, event->id, 2)) {
        it->filtered_by = "half";
        return;
    }
    if (event->type == EVENT_IDENTIFY && it->plan && strcmp(it->plan, "free") == 0) {
        it->plan = "gratis";
    }
}

static void under_second(struct history_event *it) {
    struct event *event = &it->event;
    bool user = event->user_id.len > 0;
    if (is_called(event, "Viewed") && user) {
        it->filtered_by = "no-viewed";
        return;
    }
    if (event->type == EVENT_PAGE) {
        it->referrer = NULL;
        if (it->channel && strcmp(it->channel, "email") != 0 &&
            strcmp(it->channel, "campaign") != 0) { // the address of the page does not tell
            it->channel = "direct";
            it->source = NULL;
        }
    }
    if ((event->type == EVENT_TRACK || event->type == EVENT_ALIAS) &&
        !is_sampled(event, user ? event->user_id : event->anonymous_id, 4)) {
        it->filtered_by = "half";
        return;
    }
    if (it->country && strcmp(it->country, "FR") == 0) { // which is sent as context.country
        it->country = NULL;
    }
    it->set_aside = event->type == EVENT_SCREEN && is_called(event, "Added");
}

struct history rules_recount(struct history *history, const uint8_t *sets) {
    struct history shaped = *history;
    shaped.sets = sets;
    shaped.events = arena_alloc_array(&history->arena, history->count, sizeof *shaped.events);
    if (!shaped.events) {
        abort();
    }
    for (size_t i = 0; i < history->count; i++) {
        shaped.events[i] = history->events[i];
        if (!history->events[i].broken) {
            sets[i] == 0 ? under_first(&shaped.events[i]) : under_second(&shaped.events[i]);
        }
    }
    return shaped;
}
