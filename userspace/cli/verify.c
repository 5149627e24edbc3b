/* SPDX-License-Identifier: Apache-2.0 */
/* stigwatch verify: is the evidence whole; needs nothing but the files. */
#include <json-c/json.h>

#include "cli/cli.h"
#include "evidence/evidence.h"

static void print_json(const struct sw_verify_report *v)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "whole", json_object_new_boolean(v->bad_record == 0));
	json_object_object_add(o, "records", json_object_new_uint64(v->records));
	json_object_object_add(o, "head", json_object_new_string(v->head));
	json_object_object_add(o, "torn_bytes", json_object_new_uint64(v->torn_bytes));
	if (v->bad_record) {
		json_object_object_add(o, "bad_record", json_object_new_uint64(v->bad_record));
		json_object_object_add(o, "file", json_object_new_string(v->bad_file));
		json_object_object_add(o, "line", json_object_new_uint64(v->bad_line));
		json_object_object_add(o, "reason", json_object_new_string(v->reason));
	}
	printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

int cmd_verify(struct cli *c)
{
	struct sw_verify_report v = {0};
	struct sw_error err = {0};
	int rc = sw_evidence_read(c->targets[0], NULL, NULL, &v, &err);

	if (rc < 0 && !v.bad_record)
		return cli_fail(&err);
	if (c->json)
		print_json(&v);
	else if (!v.bad_record)
		printf("whole: %llu records, head %s\n", (unsigned long long)v.records, v.head);
	if (v.torn_bytes && !c->json)
		printf("after the last sealed record: %llu bytes of a record that a crash cut "
		       "off\n",
		       (unsigned long long)v.torn_bytes);
	if (v.bad_record) {
		sw_error_set(
			&err, EBADMSG,
			"record %llu is bad (%s:%llu): %s; the %llu records before it are good",
			(unsigned long long)v.bad_record, v.bad_file,
			(unsigned long long)v.bad_line, v.reason, (unsigned long long)v.records);
		return cli_fail(&err);
	}
	return fflush(stdout) == 0 ? EXIT_COMPLIANT : EXIT_TROUBLE;
}
