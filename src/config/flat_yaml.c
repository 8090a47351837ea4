// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Lists and maps as YAML, by libyaml's emitter.
#include <yaml.h>

#include "config/flat.h"
#include "config/scalar.h"

static int append(void *context, unsigned char *data, size_t len) {
    struct buffer *out = context;
    buffer_append(out, data, len);
    return buffer_status(out) == STATUS_OK;
}

// Whether without quotes it would be read as something else: a number, a date, a boolean.
static bool needs_quotes(struct str text) {
    struct arena arena;
    struct config_value value;
    bool is_null = false;
    if (text.len == 0 || strchr("0123456789+-.=", text.data[0])) {
        return true;
    }
    arena_init(&arena, 512, 0);
    enum status status = config_scalar_resolve(&arena, text, &value, &is_null);
    arena_free(&arena);
    return status != STATUS_OK || is_null || value.kind != CONFIG_TEXT ||
           str_equal(text, STR("<<"));
}

static bool emit_scalar(yaml_emitter_t *emitter, struct str text, yaml_scalar_style_t style) {
    yaml_event_t event;
    const unsigned char *data = (const unsigned char *)(text.data ? text.data : "");
    return yaml_scalar_event_initialize(&event, NULL, NULL, data, (int)text.len, 1, 1, style) &&
           yaml_emitter_emit(emitter, &event);
}

static bool emit_text(yaml_emitter_t *emitter, struct str text) {
    bool lines = text.len > 0 && memchr(text.data, '\n', text.len);
    return emit_scalar(emitter, text,
                       lines                ? YAML_LITERAL_SCALAR_STYLE
                       : needs_quotes(text) ? YAML_SINGLE_QUOTED_SCALAR_STYLE
                                            : YAML_PLAIN_SCALAR_STYLE);
}

static bool emit_value(yaml_emitter_t *emitter, const struct config_value *value) {
    if (value->kind == CONFIG_TEXT) {
        return emit_text(emitter, value->text);
    }
    struct str text = value->text;
    if (value->kind == CONFIG_FLOAT) { // as YAML spells them
        text = str_equal(text, STR("Infinity"))    ? STR(".inf")
               : str_equal(text, STR("-Infinity")) ? STR("-.inf")
               : str_equal(text, STR("NaN"))       ? STR(".NaN")
                                                   : text;
    }
    return emit_scalar(emitter, text, YAML_PLAIN_SCALAR_STYLE);
}

static bool emit_branch(yaml_emitter_t *emitter, const struct config_branch *branch) {
    yaml_event_t event;
    bool map = branch->kind == CONFIG_BRANCH_MAP;
    if (branch->kind == CONFIG_BRANCH_NULL) {
        return emit_scalar(emitter, STR("null"), YAML_PLAIN_SCALAR_STYLE);
    }
    if (branch->kind == CONFIG_BRANCH_LEAF) {
        return emit_value(emitter, &branch->value);
    }
    int good =
        map ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)
            : yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                   YAML_BLOCK_SEQUENCE_STYLE);
    if (!good || !yaml_emitter_emit(emitter, &event)) {
        return false;
    }
    for (size_t i = 0; i < branch->count; i++) {
        if ((map && !emit_text(emitter, branch->names.items[i].key)) ||
            !emit_branch(emitter, branch->children[i])) {
            return false;
        }
    }
    good = map ? yaml_mapping_end_event_initialize(&event)
               : yaml_sequence_end_event_initialize(&event);
    return good && yaml_emitter_emit(emitter, &event);
}

static bool emit_document(yaml_emitter_t *emitter, const struct config_branch *root) {
    yaml_event_t event;
    if (!yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) ||
        !yaml_emitter_emit(emitter, &event) ||
        !yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) ||
        !yaml_emitter_emit(emitter, &event) || !emit_branch(emitter, root)) {
        return false;
    }
    return yaml_document_end_event_initialize(&event, 1) && yaml_emitter_emit(emitter, &event) &&
           yaml_stream_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

// A file that is a list or a text and no map has its content under "document".
enum status config_yaml_write(const struct config_branch *root, struct buffer *out) {
    yaml_emitter_t emitter;
    if (root->count == 1 && str_equal(root->names.items[0].key, STR("document"))) {
        root = root->children[0];
    }
    if (!yaml_emitter_initialize(&emitter)) {
        return STATUS_NO_MEMORY;
    }
    yaml_emitter_set_output(&emitter, append, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    bool good = emit_document(&emitter, root);
    yaml_emitter_delete(&emitter);
    if (buffer_status(out) != STATUS_OK) {
        return buffer_status(out);
    }
    return good ? STATUS_OK : STATUS_NO_MEMORY;
}
