/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The preparing thread: asks the daemon about a container, builds or loads its baseline, and binds
 * it to inodes, so that the collector never waits for any of it. Judges nothing.
 */
#include <sys/eventfd.h>

#include "service/internal.h"

struct cached_baseline {
	char *image_digest;
	struct sw_baseline *baseline;
	struct cached_baseline *next;
};

struct preparer {
	struct monitor *m;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	int done_fd;
	struct prep *preps;
	struct sw_docker *docker; /* a connection of its own: a handle is not thread-safe */
	struct cached_baseline *cache;
};

static bool selected(const struct monitor *m, const struct sw_container *c)
{
	for (size_t i = 0; i < m->opts->n_selectors; i++)
		if (sw_selector_matches(&m->opts->selectors[i], c))
			return true;
	return false;
}

static bool wants_all(const struct monitor *m)
{
	for (size_t i = 0; i < m->opts->n_selectors; i++)
		if (m->opts->selectors[i].kind == SW_SELECT_ALL)
			return true;
	return false;
}

/* Finds or makes the baseline for an image; image_digest may be NULL (no caching then). */
static int get_baseline(struct preparer *p, const char *image_digest, struct sw_target *target,
			struct cached_baseline *ret_baseline, struct sw_error *err)
{
	struct cached_baseline *c;
	int rc;

	if (p->m->baseline) {
		*ret_baseline = (struct cached_baseline){.baseline = p->m->baseline};
		return 0;
	}
	for (c = p->cache; c; c = c->next)
		if (image_digest && c->image_digest && strcmp(c->image_digest, image_digest) == 0) {
			*ret_baseline = *c;
			return 0;
		}
	c = calloc(1, sizeof(*c));
	if (!c)
		return sw_error_set(err, ENOMEM, "out of memory");
	rc = sw_baseline_build(target, &c->baseline, err);
	if (rc < 0) {
		free(c);
		return rc;
	}
	c->image_digest = image_digest ? strdup(image_digest) : NULL;
	c->next = p->cache;
	p->cache = c;
	*ret_baseline = *c;
	return 0;
}

