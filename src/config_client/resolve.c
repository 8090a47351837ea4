// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// ${name} in the values of a reply: another of its properties, or a variable of this process's environment.
#include "base/placeholder.h"
#include "config_client/private.h"

struct names {
    const struct config_client_reply *reply;
    char *const *envp;
};

// The name itself, or as Spring asks for it: cassandra.password is CASSANDRA_PASSWORD.
static bool is_variable(struct str variable, struct str name, bool relaxed) {
    if (variable.len != name.len) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (relaxed) {
            c = c == '.' || c == '-' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
        if (variable.data[i] != c) {
            return false;
        }
    }
    return true;
}

static bool find_variable(const struct names *names, struct str name, bool relaxed,
                          struct str *text) {
    for (char *const *entry = names->envp; entry && *entry; entry++) {
        struct str rest = str_from_c(*entry);
        struct str variable = str_cut(&rest, '=');
        if (rest.data && is_variable(variable, name, relaxed)) {
            *text = rest;
            return true;
        }
    }
    return false;
}

// As in Spring's environment, what the machine says is stronger than what the server says.
static bool find(const void *context, struct str name, struct str *text) {
    const struct names *names = context;
    if (find_variable(names, name, false, text) || find_variable(names, name, true, text)) {
        return true;
    }
    for (size_t i = 0; i < names->reply->count; i++) {
        const struct config_client_property *property = &names->reply->properties[i];
        if (!property->hidden && str_equal(property->key, name)) {
            *text = property->text;
            return true;
        }
    }
    return false;
}

static enum status resolve(const struct names *names, struct config_client_property *property,
                           struct str *out, struct arena *arena, struct error *err) {
    struct buffer text;
    buffer_init(&text, CONFIG_CLIENT_VALUE_MOST);
    enum status status = placeholder_resolve(property->text, find, names, &text);
    if (status == STATUS_OK) {
        *out = arena_copy(arena, buffer_str(&text));
        status = out->data ? STATUS_OK : STATUS_NO_MEMORY;
    }
    buffer_free(&text);
    if (status != STATUS_OK) {
        (void)error_set(
            err, status, "%.*s: %.*s: %s",
            (int)(property->source.len > 200 ? 200 : property->source.len), property->source.data,
            (int)(property->key.len > 120 ? 120 : property->key.len), property->key.data,
            status == STATUS_INVALID ? "its ${} name one another in a circle"
                                     : status_text(status));
    }
    return status;
}

enum status config_client_resolve(const struct config_client_reply *reply, char *const *envp,
                                  struct arena *arena, struct config_client_reply *out,
                                  struct error *err) {
    const struct names names = {reply, envp};
    *out = *reply;
    out->properties = arena_alloc_array(arena, reply->count + 1, sizeof *out->properties);
    enum status status = STATUS_OK;
    if (!out->properties) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < reply->count && status == STATUS_OK; i++) {
        struct config_client_property *property = &out->properties[i];
        *property = reply->properties[i];
        if (!property->hidden && property->text.len > 0 &&
            memmem(property->text.data, property->text.len, "${", 2)) {
            status = resolve(&names, &reply->properties[i], &property->text, arena, err);
        }
    }
    return status;
}
