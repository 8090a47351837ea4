// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Memory runs out once, at each allocation in turn, while files are read and written in all forms.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config/flat.h"
#include "config/placeholder.h"
#include "support/failing_malloc.h"

static const char yaml[] = "a: &a {x: 1, y: [p, q, {r: 1.5}], t: \"${a.x} ${none:d}\"}\n"
                           "b: {<<: *a, z: true}\nc: |\n  one\n  two\n---\nd: 0x1F\n";
static const char properties[] = "a.x=2\nl[]=1,2,3\nlong=a\\\n  b\n#---\nd=\\u00e9\n";

static enum status add(struct config_environment *environment, const struct config_file *file) {
    for (const struct config_document *d = file->first; d; d = d->next) {
        struct config_source *source = arena_alloc(environment->snapshot.arena, sizeof *source);
        if (!source) {
            return STATUS_NO_MEMORY;
        }
        *source = (struct config_source){STR("test"), d->map, environment->first};
        environment->first = source;
        environment->count++;
    }
    return STATUS_OK;
}

static enum status use(struct arena *arena, struct buffer *out) {
    struct config_environment environment = {.snapshot = {.arena = arena}};
    struct config_asked asked;
    struct config_file file;
    struct config_map map;
    struct error err = {STATUS_OK, ""};
    enum status status =
        config_asked_make(arena, STR("a,b"), STR("dev"), STR("x(_)y"), &asked, &err);
    status = status == STATUS_OK ? config_yaml_read(arena, STR(yaml), &file, &err) : status;
    status = status == STATUS_OK ? add(&environment, &file) : status;
    status =
        status == STATUS_OK ? config_properties_read(arena, STR(properties), &file, &err) : status;
    status = status == STATUS_OK ? add(&environment, &file) : status;
    for (unsigned form = 0; form < 3 && status == STATUS_OK; form++) {
        status = config_flat_merge(&environment, &map);
        status = status == STATUS_OK ? config_flat_resolve(&environment, &map, 10000) : status;
        status = status == STATUS_OK ? config_flat_write(&map, (enum config_form)form, out, &err)
                                     : status;
    }
    return status;
}

static void each_allocation_fails_in_turn(void **state) {
    (void)state;
    for (long n = 0;; n++) {
        struct arena arena;
        struct buffer out;
        arena_init(&arena, 64, 0); // small: each step needs more
        buffer_init(&out, 100000);
        failing_malloc_arm(n);
        enum status status = use(&arena, &out);
        bool failed = failing_malloc_disarm();
        assert_int_equal(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        buffer_free(&out);
        arena_free(&arena);
        if (!failed) {
            assert_true(n > 100);
            return;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails_in_turn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
