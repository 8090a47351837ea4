// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Placeholders, by the property sources of an environment.
#include "config/placeholder.h"

#include "base/placeholder.h"

static bool find(const void *context, struct str name, struct str *text) {
    const struct config_value *value = config_environment_find(context, name);
    *text = value ? value->text : STR_EMPTY;
    return value != NULL;
}

enum status config_placeholders_resolve(const struct config_environment *environment,
                                        struct str text, struct buffer *out) {
    return placeholder_resolve(text, find, environment, out);
}
