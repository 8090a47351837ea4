// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Property sources of a request, in their order.
#include "config/environment.h"

#include <stdio.h>

// --- What is asked for --------------------------------------------------------------------------------------------------
static bool has(struct str text, struct str part) {
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (str_equal(str_make(text.data + i, part.len), part)) {
            return true;
        }
    }
    return false;
}

// Nothing that leads elsewhere, or that a file name cannot have.
static bool is_safe(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == '\\' || text.data[i] == '#') {
            return false;
        }
    }
    return text.len <= 1024 && str_is_utf8(text) && !has(text, STR("..")) &&
           !str_starts_with(text, STR("/")) && !has(text, STR("//")) && !has(text, STR("/."));
}

// (_) stands for a slash, which a segment of a path cannot hold.
static struct str with_slashes(struct arena *arena, struct str text) {
    const struct str mark = STR("(_)");
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (!out) {
        return STR_EMPTY;
    }
    while (text.len > 0) {
        bool slash = str_starts_with(text, mark);
        size_t taken = slash ? mark.len : 1;
        out[len++] = slash ? '/' : text.data[0];
        text = str_make(text.data + taken, text.len - taken);
    }
    out[len] = '\0';
    return str_make(out, len);
}

size_t config_names_split(struct str text, struct str *out) {
    struct str rest = text;
    size_t count = 0;
    while (rest.data) {
        struct str one = str_trim(str_cut(&rest, ','));
        bool known = one.len == 0;
        for (size_t i = 0; i < count; i++) {
            known = known || str_equal(out[i], one);
        }
        if (known) {
            continue;
        }
        if (count == CONFIG_NAMES_MAX) {
            return 0;
        }
        out[count++] = one;
    }
    return count;
}

enum status config_asked_make(struct arena *arena, struct str name, struct str profiles,
                              struct str label, struct config_asked *out, struct error *err) {
    struct str *names = arena_alloc_array(arena, (size_t)CONFIG_NAMES_MAX + 1, sizeof *names);
    struct str *profile_names = arena_alloc_array(arena, CONFIG_NAMES_MAX, sizeof *profile_names);
    *out = (struct config_asked){.name = with_slashes(arena, name),
                                 .profiles = with_slashes(arena, profiles),
                                 .label = label.data ? with_slashes(arena, label) : STR_EMPTY,
                                 .names = names,
                                 .profile_names = profile_names};
    if (!names || !profile_names || !out->name.data || !out->profiles.data ||
        (label.data && !out->label.data)) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    out->name_count = config_names_split(out->name, names);
    out->profile_count = config_names_split(out->profiles, profile_names);
    if (out->name_count == 0 || out->profile_count == 0 || !is_safe(out->name) ||
        !is_safe(out->profiles) || !is_safe(out->label)) {
        return error_set(err, STATUS_NOT_FOUND, "no name of an application, profile or label");
    }
    return STATUS_OK;
}

// --- Reading ------------------------------------------------------------------------------------------------------------
static enum status look_at(struct config_backend *backend, struct arena *arena,
                           const struct config_asked *asked, struct config_environment *out,
                           struct error *err) {
    *out = (struct config_environment){.asked = *asked};
    out->snapshot.backend = backend;
    out->snapshot.arena = arena;
    return backend->table->look(backend, asked, &out->snapshot, err);
}

// One behind the other, the last label first; the version is that of all, in the order of the labels.
static enum status look_at_each(const struct str *labels, size_t count,
                                struct config_environment *out, struct error *err) {
    struct config_snapshot *snapshot = &out->snapshot;
    struct config_backend *backend = (struct config_backend *)snapshot->backend;
    struct config_environment **link = &out->next;
    struct str version = STR_EMPTY;
    enum status status = STATUS_OK;
    for (size_t i = count; i-- > 0 && status == STATUS_OK;) {
        struct config_asked asked = out->asked;
        struct config_environment *part = arena_alloc_zero(snapshot->arena, sizeof *part);
        if (!part) {
            return error_set(err, STATUS_NO_MEMORY, "out of memory");
        }
        asked.label = labels[i];
        *link = part;
        link = &part->next;
        status = look_at(backend, snapshot->arena, &asked, part, err);
        version = arena_printf(snapshot->arena, "%.*s%s%.*s", STR_ARG(part->snapshot.version),
                               version.len > 0 ? "," : "", STR_ARG(version));
    }
    snapshot->version = version;
    return status;
}

