// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Addresses: which are public; looking up in a file made here; exchanging the file; files that are none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "base/random.h"
#include "enrich/location.h"

static const struct {
    const char *address;
    bool is_public;
} addresses[] = {
    {"8.8.8.8", true},
    {"81.2.69.142", true},
    {"10.0.0.1", false},
    {"172.16.0.1", false},
    {"172.15.0.1", true},
    {"172.32.0.1", true},
    {"192.168.1.1", false},
    {"192.169.1.1", true},
    {"127.0.0.1", false},
    {"169.254.1.1", false},
    {"100.64.0.1", false},
    {"100.128.0.1", true},
    {"0.0.0.0", false},
    {"224.0.0.1", false},
    {"255.255.255.255", false},
    {"2001:4860::8888", true},
    {"::1", false},
    {"::", false},
    {"fe80::1", false},
    {"fd00::1", false},
    {"ff02::1", false},
    {"::ffff:8.8.8.8", true},
    {"::ffff:10.0.0.1", false},
    {"", false},
    {"x", false},
    {"1.2.3", false},
    {"1.2.3.4.5", false},
    {"8.8.8.8:80", false},
    {"[2001:4860::8888]", false},
    {"fe80::1%eth0", false},
    {" 8.8.8.8", false},
    {"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", false},
};

static void test_addresses(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        if (enrich_address_is_public(str_from_c(addresses[i].address)) != addresses[i].is_public) {
            fail_msg("%s", addresses[i].address);
        }
    }
}

// --- A small file (https://maxmind.github.io/MaxMind-DB/) ---------------------------------------------------------------

static void put_text(struct buffer *out, const char *text) {
    buffer_append_char(out, (char)(2 << 5 | (int)strlen(text)));
    buffer_append_str(out, str_from_c(text));
}

static void put_map(struct buffer *out, unsigned pairs) {
    buffer_append_char(out, (char)(7 << 5 | (int)pairs));
}

static void put_number(struct buffer *out, const char *key, unsigned type, uint32_t value) {
    put_text(out, key);
    buffer_append_char(out, (char)(type << 5 | 4));
    for (int shift = 24; shift >= 0; shift -= 8) {
        buffer_append_char(out, (char)(value >> shift));
    }
}

static void put_small(struct buffer *out, const char *key, uint16_t value) {
    put_text(out, key);
    buffer_append_char(out, (char)(5 << 5 | 2));
    buffer_append_char(out, (char)(value >> 8));
    buffer_append_char(out, (char)value);
}

static void put_record(struct buffer *out, uint32_t value) { // of 24 bits
    buffer_append_char(out, (char)(value >> 16));
    buffer_append_char(out, (char)(value >> 8));
    buffer_append_char(out, (char)value);
}

// One node: addresses whose first bit is 0 have the country, others nothing.
static void make_file(struct buffer *out, const char *country, const char *region) {
    buffer_init(out, 4096);
    put_record(out, 1 + 16);
    put_record(out, 1);
    for (int i = 0; i < 16; i++) {
        buffer_append_char(out, '\0');
    }
    put_map(out, region ? 2 : 1);
    put_text(out, "country");
    put_map(out, 1);
    put_text(out, "iso_code");
    put_text(out, country);
    if (region) {
        put_text(out, "subdivisions");
        buffer_append(out, "\x01\x04", 2); // array of one
        put_map(out, 1);
        put_text(out, "iso_code");
        put_text(out, region);
    }
    buffer_append(out, "\xab\xcd\xefMaxMind.com", 14);
    put_map(out, 9);
    put_text(out, "languages");
    buffer_append(out, "\x00\x04", 2); // an array of none
    put_text(out, "description");
    put_map(out, 0);
    put_number(out, "node_count", 6, 1);
    put_small(out, "record_size", 24);
    put_small(out, "ip_version", 4);
    put_text(out, "database_type");
    put_text(out, "Test");
    put_small(out, "binary_format_major_version", 2);
    put_small(out, "binary_format_minor_version", 0);
    put_text(out, "build_epoch");
    buffer_append(out, "\x04\x02\x65\x00\x00\x00", 6); // uint64 of 4 bytes
    assert_int_equal(buffer_status(out), STATUS_OK);
}

static void write_file(const char *path, struct str content) {
    char fresh[64];
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.len, file), content.len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(fresh, path), 0);
}

static void expect(struct enrich_locator *locator, const char *address, const char *country,
                   const char *region) {
    struct enrich_location got;
    enrich_locator_find(locator, str_from_c(address), &got);
    assert_string_equal(got.country, country);
    assert_string_equal(got.region, region);
}

