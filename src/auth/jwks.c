// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Key sets: JSON on one side, keys on the other.
#include "auth/jwks.h"

#include <stdlib.h>

struct jwks {
    size_t count;
    struct jwt_key *keys[JWKS_KEYS_MAX];
};

static bool array_has(const struct json_value *array, struct str text) {
    for (const struct json_value *one = array->child; one; one = one->next) {
        if (json_is_string(one) && str_equal(one->text, text)) {
            return true;
        }
    }
    return false;
}

static bool is_for_verifying(const struct json_value *jwk, enum jwt_algorithm algorithm) {
    const struct json_value *use = json_get(jwk, STR("use"));
    const struct json_value *operations = json_get(jwk, STR("key_ops"));
    const struct json_value *alg = json_get(jwk, STR("alg"));
    if (use && !str_equal(json_get_string(jwk, STR("use")), STR("sig"))) {
        return false;
    }
    if (operations && (operations->type != JSON_ARRAY || !array_has(operations, STR("verify")))) {
        return false;
    }
    return !alg ||
           str_equal(json_get_string(jwk, STR("alg")), str_from_c(jwt_algorithm_name(algorithm)));
}

static bool get_bytes(const struct json_value *jwk, struct str name, struct arena *arena,
                      struct str *out) {
    struct str text = json_get_string(jwk, name);
    return text.len > 0 && jwt_decode(text, arena, out) == STATUS_OK;
}

static bool curve_is(const struct json_value *jwk, struct str name) {
    return str_equal(json_get_string(jwk, STR("crv")), name);
}

// INVALID: not usable here.
static enum status read_key(const struct json_value *jwk, struct arena *arena,
                            struct jwt_key **out) {
    struct str type = json_get_string(jwk, STR("kty"));
    struct str kid = json_get_string(jwk, STR("kid"));
    struct str a = STR_EMPTY;
    struct str b = STR_EMPTY;
    if (str_equal(type, STR("OKP")) && curve_is(jwk, STR("Ed25519")) &&
        is_for_verifying(jwk, JWT_EDDSA) && get_bytes(jwk, STR("x"), arena, &a)) {
        return jwt_key_from_ed25519(kid, a, out);
    }
    if (str_equal(type, STR("EC")) && curve_is(jwk, STR("P-256")) &&
        is_for_verifying(jwk, JWT_ES256) && get_bytes(jwk, STR("x"), arena, &a) &&
        get_bytes(jwk, STR("y"), arena, &b)) {
        return jwt_key_from_p256(kid, a, b, out);
    }
    if (str_equal(type, STR("RSA")) && is_for_verifying(jwk, JWT_RS256) &&
        get_bytes(jwk, STR("n"), arena, &a) && get_bytes(jwk, STR("e"), arena, &b)) {
        return jwt_key_from_rsa(kid, a, b, out);
    }
    return STATUS_INVALID;
}

static bool has_kid(const struct jwks *set, struct str kid) {
    for (size_t i = 0; i < set->count; i++) {
        if (str_equal(jwt_key_kid(set->keys[i]), kid)) {
            return true;
        }
    }
    return false;
}

static enum status read_keys(struct jwks *set, const struct json_value *keys, struct arena *arena) {
    for (const struct json_value *jwk = keys->child; jwk && set->count < JWKS_KEYS_MAX;
         jwk = jwk->next) {
        struct jwt_key *key = NULL;
        enum status status = jwk->type == JSON_OBJECT ? read_key(jwk, arena, &key) : STATUS_INVALID;
        if (status == STATUS_NO_MEMORY) {
            return status;
        }
        if (status == STATUS_OK && has_kid(set, jwt_key_kid(key))) {
            jwt_key_free(key);
        } else if (status == STATUS_OK) {
            set->keys[set->count++] = key;
        }
    }
    return STATUS_OK;
}

