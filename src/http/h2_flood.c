// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What HTTP/2 allows and a server should not put up with: frames that cost and lead to nothing, streams that are reset as soon as they
// are opened (CVE-2023-44487), windows that stay shut, peers that do nothing.
//
// Frames that lead to nothing are paid for from an allowance that comes back with time and with requests answered. nghttp2 itself ends
// header blocks of too many continuations (CVE-2024-28182) and acknowledgements that are not taken.
#include "base/log.h"
#include "http/h2.h"

#define ALLOWANCE_MAX 1000.0
#define ALLOWANCE_A_SECOND 50.0
#define CONTINUATIONS_MAX 16
#define RESETS_FREE 100 // more must be fewer than what was answered

void http_h2_calm(struct http_h2 *h2, const char *why) {
    if (h2->sent_away) {
        return;
    }
    h2->ending = h2->sent_away = true;
    metrics_add(h2->connection->loop->server->rejected_total, 1);
    LOG_WARN("http", "an HTTP/2 client is sent away", LOG_CSTR("remote", h2->connection->ip),
             LOG_CSTR("for", why));
    if (nghttp2_session_terminate_session(h2->session, NGHTTP2_ENHANCE_YOUR_CALM) != 0) {
        h2->broken = true;
    }
}

void http_h2_earn(struct http_h2 *h2, double gain) {
    h2->allowance += gain;
    h2->allowance = h2->allowance < ALLOWANCE_MAX ? h2->allowance : ALLOWANCE_MAX;
}

bool http_h2_afford(struct http_h2 *h2, double cost) {
    int64_t now_us = h2->connection->loop->now_us;
    http_h2_earn(h2, (double)(now_us - h2->allowed_us) / 1e6 * ALLOWANCE_A_SECOND);
    h2->allowed_us = now_us;
    h2->allowance -= cost;
    if (h2->allowance < 0) {
        http_h2_calm(h2, "frames that lead to nothing");
        return false;
    }
    return true;
}

// When the frame begins, since nghttp2 does not tell of all when they end. It tells nothing of types that it does not know: skipping them
// costs no more than reading them.
void http_h2_count_frame(struct http_h2 *h2, const nghttp2_frame_hd *head) {
    if (h2->sent_away) {
        return;
    }
    switch (head->type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA: break;
    case NGHTTP2_CONTINUATION:
        if (++h2->continuations > CONTINUATIONS_MAX) {
            http_h2_calm(h2, "continuations");
        }
        break;
    case NGHTTP2_SETTINGS: (void)http_h2_afford(h2, 10); break;
    case NGHTTP2_PING: (void)http_h2_afford(h2, 5); break;
    case NGHTTP2_RST_STREAM: (void)http_h2_afford(h2, 2); break;
    default: (void)http_h2_afford(h2, 1); break; // WINDOW_UPDATE, PRIORITY
    }
}

void http_h2_count_reset(struct http_h2 *h2, const struct http_h2_stream *stream) {
    if (stream->exchange->state == HTTP_EXCHANGE_READY) {
        return;
    }
    h2->resets++;
    if (h2->resets > RESETS_FREE && h2->resets > h2->answered) {
        http_h2_calm(h2, "resetting what it asked for");
    }
}

// --- Time --------------------------------------------------------------------------------------------------------------
static void reset(struct http_h2 *h2, int32_t id, uint32_t code) {
    if (nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, id, code) != 0) {
        h2->broken = true;
    }
}

// Whether a handler wants more of the body than has come.
static bool is_waited_for(const struct http_h2_stream *stream) {
    const struct http_flow *flow = &stream->exchange->flow;
    return stream->incoming && !stream->whole && stream->body_len == 0 && flow->events &&
           !flow->paused && !flow->over && !flow->failed;
}

static void sweep_stream(struct http_h2_stream *stream, int64_t now_us) {
    struct http_h2 *h2 = stream->h2;
    struct http_server *server = h2->connection->loop->server;
    int64_t quiet = now_us - stream->mark_us;
    switch (stream->exchange->state) {
    case HTTP_EXCHANGE_RECEIVING:
        if (stream->withheld == 0 && quiet > server->config.body_timeout_ms * 1000) {
            metrics_add(server->timeouts_total, 1);
            http_h2_refuse(stream, 408, "the body of the request did not come in time");
        }
        break;
    case HTTP_EXCHANGE_READY:
        if (quiet > server->config.write_timeout_ms * 1000) { // the client keeps its window shut
            metrics_add(server->timeouts_total, 1);
            reset(h2, stream->id, NGHTTP2_CANCEL);
        }
        break;
    case HTTP_EXCHANGE_HANDLED:
        if (is_waited_for(stream) && quiet > server->config.body_timeout_ms * 1000) {
            metrics_add(server->timeouts_total, 1);
            http_h2_fail(stream, 408);
        } else if (stream->headed && !stream->deferred &&
                   quiet > server->config.write_timeout_ms * 1000) {
            metrics_add(server->timeouts_total, 1);
            reset(h2, stream->id, NGHTTP2_CANCEL);
        }
        break;
    }
}

// Whether the whole connection has had its time.
static bool is_late(const struct http_connection *connection, int64_t now_us) {
    const struct http_server_config *config = &connection->loop->server->config;
    if (connection->began_us > 0 &&
        now_us - connection->began_us > config->header_timeout_ms * 1000) {
        return true; // a header block, or the client's settings
    }
    return connection->write_blocked &&
           now_us - connection->mark_us > config->write_timeout_ms * 1000;
}

void http_h2_sweep(struct http_connection *connection, int64_t now_us) {
    const struct http_server_config *config = &connection->loop->server->config;
    struct http_h2 *h2 = connection->h2;
    if (is_late(connection, now_us)) {
        metrics_add(connection->loop->server->timeouts_total, 1);
        http_connection_close(connection);
        return;
    }
    struct http_exchange_private *next;
    connection->in_pump = true; // else a reply might end streams that come next
    for (struct http_exchange_private *exchange = connection->first; exchange; exchange = next) {
        next = exchange->next;
        if (exchange->stream) {
            sweep_stream(exchange->stream, now_us);
        }
    }
    bool idle = !connection->first && now_us - h2->active_us > config->idle_timeout_ms * 1000;
    if (!h2->ending && (h2->goaway_due || idle)) {
        h2->ending = true;
        if (nghttp2_submit_goaway(h2->session, NGHTTP2_FLAG_NONE,
                                  nghttp2_session_get_last_proc_stream_id(h2->session),
                                  NGHTTP2_NO_ERROR, NULL, 0) != 0) {
            h2->broken = true;
        }
    }
    connection->in_pump = false;
    http_connection_pump(connection);
}
