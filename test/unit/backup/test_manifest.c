// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a manifest may say, and what is refused because it is not what was written, or leads out of the backup.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "backup/private.h"
#include "base/json_read.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define FILE_(path) "{\"path\":\"" path "\",\"bytes\":7,\"sha256\":\"" HASH "\"}"
#define WITH(files) "{\"format\":1,\"footfall\":\"9.9\",\"createdMs\":1000,\"files\":[" files "]}"

static enum status parse(const char *text, struct arena *arena, struct backup_manifest *out,
                         struct error *err) {
    size_t len = strlen(text);
    char *padded = arena_alloc_zero(arena, len + JSON_PADDING);
    assert_non_null(padded);
    memcpy(padded, text, len);
    return backup_manifest_parse(str_make(padded, len), "manifest.json", arena, out, err);
}

static void what_was_written_is_read(void **state) {
    (void)state;
    struct backup_manifest manifest;
    struct error err = {STATUS_OK, ""};
    struct arena arena;
    arena_init(&arena, 4096, 0);
    assert_int_equal(
        parse(WITH(FILE_("credentials.json") "," FILE_("log/a.sst") "," FILE_("store/CURRENT")),
              &arena, &manifest, &err),
        STATUS_OK);
    assert_int_equal(manifest.created_ms, 1000);
    assert_int_equal(manifest.files, 3);
    assert_int_equal(manifest.bytes, 21);
    assert_true(str_equal(manifest.first->next->path, STR("log/a.sst")));
    assert_int_equal(manifest.first->hash[0], 0);
    assert_int_equal(manifest.first->hash[31], 0xff);
    arena_free(&arena);
}

static void what_is_wrong_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        WITH(""),
        "{\"format\":1,\"createdMs\":1000}",
        "{\"format\":0,\"createdMs\":1000,\"files\":[" FILE_("log/a") "]}",
        "{\"format\":1,\"createdMs\":\"now\",\"files\":[" FILE_("log/a") "]}",
        "{\"format\":1,\"createdMs\":1000,\"files\":" FILE_("log/a") "}",
        WITH("7"),
        WITH("{\"path\":\"log/a\",\"bytes\":-1,\"sha256\":\"" HASH "\"}"),
        WITH("{\"path\":\"log/a\",\"bytes\":7,\"sha256\":\"00\"}"),
        WITH("{\"path\":\"log/a\",\"bytes\":7,\"sha256\":\"" HASH "00\"}"),
        WITH("{\"path\":\"log/a\",\"bytes\":7}"),
        WITH(FILE_("log/b") "," FILE_("log/a")), // not in order
        WITH(FILE_("log/a") "," FILE_("log/a")),
        // Names that lead elsewhere, or are none of a backup's.
        WITH(FILE_("")),
        WITH(FILE_("log/")),
        WITH(FILE_("log/..")),
        WITH(FILE_("log/../x")),
        WITH(FILE_("log/a/b")),
        WITH(FILE_("log/.hidden")),
        WITH(FILE_("log/a\\u0000b")),
        WITH(FILE_("/etc/passwd")),
        WITH(FILE_("../store/a")),
        WITH(FILE_("spool/a")),
        WITH(FILE_("credentials.json/a")),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct backup_manifest manifest;
        struct error err = {STATUS_OK, ""};
        struct arena arena;
        arena_init(&arena, 4096, 0);
        if (parse(wrong[i], &arena, &manifest, &err) != STATUS_CORRUPT) {
            fail_msg("%s is taken", wrong[i]);
        }
        assert_non_null(strstr(err.text, "manifest.json is damaged"));
        arena_free(&arena);
    }
}

static void a_newer_format_is_told_apart_from_damage(void **state) {
    (void)state;
    struct backup_manifest manifest;
    struct error err = {STATUS_OK, ""};
    struct arena arena;
    arena_init(&arena, 4096, 0);
    assert_int_equal(parse("{\"format\":2,\"footfall\":\"9.9\"}", &arena, &manifest, &err),
                     STATUS_UNSUPPORTED);
    assert_non_null(strstr(err.text, "9.9"));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(what_is_wrong_is_refused),
        cmocka_unit_test(a_newer_format_is_told_apart_from_damage),
    };
    return cmocka_run_group_tests_name("backup manifest", tests, NULL, NULL);
}
