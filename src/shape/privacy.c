// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What holds without a rule: the signals of browsers that are honoured, and what is left of addresses; by project where it differs.
#include "shape/private.h"

static enum status refuse(const struct settings *settings, const char *key, struct str item,
                          const char *what, struct error *err) {
    return error_set(err, STATUS_INVALID, "%s: %s: \"%.*s\" %s", settings_origin(settings, key),
                     key, STR_ARG(item), what);
}

static bool read_ip(struct str text, enum shape_ip *out) {
    static const struct str names[] = {[SHAPE_IP_TRUNCATE] = STR_INIT("truncate"),
                                       [SHAPE_IP_KEEP] = STR_INIT("keep"),
                                       [SHAPE_IP_REMOVE] = STR_INIT("remove")};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_equal(text, names[i])) {
            *out = (enum shape_ip)i;
            return true;
        }
    }
    return false;
}

static bool read_honoured(struct str text, bool *out) {
    *out = str_equal(text, STR("drop"));
    return *out || str_equal(text, STR("ignore"));
}

static bool read_word(struct str word, struct shape_privacy *privacy) {
    struct str value = word;
    struct str name = str_cut(&value, '=');
    if (str_equal(name, STR("ip"))) {
        return read_ip(value, &privacy->ip);
    }
    if (str_equal(name, STR("do_not_track"))) {
        return read_honoured(value, &privacy->do_not_track);
    }
    return str_equal(name, STR("global_privacy_control")) &&
           read_honoured(value, &privacy->global_privacy_control);
}

// "shop ip=keep do_not_track=drop".
static enum status read_project(struct shape_rules *rules, const struct settings *settings,
                                struct str item, struct shape_project *out, struct error *err) {
    static const char key[] = "privacy.projects";
    struct str rest = str_trim(item);
    struct str id = str_cut(&rest, ' ');
    bool right = id.len > 0 && rest.data;
    out->privacy = rules->privacy;
    while (rest.data && right) {
        struct str word = str_cut(&rest, ' ');
        right = word.len == 0 || read_word(word, &out->privacy);
    }
    if (!right) {
        return refuse(settings, key, item,
                      "is not written PROJECT ip=truncate|keep|remove do_not_track=ignore|drop "
                      "global_privacy_control=ignore|drop",
                      err);
    }
    for (size_t i = 0; i < rules->project_count; i++) {
        if (str_equal(rules->projects[i].id, id)) {
            return refuse(settings, key, id, "is named twice", err);
        }
    }
    out->id = arena_copy(&rules->arena, id);
    rules->project_count++;
    return out->id.data ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "no memory for rules");
}

static enum status read_hash_key(struct shape_rules *rules, const struct settings *settings,
                                 struct error *err) {
    struct str key = settings_string(settings, "privacy.hash_key");
    rules->has_hash_key = key.len > 0;
    if (key.len > 0 && key.len < 16) {
        return error_set(err, STATUS_INVALID, "%s: privacy.hash_key: has less than 16 bytes",
                         settings_origin(settings, "privacy.hash_key"));
    }
    (void)crypto_auth_hmacsha256_init(&rules->hash_state, (const unsigned char *)key.data, key.len);
    return STATUS_OK;
}

enum status shape_privacy_read(struct shape_rules *rules, const struct settings *settings,
                               struct error *err) {
    const struct str *items = NULL;
    size_t count = settings_list(settings, "privacy.projects", &items);
    struct shape_privacy *privacy = &rules->privacy;
    // The settings have seen to it that these are among the choices.
    (void)read_ip(settings_string(settings, "privacy.ip"), &privacy->ip);
    (void)read_honoured(settings_string(settings, "privacy.do_not_track"), &privacy->do_not_track);
    (void)read_honoured(settings_string(settings, "privacy.global_privacy_control"),
                        &privacy->global_privacy_control);
    rules->projects = arena_alloc_array(&rules->arena, count + 1, sizeof rules->projects[0]);
    if (!rules->projects) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for rules");
    }
    enum status status = read_hash_key(rules, settings, err);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = read_project(rules, settings, items[i], &rules->projects[i], err);
    }
    return status;
}

const struct shape_privacy *shape_privacy_of(const struct shape_rules *rules, struct str project) {
    for (size_t i = 0; i < rules->project_count; i++) {
        if (str_equal(rules->projects[i].id, project)) {
            return &rules->projects[i].privacy;
        }
    }
    return &rules->privacy;
}
