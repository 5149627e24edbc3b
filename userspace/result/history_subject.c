/* SPDX-License-Identifier: Apache-2.0 */
/* The containers of a history once it is read: finds one by name, and lets go of them all. */
#include <json-c/json.h>

#include "result/history.h"

static void subject_release(struct subject *s)
{
	for (size_t i = 0; i < s->n_addresses; i++)
		free(s->addresses[i]);
	for (size_t i = 0; i < s->n_lives; i++) {
		free(s->lives[i].no_baseline);
		free(s->lives[i].started_at);
	}
	for (size_t i = 0; i < s->n_holes; i++)
		free(s->holes[i].reason);
	for (size_t i = 0; i < s->n_rules; i++) {
		for (size_t k = 0; k < s->rules[i].n_first; k++)
			free(s->rules[i].first[k].text);
		free(s->rules[i].rule_id);
	}
	for (size_t i = 0; i < s->n_marks; i++) {
		free(s->marks[i].rule_id);
		free(s->marks[i].text);
	}
	free(s->addresses);
	free(s->lives);
	free(s->holes);
	free(s->rules);
	free(s->marks);
	free(s->id);
	free(s->name);
	free(s->image_ref);
	free(s->image_digest);
	free(s->manifest_digest);
	free(s->baseline_digest);
	sw_judge_free(s->judge);
}

void history_release(struct history *h)
{
	for (size_t i = 0; i < h->n_sessions; i++) {
		struct session *s = &h->sessions[i];

		free(s->boot_id);
		free(s->kernel);
		free(s->back_end);
		free(s->content_sha256);
		free(s->instance);
		json_object_put(s->enforced);
		for (size_t k = 0; k < s->n_judged; k++)
			json_object_put(s->judged[k]);
		free(s->judged);
		for (size_t k = 0; k < _SW_CLASS_MAX; k++)
			free(s->refused_hooks[k]);
	}
	for (size_t i = 0; i < h->n_subjects; i++)
		subject_release(&h->subjects[i]);
	for (size_t i = 0; i < h->n_holes; i++)
		free(h->holes[i].reason);
	free(h->sessions);
	free(h->subjects);
	free(h->holes);
	sw_content_free(h->content);
	*h = (struct history){0};
}

int history_find(const struct history *h, const char *container, const struct subject **ret_subject,
		 struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf names = {0};
	const struct subject *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < h->n_subjects; i++) {
		const struct subject *s = &h->subjects[i];
		bool match = !container || strcmp(s->id, container) == 0 ||
			     (s->name && strcmp(s->name, container) == 0) ||
			     (strlen(container) >= 12 &&
			      strncmp(s->id, container, strlen(container)) == 0);

		sw_strbuf_addf(&names, "%s%s", i ? ", " : "", s->name ? s->name : s->id);
		if (match && (!found || !container)) {
			found = s;
			n++;
		} else if (match) {
			found = s; /* the last of one name: a container that was made again */
		}
	}
	if (!found && !container)
		return sw_error_set(err, ENODATA,
				    "the evidence holds no container that was watched");
	if (!found)
		return sw_error_set(err, ENOENT, "the evidence holds no container %s; it holds: %s",
				    container, h->n_subjects ? sw_strbuf_str(&names) : "none");
	if (n > 1)
		return sw_error_set(err, EINVAL,
				    "the evidence holds several containers, choose one with "
				    "--container: %s",
				    sw_strbuf_str(&names));
	*ret_subject = found;
	return 0;
}
