/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon made of canned answers on a unix socket, for tests of containers/. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "containers/private.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "stigwatch/strbuf.h"
#include "stigwatch/target.h"

#define FAKE_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FAKE_DIGEST "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FAKE_VERSION "{\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1.12\"}"
#define FAKE_CONTAINER                                                                             \
	"{\"Id\":\"" FAKE_ID "\",\"Name\":\"/web\",\"Image\":\"" FAKE_DIGEST "\","                 \
	"\"State\":{\"Status\":\"running\",\"Pid\":4242,\"StartedAt\":\"2024-05-06T07:08:09.1Z\"}" \
	","                                                                                        \
	"\"Config\":{\"Image\":\"nginx:1.25\",\"Env\":[\"A=1\",\"B=x=y\",\"ALONE\",\"=odd\",\"E="  \
	"\"],"                                                                                     \
	"\"Labels\":{\"tier\":\"front\",\"empty\":\"\"}},"                                         \
	"\"NetworkSettings\":{\"IPAddress\":\"172.17.0.2\",\"GlobalIPv6Address\":\"\","            \
	"\"Networks\":"                                                                            \
	"{\"bridge\":{\"IPAddress\":\"172.17.0.2\",\"GlobalIPv6Address\":\"fd00::2\"},"            \
	"\"other\":{\"IPAddress\":\"10.0.0.7\",\"GlobalIPv6Address\":\"\"},\"none\":null}},"       \
	"\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"LowerDir\":\"/l/init:/l/1\","          \
	"\"UpperDir\":\"/l/up\"}}}"
#define FAKE_IMAGE                                                                                 \
	"{\"Id\":\"" FAKE_DIGEST "\",\"RepoDigests\":[\"nginx@" FAKE_DIGEST "\"],"                 \
	"\"Config\":{\"Env\":[\"PATH=/bin\"],\"Labels\":null},"                                    \
	"\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"LowerDir\":\"/l/2:/l/1\","             \
	"\"UpperDir\":\"/l/3\"}}}"

struct fake_route {
	const char *path; /* what the request line must hold after "GET " */
	int status;
	const char *body;
	bool stream; /* sent without a length; ends when the connection does */
};

struct fake {
	char dir[32], socket[48];
	int listener;
	const struct fake_route *routes; /* ends with path NULL */
	pthread_t thread;
	_Atomic int requests;
};

static inline void fake_send(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

/* Answers one request; false when the connection is to end. */
static inline bool fake_answer(struct fake *f, int fd, const char *request)
{
	static const struct fake_route none = {NULL, 404, "{\"message\":\"No such\\nthing\"}",
					       false};
	const struct fake_route *r = f->routes;
	char head[256];
	int n;

	f->requests++;
	while (r->path && strncmp(request + 4, r->path, strlen(r->path)) != 0)
		r++;
	if (!r->path)
		r = &none;
	if (r->stream)
		n = snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nConnection: close\r\n\r\n",
			     r->status);
	else
		n = snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n",
			     r->status, strlen(r->body));
	fake_send(fd, head, (size_t)n);
	fake_send(fd, r->body, strlen(r->body));
	return !r->stream;
}

static inline void *fake_connection(void *ctx)
{
	struct fake *f = ((void **)ctx)[0];
	int fd = (int)(intptr_t)((void **)ctx)[1];
	char request[8192];
	size_t len = 0;
	ssize_t n;

	free(ctx);
	while ((n = recv(fd, request + len, sizeof(request) - 1 - len, 0)) > 0) {
		len += (size_t)n;
		request[len] = '\0';
		if (!strstr(request, "\r\n\r\n"))
			continue;
		len = 0;
		if (!fake_answer(f, fd, request))
			break;
	}
	close(fd);
	return NULL;
}

static inline void *fake_main(void *ctx)
{
	struct fake *f = ctx;
	pthread_t threads[32];
	size_t n = 0;
	int fd;

	while (n < 32 && (fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		void **args = calloc(2, sizeof(*args));

		args[0] = f;
		args[1] = (void *)(intptr_t)fd;
		if (pthread_create(&threads[n], NULL, fake_connection, args) == 0)
			n++;
	}
	while (n > 0)
		pthread_join(threads[--n], NULL);
	return NULL;
}

static inline void fake_start(struct fake *f, const struct fake_route *routes)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	*f = (struct fake){.routes = routes};
	strcpy(f->dir, "/tmp/sw-docker-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->socket, sizeof(f->socket), "%s/sock", f->dir);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", f->socket);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(f->listener, 8), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, fake_main, f), 0);
}

/* Every client must have gone before. */
static inline void fake_stop(struct fake *f)
{
	shutdown(f->listener, SHUT_RDWR);
	pthread_join(f->thread, NULL);
	close(f->listener);
	unlink(f->socket);
	rmdir(f->dir);
}
