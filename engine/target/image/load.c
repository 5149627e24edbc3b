/* SPDX-License-Identifier: Apache-2.0 */
/* Reads each layer once, in order: digests, names, and the content of what is small. */
#include "stigwatch/limits.h"
#include "target/image/image.h"

SW_DEFINE_CLEANUP(struct stream *, stream, stream_free)
SW_DEFINE_CLEANUP(struct tar *, tar, tar_free)

/* The content of a small file of a packed layer: cheaper to keep than to unpack again. */
static int keep(struct image *img, struct tar *tar, const struct tar_entry *e, uint32_t object,
		struct sw_error *err)
{
	struct object *o = index_object(img->index, object);
	struct extra extra = {0};
	int rc;

	if (e->stored == 0 || e->stored > SW_LIMIT_IMAGE_KEEP_FILE ||
	    img->kept + e->stored > SW_LIMIT_IMAGE_KEEP)
		return 0;
	if (!o->extra) {
		rc = index_set_extra(img->index, object, &extra, err);
		if (rc < 0)
			return rc;
	}
	img->kept += e->stored;
	o->extra->kept = malloc((size_t)e->stored);
	if (!o->extra->kept)
		return sw_error_set(err, ENOMEM, "out of memory");
	return tar_read(tar, o->extra->kept, (size_t)e->stored, err);
}

static int add_entries(struct image *img, struct layer_tree *tree, struct stream *s,
		       struct sw_error *err)
{
	_cleanup_(sw_cleanup_tar) struct tar *tar = NULL;
	bool packed = stream_is_packed(s);
	struct tar_entry *e;
	int rc = tar_new(s, &img->budget, &tar, err);

	if (rc < 0)
		return rc;
	while ((rc = tar_next(tar, &e, err)) > 0) {
		uint32_t object;

		if (++img->entries > SW_LIMIT_IMAGE_ENTRIES)
			return sw_error_set(err, E2BIG, "more than %u files in all layers",
					    SW_LIMIT_IMAGE_ENTRIES);
		if (e->type == 'V' || e->type == 'g') /* a volume's label */
			continue;
		rc = layer_add(img->index, tree, e, &object, err);
		if (rc == 0 && object && packed)
			rc = keep(img, tar, e, object, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int check(const char *what, const char *is, const char *wanted, struct sw_error *err)
{
	if (!wanted || !strcmp(is, wanted))
		return 0;
	return sw_error_set(err, EBADMSG, "%s is %s, not %.100s: damaged, or another one", what, is,
			    wanted);
}

static int load(struct image *img, struct layer_source *l, struct layer_tree *tree,
		const struct layer_digests *digests, struct sw_error *err)
{
	_cleanup_(sw_cleanup_stream) struct stream *s = NULL;
	char packed[DIGEST_TEXT], unpacked[DIGEST_TEXT];
	int rc = stream_open(&l->e, true, &img->budget, &s, err);

	if (rc < 0)
		return rc;
	l->packed = stream_is_packed(s);
	rc = layer_new(img->index, tree->number, tree, err);
	if (rc == 0)
		rc = add_entries(img, tree, s, err);
	if (rc == 0)
		rc = stream_finish(s, packed, unpacked, err);
	if (rc == 0)
		rc = check("its digest", packed, digests->packed, err);
	if (rc == 0)
		rc = check("its unpacked digest", unpacked, digests->unpacked, err);
	return rc;
}

int image_add_layer(struct image *img, const struct extent *e, bool owns_fd,
		    const struct layer_digests *digests, struct sw_error *err)
{
	struct layer_tree tree = {.number = (uint32_t)img->n_layers};
	int rc;

	if (SW_GROW(img->layers, img->n_layers, img->cap_layers) < 0) {
		if (owns_fd)
			close(e->fd);
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	img->layers[img->n_layers++] =
		(struct layer_source){.e = *e, .owns_fd = owns_fd, .spool = -1};
	rc = load(img, &img->layers[img->n_layers - 1], &tree, digests, err);
	if (rc == 0)
		rc = layer_merge(img->index, &tree, err);
	layer_release(&tree);
	return rc;
}
