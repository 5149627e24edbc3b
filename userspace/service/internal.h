/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of service/ share. Nobody else includes it. */
#pragma once

#include <json-c/json.h>
#include <pthread.h>
#include <stigwatch/engine.h>

#include "baseline/baseline.h"
#include "collector/collector.h"
#include "containers/containers.h"
#include "evidence/evidence.h"
#include "loader/loader.h"
#include "rules/rules.h"
#include "service/monitor.h"
#include "service/names.h"
#include "service/opened.h"
#include "service/past.h"
#include "service/refusal.h"

#define SW_QUEUE_MAX 4096   /* events held while a container's baseline is prepared ... */
#define SW_QUEUED_MAX 65536 /* ... and while those of all that are prepared are: 90 MiB */
#define SW_DROPPED_MANY 64  /* watches that leave memory worth giving back */
#define SW_TAINTS_MAX 4096  /* files opened for writing that await their closing digest */
#define SW_RECORDS_PER_EPOCH                                                                       \
	64 /* full records of one rule in one container and epoch; the rest is counted */
#define SW_CLASSES_CODE                                                                            \
	(SW_OBJ_EXECUTABLE | SW_OBJ_LIBRARY | SW_OBJ_LOADER | SW_OBJ_SHELL |                       \
	 SW_OBJ_PACKAGE_MANAGER | SW_OBJ_INTERPRETER | SW_OBJ_MULTICALL)

/* What a container needs before its events can be judged; made by the preparing thread. */
struct prep {
	char *key;		   /* container id, or selector value for pid and cgroup */
	struct sw_container *info; /* NULL: the daemon does not know it */
	bool selected;
	const struct sw_baseline *baseline; /* owned by the preparer's cache */
	char *image; /* digest of the image to fall back to when the container is gone, or NULL */
	struct sw_binding *binding;
	struct sw_inode_class *classes; /* ascending, each inode once */
	size_t n_classes;
	struct sw_known_name *names; /* ascending, each hash once */
	size_t n_names;
	char *problem; /* why there is no baseline, or NULL */
	bool done;
	bool forgotten; /* dropped before it was done */
	bool started;	/* a watch has used it: the container ran before */
	struct prep *next;
};

struct taint {
	const struct sw_baseline_entry *entry;
	uint32_t real_dev; /* the inode that holds its bytes, 0 when not known */
	uint64_t real_ino;
	bool settled; /* found changed: nothing more to look for */
};

enum watch_state {
	WATCH_PREPARING, /* events are queued */
	WATCH_LIVE,
	WATCH_ENDED,
};

struct watch {
	uint32_t slot;
	uint64_t cgroup_id;
	uint32_t hierarchy_id;
	char *id; /* container id, "pid-N" or "cgroup-NAME": what evidence calls it */
	enum watch_state state;
	bool from_start;	      /* the kernel registered it before its first task */
	bool first_start;	      /* and it never ran before: nobody touched its files yet */
	bool swept;		      /* the start-up sweep of a late watch was made */
	bool recorded;		      /* its watch record is in the evidence */
	const struct past_life *past; /* what an earlier process had recorded of it, or NULL */
	uint32_t kernel_baseline;     /* 0: the kernel has none for it */
	uint32_t unjudged; /* classes, 1 << SW_CLASS_*, told in this epoch to be without a baseline
			    */
	struct sw_clock from;
	struct prep *prep; /* owned by the preparer */
	struct sw_judge *judge;
	void **queue; /* packed events */
	size_t n_queue, cap_queue;
	uint64_t queue_dropped[_SW_CLASS_MAX];
	struct sw_ledger ledger; /* at the last look: it only grows */
	size_t sampled;		 /* entries of the baseline in the kernel, looked at so far */
	bool tamper_reported;
	struct sw_slot_mark *mark; /* how far it was judged; outlives the process */
	struct taint *taints;
	size_t n_taints, cap_taints;
	char **doubts; /* reasons told already */
	size_t n_doubts, cap_doubts;
	bool gone;		 /* its cgroup was removed: end it once the queue is judged */
	int64_t gate_ns;	 /* since when the gate watches its root; 0: it does not */
	int64_t mounts_ns;	 /* and its other mounts */
	uint64_t gate_dev;	 /* st_dev of its root, when the gate watches it; 0 */
	struct refusal *refusal; /* what the gate does not let it execute; NULL: no gate */
	struct names *names; /* what fanotify and the sensors told of names; NULL: nothing yet */
	int root_pid;	     /* the container's first process, 0 when unknown */
	int root_fd; /* its root, held so that it can be read after the last process has ended; -1
		      */
};

