/* SPDX-License-Identifier: Apache-2.0 */
/* From pids and paths to cgroup ids and hierarchies, as the sensors number them; and groups of our
 * own. Reads /proc, and cgroup mounts. */
#include "loader/private.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define GROUP_TOP "stigwatch" /* in the top directory of a hierarchy */
#define GROUP_TRIES 8

/* The controllers the sensors can follow on v1, in order of preference. */
static const char *const controllers[] = {"memory", "pids"};

/* Is item one of the comma-separated list? */
static bool list_has(const char *list, const char *item)
{
	size_t len = strlen(item);

	for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, item, len) && (p[len] == ',' || !p[len]))
			return true;
	return false;
}

/*
 * Mount point of the v2 hierarchy (controller NULL) or of a v1 controller's. From mountinfo, whose
 * fields are
 * "... root mountpoint options - type source superoptions".
 */
static int mount_find(const char *controller, char *ret, size_t size)
{
	_cleanup_file_ FILE *f = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;

	if (!f)
		return -errno;
	while (getline(&line, &cap, f) > 0) {
		char *sep = strstr(line, " - "), point[SW_LIMIT_PATH], type[32], opts[1024];

		if (!sep || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 ||
		    sscanf(sep, " - %31s %*s %1023s", type, opts) != 2)
			continue;
		if (controller ? strcmp(type, "cgroup") || !list_has(opts, controller)
			       : strcmp(type, "cgroup2"))
			continue;
		if (strlen(point) >= size)
			return -ENAMETOOLONG;
		strcpy(ret, point);
		return 0;
	}
	return -ENOENT;
}

/*
 * A line of /proc/PID/cgroup: "4:memory:/docker/ID". Finds the v2 line (controller NULL) or a v1
 * controller's; gives its hierarchy number and path.
 */
static int proc_cgroup(const char *file, const char *controller, uint32_t *ret_id, char *ret,
		       size_t size)
{
	_cleanup_file_ FILE *f = fopen(file, "re");
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;

	if (!f)
		return -errno;
	while (getline(&line, &cap, f) > 0) {
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

		if (!path)
			continue;
		*list++ = *path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (controller ? !list_has(list, controller) : *list || strcmp(line, "0"))
			continue;
		if (strlen(path) >= size)
			return -ENAMETOOLONG;
		*ret_id = (uint32_t)strtoul(line, NULL, 10);
		strcpy(ret, path);
		return 0;
	}
	return -ENOENT;
}

/* A cgroup's id is its directory's inode number: kernfs gives both the same 64 bits. */
static int dir_id(const char *path, uint64_t *ret_id)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*ret_id = st.st_ino;
	return 0;
}

/*
 * The hierarchy whose new groups are looked at: v2 where it is mounted, since runtimes make the
 * directory there too, also beside v1 hierarchies.
 */
static int new_hierarchy(char *ret_point, size_t size, uint32_t *ret_id)
{
	char path[SW_LIMIT_PATH];

	*ret_id = 0;
	if (!mount_find(NULL, ret_point, size))
		return 0;
	for (size_t i = 0; i < SW_ARRAY_LEN(controllers); i++)
		if (!mount_find(controllers[i], ret_point, size) &&
		    !proc_cgroup("/proc/self/cgroup", controllers[i], ret_id, path, sizeof(path)))
			return 0;
	*ret_id = 0;
	return -ENOENT;
}

void sw_cgroup_config(struct sw_cfg *cfg)
{
	char point[SW_LIMIT_PATH];

	cfg->use_v2 = mount_find(NULL, point, sizeof(point)) == 0;
	cfg->use_v1_memory = mount_find("memory", point, sizeof(point)) == 0;
	cfg->use_v1_pids = mount_find("pids", point, sizeof(point)) == 0;
	(void)new_hierarchy(point, sizeof(point), &cfg->new_hierarchy);
}

/*
 * Two levels: the top directory of a hierarchy takes and gives names only with CAP_DAC_OVERRIDE,
 * which the monitor gives up; a directory of root's own does as root pleases.
 */
static int group_make(const char *top, char *ret_path, size_t size)
{
	uint32_t chance;
	int n;

	if (mkdir(top, 0755) && errno != EEXIST)
		return -errno;
	if (getrandom(&chance, sizeof(chance), 0) < 0)
		return -errno;
	n = snprintf(ret_path, size, "%s/canary-%08x", top, chance);
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	return mkdir(ret_path, 0700) ? -errno : 0;
}

int sw_cgroup_make(char *ret_path, size_t size, uint64_t *ret_cgroup_id, uint32_t *ret_hierarchy_id,
		   struct sw_error *err)
{
	char point[SW_LIMIT_PATH], top[SW_LIMIT_PATH + sizeof(GROUP_TOP)];
	uint64_t id = 0;
	uint32_t hier;
	int rc = new_hierarchy(point, sizeof(point), &hier);