static void temporary(char path[32]) {
    (void)snprintf(path, 32, "/tmp/footfall-mmdb-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
}

static void test_look_up_and_exchange(void **state) {
    (void)state;
    struct enrich_locations *locations;
    struct enrich_locator *locator, *other;
    struct buffer content;
    struct error err;
    char path[32], about[ENRICH_LOCATIONS_ABOUT];
    bool changed;
    temporary(path);
    make_file(&content, "de", "BE");
    write_file(path, buffer_str(&content));
    buffer_free(&content);
    assert_int_equal(enrich_locations_open(path, &locations, &err), STATUS_OK);
    enrich_locations_about(locations, about);
    assert_string_equal(about, "Test 2023-09-12");
    assert_int_equal(enrich_locator_make(locations, &locator), STATUS_OK);
    assert_int_equal(enrich_locator_make(locations, &other), STATUS_OK);
    expect(locator, "81.2.69.142", "DE", "BE");
    expect(locator, "81.2.69.142", "DE", "BE"); // remembered
    expect(locator, "200.1.1.1", "", "");
    expect(locator, "10.1.1.1", "", "");
    expect(locator, "::ffff:81.2.69.142", "DE", "BE");
    expect(locator, "2001:4860::8888", "", ""); // the file is of IPv4
    expect(locator, "", "", "");
    assert_int_equal(enrich_locations_reload(locations, &changed, &err), STATUS_OK);
    assert_false(changed);
    write_file(path, STR("no such file")); // what is broken changes nothing
    assert_int_equal(enrich_locations_reload(locations, &changed, &err), STATUS_INVALID);
    make_file(&content, "FR", NULL);
    write_file(path, buffer_str(&content));
    buffer_free(&content);
    assert_int_equal(enrich_locations_reload(locations, &changed, &err), STATUS_OK);
    assert_true(changed);
    expect(locator, "81.2.69.142", "DE", "BE"); // until the next batch
    enrich_locator_refresh(locator);
    expect(locator, "81.2.69.142", "FR", "");
    enrich_locator_free(locator);
    expect(other, "81.2.69.142", "DE", "BE");
    enrich_locator_free(other);
    enrich_locator_free(NULL);
    (void)unlink(path);
    assert_int_equal(enrich_locations_reload(locations, &changed, &err), STATUS_NOT_FOUND);
    enrich_locations_free(locations);
    enrich_locations_free(NULL);
    assert_int_equal(enrich_locations_open(path, &locations, &err), STATUS_NOT_FOUND);
}

// Codes that are none count as not known.
static void test_odd_codes(void **state) {
    (void)state;
    static const char *const odd[][2] = {{"D", "BE"}, {"DEU", "BE"}, {"d\n", "BE"}, {"", ""}};
    struct error err;
    for (size_t i = 0; i < 4; i++) {
        struct enrich_locations *locations;
        struct enrich_locator *locator;
        struct buffer content;
        char path[32];
        temporary(path);
        make_file(&content, odd[i][0], odd[i][1]);
        write_file(path, buffer_str(&content));
        buffer_free(&content);
        assert_int_equal(enrich_locations_open(path, &locations, &err), STATUS_OK);
        assert_int_equal(enrich_locator_make(locations, &locator), STATUS_OK);
        expect(locator, "81.2.69.142", "", "");
        enrich_locator_free(locator);
        enrich_locations_free(locations);
        (void)unlink(path);
    }
}

// Any byte of the file may be another one: it opens or not, and says something or nothing.
static void test_broken_files(void **state) {
    (void)state;
    struct random_seeded random;
    struct buffer content;
    struct error err;
    char path[32];
    temporary(path);
    random_seeded_init(&random, 3);
    for (unsigned round = 0; round < 2000; round++) {
        struct enrich_locations *locations;
        struct enrich_locator *locator;
        struct enrich_location got;
        make_file(&content, "DE", "BE");
        content.data[random_below(&random.source, content.len)] =
            (char)random_below(&random.source, 256);
        struct str cut = buffer_str(&content);
        cut.len -= round % 4 == 0 ? (size_t)random_below(&random.source, cut.len) : 0;
        write_file(path, cut);
        if (enrich_locations_open(path, &locations, &err) == STATUS_OK) {
            char about[ENRICH_LOCATIONS_ABOUT];
            enrich_locations_about(locations, about);
            assert_int_equal(enrich_locator_make(locations, &locator), STATUS_OK);
            enrich_locator_find(locator, STR("81.2.69.142"), &got);
            assert_true(strlen(got.country) == 0 || strlen(got.country) == 2);
            enrich_locator_free(locator);
            enrich_locations_free(locations);
        }
        buffer_free(&content);
    }
    (void)unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_look_up_and_exchange),
        cmocka_unit_test(test_odd_codes),
        cmocka_unit_test(test_broken_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
