/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the baseline says about an event's object: by inode where the kernel gave one, by name where
 * there is only a name, by digest where content may differ. Decides no verdict.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "service/internal.h"

#define HASH_MAX (256ull << 20) /* larger files are not hashed on the event path: unverified */
#define TICK_NS 20000000	/* no kernel ticks more slowly than 100 Hz */

static const struct sw_baseline *baseline_of(const struct watch *w)
{
	return w->prep ? w->prep->baseline : NULL;
}

static const struct sw_baseline_entry *entry_by_inode(const struct watch *w,
						      const struct sw_object *o)
{
	if (!w->prep || !w->prep->binding || !o->on_root || o->memfd)
		return NULL;
	return sw_binding_find(w->prep->binding, o->ino);
}

static bool same_object(const struct stat *st, const struct sw_object *o)
{
	return st->st_ino == o->ino && st->st_dev == o->dev;
}

/* Opens what a process runs and proves that it is the event's object. */
static int open_exe(const struct sw_event *ev)
{
	_cleanup_fd_ int dir = proc_open(ev->actor.tgid, ev->actor.start_ns);
	struct stat st;

	if (dir < 0)
		return -ESRCH;
	_cleanup_fd_ int fd = openat(dir, "exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || !same_object(&st, &ev->object))
		return -ESTALE;
	return TAKE_FD(fd);
}

/* The same object by its name in the container, for a process that has already ended. */
static int open_by_path(const struct watch *w, const struct sw_event *ev)
{
	struct sw_target *t;
	struct stat st;

	if (w->root_fd < 0 || ev->object.path.s[0] != '/' || ev->object.path.truncated ||
	    ev->object.deleted)
		return -ENOENT;

	int root = fcntl(w->root_fd, F_DUPFD_CLOEXEC, 0);

	if (root < 0 || sw_target_open_fd(root, SW_TARGET_CONTAINER, &t, NULL) < 0)
		return -ENOENT;
	_cleanup_fd_ int fd =
		sw_target_open(t, ev->object.path.s, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	sw_target_free(t);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !same_object(&st, &ev->object))
		return -ESTALE;
	return TAKE_FD(fd);
}

/*
 * Was the object last touched before the event? What runs cannot be written; but what has ended
 * could be, and another file could have its inode by now. The kernel's file times are of its last
 * tick.
 */
static bool older_than(int fd, const struct sw_event *ev, int64_t tick_ns)
{
	struct sw_clock now;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	sw_clock_now(NULL, &now);
	return st.st_ctim.tv_sec * 1000000000ll + st.st_ctim.tv_nsec + tick_ns <=
	       now.wall_ns - (now.boot_ns - (int64_t)ev->boot_ns);
}

/* ret_proven: it is the digest of what was executed, not only of what is there now. */
static bool hash_object(struct monitor *m, const struct watch *w, const struct sw_event *ev,
			struct object_view *v, bool *ret_proven)
{
	_cleanup_fd_ int fd = open_exe(ev);
	/* asked when it is open: proc tells starts apart by the tick, and another may have come */
	bool runs = fd >= 0 && sw_loader_still_runs(m->loader, ev);

	if (fd < 0)
		fd = open_by_path(w, ev);
	if (fd < 0 || sw_sha256_fd(fd, HASH_MAX, v->sha256) < 0)
		return false;
	*ret_proven = older_than(fd, ev, runs ? 0 : TICK_NS);
	return true;
}

static uint32_t class_of_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return sw_class_by_name(slash ? slash + 1 : path);
}

/* The applet of a multi-call binary decides what it is; the binary itself is none of them. */
static uint32_t class_of_multicall(const struct sw_event *ev, uint32_t bits)
{
	bits &= ~(uint32_t)(SW_OBJ_SHELL | SW_OBJ_PACKAGE_MANAGER | SW_OBJ_INTERPRETER);
	if (ev->applet[0])
		bits |= sw_class_by_name(ev->applet);
	return bits;
}

static void judge_content(struct monitor *m, struct watch *w, const struct sw_event *ev,
			  struct object_view *v)
{
	bool proven = false, hashed = hash_object(m, w, ev, v, &proven);
	const struct sw_baseline_entry *same;

