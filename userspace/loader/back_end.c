/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hooks are used, of those that are available: for each class of events either the LSM back
 * end's, when the kernel gives all that it needs, or the tracepoints on system calls. Tries
 * nothing: see probe.c.
 */
#include "loader/private.h"

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

static const char *const names[] = {
	[SW_BACK_END_AUTO] = "auto",
	[SW_BACK_END_LSM] = "lsm",
	[SW_BACK_END_TRACEPOINT] = "tracepoint",
};
_Static_assert(SW_ARRAY_LEN(names) == _SW_BACK_END_MAX, "a name for each back end");

const char *sw_back_end_str(enum sw_back_end b)
{
	return (unsigned int)b < _SW_BACK_END_MAX ? names[b] : "?";
}

int sw_back_end_parse(const char *s, enum sw_back_end *ret_back_end)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(names); i++)
		if (!strcmp(s, names[i])) {
			*ret_back_end = (enum sw_back_end)i;
			return 0;
		}
	return -EINVAL;
}

/* Is there work for this hook of the LSM back end here? */
static bool of_use(const struct sw_features *f, const struct sw_hook_def *def)
{
	return !def->narrow || f->calls32;
}

/* Classes that the LSM back end can serve here; names the first hook that keeps it from one. */
static uint32_t served_by_lsm(const struct sw_features *f, const struct sw_hook **ret_missing)
{
	uint32_t offered = 0, lacking = 0;

	*ret_missing = NULL;
	for (size_t i = 0; i < f->n_hooks; i++) {
		const struct sw_hook_def *def = &sw_hook_defs[i];

		if (def->use != SW_HOOK_LSM)
			continue;
		offered |= 1u << def->cls;
		if (!def->required || f->hooks[i].available || !of_use(f, def))
			continue;
		lacking |= 1u << def->cls;
		if (!*ret_missing)
			*ret_missing = &f->hooks[i];
	}
	return offered & ~lacking;
}

/* Classes that hooks on system calls serve, since the LSM back end does not. */
static uint32_t served_by_calls(const struct sw_features *f, uint32_t lsm)
{
	uint32_t served = 0;

	for (size_t i = 0; i < f->n_hooks; i++)
		if (sw_hook_defs[i].use == SW_HOOK_TRACEPOINT)
			served |= 1u << sw_hook_defs[i].cls;
	return served & ~lsm;
}

static bool used(const struct sw_features *f, const struct sw_hook_def *def, uint32_t lsm)
{
	bool served = lsm & 1u << def->cls;

	switch (def->use) {
	case SW_HOOK_TRACEPOINT:
		return !served;
	case SW_HOOK_LSM:
		return served && of_use(f, def);
	case SW_HOOK_CALLS:
		return served_by_calls(f, lsm) != 0;
	case SW_HOOK_DENY:
		return false; /* only what sw_features_enforce asks for */
	default:
		return true;
	}
}

int sw_features_choose(struct sw_features *f, enum sw_back_end b, struct sw_error *err)
{
	const struct sw_hook *missing;
	uint32_t lsm = served_by_lsm(f, &missing);

	if (b == SW_BACK_END_LSM && missing)
		return sw_error_set(err, ENOTSUP,
				    "the LSM back end cannot be used here: %s is refused at %s: %s",
				    missing->name, missing->stage ? missing->stage : "attach",
				    strerror(-missing->error));
	if (b == SW_BACK_END_TRACEPOINT)
		lsm = 0;
	for (size_t i = 0; i < f->n_hooks; i++) {
		const struct sw_hook_def *def = &sw_hook_defs[i];

		f->hooks[i].used = used(f, def, lsm);
		f->hooks[i].required = f->hooks[i].used && def->required;
	}
	f->lsm_classes = lsm;
	f->back_end = lsm ? "lsm" : "tracepoint";
	return 0;
}

uint32_t sw_features_enforce(struct sw_features *f, uint32_t violations)
{
	uint32_t refused = 0;

	for (size_t i = 0; i < f->n_hooks; i++) {
		const struct sw_hook_def *def = &sw_hook_defs[i];
		struct sw_hook *h = &f->hooks[i];

		if (def->use != SW_HOOK_DENY)
			continue;
		h->used = f->lsm_classes && def->denies & violations;
		if (h->used && h->available)
			refused |= def->denies & violations;
	}
	return refused;
}
