// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Settings from a file.
#include <errno.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/settings_layer.h"

static enum status read_whole(const char *path, struct buffer *out, struct error *err) {
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "%s: %s", path,
                         strerror(errno));
    }
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        status = buffer_reserve(out, 4096);
        size_t got = status == STATUS_OK ? fread(out->data + out->len, 1, 4096, file) : 0;
        out->len += got;
        if (got < 4096) {
            break;
        }
    }
    if (status != STATUS_OK) {
        error_set(err, status, "%s: %s", path, status_text(status));
    } else if (ferror(file)) {
        status = error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    }
    fclose(file);
    return status;
}

enum status settings_load_file(struct settings *settings, const char *path, struct error *err) {
    struct buffer text;
    buffer_init(&text, (size_t)SETTINGS_YAML_MOST + 4096);
    enum status status = read_whole(path, &text, err);
    if (status == STATUS_OK) {
        const struct settings_source source = {.name = path};
        status = settings_yaml_load(settings, SETTINGS_FILE, &source, buffer_str(&text), err);
    }
    buffer_free(&text);
    return status;
}