	/* of the image's own, the kernel tells when they change */
	if (v->entry) {
		if (!hashed)
			v->obj.state = ev->violations & (1u << SW_VIOLATION_DRIFT)
					       ? SW_STATE_MODIFIED /* the kernel saw it change */
					       : SW_STATE_UNVERIFIED;
		else if (strcmp(v->sha256, v->entry->sha256) == 0)
			v->obj.state = SW_STATE_MATCH;
		else
			v->obj.state = SW_STATE_MODIFIED;
		return;
	}
	/* outside the baseline: its content may still be one that the baseline knows, a copied
	 * shell */
	v->obj.state = SW_STATE_ABSENT;
	v->obj.class_bits |= class_of_name(v->path) | class_of_name(ev->filename.s);
	same = hashed ? sw_baseline_by_digest(baseline_of(w), v->sha256) : NULL;
	if (same)
		v->obj.class_bits |= same->classes;
	/* a shell that is there now will do; that it is none says nothing of what ran */
	if (!proven && !(v->obj.class_bits & SW_OBJ_SHELL))
		v->sha256[0] = '\0';
}

/* Nothing to compare with: what the kernel decided by its table stands, the rest is not known. */
static void judge_by_kernel(const struct watch *w, const struct sw_event *ev, struct object_view *v)
{
	v->obj.state = SW_STATE_UNVERIFIED;
	if (w->kernel_baseline && !ev->undecided) {
		v->obj.state = SW_STATE_MATCH;
		if (ev->violations & (1u << SW_VIOLATION_DRIFT))
			v->obj.state =
				ev->object.in_baseline_map ? SW_STATE_MODIFIED : SW_STATE_ABSENT;
	}
	if (v->obj.state != SW_STATE_MATCH)
		v->obj.class_bits |= class_of_name(v->path) | class_of_name(ev->filename.s);
}

/* The path's buffer is large, and most objects are of no interest. */
static void view_init(struct object_view *v)
{
	v->path[0] = v->sha256[0] = '\0';
	v->entry = NULL;
	v->obj = (struct sw_judged_object){
		.origin = "event",
		.path = v->path,
		.state = SW_STATE_UNVERIFIED,
	};
}

void object_of_exec(struct monitor *m, struct watch *w, const struct sw_event *ev,
		    struct object_view *ret_view)
{
	struct object_view *v = ret_view;

	view_init(v);
	v->obj.sha256 = v->sha256;
	snprintf(v->path, sizeof(v->path), "%s",
		 ev->object.path.trust != SW_TRUST_NONE ? ev->object.path.s : ev->filename.s);
	v->obj.class_bits = ev->object.class_bits & ~(uint32_t)SW_OBJ_DATA;
	if (!baseline_of(w)) {
		judge_by_kernel(w, ev, v);
	} else {
		v->entry = entry_by_inode(w, &ev->object);
		if (v->entry)
			v->obj.class_bits |= v->entry->classes & ~(uint32_t)SW_OBJ_DATA;
		/* undecided for want of a baseline in the kernel says nothing of the object */
		bool doubted = ev->undecided && ev->object.in_baseline_map;

		if (v->entry && !ev->object.overlay_data && !ev->object.deleted && !doubted) {
			v->obj.state = SW_STATE_MATCH;
			memcpy(v->sha256, v->entry->sha256, sizeof(v->sha256));
		} else {
			judge_content(m, w, ev, v);
		}
	}
	if (v->obj.class_bits & SW_OBJ_MULTICALL)
		v->obj.class_bits = class_of_multicall(ev, v->obj.class_bits);
}

/* The file behind a mapping, proven to be the event's object. */
static int open_mapping(const struct sw_event *ev)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t end = (ev->code.addr + ev->code.len + page - 1) & ~(page - 1);
	char path[96];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", ev->actor.tgid,
		 (unsigned long long)ev->code.addr, (unsigned long long)end);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && same_object(&st, &ev->object) ? TAKE_FD(fd) : -ESTALE;
}

/*
 * What a loader was told to run is a program: a multi-call binary is the applet that some argument
 * names.
 */
