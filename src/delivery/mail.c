// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// By mail: the page as the message, the figures as a CSV file beside it; by SMTP with STARTTLS or TLS.
#include <curl/curl.h>
#include <stdio.h>

#include "delivery/private.h"

#define CONNECT_MS 10000L
#define TOTAL_MS 120000L

struct letter {
    CURL *curl;
    curl_mime *mime;
    struct curl_slist *headers;
    struct curl_slist *to;
    char reason[CURL_ERROR_SIZE];
};

static bool add(struct curl_slist **list, struct str line) {
    struct curl_slist *longer = line.data ? curl_slist_append(*list, line.data) : NULL;
    *list = longer ? longer : *list;
    return longer != NULL;
}

// RFC 5322 3.3.
static struct str date_of(const struct delivery_attempt *attempt) {
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct clock *clock = attempt->deliveries->config.clock;
    int64_t seconds = clock->wall_ms(clock) / 1000;
    int32_t day = (int32_t)(seconds / 86400);
    int rest = (int)(seconds % 86400);
    int year = 0;
    unsigned month = 1, of_month = 1;
    clock_date_from_day(day, &year, &month, &of_month);
    return arena_printf(attempt->arena, "Date: %s, %02u %s %04d %02d:%02d:%02d +0000",
                        days[day % 7], of_month, months[month - 1], year, rest / 3600,
                        rest / 60 % 60, rest % 60);
}

// The id stays the same, so that a mail program shows a repeat as the same message.
static bool add_headers(const struct delivery_attempt *attempt, struct letter *letter) {
    struct arena *arena = attempt->arena;
    struct str from = attempt->delivery->plan->mail.from;
    return add(&letter->headers, date_of(attempt)) &&
           add(&letter->headers, arena_printf(arena, "From: %.*s", STR_ARG(from))) &&
           add(&letter->headers,
               arena_printf(arena, "To: %.*s", STR_ARG(attempt->delivery->place))) &&
           add(&letter->headers, arena_printf(arena, "Subject: Footfall: %.*s, %.*s",
                                              STR_ARG(attempt->delivery->entry.project),
                                              STR_ARG(delivery_stem(attempt)))) &&
           add(&letter->headers, arena_printf(arena, "Message-ID: <%s@footfall>", attempt->id)) &&
           add(&letter->headers, arena_printf(arena, "Footfall-Delivery: %s", attempt->id)) &&
           add(&letter->headers, STR("Auto-Submitted: auto-generated"));
}

static bool add_receivers(const struct delivery_attempt *attempt, struct letter *letter) {
    struct str rest = attempt->delivery->place;
    while (rest.data) {
        struct str one = str_cut(&rest, ',');
        if (!add(&letter->to, arena_printf(attempt->arena, "<%.*s>", STR_ARG(one)))) {
            return false;
        }
    }
    return true;
}

static bool add_part(struct letter *letter, const struct http_detached *report,
                     const char *filename) {
    struct str body = http_detached_body(report);
    curl_mimepart *part = curl_mime_addpart(letter->mime);
    return part && curl_mime_data(part, body.len > 0 ? body.data : "", body.len) == CURLE_OK &&
           curl_mime_type(part, http_detached_type(report)) == CURLE_OK &&
           curl_mime_encoder(part, "base64") == CURLE_OK &&
           (!filename || curl_mime_filename(part, filename) == CURLE_OK);
}

static void set_options(const struct delivery_attempt *attempt, struct letter *letter) {
    const struct delivery_mail *mail = &attempt->delivery->plan->mail;
    CURL *curl = letter->curl;
    (void)curl_easy_setopt(curl, CURLOPT_URL, mail->url.data);
    (void)curl_easy_setopt(curl, CURLOPT_USE_SSL, mail->plain ? CURLUSESSL_TRY : CURLUSESSL_ALL);
    (void)curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, letter->to);
    (void)curl_easy_setopt(curl, CURLOPT_MIMEPOST, letter->mime);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, letter->headers);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, letter->reason);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TOTAL_MS);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    if (mail->ca_file.len > 0) {
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, mail->ca_file.data);
    }
    if (mail->username.len > 0) {
        (void)curl_easy_setopt(curl, CURLOPT_USERNAME, mail->username.data);
        (void)curl_easy_setopt(curl, CURLOPT_PASSWORD, mail->password.data);
    }
}

// The envelope's sender is the address alone.
static bool set_sender(const struct delivery_attempt *attempt, struct letter *letter) {
    struct str from = attempt->delivery->plan->mail.from;
    const char *open = memchr(from.data, '<', from.len);
    const char *close = memchr(from.data, '>', from.len);
    if (open && close && close > open) {
        from = str_make(open + 1, (size_t)(close - open) - 1);
    }
    struct str text = arena_printf(attempt->arena, "<%.*s>", STR_ARG(from));
    return text.data && curl_easy_setopt(letter->curl, CURLOPT_MAIL_FROM, text.data) == CURLE_OK;
}

static bool write_letter(const struct delivery_attempt *attempt, struct letter *letter) {
    struct str stem = delivery_stem(attempt);
    struct str file =
        stem.data ? arena_printf(attempt->arena, "%.*s.csv", STR_ARG(stem)) : STR_EMPTY;
    letter->mime = curl_mime_init(letter->curl);
    return file.data && letter->mime && add_headers(attempt, letter) &&
           add_receivers(attempt, letter) && add_part(letter, attempt->report, NULL) &&
           add_part(letter, attempt->table, file.data) && set_sender(attempt, letter);
}

enum status delivery_to_mail(const struct delivery_attempt *attempt, struct error *err) {
    struct letter letter = {.curl = curl_easy_init()};
    enum status status = STATUS_OK;
    if (!letter.curl || !write_letter(attempt, &letter)) {
        status = error_set(err, STATUS_NO_MEMORY, "out of memory");
    } else {
        set_options(attempt, &letter);
        CURLcode code = curl_easy_perform(letter.curl);
        if (code != CURLE_OK) {
            status = error_set(err, STATUS_UNAVAILABLE, "the mail server: %s",
                               letter.reason[0] ? letter.reason : curl_easy_strerror(code));
        }
    }
    curl_easy_cleanup(letter.curl);
    curl_mime_free(letter.mime);
    curl_slist_free_all(letter.headers);
    curl_slist_free_all(letter.to);
    return status;
}
