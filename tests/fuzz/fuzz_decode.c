/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a wire record: decoded whole or refused, and strings stay inside their arrays. */
#include <stdlib.h>
#include <string.h>

#include "collector/decode.h"
#include "event/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sw_string *s)
{
	if (s->len >= sizeof(s->s) || s->s[s->len] != '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sw_event ev;
	void *aligned = malloc(size ? size : 1); /* exactly as long: an overread is caught */
	uint8_t stream;

	if (!aligned)
		return 0;
	memcpy(aligned, data, size);
	if (sw_event_decode(aligned, size, &ev, &stream) == 0) {
		if (ev.type >= _SW_EVENT_TYPE_MAX || ev.cls >= _SW_CLASS_MAX ||
		    ev.args_len > SW_EVENT_ARGS_MAX)
			abort();
		check(&ev.filename);
		check(&ev.interp);
		check(&ev.object.path);
		check(&ev.dir);
		check(&ev.name);
		check(&ev.dir2);
		check(&ev.name2);
	}
	free(aligned);
	return 0;
}