static uint32_t class_of_loaded(const struct sw_event *ev, uint32_t bits)
{
	uint32_t applet = 0;

	if (!(bits & SW_OBJ_MULTICALL))
		return bits;
	for (size_t i = 0; i < ev->args_len;) {
		char text[SW_EVENT_ARGS_MAX + 1];
		size_t len = strnlen(ev->args + i, ev->args_len - i);

		memcpy(text, ev->args + i, len);
		text[len] = '\0';
		applet |= class_of_name(text);
		i += len + 1;
	}
	return (bits & ~(uint32_t)(SW_OBJ_SHELL | SW_OBJ_PACKAGE_MANAGER)) |
	       (applet & (SW_OBJ_SHELL | SW_OBJ_PACKAGE_MANAGER));
}

void object_of_code(struct monitor *m, struct watch *w, const struct sw_event *ev,
		    struct object_view *ret_view)
{
	struct object_view *v = ret_view;
	const struct sw_baseline_entry *same;

	memset(v, 0, sizeof(*v));
	v->obj.origin = "event";
	v->obj.path = v->path;
	v->obj.sha256 = v->sha256;
	snprintf(v->path, sizeof(v->path), "%s", ev->object.path.s);
	v->entry = entry_by_inode(w, &ev->object);
	if (v->entry) {
		v->obj.class_bits = v->entry->classes & ~(uint32_t)SW_OBJ_DATA;
		v->obj.state = SW_STATE_MATCH;
		memcpy(v->sha256, v->entry->sha256, sizeof(v->sha256));
	}
	/* that it is a shell's says nothing of its content */
	if (!v->entry || ev->object.overlay_data || ev->object.deleted ||
	    ev->violations & (1u << SW_VIOLATION_DRIFT)) {
		_cleanup_fd_ int fd = open_mapping(ev);
		_cleanup_fd_ int by_name = fd < 0 ? open_by_path(w, ev) : -1;
		bool hashed = (fd >= 0 || by_name >= 0) &&
			      sw_sha256_fd(fd >= 0 ? fd : by_name, HASH_MAX, v->sha256) == 0;

		if (!hashed)
			v->sha256[0] = '\0';
		if (!v->entry)
			v->obj.state = SW_STATE_ABSENT;
		else if (!hashed)
			v->obj.state = ev->violations & (1u << SW_VIOLATION_DRIFT)
					       ? SW_STATE_MODIFIED
					       : SW_STATE_UNVERIFIED;
		else if (strcmp(v->sha256, v->entry->sha256) != 0)
			v->obj.state = SW_STATE_MODIFIED;
		same = hashed && !v->entry ? sw_baseline_by_digest(baseline_of(w), v->sha256)
					   : NULL;
		v->obj.class_bits |= same ? same->classes & ~(uint32_t)SW_OBJ_DATA : 0;
	}
	v->obj.class_bits = class_of_loaded(ev, v->obj.class_bits);
}

/* Joins a kernel-resolved directory and a name from user memory. */
void object_join(const struct sw_string *dir, const struct sw_string *name, char *ret, size_t size)
{
	if (name->s[0] == '/' || dir->trust == SW_TRUST_NONE)
		snprintf(ret, size, "%s%s", name->s[0] == '/' ? "" : "/", name->s);
	else
		snprintf(ret, size, "%s/%s", dir->s, name->s);
}

static bool follows(enum sw_file_op op, uint32_t open_flags)
{
	return op == SW_FILE_CHMOD || op == SW_FILE_TRUNCATE || op == SW_FILE_XATTR ||
	       op == SW_FILE_FILECAPS || (op == SW_FILE_CHOWN && !(open_flags & O_NOFOLLOW));
}

/* True when the directory, by its name, holds code of the baseline: moving it moves all of that. */
static uint32_t classes_below(const struct sw_baseline *b, const char *dir)
{
	size_t len = strlen(dir);
	uint32_t bits = 0;

	for (size_t i = 0; i < sw_baseline_count(b); i++) {
		const struct sw_baseline_entry *e = sw_baseline_at(b, i);

		if (strncmp(e->path, dir, len) == 0 && e->path[len] == '/')
			bits |= e->classes;
	}
	return bits & ~(uint32_t)SW_OBJ_DATA;
}

