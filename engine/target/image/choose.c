/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses by name and platform; reads nothing. */
#include "target/image/choose.h"

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/strbuf.h"

/* nginx, nginx:latest, library/nginx:latest, docker.io/library/nginx:latest */
static bool same_image(const char *full, const char *name)
{
	static const char *const prefixes[] = {"", "docker.io/", "docker.io/library/", "library/",
					       "localhost/"};
	static const char *const suffixes[] = {"", ":latest"};

	for (size_t i = 0; i < SW_ARRAY_LEN(prefixes); i++) {
		size_t n = strlen(prefixes[i]), len = strlen(name);

		if (strncmp(full, prefixes[i], n) || strncmp(full + n, name, len))
			continue;
		for (size_t k = 0; k < SW_ARRAY_LEN(suffixes); k++)
			if (!strcmp(full + n + len, suffixes[k]))
				return true;
	}
	return false;
}

static bool is_named(const struct descriptor *d, const char *name)
{
	return !name || (d->ref_name && !strcmp(d->ref_name, name)) ||
	       (d->ref_name && same_image(d->ref_name, name)) ||
	       (d->image_name && same_image(d->image_name, name));
}

static const char *name_of(const struct descriptor *d)
{
	return d->image_name ? d->image_name : d->ref_name ? d->ref_name : d->digest;
}

static bool fits(const struct descriptor *d, const struct platform *p)
{
	if (!p || !d->os || !d->arch)
		return true;
	return !strcmp(d->os, p->os) && !strcmp(d->arch, p->arch) &&
	       (!p->variant || (d->variant && !strcmp(d->variant, p->variant)));
}

/* "a, b, c" of what could have been meant. */
static void list(const struct manifest *index, bool platforms, struct sw_strbuf *sb)
{
	size_t n = 0;

	for (size_t i = 0; i < index->n; i++) {
		const struct descriptor *d = &index->items[i];

		if (d->extra)
			continue;
		if (++n > 8) {
			sw_strbuf_adds(sb, ", ...");
			return;
		}
		sw_strbuf_addf(sb, "%s%.200s", n > 1 ? ", " : "", name_of(d));
		if (platforms && d->os && d->arch)
			sw_strbuf_addf(sb, " (%.40s/%.40s%s%.40s)", d->os, d->arch,
				       d->variant ? "/" : "", d->variant ? d->variant : "");
	}
}

struct matches {
	const struct descriptor *first;
	size_t n; /* different ones */
};

static struct matches match(const struct manifest *index, const char *name,
			    const struct platform *p)
{
	struct matches m = {0};

	for (size_t i = 0; i < index->n; i++) {
		const struct descriptor *d = &index->items[i];

		if (d->extra || !is_named(d, name) || !fits(d, p))
			continue;
		if (m.n && !strcmp(m.first->digest, d->digest))
			continue;
		if (!m.n++)
			m.first = d;
	}
	return m;
}

int choose_descriptor(const struct manifest *index, const char *name,
		      const struct platform *platform, const struct platform *machine,
		      const struct descriptor **ret, struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	struct matches named = match(index, name, NULL);
	struct matches m = platform ? match(index, name, platform) : named;

	if (m.n > 1 && !platform)
		m = match(index, name, machine);
	if (m.n == 1) {
		*ret = m.first;
		return 0;
	}
	list(index, named.n > 0, &sb);
	if (!named.n)
		return sw_error_set(err, ENOENT, "no image %.200s in it; there is: %s",
				    name ? name : "", sb.len ? sw_strbuf_str(&sb) : "none");
	if (!m.n)
		return sw_error_set(err, ENOENT, "no image for %.40s/%.40s in it; there is: %s",
				    (platform ?: machine)->os, (platform ?: machine)->arch,
				    sw_strbuf_str(&sb) ?: "");
	return sw_error_set(err, ENOTUNIQ, "several images in it, one must be named: %s",
			    sw_strbuf_str(&sb) ?: "");
}

int choose_docker_image(const struct docker_images *images, const char *name,
			const struct docker_image **ret, struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	const struct docker_image *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < images->n; i++) {
		const struct docker_image *image = &images->items[i];
		bool named = !name;

		for (size_t k = 0; k < image->tags.n; k++) {
			named |= name && same_image(image->tags.items[k], name);
			if (sb.len < 1000)
				sw_strbuf_addf(&sb, "%s%.200s", sb.len ? ", " : "",
					       image->tags.items[k]);
		}
		if (!named || (found && !strcmp(found->config, image->config)))
			continue;
		found = image;
		n++;
	}
	if (n == 1) {
		*ret = found;
		return 0;
	}
	return sw_error_set(err, n ? ENOTUNIQ : ENOENT, "%s%.200s%s%s",
			    n ? "several images in it, one must be named" : "no image ",
			    n ? "" : name,
			    n ? ": " : " in it; there is: ", sw_strbuf_str(&sb) ?: "");
}
