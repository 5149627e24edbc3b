/* SPDX-License-Identifier: Apache-2.0 */
/* The longer deeds of test_live_system.c: each runs in the watched cgroup and dies when one cannot
 * be done. */
#pragma once

#include <linux/capability.h>
#include <linux/elf.h>
#include <linux/io_uring.h>

#include "unit/userspace/loader/live_actors.h"

/* A capability is given up and taken back into effect; then a set-id program gives all of them. */
static void deed_gains(const char *d)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2], less[2];
	char *argv[] = {"suid", NULL};

	say("chdir", chdir(d));
	say("capget", (int)syscall(SYS_capget, &head, data));
	memcpy(less, data, sizeof(less));
	less[0].effective &= ~(1u << CAP_KILL);
	say("capset", (int)syscall(SYS_capset, &head, less));
	say("capset", (int)syscall(SYS_capset, &head, data));
	say("setresuid", setresuid(1000, 1000, 1000));
	say("execv", execv("suid", argv));
}

/* One request by a ring of its own: a name that is not there is to be unlinked, and again. */
static void deed_uring(const char *d)
{
	struct io_uring_params p = {0};
	struct io_uring_sqe *sqes;
	unsigned int *array, *tail;
	char *sq;
	int fd = (int)syscall(SYS_io_uring_setup, 4, &p);

	say("io_uring_setup", fd);
	say("chdir", chdir(d));
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  IORING_OFF_SQ_RING);
	sqes = mmap(NULL, p.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    IORING_OFF_SQES);
	array = (unsigned int *)(void *)(sq + p.sq_off.array);
	tail = (unsigned int *)(void *)(sq + p.sq_off.tail);
	for (unsigned int i = 0; i < 2; i++) {
		sqes[i] = (struct io_uring_sqe){.opcode = IORING_OP_UNLINKAT,
						.fd = AT_FDCWD,
						.addr = (unsigned long)"absent"};
		array[i] = i;
		__atomic_store_n(tail, i + 1, __ATOMIC_RELEASE);
		say("io_uring_enter",
		    (int)syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	}
}

#ifdef __x86_64__
/* A whole 32-bit program: exit(0). */
static void deed_image(const char *d)
{
	static const unsigned char text[] = {0x31, 0xdb, 0x8d, 0x43, 0x01, 0xcd, 0x80};
	struct {
		Elf32_Ehdr head;
		Elf32_Phdr part;
		unsigned char text[sizeof(text)];
	} file = {
		.head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
			 .e_type = ET_EXEC,
			 .e_machine = EM_386,
			 .e_version = EV_CURRENT,
			 .e_entry = 0x10000 + offsetof(typeof(file), text),
			 .e_phoff = offsetof(typeof(file), part),
			 .e_ehsize = sizeof(Elf32_Ehdr),
			 .e_phentsize = sizeof(Elf32_Phdr),
			 .e_phnum = 1},
		.part = {.p_type = PT_LOAD,
			 .p_vaddr = 0x10000,
			 .p_filesz = sizeof(file),
			 .p_memsz = sizeof(file),
			 .p_flags = PF_R | PF_X,
			 .p_align = 4096},
	};
	char *argv[] = {"image32", NULL};
	int fd;

	memcpy(file.text, text, sizeof(text));
	say("chdir", chdir(d));
	fd = open("image32", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	say("open", fd);
	say("write", (int)write(fd, &file, sizeof(file)));
	close(fd);
	execv("image32", argv);
	if (errno != ENOEXEC) /* as a kernel says that has no 32-bit programs */
		say("execv", -1);
}
#endif
