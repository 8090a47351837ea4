// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Subscriptions at the other processes, by libcurl's multi interface: connecting, trying again, and the thread.
#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/thread.h"
#include "live/hub_private.h"

#define CONNECT_MS 500L
#define SILENCE_S 40L // more than two keep-alives
#define TURN_MS 250
#define RETRY_FIRST_US (250 * 1000LL)
#define RETRY_MOST_US (10 * 1000000LL)
#define RETRY_ABSENT_US (30 * 1000000LL) // whoever has no feed
#define URL_MAX 8000                     // what a head may be at the other end

struct live_hub {
    struct live_hub_config config;
    struct live_hub_peer *peers;
    struct live_hub_rings rings;
    CURLM *multi;
    struct thread thread;
    bool started;
    atomic_bool stopping;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t changed;
    int64_t wanted_us; // until then
    bool primed;       // everybody was heard since it was wanted again
};

static int64_t now_us(const struct live_hub *hub) {
    return hub->config.clock->mono_us(hub->config.clock);
}

// --- One subscription -----------------------------------------------------------------------------------------------------
static size_t take(char *data, size_t size, size_t count, void *context) {
    struct live_hub_peer *peer = context;
    long code = 0;
    (void)curl_easy_getinfo(peer->curl, CURLINFO_RESPONSE_CODE, &code);
    if (code != 200) {
        return size * count; // a problem, which the code says already
    }
    bool took = live_hub_take(&peer->hub->rings, peer, str_make(data, size * count));
    return took ? size * count : 0;
}

static bool set_options(struct live_hub_peer *peer, const char *url, const char *authorization) {
    char line[LIVE_AUTHORIZATION_MAX + 32];
    (void)snprintf(line, sizeof line, "Authorization: %s", authorization);
    peer->headers = curl_slist_append(NULL, line);
    CURL *curl = peer->curl;
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, peer->headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, peer);
    (void)curl_easy_setopt(curl, CURLOPT_PRIVATE, peer);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENCE_S);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    return peer->headers != NULL;
}

// With where our rings stand; when that is too long for a request, without: then all comes that there is.
static void write_url(struct live_hub *hub, struct live_hub_peer *peer, char out[URL_MAX]) {
    struct buffer text, scratch;
    buffer_init(&text, URL_MAX - sizeof peer->url - 32);
    buffer_init(&scratch, LIVE_POSITION_BYTES_MAX);
    live_hub_write_position(&hub->rings, peer, &text, &scratch);
    bool given = buffer_status(&text) == STATUS_OK && text.len > 0;
    (void)snprintf(out, URL_MAX, "%s/live/feed%s%.*s", peer->url, given ? "?from=" : "",
                   given ? (int)text.len : 0, given ? text.data : "");
    buffer_free(&scratch);
    buffer_free(&text);
}

static void hang_up(struct live_hub *hub, struct live_hub_peer *peer) {
    if (peer->curl) {
        (void)curl_multi_remove_handle(hub->multi, peer->curl);
        curl_easy_cleanup(peer->curl);
        curl_slist_free_all(peer->headers);
        peer->curl = NULL;
        peer->headers = NULL;
    }
    buffer_clear(&peer->in);
}

static void try_later(struct live_hub *hub, struct live_hub_peer *peer, long code) {
    int64_t wait = RETRY_FIRST_US << (peer->failures < 10 ? peer->failures : 10);
    wait = wait < RETRY_MOST_US ? wait : RETRY_MOST_US;
    peer->failures++;
    peer->heard = true;
    peer->retry_us = now_us(hub) + (code == 404 ? RETRY_ABSENT_US : wait);
}