struct preparer;
struct proc_cache;
struct kernel_baseline;
struct canary;

struct monitor {
	const struct sw_monitor_options *opts;
	struct sw_features features;
	struct sw_content *content;
	struct sw_baseline *baseline; /* that was given, or NULL: each image gives its own */
	struct sw_result *rules;      /* the runtime rules with their metadata */
	uint32_t call_classes; /* 1 << SW_CLASS_*: may have hooks on system calls; 0: fanotify
				* has nothing to tell either */
	bool fanotify;	       /* is asked */
	struct sw_pins *pins;  /* NULL: nothing outlives the process */
	struct sw_loader *loader;
	bool adopted;  /* the programs were in the kernel already: the session goes on */
	char *replace; /* why they are read out and replaced, or NULL */
	char *gap;     /* why what was in the kernel could not be continued, or NULL */
	struct past past;
	int64_t hold_until; /* the ring is not read until what is resumed is prepared: boot ns, 0 */
	struct kernel_baseline *kernel_baselines;
	uint32_t last_kernel_baseline;
	struct sw_collector *collector;
	struct sw_evidence *evidence;
	struct sw_docker *docker; /* NULL when no selector needs it */
	struct preparer *preparer;
	struct proc_cache *procs;
	struct opened *opened; /* fanotify's gate; NULL: none */
	struct watch **watches;
	size_t n_watches, cap_watches;
	struct canary *canary; /* NULL: none */
	size_t n_queued;       /* events, of all watches */
	size_t n_dropped;      /* watches, since memory was last given back */
	int64_t epoch_boot_ns; /* start of the current epoch */
	uint64_t gaps_reported, misread_reported, missed_reported;
	bool tracer_reported;
	int signal, signal_pid; /* what ended us, 0: nothing yet */
	uint32_t signal_uid;
	bool intact_reported;
	bool docker_lost;
	bool stop;
	bool announced; /* "ready" was said: what runs already is prepared and swept */
	bool evidence_failed;
	uint64_t n_selected; /* watches that were really wanted */
};

/* clock.c */
void sw_clock_now(void *ctx, struct sw_clock *ret_clock);

/* prepare.c: one thread that inspects, builds or loads baselines and binds them to a container's
 * view */
int preparer_new(struct monitor *m, struct preparer **ret_preparer, struct sw_error *err);
/* Becomes readable when a prep is done. */
int preparer_fd(const struct preparer *p);
void preparer_ack(struct preparer *p);
/* Finds or queues the preparation of a container. Returned prep is owned by the preparer. */
struct prep *preparer_want(struct preparer *p, const char *key, const char *image);
struct prep *preparer_find(struct preparer *p, const char *key);
bool prep_is_done(struct preparer *p, const struct prep *prep);
/* True while any preparation is not done. */
bool preparer_busy(struct preparer *p);
/* One that was dropped before it was done, and is done now; each is given once. */
struct prep *preparer_forgotten(struct preparer *p);
/* Forgets a preparation that no watch uses; one that is not done is given by preparer_forgotten. */
void preparer_drop(struct preparer *p, struct prep *prep);
void preparer_free(struct preparer *p);

/* kernel.c: the programs and tables, loaded or taken over */
int kernel_start(struct monitor *m, struct sw_error *err);
/* Classes of events whose hooks on system calls what is watched for needs: 1 << SW_CLASS_*. */
uint32_t call_classes(struct monitor *m);
/* Leaves them in the kernel for the next process, or removes them. */
void kernel_stop(struct monitor *m, bool keep);

