/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a content script in a sandbox and collects its exit code and output. The parent's half: it
 * builds nothing itself; what the child does before the script starts is in sce_child.c.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "target/sce.h"
#include "target/sce_child.h"

#define SCE_NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

static const char *const fixed_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"LC_ALL=C",
	"HOME=/tmp",
	"TMPDIR=/tmp",
	"XCCDF_RESULT_PASS=101",
	"XCCDF_RESULT_FAIL=102",
	"XCCDF_RESULT_ERROR=103",
	"XCCDF_RESULT_UNKNOWN=104",
	"XCCDF_RESULT_NOT_APPLICABLE=105",
	"XCCDF_RESULT_NOT_CHECKED=106",
	"XCCDF_RESULT_NOT_SELECTED=107",
	"XCCDF_RESULT_INFORMATIONAL=108",
	"XCCDF_RESULT_FIXED=109",
};

const char *sw_sce_environment(size_t i)
{
	return i < SW_ARRAY_LEN(fixed_env) ? fixed_env[i] : NULL;
}

struct sw_sce {
	char *name;
	pid_t pid;
	int out, status; /* read ends: the script's output, the child's report */
	int64_t deadline;
	struct sw_strbuf *stdout_buf;
	size_t n_out, n_status;
	struct sce_report report;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Kills the pid namespace by its first process; nothing in it survives. */
static int reap(struct sw_sce *r, bool kill_it)
{
	int status = 0;

	if (r->pid <= 0)
		return 0;
	if (kill_it)
		kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	r->pid = 0;
	return status;
}

void sw_sce_free(struct sw_sce *r)
{
	if (!r)
		return;
	reap(r, true);
	if (r->out >= 0)
		close(r->out);
	if (r->status >= 0)
		close(r->status);
	free(r->name);
	free(r);
}
SW_DEFINE_CLEANUP(struct sw_sce *, sce, sw_sce_free)

/* Reads what there is; returns 0 at the end of the stream. */
static int drain_output(struct sw_sce *r)
{
	char buf[4096];
	ssize_t n = read(r->out, buf, sizeof(buf));

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN) ? 1 : 0;
	if (r->stdout_buf && r->n_out < SW_LIMIT_SCE_OUTPUT) {
		size_t room = SW_LIMIT_SCE_OUTPUT - r->n_out;

		sw_strbuf_add(r->stdout_buf, buf, (size_t)n < room ? (size_t)n : room);
	}
	r->n_out += (size_t)n;
	return 1;
}

static int drain_status(struct sw_sce *r)
{
	ssize_t n =
		read(r->status, (char *)&r->report + r->n_status, sizeof(r->report) - r->n_status);

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN) ? 1 : 0;
	r->n_status += (size_t)n;
	return r->n_status < sizeof(r->report);
}

/* Until both streams end or time is up. Output beyond the limit is read and dropped. */
static int collect(struct sw_sce *r)
{
	struct pollfd p[2] = {{.fd = r->out, .events = POLLIN},
			      {.fd = r->status, .events = POLLIN}};

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		int64_t left = r->deadline - now_ms();
		int rc;

		if (left <= 0)
			return -ETIME;
		rc = poll(p, 2, (int)left);
		if (rc < 0 && errno != EINTR)
			return -errno;
		if (rc <= 0)
			continue;
		if (p[0].revents && !drain_output(r))
			p[0].fd = -1;
		if (p[1].revents && !drain_status(r))
			p[1].fd = -1;
	}
	return 0;
}

/* A script may close its output and go on: wait for the process itself, still within the limit. */
static int wait_exit(struct sw_sce *r, int *ret_status)
{
	_cleanup_fd_ int fd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return -errno;
	for (;;) {
		int64_t left = r->deadline - now_ms();
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			break;
		if (left <= 0)
			return -ETIME;
	}
	*ret_status = reap(r, false);
	return 0;
}

