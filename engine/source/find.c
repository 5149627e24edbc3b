/* SPDX-License-Identifier: Apache-2.0 */
/* From an href to a document: in the stream's catalog, among documents given in memory, or beside
 * the benchmark. */
#include "source/internal.h"

static void hand_out(const struct entry *e, struct sw_source_doc *ret_doc)
{
	*ret_doc = (struct sw_source_doc){
		.name = e->name,
		.root = e->root,
		.data = e->text,
		.len = e->len,
	};
}

static struct entry *lookup(const struct sw_source *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_entries; i++)
		if (!strcmp(s->entries[i].name, name))
			return &s->entries[i];
	return NULL;
}

static struct entry *append(struct sw_source *s, const char *name)
{
	struct entry *e;

	if (SW_GROW(s->entries, s->n_entries, s->cap_entries) < 0)
		return NULL;
	e = &s->entries[s->n_entries];
	*e = (struct entry){.name = strdup(name)};
	if (!e->name)
		return NULL;
	s->n_entries++;
	return e;
}

/* What a component holds: an XML document, or a script as the text of an element that has no
 * children. */
static int from_component(struct sw_source *s, const struct sw_xml_node *component,
			  struct sw_source_doc *ret_doc, struct sw_error *err)
{
	const char *id = sw_xml_attr_or(component, "id", "?");
	const struct sw_xml_node *root = sw_xml_child(component, NULL, NULL);
	struct entry *e = lookup(s, id);

	if (e) {
		hand_out(e, ret_doc);
		return 0;
	}
	if (!root)
		return sw_error_set(err, EINVAL, "%s:%ld: component %s is empty", s->name,
				    sw_xml_line(component), id);
	e = append(s, id);
	if (!e)
		return sw_error_set(err, ENOMEM, "%s: no memory", s->name);
	if (sw_xml_is(root, NULL, "script") && !sw_xml_child(root, NULL, NULL)) {
		e->text = sw_xml_text(root);
		if (!e->text)
			return sw_error_set(err, ENOMEM, "%s: no memory", s->name);
		e->len = strlen(e->text);
	} else {
		e->root = root;
	}
	hand_out(e, ret_doc);
	return 0;
}

/* Bytes are XML when they begin like it; a script begins with "#!". */
static bool looks_like_xml(const char *data, size_t len)
{
	size_t i = 0;

	if (len >= 3 && !memcmp(data, "\xef\xbb\xbf", 3))
		i = 3;
	while (i < len && strchr(" \t\r\n", data[i]) && data[i])
		i++;
	return i < len && data[i] == '<';
}

static int from_bytes(struct sw_source *s, const char *name, const char *data, size_t len,
		      struct sw_source_doc *ret_doc, struct sw_error *err)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = NULL;
	struct entry *e;
	int rc;

	if (looks_like_xml(data, len)) {
		rc = sw_xml_parse(data, len, name, &doc, err);
		if (rc < 0)
			return rc;
	}
	e = append(s, name);
	if (!e)
		return sw_error_set(err, ENOMEM, "%s: no memory", name);
	if (doc) {
		e->root = sw_xml_root(doc);
		e->doc = TAKE(doc);
	} else {
		e->text = malloc(len + 1);
		if (!e->text)
			return sw_error_set(err, ENOMEM, "%s: no memory", name);
		memcpy(e->text, data, len);
		e->text[len] = '\0';
		e->len = len;
	}
	hand_out(e, ret_doc);
	return 0;
}

static int not_found(const struct sw_source *s, const char *href, struct sw_error *err)
{
	return sw_error_set(err, ENOENT, "%s: no document \"%s\" in the content", s->name, href);
}

/* A file in one of the source's directories, and the name under which it is kept. */
struct beside {
	int dirfd;
	const char *href, *name;
};

static int from_directory(struct sw_source *s, const struct beside *b,
			  struct sw_source_doc *ret_doc, struct sw_error *err)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_fd_ int fd = -1;
	size_t len;
	int rc;

	fd = sw_file_open_beneath(b->dirfd, b->href);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return not_found(s, b->href, err);
	if (fd == -EXDEV)
		return sw_error_set(err, EXDEV, "%s: \"%s\" leaves the content's directory",
				    s->name, b->href);
	if (fd < 0)
		return sw_error_set(err, -fd, "%s: %s", b->href, strerror(-fd));
	rc = sw_file_read(fd, b->href, SW_LIMIT_XML_BYTES, &data, &len, err);
	return rc < 0 ? rc : from_bytes(s, b->name, data, len, ret_doc, err);
}

