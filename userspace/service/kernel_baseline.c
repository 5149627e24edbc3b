/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Baselines in the kernel's table: one for each set of inodes, shared by the containers that have
 * it, gone with the last of them. A table in use is never rewritten: in the meantime the kernel
 * would not know the objects that it is asked about.
 */
#include "service/internal.h"
#include "stigwatch/digest.h"

struct kernel_baseline {
	uint32_t id;
	char digest[SW_SHA256_HEX]; /* of the classes and names */
	bool named;
	size_t uses;
	struct kernel_baseline *next;
};

static struct kernel_baseline *find_digest(struct monitor *m, const char *digest)
{
	for (struct kernel_baseline *b = m->kernel_baselines; b; b = b->next)
		if (strcmp(b->digest, digest) == 0)
			return b;
	return NULL;
}

static int load(struct monitor *m, struct kernel_baseline *b, const struct prep *p,
		struct sw_error *err)
{
	struct sw_error names = {0};
	int rc;

	b->id = ++m->last_kernel_baseline;
	rc = sw_loader_load_baseline(m->loader, b->id, p->classes, p->n_classes, err);
	if (rc < 0)
		return rc;
	b->named = sw_loader_load_names(m->loader, b->id, p->names, p->n_names, &names) == 0;
	if (!b->named)
		progress(m, "records of all names are sent: %s", names.text);
	return 0;
}

/* Is it what we would load? An earlier process may have found no room for its names. */
static bool holds(struct monitor *m, uint32_t id, const struct prep *p)
{
	for (size_t i = 0; i < p->n_names && sw_loader_names_whole(m->loader, id); i++)
		if (!sw_loader_has_name(m->loader, id, &p->names[i]))
			return false;
	return sw_loader_has_baseline(m->loader, id, p->classes, p->n_classes);
}

static int digest_of(const struct prep *p, char ret_digest[static SW_SHA256_HEX])
{
	char both[2 * SW_SHA256_HEX];
	int rc = sw_sha256_hex(p->classes, p->n_classes * sizeof(*p->classes), both);

	if (rc >= 0)
		rc = sw_sha256_hex(p->names, p->n_names * sizeof(*p->names), both + SW_SHA256_HEX);
	return rc < 0 ? rc : sw_sha256_hex(both, sizeof(both), ret_digest);
}

int kernel_baseline_take(struct monitor *m, const struct prep *p, uint32_t bound, uint32_t *ret_id,
			 struct sw_error *err)
{
	char digest[SW_SHA256_HEX];
	struct kernel_baseline *b;
	int rc = digest_of(p, digest);

	if (rc < 0)
		return sw_error_set(err, -rc, "digest of the baseline: %s", strerror(-rc));
	b = find_digest(m, digest);
	if (!b) {
		b = calloc(1, sizeof(*b));
		if (!b)
			return sw_error_set(err, ENOMEM, "out of memory");
		memcpy(b->digest, digest, sizeof(digest));
		/* one that an earlier process left bound and that is what we would load stays */
		if (bound && holds(m, bound, p)) {
			b->id = bound;
			b->named = sw_loader_names_whole(m->loader, bound);
		} else {
			rc = load(m, b, p, err);
		}
		if (rc < 0) {
			free(b);
			return rc;
		}
		b->next = m->kernel_baselines;
		m->kernel_baselines = b;
	}
	b->uses++;
	*ret_id = b->id;
	return 0;
}

bool kernel_baseline_named(const struct monitor *m, uint32_t id)
{
	for (const struct kernel_baseline *b = m->kernel_baselines; b; b = b->next)
		if (b->id == id)
			return b->named;
	return false;
}

/* One that an earlier process loaded, for containers whose baseline cannot be had any more. */
static bool inherited_in_use(struct monitor *m, uint32_t id)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->state != WATCH_ENDED && m->watches[i]->kernel_baseline == id)
			return true;
	return false;
}

void kernel_baseline_put(struct monitor *m, uint32_t id)
{
	if (!id)
		return;
	for (struct kernel_baseline **at = &m->kernel_baselines; *at; at = &(*at)->next) {
		struct kernel_baseline *b = *at;

		if (b->id != id)
			continue;
		if (--b->uses > 0)
			return;
		sw_loader_drop_baseline(m->loader, id);
		*at = b->next;
		free(b);
		return;
	}
	if (!inherited_in_use(m, id))
		sw_loader_drop_baseline(m->loader, id);
}

void kernel_baselines_free(struct monitor *m)
{
	while (m->kernel_baselines) {
		struct kernel_baseline *b = m->kernel_baselines;

		m->kernel_baselines = b->next;
		free(b);
	}
}
