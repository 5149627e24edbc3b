/* SPDX-License-Identifier: Apache-2.0 */
/* Reads [SCHEME:]REF and opens what it names; guesses nothing where two things have the name. */
#include "containers/private.h"

#include <limits.h>

#include "stigwatch/error.h"
#include "stigwatch/image.h"
#include "stigwatch/target.h"

SW_DEFINE_CLEANUP(struct sw_target *, target, sw_target_free)
#define _cleanup_target_ _cleanup_(sw_cleanup_target)
#define _cleanup_strlist_ _cleanup_(sw_strlist_release)

#define SUPPORTED                                                                                  \
	"docker-archive:PATH, oci-archive:PATH, oci-dir:PATH, dir:PATH, container:NAME, "          \
	"docker:IMAGE, podman:NAME, pid:N, host"

enum scheme {
	BARE,
	DIR_,
	CONTAINER,
	IMAGE,
	PODMAN,
	PID,
	HOST,
	DOCKER_ARCHIVE,
	OCI_ARCHIVE,
	OCI_DIR,
};

static const struct {
	const char *name;
	enum scheme scheme;
} schemes[] = {
	{"dir", DIR_},
	{"rootfs", DIR_},
	{"fs", DIR_},
	{"container", CONTAINER},
	{"docker", IMAGE},
	{"docker-daemon", IMAGE},
	{"image", IMAGE},
	{"podman", PODMAN},
	{"pid", PID},
	{"host", HOST},
	{"docker-archive", DOCKER_ARCHIVE},
	{"oci-archive", OCI_ARCHIVE},
	{"oci-dir", OCI_DIR},
	{"oci", OCI_DIR},
};

/* An unknown word before the colon is part of an image's name: nginx:1.25. */
static enum scheme split(const char *ref, const char **ret_rest)
{
	const char *colon = strchr(ref, ':');

	*ret_rest = ref;
	if (strcmp(ref, "host") == 0) {
		*ret_rest = "";
		return HOST;
	}
	if (*ref == '/' || strncmp(ref, "./", 2) == 0 || strncmp(ref, "../", 3) == 0)
		return DIR_;
	for (size_t i = 0; colon && i < SW_ARRAY_LEN(schemes); i++) {
		size_t len = strlen(schemes[i].name);

		if (len == (size_t)(colon - ref) && strncmp(ref, schemes[i].name, len) == 0) {
			*ret_rest = colon + 1;
			return schemes[i].scheme;
		}
	}
	return BARE;
}

/* ---- daemons: every thing of that name is a hit, and there must be one ---- */

struct hit {
	struct sw_container *c;
	const char *spelling; /* before the name */
	const char *suffix;   /* after it */
	enum sw_view view;
};

struct hits {
	struct hit items[4];
	size_t n;
	struct sw_error err; /* why the first daemon gave none */
};

static void hits_release(struct hits *h)
{
	for (size_t i = 0; i < h->n; i++)
		sw_container_free(h->items[i].c);
}

/* What a search covers. */
struct search {
	const char *name;
	bool containers, images, docker, podman;
	bool bare; /* an id prefix that is too short to be meant as one is no hit */
};

static int note(struct hits *h, int rc, const struct sw_error *why)
{
	if (!h->err.code)
		h->err = *why;
	return rc == -ENOENT ? 0 : rc;
}

static int find_container(struct sw_docker *d, const struct search *s, bool podman, struct hits *h)
{
	struct sw_selector meant = {.kind = SW_SELECT_CONTAINER, .value = (char *)s->name};
	struct sw_container *c = NULL;
	struct sw_error why = {0};
	int rc = sw_docker_inspect(d, s->name, &c, &why);

	if (rc < 0)
		return note(h, rc, &why);
	if (s->bare && !sw_selector_matches(&meant, c)) {
		sw_container_free(c);
		return 0;
	}
	h->items[h->n++] = (struct hit){c, "container:", podman ? "@podman" : "", SW_VIEW_LIVE};
	return 0;
}

static int find_image(struct sw_docker *d, const struct search *s, bool podman, struct hits *h)
{
	struct sw_container *c = NULL;
	struct sw_error why = {0};
	int rc = sw_docker_inspect_image(d, s->name, &c, &why);

	if (rc < 0)
		return note(h, rc, &why);
	h->items[h->n++] = podman ? (struct hit){c, "image:", "@podman", SW_VIEW_IMAGE}
				  : (struct hit){c, "docker:", "", SW_VIEW_IMAGE};
	return 0;
}