static int find_from(struct sw_source *s, const struct sw_xml_node *ref, const char *href,
		     struct sw_source_doc *ret_doc, struct sw_error *err)
{
	const struct sw_xml_node *component = sw_stream_resolve(s, ref, href);

	return component ? from_component(s, component, ret_doc, err) : not_found(s, href, err);
}

int sw_source_find(struct sw_source *s, const char *href, struct sw_source_doc *ret_doc,
		   struct sw_error *err)
{
	struct entry *e;
	size_t i;

	if (s->stream)
		return find_from(s, s->ref, href, ret_doc, err);
	while (href[0] == '.' && href[1] == '/')
		href += 2;
	e = lookup(s, href);
	if (e) {
		hand_out(e, ret_doc);
		return 0;
	}
	for (i = 0; i < s->n_mem; i++)
		if (!strcmp(s->mem[i].name, href))
			return from_bytes(s, href, s->mem[i].data, s->mem[i].len, ret_doc, err);
	if (s->dirfd < 0)
		return not_found(s, href, err);
	return from_directory(s, &(struct beside){s->dirfd, href, href}, ret_doc, err);
}

int sw_source_load_cpe(struct sw_source *s, const struct sw_content_options *opts,
		       struct sw_error *err)
{
	const char *path = opts ? opts->cpe_path : NULL;
	const struct sw_xml_node *root;
	char sha256[SW_SHA256_HEX];
	int rc;

	if (!path)
		return 0;
	rc = sw_source_read_xml(path, &s->cpe_doc, sha256, err);
	if (rc < 0)
		return rc;
	root = sw_xml_root(s->cpe_doc);
	if (!sw_xml_is(root, NULL, "cpe-list") && !sw_xml_is(root, NULL, "platform-specification"))
		return sw_error_set(err, EINVAL,
				    "%s: neither a CPE dictionary nor a platform language: <%s>",
				    path, sw_xml_name(root));
	s->cpe_dirfd = sw_source_directory(path, err);
	return s->cpe_dirfd < 0 ? s->cpe_dirfd : 0;
}

/* The dictionary outside the content comes after those of the stream. */
static bool is_outside(const struct sw_source *s, size_t i)
{
	return s->cpe_doc && !(s->stream && sw_stream_dictionary_ref(s, i)) &&
	       (i == 0 || (s->stream && sw_stream_dictionary_ref(s, i - 1)));
}

bool sw_source_dictionary_at(struct sw_source *s, size_t i, const struct sw_xml_node **ret_root)
{
	const struct sw_xml_node *ref = s->stream ? sw_stream_dictionary_ref(s, i) : NULL;

	if (!ref && !is_outside(s, i))
		return false;
	*ret_root = ref ? sw_xml_child(sw_stream_component(s, ref), NULL, NULL)
			: sw_xml_root(s->cpe_doc);
	return true;
}

/* A document beside the dictionary; kept under a name that no href of the benchmark has. */
static int find_outside(struct sw_source *s, const char *href, struct sw_source_doc *ret_doc,
			struct sw_error *err)
{
	_cleanup_free_ char *name = NULL;
	struct entry *e;

	while (href[0] == '.' && href[1] == '/')
		href += 2;
	if (asprintf(&name, "./cpe/%s", href) < 0) {
		name = NULL;
		return sw_error_set(err, ENOMEM, "%s: no memory", href);
	}
	e = lookup(s, name);
	if (!e)
		return from_directory(s, &(struct beside){s->cpe_dirfd, href, name}, ret_doc, err);
	hand_out(e, ret_doc);
	return 0;
}

int sw_source_find_in(struct sw_source *s, size_t dictionary, const char *href,
		      struct sw_source_doc *ret_doc, struct sw_error *err)
{
	const struct sw_xml_node *ref = s->stream ? sw_stream_dictionary_ref(s, dictionary) : NULL;

	if (is_outside(s, dictionary))
		return find_outside(s, href, ret_doc, err);
	return ref ? find_from(s, ref, href, ret_doc, err) : not_found(s, href, err);
}