static enum status read_set(struct jwks *set, struct str text, struct arena *arena,
                            struct error *err) {
    static const struct json_limits limits = {.depth = 16, .values = 10000};
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    char *padded = arena_alloc_zero(arena, text.len + JSON_PADDING);
    enum status status = padded ? json_parser_make(&parser) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        if (text.len > 0) {
            memcpy(padded, text.data, text.len);
        }
        status = json_parse(parser, str_make(padded, text.len), &limits, arena, &root, err);
    }
    json_parser_free(parser);
    if (status == STATUS_NO_MEMORY) {
        return error_set(err, status, "out of memory");
    }
    const struct json_value *keys = status == STATUS_OK ? json_get(root, STR("keys")) : NULL;
    if (!keys || keys->type != JSON_ARRAY) {
        return error_set(err, STATUS_INVALID,
                         "it is no JWK Set: an object with the member \"keys\"");
    }
    status = read_keys(set, keys, arena);
    if (status == STATUS_OK && set->count == 0) {
        return error_set(err, STATUS_INVALID,
                         "it has no key that can be used (RS256 from 2048 bits, ES256, EdDSA)");
    }
    return status == STATUS_OK ? status : error_set(err, status, "out of memory");
}

enum status jwks_read(struct str text, struct jwks **out, struct error *err) {
    if (text.len > JWKS_BYTES_MAX) {
        return error_set(err, STATUS_INVALID, "it has more than %zu bytes", JWKS_BYTES_MAX);
    }
    struct jwks *set = calloc(1, sizeof *set);
    if (!set) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    struct arena arena;
    arena_init(&arena, 16 * 1024, 0);
    enum status status = read_set(set, text, &arena, err);
    arena_free(&arena);
    if (status != STATUS_OK) {
        jwks_free(set);
        return status;
    }
    *out = set;
    return STATUS_OK;
}

void jwks_free(struct jwks *set) {
    if (set) {
        for (size_t i = 0; i < set->count; i++) {
            jwt_key_free(set->keys[i]);
        }
        free(set);
    }
}

size_t jwks_count(const struct jwks *set) {
    return set->count;
}

const struct jwt_key *jwks_at(const struct jwks *set, size_t index) {
    return index < set->count ? set->keys[index] : NULL;
}

const struct jwt_key *jwks_find(const struct jwks *set, struct str kid) {
    if (!kid.data) {
        return set->count == 1 ? set->keys[0] : NULL;
    }
    for (size_t i = 0; i < set->count; i++) {
        if (str_equal(jwt_key_kid(set->keys[i]), kid)) {
            return set->keys[i];
        }
    }
    return NULL;
}

static void write_bytes(struct json_writer *writer, struct str name, const unsigned char *bytes) {
    char text[64];
    struct buffer out;
    buffer_init_fixed(&out, text, sizeof text);
    enum status status = jwt_encode(str_make((const char *)bytes, 32), &out);
    if (status == STATUS_OK) {
        json_member_string(writer, name, buffer_str(&out));
    } else if (writer->failed == STATUS_OK) {
        writer->failed = status;
    }
}

enum status jwks_write_key(struct json_writer *writer, const struct jwt_key *key) {
    unsigned char bytes[64];
    size_t len = 0;
    enum status status = jwt_key_public(key, bytes, &len);
    if (status != STATUS_OK) {
        return status;
    }
    bool edwards = jwt_key_algorithm(key) == JWT_EDDSA;
    json_begin_object(writer);
    json_member_string(writer, STR("kty"), edwards ? STR("OKP") : STR("EC"));
    json_member_string(writer, STR("crv"), edwards ? STR("Ed25519") : STR("P-256"));
    json_member_string(writer, STR("alg"), str_from_c(jwt_algorithm_name(jwt_key_algorithm(key))));
    json_member_string(writer, STR("use"), STR("sig"));
    json_member_string(writer, STR("kid"), jwt_key_kid(key));
    write_bytes(writer, STR("x"), bytes);
    if (!edwards) {
        write_bytes(writer, STR("y"), bytes + 32);
    }
    json_end_object(writer);
    return json_writer_status(writer);
}
