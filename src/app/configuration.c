// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is known of a process's settings, noted and shown.
#include "app/configuration.h"

#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "base/clock.h"
#include "base/log.h"

#define KEYS_MOST 32768
#define VALUE_MOST 300

static double read_restart(void *context) {
    struct app_configuration *known = context;
    return (double)atomic_load(&known->restart_count);
}

static double read_refused(void *context) {
    struct app_configuration *known = context;
    return atomic_load(&known->is_refused) ? 1 : 0;
}

static double read_up(void *context) {
    struct app_configuration *known = context;
    return atomic_load(&known->has_problem) ? 0 : 1;
}

void app_configuration_init(struct app_configuration *known, const struct settings *settings,
                            const struct config_client_origin *origin) {
    struct clock *clock = clock_system();
    const struct str *items = NULL;
    *known = (struct app_configuration){.first = settings, .origin = *origin};
    known->read_ms = clock->wall_ms(clock);
    buffer_init(&known->changed, KEYS_MOST);
    buffer_init(&known->restart, KEYS_MOST);
    atomic_store(&known->has_problem, origin->problem[0] != '\0');
    known->changes = metrics_counter("footfall_settings_changes_total",
                                     "Times that settings changed while the process ran.", NULL);
    known->refusals = metrics_counter("footfall_settings_refusals_total",
                                      "Times that settings were read again and refused.", NULL);
    known->gauges[0] = metrics_gauge("footfall_settings_restart_needed",
                                     "Settings that differ and wait for the next start.", NULL,
                                     read_restart, known);
    known->gauges[1] =
        metrics_gauge("footfall_settings_refused", "1 while the settings read last are refused.",
                      NULL, read_refused, known);
    if (settings_list(settings, "config.import", &items) > 0) {
        known->gauges[2] =
            metrics_gauge("footfall_config_server_up",
                          "1 when a config server answered the last time.", NULL, read_up, known);
    }
}

void app_configuration_end(struct app_configuration *known) {
    for (size_t i = 0; i < APP_CONFIGURATION_GAUGES; i++) {
        if (known->gauges[i]) {
            metrics_gauge_remove(known->gauges[i]);
        }
        known->gauges[i] = 0;
    }
}

void app_configuration_free(struct app_configuration *known) {
    settings_free(known->current);
    buffer_free(&known->changed);
    buffer_free(&known->restart);
}

const struct settings *app_configuration_now(const struct app_configuration *known) {
    return known->current ? known->current : known->first;
}

static void count_key(void *context, const char *key) {
    (void)key;
    ++*(size_t *)context;
}

bool app_configuration_differs(const struct app_configuration *known,
                               const struct settings *settings) {
    size_t count = 0;
    settings_compare(app_configuration_now(known), settings, count_key, &count);
    return count > 0;
}

void app_configuration_note_origin(struct app_configuration *known,
                                   const struct config_client_origin *origin) {
    struct clock *clock = clock_system();
    bool had = known->origin.problem[0] != '\0', has = origin->problem[0] != '\0';
    if (has && strcmp(known->origin.problem, origin->problem) != 0) {
        LOG_WARN("config", "no config server answers; what it said last counts",
                 LOG_CSTR("reason", origin->problem));
    } else if (had && !has) {
        LOG_INFO("config", "a config server answers again", LOG_CSTR("server", origin->server));
    }
    known->origin = *origin;
    known->read_ms = clock->wall_ms(clock);
    atomic_store(&known->has_problem, has);
}

// --- What changed ----------------------------------------------------------------------------------------------------------
struct difference {
    const struct settings *before, *after;
    struct buffer *keys;
    bool logged;   // one by one
    bool live_too; // else only what waits for the next start
    unsigned count;
};

static void show(const struct settings *settings, const char *key, char out[VALUE_MOST]) {
    struct buffer text;
    buffer_init(&text, 1 << 20);
    settings_print_value(settings, key, &text);
    (void)snprintf(out, VALUE_MOST, "%.*s",
                   (int)(text.len < VALUE_MOST ? text.len : VALUE_MOST - 1),
                   text.len > 0 ? text.data : "");
    buffer_free(&text);
}

