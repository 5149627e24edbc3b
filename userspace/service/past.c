/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the session to be continued out of the evidence; believes only what the chain seals. */
#include "service/past.h"

#include <json-c/json.h>

#include "evidence/evidence.h"
#include "loader/loader.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *x;

	if (!json_object_object_get_ex(o, key, &x) || !json_object_is_type(x, json_type_string))
		return NULL;
	return json_object_get_string(x);
}

static int64_t int_of(struct json_object *o, const char *key)
{
	struct json_object *x;

	return json_object_object_get_ex(o, key, &x) ? json_object_get_int64(x) : 0;
}

static uint64_t u64_of(struct json_object *o, const char *key)
{
	struct json_object *x;

	return json_object_object_get_ex(o, key, &x) ? json_object_get_uint64(x) : 0;
}

static bool is(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static int on_start(struct past *p, struct json_object *body)
{
	struct json_object *hooks, *h, *attached;

	p->now = is(text_of(body, "instance"), p->instance);
	if (!p->now)
		return 0;
	p->found = true;
	if (!json_object_object_get_ex(body, "hooks", &hooks) ||
	    !json_object_is_type(hooks, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(hooks); i++) {
		h = json_object_array_get_idx(hooks, i);
		if (!json_object_object_get_ex(h, "attached", &attached) ||
		    !json_object_get_boolean(attached))
			continue;
		if (SW_GROW(p->hooks, p->n_hooks, p->cap_hooks) < 0)
			return -ENOMEM;
		const char *name = text_of(h, "hook"), *tag = text_of(h, "tag");

		p->hooks[p->n_hooks++] = (struct past_hook){
			.hook = strdup(name ? name : ""),
			.tag = strdup(tag ? tag : ""),
			.program_id = (uint32_t)u64_of(h, "program_id"),
		};
	}
	return 0;
}

static int on_watch(struct past *p, struct json_object *body)
{
	const char *id = text_of(body, "container"), *digest = text_of(body, "baseline_digest");
	const char *image = text_of(body, "image_digest");

	if (!id)
		return -EBADMSG;
	if (SW_GROW(p->lives, p->n_lives, p->cap_lives) < 0)
		return -ENOMEM;
	p->lives[p->n_lives++] = (struct past_life){
		.id = strdup(id),
		.slot = (uint32_t)u64_of(body, "slot"),
		.cgroup_id = u64_of(body, "cgroup_id"),
		.from_start = is(text_of(body, "from"), "first-instruction"),
		.from_boot_ns = int_of(body, "from_boot_ns"),
		.from_wall_ns = int_of(body, "from_wall_ns"),
		.baseline_digest = digest ? strdup(digest) : NULL,
		.image_digest = image ? strdup(image) : NULL,
	};
	return 0;
}

static struct past_life *last_life_of(struct past *p, const char *id)
{
	for (size_t i = p->n_lives; id && i > 0; i--)
		if (is(p->lives[i - 1].id, id))
			return &p->lives[i - 1];
	return NULL;
}

/* The next life of a container may have begun before the record of the last one's end. */
static struct past_life *life_that_ends(struct past *p, struct json_object *body)
{
	const char *id = text_of(body, "container");
	struct json_object *x;

	if (!json_object_object_get_ex(body, "cgroup_id", &x))
		return last_life_of(p, id);
	for (size_t i = p->n_lives; id && i > 0; i--)
		if (is(p->lives[i - 1].id, id) &&
		    p->lives[i - 1].cgroup_id == json_object_get_uint64(x))
			return &p->lives[i - 1];
	return NULL;
}

static int on_record(void *ctx, const struct sw_record *r)
{
	struct past *p = ctx;
	struct past_life *l;
	int rc = 0;

	if (r->seq == p->sealed_seq)
		p->sealed_seen = is(r->hash, p->sealed_head);
	if (is(r->type, "start"))
		rc = on_start(p, r->body);
	if (!p->now)
		return rc;
	p->last_boot_ns = r->boot_ns;
	l = last_life_of(p, text_of(r->body, "container"));
	if (is(r->type, "watch"))
		rc = on_watch(p, r->body);
	else if (is(r->type, "sweep") && l && is(text_of(r->body, "phase"), "start"))
		l->swept = true;
	else if (is(r->type, "end") && (l = life_that_ends(p, r->body)))
		l->closed = true;
	else if (is(r->type, "stop"))
		p->stopped = true;
	return rc;
}

int past_read(const char *dir, struct past *past, struct sw_error *err)
{
	int rc = sw_evidence_read(dir, on_record, past, NULL, err);

	if (rc < 0)
		return rc;
	if (!past->found)
		return sw_error_set(err, ENODATA, "it belongs to other evidence than this");
	return 0;
}

void past_release(struct past *p)
{
	for (size_t i = 0; i < p->n_hooks; i++) {
		free(p->hooks[i].hook);
		free(p->hooks[i].tag);
	}
	for (size_t i = 0; i < p->n_lives; i++) {
		free(p->lives[i].id);
		free(p->lives[i].baseline_digest);
		free(p->lives[i].image_digest);
	}
	free(p->hooks);
	free(p->lives);
	*p = (struct past){};
}

static const struct past_hook *hook_of(const struct past *p, const char *name)
{
	for (size_t i = 0; i < p->n_hooks; i++)
		if (is(p->hooks[i].hook, name))
			return &p->hooks[i];
	return NULL;
}

int past_check_hooks(const struct past *p, const struct sw_features *f, struct sw_error *err)
{
	size_t attached = 0;

	for (size_t i = 0; i < f->n_hooks; i++) {
		const struct sw_hook *h = &f->hooks[i];
		const struct past_hook *was = hook_of(p, h->name);

		if (!h->attached)
			continue;
		attached++;
		if (!was || was->program_id != h->program_id || strcmp(was->tag, h->tag) != 0)
			return sw_error_set(
				err, ESTALE,
				"the program at %s is not the one that was loaded there", h->name);
	}
	if (attached != p->n_hooks)
		return sw_error_set(err, ESTALE, "%zu of its %zu programs are attached", attached,
				    p->n_hooks);
	return 0;
}

struct past_life *past_life(const struct past *p, uint32_t slot, uint64_t cgroup_id)
{
	for (size_t i = p->n_lives; i > 0; i--)
		if (p->lives[i - 1].slot == slot && p->lives[i - 1].cgroup_id == cgroup_id)
			return &p->lives[i - 1];
	return NULL;
}
