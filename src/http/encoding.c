// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which replies are compressed, and for whom (RFC 9110 12.5.3).
#include "http/server_private.h"

#define GZIP_WORTH_IT 1024 // below, the header costs more than is won

// A weight in thousandths; 1000 when there is none, 0 when it is not valid (which is not a wish).
static unsigned read_weight(struct str parameters) {
    unsigned weight = 1000;
    while (parameters.data) {
        struct str parameter = str_trim(str_cut(&parameters, ';'));
        struct str name = str_trim(str_cut(&parameter, '='));
        struct str value = str_trim(parameter);
        if (!str_equal_ignore_case(name, STR("q"))) {
            continue;
        }
        if (value.len == 0 || value.len > 5 || (value.data[0] != '0' && value.data[0] != '1') ||
            (value.len > 1 && value.data[1] != '.')) {
            return 0;
        }
        weight = value.data[0] == '1' ? 1000 : 0;
        unsigned place = 100;
        for (size_t i = 2; i < value.len; i++, place /= 10) {
            if (value.data[i] < '0' || value.data[i] > '9') {
                return 0;
            }
            weight += (unsigned)(value.data[i] - '0') * place;
        }
        weight = weight < 1000 ? weight : 1000;
    }
    return weight;
}

bool http_accepts_gzip(const struct http_request *request) {
    int gzip = -1;
    int any = -1;
    int identity = -1;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_equal_ignore_case(request->headers[i].name, STR("Accept-Encoding"))) {
            continue;
        }
        struct str rest = request->headers[i].value;
        while (rest.data) {
            struct str item = str_cut(&rest, ',');
            struct str coding = str_trim(str_cut(&item, ';'));
            int weight = (int)read_weight(item);
            if (str_equal_ignore_case(coding, STR("gzip")) ||
                str_equal_ignore_case(coding, STR("x-gzip"))) {
                gzip = weight > gzip ? weight : gzip;
            } else if (str_equal(coding, STR("*"))) {
                any = weight;
            } else if (str_equal_ignore_case(coding, STR("identity"))) {
                identity = weight;
            }
        }
    }
    gzip = gzip < 0 ? any : gzip;
    return gzip > 0 && gzip >= identity;
}

static bool is_compressible(struct str type) {
    static const struct str TYPES[] = {
        STR_INIT("application/json"),       STR_INIT("application/problem+json"),
        STR_INIT("application/javascript"), STR_INIT("application/x-ndjson"),
        STR_INIT("application/xml"),        STR_INIT("image/svg+xml"),
    };
    struct str name = str_trim(str_cut(&type, ';'));
    if (name.len > 5 && str_equal_ignore_case(str_make(name.data, 5), STR("text/"))) {
        return true;
    }
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (str_equal_ignore_case(name, TYPES[i])) {
            return true;
        }
    }
    return false;
}

bool http_reply_wants_gzip(const struct http_exchange_private *exchange, size_t len, bool *vary) {
    // A strong validator names these very bytes (RFC 9110 8.8.3.3).
    if (len < GZIP_WORTH_IT || exchange->has_content_encoding || exchange->has_strong_etag ||
        !is_compressible(str_from_c(exchange->content_type))) {
        return false;
    }
    *vary = true;
    return http_accepts_gzip(&exchange->public.request);
}