enum status config_environment_look(struct config_backend *backend, struct arena *arena,
                                    const struct config_asked *asked,
                                    struct config_environment *out, struct error *err) {
    struct str labels[CONFIG_NAMES_MAX];
    size_t count =
        backend->each_label && asked->label.data ? config_names_split(asked->label, labels) : 0;
    if (count <= 1) {
        return look_at(backend, arena, asked, out, err);
    }
    *out = (struct config_environment){.asked = *asked};
    out->snapshot.backend = backend;
    out->snapshot.arena = arena;
    return look_at_each(labels, count, out, err);
}

void config_environment_free(struct config_environment *environment) {
    for (; environment; environment = environment->next) {
        const struct config_backend *backend = environment->snapshot.backend;
        if (backend && backend->table->release) {
            backend->table->release(&environment->snapshot);
        }
    }
}

struct reading {
    struct config_environment *environment;
    const struct config_cipher *cipher;
    struct error *err;
};

static enum status put_decrypted(const struct reading *r, struct config_map *map,
                                 const struct config_property *property) {
    struct arena *arena = r->environment->snapshot.arena;
    struct config_value value = property->value;
    struct buffer plain;
    size_t mark = sizeof "{cipher}" - 1;
    buffer_init(&plain, value.text.len + 1);
    enum status status =
        r->cipher ? config_cipher_decrypt(
                        r->cipher, str_make(value.text.data + mark, value.text.len - mark), &plain)
                  : STATUS_INVALID;
    struct str key = property->key;
    value.line = value.column = 0; // what stands there is another text
    if (status == STATUS_OK) {
        value.text = arena_copy(arena, buffer_str(&plain));
    } else {
        key = arena_printf(arena, "invalid.%.*s", STR_ARG(property->key));
        value.text = STR("<n/a>");
    }
    buffer_free(&plain);
    return key.data && value.text.data && status != STATUS_NO_MEMORY
               ? config_map_put(map, key, value)
               : STATUS_NO_MEMORY;
}

static bool is_encrypted(const struct config_value *value) {
    return value->kind == CONFIG_TEXT && str_starts_with(value->text, STR("{cipher}"));
}

// The same map, or another with what is encrypted made plain.
static enum status decrypt(const struct reading *r, struct config_map *map) {
    size_t encrypted = 0;
    struct config_map plain;
    for (size_t i = 0; i < map->count; i++) {
        encrypted += is_encrypted(&map->items[i].value);
    }
    if (encrypted == 0) {
        return STATUS_OK;
    }
    config_map_init(&plain, map->arena);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < map->count && status == STATUS_OK; i++) {
        const struct config_property *item = &map->items[i];
        status = is_encrypted(&item->value) ? put_decrypted(r, &plain, item)
                                            : config_map_put(&plain, item->key, item->value);
    }
    *map = plain;
    return status == STATUS_OK ? status : error_set(r->err, status, "out of memory");
}

static enum status add_source(const struct reading *r, struct str name, struct config_map map) {
    struct config_environment *environment = r->environment;
    struct config_source *source = arena_alloc(environment->snapshot.arena, sizeof *source);
    if (!source || !name.data) {
        return error_set(r->err, STATUS_NO_MEMORY, "out of memory");
    }
    if (environment->count++ == CONFIG_SOURCES_MAX) {
        return error_set(r->err, STATUS_TOO_LARGE, "more than %d property sources",
                         CONFIG_SOURCES_MAX);
    }
    *source = (struct config_source){name, map, NULL};
    if (environment->last) {
        environment->last->next = source;
    } else {
        environment->first = source;
    }
    environment->last = source;
    return STATUS_OK;
}

