/* SPDX-License-Identifier: Apache-2.0 */
/* The one module that uses libcurl: GET over a unix socket; must not know what is asked for. */
#include "containers/http.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/library.h"
#include "stigwatch/limits.h"
#include "stigwatch/strbuf.h"

#define CURL_FUNCTIONS(X)                                                                          \
	X(easy_cleanup)                                                                            \
	X(easy_escape)                                                                             \
	X(easy_getinfo)                                                                            \
	X(easy_init)                                                                               \
	X(easy_perform)                                                                            \
	X(easy_setopt)                                                                             \
	X(easy_strerror)                                                                           \
	X(free)                                                                                    \
	X(global_init)                                                                             \
	X(multi_add_handle)                                                                        \
	X(multi_cleanup)                                                                           \
	X(multi_info_read)                                                                         \
	X(multi_init)                                                                              \
	X(multi_perform)                                                                           \
	X(multi_poll)                                                                              \
	X(multi_remove_handle)

#define POINTER(f) typeof(&curl_##f) f;
#define SYMBOL(f) {"curl_" #f, &curl.f},
static struct {
	CURL_FUNCTIONS(POINTER)
} curl;
static const struct sw_library_symbol symbols[] = {CURL_FUNCTIONS(SYMBOL)};
static struct sw_library library = {"libcurl.so.4", symbols, SW_ARRAY_LEN(symbols), false};

struct sw_http {
	char *socket;
	CURL *easy;
	/* the stream */
	CURLM *multi;
	CURL *stream;
	int stream_fd; /* curl's own; closed by curl */
	sw_http_data_fn fn;
	void *ctx;
	int fn_error;
	bool ended;
};

void sw_http_free(struct sw_http *h)
{
	if (!h)
		return;
	if (h->stream && h->multi)
		curl.multi_remove_handle(h->multi, h->stream);
	if (h->stream)
		curl.easy_cleanup(h->stream);
	if (h->multi)
		curl.multi_cleanup(h->multi);
	if (h->easy)
		curl.easy_cleanup(h->easy);
	free(h->socket);
	free(h);
}
SW_DEFINE_CLEANUP(struct sw_http *, http, sw_http_free)

const char *sw_http_socket(const struct sw_http *h)
{
	return h->socket;
}

char *sw_http_escape(const char *s)
{
	char *quoted = curl.easy_escape(NULL, s, 0), *copy = quoted ? strdup(quoted) : NULL;

	curl.free(quoted);
	return copy;
}

static CURL *new_easy(const struct sw_http *h)
{
	CURL *e = curl.easy_init();

	if (!e || curl.easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, h->socket) != CURLE_OK) {
		curl.easy_cleanup(e);
		return NULL;
	}
	curl.easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(e, CURLOPT_PROXY, "");
	curl.easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl.easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http");
	curl.easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl.easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl.easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)SW_LIMIT_DOCKER_SECONDS);
	return e;
}

int sw_http_open(const char *socket, struct sw_http **ret_http, struct sw_error *err)
{
	_cleanup_(sw_cleanup_http) struct sw_http *h = calloc(1, sizeof(*h));
	struct sockaddr_un un;
	int rc;

	if (!h || !(h->socket = strdup(socket)))
		return sw_error_set(err, ENOMEM, "out of memory");
	h->stream_fd = -1;
	if (strlen(socket) >= sizeof(un.sun_path))
		return sw_error_set(err, ENAMETOOLONG, "socket name longer than %zu bytes",
				    sizeof(un.sun_path) - 1);
	rc = sw_library_open(&library, err);
	if (rc < 0)
		return rc;
	if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->easy = new_easy(h)))
		return sw_error_set(err, ENOMEM, "libcurl cannot be set up");
	*ret_http = TAKE(h);
	return 0;
}

static size_t collect(char *data, size_t size, size_t n, void *ctx)
{
	struct sw_strbuf *sb = ctx;

	if (sb->len + n > SW_LIMIT_DOCKER_BYTES)
		return CURL_WRITEFUNC_ERROR;
	sw_strbuf_add(sb, data, n);
	return sb->failed ? CURL_WRITEFUNC_ERROR : n;
}

/* The errno of connect(2) says more than curl's "could not connect". */
static int explain(CURL *e, CURLcode code, struct sw_error *err)
{
	long os = 0;

	curl.easy_getinfo(e, CURLINFO_OS_ERRNO, &os);
	if (code == CURLE_COULDNT_CONNECT && os > 0)
		return sw_error_set(err, (int)os, "%s", strerror((int)os));
	if (code == CURLE_OPERATION_TIMEDOUT)
		return sw_error_set(err, ETIMEDOUT, "no answer within %d seconds",
				    SW_LIMIT_DOCKER_SECONDS);
	if (code == CURLE_WRITE_ERROR)
		return sw_error_set(err, EFBIG, "answer larger than %u bytes",
				    SW_LIMIT_DOCKER_BYTES);
	return sw_error_set(err, EIO, "%s", curl.easy_strerror(code));
}

static int set_url(CURL *e, const char *path)
{
	_cleanup_strbuf_ struct sw_strbuf url = {0};

	sw_strbuf_addf(&url, "http://localhost%s", path);
	if (!sw_strbuf_str(&url) ||
	    curl.easy_setopt(e, CURLOPT_URL, sw_strbuf_str(&url)) != CURLE_OK)
		return -ENOMEM;
	return 0;
}

