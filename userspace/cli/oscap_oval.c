/* SPDX-License-Identifier: Apache-2.0 */
/* oscap oval eval, collect and analyse: a definitions document without a checklist. */
#include <stigwatch/definitions.h>

#include "cli/cli.h"
#include "cli/oscap.h"
#include "event/text.h"
#include "sinks/output.h"

enum { RESULTS, SYSCHAR, N_FILES };

struct oval {
	struct sw_definitions *definitions;
	struct sw_target *target;
	struct sw_output *files[N_FILES];
	struct sw_strbuf told;
	bool collect;
};

static void oval_release(struct oval *v)
{
	sw_definitions_free(v->definitions);
	sw_target_free(v->target);
	for (size_t i = 0; i < N_FILES; i++)
		sw_output_abort(v->files[i]);
	sw_strbuf_release(&v->told);
}

static void tell(void *ctx, const char *id, const char *result)
{
	struct oval *v = ctx;

	sw_strbuf_adds(&v->told, v->collect ? "Collected: \"" : "Definition ");
	sw_text_add(&v->told, id, strlen(id));
	sw_strbuf_addf(&v->told, v->collect ? "\" : %s\n" : ": %s\n", result);
}

static int load(const struct oscap *o, struct oval *v, struct sw_error *err)
{
	const struct sw_definitions_choice choice = {o->datastream_id, o->oval_id};
	int rc = sw_definitions_load(o->files[0], &choice, &v->definitions, err);

	if (rc == 0 && o->variables)
		rc = sw_definitions_add_variables(v->definitions, o->variables, err);
	if (rc == 0 && o->directives)
		rc = sw_definitions_direct(v->definitions, o->directives, err);
	if (rc == 0 && o->results)
		rc = sw_output_open(o->results, &v->files[RESULTS], err);
	if (rc == 0 && o->syschar)
		rc = sw_output_open(o->syschar, &v->files[SYSCHAR], err);
	return rc;
}

static int save(struct oval *v, struct sw_error *err)
{
	int rc = 0;

	if (v->files[RESULTS])
		rc = sw_definitions_write_results(v->definitions, sw_output_write,
						  v->files[RESULTS], err);
	if (rc == 0 && v->files[RESULTS])
		rc = sw_output_commit(TAKE(v->files[RESULTS]), err);
	if (rc == 0 && v->files[SYSCHAR])
		rc = sw_definitions_write_characteristics(v->definitions, sw_output_write,
							  v->files[SYSCHAR], err);
	if (rc == 0 && v->files[SYSCHAR])
		rc = sw_output_commit(TAKE(v->files[SYSCHAR]), err);
	return rc;
}

static int print(struct oval *v, const char *end, struct sw_error *err)
{
	sw_strbuf_adds(&v->told, end);
	if (!sw_strbuf_str(&v->told))
		return sw_error_set(err, ENOMEM, "out of memory");
	fputs(sw_strbuf_str(&v->told), stdout);
	return fflush(stdout) == 0 ? 0
				   : sw_error_set(err, EIO, "standard output: %s", strerror(EIO));
}

static int evaluate(const struct oscap *o, struct oval *v, const char *characteristics)
{
	struct sw_error err = {0};
	struct sw_definitions_run run = {
		.characteristics = characteristics,
		.id = o->id,
		.collect = v->collect,
		.without_syschar = o->without_syschar,
		.now = cli_now(),
		.tell = tell,
		.ctx = v,
	};
	int rc = load(o, v, &err);

	if (rc == 0 && !characteristics)
		rc = oscap_open_target(o, &v->target, &err);
	run.target = v->target;
	if (rc == 0)
		rc = sw_definitions_run(v->definitions, &run, &err);
	if (rc == 0)
		rc = save(v, &err);
	if (rc == 0 && !characteristics)
		rc = print(v, v->collect ? "" : "Evaluation done.\n", &err);
	return rc < 0 ? oscap_fail(&err) : OSCAP_OK;
}

static int run(const struct oscap *o, bool collect, const char *characteristics)
{
	struct oval v = {.collect = collect};
	int rc = evaluate(o, &v, characteristics);

	oval_release(&v);
	return rc;
}

int oscap_oval_eval(struct oscap *o)
{
	return run(o, false, NULL);
}

int oscap_oval_collect(struct oscap *o)
{
	return run(o, true, NULL);
}

int oscap_oval_analyse(struct oscap *o)
{
	if (o->n_files == 2 && o->results)
		return run(o, false, o->files[1]);
	fprintf(stderr, "ERROR:    %s\n",
		o->results ? "Wrong number of parameters."
			   : "OVAL Results file is not specified(--results parameter)");
	return OSCAP_BAD_ARGUMENTS;
}
