/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the embedded runtime benchmark and tells which sensor classes its rules rest on. */
#include "rules/rules.h"

extern const char sw_embedded_xccdf[], sw_embedded_xccdf_end[];
extern const char sw_embedded_defs[], sw_embedded_defs_end[];

int sw_rules_content(struct sw_content **ret_content, struct sw_error *err)
{
	const struct sw_document docs[] = {
		{"stigwatch-runtime-xccdf.xml", sw_embedded_xccdf,
		 (size_t)(sw_embedded_xccdf_end - sw_embedded_xccdf)},
		{"stigwatch-runtime-defs.xml", sw_embedded_defs,
		 (size_t)(sw_embedded_defs_end - sw_embedded_defs)},
	};
	int rc = sw_content_load_mem(docs, SW_ARRAY_LEN(docs), NULL, ret_content, err);

	if (rc < 0)
		return sw_error_context(err, "embedded runtime benchmark");
	return 0;
}

static const struct {
	const char *type;
	enum sw_event_class cls;
} type_classes[] = {
	{"exec", SW_CLASS_EXEC},	   {"file", SW_CLASS_FILE},
	{"namespace", SW_CLASS_NAMESPACE}, {"entry", SW_CLASS_LIFE},
	{"exec-failed", SW_CLASS_EXEC},	   {"code", SW_CLASS_CODE},
	{"mount", SW_CLASS_MOUNT},	   {"privilege", SW_CLASS_PRIVILEGE},
	{"injection", SW_CLASS_INJECTION}, {"uring", SW_CLASS_URING},
	{"kernel", SW_CLASS_KERNEL},	   {"network", SW_CLASS_NETWORK},
	{"compat", SW_CLASS_COMPAT},
};

uint32_t sw_rules_classes(const struct sw_judge *judge, const char *rule_id)
{
	const char *types[8];
	size_t n = sw_judge_rule_types(judge, rule_id, types, SW_ARRAY_LEN(types));
	uint32_t mask = 0;

	for (size_t i = 0; i < n && i < SW_ARRAY_LEN(types); i++)
		for (size_t k = 0; k < SW_ARRAY_LEN(type_classes); k++)
			if (strcmp(types[i], type_classes[k].type) == 0)
				mask |= 1u << type_classes[k].cls;
	return mask;
}

static const char *const class_names[] = {
	[SW_CLASS_EXEC] = "exec",	    [SW_CLASS_FILE] = "file",
	[SW_CLASS_NAMESPACE] = "namespace", [SW_CLASS_LIFE] = "life",
	[SW_CLASS_CODE] = "code",	    [SW_CLASS_MOUNT] = "mount",
	[SW_CLASS_PRIVILEGE] = "privilege", [SW_CLASS_INJECTION] = "injection",
	[SW_CLASS_URING] = "uring",	    [SW_CLASS_KERNEL] = "kernel",
	[SW_CLASS_NETWORK] = "network",	    [SW_CLASS_COMPAT] = "compat",
};
_Static_assert(SW_ARRAY_LEN(class_names) == _SW_CLASS_MAX, "a name for each class");

const char *sw_event_class_str(enum sw_event_class cls)
{
	return (unsigned int)cls < _SW_CLASS_MAX ? class_names[cls] : "?";
}

enum sw_event_class sw_event_class_from_str(const char *s)
{
	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		if (strcmp(s, class_names[i]) == 0)
			return i;
	return _SW_CLASS_MAX;
}

static const char *const violation_names[] = {
	[SW_VIOLATION_SHELL] = "shell",		[SW_VIOLATION_PKG_EXEC] = "package-manager",
	[SW_VIOLATION_PKG_DB] = "package-db",	[SW_VIOLATION_IMMUTABLE] = "immutable",
	[SW_VIOLATION_DRIFT] = "drift",		[SW_VIOLATION_NAMESPACE] = "namespace",
	[SW_VIOLATION_ENTRY] = "entry",		[SW_VIOLATION_MOUNT] = "mount",
	[SW_VIOLATION_PRIVILEGE] = "privilege", [SW_VIOLATION_INJECTION] = "injection",
	[SW_VIOLATION_KERNEL] = "kernel",
};
_Static_assert(SW_ARRAY_LEN(violation_names) == _SW_VIOLATION_MAX, "a name for each violation");

const char *sw_violation_str(enum sw_violation v)
{
	return (unsigned int)v < _SW_VIOLATION_MAX ? violation_names[v] : "?";
}
