/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes baseline files. A file that loads must save as the same bytes, and every lookup in it must
 * end. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "baseline/private.h"
#include "stigwatch/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sw_baseline *b, const uint8_t *data, size_t size)
{
	_cleanup_strbuf_ struct sw_strbuf again = {0};

	sw_baseline_format_header(&again, b);
	sw_strbuf_addc(&again, '\n');
	for (size_t i = 0; i < sw_baseline_count(b); i++) {
		const struct sw_baseline_entry *e = sw_baseline_at(b, i);
		const struct sw_baseline_entry *found = sw_baseline_resolve(b, e->path, true);

		if (found && found->type == 'l')
			__builtin_trap();
		if (e->type == 'f' && !sw_baseline_by_digest(b, e->sha256))
			__builtin_trap();
		if (e->link)
			(void)sw_baseline_resolve(b, e->link, true);
		sw_baseline_format_entry(&again, e);
		sw_strbuf_addc(&again, '\n');
	}
	if (again.len != size || memcmp(again.data, data, size) != 0)
		__builtin_trap();
}

/* Lines are tried alone, too: the digest keeps mutated files out. */
static void try_lines(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = newline ? (size_t)(newline - p) : (size_t)(end - p);
		struct sw_baseline_entry e = {0};

		if (sw_baseline_parse_entry(p, len, &e, NULL) == 0)
			sw_baseline_entry_release(&e);
		p += len + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_baseline *b = NULL;
	struct sw_error err = {0};
	FILE *f;

	if (size == 0)
		return 0;
	try_lines(data, size);
	f = fmemopen((void *)data, size, "r");
	if (!f)
		return 0;
	if (sw_baseline_read(f, "fuzz", &b, &err) == 0)
		check(b, data, size);
	else if (b || !err.text[0])
		__builtin_trap();
	fclose(f);
	sw_baseline_free(b);
	return 0;
}