	if (rc)
		return sw_error_set(err, -rc, "no control group file system is mounted");
	snprintf(top, sizeof(top), "%s/" GROUP_TOP, point);
	/* the name is taken, or somebody cleans */
	for (int i = 0; i == 0 || (i < GROUP_TRIES && (rc == -EEXIST || rc == -ENOENT)); i++)
		rc = group_make(top, ret_path, size);
	if (!rc)
		rc = dir_id(ret_path, &id);
	if (rc)
		return sw_error_set(err, -rc, "make a control group in %s: %s", top, strerror(-rc));
	*ret_cgroup_id = id;
	*ret_hierarchy_id = hier;
	return 0;
}

void sw_cgroup_clean(void)
{
	char top[SW_LIMIT_PATH];
	struct dirent *e;
	uint32_t hier;
	DIR *d;

	if (new_hierarchy(top, sizeof(top) - sizeof(GROUP_TOP), &hier))
		return;
	strcat(top, "/" GROUP_TOP);
	d = opendir(top);
	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, "canary-", strlen("canary-")))
			(void)unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
	(void)rmdir(top);
}

/* Which line of a task's cgroup file the watch goes by: v2 unless the task is only contained in a
 * v1 hierarchy. */
static int pid_line(const char *file, const char **ret_controller, uint32_t *ret_hier,
		    char *ret_path, size_t size)
{
	char point[SW_LIMIT_PATH];
	int v2 = mount_find(NULL, point, sizeof(point));

	if (!v2)
		v2 = proc_cgroup(file, NULL, ret_hier, ret_path, size);
	*ret_controller = NULL;
	if (v2 == -ENAMETOOLONG || (!v2 && strcmp(ret_path, "/")))
		return v2;
	for (size_t i = 0; i < SW_ARRAY_LEN(controllers); i++)
		if (!mount_find(controllers[i], point, sizeof(point)) &&
		    !proc_cgroup(file, controllers[i], ret_hier, ret_path, size) &&
		    strcmp(ret_path, "/")) {
			*ret_controller = controllers[i];
			return 0;
		}
	return v2 ? v2 : proc_cgroup(file, NULL, ret_hier, ret_path, size);
}

int sw_cgroup_of_pid(int pid, uint64_t *ret_cgroup_id, uint32_t *ret_hierarchy_id,
		     char *cgroup_path_ret, size_t size, struct sw_error *err)
{
	char file[64], path[SW_LIMIT_PATH], point[SW_LIMIT_PATH], full[2 * SW_LIMIT_PATH];
	const char *controller;
	uint32_t hier = 0;
	uint64_t id = 0;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	int rc = pid_line(file, &controller, &hier, path, sizeof(path));
	if (!rc && strlen(path) >= size)
		rc = -ENAMETOOLONG;
	if (!rc)
		rc = mount_find(controller, point, sizeof(point));
	if (rc)
		return sw_error_set(err, -rc, "%s: %s", file, strerror(-rc));
	snprintf(full, sizeof(full), "%s%s", point, path);
	rc = dir_id(full, &id);
	if (rc)
		return sw_error_set(err, -rc, "%s: %s", full, strerror(-rc));
	strcpy(cgroup_path_ret, path);
	*ret_cgroup_id = id;
	*ret_hierarchy_id = hier;
	return 0;
}

int sw_cgroup_of_path(const char *path, uint64_t *ret_cgroup_id, uint32_t *ret_hierarchy_id,
		      struct sw_error *err)
{
	char point[SW_LIMIT_PATH], unused[SW_LIMIT_PATH];
	struct stat at, top;
	struct statfs fs;
	uint32_t hier = 0;
	uint64_t id = 0;
	int rc = statfs(path, &fs) || stat(path, &at) ? -errno : dir_id(path, &id);

	if (rc)
		return sw_error_set(err, -rc, "%s: %s", path, strerror(-rc));
	if (fs.f_type != CGROUP2_SUPER_MAGIC) {
		rc = fs.f_type == CGROUP_SUPER_MAGIC ? -ENOENT : -EINVAL;
		for (size_t i = 0; rc == -ENOENT && i < SW_ARRAY_LEN(controllers); i++)
			if (!mount_find(controllers[i], point, sizeof(point)) &&
			    !stat(point, &top) && top.st_dev == at.st_dev)
				rc = proc_cgroup("/proc/self/cgroup", controllers[i], &hier, unused,
						 sizeof(unused));
	}
	if (rc == -EINVAL)
		return sw_error_set(err, EINVAL, "%s: not in a cgroup file system", path);
	if (rc)
		return sw_error_set(
			err, -rc,
			"%s: its hierarchy has neither the memory nor the pids controller", path);
	*ret_cgroup_id = id;
	*ret_hierarchy_id = hier;
	return 0;
}