static int by_inode(const void *a, const void *b)
{
	const struct sw_inode_class *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* Hard links: one inode, several names, each with its class. */
static void merge_classes(struct prep *prep)
{
	size_t n = 0;

	qsort(prep->classes, prep->n_classes, sizeof(*prep->classes), by_inode);
	for (size_t i = 0; i < prep->n_classes; i++)
		if (n > 0 && prep->classes[n - 1].ino == prep->classes[i].ino)
			prep->classes[n - 1].class_bits |= prep->classes[i].class_bits;
		else
			prep->classes[n++] = prep->classes[i];
	prep->n_classes = n;
}

/* The kernel is told every object of the baseline: what it does not find there is outside it. */
static int fill_classes(struct prep *prep)
{
	size_t n = sw_binding_count(prep->binding);

	prep->classes = calloc(n ? n : 1, sizeof(*prep->classes));
	if (!prep->classes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct sw_baseline_entry *e;
		uint64_t ino;

		if (!sw_binding_at(prep->binding, i, &ino, &e))
			break;
		if (e->type != 'f' && !(e->classes & SW_OBJ_PKGDB))
			continue;
		prep->classes[prep->n_classes++] = (struct sw_inode_class){
			.ino = ino,
			.class_bits = e->classes ? e->classes : SW_OBJ_DATA,
		};
	}
	merge_classes(prep);
	return 0;
}

static int prepare_baseline(struct preparer *p, struct prep *prep, struct sw_target *view,
			    struct sw_error *err)
{
	struct cached_baseline cached = {0};
	const char *digest = prep->info ? prep->info->image_digest : NULL;
	int rc = get_baseline(p, digest, view, &cached, err);

	if (rc < 0)
		return rc;
	/* a baseline of another image would call everything drift, or worse, nothing */
	const char *made_from = sw_baseline_identity(cached.baseline, "image.digest");

	if (digest && made_from && strcmp(digest, made_from) != 0)
		return sw_error_set(err, EINVAL,
				    "the baseline is of image %s, the container runs %s", made_from,
				    digest);
	rc = sw_baseline_bind(cached.baseline, view, &prep->binding, err);
	if (rc < 0)
		return rc;
	prep->baseline = cached.baseline;
	if (fill_classes(prep) < 0 || known_names(prep->baseline, &prep->names, &prep->n_names) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	return 0;
}

/* A container that was watched and removed while no monitor ran: its image is still there. */
static int prepare_image(struct preparer *p, struct prep *prep, struct sw_error *err)
{
	_cleanup_(sw_target_freep) struct sw_target *view = NULL;
	struct sw_container *image = NULL;
	int rc = sw_docker_inspect_image(p->docker, prep->image, &image, err);

	prep->selected = true;
	if (rc == 0)
		rc = sw_container_open(image, SW_VIEW_IMAGE, &view, err);
	sw_container_free(image);
	return rc < 0 ? rc : prepare_baseline(p, prep, view, err);
}

/*
 * A daemon under load answers about a container that it is starting only when that is done. Whoever
 * is not asked about again is not watched.
 */
#define INSPECT_TRIES 6

static int inspect(struct preparer *p, struct prep *prep, struct sw_error *err)
{
	int rc = -ETIMEDOUT;

	for (int i = 0;
	     i < INSPECT_TRIES && rc == -ETIMEDOUT && !__atomic_load_n(&p->stop, __ATOMIC_RELAXED);
	     i++)
		rc = sw_docker_inspect(p->docker, prep->key, &prep->info, err);
	return rc;
}

static int prepare_docker(struct preparer *p, struct prep *prep, struct sw_error *err)
{
	_cleanup_(sw_target_freep) struct sw_target *view = NULL;
	int rc;

	if (!p->docker) {
		rc = sw_docker_connect(p->m->opts->docker_socket, &p->docker, err);
		if (rc < 0)
			return rc;
	}
	rc = inspect(p, prep, err);
	if (rc == -ENOENT && prep->image)
		return prepare_image(p, prep, err);
	if (rc < 0) {
		prep->selected = wants_all(
			p->m); /* another runtime's container: watched by its cgroup alone */
		return rc;
	}
	prep->selected = selected(p->m, prep->info);
	if (!prep->selected)
		return 0;
	rc = sw_container_open(prep->info, SW_VIEW_IMAGE, &view, err);
	if (rc < 0)
		return rc;
	rc = prepare_baseline(p, prep, view, err);
	if (rc < 0)
		return rc;
	if (p->m->opts->prepared)
		return p->m->opts->prepared(p->m->opts->ctx, prep->info, err);
	return 0;
}

static int prepare_pid(struct preparer *p, struct prep *prep, struct sw_error *err)
{
	_cleanup_(sw_target_freep) struct sw_target *view = NULL;
	struct sw_target_options topts = {0};
	int rc;

	prep->selected = true;
	rc = sw_target_open_ref(prep->key, &topts, &view, NULL, err);
	if (rc < 0)
		return rc;
	return prepare_baseline(p, prep, view, err);
}

static void prepare_one(struct preparer *p, struct prep *prep)
{
	struct sw_error err = {0};
	int rc;

	if (strncmp(prep->key, "pid:", 4) == 0)
		rc = prepare_pid(p, prep, &err);
	else if (strncmp(prep->key, "cgroup:", 7) == 0)
		rc = sw_error_set(&err, ENOTSUP, "a bare cgroup has no root to compare with");
	else
		rc = prepare_docker(p, prep, &err);
	if (strncmp(prep->key, "cgroup:", 7) == 0)
		prep->selected = true;
	if (rc < 0)
		prep->problem = strdup(err.text[0] ? err.text : strerror(-rc));
}

static void *prepare_thread(void *arg)
{
	struct preparer *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		struct prep *todo = NULL;

		/* the list grows at its head: the last one not done is the oldest */
		for (struct prep *x = p->preps; x; x = x->next)
			if (!x->done)
				todo = x;
		if (!todo) {
			pthread_cond_wait(&p->wake, &p->lock);
			continue;
		}
		pthread_mutex_unlock(&p->lock);
		prepare_one(p, todo);
		pthread_mutex_lock(&p->lock);
		todo->done = true;
		eventfd_write(p->done_fd, 1);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int preparer_new(struct monitor *m, struct preparer **ret_preparer, struct sw_error *err)
{
	struct preparer *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return sw_error_set(err, ENOMEM, "out of memory");
	p->m = m;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	p->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->done_fd < 0) {
		rc = sw_error_set(err, errno, "eventfd: %s", strerror(errno));
		preparer_free(p);
		return rc;
	}
	rc = pthread_create(&p->thread, NULL, prepare_thread, p);
	if (rc != 0) {
		rc = sw_error_set(err, rc, "cannot start a thread: %s", strerror(rc));
		preparer_free(p);
		return rc;
	}
	p->started = true;
	*ret_preparer = p;
	return 0;
}

int preparer_fd(const struct preparer *p)
{
	return p->done_fd;
}

void preparer_ack(struct preparer *p)
{
	eventfd_t n;

	eventfd_read(p->done_fd, &n);
}

static struct prep *find_locked(struct preparer *p, const char *key)
{
	for (struct prep *x = p->preps; x; x = x->next)
		if (strcmp(x->key, key) == 0)
			return x;
	return NULL;
}

struct prep *preparer_find(struct preparer *p, const char *key)
{
	pthread_mutex_lock(&p->lock);
	struct prep *x = find_locked(p, key);

	pthread_mutex_unlock(&p->lock);
	return x;
}

struct prep *preparer_want(struct preparer *p, const char *key, const char *image)
{
	pthread_mutex_lock(&p->lock);
	struct prep *x = find_locked(p, key);

	if (!x) {
		x = calloc(1, sizeof(*x));
		if (x)
			x->key = strdup(key);
		if (x)
			x->image = image ? strdup(image) : NULL;
		if (x && !x->key) {
			free(x);
			x = NULL;
		}
		if (x) {
			x->next = p->preps;
			p->preps = x;
			pthread_cond_signal(&p->wake);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return x;
}

bool prep_is_done(struct preparer *p, const struct prep *prep)
{
	pthread_mutex_lock(&p->lock);
	bool done = prep->done;

	pthread_mutex_unlock(&p->lock);
	return done;
}

static void prep_free(struct prep *x)
{
	sw_container_free(x->info);
	sw_binding_free(x->binding);
	free(x->classes);
	free(x->names);
	free(x->problem);
	free(x->image);
	free(x->key);
	free(x);
}

bool preparer_busy(struct preparer *p)
{
	bool busy = false;

	pthread_mutex_lock(&p->lock);
	for (struct prep *x = p->preps; x; x = x->next)
		busy |= !x->done;
	pthread_mutex_unlock(&p->lock);
	return busy;
}

void preparer_drop(struct preparer *p, struct prep *prep)
{
	pthread_mutex_lock(&p->lock);
	prep->forgotten = !prep->done;
	for (struct prep **x = &p->preps; *x && !prep->forgotten; x = &(*x)->next)
		if (*x == prep) {
			*x = prep->next;
			prep_free(prep);
			break;
		}
	pthread_mutex_unlock(&p->lock);
}

struct prep *preparer_forgotten(struct preparer *p)
{
	struct prep *found = NULL;

	pthread_mutex_lock(&p->lock);
	for (struct prep *x = p->preps; x && !found; x = x->next)
		if (x->done && x->forgotten)
			found = x;
	if (found)
		found->forgotten = false;
	pthread_mutex_unlock(&p->lock);
	return found;
}

void preparer_free(struct preparer *p)
{
	if (!p)
		return;
	if (p->started) {
		pthread_mutex_lock(&p->lock);
		p->stop = true;
		pthread_cond_signal(&p->wake);
		pthread_mutex_unlock(&p->lock);
		pthread_join(p->thread, NULL);
	}
	while (p->preps) {
		struct prep *x = p->preps;

		p->preps = x->next;
		prep_free(x);
	}
	while (p->cache) {
		struct cached_baseline *c = p->cache;

		p->cache = c->next;
		sw_baseline_free(c->baseline);
		free(c->image_digest);
		free(c);
	}
	sw_docker_free(p->docker);
	if (p->done_fd >= 0)
		close(p->done_fd);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