int sw_http_get(struct sw_http *h, const char *path, struct sw_http_reply *ret_reply,
		struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf body = {0};
	struct sw_http_reply reply = {0};
	CURLcode code;

	if (set_url(h->easy, path) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	curl.easy_setopt(h->easy, CURLOPT_TIMEOUT, (long)SW_LIMIT_DOCKER_SECONDS);
	curl.easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, collect);
	curl.easy_setopt(h->easy, CURLOPT_WRITEDATA, &body);
	code = curl.easy_perform(h->easy);
	if (code != CURLE_OK)
		return explain(h->easy, code, err);
	curl.easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &reply.status);
	sw_strbuf_add(&body, "", 0);
	reply.len = body.len;
	reply.body = sw_strbuf_steal(&body);
	if (!reply.body && !(reply.body = strdup("")))
		return sw_error_set(err, ENOMEM, "out of memory");
	*ret_reply = reply;
	return 0;
}

/* ---- the stream ---- */

static size_t pass_on(char *data, size_t size, size_t n, void *ctx)
{
	struct sw_http *h = ctx;
	long status = 0;

	curl.easy_getinfo(h->stream, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		h->fn_error = -EPROTO;
	else
		h->fn_error = h->fn(h->ctx, data, n);
	return h->fn_error < 0 ? CURL_WRITEFUNC_ERROR : n;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct sw_http *h = ctx;

	h->stream_fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	return h->stream_fd;
}

static int stream_end(struct sw_http *h, struct sw_error *err)
{
	CURLMsg *msg;
	int left, rc;

	while ((msg = curl.multi_info_read(h->multi, &left))) {
		long status = 0;

		if (msg->msg != CURLMSG_DONE)
			continue;
		h->ended = true;
		curl.easy_getinfo(h->stream, CURLINFO_RESPONSE_CODE, &status);
		if (h->fn_error < 0 && h->fn_error != -EPROTO)
			return sw_error_set(err, -h->fn_error, "event stream: %s",
					    strerror(-h->fn_error));
		if (status && status != 200)
			return sw_error_set(err, EPROTO, "event stream: HTTP status %ld", status);
		if (status)
			return sw_error_set(err, EPIPE, "event stream: closed by the daemon");
		rc = explain(h->stream, msg->data.result, err);
		return rc;
	}
	return 0;
}

int sw_http_stream_read(struct sw_http *h, struct sw_error *err)
{
	int running = 0;

	if (!h->stream || h->ended)
		return sw_error_set(err, EPIPE, "event stream: %s",
				    h->stream ? "closed by the daemon" : "not open");
	if (curl.multi_perform(h->multi, &running) != CURLM_OK)
		return sw_error_set(err, EIO, "event stream: libcurl failed");
	return running ? 0 : stream_end(h, err);
}

static void stream_drop(struct sw_http *h)
{
	if (h->stream)
		curl.multi_remove_handle(h->multi, h->stream);
	curl.easy_cleanup(TAKE(h->stream));
	h->stream_fd = -1;
	h->fn_error = 0;
	h->ended = false;
}

/* Drives the transfer until the answer's head is there, so that an error shows now. */
static int stream_await_head(struct sw_http *h, struct sw_error *err)
{
	for (int i = 0; i < SW_LIMIT_DOCKER_SECONDS * 10; i++) {
		long status = 0;
		struct sw_error own = {0};
		int rc = sw_http_stream_read(h, &own);

		curl.easy_getinfo(h->stream, CURLINFO_RESPONSE_CODE, &status);
		if (status == 200 &&
		    (rc == 0 || rc == -EPIPE)) /* a stream may end at once: the next read says so */
			return 0;
		if (rc < 0)
			return sw_error_set(err, -rc, "%s", own.text);
		if (curl.multi_poll(h->multi, NULL, 0, 100, NULL) != CURLM_OK)
			return sw_error_set(err, EIO, "event stream: libcurl failed");
	}
	return sw_error_set(err, ETIMEDOUT, "event stream: no answer within %d seconds",
			    SW_LIMIT_DOCKER_SECONDS);
}

int sw_http_stream_open(struct sw_http *h, const char *path, sw_http_data_fn fn, void *ctx,
			struct sw_error *err)
{
	int rc;

	if (!h->multi)
		h->multi = curl.multi_init();
	if (!h->multi)
		return sw_error_set(err, ENOMEM, "out of memory");
	stream_drop(h);
	h->stream = new_easy(h);
	if (!h->stream || set_url(h->stream, path) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	h->fn = fn;
	h->ctx = ctx;
	curl.easy_setopt(h->stream, CURLOPT_WRITEFUNCTION, pass_on);
	curl.easy_setopt(h->stream, CURLOPT_WRITEDATA, h);
	curl.easy_setopt(h->stream, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl.easy_setopt(h->stream, CURLOPT_OPENSOCKETDATA, h);
	curl.easy_setopt(h->stream, CURLOPT_FRESH_CONNECT, 1L);
	curl.easy_setopt(h->stream, CURLOPT_FORBID_REUSE, 1L);
	if (curl.multi_add_handle(h->multi, h->stream) != CURLM_OK)
		return sw_error_set(err, EIO, "event stream: libcurl failed");
	rc = stream_await_head(h, err);
	if (rc < 0)
		stream_drop(h);
	return rc;
}

int sw_http_stream_fd(const struct sw_http *h)
{
	return h->ended ? -1 : h->stream_fd;
}
