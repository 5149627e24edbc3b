/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the error object; never prints it. */
#include "base/base.h"

/* One line, whatever a hostile name carries. */
static void flatten(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = ' ';
}

/* n is what vsnprintf wanted; when it did not fit, the text ends in "..." at a character boundary.
 */
static void mark_cut(char *text, size_t size, int n)
{
	size_t cut;

	if (n < 0 || (size_t)n < size)
		return;
	cut = sw_utf8_cut(text, size - 1, size - 4);
	memcpy(text + cut, "...", 4);
}

int sw_error_set(struct sw_error *err, int code, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list ap;
	int n;

	if (!err)
		return -code;
	/* Through a buffer of our own: an argument may be err->text itself. */
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mark_cut(text, sizeof(text), n);
	flatten(text);
	memcpy(err->text, text, sizeof(text));
	err->code = code;
	return -code;
}

int sw_error_context(struct sw_error *err, const char *fmt, ...)
{
	char context[sizeof(err->text)], text[sizeof(err->text)];
	va_list ap;
	int n;

	if (!err)
		return -EIO;
	va_start(ap, fmt);
	n = vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	mark_cut(context, sizeof(context), n);
	n = snprintf(text, sizeof(text), "%s: %s", context, err->text);
	mark_cut(text, sizeof(text), n);
	flatten(text);
	memcpy(err->text, text, sizeof(text));
	return err->code ? -err->code : -EIO;
}
