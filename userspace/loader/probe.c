/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hooks work, found by loading and attaching a program of two instructions to each. Never
 * asks for a version or a list of modules: kernels exist that list what they refuse.
 */
#include "loader/private.h"

#include <bpf/btf.h>
#include <sys/utsname.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

static void btf_drop(struct btf **b)
{
	btf__free(*b);
}

/* return 0 */
static const struct bpf_insn nothing[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
	{.code = BPF_JMP | BPF_EXIT},
};

/* What the trials leave attached: see struct sw_features. */
struct trials {
	int *links;
	size_t n, cap;
};

/* Of functions: keeps the link; of what is cheap to detach: closes it. The errno of a failed one.
 */
static int trial_keep(struct trials *t, bool function, int link)
{
	if (link < 0)
		return -errno;
	if (!function || SW_GROW(t->links, t->n, t->cap))
		close(link);
	else
		t->links[t->n++] = link;
	return 0;
}

/* A kind of program whose attach point is named by a type of the kernel. */
struct trial_kind {
	const char *prefix; /* of the hook's name in the table */
	const char *btf;    /* of the type's name */
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
};
static const struct trial_kind trial_kinds[] = {
	{"tp_btf/", "btf_trace_", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP},
	{"iter/", "bpf_iter_", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER},
	{"lsm/", "bpf_lsm_", BPF_PROG_TYPE_LSM, BPF_LSM_MAC},
	{"deny/", "bpf_lsm_", BPF_PROG_TYPE_LSM, BPF_LSM_MAC},
	{"fexit/", "", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT},
};

struct trial {
	const struct btf *btf;
	struct trials *left;
};

static int trial_btf(const struct trial *t, const struct trial_kind *kind, const char *name,
		     const char **ret_stage)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = kind->attach);
	char full[128];
	int id;

	*ret_stage = "load";
	snprintf(full, sizeof(full), "%s%s", kind->btf, name);
	id = btf__find_by_name_kind(
		t->btf, full, kind->attach == BPF_TRACE_RAW_TP ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC);
	if (id < 0)
		return id;
	opts.attach_btf_id = (uint32_t)id;
	_cleanup_fd_ int prog =
		bpf_prog_load(kind->type, "sw_trial", "GPL", nothing, SW_ARRAY_LEN(nothing), &opts);
	if (prog < 0)
		return -errno;
	*ret_stage = "attach";
	return trial_keep(t->left, kind->attach == BPF_TRACE_FEXIT || kind->attach == BPF_LSM_MAC,
			  kind->attach == BPF_TRACE_ITER
				  ? bpf_link_create(prog, 0, BPF_TRACE_ITER, NULL)
				  : bpf_raw_tracepoint_open(NULL, prog));
}

static int trial_hook(const struct trial *t, const char *name, const char **ret_stage)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(trial_kinds); i++) {
		const struct trial_kind *k = &trial_kinds[i];

		if (!strncmp(name, k->prefix, strlen(k->prefix)))
			return trial_btf(t, k, name + strlen(k->prefix), ret_stage);
	}
	*ret_stage = "load";
	return -ENOTSUP;
}

/* One program of the plainest type: tells "not allowed to use BPF at all" from "this hook is
 * refused". */
static int privilege_check(struct sw_error *err)
{
	_cleanup_fd_ int prog = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "sw_trial", "GPL", nothing,
					      SW_ARRAY_LEN(nothing), NULL);
	if (prog >= 0)
		return 0;
	int rc = -errno;

	if (rc == -EPERM || rc == -EACCES)
		return sw_error_set(
			err, EPERM,
			"loading BPF programs is refused: run as root, or with CAP_BPF and "
			"CAP_PERFMON");
	return sw_error_set(err, -rc, "loading a BPF program: %s", strerror(-rc));
}

int sw_features_list(struct sw_features *ret_features, struct sw_error *err)
{
	struct sw_features f = {.btf = true, .calls32 = sw_calls32_possible()};
	struct utsname u;

	f.hooks = calloc(sw_n_hook_defs, sizeof(*f.hooks));
	if (!f.hooks)
		return sw_error_set(err, ENOMEM, "out of memory");
	f.n_hooks = sw_n_hook_defs;
	if (!uname(&u))
		snprintf(f.kernel_release, sizeof(f.kernel_release), "%s", u.release);
	for (size_t i = 0; i < sw_n_hook_defs; i++) {
		const struct sw_hook_def *def = &sw_hook_defs[i];
		struct sw_hook *h = &f.hooks[i];

		h->name = def->name;
		h->phrase = def->phrase;
		h->misses = def->misses;
		h->cls = def->cls;
		h->base = def->base;
		h->denies = def->denies;
		snprintf(h->program, sizeof(h->program), "%s", def->program);
	}
	*ret_features = f;
	return 0;
}

/* A hook that takes one program takes another: the result of its trial, or NULL. */
static const struct sw_hook *tried(const struct sw_features *f, size_t i)
{
	const char *name = f->hooks[i].name;

	if (strncmp(name, "deny/", strlen("deny/")))
		return NULL;
	for (size_t k = 0; k < i; k++)
		if (!strncmp(f->hooks[k].name, "lsm/", strlen("lsm/")) &&
		    !strcmp(f->hooks[k].name + strlen("lsm/"), name + strlen("deny/")))
			return &f->hooks[k];
	return NULL;
}

int sw_features_probe(struct sw_features *ret_features, struct sw_error *err)
{
	struct sw_features f = {};
	struct trials left = {};
	int rc = privilege_check(err);

	if (rc)
		return rc;
	libbpf_print_fn_t before = libbpf_set_print(NULL); /* a library does not print */
	_cleanup_(btf_drop) struct btf *btf = btf__load_vmlinux_btf();

	libbpf_set_print(before);
	if (!btf)
		return sw_error_set(err, ENOENT,
				    "the kernel has no type information (/sys/kernel/btf/vmlinux)");
	rc = sw_features_list(&f, err);
	if (rc)
		return rc;
	const struct trial t = {.btf = btf, .left = &left};
	for (size_t i = 0; i < f.n_hooks; i++) {
		struct sw_hook *h = &f.hooks[i];

		const struct sw_hook *same = tried(&f, i);

		if (sw_hook_is_call(&sw_hook_defs[i]))
			continue;
		h->error = same ? same->error : trial_hook(&t, h->name, &h->stage);
		if (same)
			h->stage = same->stage;
		h->available = !h->error;
		if (h->available)
			h->stage = NULL;
	}
	sw_calls_follow(&f);
	f.trials = left.links;
	f.n_trials = left.n;
	*ret_features = f;
	return sw_features_choose(ret_features, SW_BACK_END_AUTO, err);
}

void sw_features_end_trials(struct sw_features *f)
{
	sw_close_all(f->trials, f->n_trials);
	free(f->trials);
	f->trials = NULL;
	f->n_trials = 0;
}

void sw_features_release(struct sw_features *f)
{
	sw_features_end_trials(f);
	free(f->hooks);
	*f = (struct sw_features){};
}
