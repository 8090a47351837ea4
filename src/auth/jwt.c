// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Taking tokens apart, and putting them together.
#include "auth/jwt.h"

#include <sodium.h>

#include "base/json_write.h"

#define DEPTH_MOST 16
#define VALUES_MOST 500
#define TIME_MOST 1e12 // seconds; far above what a calendar knows

static bool is_digit(unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

enum status jwt_decode(struct str text, struct arena *arena, struct str *out) {
    unsigned char *bytes = arena_alloc_zero(arena, text.len + JSON_PADDING);
    size_t len = 0;
    if (!bytes) {
        return STATUS_NO_MEMORY;
    }
    // libsodium takes some bytes above 127 for digits.
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit((unsigned char)text.data[i])) {
            return STATUS_INVALID;
        }
    }
    // Without a place to stop libsodium refuses whatever is no digit, padding, and bits behind the last byte.
    if (text.len > 0 && sodium_base642bin(bytes, text.len, text.data, text.len, NULL, &len, NULL,
                                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
        return STATUS_INVALID;
    }
    *out = str_make((const char *)bytes, len);
    return STATUS_OK;
}

enum status jwt_encode(struct str bytes, struct buffer *out) {
    size_t size =
        sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING); // with NUL
    enum status status = buffer_reserve(out, size);
    if (status == STATUS_OK) {
        sodium_bin2base64(out->data + out->len, size, (const unsigned char *)bytes.data, bytes.len,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        out->len += size - 1;
    }
    return status;
}

// --- Signing ----------------------------------------------------------------------------------------------------------
static enum status append_header(const struct jwt_key *key, struct str type, struct buffer *out) {
    char text[64 + 6 * JWT_KID_MAX];
    struct buffer header;
    struct json_writer writer;
    buffer_init_fixed(&header, text, sizeof text);
    json_writer_init(&writer, &header);
    json_begin_object(&writer);
    json_member_string(&writer, STR("alg"), str_from_c(jwt_algorithm_name(jwt_key_algorithm(key))));
    json_member_string(&writer, STR("typ"), type);
    json_member_string(&writer, STR("kid"), jwt_key_kid(key));
    json_end_object(&writer);
    enum status status = json_writer_status(&writer);
    return status == STATUS_OK ? jwt_encode(buffer_str(&header), out) : status;
}

enum status jwt_sign(const struct jwt_key *key, struct str type, struct str claims,
                     struct buffer *out) {
    unsigned char signature[JWT_SIGNATURE_MAX];
    size_t begin = out->len;
    size_t len = 0;
    enum status status = append_header(key, type, out);
    if (status == STATUS_OK) {
        buffer_append_char(out, '.');
        status = jwt_encode(claims, out);
    }
    if (status == STATUS_OK) {
        status = jwt_key_sign(key, str_make(out->data + begin, out->len - begin), signature, &len);
    }
    if (status == STATUS_OK) {
        buffer_append_char(out, '.');
        status = jwt_encode(str_make((const char *)signature, len), out);
    }
    return status == STATUS_OK ? buffer_status(out) : status;
}

// --- Reading ------------------------------------------------------------------------------------------------------------
bool jwt_looks_like(struct str token) {
    size_t dots = 0;
    for (size_t i = 0; i < token.len; i++) {
        dots += token.data[i] == '.';
    }
    return dots == 2 && str_starts_with(token, STR("ey")); // {"
}

static enum status read_object(struct json_parser *parser, struct str part, struct arena *arena,
                               const struct json_value **out) {
    static const struct json_limits limits = {.depth = DEPTH_MOST, .values = VALUES_MOST};
    struct str text;
    enum status status = jwt_decode(part, arena, &text);
    if (status == STATUS_OK) {
        status = json_parse(parser, text, &limits, arena, out, NULL);
    }
    if (status != STATUS_OK) {
        return status == STATUS_NO_MEMORY ? status : STATUS_INVALID;
    }
    return (*out)->type == JSON_OBJECT ? STATUS_OK : STATUS_INVALID;
}

// A member that is there and no string is refused.
static bool read_text(const struct json_value *object, struct str name, struct str *out) {
    const struct json_value *member = json_get(object, name);
    *out = json_get_string(object, name);
    return !member || json_is_string(member);
}

static enum status read_header(const struct json_value *header, struct jwt *out,
                               struct error *err) {
    if (!read_text(header, STR("alg"), &out->algorithm) ||
        !read_text(header, STR("kid"), &out->kid) || !read_text(header, STR("typ"), &out->type) ||
        out->algorithm.len == 0 || out->kid.len > JWT_KID_MAX) {
        return error_set(err, STATUS_INVALID, "its header is not that of a token");
    }
    if (json_get(header, STR("crit"))) {
        return error_set(err, STATUS_INVALID, "its header asks for what is not understood here");
    }
    return STATUS_OK;
}

