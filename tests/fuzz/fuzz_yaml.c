/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes YAML and paths into it: up to the first newline is the path, behind it the document. */
#include "base/base.h"
#include "facts/yaml_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = memchr(data, '\n', size);
	struct yaml_records records = {0};
	struct yaml_path *path = NULL;
	struct sw_yaml yaml = {0};
	struct sw_error err = {0};
	char *text;
	int rc;

	if (!line)
		return 0;
	text = strndup((const char *)data, (size_t)(line - data));
	rc = yaml_path_parse(text, &path, &err);
	if ((rc < 0) != !path || (rc == -EINVAL && !err.code))
		__builtin_trap();
	if (rc == 0)
		rc = sw_yaml_parse((const char *)line + 1, size - (size_t)(line + 1 - data), &yaml,
				   &err);
	if (rc == 0)
		rc = yaml_records_make(&yaml, path, &records, &err);
	if (rc < 0 && records.n)
		__builtin_trap();
	for (size_t i = 0; i < records.n; i++)
		for (size_t k = 0; k < records.items[i].n; k++)
			if (!records.items[i].n || !records.items[i].fields[k].name ||
			    !records.items[i].fields[k].value)
				__builtin_trap();
	yaml_records_release(&records);
	sw_yaml_release(&yaml);
	yaml_path_free(path);
	free(text);
	return 0;
}
