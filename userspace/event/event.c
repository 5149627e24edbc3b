/* SPDX-License-Identifier: Apache-2.0 */
/* Names of what an event can say. No decoding, no judging. */
#include "event/event.h"

#include <string.h>

#include "stigwatch/cleanup.h"

static const char *const file_ops[] = {
	[SW_FILE_OPEN_WRITE] = "open-write", [SW_FILE_TRUNCATE] = "truncate",
	[SW_FILE_CONTENT] = "content",	     [SW_FILE_CREATE] = "create",
	[SW_FILE_RENAME] = "rename",	     [SW_FILE_LINK] = "link",
	[SW_FILE_SYMLINK] = "symlink",	     [SW_FILE_UNLINK] = "unlink",
	[SW_FILE_CHMOD] = "chmod",	     [SW_FILE_CHOWN] = "chown",
};
_Static_assert(SW_ARRAY_LEN(file_ops) == _SW_FILE_OP_MAX, "a name for each file operation");

static const char *const ns_ops[] = {
	[SW_NS_CLONE] = "clone",
	[SW_NS_UNSHARE] = "unshare",
	[SW_NS_SETNS] = "setns",
	[SW_NS_ROOT] = "root",
};
_Static_assert(SW_ARRAY_LEN(ns_ops) == _SW_NS_OP_MAX, "a name for each namespace operation");

static const char *const ns_bits[] = {"mnt", "uts", "ipc", "pid", "net", "user", "cgroup", "time"};
_Static_assert(SW_NS_BIT_TIME == 1u << (SW_ARRAY_LEN(ns_bits) - 1), "a name for each kind");

const char *sw_file_op_str(enum sw_file_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(file_ops) ? file_ops[op] : "unknown";
}

const char *sw_ns_op_str(enum sw_ns_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(ns_ops) ? ns_ops[op] : "unknown";
}

void sw_ns_bits_str(uint32_t bits, char *ret, unsigned int size)
{
	unsigned int at = 0;

	if (!size)
		return;
	ret[0] = '\0';
	for (unsigned int i = 0; i < SW_ARRAY_LEN(ns_bits); i++) {
		size_t len = strlen(ns_bits[i]) + (at > 0);

		if (!(bits & (1u << i)) || at + len + 1 > size)
			continue;
		if (at)
			ret[at++] = ',';
		strcpy(ret + at, ns_bits[i]);
		at = (unsigned int)strlen(ret);
	}
}
