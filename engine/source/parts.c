/* SPDX-License-Identifier: Apache-2.0 */
/* What a source consists of, for whoever embeds it whole. Must not read anything new. */
#include "source/internal.h"

const struct sw_xml_node *sw_source_collection(const struct sw_source *s)
{
	return s->stream ? sw_xml_root(s->doc) : NULL;
}

bool sw_source_read_at(const struct sw_source *s, size_t i, struct sw_source_doc *ret_doc)
{
	const struct entry *e;

	if (i >= s->n_entries)
		return false;
	e = &s->entries[i];
	*ret_doc = (struct sw_source_doc){e->name, e->root, e->text, e->len};
	return true;
}