static int ask_daemon(const char *socket, const struct search *s, bool podman, struct hits *h)
{
	_cleanup_docker_ struct sw_docker *d = NULL;
	struct sw_error why = {0};
	int rc = sw_docker_connect(socket, &d, &why);

	if (rc == -ECONNREFUSED) /* as absent as no socket at all */
		rc = -ENOENT;
	if (rc < 0)
		return note(h, rc, &why);
	if (s->images)
		rc = find_image(d, s, podman, h);
	if (rc == 0 && s->containers)
		rc = find_container(d, s, podman, h);
	return rc;
}

static int none_found(const struct search *s, const struct hits *h, const char *socket,
		      struct sw_error *err)
{
	bool no_such = strncmp(h->err.text, "no ", 3) == 0;

	if (no_such && s->containers && s->images)
		return sw_error_set(
			err, ENOENT,
			"no container or image named %s (docker: %s); other targets: %s", s->name,
			socket, SUPPORTED);
	return sw_error_set(err, h->err.code ?: ENOENT, "%s",
			    h->err.code ? h->err.text : "no container daemon to ask");
}

/* The one thing meant, out of everything that has the name. */
static int choose(const struct search *s, struct hits *h, const char *socket, struct hit **ret_hit,
		  struct sw_error *err)
{
	struct hit *a = &h->items[0], *b = &h->items[1];

	if (h->n == 0)
		return none_found(s, h, socket, err);
	if (h->n > 1)
		return sw_error_set(err, ENOTUNIQ, "%s is ambiguous: %s%s%s or %s%s%s?", s->name,
				    a->spelling, s->name, a->suffix, b->spelling, s->name,
				    b->suffix);
	*ret_hit = a;
	return 0;
}

static int search_daemons(const struct search *s, const struct sw_target_options *opts,
			  struct hits *h)
{
	const char *socket = opts ? opts->docker_socket : NULL;
	int rc = 0;

	if (socket) /* an explicit socket is the only daemon there is */
		return ask_daemon(socket, s, s->podman && !s->docker, h);
	/* container:X means docker's unless docker has none; a bare X must be unique over both */
	if (s->docker)
		rc = ask_daemon(SW_DOCKER_SOCKET, s, false, h);
	if (rc == 0 && s->podman && (s->bare || h->n == 0))
		rc = ask_daemon(SW_PODMAN_SOCKET, s, true, h);
	return rc;
}

struct opened {
	struct sw_target *target;
	struct sw_container *container;
};

static int open_daemons(const struct search *s, const struct sw_target_options *opts,
			struct opened *ret, struct sw_error *err)
{
	_cleanup_(hits_release) struct hits h = {0};
	const char *socket = opts && opts->docker_socket ? opts->docker_socket
			     : s->docker		 ? SW_DOCKER_SOCKET
							 : SW_PODMAN_SOCKET;
	struct hit *hit;
	int rc;

	if (!*s->name)
		return sw_error_set(err, EINVAL, "the name is missing");
	rc = search_daemons(s, opts, &h);
	if (rc < 0)
		return sw_error_set(err, h.err.code, "%s", h.err.text);
	rc = choose(s, &h, socket, &hit, err);
	if (rc < 0)
		return rc;
	rc = sw_container_open_root(hit->c, hit->view, &ret->target, err);
	if (rc == 0)
		ret->container = TAKE(hit->c);
	return rc;
}

/* NAME, NAME@docker or NAME@podman; an image's digest (@sha256:...) is part of its name. */
static int open_named(enum scheme scheme, const char *rest, const struct sw_target_options *opts,
		      struct opened *ret, struct sw_error *err)
{
	struct search s = {
		.containers = scheme == BARE || scheme == CONTAINER || scheme == PODMAN,
		.images = scheme == BARE || scheme == IMAGE || scheme == PODMAN,
		.docker = scheme != PODMAN,
		.podman = scheme != IMAGE,
		.bare = scheme == BARE || scheme == PODMAN,
	};
	const char *at = strrchr(rest, '@');
	_cleanup_free_ char *name = NULL;
	bool docker = at && strcmp(at, "@docker") == 0, podman = at && strcmp(at, "@podman") == 0;

	name = docker || podman ? strndup(rest, (size_t)(at - rest)) : strdup(rest);
	if (!name)
		return sw_error_set(err, ENOMEM, "out of memory");
	s.name = name;
	if (docker || podman) {
		s.docker = docker;
		s.podman = podman;
	}
	return open_daemons(&s, opts, ret, err);
}

/* ---- the others ---- */

