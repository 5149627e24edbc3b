/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics: one line each on standard error, hostile bytes made harmless. */
#include "cli/cli.h"
#include "event/text.h"

static void say(const char *text)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};

	sw_text_add(&sb, text, strlen(text));
	fprintf(stderr, "stigwatch: %s\n", sw_strbuf_str(&sb) ? sw_strbuf_str(&sb) : text);
}

int cli_fail(const struct sw_error *err)
{
	say(err->text[0] ? err->text : "internal error without a message");
	return EXIT_TROUBLE;
}

void cli_note(const struct cli *c, const char *fmt, ...)
{
	char text[2304];
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(text);
}