static void note_key(void *context, const char *key) {
    struct difference *difference = context;
    bool live = app_setting_is_live(key);
    if (live && !difference->live_too) {
        return;
    }
    difference->count++;
    buffer_printf(difference->keys, "%s%s", difference->keys->len > 0 ? "," : "", key);
    if (difference->logged) {
        char before[VALUE_MOST], after[VALUE_MOST];
        show(difference->before, key, before);
        show(difference->after, key, after);
        LOG_INFO("config", "a setting changed", LOG_CSTR("key", key), LOG_CSTR("before", before),
                 LOG_CSTR("after", after), LOG_CSTR("effect", live ? "now" : "at the next start"));
    }
}

// What is written down of it is read by others, under the lock of whoever calls.
void app_configuration_note_change(struct app_configuration *known, struct settings *settings) {
    struct clock *clock = clock_system();
    struct difference changed = {.before = app_configuration_now(known),
                                 .after = settings,
                                 .keys = &known->changed,
                                 .logged = true,
                                 .live_too = true};
    struct difference waiting = {
        .before = known->first, .after = settings, .keys = &known->restart};
    struct buffer before = known->changed;
    buffer_init(&known->changed, KEYS_MOST);
    settings_compare(changed.before, settings, note_key, &changed);
    if (changed.count > 0) {
        known->changed_ms = clock->wall_ms(clock);
        metrics_add(known->changes, 1);
        buffer_free(&before);
    } else {
        known->changed = before;
    }
    buffer_clear(&known->restart);
    settings_compare(known->first, settings, note_key, &waiting);
    atomic_store(&known->restart_count, waiting.count);
    LOG_INFO("app", "settings were read again",
             LOG_STR("changed", changed.count > 0 ? buffer_str(&known->changed) : STR_EMPTY));
    if (waiting.count > 0) {
        LOG_WARN("app", "settings that changed wait for the next start",
                 LOG_STR("settings", buffer_str(&known->restart)));
    }
    settings_free(known->current);
    known->current = settings;
    known->refused[0] = '\0';
    atomic_store(&known->is_refused, false);
}

void app_configuration_note_same(struct app_configuration *known) {
    if (known->refused[0]) {
        LOG_INFO("app", "settings are again as they were");
    }
    known->refused[0] = '\0';
    atomic_store(&known->is_refused, false);
}

void app_configuration_note_refusal(struct app_configuration *known, const char *reason,
                                    bool asked) {
    if (asked || strncmp(known->refused, reason, sizeof known->refused - 1) != 0) {
        LOG_ERROR("app", "settings stay as they were", LOG_CSTR("reason", reason));
        metrics_add(known->refusals, 1);
    }
    (void)snprintf(known->refused, sizeof known->refused, "%s", reason);
    atomic_store(&known->is_refused, true);
}

// --- As JSON ---------------------------------------------------------------------------------------------------------------
void app_configuration_write_keys(struct json_writer *writer, struct str keys) {
    json_begin_array(writer);
    while (keys.len > 0) {
        const char *comma = memchr(keys.data, ',', keys.len);
        size_t len = comma ? (size_t)(comma - keys.data) : keys.len;
        size_t step = comma ? len + 1 : len;
        json_string(writer, str_make(keys.data, len));
        keys = str_make(keys.data + step, keys.len - step);
    }
    json_end_array(writer);
}

static void write_text(struct json_writer *writer, struct str key, const char *text) {
    json_member_string_or_null(writer, key, text[0] ? str_from_c(text) : STR_EMPTY);
}

void app_configuration_write(const struct app_configuration *known, struct json_writer *writer) {
    json_begin_object(writer);
    write_text(writer, STR("server"), known->origin.server);
    write_text(writer, STR("version"), known->origin.version);
    json_member_bool(writer, STR("cached"), known->origin.cached);
    write_text(writer, STR("problem"), known->origin.problem);
    json_member_time(writer, STR("readAt"), known->read_ms);
    json_key(writer, STR("changedAt"));
    if (known->changed_ms > 0) {
        json_time(writer, known->changed_ms);
    } else {
        json_null(writer);
    }
    json_key(writer, STR("changed"));
    app_configuration_write_keys(writer, buffer_str(&known->changed));
    json_key(writer, STR("restartNeeded"));
    app_configuration_write_keys(writer, buffer_str(&known->restart));
    write_text(writer, STR("refused"), known->refused);
    json_end_object(writer);
}
