// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Settings from a file.
#include "base/file.h"
#include "base/settings_layer.h"

enum status settings_load_file(struct settings *settings, const char *path, struct error *err) {
    struct buffer text;
    buffer_init(&text, (size_t)SETTINGS_YAML_MOST + 1);
    enum status status = file_read(path, &text, err);
    if (status == STATUS_OK) {
        const struct settings_source source = {.name = path};
        status = settings_yaml_load(settings, SETTINGS_FILE, &source, buffer_str(&text), err);
    }
    buffer_free(&text);
    return status;
}
