// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Asks the other processes what they know, all at the same time.
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/view.h"
#include "base/log.h"

#define PATIENCE_MS 5000L
#define CONNECT_MS 500L
#define REPLY_MOST ((size_t)4 * 1024 * 1024)

struct peer {
    CURL *curl;
    struct buffer reply;
    char url[200];
};

static size_t take_reply(char *data, size_t size, size_t count, void *context) {
    struct buffer *reply = context;
    buffer_append(reply, data, size * count);
    return buffer_status(reply) == STATUS_OK ? size * count : 0;
}

static bool begin(CURLM *multi, struct peer *peer) {
    buffer_init(&peer->reply, REPLY_MOST);
    peer->curl = curl_easy_init();
    if (!peer->curl) {
        return false;
    }
    (void)curl_easy_setopt(peer->curl, CURLOPT_URL, peer->url);
    (void)curl_easy_setopt(peer->curl, CURLOPT_WRITEFUNCTION, take_reply);
    (void)curl_easy_setopt(peer->curl, CURLOPT_WRITEDATA, &peer->reply);
    (void)curl_easy_setopt(peer->curl, CURLOPT_TIMEOUT_MS, PATIENCE_MS);
    (void)curl_easy_setopt(peer->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    (void)curl_easy_setopt(peer->curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(peer->curl, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(peer->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    return curl_multi_add_handle(multi, peer->curl) == CURLM_OK;
}

static void transfer(CURLM *multi) {
    int running = 1;
    while (running > 0 && curl_multi_perform(multi, &running) == CURLM_OK && running > 0) {
        if (curl_multi_poll(multi, NULL, 0, 100, NULL) != CURLM_OK) {
            return;
        }
    }
}

// All but where it is.
static void forget(struct app_view *view) {
    struct app_view empty = {.reachable = false};
    memcpy(empty.address, view->address, sizeof empty.address);
    *view = empty;
}

static void end(CURLM *multi, struct peer *peer, struct arena *arena, struct app_view *view) {
    static const char PADDING[JSON_PADDING] = "";
    long code = 0;
    forget(view);
    if (peer->curl) {
        (void)curl_easy_getinfo(peer->curl, CURLINFO_RESPONSE_CODE, &code);
        (void)curl_multi_remove_handle(multi, peer->curl);
        curl_easy_cleanup(peer->curl);
    }
    size_t len = peer->reply.len;
    buffer_append(&peer->reply, PADDING, sizeof PADDING);
    if (code == 200 && buffer_status(&peer->reply) == STATUS_OK &&
        app_view_read(str_make(peer->reply.data, len), arena, view) != STATUS_OK) {
        LOG_WARN("app", "a peer answers something else than a status",
                 LOG_CSTR("address", view->address));
        view->reachable = false;
    }
    buffer_free(&peer->reply);
}

// Views of those that are given an address; the others are left alone.
static void ask_all(struct app_view *views, struct peer *peers, size_t count, const bool *skip,
                    struct arena *arena) {
    CURLM *multi = curl_multi_init();
    for (size_t i = 0; multi && i < count; i++) {
        if (!skip[i] && !begin(multi, &peers[i])) {
            LOG_WARN("app", "a peer cannot be asked", LOG_CSTR("address", views[i].address));
        }
    }
    if (multi) {
        transfer(multi);
    }
    for (size_t i = 0; multi && i < count; i++) {
        if (!skip[i]) {
            end(multi, &peers[i], arena, &views[i]);
        }
    }
    (void)curl_multi_cleanup(multi);
}

// Whether the address is our own management port, as written in the settings.
static bool is_own(const struct app_service *service, struct str url) {
    struct str listen = settings_string(service->settings, "management.listen");
    return str_starts_with(url, STR("http://")) &&
           str_equal(str_make(url.data + 7, url.len - 7), listen);
}

static struct str without_slash(struct str url) {
    return url.len > 0 && url.data[url.len - 1] == '/' ? str_make(url.data, url.len - 1) : url;
}

struct peers {
    struct app_view *views;
    struct peer *peers;
    bool *skip; // ourselves
    size_t count;
    size_t own; // index of ourselves, perhaps behind the others
};

static enum status list_peers(const struct app_service *service, struct arena *arena,
                              struct peers *out) {
    const struct str *urls = NULL;
    out->count = settings_list(service->settings, "status.peers", &urls);
    size_t room = out->count + 1; // ourselves, when we are not among them
    out->views = arena_alloc_array(arena, room, sizeof *out->views);
    out->peers = arena_alloc_array(arena, room, sizeof *out->peers);
    out->skip = arena_alloc_array(arena, room, sizeof *out->skip);
    if (!out->views || !out->peers || !out->skip) {
        return STATUS_NO_MEMORY;
    }
    out->own = out->count;
    for (size_t i = 0; i < out->count; i++) {
        struct str url = without_slash(urls[i]);
        out->views[i] = (struct app_view){.reachable = false};
        (void)snprintf(out->views[i].address, sizeof out->views[i].address, "%.*s", STR_ARG(url));
        out->skip[i] = is_own(service, url);
        out->own = out->skip[i] ? i : out->own;
    }
    return STATUS_OK;
}

static void ask_peers(struct app_service *service, struct peers *peers, const char *query,
                      struct arena *arena) {
    struct str listen = settings_string(service->settings, "management.listen");
    for (size_t i = 0; i < peers->count; i++) {
        struct peer *peer = &peers->peers[i];
        *peer = (struct peer){.curl = NULL};
        (void)snprintf(peer->url, sizeof peer->url, "%s/status%s", peers->views[i].address, query);
    }
    ask_all(peers->views, peers->peers, peers->count, peers->skip, arena);
    struct app_view *own = &peers->views[peers->own];
    app_view_look(service, query[0] != '\0', arena, own);
    (void)snprintf(own->address, sizeof own->address, "http://%.*s", STR_ARG(listen));
}

static enum status merge(const struct peers *peers, struct arena *arena, struct app_view *merged) {
    const struct app_view *own = &peers->views[peers->own];
    size_t count = peers->own == peers->count ? peers->count + 1 : peers->count;
    *merged = (struct app_view){.reachable = true, .ready = true, .uptime_s = own->uptime_s};
    (void)snprintf(merged->role, sizeof merged->role, "%s", own->role);
    (void)snprintf(merged->version, sizeof merged->version, "%s", own->version);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = app_view_merge(merged, &peers->views[i], arena);
    }
    return status;
}

static bool is_whole(const struct app_view *view) {
    for (size_t i = 0; i < view->row_count; i++) {
        if (!view->rows[i].owned) {
            return false;
        }
    }
    return view->row_count > 0;
}

enum status app_view_collect(struct app_service *service, struct arena *arena,
                             struct app_view *merged, struct app_view **processes, size_t *count) {
    struct peers peers;
    enum status status = list_peers(service, arena, &peers);
    if (status == STATUS_OK) {
        ask_peers(service, &peers, "", arena);
        status = merge(&peers, arena, merged);
    }
    if (status == STATUS_OK && !is_whole(merged)) {
        // Of partitions that no processor speaks for, the log itself knows how far they were processed.
        ask_peers(service, &peers, "?log=1", arena);
        status = merge(&peers, arena, merged);
    }
    if (status == STATUS_OK) {
        app_view_settle(merged);
        *processes = peers.views;
        *count = peers.own == peers.count ? peers.count + 1 : peers.count;
    }
    return status;
}