/* enforce.c */
/* Chooses the programs that refuse. -ENOTSUP, naming the rule, when the back end can prevent
 * nothing of one that is to be enforced; -ESTALE when no such program is attached, or taken by the
 * kernel. After sw_features_choose. */
int enforce_choose(struct monitor *m, struct sw_error *err);
/* Tells what is prevented, and what is only seen. */
void enforce_announce(struct monitor *m);
bool enforce_covers(const struct monitor *m, const char *rule_id);
/* Is this one of the rules to watch for? */
bool rule_judged(const struct monitor *m, const char *rule_id);
/* The ids of the rules that these violations break. */
struct json_object *rules_json(uint32_t violations);
/* "prevented", "only seen" or "not known"; NULL: nobody wanted to prevent it. */
const char *enforce_outcome(const struct monitor *m, const char *rule_id,
			    const struct sw_fact *fact);

/* known.c: every name by which a rule may come to judge a file; the array is the caller's */
int known_names(const struct sw_baseline *b, struct sw_known_name **ret_names, size_t *ret_n);

/* kernel_baseline.c: bound is the id that the kernel uses for the container now, or 0 */
int kernel_baseline_take(struct monitor *m, const struct prep *p, uint32_t bound, uint32_t *ret_id,
			 struct sw_error *err);
void kernel_baseline_put(struct monitor *m, uint32_t id);
/* Does the kernel have its names, too? */
bool kernel_baseline_named(const struct monitor *m, uint32_t id);
void kernel_baselines_free(struct monitor *m);

/* guard.c */
void guard_check(struct monitor *m);

/* canary.c: a known exec and open for writing, each epoch, must come back */
void canary_start(struct monitor *m);
/* Why there is none, or NULL. */
const char *canary_problem(const struct monitor *m);
void canary_send(struct monitor *m);
/* True when the event is the canary's, and nobody else's business. */
bool canary_event(struct monitor *m, const struct sw_event *ev);
/* What was sent must be back by now, or it is a hole. */
void canary_check(struct monitor *m);
/* For the coverage statement, once an epoch; NULL when there is none. */
struct json_object *canary_json(struct monitor *m);
void canary_stop(struct monitor *m);

/* privilege.c */
int privilege_drop(struct monitor *m, struct sw_error *err);

/* resume.c: what an earlier process watched */
void resume_watches(struct monitor *m);
/* Is the ring left alone until what was resumed can be judged? */
bool resume_holds(struct monitor *m);
/* Files opened for writing, from the kernel's memory. */
void resume_taints(struct monitor *m, struct watch *w);

/* watch.c */
struct watch *watch_find(struct monitor *m, uint32_t slot, uint64_t cgroup_id);
int watch_add(struct monitor *m, uint32_t slot, const struct sw_event *born, const char *id,
	      struct watch **ret_watch);
int watch_existing(struct monitor *m, const char *id, int pid, const char *cgroup_path,
		   struct sw_error *err);
/* One that is in the kernel's table already. */
int watch_restore(struct monitor *m, uint32_t slot, const struct sw_slot_info *info,
		  const struct past_life *life);
void watch_prepared(struct monitor *m, struct watch *w);
void watch_event(struct monitor *m, struct watch *w, const struct sw_event *ev);
void watch_end(struct monitor *m, struct watch *w, const char *reason);
void watch_free(struct monitor *m, struct watch *w);
/* Forgets what has ended; whoever walks the watches must not call it. */
void watch_drop_ended(struct monitor *m);
/* Forgets a preparation unless a watch shares it. */
void prep_drop_unused(struct monitor *m, struct prep *prep);
/* Takes hold of the root of a process that is known to be in the container. */
void watch_hold_root(struct watch *w, int pid);
int watch_open_root(struct monitor *m, struct watch *w, struct sw_target **ret_target,
		    struct sw_error *err);

