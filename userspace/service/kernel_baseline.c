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
	char digest[SW_SHA256_HEX]; /* of the classes */
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
	b->id = ++m->last_kernel_baseline;
	return sw_loader_load_baseline(m->loader, b->id, p->classes, p->n_classes, err);
}

int kernel_baseline_take(struct monitor *m, const struct prep *p, uint32_t bound, uint32_t *ret_id,
			 struct sw_error *err)
{
	char digest[SW_SHA256_HEX];
	struct kernel_baseline *b;
	int rc = sw_sha256_hex(p->classes, p->n_classes * sizeof(*p->classes), digest);

	if (rc < 0)
		return sw_error_set(err, -rc, "digest of the baseline: %s", strerror(-rc));
	b = find_digest(m, digest);
	if (!b) {
		b = calloc(1, sizeof(*b));
		if (!b)
			return sw_error_set(err, ENOMEM, "out of memory");
		memcpy(b->digest, digest, sizeof(digest));
		/* one that an earlier process left bound and that is what we would load stays */
		if (bound && sw_loader_has_baseline(m->loader, bound, p->classes, p->n_classes))
			b->id = bound;
		else
			rc = load(m, b, p, err);
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