static int start(struct sw_sce *r, const struct sce_job *job)
{
	int out[2], status[2];
	long pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	r->out = out[0];
	if (pipe2(status, O_CLOEXEC) < 0) {
		int saved = -errno;

		close(out[1]);
		return saved;
	}
	r->status = status[0];
	/* A raw clone: the child runs no fork handlers and then only what is safe between fork and
	 * exec. */
	pid = syscall(SYS_clone, SCE_NAMESPACES | SIGCHLD | (job->own_users ? CLONE_NEWUSER : 0),
		      0UL, 0UL, 0UL, 0UL);
	if (pid == 0)
		sce_child(job, out[1], status[1]);
	pid = pid < 0 ? -errno : pid;
	close(out[1]);
	close(status[1]);
	if (pid < 0)
		return (int)pid;
	r->pid = (pid_t)pid;
	return 0;
}

static char **make_env(const struct sw_sce_request *req)
{
	size_t n = 0;
	char **env;

	while (req->env && req->env[n])
		n++;
	env = calloc(SW_ARRAY_LEN(fixed_env) + n + 1, sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; i < SW_ARRAY_LEN(fixed_env); i++)
		env[i] = (char *)fixed_env[i];
	for (size_t i = 0; i < n; i++)
		env[SW_ARRAY_LEN(fixed_env) + i] = (char *)req->env[i];
	return env;
}

/* What the child said before it could exec the script. */
static int explain(const struct sw_sce *r, const char *name, struct sw_error *err)
{
	const char *stage = sce_stage_str(r->report.stage);

	if (r->report.stage == SCE_STAGE_EXEC)
		return sw_error_set(err, ENOEXEC, "%s: cannot run the script: %s", name,
				    strerror(r->report.code));
	return sw_error_set(err, EPERM, "%s: no sandbox: %s: %s", name, stage,
			    strerror(r->report.code));
}

int sw_sce_start(const struct sw_sce_request *req, struct sw_sce **ret_sce, struct sw_error *err)
{
	_cleanup_(sw_cleanup_sce) struct sw_sce *r = calloc(1, sizeof(*r));
	_cleanup_free_ char **env = make_env(req);
	struct sce_job job = {.script = req->script, .len = req->len, .env = env};
	int rc;

	if (r)
		r->out = r->status = -1;
	if (!r || !env || !(r->name = strdup(req->name ? req->name : "script")))
		return sw_error_set(err, ENOMEM, "out of memory");
	job.own_users = geteuid() != 0;
	snprintf(job.uid_map, sizeof(job.uid_map), "65534 %u 1", geteuid());
	snprintf(job.gid_map, sizeof(job.gid_map), "65534 %u 1", getegid());
	rc = start(r, &job);
	if (rc < 0)
		return sw_error_set(err, EPERM, "%s: no sandbox: clone: %s", r->name,
				    strerror(-rc));
	*ret_sce = TAKE(r);
	return 0;
}

int sw_sce_finish(struct sw_sce *r, int *ret_exit_code, struct sw_strbuf *ret_stdout,
		  struct sw_error *err)
{
	int rc, status = 0;

	r->stdout_buf = ret_stdout;
	r->deadline = now_ms() + SW_LIMIT_SCE_SECONDS * 1000;
	rc = collect(r);
	if (rc == 0)
		rc = wait_exit(r, &status);
	if (rc == -ETIME)
		return sw_error_set(err, ETIME, "%s: still running after %d s, killed", r->name,
				    SW_LIMIT_SCE_SECONDS);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s: %s", r->name, strerror(-rc));
	if (r->n_status == sizeof(r->report))
		return explain(r, r->name, err);
	if (!WIFEXITED(status))
		return sw_error_set(err, EINTR, "%s: ended by signal %d", r->name,
				    WTERMSIG(status));
	*ret_exit_code = WEXITSTATUS(status);
	return 0;
}