// Documents that count, the last one first.
static enum status add_documents(const struct reading *r, struct str location, struct str path,
                                 const struct config_file *file) {
    const struct config_document *documents[CONFIG_FILE_DOCUMENTS];
    struct config_environment *environment = r->environment;
    const struct config_asked *asked = &environment->asked;
    size_t count = 0;
    enum status status = STATUS_OK;
    for (const struct config_document *d = file->first; d; d = d->next) {
        documents[count++] = d;
    }
    while (count > 0 && status == STATUS_OK) {
        const struct config_document *document = documents[--count];
        bool active = false;
        status = config_document_is_active(document, asked->profile_names, asked->profile_count,
                                           &active, r->err);
        struct config_map map = document->map;
        if (status == STATUS_OK && active) {
            status = decrypt(r, &map);
        }
        if (status == STATUS_OK && active) {
            struct str name = environment->snapshot.backend->table->title(
                &environment->snapshot, location, path, file->count > 1, count);
            status = add_source(r, name, map);
        }
    }
    return status;
}

static enum status parse(const struct reading *r, struct str path, struct str text,
                         struct config_file *file) {
    bool properties =
        path.len > 11 && str_equal(str_make(path.data + path.len - 11, 11), STR(".properties"));
    struct arena *arena = r->environment->snapshot.arena;
    return properties ? config_properties_read(arena, text, file, r->err)
                      : config_yaml_read(arena, text, file, r->err);
}

static enum status add_file(const struct reading *r, struct str location, struct str path) {
    const struct config_snapshot *snapshot = &r->environment->snapshot;
    struct str text;
    int64_t modified = 0;
    struct config_file file;
    struct error reason = {STATUS_OK, ""};
    struct reading inner = {r->environment, r->cipher, &reason};
    enum status status = path.data ? snapshot->backend->table->read(snapshot, location, path, &text,
                                                                    &modified, &reason)
                                   : STATUS_NO_MEMORY;
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    status = status == STATUS_OK ? parse(&inner, path, text, &file) : status;
    status = status == STATUS_OK ? add_documents(&inner, location, path, &file) : status;
    return status == STATUS_OK
               ? status
               : error_set(r->err, status, "%.*s%.*s: %s", STR_ARG(location), STR_ARG(path),
                           reason.text[0] ? reason.text : status_text(status));
}

// profile data NULL: files without one.
static enum status add_group(const struct reading *r, const struct str *names, size_t name_count,
                             struct str profile) {
    static const char *const extensions[] = {".properties", ".yml", ".yaml"};
    struct config_snapshot *snapshot = &r->environment->snapshot;
    enum status status = STATUS_OK;
    for (size_t l = snapshot->location_count; l-- > 0 && status == STATUS_OK;) {
        for (size_t n = name_count; n-- > 0 && status == STATUS_OK;) {
            for (size_t e = 0; e < 3 && status == STATUS_OK; e++) {
                struct str path =
                    arena_printf(snapshot->arena, "%.*s%s%.*s%s", STR_ARG(names[n]),
                                 profile.data ? "-" : "", STR_ARG(profile), extensions[e]);
                status = add_file(r, snapshot->locations[l], path);
            }
        }
    }
    return status;
}

