// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Manifests of backups: what is taken names each file once, in order, and none outside of the backup.
#include <string.h>

#include "backup/private.h"
#include "base/check.h"
#include "base/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct backup_manifest manifest;
    struct error err = {STATUS_OK, ""};
    struct arena arena;
    uint64_t files = 0;
    arena_init(&arena, 4096, 0);
    char *text = arena_alloc_zero(&arena, size + JSON_PADDING);
    CHECK(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    enum status status = backup_manifest_parse(str_make(text, size), "m", &arena, &manifest, &err);
    CHECK(status == STATUS_OK || strlen(err.text) > 0);
    for (struct backup_file *file = status == STATUS_OK ? manifest.first : NULL; file;
         file = file->next) {
        CHECK(memchr(file->path.data, '\0', file->path.len) == NULL);
        CHECK(!file->next || str_compare(file->path, file->next->path) < 0);
        CHECK(file->path.data[0] != '/' && file->path.data[0] != '.');
        files++;
    }
    CHECK(status != STATUS_OK || (files == manifest.files && files > 0));
    arena_free(&arena);
    return 0;
}
