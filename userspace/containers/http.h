/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP GET over a unix socket, and one stream that never blocks. Private to containers/; wraps
 * libcurl. */
#pragma once

#include <stddef.h>

struct sw_error;
struct sw_http;

/* socket is the path of a unix socket; connecting happens with the first request. */
int sw_http_open(const char *socket, struct sw_http **ret_http, struct sw_error *err);
void sw_http_free(struct sw_http *h);
const char *sw_http_socket(const struct sw_http *h);

/* Adds s to a path, percent-encoded. NULL when out of memory; free() it. */
char *sw_http_escape(const char *s);

struct sw_http_reply {
	long status;
	char *body; /* NUL-terminated; free() it */
	size_t len;
};
/* path starts with '/'. Answers larger than SW_LIMIT_DOCKER_BYTES or slower than
 * SW_LIMIT_DOCKER_SECONDS fail. */
int sw_http_get(struct sw_http *h, const char *path, struct sw_http_reply *ret_reply,
		struct sw_error *err);

/* Called with each piece of the stream's body; a negative errno ends the stream. */
typedef int (*sw_http_data_fn)(void *ctx, const char *data, size_t len);
int sw_http_stream_open(struct sw_http *h, const char *path, sw_http_data_fn fn, void *ctx,
			struct sw_error *err);
/* Readable when sw_http_stream_read has work; -1 before the stream is open. */
int sw_http_stream_fd(const struct sw_http *h);
/* 0; -EPIPE when the other side ended it; what fn returned. */
int sw_http_stream_read(struct sw_http *h, struct sw_error *err);