static void connect_to(struct live_hub *hub, struct live_hub_peer *peer) {
    char authorization[LIVE_AUTHORIZATION_MAX] = "";
    char url[URL_MAX];
    struct error err = {STATUS_OK, ""};
    enum status status = hub->config.authorise(hub->config.context, authorization, &err);
    if (status == STATUS_OK) {
        write_url(hub, peer, url);
        peer->curl = curl_easy_init();
        status = peer->curl ? STATUS_OK : STATUS_NO_MEMORY;
    }
    if (status == STATUS_OK && (!set_options(peer, url, authorization) ||
                                curl_multi_add_handle(hub->multi, peer->curl) != CURLM_OK)) {
        status = STATUS_NO_MEMORY;
    }
    if (status != STATUS_OK) {
        LOG_WARN("live", "a process cannot be asked for its feed", LOG_CSTR("url", peer->url),
                 LOG_CSTR("reason", err.text[0] ? err.text : status_text(status)));
        hang_up(hub, peer);
        try_later(hub, peer, 0);
    }
}

static void see_ended(struct live_hub *hub) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(hub->multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        struct live_hub_peer *peer = NULL;
        long code = 0;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&peer);
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &code);
        if (code == 401 && peer->failures == 0) {
            LOG_WARN("live", "a process does not take us for one of its installation",
                     LOG_CSTR("url", peer->url));
        }
        LOG_DEBUG("live", "a feed has ended", LOG_CSTR("url", peer->url), LOG_INT("status", code),
                  LOG_CSTR("reason", curl_easy_strerror(message->data.result)));
        peer->failures = peer->told ? 0 : peer->failures;
        peer->told = false;
        hang_up(hub, peer);
        try_later(hub, peer, code);
    }
}

// --- The thread -----------------------------------------------------------------------------------------------------------
static bool is_wanted(struct live_hub *hub) {
    thread_must(pthread_mutex_lock(&hub->mutex));
    bool wanted = now_us(hub) < hub->wanted_us;
    if (!wanted) {
        hub->primed = false;
    }
    thread_must(pthread_mutex_unlock(&hub->mutex));
    return wanted;
}

static void say_primed(struct live_hub *hub) {
    bool all = true;
    for (size_t i = 0; i < hub->config.url_count; i++) {
        all = all && hub->peers[i].heard;
    }
    thread_must(pthread_mutex_lock(&hub->mutex));
    if (all && !hub->primed) {
        hub->primed = true;
        thread_must(pthread_cond_broadcast(&hub->changed));
    }
    thread_must(pthread_mutex_unlock(&hub->mutex));
}

static void turn(struct live_hub *hub) {
    int running = 0;
    for (size_t i = 0; i < hub->config.url_count; i++) {
        struct live_hub_peer *peer = &hub->peers[i];
        if (!peer->curl && peer->retry_us <= now_us(hub)) {
            connect_to(hub, peer);
        }
    }
    if (curl_multi_perform(hub->multi, &running) != CURLM_OK) {
        LOG_ERROR("live", "the feeds of other processes cannot be read");
    }
    see_ended(hub);
    say_primed(hub);
    (void)curl_multi_poll(hub->multi, NULL, 0, TURN_MS, NULL);
}

// What is known goes: whoever comes next would take old activities for new ones.
static void rest(struct live_hub *hub) {
    for (size_t i = 0; i < hub->config.url_count; i++) {
        hang_up(hub, &hub->peers[i]);
        hub->peers[i].retry_us = 0;
        hub->peers[i].failures = 0;
        hub->peers[i].heard = hub->peers[i].told = false;
    }
    live_hub_forget(&hub->rings);
    thread_must(pthread_mutex_lock(&hub->mutex));
    while (!atomic_load(&hub->stopping) && now_us(hub) >= hub->wanted_us) {
        thread_must(pthread_cond_wait(&hub->changed, &hub->mutex));
    }
    thread_must(pthread_mutex_unlock(&hub->mutex));
}

static void *run(void *context) {
    struct live_hub *hub = context;
    while (!atomic_load(&hub->stopping)) {
        if (is_wanted(hub)) {
            turn(hub);
        } else {
            rest(hub);
        }
    }
    for (size_t i = 0; i < hub->config.url_count; i++) {
        hang_up(hub, &hub->peers[i]);
    }
    return NULL;
}