static enum status read_parts(struct json_parser *parser, struct str token, struct arena *arena,
                              struct jwt *out, struct error *err) {
    struct str rest = token;
    struct str header_part = str_cut(&rest, '.');
    struct str claims_part = str_cut(&rest, '.');
    const struct json_value *header = NULL;
    if (!rest.data || rest.len == 0 || memchr(rest.data, '.', rest.len)) {
        return error_set(err, STATUS_INVALID, "it does not have three parts");
    }
    out->signed_part = str_make(token.data, header_part.len + 1 + claims_part.len);
    enum status status = read_object(parser, header_part, arena, &header);
    if (status == STATUS_OK) {
        status = read_object(parser, claims_part, arena, &out->claims);
    }
    if (status == STATUS_OK) {
        status = jwt_decode(rest, arena, &out->signature);
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "a part of it cannot be read");
    }
    return read_header(header, out, err);
}

enum status jwt_read(struct str token, struct arena *arena, struct jwt *out, struct error *err) {
    *out = (struct jwt){.claims = NULL};
    if (token.len > JWT_TOKEN_MAX) {
        return error_set(err, STATUS_TOO_LARGE, "it has more than %d bytes", JWT_TOKEN_MAX);
    }
    struct json_parser *parser = NULL;
    enum status status = json_parser_make(&parser);
    if (status != STATUS_OK) {
        return error_set(err, status, "out of memory");
    }
    status = read_parts(parser, token, arena, out, err);
    json_parser_free(parser);
    return status;
}

enum status jwt_verify(const struct jwt *token, const struct jwt_key *key, struct error *err) {
    struct str own = str_from_c(jwt_algorithm_name(jwt_key_algorithm(key)));
    if (!str_equal(token->algorithm, own)) {
        return error_set(err, STATUS_DENIED, "its algorithm is not that of its key");
    }
    if (token->kid.data && !str_equal(token->kid, jwt_key_kid(key))) {
        return error_set(err, STATUS_DENIED, "its key is not known");
    }
    return jwt_key_verify(key, token->signed_part, token->signature)
               ? STATUS_OK
               : error_set(err, STATUS_DENIED, "its signature is wrong");
}

// --- Claims -------------------------------------------------------------------------------------------------------------
// NumericDate (RFC 7519 2): seconds, with a fraction or without. *there: false when absent.
static bool read_time(const struct json_value *claims, struct str name, bool *there, int64_t *out) {
    const struct json_value *member = json_get(claims, name);
    double value = 0;
    *there = member != NULL;
    if (!member) {
        return true;
    }
    if (member->type != JSON_NUMBER || !json_to_double(member, &value) || value < -TIME_MOST ||
        value > TIME_MOST) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

static bool is_for(const struct json_value *audience, struct str wanted) {
    if (!audience) {
        return false;
    }
    if (json_is_string(audience)) {
        return str_equal(audience->text, wanted);
    }
    if (audience->type != JSON_ARRAY) {
        return false;
    }
    for (const struct json_value *one = audience->child; one; one = one->next) {
        if (json_is_string(one) && str_equal(one->text, wanted)) {
            return true;
        }
    }
    return false;
}

enum status jwt_check_claims(const struct json_value *claims, const struct jwt_expected *expected,
                             int64_t *expires_s, struct error *err) {
    bool has_end = false;
    bool has_begin = false;
    bool has_made = false;
    int64_t begin = 0;
    int64_t made = 0;
    if (!read_time(claims, STR("exp"), &has_end, expires_s) ||
        !read_time(claims, STR("nbf"), &has_begin, &begin) ||
        !read_time(claims, STR("iat"), &has_made, &made) || !has_end) {
        return error_set(err, STATUS_DENIED, "its times cannot be read");
    }
    struct str issuer = json_get_string(claims, STR("iss"));
    if (!issuer.data || !str_equal(issuer, expected->issuer)) {
        return error_set(err, STATUS_DENIED, "it is from another issuer");
    }
    if (!is_for(json_get(claims, STR("aud")), expected->audience)) {
        return error_set(err, STATUS_DENIED, "it is for another audience");
    }
    if (expected->now_s >= *expires_s + JWT_LEEWAY_S) {
        return error_set(err, STATUS_DENIED, "it has expired");
    }
    if ((has_begin && begin > expected->now_s + JWT_LEEWAY_S) ||
        (has_made && made > expected->now_s + JWT_LEEWAY_S)) {
        return error_set(err, STATUS_DENIED, "it is not valid yet");
    }
    return STATUS_OK;
}
