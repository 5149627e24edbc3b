/* SPDX-License-Identifier: Apache-2.0 */
/* Asks Docker's (or podman's) daemon about containers and images; changes nothing there. */
#include "containers/docker.h"

#include "containers/http.h"
#include "containers/private.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define _cleanup_strlist_ _cleanup_(sw_strlist_release)

static void reply_release(struct sw_http_reply *r)
{
	free(r->body);
}
#define _cleanup_reply_ _cleanup_(reply_release)

void sw_docker_free(struct sw_docker *d)
{
	if (!d)
		return;
	sw_http_free(d->http);
	sw_strbuf_release(&d->pending);
	free(d->path);
	free(d);
}

static int explain_connect(const char *path, int rc, struct sw_error *err)
{
	if (rc == -ENOENT)
		return sw_error_set(err, ENOENT, "docker: no socket %s: is the daemon running?",
				    path);
	if (rc == -ECONNREFUSED)
		return sw_error_set(err, ECONNREFUSED, "docker: nobody listens on %s", path);
	if (rc == -EACCES || rc == -EPERM)
		return sw_error_set(err, EACCES, "docker: no permission to use %s: run as root",
				    path);
	sw_error_context(err, "docker: %s", path);
	return rc;
}

int sw_docker_connect(const char *path, struct sw_docker **ret_docker, struct sw_error *err)
{
	_cleanup_docker_ struct sw_docker *d = calloc(1, sizeof(*d));
	_cleanup_reply_ struct sw_http_reply reply = {0};
	int rc;

	if (!d || !(d->path = strdup(path ? path : SW_DOCKER_SOCKET)))
		return sw_error_set(err, ENOMEM, "docker: out of memory");
	rc = sw_http_open(d->path, &d->http, err);
	if (rc == 0)
		rc = sw_http_get(d->http, "/version", &reply, err);
	if (rc < 0)
		return explain_connect(d->path, rc, err);
	if (reply.status != 200)
		return sw_error_set(err, EPROTO, "docker: %s: /version: HTTP status %ld", d->path,
				    reply.status);
	rc = sw_docker_parse_version(reply.body, reply.len, d->version, err);
	if (rc < 0) {
		sw_error_context(err, "docker: %s: /version", d->path);
		return rc;
	}
	*ret_docker = TAKE(d);
	return 0;
}

/* GET /vVERSION/KIND/REF/json. what is "container" or "image". */
static int ask(struct sw_docker *d, const char *kind, const char *ref,
	       struct sw_http_reply *ret_reply, struct sw_error *err)
{
	_cleanup_free_ char *path = NULL, *quoted = NULL, *message = NULL;
	_cleanup_reply_ struct sw_http_reply reply = {0};
	int rc;

	/* a reference holds no other characters, and "." or ".." would climb in the URL */
	if (!*ref || strlen(ref) > 1024 || strchr("./-", *ref) || strstr(ref, "..") ||
	    ref[strspn(ref,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/@-")])
		return sw_error_set(err, ENOENT, "no %s can have such a name: \"%.100s\"", kind,
				    ref);
	quoted = sw_http_escape(ref);
	if (!quoted || asprintf(&path, "/v%s/%ss/%s/json", d->version, kind, quoted) < 0) {
		path = NULL;
		return sw_error_set(err, ENOMEM, "docker: out of memory");
	}
	rc = sw_http_get(d->http, path, &reply, err);
	if (rc < 0)
		return explain_connect(d->path, rc, err);
	if (reply.status == 404)
		return sw_error_set(err, ENOENT, "no %s named %s (docker: %s)", kind, ref, d->path);
	if (reply.status != 200) {
		message = sw_docker_parse_message(reply.body, reply.len);
		return sw_error_set(err, EPROTO, "docker: %s: %s %s: HTTP status %ld: %s", d->path,
				    kind, ref, reply.status, message ?: "");
	}
	*ret_reply = reply;
	reply.body = NULL;
	return 0;
}

int sw_docker_inspect_image(struct sw_docker *d, const char *ref, struct sw_container **ret_image,
			    struct sw_error *err)
{
	_cleanup_reply_ struct sw_http_reply reply = {0};
	int rc = ask(d, "image", ref, &reply, err);

	if (rc < 0)
		return rc;
	rc = sw_docker_parse_image(reply.body, reply.len, ref, ret_image, err);
	if (rc < 0)
		sw_error_context(err, "docker: %s: image %s", d->path, ref);
	return rc;
}

/* The registry's digest is known to the image, not to the container; an image that was removed
 * leaves it unknown. */
static int add_manifest(struct sw_docker *d, struct sw_container *c, struct sw_error *err)
{
	_cleanup_container_ struct sw_container *image = NULL;
	int rc;

	if (!c->image_digest)
		return 0;
	rc = sw_docker_inspect_image(d, c->image_digest, &image, err);
	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		c->manifest_digest = TAKE(image->manifest_digest);
	return rc;
}

int sw_docker_inspect(struct sw_docker *d, const char *ref, struct sw_container **ret_container,
		      struct sw_error *err)
{
	_cleanup_container_ struct sw_container *c = NULL;
	_cleanup_reply_ struct sw_http_reply reply = {0};
	struct sw_error quiet = {0};
	int rc = ask(d, "container", ref, &reply, err);

	if (rc < 0)
		return rc;
	rc = sw_docker_parse_container(reply.body, reply.len, &c, err);
	if (rc < 0) {
		sw_error_context(err, "docker: %s: container %s", d->path, ref);
		return rc;
	}
	rc = add_manifest(d, c, &quiet);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s", quiet.text);
	*ret_container = TAKE(c);
	return 0;
}

static void containers_free(struct sw_container **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sw_container_free(list[i]);
	free(list);
}

/* A container that goes between the list and its inspection is no error. */
static int inspect_all(struct sw_docker *d, const struct sw_strlist *ids,
		       struct sw_container **list, size_t *ret_n, struct sw_error *err)
{
	*ret_n = 0;
	for (size_t i = 0; i < ids->n; i++) {
		struct sw_error one = {0};
		int rc = sw_docker_inspect(d, ids->items[i], &list[*ret_n], &one);

		if (rc == 0)
			(*ret_n)++;
		else if (rc != -ENOENT)
			return sw_error_set(err, -rc, "%s", one.text);
	}
	return 0;
}

int sw_docker_list(struct sw_docker *d, struct sw_container ***ret_containers, size_t *ret_n,
		   struct sw_error *err)
{
	_cleanup_reply_ struct sw_http_reply reply = {0};
	_cleanup_strlist_ struct sw_strlist ids = {0};
	struct sw_container **list;
	char path[64];
	size_t n = 0;
	int rc;

	snprintf(path, sizeof(path), "/v%s/containers/json?all=1", d->version);
	rc = sw_http_get(d->http, path, &reply, err);
	if (rc < 0)
		return explain_connect(d->path, rc, err);
	if (reply.status != 200)
		return sw_error_set(err, EPROTO, "docker: %s: container list: HTTP status %ld",
				    d->path, reply.status);
	rc = sw_docker_parse_list(reply.body, reply.len, &ids, err);
	if (rc < 0) {
		sw_error_context(err, "docker: %s", d->path);
		return rc;
	}
	list = calloc(ids.n + 1, sizeof(struct sw_container *));
	if (!list)
		return sw_error_set(err, ENOMEM, "docker: out of memory");
	rc = inspect_all(d, &ids, list, &n, err);
	if (rc < 0) {
		containers_free(list, n);
		return rc;
	}
	*ret_containers = list;
	*ret_n = n;
	return 0;
}
