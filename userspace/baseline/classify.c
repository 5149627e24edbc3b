/* SPDX-License-Identifier: Apache-2.0 */
/* Decides the classes of baseline objects from names, modes and what their content says; reads no
 * files. */
#include "baseline/private.h"

#include <fnmatch.h>

#include "event/event.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_loader_name(const char *name)
{
	static const char *const patterns[] = {"ld-linux*.so*", "ld-musl-*.so*", "ld.so",
					       "ld.so.[0-9]*",	"ld64.so*",	 "ld-[0-9]*.so",
					       "ld-uClibc*.so*"};

	for (size_t i = 0; i < SW_ARRAY_LEN(patterns); i++) {
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	}
	return false;
}

static bool is_library_name(const char *name)
{
	return fnmatch("*.so", name, 0) == 0 || fnmatch("*.so.[0-9]*", name, 0) == 0;
}

uint32_t sw_classify_file(const char *path, uint32_t mode, const struct sw_content *c)
{
	const char *name = base_name(path);
	bool elf = c->elf.kind != SW_ELF_NONE;
	uint32_t class = sw_class_by_path(path);

	if ((mode & 0111 && c->size) || c->elf.kind == SW_ELF_EXECUTABLE ||
	    c->elf.kind == SW_ELF_BOTH)
		class |= SW_OBJ_EXECUTABLE;
	if (c->elf.kind == SW_ELF_LIBRARY || c->elf.kind == SW_ELF_BOTH)
		class |= SW_OBJ_LIBRARY;
	if (elf && is_library_name(name))
		class |= SW_OBJ_LIBRARY;
	if (elf && is_loader_name(name))
		class |= SW_OBJ_LOADER;
	if (c->multicall &&
	    class & SW_OBJ_EXECUTABLE) /* the applet decides, whatever this link is called */
		class |= SW_OBJ_MULTICALL;
	else if (class & SW_OBJ_EXECUTABLE)
		class |= sw_class_by_name(name) & (elf ? ~0u : ~(uint32_t)SW_OBJ_MULTICALL);
	return class ? class : SW_OBJ_DATA;
}

static struct sw_baseline_entry *resolved(struct sw_baseline *b, const char *path)
{
	const struct sw_baseline_entry *e = sw_baseline_resolve(b, path, true);

	return e && e->type == 'f' ? &b->entries[e - b->entries] : NULL;
}

/* /bin/sh may lead to a program with any name: what is started as a shell is one. */
static void classify_links(struct sw_baseline *b)
{
	for (size_t i = 0; i < b->n; i++) {
		uint32_t class;
		struct sw_baseline_entry *e;

		if (b->entries[i].type != 'l')
			continue;
		class = sw_class_by_name(base_name(b->entries[i].path)) & SW_OBJ_BY_NAME;
		e = class ? resolved(b, b->entries[i].path) : NULL;
		if (e && e->classes & SW_OBJ_EXECUTABLE && !(e->classes & SW_OBJ_MULTICALL))
			e->classes |= class;
	}
}

/* A copy of a shell under another name is a shell. A multi-call binary's copies are multi-call
 * themselves. */
static void classify_copies(struct sw_baseline *b)
{
	for (size_t i = 0, end; i < b->n_by_digest; i = end) {
		const char *sha256 = b->entries[b->by_digest[i]].sha256;
		uint32_t class = 0;

		for (end = i; end < b->n_by_digest &&
			      strcmp(b->entries[b->by_digest[end]].sha256, sha256) == 0;
		     end++)
			class |= b->entries[b->by_digest[end]].classes;
		class &= class & SW_OBJ_MULTICALL ? SW_OBJ_MULTICALL : SW_OBJ_BY_NAME;
		for (size_t k = i; class && k < end; k++) {
			struct sw_baseline_entry *e = &b->entries[b->by_digest[k]];

			if (e->size > 0)
				e->classes = (e->classes | class) & ~(uint32_t)SW_OBJ_DATA;
		}
	}
}

void sw_classify_finish(struct sw_baseline *b, char *const *interps, size_t n_interps)
{
	for (size_t i = 0; i < n_interps; i++) {
		struct sw_baseline_entry *e = resolved(b, interps[i]);

		if (e && e->classes & (SW_OBJ_LIBRARY | SW_OBJ_EXECUTABLE))
			e->classes |= SW_OBJ_LOADER;
	}
	classify_links(b);
	classify_copies(b);
}