static enum status read_label(struct config_environment *environment,
                              const struct config_cipher *cipher, struct error *err) {
    const struct config_asked *asked = &environment->asked;
    struct reading r = {environment, cipher, err};
    struct str names[CONFIG_NAMES_MAX + 1] = {STR_INIT("application")};
    size_t count = 1;
    for (size_t i = 0; i < asked->name_count; i++) {
        if (!str_equal(asked->names[i], names[0])) {
            names[count++] = asked->names[i];
        }
    }
    enum status status = STATUS_OK;
    for (size_t p = asked->profile_count; p-- > 0 && status == STATUS_OK;) {
        status = add_group(&r, names, count, asked->profile_names[p]);
    }
    return status == STATUS_OK ? add_group(&r, names, count, STR_EMPTY) : status;
}

enum status config_environment_read(struct config_environment *environment,
                                    const struct config_cipher *cipher, struct error *err) {
    enum status status = environment->next ? STATUS_OK : read_label(environment, cipher, err);
    for (struct config_environment *part = environment->next; part && status == STATUS_OK;
         part = part->next) {
        status = read_label(part, cipher, err);
        if (status == STATUS_OK && environment->count + part->count > CONFIG_SOURCES_MAX) {
            status = error_set(err, STATUS_TOO_LARGE, "more than %d property sources",
                               CONFIG_SOURCES_MAX);
        }
        if (status == STATUS_OK && part->first) {
            *(environment->last ? &environment->last->next : &environment->first) = part->first;
            environment->last = part->last;
            environment->count += part->count;
        }
    }
    return status;
}

const struct config_value *config_environment_find(const struct config_environment *environment,
                                                   struct str key) {
    for (const struct config_source *source = environment->first; source; source = source->next) {
        const struct config_property *found = config_map_find(&source->map, key);
        if (found) {
            return &found->value;
        }
    }
    return NULL;
}

// --- Writing ------------------------------------------------------------------------------------------------------------
void config_value_write(struct json_writer *writer, const struct config_value *value) {
    bool text = value->kind == CONFIG_TEXT ||
                (value->kind == CONFIG_FLOAT && has(value->text, STR("N"))) || // NaN
                (value->kind == CONFIG_FLOAT && has(value->text, STR("I")));   // Infinity
    if (text) {
        json_string(writer, value->text);
    } else {
        json_raw(writer, value->text);
    }
}

static void write_source(const struct config_source *source, bool origins,
                         struct json_writer *writer) {
    json_begin_object(writer);
    json_member_string(writer, STR("name"), source->name);
    json_key(writer, STR("source"));
    json_begin_object(writer);
    for (size_t i = 0; i < source->map.count; i++) {
        const struct config_property *property = &source->map.items[i];
        json_key(writer, property->key);
        if (origins && property->value.line > 0) {
            char place[40];
            (void)snprintf(place, sizeof place, "%u:%u", property->value.line,
                           property->value.column);
            json_begin_object(writer);
            json_key(writer, STR("value"));
            config_value_write(writer, &property->value);
            json_member_string(writer, STR("origin"), str_from_c(place));
            json_end_object(writer);
        } else {
            config_value_write(writer, &property->value);
        }
    }
    json_end_object(writer);
    json_end_object(writer);
}

void config_environment_write(const struct config_environment *environment, bool origins,
                              struct json_writer *writer) {
    const struct config_asked *asked = &environment->asked;
    json_begin_object(writer);
    json_member_string(writer, STR("name"), asked->name);
    json_key(writer, STR("profiles"));
    json_begin_array(writer);
    json_string(writer, asked->profiles); // one, with its commas: as Spring's server has it
    json_end_array(writer);
    json_member_string_or_null(writer, STR("label"), asked->label);
    json_member_string_or_null(writer, STR("version"), environment->snapshot.version);
    json_key(writer, STR("state"));
    if (environment->snapshot.backend->has_state) {
        json_string(writer, STR(""));
    } else {
        json_null(writer);
    }
    json_key(writer, STR("propertySources"));
    json_begin_array(writer);
    for (const struct config_source *source = environment->first; source; source = source->next) {
        write_source(source, origins, writer);
    }
    json_end_array(writer);
    json_end_object(writer);
}
