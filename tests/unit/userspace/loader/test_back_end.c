/* SPDX-License-Identifier: Apache-2.0 */
/* Which hooks are used, for every way in which a kernel may give or refuse them. Loads nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loader/loader.h"
#include "stigwatch/error.h"

#define CLS(name) (1u << SW_CLASS_##name)
#define SERVED                                                                                     \
	(CLS(EXEC) | CLS(FILE) | CLS(NAMESPACE) | CLS(CODE) | CLS(MOUNT) | CLS(PRIVILEGE) |        \
	 CLS(INJECTION) | CLS(KERNEL) | CLS(NETWORK))
#define CALLS32 "tp_btf/sys_exit"

static struct sw_features all_available(void)
{
	struct sw_features f;

	assert_int_equal(sw_features_list(&f, NULL), 0);
	f.calls32 = true;
	for (size_t i = 0; i < f.n_hooks; i++)
		f.hooks[i].available = true;
	return f;
}

static struct sw_hook *hook(struct sw_features *f, const char *name)
{
	for (size_t i = 0; i < f->n_hooks; i++)
		if (!strcmp(f->hooks[i].name, name))
			return &f->hooks[i];
	fail_msg("no hook %s", name);
	return NULL;
}

static void refuse(struct sw_features *f, const char *name)
{
	struct sw_hook *h = hook(f, name);

	h->available = false;
	h->stage = "load";
	h->error = -EPERM;
}

static void test_everything_given(void **state)
{
	struct sw_features f = all_available();

	assert_int_equal(sw_features_choose(&f, SW_BACK_END_AUTO, NULL), 0);
	assert_int_equal(f.lsm_classes, SERVED);
	assert_string_equal(f.back_end, "lsm");
	assert_true(hook(&f, "lsm/path_rename")->used);
	assert_true(hook(&f, "fexit/vfs_rename")->required);
	assert_true(hook(&f, "lsm/bprm_check_security")->used);
	/* the tracepoints of a class that is served are neither used nor missed */
	assert_false(hook(&f, "sys_exit/renameat2")->used);
	assert_false(hook(&f, "sys_exit/renameat2")->required);
	/* nothing is left on the exit of all system calls: each would pay for that */
	for (size_t i = 0; i < f.n_hooks; i++)
		if (!strncmp(f.hooks[i].name, "sys_exit/", 9))
			assert_false(f.hooks[i].used);
	assert_false(hook(&f, CALLS32)->used);
	/* what both back ends share is used */
	assert_true(hook(&f, "tp_btf/writeback_mark_inode_dirty")->required);
	sw_features_release(&f);
}

static void test_forced_tracepoint(void **state)
{
	struct sw_features f = all_available();

	assert_int_equal(sw_features_choose(&f, SW_BACK_END_TRACEPOINT, NULL), 0);
	assert_int_equal(f.lsm_classes, 0);
	assert_string_equal(f.back_end, "tracepoint");
	for (size_t i = 0; i < f.n_hooks; i++)
		if (!strncmp(f.hooks[i].name, "lsm/", 4) || !strncmp(f.hooks[i].name, "fexit/", 6))
			assert_false(f.hooks[i].used || f.hooks[i].required);
	assert_true(hook(&f, "sys_exit/renameat2")->required);
	assert_true(hook(&f, CALLS32)->used);
	sw_features_release(&f);
}

/* A class is served whole or not at all: a decision whose outcome cannot be seen is no fact. */
static void test_one_refused(void **state)
{
	static const char *const needed[] = {"lsm/path_rename", "lsm/file_open", "fexit/vfs_rename",
					     "fexit/do_dentry_open", "lsm/inode_post_setxattr"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		struct sw_features f = all_available();
		struct sw_error err = {0};

		refuse(&f, needed[i]);
		assert_int_equal(sw_features_choose(&f, SW_BACK_END_AUTO, &err), 0);
		assert_int_equal(f.lsm_classes, SERVED & ~CLS(FILE));
		assert_true(hook(&f, "sys_exit/openat")->required);
		assert_false(hook(&f, "lsm/path_unlink")->used);
		assert_int_equal(sw_features_choose(&f, SW_BACK_END_LSM, &err), -ENOTSUP);
		assert_non_null(strstr(err.text, needed[i]));
		assert_non_null(strstr(err.text, "load"));
		sw_features_release(&f);
	}
}

/* Scripts belong to loaded code: without their hook the names of scripts must be judged. */
static void test_scripts_refused(void **state)
{
	struct sw_features f = all_available();
	struct sw_error err = {0};

	refuse(&f, "lsm/bprm_check_security");
	assert_int_equal(sw_features_choose(&f, SW_BACK_END_AUTO, &err), 0);
	assert_int_equal(f.lsm_classes, SERVED & ~CLS(CODE));
	assert_true(hook(&f, "sys_exit/mmap")->required);
	assert_false(hook(&f, "fexit/vm_mmap_pgoff")->used);
	sw_features_release(&f);
}

#ifdef __x86_64__
/*
 * The way in of 32-bit calls belongs to a class where they can be made: it is watched as well, or
 * tracepoints and the hook for 32-bit calls are, as before.
 */