static int open_pid(const char *rest, struct opened *ret, struct sw_error *err)
{
	_cleanup_container_ struct sw_container *c = NULL;
	char *end;
	long pid;
	int rc;

	errno = 0;
	pid = strtol(rest, &end, 10);
	if (*rest < '0' || *rest > '9' || *end || errno || pid < 1 || pid > INT_MAX)
		return sw_error_set(err, EINVAL, "\"%.32s\" is not a process id", rest);
	c = calloc(1, sizeof(*c));
	if (!c || asprintf(&c->id, "pid-%ld", pid) < 0 || !(c->name = strdup(c->id)) ||
	    !(c->status = strdup("running")))
		return sw_error_set(err, ENOMEM, "out of memory");
	c->pid = (int)pid;
	rc = sw_container_open_root(c, SW_VIEW_LIVE, &ret->target, err);
	if (rc == 0)
		ret->container = TAKE(c);
	return rc;
}

static int open_host(const char *rest, struct opened *ret, struct sw_error *err)
{
	char name[256] = "";
	int rc;

	if (*rest)
		return sw_error_set(err, EINVAL, "host takes no name, \"%.32s\" follows it", rest);
	rc = sw_target_open_dir("/", SW_TARGET_HOST, &ret->target, err);
	if (rc == 0 && gethostname(name, sizeof(name) - 1) == 0 && *name &&
	    sw_target_set_name(ret->target, name) < 0)
		rc = sw_error_set(err, ENOMEM, "out of memory");
	return rc;
}

static int open_image(enum sw_image_layout layout, const char *rest,
		      const struct sw_target_options *opts, struct opened *ret,
		      struct sw_error *err)
{
	const struct sw_image_options image = {.platform = opts ? opts->platform : NULL};

	return sw_target_open_image(layout, rest, &image, &ret->target, err);
}

static int open_scheme(const char *ref, const struct sw_target_options *opts, struct opened *ret,
		       struct sw_error *err)
{
	const char *rest;
	enum scheme scheme = split(ref, &rest);

	switch (scheme) {
	case DIR_:
		if (!*rest)
			return sw_error_set(err, EINVAL, "the directory is missing");
		return sw_target_open_dir(rest, SW_TARGET_DIR, &ret->target, err);
	case PID:
		return open_pid(rest, ret, err);
	case HOST:
		return open_host(rest, ret, err);
	case DOCKER_ARCHIVE:
		return open_image(SW_IMAGE_DOCKER_ARCHIVE, rest, opts, ret, err);
	case OCI_ARCHIVE:
		return open_image(SW_IMAGE_OCI_ARCHIVE, rest, opts, ret, err);
	case OCI_DIR:
		return open_image(SW_IMAGE_OCI_DIR, rest, opts, ret, err);
	default:
		return open_named(scheme, rest, opts, ret, err);
	}
}

/* What the target's own configuration gave, as a record to merge others into. */
static int env_of(const struct sw_target *t, struct sw_strlist *ret_env)
{
	const char *name, *value;

	for (size_t i = 0; sw_target_env_at(t, i, &name, &value); i++) {
		_cleanup_free_ char *pair = NULL;
		int n = asprintf(&pair, "%s=%s", name, value);

		if (n < 0 || sw_strlist_add(ret_env, pair, (size_t)n) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The configured environment is known where a configuration was read or given. */
static int add_env(const struct opened *o, const struct sw_target_options *opts,
		   struct sw_error *err)
{
	bool daemon = o->container && sw_target_kind(o->target) != SW_TARGET_PID;
	bool given = opts && (opts->image_config || (opts->env && opts->env[0]));
	_cleanup_strlist_ struct sw_strlist env = {0}, own = {0};
	struct sw_container base = {0};
	int rc;

	if (!daemon && !given)
		return 0;
	if (env_of(o->target, &own) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	base.env = own.items;
	base.n_env = own.n;
	rc = sw_env_merge(daemon ? o->container : &base, opts, &env, err);
	if (rc == 0) {
		sw_target_clear_env(o->target);
		rc = sw_target_add_env_list(o->target, env.items, env.n);
		if (rc < 0)
			sw_error_set(err, -rc, "environment: %s", strerror(-rc));
	}
	return rc;
}

int sw_target_open_ref(const char *ref, const struct sw_target_options *opts,
		       struct sw_target **ret_target, struct sw_container **ret_container,
		       struct sw_error *err)
{
	_cleanup_target_ struct sw_target *t = NULL;
	_cleanup_container_ struct sw_container *c = NULL;
	struct opened o = {0};
	int rc;

	if (!ref || !*ref)
		return sw_error_set(err, EINVAL, "target: empty; supported: %s", SUPPORTED);
	rc = open_scheme(ref, opts, &o, err);
	t = o.target;
	c = o.container;
	if (rc == 0)
		rc = add_env(&o, opts, err);
	if (rc < 0) {
		sw_error_context(err, "target %.200s", ref);
		return rc;
	}
	*ret_target = TAKE(t);
	if (ret_container) /* an image is not a container */
		*ret_container = c && c->id ? TAKE(c) : NULL;
	return 0;
}