// --- For others -----------------------------------------------------------------------------------------------------------
static enum status make_peers(struct live_hub *hub, const struct live_hub_config *config) {
    hub->peers = calloc(config->url_count > 0 ? config->url_count : 1, sizeof *hub->peers);
    if (!hub->peers) {
        return STATUS_NO_MEMORY;
    }
    hub->config.url_count = config->url_count;
    for (size_t i = 0; i < config->url_count; i++) {
        struct str url = config->urls[i];
        url.len -= url.len > 0 && url.data[url.len - 1] == '/';
        hub->peers[i].hub = hub;
        buffer_init(&hub->peers[i].in, LIVE_FRAME_MAX + 64 * 1024);
        (void)snprintf(hub->peers[i].url, sizeof hub->peers[i].url, "%.*s", STR_ARG(url));
    }
    return STATUS_OK;
}

enum status live_hub_start(const struct live_hub_config *config, struct live_hub **out,
                           struct error *err) {
    struct live_hub *hub = calloc(1, sizeof *hub);
    if (!hub) {
        return error_set(err, STATUS_NO_MEMORY, "live: no memory to start");
    }
    hub->config = *config;
    hub->config.urls = NULL;
    hub->config.url_count = 0;
    hub->config.linger_ms = config->linger_ms > 0 ? config->linger_ms : 30 * 1000;
    hub->rings.feed = config->feed;
    thread_must(pthread_mutex_init(&hub->mutex, NULL));
    thread_cond_init(&hub->changed);
    enum status status = make_peers(hub, config);
    if (status == STATUS_OK) {
        hub->multi = curl_multi_init();
        status = hub->multi ? STATUS_OK : STATUS_NO_MEMORY;
    }
    if (status == STATUS_OK) {
        status = thread_start(&hub->thread, "live-hub", run, hub);
        hub->started = status == STATUS_OK;
    }
    if (status != STATUS_OK) {
        live_hub_stop(hub);
        return error_set(err, status, "live: cannot start: %s", status_text(status));
    }
    *out = hub;
    return STATUS_OK;
}

void live_hub_stop(struct live_hub *hub) {
    if (!hub) {
        return;
    }
    thread_must(pthread_mutex_lock(&hub->mutex));
    atomic_store(&hub->stopping, true);
    thread_must(pthread_cond_broadcast(&hub->changed));
    thread_must(pthread_mutex_unlock(&hub->mutex));
    if (hub->started) {
        (void)curl_multi_wakeup(hub->multi);
        thread_join(&hub->thread);
    }
    for (size_t i = 0; i < hub->config.url_count; i++) {
        buffer_free(&hub->peers[i].in);
    }
    (void)curl_multi_cleanup(hub->multi);
    thread_must(pthread_cond_destroy(&hub->changed));
    thread_must(pthread_mutex_destroy(&hub->mutex));
    free(hub->peers);
    free(hub);
}

static void want(struct live_hub *hub) {
    bool slept = hub->wanted_us <= now_us(hub);
    hub->wanted_us = now_us(hub) + hub->config.linger_ms * 1000;
    if (slept) {
        thread_must(pthread_cond_broadcast(&hub->changed));
        (void)curl_multi_wakeup(hub->multi);
    }
}

void live_hub_want(struct live_hub *hub) {
    thread_must(pthread_mutex_lock(&hub->mutex));
    want(hub);
    thread_must(pthread_mutex_unlock(&hub->mutex));
}

void live_hub_prime(struct live_hub *hub, int64_t timeout_ms) {
    int64_t until = now_us(hub) + timeout_ms * 1000;
    thread_must(pthread_mutex_lock(&hub->mutex));
    want(hub);
    while (!hub->primed && !atomic_load(&hub->stopping) && now_us(hub) < until) {
        (void)thread_cond_wait_us(&hub->changed, &hub->mutex, until - now_us(hub));
    }
    thread_must(pthread_mutex_unlock(&hub->mutex));
}