static void test_narrow_refused(void **state)
{
	static const char *const needed[][3] = {
		{"fexit/__ia32_sys_setns", "fexit/__x64_sys_setns", "setns"},
		{"fexit/__ia32_sys_oldumount", "lsm/sb_umount", "umount2"},
		{"fexit/__ia32_compat_sys_ptrace", "fexit/__x64_sys_ptrace", "ptrace"},
		{"fexit/__ia32_sys_bpf", "fexit/__x64_sys_bpf", "bpf"},
	};
	static const uint32_t classes[] = {CLS(NAMESPACE), CLS(MOUNT), CLS(INJECTION), CLS(KERNEL)};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		struct sw_features f = all_available();
		struct sw_error err = {0};
		char call[80];

		snprintf(call, sizeof(call), "sys_exit/%s", needed[i][2]);
		refuse(&f, needed[i][0]);
		assert_int_equal(sw_features_choose(&f, SW_BACK_END_AUTO, &err), 0);
		assert_int_equal(f.lsm_classes, SERVED & ~classes[i]);
		assert_false(hook(&f, needed[i][1])->used);
		assert_true(hook(&f, call)->used);
		assert_true(hook(&f, CALLS32)->used);
		f.calls32 = false; /* nobody comes that way */
		assert_int_equal(sw_features_choose(&f, SW_BACK_END_LSM, &err), 0);
		assert_int_equal(f.lsm_classes, SERVED);
		assert_true(hook(&f, needed[i][1])->required);
		assert_false(hook(&f, needed[i][0])->used);
		assert_false(hook(&f, call)->used || hook(&f, CALLS32)->used);
		sw_features_release(&f);
	}
}
#endif

/* What only newer kernels have keeps no class from being served. */
static void test_newer_ones_missing(void **state)
{
	struct sw_features f = all_available();
	struct sw_error err = {0};

	refuse(&f, "lsm/file_truncate");
	refuse(&f, "lsm/inode_set_acl");
	refuse(&f, "fexit/vfs_set_acl");
	refuse(&f, "fexit/io_listen");
	assert_int_equal(sw_features_choose(&f, SW_BACK_END_LSM, &err), 0);
	assert_int_equal(f.lsm_classes, SERVED);
	sw_features_release(&f);
}

/* A kernel that refuses every LSM program: nothing of them is required, whatever it lists. */
static void test_all_refused(void **state)
{
	struct sw_features f = all_available();
	struct sw_error err = {0};

	for (size_t i = 0; i < f.n_hooks; i++)
		if (!strncmp(f.hooks[i].name, "lsm/", 4) || !strncmp(f.hooks[i].name, "fexit/", 6))
			refuse(&f, f.hooks[i].name);
	assert_int_equal(sw_features_choose(&f, SW_BACK_END_AUTO, &err), 0);
	assert_string_equal(f.back_end, "tracepoint");
	for (size_t i = 0; i < f.n_hooks; i++)
		assert_false(f.hooks[i].required && !f.hooks[i].available);
	assert_int_equal(sw_features_choose(&f, SW_BACK_END_LSM, &err), -ENOTSUP);
	sw_features_release(&f);
}

static void test_names(void **state)
{
	enum sw_back_end b = SW_BACK_END_AUTO;

	for (int i = 0; i < _SW_BACK_END_MAX; i++) {
		assert_int_equal(sw_back_end_parse(sw_back_end_str((enum sw_back_end)i), &b), 0);
		assert_int_equal(b, i);
	}
	b = SW_BACK_END_LSM;
	assert_int_equal(sw_back_end_parse("kprobe", &b), -EINVAL);
	assert_int_equal(b, SW_BACK_END_LSM);
	assert_string_equal(sw_back_end_str(_SW_BACK_END_MAX), "?");
}

static size_t used_that_deny(const struct sw_features *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_hooks; i++) {
		if (!f->hooks[i].denies)
			continue;
		assert_false(f->hooks[i].required); /* what it observes, others observe */
		n += f->hooks[i].used;
	}
	return n;
}

/* Nothing refuses unless it is asked for, and only where security hooks are used. */
static void test_enforce(void **state)
{
	const uint32_t shell = 1u << SW_VIOLATION_SHELL, mounts = 1u << SW_VIOLATION_MOUNT;
	const uint32_t all = (1u << _SW_VIOLATION_MAX) - 1;
	struct sw_features f = all_available();

	assert_int_equal(sw_features_choose(&f, SW_BACK_END_AUTO, NULL), 0);
	assert_int_equal(used_that_deny(&f), 0);
	assert_int_equal(sw_features_enforce(&f, shell), shell);
	assert_true(hook(&f, "deny/bprm_check_security")->used);
	assert_false(hook(&f, "deny/sb_mount")->used);
	assert_int_equal(f.lsm_classes, SERVED); /* they serve no class */
	assert_int_equal(sw_features_enforce(&f, all), all);
	assert_int_equal(sw_features_enforce(&f, 0), 0);
	assert_int_equal(used_that_deny(&f), 0);
	/* all ways to mount must be taken away before it cannot be refused at all */
	refuse(&f, "deny/sb_mount");
	assert_int_equal(sw_features_enforce(&f, mounts), mounts);
	refuse(&f, "deny/move_mount");
	refuse(&f, "deny/sb_umount");
	refuse(&f, "deny/sb_remount");
	refuse(&f, "deny/sb_pivotroot");
	assert_int_equal(sw_features_enforce(&f, mounts), 0);
	/* a choice of back end uses none again */
	sw_features_enforce(&f, all);
	assert_int_equal(sw_features_choose(&f, SW_BACK_END_TRACEPOINT, NULL), 0);
	assert_int_equal(used_that_deny(&f), 0);
	assert_int_equal(sw_features_enforce(&f, all), 0);
	assert_int_equal(used_that_deny(&f), 0);
	sw_features_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_given),
		cmocka_unit_test(test_enforce),
		cmocka_unit_test(test_forced_tracepoint),
		cmocka_unit_test(test_one_refused),
		cmocka_unit_test(test_scripts_refused),
#ifdef __x86_64__
		cmocka_unit_test(test_narrow_refused),
#endif
		cmocka_unit_test(test_newer_ones_missing),
		cmocka_unit_test(test_all_refused),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
