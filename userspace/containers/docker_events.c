/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's event stream, read without blocking; an event is metadata, never the reason for a
 * verdict. */
#include "containers/docker.h"

#include "containers/http.h"
#include "containers/private.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

/* {"type":["container"]}, percent-encoded */
static const char filter[] = "%7B%22type%22%3A%5B%22container%22%5D%7D";

static int keep(void *ctx, const char *data, size_t len)
{
	struct sw_docker *d = ctx;

	if (d->pending.len + len > 2 * SW_LIMIT_DOCKER_BYTES)
		return -EMSGSIZE;
	sw_strbuf_add(&d->pending, data, len);
	return d->pending.failed ? -ENOMEM : 0;
}

int sw_docker_events_open(struct sw_docker *d, struct sw_error *err)
{
	char path[128];
	int rc;

	snprintf(path, sizeof(path), "/v%s/events?filters=%s", d->version, filter);
	sw_strbuf_release(&d->pending);
	rc = sw_http_stream_open(d->http, path, keep, d, err);
	if (rc < 0)
		sw_error_context(err, "docker: %s", d->path);
	return rc;
}

int sw_docker_events_fd(const struct sw_docker *d)
{
	return sw_http_stream_fd(d->http);
}

/* Hands on every whole line; the rest waits for its newline. */
static int drain(struct sw_docker *d, sw_docker_event_fn fn, void *ctx, struct sw_error *err)
{
	size_t start = 0;
	int rc = 0;

	while (rc >= 0 && start < d->pending.len) {
		const char *line = d->pending.data + start;
		const char *end = memchr(line, '\n', d->pending.len - start);

		if (!end)
			break;
		start += (size_t)(end - line) + 1;
		if (end > line)
			rc = sw_docker_parse_event(line, (size_t)(end - line), fn, ctx, err);
	}
	if (start > 0) {
		memmove(d->pending.data, d->pending.data + start, d->pending.len - start + 1);
		d->pending.len -= start;
	}
	if (rc >= 0 && d->pending.len > SW_LIMIT_DOCKER_BYTES)
		rc = sw_error_set(err, EMSGSIZE, "event longer than %u bytes",
				  SW_LIMIT_DOCKER_BYTES);
	return rc < 0 ? rc : 0;
}

int sw_docker_events_read(struct sw_docker *d, sw_docker_event_fn fn, void *ctx,
			  struct sw_error *err)
{
	struct sw_error ended = {0}, bad = {0};
	int end = sw_http_stream_read(d->http, &ended);
	int rc = drain(d, fn, ctx, &bad);

	/* what came before the end is handed on first; then the end is told */
	if (rc < 0)
		return sw_error_set(err, -rc, "docker: %s: %s", d->path, bad.text);
	if (end < 0)
		return sw_error_set(err, -end, "docker: %s: %s", d->path, ended.text);
	return 0;
}