/* object.c: what the baseline says about an event's object */
struct object_view {
	struct sw_judged_object obj;
	const struct sw_baseline_entry *entry;
	char path[2 * SW_EVENT_PATH_MAX + 2];
	char sha256[SW_SHA256_HEX];
};
void object_of_exec(struct monitor *m, struct watch *w, const struct sw_event *ev,
		    struct object_view *ret_view);
/* side 0: the object or source; side 1: the target of a rename. false: nothing of interest. */
/* Mapped code; hashes it when it may differ. */
void object_of_code(struct monitor *m, struct watch *w, const struct sw_event *ev,
		    struct object_view *ret_view);
/* Classes of what a name means and, of a directory, of what is below it. */
uint32_t object_classes_under(struct watch *w, const char *path);
void object_join(const struct sw_string *dir, const struct sw_string *name, char *ret, size_t size);
bool object_of_file(struct watch *w, const struct sw_event *ev, int side,
		    struct object_view *ret_view);

/* judge.c */
void judge_event(struct monitor *m, struct watch *w, const struct sw_event *ev);
void judge_fact(struct monitor *m, struct watch *w, const struct sw_fact *fact,
		const struct sw_event *ev);
/* Nothing of this record is left to do. */
void event_done(struct monitor *m, struct watch *w, const struct sw_event *ev);
/* A file of the baseline that may have been changed: the closing digest decides. */
void taint_add(struct monitor *m, struct watch *w, const struct sw_baseline_entry *e,
	       uint32_t real_dev, uint64_t real_ino);

/* judge_code.c */
void judge_code(struct monitor *m, struct watch *w, const struct sw_event *ev);
/* judge_script.c: the script of an exec, if it was one */
void judge_script(struct monitor *m, struct watch *w, const struct sw_event *ev);
/* judge_mount.c */
void judge_mount(struct monitor *m, struct watch *w, const struct sw_event *ev);

/* doubt.c: what may have been done to files in ways that no hook sees */
void doubt_event(struct monitor *m, struct watch *w, const struct sw_event *ev);
void doubt_release(struct watch *w);

/* sweep.c */
void sweep_start(struct monitor *m, struct watch *w);
void sweep_close(struct monitor *m, struct watch *w);
void sweep_taints(struct monitor *m, struct watch *w, bool closing);

/* epoch.c */
void epoch_close(struct monitor *m, bool final);
struct json_object *ledger_json(struct monitor *m, struct watch *w);
void ledger_check(struct monitor *m, struct watch *w);

/* record.c: evidence records; append takes ownership of body */
void record_append(struct monitor *m, const char *type, struct json_object *body);
void record_start(struct monitor *m);
void record_resume(struct monitor *m);
void record_watch(struct monitor *m, struct watch *w);
void record_hole(struct monitor *m, struct watch *w, uint32_t class_mask, int64_t from_boot_ns,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* A hole of class file that a closing sweep undoes when it proves that no object was touched. */
void record_doubt(struct monitor *m, struct watch *w, int64_t from_boot_ns, const char *reason);
struct json_object *json_u64(uint64_t v);
void progress(struct monitor *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* procs.c: who started whom */
/* The directory of a process in proc, by its number and its start; -1: it has ended. */
int proc_open(uint32_t tgid, uint64_t start_ns);
struct proc_cache *proc_cache_new(void);
void proc_cache_free(struct proc_cache *c);
void proc_cache_exec(struct proc_cache *c, const struct sw_event *ev, const char *path,
		     const char *sha256);
/* The chain from the actor to its oldest known ancestor, at most 8, as a JSON array. */
struct json_object *proc_ancestry(struct monitor *m, const struct watch *w,
				  const struct sw_event *ev);
/* The executable that the actor runs, and its digest (may be NULL: not asked for); NULL when it
 * executed nothing under the watch. */
const char *proc_path(struct monitor *m, const struct watch *w, const struct sw_event *ev,
		      const char **ret_sha256);

/* alert.c */
struct json_object *alert_json(struct monitor *m, struct watch *w,
			       const struct sw_rule_result *rule, const struct sw_fact *fact,
			       const struct sw_event *ev);