/* An absolute path, lexically: "." and empty parts go, ".." takes the part before it along. Only
 * ever shortens. */
static void normalise(char *path)
{
	char *out = path, *in = path;

	while (*in) {
		size_t len;

		in += strspn(in, "/");
		len = strcspn(in, "/");
		if (len == 2 && in[0] == '.' && in[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (len > 0 && !(len == 1 && in[0] == '.')) {
			*out++ = '/';
			memmove(out, in, len);
			out += len;
		}
		in += len;
	}
	*out = '\0';
}

/*
 * A name made or changed in a package database's directory belongs to the database: the baseline's,
 * or one that is made where the image has none.
 */
static uint32_t class_of_parent(const struct sw_baseline *b, const char *path)
{
	char text[2 * SW_EVENT_PATH_MAX + 2];
	const struct sw_baseline_entry *dir;
	uint32_t bits;
	char *slash;

	if (path[0] !=
	    '/') /* a memory file, or a path too deep to be walked: no directory of ours */
		return 0;
	snprintf(text, sizeof(text), "%s", path);
	normalise(text);
	bits = sw_class_by_path(text) & SW_OBJ_PKGDB;
	snprintf(text, sizeof(text), "%s", path);
	slash = strrchr(text, '/');
	if (!slash)
		return bits;
	slash[slash == text ? 1 : 0] = '\0';
	dir = sw_baseline_resolve(b, text, true);
	return bits | (dir && dir->type == 'd' ? dir->classes & SW_OBJ_PKGDB : 0);
}

static enum sw_effect effect_on_entry(const struct sw_event *ev, int side,
				      const struct sw_baseline_entry *e)
{
	switch (ev->file_op) {
	case SW_FILE_OPEN_WRITE:
		/* refused: what would have been written is not known, and is the attempt */
		return ev->prevented ? SW_EFFECT_CHANGED : SW_EFFECT_TAINTED;
	case SW_FILE_CONTENT:
		/* an inode is dirtied by its times, too: then only the digest can tell */
		return ev->undecided ? SW_EFFECT_TAINTED : SW_EFFECT_CHANGED;
	case SW_FILE_TRUNCATE:
	case SW_FILE_ALLOCATE:
	case SW_FILE_CLONE_RANGE:
		return SW_EFFECT_CHANGED;
	case SW_FILE_CREATE:
	case SW_FILE_SYMLINK:
	case SW_FILE_MKNOD:
	case SW_FILE_MKDIR:
	case SW_FILE_EXCHANGE:
		return SW_EFFECT_REPLACED;
	case SW_FILE_RENAME:
		return side ? SW_EFFECT_REPLACED : SW_EFFECT_RENAMED;
	case SW_FILE_LINK:
		return side ? SW_EFFECT_REPLACED : SW_EFFECT_UNCHANGED;
	case SW_FILE_UNLINK:
	case SW_FILE_RMDIR:
		return SW_EFFECT_REMOVED;
	case SW_FILE_CHMOD:
		return (ev->new_mode & 07777) == e->mode ? SW_EFFECT_UNCHANGED : SW_EFFECT_METADATA;
	default:
		return SW_EFFECT_METADATA;
	}
}

static enum sw_effect effect_of_name(const struct sw_event *ev, int side)
{
	switch (ev->file_op) {
	case SW_FILE_UNLINK:
	case SW_FILE_RMDIR:
		return SW_EFFECT_REMOVED;
	case SW_FILE_RENAME:
		return side ? SW_EFFECT_CREATED : SW_EFFECT_RENAMED;
	case SW_FILE_CHMOD:
	case SW_FILE_CHOWN:
	case SW_FILE_XATTR:
	case SW_FILE_FILECAPS:
	case SW_FILE_INODE_FLAGS:
		return SW_EFFECT_METADATA;
	case SW_FILE_OPEN_WRITE:
	case SW_FILE_TRUNCATE:
	case SW_FILE_ALLOCATE:
	case SW_FILE_CLONE_RANGE:
	case SW_FILE_CONTENT:
		return SW_EFFECT_CHANGED;
	default:
		return SW_EFFECT_CREATED;
	}
}

/* The same for a file: the table knew its class, and what was done to it is in the event. */
static bool file_by_kernel(const struct watch *w, const struct sw_event *ev, struct object_view *v)
{
	const struct sw_baseline_entry some = {.mode = ev->object.mode & 07777};

	if (!w->kernel_baseline || !ev->violations)
		return false;
	snprintf(v->path, sizeof(v->path), "%s", ev->path_form ? ev->name.s : ev->object.path.s);
	v->obj.class_bits = ev->object.class_bits;
	if (ev->violations & (1u << SW_VIOLATION_PKG_DB))
		v->obj.class_bits |= SW_OBJ_PKGDB;
	v->obj.effect = effect_on_entry(ev, 0, &some);
	if (v->obj.effect == SW_EFFECT_UNCHANGED || v->obj.effect == SW_EFFECT_TAINTED)
		v->obj.effect = SW_EFFECT_CHANGED; /* the kernel counted it as one */
	return true;
}

static bool moves(enum sw_file_op op)
{
	return op == SW_FILE_RENAME || op == SW_FILE_EXCHANGE;
}

uint32_t object_classes_under(struct watch *w, const char *path)
{
	const struct sw_baseline *b = baseline_of(w);
	const struct sw_baseline_entry *e = b ? sw_baseline_resolve(b, path, true) : NULL;

	if (!e)
		return 0;
	return e->classes |
	       (e->type == 'd' ? classes_below(b, strcmp(e->path, "/") ? e->path : "") : 0);
}

static bool changes_names(enum sw_file_op op)
{
	return op == SW_FILE_CREATE || op == SW_FILE_RENAME || op == SW_FILE_EXCHANGE ||
	       op == SW_FILE_LINK || op == SW_FILE_UNLINK || op == SW_FILE_RMDIR;
}

bool object_of_file(struct watch *w, const struct sw_event *ev, int side,
		    struct object_view *ret_view)
{
	const struct sw_baseline *b = baseline_of(w);
	struct object_view *v = ret_view;

	view_init(v);
	if (!b)
		return side == 0 && file_by_kernel(w, ev, v);
	if (side == 0 && !ev->path_form) {
		v->entry = entry_by_inode(w, &ev->object);
		/* a dirtied inode has no name of its own: the baseline's */
		snprintf(v->path, sizeof(v->path), "%s",
			 v->entry && !ev->object.path.len ? v->entry->path : ev->object.path.s);
		/* a new inode where the baseline has a name: the old object was replaced; and
		 * directories and links are known by their names alone */
		if (!v->entry && changes_names(ev->file_op) && ev->object.on_root)
			v->entry = sw_baseline_resolve(b, v->path, false);
	} else if (side == 0) {
		object_join(&ev->dir, &ev->name, v->path, sizeof(v->path));
		v->entry = sw_baseline_resolve(b, v->path, follows(ev->file_op, ev->open_flags));
	} else {
		object_join(&ev->dir2, &ev->name2, v->path, sizeof(v->path));
		v->entry = sw_baseline_resolve(b, v->path, false);
	}
	v->obj.class_bits = class_of_parent(b, v->path);
	if (v->entry) {
		v->obj.class_bits |= v->entry->classes;
		if (v->entry->type == 'd' && moves(ev->file_op))
			v->obj.class_bits |= classes_below(b, v->entry->path);
		if (v->entry->type == 'd')
			v->obj.class_bits &= ~(uint32_t)SW_OBJ_EXECUTABLE |
					     (moves(ev->file_op) ? SW_OBJ_EXECUTABLE : 0);
		v->obj.effect = effect_on_entry(ev, side, v->entry);
		if (v->obj.effect == SW_EFFECT_TAINTED && (v->obj.class_bits & SW_OBJ_PKGDB))
			v->obj.effect =
				SW_EFFECT_CHANGED; /* opening the database for writing is enough */
		return true;
	}
	v->obj.effect = effect_of_name(ev, side);
	return v->obj.class_bits != 0;
}
